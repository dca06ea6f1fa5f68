"""Takes a logger's readings: checked, kept, and signed in packets."""

from __future__ import annotations

import secrets

from pydantic import ValidationError

from clients.logger.buffer import Buffer, Measured, Measuring, Recording, Unpacked
from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Malformed
from ledger.live.packet import MOST_READINGS, Readings, sign_packet
from ledger.proof.keys import SigningKey

LAST_MS = milliseconds("9900-01-01T00:00:00.000Z")  # no packet from here on could say its last moment


class Recorder:
    """One logger's readings into its buffer.

    A packet is signed once it holds `per_packet` readings, or its readings span `packet_s` seconds.
    """

    def __init__(
        self, buffer: Buffer, key: SigningKey, measuring: Measuring, per_packet: int = 1, packet_s: int = 60
    ) -> None:
        """Raises `Malformed` `bad_reading` where nothing could ever be measured like this."""
        if not 1 <= per_packet <= MOST_READINGS:
            raise Malformed("bad_reading", f"a packet holds 1 to {MOST_READINGS} readings, not {per_packet}")
        self._buffer = buffer
        self._key = key
        self._measuring = measuring
        self._per_packet = per_packet
        self._places = packet_s // measuring.interval_s if measuring.interval_s else 0
        self._check(Measured(0, None))

    def take(self, measured: Measured) -> tuple[str, int]:
        """Keep a reading: its recording and number. It is durable, and signed if a packet is due.

        Raises `Malformed` `bad_reading`, `Fault` `logger_buffer_full`. Whatever it raises, this reading
        was not kept: keeping and signing are one transaction.
        """
        self._check(measured)
        return self._buffer.keep(self._measuring, measured, self._sign, self._due)

    def flush(self) -> None:
        """Sign all that waits, as when the logger stops."""
        self._buffer.pack(self._sign, lambda _: True)

    def _due(self, waiting: list[Unpacked]) -> bool:
        spanned = waiting[-1].number - waiting[0].number
        return len(waiting) >= self._per_packet or spanned >= max(self._places, 1)

    def _check(self, measured: Measured) -> None:
        """What could not be signed later must not be kept now."""
        if not 0 <= measured.at_ms < LAST_MS:
            raise Malformed("bad_reading", "the moment lies before 1970 or after 9899: set the clock")
        try:
            _said(self._measuring, measured.at_ms, 0, [measured.centi_c], measured.battery, measured.tilt)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"]) or "range"
            raise Malformed("bad_reading", f"{where}: {first['msg']}") from None

    def _sign(self, recording: Recording, waiting: list[Unpacked]) -> bytes:
        measured = {one.number: one.centi_c for one in waiting}
        first, last = recording.packed, waiting[-1].number
        values = [measured.get(number) for number in range(first, last + 1)]
        battery = next((one.battery for one in reversed(waiting) if one.battery is not None), None)
        tilt = next((one.tilt for one in reversed(waiting) if one.tilt is not None), None)
        return sign_packet(
            self._key,
            logger=recording.logger,
            recording=recording.id,
            origin=recording.origin,
            cti=secrets.token_bytes(16),
            readings=_said(recording.measuring, recording.moment(first), first, values, battery, tilt),
        )


def _said(
    measuring: Measuring,
    at_ms: int,
    first: int,
    values: list[int | None],
    battery: int | None,
    tilt: int | None,
) -> Readings:
    sensors = {"battery_pct": battery, "tilt_deg": tilt}
    return Readings(
        v=1,
        type="Readings",
        first=first,
        started_at=timestamp(at_ms),
        interval_s=measuring.interval_s,
        readings_centi_c=values,
        range_low_centi_c=measuring.range_low,
        range_high_centi_c=measuring.range_high,
        **{name: value for name, value in sensors.items() if value is not None},
    )
