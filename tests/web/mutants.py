"""Bundles that somebody altered, for two verifiers to judge: each drawn from a chance of its own.

`WAYS` names every way. Who alters is, in turn: the network or a disk (bytes), somebody with the file
alone (`files`, `zip_form`), somebody with the log's key too (`resigned`, `records`, `manifest`), and the
ledger itself, with all of its keys (`history`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from ledger.errors import UnbrokenError
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import leaf_hash, node_hash
from ledger.proof.pruned import Hidden, Record, decode_records, encode_records
from ledger.verify.manifest import MANIFEST, SIGNATURE
from tests.bundling import resigned as listed_again
from tests.bundling import saying
from tests.forging import signed, whole_log, zipped
from tests.unit.verify_book import Book
from tests.web import zip_mutants

Files = dict[str, bytes]
INNER = ("checkpoints/000000", "entries/000000")


@dataclass(frozen=True)
class Material:
    """What mutants are made of: a bundle that holds, as bytes and files; the same request's bundles that
    hide something; a whole log as a book; the same folder of another log; the log's key."""

    raw: bytes
    files: Files
    hiding: list[bytes]
    book: Book
    strange: Files
    key: SigningKey

    @property
    def inner(self) -> list[str]:
        return sorted(set(self.files) - {MANIFEST, SIGNATURE})


Way = Callable[[Material, Random], bytes]


def bytes_altered(of: Material, chance: Random) -> bytes:
    """Anywhere in the archive: bits, spans, ends."""
    return scrambled(of.raw, chance)


def scrambled(data: bytes, chance: Random) -> bytes:
    """Data in which something is not as it was; equal only where nothing could be altered."""
    at = chance.randrange(len(data)) if data else 0
    span = chance.choice([1, 2, 33, 500])
    kinds = [
        lambda: data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
        lambda: data[:at],
        lambda: data[:at] + data[at + span :],
        lambda: data[:at] + chance.randbytes(span) + data[at:],
        lambda: data[:at] + bytes(span) + data[at + span :],
        lambda: data[:at] + data[at : at + span] + data[at:],
        lambda: data + chance.choice([b"\0", b"PK\5\6", data[:span]]),
    ]
    return chance.choice(kinds)() if data else b"\0"


def files_moved(of: Material, chance: Random) -> bytes:
    """Files removed, cut, emptied, swapped, renamed, given twice, moved; the manifest stays."""
    return zipped(moved(of.files, chance))


def moved(files: Files, chance: Random) -> Files:
    name, other = chance.sample(sorted(files), 2)
    rest = {one: data for one, data in files.items() if one != name}
    new = chance.choice(
        [f"{name}x", "evidence/" + "ab" * 32, "entries/000001", "checkpoints/000001", "a.txt"]
    )
    return chance.choice([
        rest,
        files | {name: scrambled(files[name], chance)},
        files | {name: b""},
        files | {name: files[other], other: files[name]},
        {new if one == name else one: data for one, data in files.items()},
        files | {new: files[name]},
        rest | {name: files[name]},
        {name: files[name]} | rest,
        dict(chance.sample(sorted(files.items()), len(files))),
    ])  # fmt: skip


def zip_form(of: Material, chance: Random) -> bytes:
    """The same files in an archive that another program might write, or an attacker would."""
    return zip_mutants.spelled(of.files, chance)


def resigned(of: Material, chance: Random) -> bytes:
    """Whoever holds the log's key lists what was altered, moved or taken away."""
    inner = {name: of.files[name] for name in of.inner}
    altered = moved(inner, chance) if len(inner) > 1 else inner
    return listed_again(altered | {MANIFEST: of.files[MANIFEST]}, of.key)


def records(of: Material, chance: Random) -> bytes:
    """Entries or notes taken out, doubled, swapped, hidden, or of another log or another size."""
    name = chance.choice(INNER)
    listed, strange = (list(decode_records(files[name])) for files in (of.files, of.strange))
    at, other = (chance.randrange(len(listed)) for _ in range(2))
    kinds: list[Callable[[], list[Record]]] = [
        lambda: listed[:at] + listed[at + 1 :],
        lambda: [*listed[:at], listed[at], *listed[at:]],
        lambda: swapped(listed, at, other),
        lambda: [*listed[:at], chance.choice(strange), *listed[at + 1 :]],
        lambda: [*listed[:at], hidden(listed[at], chance), *listed[at + 1 :]],
        lambda: listed[: at + 1],
        lambda: [*listed, chance.choice(strange)],
        lambda: [*listed[:at], respoken(listed[at], of, chance), *listed[at + 1 :]],
    ]
    return listed_again(of.files | {name: encode_records(chance.choice(kinds)())}, of.key)


def swapped(listed: list[Record], at: int, other: int) -> list[Record]:
    again = list(listed)
    again[at], again[other] = again[other], again[at]
    return again


def hidden(record: Record, chance: Random) -> Record:
    """A record as a hash, right or not; a hash as a higher or lower one."""
    if isinstance(record, Hidden):
        other = node_hash(record.hash, record.hash)
        return Hidden(max(0, record.height + chance.choice([-1, 1])), chance.choice([record.hash, other]))
    return Hidden(chance.choice([0, 0, 0, 1, 40]), leaf_hash(record))


