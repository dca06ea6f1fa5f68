"""Temperature profiles and evidence that cannot be meant, and what an instrument has to tell apart."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.events import parse_event
from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import holds_band
from ledger.domain.world import timestamp
from ledger.errors import Malformed
from tests.domain_scene import (
    PRODUCT,
    furnished,
)
from tests.domain_warm import (
    FRESH_PROFILE,
    FROZEN_PROFILE,
    attach,
    warm_scene,
)


@pytest.mark.parametrize(
    ("profiles", "says"),
    [
        ([FRESH_PROFILE | {"low_centi_c": 800}], "low_centi_c must be below high_centi_c"),
        ([FROZEN_PROFILE | {"high_centi_c": None}], "a band has low_centi_c, high_centi_c or both"),
        ([FRESH_PROFILE, FRESH_PROFILE], "one profile for each phase"),
        ([], "at least 1 item"),
    ],
)
def test_a_profile_that_cannot_be_meant_is_no_event(profiles: list[Any], says: str) -> None:
    with pytest.raises(Malformed, match=says) as refusal:
        furnished().say(
            "quinn", "product/decentra-car", "ProductVersionDefined",
            **PRODUCT | {"version": 2, "temperature": profiles},
        )  # fmt: skip
    assert refusal.value.code == "invalid_event"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"range_low_centi_c": 8_000}, "range_low_centi_c must be below"),
        ({"started_at": "9999-12-31T23:59:00.000Z"}, "past the year 9999"),
        ({"readings_centi_c": []}, "at least 1 item"),
        ({"readings_centi_c": [5.5]}, "valid integer"),
        ({"readings_centi_c": [-27_316]}, "greater than or equal to -27300"),
    ],
)
def test_readings_that_cannot_be_meant_are_no_event(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        attach(warm_scene("at_cleanroom"), 500, **wrong)


def test_a_product_version_signed_before_there_were_profiles_still_reads() -> None:
    payload = PRODUCT | {"type": "ProductVersionDefined", "v": 1, "seen": None, "seq": 0, "prev": None}
    event: Any = parse_event(payload | {"occurred_at": timestamp(0)})
    assert event.temperature is None


@pytest.mark.parametrize(
    ("range_", "band", "holds"),
    [
        ((-4_000, 8_000), (200, 800), True),
        ((200, 800), (200, 800), True),
        ((201, 800), (200, 800), False),
        ((200, 799), (200, 800), False),
        ((-9_500, 5_000), (None, -15_000), False),  # it proves nothing at -150 °C
        ((-20_000, 5_000), (None, -15_000), True),
        ((-15_000, 5_000), (None, -15_000), False),
        ((-20_000, -15_001), (None, -15_000), False),
        ((0, 4_000), (1_500, None), True),
        ((0, 1_500), (1_500, None), False),
    ],
)
def test_an_instrument_holds_a_band_that_it_can_tell_apart(range_: Any, band: Any, holds: bool) -> None:
    fields = FRESH_PROFILE | {"low_centi_c": band[0], "high_centi_c": band[1]}
    assert holds_band(range_, TemperatureProfile.model_validate(fields)) == holds
