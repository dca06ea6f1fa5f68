"""Loggers' files that others published: each is read, and says what the file itself prints."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from ledger.cold_chain.berlinger_signature import device_signature
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import LoggerFile, Told
from ledger.cold_chain.refusals import Ambiguous
from ledger.domain.kinetic import mean_kinetic_centi_c
from tests.conformance.vectors import vectors

# What each file leaves open, and what it holds: readings, lowest, highest, seconds apart.
READ = {
    "berlinger/FridgeTag_2L__130500109088_202206081014.txt": ({}, 10_653, -840, 3_020, 300),
    "berlinger/FridgeTag_2L__test.txt": ({}, 53, 430, 2_750, 300),
    "berlinger/QTag_CLm_doc_LR__RCPJ00010_02_202211090128.txt": ({}, 124, 90, 2_430, 600),
    "hobo/20024354.txt": ({"zone": "UTC"}, 49, 747, 2_022, 900),
    "hobo/20024354_comma.csv": ({}, 48, 747, 2_022, 900),
    "hobo/20024354_fahrenheit.csv": ({}, 49, 747, 2_022, 900),
    "hobo/20024354_semicolon.txt": ({}, 48, 747, 2_022, 900),
    "hobo/6265.csv": ({}, 49, 187, 2_252, 5_400),
    "ibutton/DS1921G_12a.csv": ({"zone": "-06:00"}, 1_587, 1_550, 2_400, 3_600),
    "tandd/TandD_1.csv": ({"zone": "+00:00"}, 10, 2_270, 2_300, 900),
    "tinytag/GH_20.03.02_to_20.07.21.csv": ({"zone": "UTC"}, 8_049, 1_680, 2_610, 900),
    "tinytag/TinyTag_1.csv": ({"zone": "UTC", "unit": "C"}, 10, 2_087, 2_089, 1_800),
}
QTAG = "berlinger/QTag_CLm_doc_LR__RCPJ00010_02_202211090128.txt"
FRIDGETAG = "berlinger/FridgeTag_2L__130500109088_202206081014.txt"
SHORTENED = "berlinger/FridgeTag_2L__test.txt"


def loggers() -> Path:
    return vectors("loggers")


def file(name: str) -> LoggerFile:
    return read((loggers() / name).read_bytes(), Told(**READ[name][0]))


def values(found: LoggerFile) -> list[int]:
    return [value for value in found.channels[0].centi_c if value is not None]


def test_every_published_file_is_known_here() -> None:
    folder = loggers()
    names = {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}
    assert names == set(READ)


@pytest.mark.parametrize("name", READ)
def test_a_file_gives_its_readings_and_its_interval(name: str) -> None:
    found = file(name)
    _, count, lowest, highest, interval_s = READ[name]
    read_ = values(found)
    assert (len(read_), min(read_), max(read_), found.interval_s) == (count, lowest, highest, interval_s)
    assert found.format == name.partition("/")[0]
    times = found.channels[0].times_ms
    assert all(earlier < later for earlier, later in pairwise(times))
    assert not [note for note in found.notes if note.weight == "contradicts"]


@pytest.mark.parametrize(("name", "answers"), [(name, READ[name][0]) for name in READ if READ[name][0]])
def test_what_a_file_leaves_open_is_asked_for(name: str, answers: dict[str, str]) -> None:
    for question in answers:
        told = Told(**{other: answer for other, answer in answers.items() if other != question})
        with pytest.raises(Ambiguous) as asked:
            read((loggers() / name).read_bytes(), told)
        assert asked.value.question == question


def test_the_q_tag_prints_the_average_and_kinetic_mean_of_its_readings_cut_to_a_tenth() -> None:
    found = file(QTAG)
    printed, read_ = found.printed, values(found)
    assert (printed.min_centi_c, printed.max_centi_c) == (min(read_), max(read_))
    assert printed.truncates
    assert printed.average_centi_c == sum(read_) // len(read_) // 10 * 10 == 540
    mean = mean_kinetic_centi_c(((value, 1) for value in read_), printed.kinetic_energy_j_mol or 0)
    assert mean is not None
    assert printed.mean_kinetic_centi_c == mean // 10 * 10 == 1_050


def test_the_q_tag_marks_what_is_beyond_its_limits_and_counts_the_minutes() -> None:
    found = file(QTAG)
    for _, value, mark in found.channels[0].readings:
        assert value is not None
        assert (mark == "x") == (value > 800 or value < 200)
    above = {alarm.name: alarm.minutes for alarm in found.printed.alarms}
    hot = sum(value > 800 for value in values(found))
    assert above["1"] is not None
    assert abs(above["1"] - 10 * hot) <= 2 * 10  # the device looks every minute, the log every ten


def test_the_fridge_tag_days_hold_the_readings_of_the_log() -> None:
    """It prints the last 38 days; its extremes are finer than the log."""
    found = file(FRIDGETAG)
    assert len(found.printed.days) == 38
    days: dict[int, list[int]] = {}
    for at_ms, value, mark in found.channels[0].readings:
        assert value is not None
        assert (mark == "x") == (value > 800 or value < 200)
        days.setdefault(at_ms // 86_400_000, []).append(value)
    newest = max(days)
    for back, day in enumerate(found.printed.days):
        assert day.min_centi_c is not None
        assert day.max_centi_c is not None
        read_ = days[newest - back]
        assert day.min_centi_c <= min(read_)
        assert max(read_) <= day.max_centi_c
        assert day.average_centi_c is not None
        assert abs(day.average_centi_c - sum(read_) / len(read_)) <= 25, day.date


def test_degrees_fahrenheit_and_celsius_of_one_logger_agree() -> None:
    fahrenheit, celsius = file("hobo/20024354_fahrenheit.csv"), file("hobo/20024354.txt")
    assert fahrenheit.channels[0].times_ms == celsius.channels[0].times_ms
    both = zip(values(fahrenheit), values(celsius), strict=True)
    assert all(abs(one - other) <= 1 for one, other in both)


def test_the_same_log_exported_by_comma_and_semicolon_is_the_same() -> None:
    one, other = file("hobo/20024354_comma.csv"), file("hobo/20024354_semicolon.txt")
    assert one.channels == other.channels
    earliest = file("hobo/20024354.txt").channels[0]
    assert earliest.times_ms[: len(one.channels[0].times_ms)] == one.channels[0].times_ms


# --- signatures ------------------------------------------------------------------------


def test_devices_signatures_hold_and_the_shortened_file_fails() -> None:
    assert file(QTAG).device_signature.verdict == "valid"
    assert file(FRIDGETAG).device_signature.verdict == "valid"
    failed = file(SHORTENED).device_signature
    assert failed.verdict == "failed"
    assert failed.checked[-1] == "FAILED: the file was altered after the device signed it"


def digits(raw: bytes) -> list[int]:
    return [at for at, byte in enumerate(raw) if 48 <= byte <= 57]


def edited(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([48 + (raw[at] - 47) % 10]) + raw[at + 1 :]


@pytest.mark.parametrize(("name", "every"), [(QTAG, 1), (FRIDGETAG, 400)])
def test_a_single_digit_edited_anywhere_fails(name: str, every: int) -> None:
    raw = (loggers() / name).read_bytes()
    places = digits(raw)[::every]
    assert len(places) > 300
    assert {device_signature(edited(raw, at)).verdict for at in places} == {"failed"}


def test_without_its_line_ends_or_with_more_after_it_a_file_fails() -> None:
    raw = (loggers() / QTAG).read_bytes()
    for other in (raw.replace(b"\r\n", b"\n"), raw + b" more\r\n", raw.replace(b"Sig: ", b"sig: ")):
        assert device_signature(other).verdict == "failed"


def test_another_pin_does_not_accept_the_makers_certificates() -> None:
    raw = (loggers() / QTAG).read_bytes()
    assert device_signature(raw, "ab" * 64).verdict == "failed"
