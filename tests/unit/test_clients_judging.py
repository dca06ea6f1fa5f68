"""`unbroken temperature judge`: the verdict on loggers' own files, its reasons and its exit code."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clients.cli import options
from clients.cli.main import run
from clients.cli.screen import DONE, REFUSED, USAGE
from clients.keys import Device
from clients.products.reading import product_of
from clients.products.shipped import example
from clients.sdk import Client
from ledger.proof.keyfile import new_key
from tests.logger_files import hobo, rotronic, tinytag
from tests.unit.fake_ledger import FakeLedger

Values = list[int | None]
COLD: Values = [500] * 20
PRODUCT = """
version = 3
name = "Judged-CAR made up"
countries = ["GB"]
sites = ["northcell-1"]
claim_limit_min = 1440
window_starts = "thaw_completed"
window_min = 30

[[temperature]]
phase = "fresh"
low_c = 2
high_c = 8
longest_excursion_min = 60
cumulative_excursion_min = 90
excursions = 2
largest_gap_min = 20

[[temperature]]
phase = "frozen"
high_c = -150
longest_excursion_min = 0
cumulative_excursion_min = 0
largest_gap_min = 20
"""


@pytest.fixture
def product(tmp_path: Path) -> Path:
    path = tmp_path / "product.toml"
    path.write_text(PRODUCT)
    return path


class Judge:
    """The program, on files of the test's own in a folder."""

    def __init__(self, folder: Path, product: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.product, self.capsys = folder, product, capsys

    def words(self, *raws: bytes, phase: str = "fresh", more: tuple[str, ...] = ()) -> list[str]:
        paths = [self.folder / f"logger-{number}.csv" for number, _ in enumerate(raws)]
        for path, raw in zip(paths, raws, strict=True):
            path.write_bytes(raw)
        known = ("--date-order", "ymd", "--range=-196..50", "--calibrated-until", "2027-03-01T00:00Z")
        told = ("--product", self.product, "--phase", phase, *known, *more)
        return ["temperature", "judge", *map(str, paths), *told]

    def __call__(self, *raws: bytes, **how: Any) -> tuple[int, dict[str, Any]]:
        code = run([*self.words(*raws, **how), "--json"])
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return code, found

    def said(self, *raws: bytes, **how: Any) -> str:
        run(self.words(*raws, **how))
        return " ".join(self.capsys.readouterr().out.split())


@pytest.fixture
def judge(
    tmp_path: Path, product: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Judge:
    """No server and no key: a home that does not exist."""
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "nobody"))
    return Judge(tmp_path, str(product), capsys)


def test_readings_in_band_are_in_limits(judge: Judge) -> None:
    code, found = judge(hobo(COLD))
    assert (code, found["verdict"], found["broken"], found["unknown"]) == (DONE, "in_limits", [], [])
    assert (found["spent_s"], found["left_s"], found["mean_kinetic_centi_c"]) == (0, 5_400, 500)
    assert found["product"] == {"name": "Judged-CAR made up", "version": 3}
    assert "✓ IN LIMITS" in judge.said(hobo(COLD))


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ([*COLD, 900, *COLD], []),
        ([*COLD, 900, 900, 900, *COLD], []),
        ([*COLD, *[900] * 4, *COLD], ["longest_excursion_s"]),
        ([*COLD, 900, 900, *COLD, 900, 900, *COLD], []),
        ([*COLD, 900, 900, *COLD, 900, 900, 900, *COLD], ["cumulative_excursion_s"]),
        ([*COLD, 900, *COLD, 100, *COLD, 900, *COLD], ["excursions"]),
        ([*COLD, *[100] * 20], ["longest_excursion_s", "cumulative_excursion_s"]),
    ],
)
def test_each_limit_that_is_broken_is_named(judge: Judge, values: Values, broken: list[str]) -> None:
    code, found = judge(hobo(values))
    assert (code, found["broken"]) == (REFUSED if broken else DONE, broken)


def test_an_excursion_is_told_with_its_readings_by_line_and_its_rule(judge: Judge) -> None:
    raw = hobo([*COLD, 900, 1_200, 1_000, 900, *COLD])
    _, found = judge(raw)
    (excursion,) = found["excursions"]
    assert (excursion["lasted_s"], excursion["peak_centi_c"], excursion["breaks"]) == (
        4_500,
        1_200,
        ["longest_excursion_s"],
    )
    (readings,) = excursion["readings"]
    lines = raw.decode().splitlines()
    assert (readings["count"], readings["peak_line"]) == (4, readings["first_line"] + 1)
    assert lines[readings["first_line"] - 1].split(",")[2] == "9.0"
    assert lines[readings["peak_line"] - 1].split(",")[2] == "12.0"
    assert lines[readings["last_line"]].split(",")[2] == "5.0"
    said = judge.said(raw)
    assert "✗ OUT OF LIMITS One excursion lasted 1 h 15 min: more than 1 h." in said
    assert f"lines {readings['first_line']} to {readings['last_line']}: 4 of logger" in said


def test_a_gap_is_unknown_and_never_in_range(judge: Judge) -> None:
    raw = hobo([*COLD, None, None, *COLD])
    code, found = judge(raw)
    assert (code, found["verdict"], found["broken"], len(found["unknown"])) == (USAGE, "not_judged", [], 1)
    assert "? NOT JUDGED What is known breaks no limit." in judge.said(raw)
    assert "UNKNOWN: nothing proves how warm it was" in judge.said(raw)


