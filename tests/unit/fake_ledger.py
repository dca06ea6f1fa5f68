"""A small ledger behind httpx's mock transport: real proofs, no rules.

It can be told to refuse, to fail, to lose its answers, and to lie. With a `log` file its
history outlives the process, so that tests can kill a client between any two steps.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from ledger.errors import UnbrokenError
from ledger.proof import canonical, statement
from ledger.proof.checkpoint import Checkpoint, log_vkey, sign_checkpoint
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import inclusion_proof, leaf_hash
from ledger.proof.receipt import encode_receipt, encode_tlog_proof, receipt_signature
from ledger.proof.sequence import split
from ledger.proof.tiles import (
    EMPTY_EDGE,
    TILE_WIDTH,
    edge_root,
    encode_bundle,
    grow,
    parse_tile_path,
    tile_reader,
)

ORIGIN = "ledger.example/fake"
TIME_S = 1_790_000_000
GENESIS = b"genesis"
Problem = dict[str, Any]


def problem(status: int, code: str, **extra: Any) -> Problem:
    return {"status": status, "code": code, "title": code, "detail": f"because of {code}", **extra}


class FakeLedger:
    """One log. `refuse` judges a statement, `before` meets every request and may raise."""

    def __init__(self, key: SigningKey, log: Path | None = None, entries: Sequence[bytes] = ()) -> None:
        self.key, self.vkey, self.log = key, log_vkey(ORIGIN, key.public), log
        self.edge, self.tiles = EMPTY_EDGE, dict[tuple[int, int], bytes]()
        self.entries: list[bytes] = []
        self.notes: list[bytes] = []  # the checkpoint of size n at n - 1
        self.answers: dict[bytes, dict[str, Any]] = {}
        self.refuse: Callable[[statement.Statement], Problem | None] = lambda parsed: None
        self.before: Callable[[httpx.Request], None] = lambda request: None
        self.documents: dict[str, Any] = {}  # path -> what a read answers
        self.streams: list[Any] = []  # what the feed answers next: problems, or chunks
        self.resumed: list[str] = []  # where each of its readers said it was
        self.requests: list[tuple[str, str]] = []
        self.time_stamps: list[dict[str, Any]] = []
        self.witnessed = b""  # the head that enough witnesses cosigned, once one is set
        kept = split(log.read_bytes(), 10**6) if log and log.exists() else entries
        for raw in (GENESIS, *kept):
            self._append(raw)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(lambda request: self.handle(request))

    @property
    def statements(self) -> list[bytes]:
        return self.entries[1:]

    @property
    def root(self) -> bytes:
        return edge_root(self.edge)

    def record(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        """Commit, as durable as a test needs; the same bytes again get the first answer."""
        if raw in self.answers:
            return 201, self.answers[raw]
        try:
            refused = self.refuse(statement.parse(raw))
        except UnbrokenError as error:
            refused = problem(400, error.code)
        if refused:
            return refused["status"], refused
        if self.log:
            with self.log.open("ab") as file:
                file.write(raw)
        return 201, self._append(raw)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        self.before(request)
        path = request.url.path
        if isinstance(self.documents.get(path), bytes):
            return httpx.Response(200, content=self.documents[path])
        if path in self.documents:
            return httpx.Response(200, json=self.documents[path])
        if path == "/v1/statements":
            return self._post(request)
        if path.startswith("/log/"):
            return self._file(path.removeprefix("/log/"))
        return self._read(path, request)

    def _append(self, raw: bytes) -> dict[str, Any]:
        position = len(self.entries)
        self.entries.append(raw)
        self.edge, changed = grow(self.edge, [leaf_hash(raw)])
        self.tiles |= changed
        head = Checkpoint(ORIGIN, len(self.entries), self.root)
        self.notes.append(sign_checkpoint(head, self.key, TIME_S + position))
        self.answers[raw] = {
            "position": position,
            "statement_id": hashlib.sha256(raw).hexdigest(),
            "log_size": position + 1,
            "recorded_at": "2026-09-21T13:33:20.000Z",
            "deviations": [],
            "receipt": urlsafe_b64encode(self.receipt(position) if position else b"").rstrip(b"=").decode(),
        }
        return self.answers[raw]

    def receipt(self, position: int) -> bytes:
        """In the tree as it is now."""
        signed = receipt_signature(self.key, ORIGIN, len(self.entries), self.root, TIME_S)
        return encode_receipt(signed, len(self.entries), position, self.proof(position))

    def proof(self, position: int) -> list[bytes]:
        read = tile_reader(lambda level, index: self.tiles[level, index])
        return inclusion_proof(position, len(self.entries), read)

    def _post(self, request: httpx.Request) -> httpx.Response:
        if request.headers["content-type"] == "application/cose":
            status, body = self.record(request.content)
            return httpx.Response(status, json=body)
        verdicts = [self.record(raw) for raw in split(request.content, 1000)]
        return httpx.Response(200, json={"answers": [{"status": s} | body for s, body in verdicts]})

    def _file(self, path: str) -> httpx.Response:
        if path == "checkpoint":
            return httpx.Response(200, content=self.notes[-1])
        if path == "checkpoint.witnessed":
            return httpx.Response(200, content=self.witnessed) if self.witnessed else self._missing()
        if path == "time-stamps":
            return httpx.Response(200, json={"time_stamps": self.time_stamps, "next_after": None})
        ref = parse_tile_path(path)
        if ref.level == "entries":
            entries = self.entries[ref.index * TILE_WIDTH :][: ref.width]
            found = encode_bundle(entries) if len(entries) == ref.width else b""
        else:
            found = self.tiles.get((ref.level, ref.index), b"")[: ref.width * 32]
            found = found if len(found) == ref.width * 32 else b""
        return httpx.Response(200, content=found) if found else self._missing()

    def _read(self, path: str, request: httpx.Request) -> httpx.Response:
        parts = path.strip("/").split("/")[1:]
        if parts == ["session", "challenge"]:
            return httpx.Response(200, json={"challenge": "c"})
        if parts == ["session"]:
            return self._sign_in(request)
        if parts == ["checkpoints"]:
            after = int(request.url.params["after"])
            listed = [{"size": n, "note": note.decode()} for n, note in enumerate(self.notes, 1) if n > after]
            return httpx.Response(200, json={"checkpoints": listed[:3]})
        if request.headers.get("authorization") != "Bearer token":
            return httpx.Response(401, json=problem(401, "no_session"))
        if parts == ["feed"]:
            return self._feed(request)
        if parts[0] == "keys":
            return self._key(parts[1])
        return self._entry(int(parts[1]), parts[2:]) if parts[0] == "entries" else self._missing()

    def _sign_in(self, request: httpx.Request) -> httpx.Response:
        signed = statement.parse(request.content, statement.SESSION_CONTENT_TYPE)
        assert canonical.decode(signed.payload) == {"challenge": "c"}
        assert (signed.sub, signed.aud) == ("session", ORIGIN)
        return httpx.Response(201, json={"token": "token", "agent": signed.iss, "expires_at": "later"})

    def _feed(self, request: httpx.Request) -> httpx.Response:
        self.resumed.append(request.headers["last-event-id"])
        answer = self.streams.pop(0)
        if isinstance(answer, dict):
            return httpx.Response(answer["status"], json=answer)
        return httpx.Response(200, content=iter(answer))

    def _key(self, kid: str) -> httpx.Response:
        mine = [raw for raw in self.statements if statement.parse(raw).kid.hex() == kid]
        last = statement.parse(mine[-1]) if mine else None
        seq = canonical.decode(last.payload)["seq"] if last else None
        answer = {"agent": "anna", "status": "active", "seq": seq, "last": last.id.hex() if last else None}
        return httpx.Response(200, json=answer)

    def _entry(self, position: int, form: list[str]) -> httpx.Response:
        if not 0 < position < len(self.entries):
            return self._missing()
        if form == ["receipt"]:
            return httpx.Response(200, content=self.receipt(position))
        if form == ["proof"]:
            proof = encode_tlog_proof(position, self.proof(position), self.notes[-1])
            return httpx.Response(200, content=proof)
        return httpx.Response(200, content=self.entries[position])

    @staticmethod
    def _missing() -> httpx.Response:
        return httpx.Response(404, json=problem(404, "not_found"))
