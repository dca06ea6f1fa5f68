"""Laws of a segment: arrival changes nothing, division changes no reading, no altered bit goes unseen."""

from __future__ import annotations

from contextlib import suppress
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.cold_chain.evidence import MOST_READINGS, disagreement, evidence
from ledger.cold_chain.logger_file import LoggerFile
from ledger.cold_chain.refusals import Unreadable
from ledger.domain.registry import Key
from ledger.errors import Malformed
from ledger.live import segment
from ledger.live.packet import Packet, parse_packet
from ledger.live.sealed import READ_AS, differs, signed_by
from ledger.live.segment import read_segment
from ledger.proof.keyfile import new_key
from ledger.proof.keys import PublicKey
from ledger.proof.statement import Statement
from tests.live_packets import KEY, LOGGER, ORIGIN, packet
from tests.property.mangled import altered, every_flip

OTHER = new_key()
VALUES = st.lists(st.none() | st.integers(-20_000, 8_000), min_size=1, max_size=60)


def own(signed: Statement) -> PublicKey | None:
    """The one key that the log enrolled."""
    return KEY.public if (signed.iss, signed.aud, signed.kid) == (LOGGER, ORIGIN, KEY.public.kid) else None


def divided(values: list[int | None], sizes: list[int]) -> list[Packet]:
    """Packets of these sizes, as far as the readings go; what is left is one more."""
    ends = [end for end in accumulate(sizes) if end < len(values)]
    cuts = pairwise([0, *ends, len(values)])
    return [parse_packet(packet(values[first:end], first)) for first, end in cuts]


SIZES = st.lists(st.integers(1, 20), max_size=12)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Packet], list[Packet]]:
    """Packets in order, and as they arrive: in any order, some lost, some again and again."""
    sent = draw(st.builds(divided, VALUES, SIZES))
    came = draw(st.lists(st.sampled_from(sent), min_size=1, max_size=2 * len(sent)))
    kept = [one for one in sent if one in came]
    return kept, came


@given(arrivals())
def test_packets_in_any_order_and_any_number_of_times_make_the_same_segment(
    both: tuple[list[Packet], list[Packet]],
) -> None:
    kept, came = both
    assert segment.write(came) == segment.write(kept) == [b"".join(one.raw for one in kept)]


@given(arrivals())
def test_what_is_recorded_of_a_segment_is_borne_out_by_it(
    both: tuple[list[Packet], list[Packet]],
) -> None:
    (raw,) = segment.write(both[1])
    file = read_segment(raw, own)
    assert file.device_signature.verdict == "valid"
    for members in evidence(file):
        assert members["logger"] == LOGGER
        assert disagreement(file, members) is None
        assert differs(members | {"read_as": READ_AS}, raw, own) is None


@given(values=VALUES, sizes=SIZES, others=SIZES)
def test_how_readings_are_divided_among_packets_changes_none(
    values: list[int | None], sizes: list[int], others: list[int]
) -> None:
    def measured(sizes: list[int]) -> list[dict[str, Any]]:
        (raw,) = segment.write(divided(values, sizes))
        return [members | {"raw": ""} for members in evidence(read_segment(raw, own))]

    assert measured(sizes) == measured(others)


SAMPLE = segment.write(divided([-19_000, None, -18_950, -18_900], [1, 2]))[0]


def outcome(raw: bytes) -> LoggerFile | None:
    try:
        return read_segment(raw, own)
    except Unreadable:
        return None


def test_one_flipped_bit_anywhere_is_found() -> None:
    assert read_segment(SAMPLE, own).device_signature.verdict == "valid"
    for raw in every_flip(SAMPLE):
        found = outcome(raw)
        assert found is None or found.device_signature.verdict == "failed"


@given(altered(SAMPLE))
@settings(max_examples=300)
def test_no_altered_segment_passes_as_the_loggers_own(raw: bytes) -> None:
    found = outcome(raw)
    if found and found.device_signature.verdict == "valid":  # then whole packets were cut off, or nothing
        assert raw in SAMPLE


@given(st.binary(max_size=300) | st.lists(st.sampled_from([SAMPLE, b"\xd2\x84", b"\x00"])).map(b"".join))
def test_no_bytes_make_a_reader_fail_otherwise_than_by_refusing(raw: bytes) -> None:
    outcome(raw)
    with suppress(Malformed):
        parse_packet(raw)