def test_what_another_logger_covers_is_known(judge: Judge) -> None:
    """The same box, two makers."""
    first = hobo([*COLD, None, None, *COLD])
    assert judge(first, tinytag([500] * 42), more=("--zone", "+02:00"))[0] == DONE


def test_loggers_that_disagree_are_told_and_the_worst_counts(judge: Judge) -> None:
    code, found = judge(hobo([*COLD, 900, 900, *COLD]), tinytag([500] * 42), more=("--zone", "+02:00"))
    assert (code, len(found["disagreements"]), found["spent_s"]) == (DONE, 1, 2_700)
    assert "Loggers disagree" in judge.said(
        hobo([*COLD, 900, 900, *COLD]), tinytag([500] * 42), more=("--zone", "+02:00")
    )


@pytest.mark.parametrize(
    ("more", "because"),
    [
        (("--range=3..50",), "its range does not hold the band"),
        (("--calibrated-until", "2026-03-31T00:00Z"), "its calibration ended before its last reading"),
    ],
)
def test_an_instrument_that_proves_nothing_judges_nothing(
    judge: Judge, more: tuple[str, ...], because: str
) -> None:
    code, found = judge(hobo(COLD), more=more)
    assert (code, found["verdict"]) == (USAGE, "not_judged")
    assert found["files"][0]["unfit_because"] == [because]
    assert f"PROVES NOTHING IN BAND: {because}" in judge.said(hobo(COLD), more=more)


def test_an_unfit_instrument_that_shows_too_much_is_out_of_limits_all_the_same(judge: Judge) -> None:
    late = ("--calibrated-until", "2026-01-01T00:00Z")
    assert judge(hobo([*COLD, *[900] * 9, *COLD]), more=late)[0] == REFUSED


def test_a_frozen_band_forbids_all_and_shows_no_kinetic_mean(judge: Judge) -> None:
    raw = hobo([-16_000, -14_990, -16_000])
    code, found = judge(raw, phase="frozen")
    assert (code, found["mean_kinetic_centi_c"]) == (REFUSED, None)
    assert "The profile forbids every excursion." in judge.said(raw, phase="frozen")
    assert judge(hobo([-16_000, -15_000]), phase="frozen")[0] == DONE


def test_the_time_asked_for_must_be_covered(judge: Judge) -> None:
    """The rows are from 20:30 to 01:15 UTC."""
    assert judge(hobo(COLD), more=("--from", "2026-03-30T21:00Z", "--until", "2026-03-30T23:00Z"))[0] == DONE
    code, found = judge(hobo(COLD), more=("--from", "2026-03-30T18:00Z"))
    assert (code, found["unknown"][0]["started_at"]) == (USAGE, "2026-03-30T18:00:00.000Z")


def test_lines_choose_a_part_where_a_clock_was_set_back(judge: Judge) -> None:
    """Moments stand twice: no time can tell which of them belong here."""
    once, again = rotronic([900] * 6), rotronic(COLD).rpartition(b"[#D]")[2].partition(b"\r\n")[2]
    raw = once + b"\r\n" + again
    options_ = ("--zone", "UTC", "--date-order", "dmy")
    assert run(judge.words(raw, more=options_)) == USAGE
    assert "--lines" in judge.capsys.readouterr().err
    first = once.count(b"\r\n") + 2
    code, found = judge(raw, more=(*options_, "--lines", f"{first}-{first + 19}"))
    assert (code, found["files"][0]["readings"]) == (DONE, 20)
    code, found = judge(raw, more=(*options_, "--lines", f"1-{first - 1}"))
    assert (code, found["files"][0]["readings"]) == (REFUSED, 6)


@pytest.mark.parametrize("lines", ["10", "a-b", "5-", "-7"])
def test_lines_that_are_none_are_refused(judge: Judge, lines: str) -> None:
    assert run(judge.words(hobo(COLD), more=(f"--lines={lines}",))) == USAGE
    assert "is not first-last" in judge.capsys.readouterr().err


@pytest.mark.parametrize(
    ("named", "phase", "says"),
    [
        ("nothing.toml", "fresh", "is no file, and not written PRODUCT:VERSION"),
        (None, "thawed", "has a profile for fresh, frozen, not for 'thawed'"),
    ],
)
def test_a_profile_that_is_not_there_is_refused(
    judge: Judge, named: str | None, phase: str, says: str
) -> None:
    judge.product = named or judge.product
    assert run(judge.words(hobo(COLD), phase=phase)) == USAGE
    assert says in " ".join(judge.capsys.readouterr().err.split())


def test_a_product_of_the_ledger_is_taken_from_the_entry_that_proves_it(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = FakeLedger(new_key())
    monkeypatch.setattr(options, "Client", partial(Client, transport=ledger.transport))
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", "passphrase")
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "home"))
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="quinn", log_key=str(ledger.vkey))
    members = product_of(example("decentra-car"))
    with options.client(None, None) as signer:
        answer: Any = signer.record({"type": "ProductVersionDefined"} | members, "product/decentra-car")
    row = {"product": "decentra-car", "version": 1, "position": answer.position}
    ledger.documents["/v1/products"] = {"products": [row], "next_cursor": None}
    judge.product = "decentra-car:1"
    code, found = judge(hobo([500] * 20))
    assert (code, found["product"]["name"]) == (DONE, members["name"])
    judge.product = "decentra-car:2"
    assert run(judge.words(hobo(COLD))) == REFUSED
    assert "no_such_product" in judge.capsys.readouterr().err
