"""The live feed: the server's events read strictly, and followed without losing or repeating any.

HTML Living Standard, section 9.2.6 (interpreting an event stream), of which only what the ledger
writes is taken: lines that end in LF, each field once and on one line, an id that is a position.
Whatever is left unfinished when a connection ends is thrown away, and asked for again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from clients.remote import Remote
from ledger.errors import Fault, Malformed, TooMany, Unauthorised
from ledger.proof import canonical

Document = dict[str, Any]

MAX_LINE = 16_384  # bytes; the ledger's own have some 300
FIELDS = frozenset({"id", "event", "data", "retry"})
AGAIN_S, AT_MOST_S = 1.0, 30.0  # before a connection is tried again: the first time, and in the end
_POSITION = re.compile(r"-1|0|[1-9][0-9]{0,15}", re.ASCII)


class Message(NamedTuple):
    """What stands between two empty lines. `event` and `data` empty: only the position moves on."""

    id: int | None
    event: str = ""
    data: str = ""


class EventStream:
    """Bytes in, messages out, however the bytes are cut into chunks."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def take(self, chunk: bytes) -> Iterator[Message]:
        """The messages that this chunk completes; exhaust it before the next chunk.

        Raises `Fault` (`bad_answer`) behind the last message that was right.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            message = self._line(line)
            if message is not None:
                yield message
        if len(self._rest) > MAX_LINE:
            raise _bad("a line without an end")

    def _line(self, line: bytes) -> Message | None:
        if not line:
            return self._dispatch()
        if len(line) > MAX_LINE:
            raise _bad("a line without an end")
        if not line.startswith(b":"):  # a comment
            name, value = _field(line)
            if name in self._fields:
                raise _bad(f"the field {name} twice")
            self._fields[name] = value
        return None

    def _dispatch(self) -> Message | None:
        fields, self._fields = self._fields, {}
        if ("event" in fields) != ("data" in fields) or ("data" in fields and "id" not in fields):
            raise _bad("an event without its type, data or position")
        if not fields:
            return None
        position = int(fields["id"]) if "id" in fields else None
        return Message(position, fields.get("event", ""), fields.get("data", ""))


class Told(NamedTuple):
    """Which feed, and which members of a document repeat its `id` and its `event`."""

    path: str
    id: str
    event: str


ENTRIES = Told("/v1/feed", "position", "type")
ALARMS = Told("/v1/alarms/feed", "event", "what")


class Feed:
    """Iterate over it. `position`: how far it has come; a later feed goes on `after` it.

    Each entry comes once and in order, over however many connections. Raises what the
    server says to the first connection, `Fault` `bad_answer`, and `Unauthorised` or
    `Unauthentic` when a new sign-in does not help; a network or server that fails later is
    waited for.
    """

    def __init__(
        self,
        remote: Remote,
        after: int,
        pause: Callable[[float], None] = time.sleep,
        told: Told = ENTRIES,
    ) -> None:
        self.position = after
        self._told_of = told
        self._remote = remote
        self._pause = pause
        self._met = False  # the server has answered once: the address and the device are right
        self._failures = 0
        self._refused = False

    def __iter__(self) -> Iterator[Document]:
        while True:
            try:
                yield from self._connection()
            except Unauthorised:
                if self._refused:
                    raise
                self._refused = True
                continue  # the session has run out: the next request signs in
            except (Fault, TooMany) as error:
                if not self._met or error.code == "bad_answer":
                    raise
            self._pause(min(AGAIN_S * 2**self._failures, AT_MOST_S))
            self._failures = min(self._failures + 1, 10)

    def _connection(self) -> Iterator[Document]:
        stream = EventStream()
        with self._remote.streaming(self._told_of.path, {"last-event-id": str(self.position)}) as chunks:
            self._met = True
            for chunk in chunks:
                for message in stream.take(chunk):
                    self._failures, self._refused = 0, False
                    yield from self._told(message)

    def _told(self, message: Message) -> Iterator[Document]:
        if message.id is None:
            return
        if not message.data:
            if message.id < self.position:
                raise _bad(f"position {message.id} behind {self.position}")
            self.position = message.id
            return
        if message.id <= self.position:
            raise _bad(f"entry {message.id} behind {self.position}")
        document = _document(message, self._told_of)
        self.position = message.id  # before it is handed over: it must not come a second time
        yield document


def _field(line: bytes) -> tuple[str, str]:
    """Name and value. Raises `Fault` (`bad_answer`)."""
    try:
        name, colon, value = line.decode().partition(": ")
    except UnicodeDecodeError:
        raise _bad("text that is not UTF-8") from None
    if not colon or name not in FIELDS or "\r" in value or "\0" in value:
        raise _bad("a line that is no field")
    if name == "id" and not _POSITION.fullmatch(value):
        raise _bad("an id that is no position")
    return name, value


def _document(message: Message, told: Told) -> Document:
    """What a message tells of. Raises `Fault` (`bad_answer`)."""
    try:
        document: Document = canonical.decode(message.data.encode())
    except Malformed:
        raise _bad(f"entry {message.id} that is no JSON object") from None
    if (document.get(told.id), document.get(told.event)) != (message.id, message.event):
        raise _bad(f"entry {message.id} under the head of another")
    return document


def _bad(what: str) -> Fault:
    return Fault("bad_answer", f"/v1/feed: the server sent {what}")
