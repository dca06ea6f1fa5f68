"""A packet says who measured what when, in one spelling, and is no event."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ledger.domain.times import milliseconds
from ledger.errors import Malformed, Unauthentic
from ledger.live.packet import CONTENT_TYPE, MOST_READINGS, parse_packet, verify_packet
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from tests.live_packets import KEY, LOGGER, ORIGIN, RECORDING, STARTED, packet, readings


def signed(payload: bytes, **claims: Any) -> bytes:
    """Any payload as a logger could sign it."""
    said: dict[str, Any] = {"iss": LOGGER, "sub": f"recording/{RECORDING}", "aud": ORIGIN, "cti": bytes(16)}
    return statement.sign(KEY, **said | claims, payload=payload, content_type=CONTENT_TYPE)


def with_member(**members: Any) -> bytes:
    return signed(canonical.encode(readings().model_dump(exclude_unset=True) | members))


def test_a_packet_reads_back_as_it_was_signed() -> None:
    raw = packet([-19_000, None, -18_950], first=7, battery_pct=83, tilt_deg=4)
    found = parse_packet(raw)
    verify_packet(found, KEY.public)
    assert (found.raw, found.logger, found.recording) == (raw, LOGGER, RECORDING)
    assert (found.first, found.last, found.interval_ms) == (7, 9, 60_000)
    assert found.started_ms == milliseconds(STARTED) + 7 * 60_000
    assert found.last_ms == found.started_ms + 2 * 60_000
    assert found.readings == readings([-19_000, None, -18_950], 7, battery_pct=83, tilt_deg=4)


def test_the_longest_packet_fits_a_statement() -> None:
    longest = packet([-27_300] * MOST_READINGS, battery_pct=100, tilt_deg=180)
    assert len(parse_packet(longest).readings.readings_centi_c) == MOST_READINGS
    with pytest.raises(ValidationError, match="at most 8000"):
        readings([0] * (MOST_READINGS + 1))


def test_another_keys_signature_is_refused() -> None:
    with pytest.raises(Unauthentic, match="wrong_key"):
        verify_packet(parse_packet(packet()), new_key().public)


def test_a_packet_is_no_event_and_an_event_no_packet() -> None:
    with pytest.raises(Malformed, match="wrong_content_type"):
        statement.parse(packet())
    event = statement.sign(KEY, iss=LOGGER, sub="chain/x:ABCD", aud=ORIGIN, cti=bytes(16), payload=b"{}")
    with pytest.raises(Malformed, match="wrong_content_type"):
        parse_packet(event)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ({"first": -1}, "first: "),
        ({"first": True}, "first: "),
        ({"interval_s": 0}, "interval_s: "),
        ({"readings_centi_c": []}, "readings_centi_c: "),
        ({"readings_centi_c": [-27_301]}, "readings_centi_c.0"),
        ({"range_low_centi_c": 8_000}, "must be below"),
        ({"started_at": "2026-02-31T12:00:00.000Z"}, "started_at: "),
        ({"started_at": "9999-12-31T23:59:59.000Z"}, "past the year 9999"),
        ({"battery_pct": 101}, "battery_pct: "),
        ({"battery_pct": None}, "left out"),
        ({"tilt_deg": 181}, "tilt_deg: "),
        ({"v": 2}, "v: "),
        ({"type": "Packed"}, "type: "),
        ({"site": "north"}, "site: "),
    ],
)
def test_a_member_that_is_wrong_or_unknown_is_named(member: dict[str, Any], told: str) -> None:
    with pytest.raises(Malformed, match="invalid_packet") as refused:
        parse_packet(with_member(**member))
    assert told in refused.value.detail


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": f"chain/{RECORDING}"},
        {"sub": f"recording/{RECORDING.upper()}"},
        {"sub": f"recording/{RECORDING}0"},
        {"iss": "Logger 7"},
        {"iss": "a/b"},
    ],
)
def test_a_stream_or_signer_that_is_none_is_refused(claims: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="invalid_packet"):
        parse_packet(signed(canonical.encode(readings().model_dump(exclude_unset=True)), **claims))


def test_a_second_spelling_of_the_readings_is_refused() -> None:
    spaced = canonical.encode(readings().model_dump(exclude_unset=True)).replace(b",", b", ", 1)
    with pytest.raises(Malformed, match="not_canonical"):
        parse_packet(signed(spaced))
