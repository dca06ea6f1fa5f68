"""Each maker's format: what is tolerated, what is asked for, what is refused, and where."""

from __future__ import annotations

import pytest

from ledger.cold_chain import formats
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import LoggerFile, Told
from ledger.cold_chain.mapped import mapping_of
from ledger.cold_chain.refusals import Ambiguous, Unreadable
from ledger.domain.times import timestamp
from tests.logger_files import MAKERS, hanwell, hobo, ibutton, rotronic, tandd, tinytag

UTC = Told(zone="UTC")
VALUES: list[int | None] = [490, None, 510, 900, -20, 480, 470]


def first(file: LoggerFile) -> tuple[str, int | None]:
    channel = file.channels[0]
    return timestamp(channel.times_ms[0]), channel.centi_c[0]


def asked(raw: bytes, told: Told | None = None) -> Ambiguous:
    with pytest.raises(Ambiguous) as question:
        read(raw, told)
    return question.value


def refused(raw: bytes, told: Told | None = None) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        read(raw, told)
    return refusal.value


# --- any format ------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAKERS)
def test_exactly_one_reader_recognises_a_makers_file_and_says_why(name: str) -> None:
    found, why = formats.detect(formats.text_of(MAKERS[name](VALUES)))
    assert found.name == name
    assert why


@pytest.mark.parametrize(
    "raw", [b"", b" \r\n ", b"\x00\x01\x02", b"%PDF-1.7\n", b"when,t\n2026-01-01,4\n", b"\xff\xfe\x00"]
)
def test_what_is_no_loggers_file_is_refused_with_what_to_do(raw: bytes) -> None:
    refusal = refused(raw)
    assert refusal.do
    assert refusal.code == "unreadable_logger_file"


@pytest.mark.parametrize(
    ("name", "zone"), [("ibutton", "CET"), ("tinytag", ""), ("tandd", ""), ("hanwell", "")]
)
def test_a_zone_that_the_file_does_not_say_is_asked_for(name: str, zone: str) -> None:
    question = asked(MAKERS[name](VALUES))
    assert question.question == "zone"
    assert zone in question.why


def test_a_zone_that_is_no_offset_is_asked_for_again() -> None:
    assert asked(tandd(VALUES), Told(zone="CET")).question == "zone"


def test_an_answer_that_the_file_contradicts_is_refused() -> None:
    assert "says +02:00" in refused(hobo(VALUES), Told(zone="+01:00")).what
    assert "says degrees C" in refused(tandd(VALUES), Told(zone="UTC", unit="F")).what
    assert "not in the order mdy" in refused(tandd(VALUES), Told(zone="UTC", date_order="mdy")).what
    assert "of logger 10000001" in refused(hobo(VALUES), Told(serial="10000002")).what


def test_a_cell_that_is_no_temperature_is_refused_with_line_and_column() -> None:
    refusal = refused(hanwell(VALUES).replace(b",5.1,", b",5.1x,"), UTC)
    assert (refusal.line, refusal.column) == (11, "Temperature (C)")
    assert "line 11" in refusal.detail


@pytest.mark.parametrize("cell", ["-300", "999", "1e3", "4,9,0", "٣", "0x10", "+-4"])
def test_impossible_temperatures_are_refused(cell: str) -> None:
    assert refused(hanwell(VALUES).replace(b",5.1,", f",{cell.replace(',', ';')},".encode()), UTC).line == 11


def test_utf_16_and_a_byte_order_mark_are_no_obstacle() -> None:
    text = hobo(VALUES).decode("utf-8-sig")
    wide = read(b"\xff\xfe" + text.encode("utf-16-le"))
    assert wide.channels == read(hobo(VALUES)).channels
    assert wide.encoding == "utf-16-le"


def test_line_ends_make_no_difference() -> None:
    raw = tandd(VALUES)
    for end in (b"\n", b"\r"):
        assert read(raw.replace(b"\r\n", end), UTC).channels == read(raw, UTC).channels


# --- hobo ------------------------------------------------------------------------------


@pytest.mark.parametrize(("delimiter", "mark"), [(",", "."), (";", ","), ("\t", "."), ("\t", ",")])
def test_hobo_is_read_with_any_delimiter_and_decimal_mark(delimiter: str, mark: str) -> None:
    file = read(hobo(VALUES, delimiter, mark=mark))
    assert list(file.channels[0].centi_c) == VALUES
    assert first(file) == ("2026-03-30T20:30:00.000Z", 490)
    assert file.serial == "10000001"


def test_decimal_commas_between_commas_are_never_read_as_whole_degrees() -> None:
    assert asked(hobo(VALUES, ",", mark=",")).question == "decimal"
    assert (
        "the header names 2"
        in refused(b"Database Valid\nTime,Temperature (C),\n1:00 1/May/2026,4,9,\n", UTC).what
    )
    assert "cells" in refused(ibutton(VALUES).replace(b",C,5.1", b",C,5,1"), UTC).what


