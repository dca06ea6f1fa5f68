"""No reading is lost or moved in silence: cells cut at the wrong place, rows taken for a head, doubles."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cold_chain.evidence import Instrument, disagreement, evidence
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import Channel, LoggerFile, Told, Zone
from ledger.cold_chain.mapped import mapping_of
from ledger.cold_chain.refusals import Ambiguous, Unreadable
from ledger.domain.times import milliseconds, timestamp
from tests.logger_files import MAKERS, ROOT, berlinger, ibutton, tandd, tinytag

UTC = Told(zone="UTC")
VALUES: list[int | None] = [490, None, 510, 900, -20, 480, 470]
HOUR = 3_600_000


def refused(raw: bytes, told: Told = UTC) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        read(raw, told)
    return refusal.value


def dated(days: list[str], clock: str = "10:00") -> bytes:
    return "".join(
        ["Plot Title\nDate Time,Temp (°C) c:1\n", *(f"{day} {clock},4.{at}\n" for at, day in enumerate(days))]
    ).encode()


# --- where a cell is cut ---------------------------------------------------------------


@given(first=st.integers(1, 22), month=st.integers(1, 12), hour=st.integers(0, 23))
def test_dates_without_padding_are_the_days_that_are_written(first: int, month: int, hour: int) -> None:
    days = range(first, first + 7)
    wanted = [milliseconds(f"2025-{month:02}-{day:02}T{hour:02}:00:00.000Z") for day in days]
    for picture, order in (("2025/{m}/{d}", "ymd"), ("{d}.{m}.2025", "dmy"), ("{m}/{d}/25", "mdy")):
        raw = dated([picture.format(m=month, d=day) for day in days], f"{hour}:00")
        found = read(raw, Told(zone="UTC", date_order=order))  # type: ignore[arg-type]
        assert list(found.channels[0].times_ms) == wanted


def test_days_of_october_in_american_order_are_no_days_of_january_in_another_year() -> None:
    raw = dated([f"10/{day}/25" for day in range(1, 13)])
    with pytest.raises(Ambiguous) as asked:
        read(raw, UTC)
    assert "mdy" in asked.value.choices
    moments = read(raw, Told(zone="UTC", date_order="mdy")).channels[0].times_ms
    assert {timestamp(at)[:7] for at in moments} == {"2025-10"}


def test_a_date_in_numbers_behind_one_in_words_is_not_guessed() -> None:
    raw = dated(["1-Feb-25", "2-Feb-25", "3/2/25"])
    with pytest.raises(Ambiguous) as asked:
        read(raw, UTC)
    assert asked.value.question == "date_order"
    moments = read(raw, Told(zone="UTC", date_order="dmy")).channels[0].times_ms
    assert timestamp(moments[2]) == "2025-02-03T10:00:00.000Z"


# --- rows that are no head -------------------------------------------------------------


def test_tandd_without_a_row_of_units_is_refused_and_loses_no_reading() -> None:
    lines = tandd(VALUES).split(b"\r\n")
    for gone in ([2], [1], [1, 2]):
        raw = b"\r\n".join(line for at, line in enumerate(lines) if at not in gone)
        refusal = refused(raw, Told(zone="UTC", unit="C"))
        assert refusal.line == 3
        assert "row of units" in refusal.what


def test_tandd_with_a_number_for_a_unit_is_refused() -> None:
    assert refused(tandd(VALUES).replace(b'"","","\xb0C","%"', b'"","","\xb0C","51,0"')).line == 3


def test_tinytag_rows_without_a_number_are_no_head() -> None:
    raw = tinytag(VALUES)
    assert refused(raw.replace(b"\r\n1,2026", b"\r\n,2026")).line == 6


@pytest.mark.parametrize("place", [0, 2, 6])
@pytest.mark.parametrize("said", ["", "46111,9", "nan", "-"])
def test_tandd_one_serial_day_that_is_no_number_hides_no_other(place: int, said: str) -> None:
    lines = tandd(VALUES).decode("latin-1").split("\r\n")
    cells = lines[3 + place].split('","')
    lines[3 + place] = '","'.join([cells[0], said, *cells[2:]])
    assert "do not agree" in refused("\r\n".join(lines).encode("latin-1")).what


def test_tandd_disagreement_is_found_beside_decimal_commas() -> None:
    lines = tandd(VALUES).decode("latin-1").split("\r\n")
    for at in range(3, len(lines)):
        cells = lines[at].split('","')
        lines[at] = '","'.join([cells[0], cells[1].replace(".", ","), *cells[2:]])
    raw = "\r\n".join(lines).encode("latin-1")
    assert read(raw, UTC).channels == read(tandd(VALUES), UTC).channels
    assert refused(raw.replace(b"23:00:00", b"23:01:00")).line == 6


def test_tandd_disagreement_is_found_though_the_second_heading_was_changed() -> None:
    raw = tandd(VALUES).replace(b'"Date/Time","Date/Time","No.1"', b'"Date/Time","","No.1"')
    assert refused(raw.replace(b"23:00:00", b"23:01:00")).line == 6


# --- whose file ------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"tandd"}))  # which names no logger
def test_a_file_of_another_logger_than_was_said_is_refused(name: str) -> None:
    raw = MAKERS[name](VALUES)
    order = {"rotronic": "dmy", "hobo": "ymd"}.get(name)
    zone = None if name == "hobo" else "UTC"
    assert "not 99999" in refused(raw, Told(zone=zone, serial="99999", date_order=order)).what  # type: ignore[arg-type]


def test_an_ibutton_without_a_registration_number_is_the_one_that_was_said() -> None:
    raw = ibutton(VALUES).replace(b" 1A00000000ABCD21", b"")
    assert read(raw, Told(zone="UTC", serial="ABC")).serial == "ABC"


# --- a statement and its file ----------------------------------------------------------


def test_a_statement_with_another_range_or_calibration_than_its_file_disagrees() -> None:
    file = read(ibutton(VALUES), UTC)
    (event,) = evidence(file)
    assert disagreement(file, event) is None
    for other in ({"range_low_centi_c": -8_000}, {"range_high_centi_c": 20_000}):
        assert "temperature" in (disagreement(file, event | other) or "")


MAPPING = (
    'delimiter = ","\nheader_line = 1\nmoment = "when"\nmoment_format = "%Y-%m-%d %H:%M"\n'
    'temperature = ["t"]\nunit = "C"\nzone = "UTC"\ndecimal = "."\nserial = "A/7"\ninterval_s = 60\n'
    "range_centi_c = [-4000, 8500]\ncalibrated_until = 2027-01-01T00:00:00Z\n"
)
MAPPED = b"when,t\n2026-01-01 10:00,4\n2026-01-01 10:01,5\n"


@pytest.mark.parametrize(
    "told", [Told(serial="B"), Told(unit="F"), Told(decimal=","), Told(interval_s=61), Told(zone="+01:00")]
)
def test_an_answer_that_the_mapping_contradicts_is_refused(told: Told) -> None:
    with pytest.raises(Unreadable, match="the mapping says"):
        read(MAPPED, told, mapping_of(MAPPING))
    same = Told(serial="A/7", unit="C", decimal=".", interval_s=60, zone="+00:00")
    assert read(MAPPED, same, mapping_of(MAPPING)) == read(MAPPED, mapping=mapping_of(MAPPING))


def test_a_statement_with_another_end_of_calibration_than_its_mapping_disagrees() -> None:
    file = read(MAPPED, mapping=mapping_of(MAPPING))
    (event,) = evidence(file)
    assert disagreement(file, event) is None  # a slash in a serial is no channel
    for later in (None, "2028-01-01T00:00:00.000Z"):
        assert "calibration" in (disagreement(file, event | {"calibrated_until": later}) or "")


def set_back() -> LoggerFile:
    """Hourly from 10 to 14, then the clock was set back to 12, and on to 15."""
    hours = [10, 11, 12, 13, 14, 12, 13, 14, 15]
    channel = Channel("T", tuple(hour * HOUR for hour in hours), tuple(range(1, 10)), range(1, 10))
    return LoggerFile(
        "mapped", "made", "X-1", None, "00" * 32, "utf-8", Zone(0, "told"), (channel,), 3_600, None
    )


def about(started: int, readings: list[int | None]) -> dict[str, object]:
    file = set_back()
    (members,) = evidence(file, Instrument((-4_000, 8_500), until_ms=11 * HOUR))
    return members | {"started_at": timestamp(started * HOUR), "readings_centi_c": readings}


def test_either_part_of_a_log_whose_clock_was_set_back_bears_out_what_was_said_of_it() -> None:
    file = set_back()
    for started, readings in ((10, [1, 2, 3, 4, 5]), (12, [6, 7, 8, 9]), (12, [3, 4, 5]), (10, [1, 2])):
        assert disagreement(file, about(started, list(readings))) is None


def test_a_mixture_of_both_parts_is_not_borne_out() -> None:
    file = set_back()
    for started, readings in (
        (10, [1, 2, 6, 7, 8]),
        (12, [3, 7, 8]),
        (12, [6, 7, None, 9]),
        (12, [None] * 3),
    ):
        assert disagreement(file, about(started, list(readings)))


def test_the_check_of_a_log_whose_clock_went_astray_and_came_back_holds() -> None:
    """Rows from 2013 stand between: the part was chosen by time, and goes on behind them."""
    moments = [10 * HOUR, 11 * HOUR, 5, 6, 12 * HOUR, 13 * HOUR]
    channel = Channel("T", tuple(moments), (1, 2, 3, 4, 5, 6), range(1, 7))
    file = LoggerFile(
        "mapped", "made", "X-1", None, "00" * 32, "utf-8", Zone(0, "told"), (channel,), 3_600, None
    )
    (event,) = evidence(file, Instrument((-4_000, 8_500), since_ms=10 * HOUR))
    assert event["readings_centi_c"] == [1, 2, 5, 6]
    assert disagreement(file, event) is None


# --- signatures ------------------------------------------------------------------------


@pytest.mark.parametrize("wide", ["utf-16-le", "utf-16-be"])
def test_a_signed_file_that_was_altered_and_saved_as_utf_16_is_not_unsigned(wide: str) -> None:
    text = berlinger(VALUES).decode().replace("\t9.0\t", "\t5.0\t")
    raw = ("\ufeff" + text).encode(wide)
    found = read(raw, berlinger_root=ROOT)
    assert found.raw_sha256 == hashlib.sha256(raw).hexdigest()
    assert found.device_signature.verdict == "failed"


def test_a_short_row_before_a_blank_one_is_filled_and_nothing_is_lost() -> None:
    head = ["", "Database x  Sensor:,Thermistor/RH", "  Serial No:,1234-56789", "", "  No. of Readings:,3",
            "", "Time, Temperature (C),Humidity (RH(%)),"]  # fmt: skip
    rows = ["22:30:00 30/Mar/2026,4.9,40.5,", "22:45:00 30/Mar/2026,5.1,40.5,", "23:00:00 30/Mar/2026,", ","]
    file = read("\n".join([*head, *rows]).encode(), Told(zone="UTC"))
    assert file.channels[0].centi_c == (490, 510, None)
