"""A logger in tests: what it measures, when, and a way to a ledger that a function plays."""

from __future__ import annotations

from typing import Any

import httpx

from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.http import HttpLink
from tests.live_packets import LOGGER, ORIGIN

MEASURING = Measuring(LOGGER, ORIGIN, 60, -20_000, 8_000)
START_MS = 1_790_000_000_000
MINUTE = 60_000


def link(answer: Any) -> HttpLink:
    return HttpLink("http://ledger.invalid", httpx.MockTransport(answer))


def hasty(buffer: Buffer) -> Buffer:
    """Without waiting for the disk: no power is cut here."""
    with buffer.disk.reading() as db:
        db.execute("PRAGMA synchronous = OFF")
    return buffer


def at(minutes: float, value: int | None = 0, **more: Any) -> Measured:
    return Measured(START_MS + int(minutes * MINUTE), value, **more)