def test_whole_degrees_between_commas_are_read_once_somebody_says_so() -> None:
    raw = hobo([500, 600])
    whole = raw.replace(b",5.0,", b",5,").replace(b",6.0,", b",6,")
    told = Told(decimal=".", date_order="ymd")
    assert read(whole, told).channels == read(raw, told).channels


def test_hobo_with_the_date_and_a_polish_time_in_two_columns() -> None:
    raw = (
        '"#","Date","Time, GMT+02:00","Temp, °F (LGR S/N: 10000001, SEN S/N: 10000001)"\n'
        "1,03.30.26,11:30:00 odp.,41.0\n2,03.30.26,11:45:00 odp.,42.8\n3,03.31.26,12:00:00 dop.,-4\n"
    )
    file = read(raw.encode())
    assert first(file) == ("2026-03-30T21:30:00.000Z", 500)
    assert file.channels[0].centi_c == (500, 600, -2_000)


def test_hobo_without_a_serial_or_a_title_is_read_and_says_so() -> None:
    file = read(b"Date Time,Temp (\xc2\xb0C) c:1,RH (%) c:1 2\n26.03.30 22:30:00,4.9,50\n", UTC_YMD)
    assert file.serial is None
    assert any("no logger's serial" in note.text for note in file.notes)


UTC_YMD = Told(zone="UTC", date_order="ymd")


def test_hobo_two_temperature_columns_are_two_channels() -> None:
    raw = (
        '"Date Time, GMT+00:00";"Temp, °C (LGR S/N: 1, SEN S/N: 2)";"Temp, °C (LGR S/N: 1, SEN S/N: 3)"\n'
        "12.09.2026 08:00:00;7.015;3.089\n13.09.2026 10:00:00;5.257;4.298\n"
    )
    file = read(raw.encode())
    assert [(channel.name, channel.centi_c) for channel in file.channels] == [
        ("Temp 1", (702, 526)),
        ("Temp 2", (309, 430)),
    ]


def test_hobo_dew_point_is_not_the_temperature() -> None:
    raw = "Date Time,Temp (°C) c:1,DewPt (°C) c:1\n26.03.30 22:30:00,4.9,1.2\n"
    assert len(read(raw.encode(), UTC_YMD).channels) == 1


def test_hobo_serial_days_of_excel_are_times() -> None:
    raw = "Date Time,Temp (°C) c:1\n46111.9375,4.9\n46111.9479166667,5.0\n"
    file = read(raw.encode(), UTC)
    assert first(file) == ("2026-03-30T22:30:00.000Z", 490)
    assert file.interval_s == 900


def test_hobo_of_one_day_asks_for_the_order_of_its_dates() -> None:
    raw = "Date Time,Temp (°C) c:1\n04.08.21 22:30:00,4.9\n04.08.21 22:45:00,5.0\n".encode()
    question = asked(raw, UTC)
    assert (question.question, question.choices) == ("date_order", ("ymd", "dmy", "mdy"))
    assert first(read(raw, Told(zone="UTC", date_order="dmy")))[0] == "2021-08-04T22:30:00.000Z"


def test_hobo_no_sensor_is_no_reading_and_said() -> None:
    file = read(hobo(VALUES).replace(b",5.1,", b",-888.88,"))
    assert file.channels[0].centi_c[2] is None
    assert any("no sensor" in note.text for note in file.notes)


def test_hobo_without_any_reading_is_read_as_that() -> None:
    raw = "Date Time;Temp (°C) LGR S/N: 2,  #2;End Of File LGR S/N: 2\n19.03.2026 15:20:57;;Logged\n"
    file = read(raw.encode(), UTC)
    assert file.channels[0].times_ms == ()
    assert any("no readings" in note.text for note in file.notes)


def test_hobo_decimal_points_and_commas_in_one_file_are_refused() -> None:
    assert "others a comma" in refused(hobo(VALUES, ";").replace(b";5.1;", b";5,1;")).what


# --- the others ------------------------------------------------------------------------


def test_ibutton_takes_the_order_of_the_date_from_the_missions_start() -> None:
    file = read(ibutton(VALUES), Told(zone="+01:00"))
    assert first(file) == ("2026-03-30T21:30:00.000Z", 490)
    assert file.range_centi_c == (-4_000, 8_500)


def test_a_file_that_holds_fewer_rows_than_it_says_contradicts_itself() -> None:
    for raw in (ibutton(VALUES), hanwell(VALUES)):
        short = raw[: raw.rstrip().rfind(b"\n")]
        notes = [note for note in read(short, UTC).notes if note.weight == "contradicts"]
        assert "and holds 6" in notes[0].text


def test_tinytag_without_a_unit_asks_for_it() -> None:
    raw = tinytag(VALUES, suffix="")
    assert asked(raw, UTC).question == "unit"
    assert read(raw, Told(zone="UTC", unit="F")).channels[0].centi_c[0] == -1_506


def test_tinytag_values_with_two_units_are_refused() -> None:
    assert "degrees F" in refused(tinytag(VALUES).replace(b"5.1 \xb0C", b"5.1 \xb0F"), UTC).what


