"""From the stored bytes of a statement to the entry that the domain folds.

These bytes passed the strict parser before they were stored, and the audit checks them
again; here they are only taken apart, as fast as it goes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import cbor2

from ledger.domain.events import read_event
from ledger.domain.world import Entry
from ledger.errors import Fault, Malformed

if TYPE_CHECKING:
    from ledger.domain.parts import Event
    from ledger.store.reading import StoredEntry

_KID, _CLAIMS, _ISS, _SUB = 4, 15, 1, 2  # RFC 9052 table 3; RFC 9597; RFC 8392 section 4
_DAMAGE = (cbor2.CBORError, ValueError, KeyError, TypeError, AttributeError, Malformed)


class LazyEntry(Entry):
    """A stored entry for a fold: taken apart where the fold looks into it, and no further.

    Most of what a statement says changes nothing in most aggregates. Looking raises `Fault`
    (`store_failed`) naming the position if the bytes aren't a statement any more, or say another
    event than the row does.
    """

    __slots__ = ("_data", "_event", "_type")

    def __init__(self, stored: StoredEntry) -> None:
        self.position, self._type, self._data, self.recorded_ms = stored
        self._event: Event | None = None

    @property
    def type(self) -> str:
        return self._type

    @property
    def event(self) -> Event:  # type: ignore[override]
        if self._event is None:
            self._event = self._read()
        return self._event

    def _read(self) -> Event:
        try:
            event = read_event(cbor2.loads(self._data).value[2])
        except _DAMAGE as error:
            raise _damaged(self.position, error) from error
        if event.type != self._type:
            raise _damaged(self.position, f"its row says {self._type!r}, its bytes {event.type!r}")
        return event

    def __getattr__(self, name: str) -> Any:
        """Fill the slot that was looked for and isn't filled yet."""
        if name == "statement_id":
            self.statement_id = hashlib.sha256(self._data).hexdigest()
        else:
            try:
                self.kid, self.signer, self.stream = _headers(cbor2.loads(self._data).value[0])
            except _DAMAGE as error:
                raise _damaged(self.position, error) from error
        return object.__getattribute__(self, name)


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
    """Key id, signer, stream."""
    headers = cbor2.loads(protected)
    claims = headers[_CLAIMS]
    return headers[_KID].hex(), claims[_ISS], claims[_SUB]


def _damaged(position: int, error: object) -> Fault:
    return Fault("store_failed", f"entry {position} is damaged: {error}", position=position)
