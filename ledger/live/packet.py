"""A packet: consecutive readings of one recording, signed by the logger that measured them.

A COSE_Sign1 like every statement (`ledger.proof.statement`), with a content type of its own, so that
no packet is an event: iss is the logger's agent id, sub `recording/<32 hex>`, aud the log's origin.
Reading i of the packet has the number `first + i` in the recording and the moment
`started_at + i * interval_s`. A packet is signed once; what is sent again is the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from ledger.domain.parts import MAX_INT, CentiC, Part, Timestamp
from ledger.domain.times import milliseconds
from ledger.errors import Malformed
from ledger.proof import canonical, statement

if TYPE_CHECKING:
    from ledger.proof.keys import PublicKey, SigningKey
    from ledger.proof.statement import Statement

CONTENT_TYPE = "application/vnd.unbroken.readings+json; v=1"
MOST_READINGS = 8_000  # of one packet, as of one statement of evidence

_LOGGER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # an agent's id: `ledger.domain.parts.Name`
_RECORDING = re.compile(r"recording/([0-9a-f]{32})")
_LAST_MS = milliseconds("9999-12-31T23:59:59.999Z")


class Readings(Part):
    """What a packet says. Null is a moment at which nothing was measured.

    `range_…`: what the logger can measure. `battery_pct` and `tilt_deg` (from upright) are as of the
    last reading, and absent where the logger has no sensor for them.
    """

    v: Literal[1]
    type: Literal["Readings"]
    first: Annotated[int, Field(ge=0, le=MAX_INT - MOST_READINGS)]
    started_at: Timestamp
    interval_s: Annotated[int, Field(ge=1, le=86_400)]
    readings_centi_c: Annotated[list[CentiC | None], Field(min_length=1, max_length=MOST_READINGS)]
    range_low_centi_c: CentiC
    range_high_centi_c: CentiC
    battery_pct: Annotated[int, Field(ge=0, le=100)] | None = None
    tilt_deg: Annotated[int, Field(ge=0, le=180)] | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Readings:
        if self.range_low_centi_c >= self.range_high_centi_c:
            raise ValueError("range_low_centi_c must be below range_high_centi_c")
        if milliseconds(self.started_at) + self.interval_s * 1000 * len(self.readings_centi_c) > _LAST_MS:
            raise ValueError("the readings run past the year 9999")
        if any(name in self.model_fields_set and getattr(self, name) is None for name in _ABSENT):
            raise ValueError(f"{' and '.join(_ABSENT)} are left out where there is no such sensor")
        return self


_ABSENT = ("battery_pct", "tilt_deg")


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was read; its signature is not yet checked. `recording`: 32 hex digits."""

    statement: Statement
    recording: str
    readings: Readings
    started_ms: int

    @property
    def raw(self) -> bytes:
        return self.statement.raw

    @property
    def logger(self) -> str:
        """Whose readings these are, by the packet's own word: an agent's id."""
        return self.statement.iss

    @property
    def first(self) -> int:
        """The number of the first reading in the recording."""
        return self.readings.first

    @property
    def last(self) -> int:
        """The number of the last reading in the recording."""
        return self.readings.first + len(self.readings.readings_centi_c) - 1

    @property
    def interval_ms(self) -> int:
        return self.readings.interval_s * 1000

    @property
    def last_ms(self) -> int:
        """The moment of the last reading."""
        return self.started_ms + (self.last - self.first) * self.interval_ms


def sign_packet(
    key: SigningKey, *, logger: str, recording: str, origin: str, cti: bytes, readings: Readings
) -> bytes:
    """The packet's bytes. `recording`: 32 hex digits; `cti`: 16 bytes that this key never used.

    Raises `Malformed`, as `parse_packet` does: a packet that we would not read is not written.
    """
    raw = statement.sign(
        key,
        iss=logger,
        sub=f"recording/{recording}",
        aud=origin,
        cti=cti,
        payload=canonical.encode(readings.model_dump(mode="json", exclude_unset=True)),
        content_type=CONTENT_TYPE,
    )
    parse_packet(raw)
    return raw


def parse_packet(raw: bytes) -> Packet:
    """Read a packet strictly; the signature is for `verify_packet`.

    Raises `Malformed`: as `statement.parse` and `canonical.decode`, and `invalid_packet`.
    """
    signed = statement.parse(raw, CONTENT_TYPE)
    recording = _RECORDING.fullmatch(signed.sub)
    if not recording:
        raise _invalid(f"its stream is {signed.sub!r:.80}, not recording/ and 32 hexadecimal digits")
    if not _LOGGER.fullmatch(signed.iss):
        raise _invalid(f"{signed.iss!r:.80} is no agent's id, so no logger's")
    readings = _readings(signed.payload)
    return Packet(signed, recording[1], readings, milliseconds(readings.started_at))


def verify_packet(packet: Packet, key: PublicKey) -> None:
    """Raises `Unauthentic`, as `statement.verify` does. Whether the key is the logger's is for the caller."""
    statement.verify(packet.statement, key)


def _readings(payload: bytes) -> Readings:
    try:
        return Readings.model_validate(canonical.decode(payload))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _invalid(f"{where or 'Readings'}: {first['msg']}") from None


def _invalid(what: str) -> Malformed:
    return Malformed("invalid_packet", what)
