"""One statement at its place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.domain.parts import Event


@dataclass(slots=True)  # not frozen only because that would make each one five times as dear
class Entry:
    """One statement at its place in the log. Nobody changes one.

    `position` counts from 0, `statement_id` and `kid` are lower-case hex, `signer` is the
    agent's id (or `ledger`), `stream` the envelope's subject, `recorded_ms` the ledger's
    time of the batch (whole seconds, in milliseconds; never decreasing).
    """

    position: int
    statement_id: str
    kid: str
    signer: str
    stream: str
    event: Event
    recorded_ms: int

    @property
    def type(self) -> str:
        return self.event.type
