"""Laws of reading loggers' files: round trips, no silent guess, no crash, division changes nothing."""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.cold_chain.degrees import centi_c
from ledger.cold_chain.evidence import MOST_READINGS, Instrument, disagreement, evidence
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Zone
from ledger.cold_chain.mapped import Mapping
from ledger.cold_chain.refusals import Ambiguous, Bad, Unreadable
from ledger.cold_chain.table import even_columns
from ledger.domain.times import milliseconds
from tests.logger_files import MAKERS, ROOT, START
from tests.property.mangled import altered

TENTHS = st.integers(-900, 900).map(lambda value: value * 10)
READINGS = st.lists(st.none() | TENTHS, min_size=2, max_size=200).filter(any)  # of nothing, no unit is known
TOLD = Told(zone="+02:00")
SAMPLES = {name: make([490, None, 510, 900, -20] * 3) for name, make in MAKERS.items()}
MAPPING = Mapping(
    delimiter=",", header_line=1, moment="when", moment_format="%Y-%m-%d %H:%M", temperature=["t"],
    unit="C", zone="+02:00", decimal=".", serial="M-1", interval_s=900,
)  # fmt: skip


def known(name: str) -> Told:
    """What each maker's file leaves open."""
    order = {"rotronic": "dmy", "hobo": "ymd"}.get(name)
    return Told(zone=None if name in ("hobo", "berlinger") else "+02:00", date_order=order)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MAKERS)
@given(values=READINGS)
@settings(max_examples=40)
def test_a_makers_file_gives_back_what_the_logger_measured(name: str, values: list[int | None]) -> None:
    found = read(MAKERS[name](values), known(name), berlinger_root=ROOT)
    assert list(found.channels[0].centi_c) == values
    local = 0 if name == "berlinger" else 7_200_000
    first = int((START - START.replace(1970, 1, 1, 0, 0)).total_seconds() * 1000) - local
    assert found.channels[0].times_ms == tuple(first + 900_000 * index for index in range(len(values)))
    assert found.format == name
    assert found.interval_s == 900
    assert not [note for note in found.notes if note.weight == "contradicts"]


def outcome(raw: bytes, told: Told, mapping: Mapping | None = None) -> LoggerFile | None:
    """The file, or None where it was refused as it should be; anything else fails the test."""
    try:
        return read(raw, told, mapping)
    except (Unreadable, Ambiguous):
        return None


@given(
    raw=st.binary(max_size=400) | st.text(max_size=400).map(str.encode), zone=st.none() | st.text(max_size=7)
)
def test_no_bytes_make_a_reader_fail_otherwise_than_by_refusing(raw: bytes, zone: str | None) -> None:
    outcome(raw, Told(zone=zone))
    outcome(raw, Told(zone=zone), MAPPING)


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data(), told=st.sampled_from([TOLD, Told(), Told(zone="UTC", unit="F", decimal=",")]))
@settings(max_examples=150)
def test_no_altered_file_makes_a_reader_fail_otherwise_than_by_refusing(
    name: str, data: st.DataObject, told: Told
) -> None:
    raw = data.draw(altered(SAMPLES[name]))
    found = outcome(raw, told)
    if found and raw != SAMPLES[name]:
        assert found.device_signature.verdict != "valid"  # under the maker's root nothing of ours is


@given(data=st.data())
@settings(max_examples=150)
def test_an_altered_signed_file_never_counts_as_signed(data: st.DataObject) -> None:
    whole = SAMPLES["berlinger"]
    raw = data.draw(altered(whole))
    try:
        found = read(raw, TOLD, berlinger_root=ROOT)
    except (Unreadable, Ambiguous):
        return
    assert (found.device_signature.verdict == "valid") <= (raw.rstrip(b"\r\n") == whole.rstrip(b"\r\n"))


def test_the_signed_file_counts_as_signed_under_its_own_root_alone() -> None:
    assert read(SAMPLES["berlinger"], TOLD, berlinger_root=ROOT).device_signature.verdict == "valid"
    assert read(SAMPLES["berlinger"], TOLD).device_signature.verdict == "failed"


# --- numbers ---------------------------------------------------------------------------


@given(number=st.integers(-4_000_000, 4_000_000), decimals=st.integers(0, 6), unit=st.sampled_from("CF"))
def test_a_written_number_is_converted_exactly_and_rounded_once(
    number: int, decimals: int, unit: str
) -> None:
    digits = f"{abs(number):0{decimals + 1}}"
    text = f"{'-' if number < 0 else ''}{digits[: len(digits) - decimals]}"
    text += f".{digits[-decimals:]}" if decimals else ""
    exact = Fraction(number, 10**decimals)
    celsius = exact if unit == "C" else (exact - 32) * Fraction(5, 9)
    try:
        found = centi_c(text, unit)  # type: ignore[arg-type]
    except Bad:
        assert not -27_300 <= round(celsius * 100) <= 20_000
    else:
        assert found == round(celsius * 100)


