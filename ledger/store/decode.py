"""From the stored bytes of a statement to the entry that the domain folds.

These bytes passed the strict parser before they were stored, and the audit checks them
again; here they are only taken apart, as fast as it goes.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import cbor2

from ledger.domain.events import read_event
from ledger.domain.world import Entry
from ledger.errors import Fault, Malformed

if TYPE_CHECKING:
    from ledger.domain.parts import Event
    from ledger.store.reading import Row, StoredEntry

_KID, _CLAIMS, _ISS, _SUB, _CTI = 4, 15, 1, 2, 7  # RFC 9052 table 3; RFC 9597; RFC 8392 section 4
_DAMAGE = (cbor2.CBORError, ValueError, LookupError, TypeError, AttributeError, Malformed)


class LazyEntry(Entry):
    """A stored entry for a fold: taken apart where the fold looks into it, and no further.

    Most of what a statement says changes nothing in most aggregates. Looking raises `Fault`
    (`store_failed`) naming the position if the bytes aren't a statement any more, or say another
    event than the row does.
    """

    __slots__ = ("_data", "_event", "type")

    def __init__(self, stored: StoredEntry | Row) -> None:
        self.position, self.type, self._data, self.recorded_ms = stored  # type: ignore[misc]
        self._event: Event | None = None

    @property
    def event(self) -> Event:  # type: ignore[override]  # nobody sets it
        return self._event or self._read()

    def __getattr__(self, name: str) -> Any:
        """Fill the slot that was looked for and isn't filled yet."""
        if name == "statement_id":
            self.statement_id = hashlib.sha256(self._data).hexdigest()
        else:
            self._open()
        return object.__getattribute__(self, name)

    def _open(self) -> bytes:
        """Fill the slots of the envelope; return the payload."""
        try:
            protected, _, payload, _ = cbor2.loads(self._data).value
            self.kid, self.signer, self.stream = _start(protected[:-16])
        except _DAMAGE as error:
            raise _damaged(self.position, error) from error
        return cast("bytes", payload)

    def _read(self) -> Event:
        payload = self._open()
        try:
            event = read_event(payload)
        except _DAMAGE as error:
            raise _damaged(self.position, error) from error
        if event.type != self.type:
            raise _damaged(self.position, f"its row says {self.type!r}, its bytes {event.type!r}")
        self._event = event
        return event


def entry_of(position: int, data: bytes, recorded_ms: int) -> Entry:
    """The entry of a stored statement (tagged COSE_Sign1), all of it.

    Raises `Fault` (`store_failed`) naming the position if the bytes aren't a statement any more.
    """
    try:
        protected, _, payload, _ = cbor2.loads(data).value
        statement_id = hashlib.sha256(data).hexdigest()
        return Entry(position, statement_id, *_headers(protected), read_event(payload), recorded_ms)
    except _DAMAGE as error:
        raise _damaged(position, error) from error


def _headers(protected: bytes) -> tuple[str, str, str]:
    """Key id, signer, stream. A key says much on one stream: only the cti, at the end, differs."""
    return _start(protected[:-16])


@lru_cache(maxsize=4_096)
def _start(start: bytes) -> tuple[str, str, str]:
    headers = cbor2.loads(start + bytes(16))
    claims = headers[_CLAIMS]
    if claims[_CTI] != bytes(16):  # one that was cut: our own bytes stand where others are missing
        raise ValueError("its header does not end with its cti")
    return headers[_KID].hex(), claims[_ISS], claims[_SUB]


def _damaged(position: int, error: object) -> Fault:
    return Fault("store_failed", f"entry {position} is damaged: {error}", position=position)
