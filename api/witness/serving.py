"""The witness over HTTP (c2sp.org/tlog-witness), as a bare ASGI application.

POST /add-checkpoint            a head of a log that is followed; answered with the cosignature
GET  /<origin hash>/checkpoint  the head of that log that was cosigned last
GET  /                          who this witness is, and which logs it follows
"""

from __future__ import annotations

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.errors import Conflict, Fault, Malformed, NotFound, ProofInvalid, Unauthentic, UnbrokenError
from ledger.proof.add_checkpoint import MAX_BODY, PATH, SIZE_TYPE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from api.witness.register import Witness

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

BODY_S = 10.0  # for a whole body, however slowly it trickles: the same patience as a log has with us
TEXT = "text/plain; charset=utf-8"
STATUS: tuple[tuple[type[UnbrokenError], int], ...] = (
    (Malformed, 400), (Unauthentic, 403), (NotFound, 404), (Conflict, 409), (ProofInvalid, 422), (Fault, 500),
)  # fmt: skip
_LATEST = re.compile(r"/([0-9a-f]{64})/checkpoint")

log = logging.getLogger("unbroken.witness")


class Answer(NamedTuple):
    status: int
    body: bytes
    media_type: str = TEXT
    allow: str = ""


class Application:
    """One thread cosigns: so heads take turns, and the loop goes on reading."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._turn = ThreadPoolExecutor(1, thread_name_prefix="witness")

    def close(self) -> None:
        self._turn.shutdown()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope["method"], scope["path"], receive)
        headers = {"content-type": answer.media_type, "cache-control": "no-cache"}
        if answer.allow:
            headers["allow"] = answer.allow
        if answer.status == 408:
            headers["connection"] = "close"  # else what is late keeps its place
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        raw.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, method: str, path: str, receive: Receive) -> Answer:
        if path == PATH:
            if method != "POST":
                return Answer(405, b"a head is handed in with POST\n", allow="POST")
            try:
                async with asyncio.timeout(BODY_S):
                    body = await _read(receive)
            except TimeoutError:
                return Answer(408, b"the head came too slowly\n")
            return await self._in_turn(self._add, body)
        if method not in ("GET", "HEAD"):
            return Answer(405, b"this is only read\n", allow="GET, HEAD")
        if path == "/":
            return Answer(200, self._about())
        found = _LATEST.fullmatch(path)
        return await self._in_turn(self._latest, found[1]) if found else Answer(404, b"nothing is here\n")

    async def _in_turn(self, work: Callable[[Any], Answer], value: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._turn, work, value)

    def _add(self, body: bytes) -> Answer:
        try:
            line = self._witness.add(body)
        except UnbrokenError as error:
            return refused(error)
        except Exception:
            log.exception("a head was handed in, and the witness failed in a way that nobody expected")
            return Answer(500, b"internal: nothing was cosigned\n")
        return Answer(200, line.encode())

    def _latest(self, origin_hash: str) -> Answer:
        try:
            note = self._witness.latest(origin_hash)
        except UnbrokenError as error:
            return refused(error)
        return Answer(200, note) if note else Answer(404, b"no head of that log was cosigned\n")

    def _about(self) -> bytes:
        follows = [f"log {vkey}" for vkeys in self._witness.logs.values() for vkey in vkeys]
        return "\n".join([f"witness {self._witness.vkey}", *follows, ""]).encode()


def refused(error: UnbrokenError) -> Answer:
    """The status that the page asks for, and a line that says why."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    log.log(logging.INFO if status in (400, 409) else logging.WARNING, "%d %s", status, error)
    if "size" in error.extra:  # "The response body MUST consist of the tree size"
        return Answer(status, f"{error.extra['size']}\n".encode(), SIZE_TYPE)
    return Answer(status, f"{error}\n".encode())


async def _read(receive: Receive) -> bytes:
    """The body; of one that is too long only as much as shows that it is."""
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body
