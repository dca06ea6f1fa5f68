"""What is said about temperature: a logger's readings, as evidence about containers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.domain.parts import CarriedFact, CentiC, Code, Hex32, Label, Part, Party, Phase, Timestamp
from ledger.domain.times import milliseconds

_LAST_MS = milliseconds("9999-12-31T23:59:59.999Z")


class ReadAs(Part):
    """How a logger's own file was read: with the file, whoever checks gets the same readings.

    `zone` is the logger's clock's, east of UTC; what follows is what a person had to say because the
    file left it open. `mapping` is the SHA-256 of the mapping for a file of no known format.
    """

    format: Code
    zone: Annotated[str, StringConstraints(pattern=r"^[+-][0-9]{2}:[0-9]{2}$")]
    unit: Literal["C", "F"] | None = None
    decimal: Literal["point", "comma"] | None = None
    date_order: Literal["ymd", "dmy", "mdy"] | None = None
    channel: Label | None = None
    mapping: Hex32 | None = None


class TemperatureEvidenceAttached(CarriedFact):
    """The readings of one logger that was with these containers, and how far it can be trusted.

    Readings begin at `started_at` and follow each other every `interval_s`; null is no reading.
    `calibrated_until` null: nobody knows. `raw` is the SHA-256 of the logger's own file.
    """

    type: Literal["TemperatureEvidenceAttached"]
    v: Literal[1]
    at: Party
    phase: Phase
    logger: Label
    range_low_centi_c: CentiC
    range_high_centi_c: CentiC
    calibrated_until: Timestamp | None
    started_at: Timestamp
    interval_s: Annotated[int, Field(ge=1, le=86_400)]
    readings_centi_c: Annotated[list[CentiC | None], Field(min_length=1, max_length=8_000)]
    raw: Hex32
    device_signature: Literal["valid", "absent", "failed"]
    read_as: ReadAs | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> TemperatureEvidenceAttached:
        if self.range_low_centi_c >= self.range_high_centi_c:
            raise ValueError("range_low_centi_c must be below range_high_centi_c")
        if milliseconds(self.started_at) + self.interval_s * 1000 * len(self.readings_centi_c) > _LAST_MS:
            raise ValueError("the readings run past the year 9999")
        return self