def respoken(record: Record, of: Material, chance: Random) -> Record:
    """A note or entry that says something else, or is signed by somebody else."""
    if isinstance(record, Hidden):
        return b"\xd2"
    if record.startswith(b"\xd2"):
        return spoken_again(record, chance)
    lines = record.decode().split("\n")
    at = chance.randrange(len(lines))
    doubled, cosigned = [*lines[:at], lines[at], *lines[at:]], [*lines[:-1], "— witness AAAAAQID", ""]
    return "\n".join(chance.choice([lines[:at] + lines[at + 1 :], doubled, cosigned])).encode()


def spoken_again(raw: bytes, chance: Random) -> bytes:
    """A statement whose payload or envelope says something else, signed with a key that nobody knows."""
    old = statement.parse(raw)
    payload = canonical.encode(other_words(canonical.decode(old.payload), chance))
    aud = chance.choice([old.aud, old.aud, "another.example/log"])
    return statement.sign(new_key(), iss=old.iss, sub=old.sub, aud=aud, cti=old.cti, payload=payload)


VALUES: list[Any] = [
    None,
    0,
    -1,
    2**53 - 1,
    "",
    "x",
    "\U0001f9ec" * 401,
    [],
    {},
    True,
    "ab" * 32,
    [""],
    "2026-02-30",
]


def other_words(said: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Somewhere in it, at any depth, a member gone, new, or with another value."""
    again = json.loads(json.dumps(said))
    where: Any = again
    while True:
        inner = [
            one
            for one in (where.values() if isinstance(where, dict) else where)
            if one and isinstance(one, dict | list)
        ]
        if not inner or chance.random() < 0.5:
            break
        where = chance.choice(inner)
    at = chance.choice(sorted(where)) if isinstance(where, dict) else chance.randrange(len(where))
    kind = chance.randrange(3)
    if kind == 0:
        del where[at]
    elif kind == 1 and isinstance(where, dict):
        where[f"{at}x"] = chance.choice(VALUES)
    else:
        where[at] = chance.choice(VALUES)
    return again


def manifest(of: Material, chance: Random) -> bytes:
    """Whoever holds the log's key says something else of the bundle."""
    said = json.loads(of.files[MANIFEST])
    if chance.random() < 0.3:
        name, value = chance.choice(SAYINGS)
        return saying(of.files, of.key, **{name: value})
    told = chance.choice([canonical.encode, lambda value: json.dumps(value).encode()])(
        other_words(said, chance)
    )
    return zipped({**of.files, MANIFEST: told, SIGNATURE: signed(of.key, told)})


def history(of: Material, chance: Random) -> bytes:
    """The ledger seals another history with its true keys: entries left out, moved, said again, forged."""
    book = of.book
    at = chance.randrange(len(book.raws) - 1)
    forged = spoken_again(book.raws[at], chance)
    order = list(book.raws)
    order.insert(chance.randrange(len(order)), order.pop(at))
    return whole_log(chance.choice([
        lambda: book.without(at),
        lambda: book.with_entry(at, forged),
        lambda: book.with_entry(at, book.raws[chance.randrange(len(book.raws))]),
        lambda: Book(tuple(order), book.batches, book.log_key, book.event_key),
        lambda: book.with_entry(at, book.by_ledger(at, **other_words(book.says(at), chance))),
    ])())  # fmt: skip


def hiding(of: Material, chance: Random) -> bytes:
    """An entry that belongs here stands as a hash, and the log's key signed that all is whole."""
    return chance.choice(of.hiding)


SAYINGS: list[tuple[str, object]] = [
    ("format", "bundle"), ("v", 2), ("made_by", 5), ("made_by", ""), ("made_by", "x" * 401),
    ("made_by", "\U0001f9ec" * 400), ("size", 0), ("size", 1), ("root", "ab" * 31), ("origin", "elsewhere"),
    ("whole", None), ("whole", []), ("whole", ["x" * 400]), ("whole", ["x" * 401]), ("whole", [""]),
    ("left_out", {"entries": 1, "files": []}), ("left_out", {"entries": 1, "files": ["ab"]}),
    ("therapies", None), ("therapies", {}), ("therapies", {"given": [""], "unreadable": 0}),
    ("therapies", {"given": ["x"], "unreadable": 0}), ("therapies", {"given": [], "unreadable": 3}),
    ("therapies", {"given": [], "unreadable": -1}), ("also", "this"),
    ("witnessed", None), ("witnessed", {}), ("witnessed", {"size": 1}),
    ("witnessed", {"policy": "", "size": 1}), ("witnessed", {"policy": "quorum none", "size": 0}),
    ("witnessed", {"policy": "x" * 65_537, "size": 1}), ("labels", None), ("labels", {}),
    ("labels", {"left_out": []}), ("labels", {"left_out": ["ab" * 32]}), ("proofs", None), ("proofs", {}),
    ("proofs", {"entries": 0}), ("proofs", {"entries": 1}),
]  # fmt: skip

WAYS: dict[str, Way] = {
    one.__name__: one
    for one in (bytes_altered, files_moved, zip_form, resigned, records, manifest, history, hiding)
}


def mutant(of: Material, way: str, number: int) -> bytes:
    """The n-th mutant of a way: the same for ever. A draw that cannot be made is drawn again."""
    chance = Random(f"{way} {number}")
    while True:
        try:
            return WAYS[way](of, chance)
        except UnbrokenError:  # what our own writers refuse to write is no mutant
            continue
