"""Packets for tests: a logger with a key of its own, and readings as it would sign them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ledger.domain.times import milliseconds, timestamp
from ledger.live.packet import Readings, sign_packet
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey

ORIGIN = "log.example"
LOGGER = "logger-7"
RECORDING = "00112233445566778899aabbccddeeff"
STARTED = "2026-03-01T12:00:00.000Z"
KEY = new_key()


def readings(
    values: Sequence[int | None] = (-19_000,), first: int = 0, interval_s: int = 60, **more: Any
) -> Readings:
    """Readings of a recording that began at `STARTED`, as the packet from number `first` on says them."""
    given: dict[str, Any] = {
        "v": 1,
        "type": "Readings",
        "first": first,
        "started_at": timestamp(milliseconds(STARTED) + first * interval_s * 1000),
        "interval_s": interval_s,
        "readings_centi_c": list(values),
        "range_low_centi_c": -20_000,
        "range_high_centi_c": 8_000,
    }
    return Readings.model_validate(given | more)


def packet(
    values: Sequence[int | None] = (-19_000,),
    first: int = 0,
    *,
    key: SigningKey = KEY,
    logger: str = LOGGER,
    recording: str = RECORDING,
    origin: str = ORIGIN,
    cti: bytes | None = None,
    **more: Any,
) -> bytes:
    """A signed packet. Its `cti` follows from what it says, unless one is given."""
    said = readings(values, first, **more)
    drawn = hashlib.sha256(repr((said, logger, recording, origin)).encode()).digest()[:16]
    return sign_packet(
        key, logger=logger, recording=recording, origin=origin, cti=cti or drawn, readings=said
    )