# --- evidence --------------------------------------------------------------------------

KNOWN = Instrument(range_centi_c=(-4_000, 8_500))


def made(moments: list[int], values: list[int | None], interval_s: int) -> LoggerFile:
    channel = Channel("T", tuple(moments), tuple(values), tuple(range(1, len(moments) + 1)))
    return LoggerFile(
        "mapped", "made", "X-1", None, "00" * 32, "utf-8", Zone(0, "told"), (channel,), interval_s, None
    )


STEPS = st.sampled_from([60_000] * 6 + [120_000, 61_000, 30_000, 600_000])


@st.composite
def logs(draw: st.DrawFn) -> LoggerFile:
    """A log of one-minute readings with holes, and readings beside the grid."""
    steps = draw(st.lists(STEPS, max_size=60))
    at, moments = 1_700_000_000_000, [1_700_000_000_000]
    for step in steps:
        at += step
        moments.append(at)
    values = draw(st.lists(st.none() | TENTHS, min_size=len(moments), max_size=len(moments)))
    return made(moments, values, 60)


def told_by(events: list[dict]) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    """Every reading that the events carry."""
    return [
        (milliseconds(event["started_at"]) + 1000 * event["interval_s"] * place, value)
        for event in events
        for place, value in enumerate(event["readings_centi_c"])
        if value is not None
    ]


@given(file=logs())
def test_evidence_carries_every_reading_once_and_no_other(file: LoggerFile) -> None:
    events = evidence(file, KNOWN)
    measured = [(at, value) for at, value, _ in file.channels[0].readings if value is not None]
    assert told_by(events) == measured
    assert [disagreement(file, event) for event in events] == [None] * len(events)


@given(file=logs(), data=st.data())
def test_dividing_a_file_changes_no_reading(file: LoggerFile, data: st.DataObject) -> None:
    channel = file.channels[0]
    cut = data.draw(st.sampled_from(channel.times_ms))
    first = evidence(file, Instrument(KNOWN.range_centi_c, until_ms=cut))
    later = [at for at in channel.times_ms if at > cut]
    second = evidence(file, Instrument(KNOWN.range_centi_c, since_ms=later[0])) if later else []
    assert told_by(first + second) == told_by(evidence(file, KNOWN))


@given(file=logs(), data=st.data())
def test_an_event_that_says_another_reading_disagrees_with_its_file(
    file: LoggerFile, data: st.DataObject
) -> None:
    event = data.draw(st.sampled_from(evidence(file, KNOWN)))
    place = data.draw(st.integers(0, len(event["readings_centi_c"]) - 1))
    readings = list(event["readings_centi_c"])
    readings[place] = 7 if readings[place] is None else None
    assert disagreement(file, event | {"readings_centi_c": readings})


@given(file=logs())
def test_between_two_events_of_one_file_less_than_an_interval_passes(file: LoggerFile) -> None:
    """So that the rules see one track, and a hole in the file stays a gap."""
    events = evidence(file, KNOWN)
    for one, other in pairwise(events):
        ended = milliseconds(one["started_at"]) + 60_000 * (len(one["readings_centi_c"]) - 1)
        assert 0 < milliseconds(other["started_at"]) - ended <= 60_000


def test_a_long_file_is_divided_at_the_most_that_a_statement_carries() -> None:
    count = 2 * MOST_READINGS + 1
    events = evidence(made([60_000 * at for at in range(count)], [500] * count, 60), KNOWN)
    assert [len(event["readings_centi_c"]) for event in events] == [MOST_READINGS, MOST_READINGS, 1]


@given(st.lists(st.text(alphabet='ab",', max_size=12), max_size=4), st.integers(1, 4))
def test_lines_that_are_cut_at_once_are_cut_as_a_csv_reader_cuts_them(lines: list[str], width: int) -> None:
    columns = even_columns(lines, ",", width)
    if columns is not None:
        rows = [next(csv.reader([line]), []) or [""] for line in lines]
        assert [list(row) for row in zip(*columns, strict=True)] == rows


@given(
    st.lists(st.lists(st.text(alphabet="ab ;", max_size=5), min_size=2, max_size=2), min_size=1, max_size=5)
)
def test_lines_of_one_width_are_cut_at_once(rows: list[list[str]]) -> None:
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    assert even_columns(lines, ",", 2) == [list(column) for column in zip(*rows, strict=True)]
