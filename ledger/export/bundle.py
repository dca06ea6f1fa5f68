"""The bundle: evidence in one file that verifies without us (`README.txt` says how it is made).

A stream of bytes that depends on nothing but the log up to the checkpoint that covers the request,
the request, what its reader may read, and this program: the same again, byte for byte. At any time
it holds one file of the archive in memory, and the list of files.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import cbor2
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json

from ledger.domain.events import VERSIONS
from ledger.domain.times import timestamp
from ledger.export.proofs import Proofs
from ledger.proof import archive, detached, tiles
from ledger.proof.pruned import Hidden, Record, encode_records, subtrees
from ledger.verify import manifest
from ledger.verify.label_picture import to_png
from ledger.verify.manifest import Asked, LeftOut, Listed, Manifest

if TYPE_CHECKING:
    from ledger.export.choosing import Choice
    from ledger.export.cosigned import Cosignatures
    from ledger.proof.keys import SigningKey
    from ledger.store.reading import Reads, StoredCheckpoint, StoredEntry

T = TypeVar("T")
EVIDENCE, PRINTED = "TemperatureEvidenceAttached", "LabelPrinted"
Say = Callable[[dict[str, Any], str, str], str]
"""(payload, signer, stream) to a sentence without its full stop."""


class Request(NamedTuple):
    """The entry that asked, and the head that covers it: `size`, `root` (32 bytes)."""

    position: int
    statement_id: str
    size: int
    root: bytes


class BundleSource(Protocol):
    """Where a bundle comes from. `evidence`: a file by its SHA-256 (hex), if this reader may have it."""

    @property
    def reads(self) -> Reads: ...
    @property
    def origin(self) -> str: ...
    @property
    def log_vkey(self) -> str: ...
    @property
    def key(self) -> SigningKey: ...
    @property
    def made_by(self) -> str: ...
    @property
    def verifier(self) -> bytes | None: ...  # the page that verifies a bundle in a browser, if it is built
    @property
    def cosignatures(self) -> Cosignatures: ...
    def evidence(self, sha256: str) -> bytes | None: ...


def bundle(source: BundleSource, request: Request, choice: Choice, say: Say) -> Iterator[bytes]:
    """The bundle's bytes, a file of the archive at a time. Raises `Fault` where the log is damaged."""
    return _Bundle(source, request, choice, say).stream()


