"""The answer to a write: where the statement stands, what it raised, and the proof."""

from __future__ import annotations

from typing import NamedTuple


class RaisedDeviation(NamedTuple):
    """A deviation that the ledger raised in the same batch as the fact."""

    position: int
    statement_id: bytes
    code: str
    severity: str
    blocking: bool


class Answer(NamedTuple):
    """Durable and provable: `receipt` (RFC 9942) proves `position` in the tree of `size`.

    `statement_id` is the SHA-256 of the statement's bytes, `recorded_ms` the ledger's time
    (a claim until somebody co-signs it). Equal statements get equal answers.
    """

    position: int
    statement_id: bytes
    size: int
    recorded_ms: int
    deviations: tuple[RaisedDeviation, ...]
    receipt: bytes
