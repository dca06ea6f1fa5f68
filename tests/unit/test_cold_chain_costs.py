"""What a file may cost: lines and values too long are refused unread, and nothing grows with a square.

Measured by counting calls and cells, or with bounds so wide that only a square passes them.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest

from ledger.cold_chain.berlinger import recognise
from ledger.cold_chain.degrees import Degrees, unit_of_cell
from ledger.cold_chain.evidence import MOST_PLACES, Instrument, disagreement, evidence
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Zone
from ledger.cold_chain.moments import clock_ms
from ledger.cold_chain.refusals import MOST_OF_A_VALUE, Ambiguous, Bad, Unreadable
from ledger.cold_chain.text import MOST_CHARACTERS, text_of
from tests.logger_files import berlinger, hanwell, hobo, rotronic

UTC = Told(zone="UTC")
VALUES: list[int | None] = [490, None, 510]


def refused(raw: bytes, told: Told = UTC) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        read(raw, told)
    return refusal.value


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python the work runs through."""
    count = 0

    def trace(*_: object) -> Callable[..., object]:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def most_memory(work: Callable[[], object]) -> int:
    """Bytes at the highest."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- long lines and values -------------------------------------------------------------


def test_a_line_longer_than_any_program_writes_is_refused_with_its_number() -> None:
    assert text_of(b"a\n" + b"x" * MOST_CHARACTERS).lines
    refusal = refused(b"a\n" + b"x" * (MOST_CHARACTERS + 1))
    assert refusal.line == 2
    assert str(MOST_CHARACTERS) in refusal.what


@pytest.mark.parametrize("make", [hanwell, rotronic, hobo, berlinger])
def test_a_value_longer_than_any_is_refused_with_its_line(make: Callable[[list[int | None]], bytes]) -> None:
    raw = make(VALUES).replace(b"5.1", b"5.1" + b" " * MOST_OF_A_VALUE + b"x")
    order = {rotronic: "dmy", hobo: "ymd"}.get(make)  # type: ignore[call-overload]
    refusal = refused(raw, Told(zone=None if make is hobo else "UTC", date_order=order))
    assert "characters more are no value" in refusal.what
    assert refusal.line


def test_no_pattern_meets_a_long_value() -> None:
    long = "1" + " " * 1_000_000 + "x"
    with pytest.raises(Bad, match="characters more"):
        Degrees("C")[long]
    with pytest.raises(Bad, match="characters more"):
        clock_ms("10:00" + " " * 1_000_000 + "1")
    assert unit_of_cell(long) is None


def test_a_head_of_blanks_is_read_by_each_reader_that_has_pairs() -> None:
    blanks = " " * (MOST_CHARACTERS - 100)
    raw = hanwell(VALUES).replace(b"Thermistor/RH", f"Thermistor{blanks}RH".encode())
    assert read(raw, UTC).model == f"Thermistor{blanks}RH"
    raw = rotronic(VALUES).replace(b"Version = V9.9-9", f"Version{blanks}V9.9-9".encode())
    assert read(raw, Told(zone="UTC", date_order="dmy")).serial == "B11111111"


# --- many lines ------------------------------------------------------------------------


def alarms(count: int) -> bytes:
    body = berlinger(VALUES)
    return body.replace(b"Res:\r\n", b"Res:\r\n" + b" a: 1\r\n" * count)


def test_a_name_that_stands_often_costs_in_proportion() -> None:
    few, many = (steps(lambda count=count: read(alarms(count), UTC)) for count in (200, 800))  # type: ignore[misc]
    assert many < 5 * few


def test_a_head_without_end_is_refused() -> None:
    assert "beside the readings" in refused(alarms(20_001)).what


def test_names_within_names_are_refused_before_they_are_joined_without_end() -> None:
    lines = [f"{' ' * depth}{'n' * 60}:" for depth in range(40)]
    raw = "\n".join(["Device: Q-tag", "Conf:", *lines]).encode()
    assert recognise(text_of(raw))
    assert refused(raw).line == 20


def test_readings_keep_their_lines_where_events_stand_among_them() -> None:
    rows = [f"26.03.30 22:{at // 60:02}:{at % 60:02},{'' if at % 3 else at / 10},{'Logged' if at % 3 else ''}"
            for at in range(900)]  # fmt: skip
    raw = "\n".join(["Date Time,Temp (°C) c:1,End", *rows]).encode()
    (channel,) = read(raw, Told(zone="UTC", date_order="ymd")).channels
    assert list(channel.lines) == list(range(2, 902, 3))
    assert list(channel.centi_c) == [10 * at for at in range(0, 900, 3)]


# --- memory ----------------------------------------------------------------------------


def test_two_readings_far_apart_cost_no_list_of_all_moments_between() -> None:
    raw = b"Database Valid\nTime,Temperature (C),\n"
    raw += b"00:00:00 1/Jan/1980,4.1,\n00:00:01 1/Jan/1980,4.2,\n00:00:00 1/Jan/1981,4.3,\n"
    assert most_memory(lambda: read(raw, UTC)) < 4_000_000


def test_rows_that_lack_most_columns_are_refused_before_they_are_filled() -> None:
    raw = b"Database Valid\nTime,Temperature (C)" + b",x" * 2_000 + b"\n" + b"1,2\n" * 20_000
    assert most_memory(lambda: refused(raw)) < 40_000_000
    assert "columns" in refused(raw).what


def log(moments: list[int], interval_s: int) -> LoggerFile:
    channel = Channel("T", tuple(moments), (None,) * len(moments), range(1, len(moments) + 1))
    return LoggerFile(
        "mapped", "made", "X-1", None, "00" * 32, "utf-8", Zone(0, "told"), (channel,), interval_s, None
    )


def test_a_grid_much_finer_than_the_rows_is_not_filled_without_end() -> None:
    file = log([7_999_000 * at for at in range(MOST_PLACES // 7_999 + 2)], 1)
    with pytest.raises(Ambiguous, match="more than") as asked:
        evidence(file, Instrument((-4_000, 8_500)))
    assert asked.value.question == "since_ms"


def test_a_clock_that_goes_back_at_each_row_makes_no_check_a_square() -> None:
    said = {
        "raw": "00" * 32, "logger": "X-1", "device_signature": "absent", "interval_s": 1,
        "started_at": "1970-01-01T00:00:00.000Z", "readings_centi_c": [None] * 7_999 + [1],
    }  # fmt: skip
    few, many = (
        steps(lambda count=count: disagreement(log([1000, 2000] * count, 1), said))  # type: ignore[misc]
        for count in (500, 2_000)
    )
    assert many < 5 * few