class _Bundle:
    def __init__(self, source: BundleSource, request: Request, choice: Choice, say: Say) -> None:
        self._source = source
        self._reads = source.reads
        self._request = request
        self._choice = choice
        self._say = say
        self._writer = archive.Writer()
        self._files: list[Listed] = []
        self._hidden = 0
        self._named: dict[str, None] = {}  # loggers' files, by SHA-256
        self._printed: dict[str, None] = {}  # labels, by digest
        self._kinds: set[tuple[str, int]] = set()  # event types and versions

    def stream(self) -> Iterator[bytes]:
        yield self._file(manifest.README, files("ledger.export").joinpath("README.txt").read_bytes())
        if self._source.verifier is not None:
            yield self._file(manifest.VERIFIER, self._source.verifier)
        heads = self._heads()
        for number, notes in enumerate(_batched(self._notes(heads), manifest.RECORDS)):
            yield self._file(manifest.checkpoints_name(number), encode_records(notes))
        for number, some in enumerate(_batched(self._records(heads), manifest.RECORDS)):
            yield self._file(manifest.entries_name(number), encode_records(record for record, _ in some))
            yield self._file(manifest.report_name(number), self._report([one for _, one in some if one]))
        missing = yield from self._evidence()
        undrawn = yield from self._labels()
        yield from self._proofs()
        yield self._file(manifest.SCHEMAS, _schemas(frozenset(self._kinds)))
        labels = None if heads is None else manifest.Labels(left_out=sorted(undrawn))
        yield from self._end(sorted(missing), labels)

    def _file(self, name: str, data: bytes) -> bytes:
        self._files.append(Listed(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest()))
        return self._writer.add(name, data)

    # --- checkpoints -----------------------------------------------------------------------

    def _heads(self) -> list[int] | None:
        """Sizes of the heads that give each entry its time, that statements name, and that witnesses
        cosigned last; None for all."""
        if self._choice.whole is None:
            return None
        sizes = {self._request.size, *self._source.cosignatures.heads}
        covered = 0
        for position in self._choice.positions:
            (stored,) = self._reads.entries(position, position + 1)
            if position >= covered:
                covered = self._reads.checkpoint_covering(position).size
                sizes.add(covered)
            seen = _payload(stored.data)["seen"]
            if seen and seen["size"] <= self._request.size and self._reads.checkpoint(seen["size"]):
                sizes.add(seen["size"])
        return sorted(sizes)

    def _notes(self, sizes: list[int] | None) -> Iterator[bytes]:
        for page in self._pages(sizes):
            yield from self._source.cosignatures.complete(page)

    def _pages(self, sizes: list[int] | None) -> Iterator[list[StoredCheckpoint]]:
        if sizes is not None:
            found = (head for head in map(self._reads.checkpoint, sizes) if head is not None)
            yield from _batched(found, manifest.RECORDS)
            return
        after = 0
        while after < self._request.size:
            page = self._reads.checkpoints(after, manifest.RECORDS)
            yield [one for one in page if one.size <= self._request.size]
            after = page[-1].size

    # --- entries ---------------------------------------------------------------------------

    def _records(self, heads: list[int] | None) -> Iterator[tuple[Record, StoredEntry | None]]:
        if heads is None:
            yield from ((one.data, one) for one in self._all())
            return
        at, hashes = 0, 0
        node = self._nodes()
        for stop, stored in self._stops(heads):
            for height, index in subtrees(at, stop):
                yield Hidden(height, node(height, index)), None
                hashes += 1
            self._hidden += stop - at
            at = stop
            if stored is not None:
                yield stored.data, stored
                at += 1
            if hashes > manifest.RECORDS:  # a reader keeps what it read
                node, hashes = self._nodes(), 0

    def _all(self) -> Iterator[StoredEntry]:
        for start in range(0, self._request.size, manifest.RECORDS):
            yield from self._reads.entries(start, min(start + manifest.RECORDS, self._request.size))

    def _stops(self, heads: list[int]) -> Iterator[tuple[int, StoredEntry | None]]:
        """Where something is given, and where a head cuts what is not."""
        given = ((position, 1) for position in self._choice.positions)
        for position, is_given in heapq.merge(given, ((size, 0) for size in heads)):
            yield position, self._reads.entries(position, position + 1)[0] if is_given else None

    def _nodes(self) -> Callable[[int, int], bytes]:
        return tiles.tile_reader(lambda level, index: self._reads.tile(level, index) or b"")

    def _report(self, entries: list[StoredEntry]) -> bytes:
        return "".join(map(self._line, entries)).encode()

    def _line(self, stored: StoredEntry) -> str:
        protected, _, raw, _ = cbor2.loads(stored.data).value
        payload, claims = from_json(raw), cbor2.loads(protected)[15]
        self._note(payload)
        said = self._say(payload, claims[1], claims[2])
        recorded, happened = _second(stored.recorded_ms), payload["occurred_at"][:19]
        return f"{stored.position:>9}  {recorded}Z  {happened}Z  {said}{self._picture(payload)}.\n"

    def _picture(self, payload: dict[str, Any]) -> str:
        """Where a printed label is shown."""
        digest = payload.get("digest")
        if payload["type"] != PRINTED or digest not in self._printed:
            return ""
        return "" if self._source.evidence(digest) is None else f" (see {manifest.label_name(digest)})"

    def _note(self, payload: dict[str, Any]) -> None:
        self._kinds.add((payload["type"], payload["v"]))
        if payload["type"] == EVIDENCE:
            mapping = (payload.get("read_as") or {}).get("mapping")
            self._named |= dict.fromkeys([payload["raw"], *([mapping] if mapping else [])])
        if payload["type"] == PRINTED and self._choice.whole is not None:
            self._printed[payload["digest"]] = None

    # --- the rest --------------------------------------------------------------------------

    def _evidence(self) -> Generator[bytes, None, list[str]]:
        """Returns the SHA-256 of what is not there."""
        missing = []
        for sha256 in self._named:
            data = self._source.evidence(sha256)
            if data is None:
                missing.append(sha256)
            else:
                yield self._file(manifest.evidence_name(sha256), data)
        return missing

    def _labels(self) -> Generator[bytes, None, list[str]]:
        """Returns the digests of what is not there."""
        missing = []
        for digest in self._printed:
            described = self._source.evidence(digest)
            if described is None:
                missing.append(digest)
            else:
                yield self._file(manifest.label_name(digest), to_png(described))
        return missing

    def _proofs(self) -> Iterator[bytes]:
        last = self._reads.checkpoint(self._request.size)
        if not self._choice.proved or last is None:
            return
        source = self._source
        claim = source.cosignatures.claim
        cosigned = self._reads.checkpoint(claim.size) if claim else None
        proofs = Proofs(self._reads, source.key, source.origin, last, cosigned, source.cosignatures.complete)
        for name, data in proofs.files(self._choice.proved, self._nodes()):
            yield self._file(name, data)

    def _end(self, missing: list[str], labels: manifest.Labels | None) -> Iterator[bytes]:
        whole, request, source = self._choice.whole, self._request, self._source
        told = Manifest(
            made_by=source.made_by,
            origin=source.origin,
            log_key=source.log_vkey,
            size=request.size,
            root=request.root.hex(),
            request=Asked(position=request.position, statement_id=request.statement_id),
            whole=None if whole is None else sorted(whole),
            left_out=LeftOut(entries=self._hidden, files=missing),
            files=self._files,
            therapies=self._choice.therapies,
            witnessed=source.cosignatures.claim,
            labels=labels,
            proofs=None if whole is None else manifest.Proofs(entries=len(self._choice.proved)),
        ).encode()
        yield self._writer.add(manifest.MANIFEST, told)
        signature = detached.sign(source.key, manifest.CONTENT_TYPE, told)
        yield self._writer.add(manifest.SIGNATURE, signature)
        yield self._writer.end()


@lru_cache(maxsize=16)
def _schemas(kinds: frozenset[tuple[str, int]]) -> bytes:
    """JSON Schema of these event types and versions."""
    models = [(VERSIONS[name][version], "validation") for name, version in sorted(kinds)]
    _, schema = models_json_schema(models)  # type: ignore[arg-type]
    return json.dumps(schema, sort_keys=True, indent=1).encode()


@lru_cache(maxsize=2)  # a batch has one time
def _second(ms: int) -> str:
    return timestamp(ms)[:19]


def _payload(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = from_json(cbor2.loads(raw).value[2])
    return found


def _batched(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """Lists of `count`, the last perhaps shorter."""
    left = iter(items)
    while some := list(islice(left, count)):
        yield some
