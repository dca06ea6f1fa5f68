"""Bundles as whoever holds the keys could make them: of any entries, under any heads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from ledger.errors import UnbrokenError
from ledger.proof import canonical, detached, statement
from ledger.proof.archive import Writer
from ledger.proof.checkpoint import Checkpoint, sign_checkpoint
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import leaf_hash
from ledger.proof.note import VerifierKey
from ledger.proof.pruned import Fold, Record, encode_records
from ledger.verify.manifest import CONTENT_TYPE, MANIFEST, SIGNATURE, Asked, LeftOut, Listed, Manifest
from tests.unit.verify_book import Book

MADE_BY = "unbroken test"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files in the archive's one form."""
    writer = Writer()
    return b"".join([*(writer.add(name, data) for name, data in files.items()), writer.end()])


def whole_log(book: Book, others: Mapping[str, bytes] | None = None) -> bytes:
    """The bundle of a book whose last entry asks for the whole log: its tree, heads and manifest hold."""
    files = {"checkpoints/000000": encode_records(heads(book)), "entries/000000": encode_records(book.raws)}
    return manifested(book, {**files, **(others or {})})


def heads(book: Book) -> list[Record]:
    fold, notes = Fold(), list[Record]()
    for size, time_s in book.batches:
        for raw in book.raws[fold.size : size]:
            fold.add(0, leaf_hash(raw))
        notes.append(sign_checkpoint(Checkpoint(origin_of(book), size, fold.root()), book.log_key, time_s))
    return notes


def origin_of(book: Book) -> str:
    return VerifierKey.parse(book.vkey).name


def manifested(book: Book, files: Mapping[str, bytes]) -> bytes:
    """The files with a manifest for the whole of the book, signed with the log's key."""
    fold = Fold()
    for raw in book.raws:
        fold.add(0, leaf_hash(raw))
    here = {name.removeprefix("evidence/") for name in files if name.startswith("evidence/")}
    request = Asked(position=len(book.raws) - 1, statement_id=hashlib.sha256(book.raws[-1]).hexdigest())
    told = Manifest(
        made_by=MADE_BY, origin=origin_of(book), log_key=book.vkey, size=fold.size, root=fold.root().hex(),
        request=request, whole=None, files=listed(files),
        left_out=LeftOut(entries=0, files=sorted(named(book.raws) - here)),
    ).encode()  # fmt: skip
    return zipped({**files, MANIFEST: told, SIGNATURE: signed(book.log_key, told)})


def listed(files: Mapping[str, bytes]) -> list[Listed]:
    """What a manifest says of the files that are no manifest."""
    return [
        Listed(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in files.items()
        if name not in (MANIFEST, SIGNATURE)
    ]


def signed(key: SigningKey, manifest: bytes) -> bytes:
    return detached.sign(key, CONTENT_TYPE, manifest)


def named(raws: Sequence[bytes]) -> set[str]:
    """The loggers' files that entries name, by SHA-256."""
    found = set[str]()
    for raw in raws:
        try:
            said = canonical.decode(statement.parse(raw).payload)
        except UnbrokenError:
            continue
        if said.get("type") == "TemperatureEvidenceAttached":
            read_as = said.get("read_as") or {}
            found |= {one for one in (said["raw"], read_as.get("mapping")) if one}
    return found