def test_tandd_whose_two_times_disagree_is_refused() -> None:
    raw = tandd(VALUES)
    other = raw.replace(b'"2026-03-30 23:00:00"', b'"2026-03-30 23:01:00"')
    assert refused(other, UTC).line == 6


def test_tandd_after_a_spreadsheet_saved_it_is_read_the_same() -> None:
    raw = tandd(VALUES).replace(b'"', b"").replace(b"\r\n", b",\r\n")
    assert read(raw, UTC).channels == read(tandd(VALUES), UTC).channels


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("degree", ["°", "∞", "?", "\ufffd"])
def test_rotronic_is_read_with_any_delimiter_and_a_damaged_degree_sign(delimiter: str, degree: str) -> None:
    assert list(read(rotronic(VALUES, delimiter, degree), UTC).channels[0].centi_c) == VALUES


def test_rotronic_clock_that_went_back_stays_in_the_file_with_a_note() -> None:
    raw = rotronic(VALUES) + b"\r\n01/01/2013\t00:04:08\t38.3\t18.3"
    file = read(raw, UTC)
    assert len(file.channels[0].times_ms) == 8
    assert [note.line for note in file.notes if "went back" in note.text] == [26]


def test_hanwell_names_its_months_in_words() -> None:
    file = read(hanwell(VALUES), UTC)
    assert first(file) == ("2026-03-30T22:30:00.000Z", 490)
    assert (file.serial, file.printed.count) == ("1234-56789", 7)


# --- berlinger -------------------------------------------------------------------------

DAILY = (
    "Device: Q-tag Fridge-tag 2\r\nConf:\r\n Serial: 1304\r\n Zone: 0.00\r\n Temp unit: C\r\nHist:\r\n"
    " TS Actv: 2026-03-24 02:22\r\n 1:\r\n  Date: 2026-04-14\r\n  Min T: +2.0, TS Min T: 00:00\r\n"
    "  Max T: +8.8, TS Max T: 04:57\r\n  Avrg T: +5.5\r\n"
)


def test_a_fridge_tag_that_keeps_days_only_is_read_without_readings() -> None:
    file = read(DAILY.encode())
    assert file.channels == ()
    assert [(day.min_centi_c, day.max_centi_c, day.average_centi_c) for day in file.printed.days] == [
        (200, 880, 550)
    ]
    assert file.device_signature.verdict == "absent"


def test_a_fridge_tag_in_degrees_fahrenheit_is_converted() -> None:
    raw = DAILY.replace("unit: C", "unit: F").replace("+2.0", "+35.6")
    assert read(raw.encode()).printed.days[0].min_centi_c == 200


def test_a_told_zone_stands_before_the_one_a_device_was_given_and_is_noted() -> None:
    file = read(MAKERS["berlinger"](VALUES), Told(zone="+02:00"))
    assert first(file)[0] == "2026-03-30T20:30:00.000Z"
    assert any("+02:00 was told" in note.text for note in file.notes)


def test_readings_beyond_the_printed_extremes_contradict_the_file() -> None:
    raw = MAKERS["berlinger"](VALUES).replace(b"Res:\r\n", b"Res:\r\n Max T: 8.9\r\n")
    assert any(note.weight == "contradicts" for note in read(raw).notes)


def test_tandd_with_more_units_than_columns_is_read_by_its_columns() -> None:
    raw = tandd(VALUES).replace(b'"%"', b'"%","\xb0C","\xb0C"')
    assert read(raw, UTC).channels == read(tandd(VALUES), UTC).channels


def test_a_header_that_lacks_a_column_is_refused() -> None:
    raw = b"Nr\nS/N,,5,5\nProperty,,Temperature,Humidity\n1\n2\n"
    assert "no column 2" in refused(raw, UTC).what


def test_hobo_without_serials_is_known_by_its_heading() -> None:
    raw = '"#","Date Time, GMT+01:00","Temp, °C"\n1,26.03.30 22:30:00,4.91\n2,26.03.30 22:45:00,4.95\n'
    assert first(read(raw.encode(), Told(date_order="ymd"))) == ("2026-03-30T21:30:00.000Z", 491)


def test_a_file_without_a_header_is_mapped_by_the_numbers_of_its_columns() -> None:
    mapping = mapping_of(
        'delimiter = ";"\nheader_line = 0\nmoment = "2"\nmoment_format = "%Y.%m.%d %H:%M"\n'
        'temperature = ["4"]\nunit = "C"\nzone = "UTC"\ndecimal = ","\nserial = "94"\ninterval_s = 900\n'
        'no_reading = ["-200"]\n'
    )
    file = read(b"0;2026.03.30 22:30;0;4,875;x;\n1;2026.03.30 22:45;0;-200;x;\n", mapping=mapping)
    assert file.channels[0].centi_c == (488, None)


@pytest.mark.parametrize("wrong", ["delimiter = ", 'unit = "K"', 'zone = "CET"', "surprise = 1"])
def test_a_wrong_mapping_is_refused_with_every_fault(wrong: str) -> None:
    with pytest.raises(Unreadable, match="the mapping is"):
        mapping_of(wrong)