def test_packets_that_contradict_each_other_are_all_kept_apart() -> None:
    first, again, later = (
        parse_packet(one) for one in (packet([1, 2]), packet([1, 3]), packet([4], first=2))
    )
    segments = segment.write([later, again, first])
    assert len(segments) == 2
    assert sorted(b"".join(segments)) == sorted(first.raw + again.raw + later.raw)
    assert [read_segment(one, own).device_signature.verdict for one in segments] == ["valid", "valid"]


@pytest.mark.parametrize(
    "later",
    [
        packet([2], first=1, interval_s=120),
        packet([2], first=1, range_high_centi_c=9_000),
        packet([2], first=1, started_at="2026-03-01T12:00:00.000Z"),
        packet([2], first=1, recording="ff" * 16),
        packet([2], first=2 + MOST_READINGS),
    ],
)
def test_a_new_segment_begins_where_one_could_not_go_on(later: bytes) -> None:
    segments = segment.write([parse_packet(later), parse_packet(packet([1]))])
    assert set(segments) == {packet([1]), later}
    for one in segments:
        assert evidence(read_segment(one, own))


def test_few_packets_far_apart_do_not_make_the_ledger_sign_many_nulls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segment, "MOST_MISSING", 20)
    packets = [parse_packet(packet([number], first=8 * number)) for number in range(20)]
    files = [read_segment(one, own) for one in segment.write(packets)]
    assert [len(one.channels[0].times_ms) for one in files] == [3] * 6 + [2]
    signed = [value for one in files for said in evidence(one) for value in said["readings_centi_c"]]
    assert signed.count(None) <= 20 * len(files)
    assert [value for value in signed if value is not None] == list(range(20))


def test_a_segment_of_two_recordings_or_out_of_order_is_no_segment() -> None:
    first, second = packet([1]), packet([2], first=1)
    assert outcome(first + second)
    for raw in (b"", second + first, first + first, first + packet([2], first=1, recording="ff" * 16)):
        with pytest.raises(Unreadable):
            read_segment(raw, own)


def test_a_large_recording_makes_several_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    packets = divided(list(range(30)), [1] * 30)
    monkeypatch.setattr(segment, "MOST_BYTES", 10 * len(packets[-1].raw))
    segments = segment.write(packets)
    assert [len(read_segment(one, own).channels[0].times_ms) for one in segments] == [10, 10, 10]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (packet([1], key=OTHER), "holds no key"),
        (packet([1], logger="logger-8"), "of logger-8"),
        (packet([1], origin="other.example"), "holds no key"),
    ],
)
def test_a_packet_of_another_key_logger_or_log_fails_the_signature(raw: bytes, told: str) -> None:
    found = read_segment(raw, own).device_signature
    assert found.verdict == "failed"
    assert told in found.checked[0]


@pytest.mark.parametrize(
    ("status", "agent", "verdict"),
    [
        ("active", LOGGER, "valid"),
        ("retired", LOGGER, "valid"),
        ("revoked", LOGGER, "failed"),
        ("active", "nora", "failed"),
    ],
)
def test_which_keys_count_is_what_the_log_says(status: Any, agent: str, verdict: str) -> None:
    keys = {KEY.public.kid.hex(): Key(KEY.public.kid.hex(), 1, agent, status, 3)}
    key_of = signed_by(ORIGIN, keys.get, {KEY.public.kid: KEY.public}.get)
    assert read_segment(SAMPLE, key_of).device_signature.verdict == verdict
    assert read_segment(packet([1], origin="b"), key_of).device_signature.verdict == "failed"


def test_a_statement_about_another_reading_or_way_of_reading_is_told() -> None:
    (members,) = evidence(read_segment(SAMPLE, own))
    said = members | {"read_as": READ_AS}
    assert differs(said, SAMPLE, own) is None
    wrong = said | {"readings_centi_c": [-19_000, None, -18_950, -18_901]}
    assert "another reading" in (differs(wrong, SAMPLE, own) or "")
    assert "signature" in (differs(said, SAMPLE, lambda _: None) or "")
    assert "read as" in (differs(said | {"read_as": {"format": "hobo", "zone": "+00:00"}}, SAMPLE, own) or "")
    assert "not read like this" in (differs(said, SAMPLE[:-1], own) or "")
