"""`unbroken temperature`: what a person sees of budgets, excursions, gaps and legs without proof."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from rich.console import Console

from api.examples import COI
from api.temperature_examples import EXCURSIONS, TEMPERATURE
from clients.cli import options
from clients.cli.main import run
from clients.cli.prompts import asked
from clients.cli.screen import DONE
from clients.cli.temperature import draw
from clients.forms import shape_of
from clients.keys import Device
from clients.sdk import Client
from ledger.domain.parts import TemperatureProfiles
from ledger.domain.registry_events import ProductVersionDefined
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from tests.unit.fake_ledger import FakeLedger

PHASE: dict[str, Any] = TEMPERATURE["containers"][0]


def drawn(moment: str = "2026-09-21T12:00:00.000Z", **changed: Any) -> str:
    screen = io.StringIO()
    draw(Console(file=screen, width=140, highlight=False), TEMPERATURE | changed, moment)
    return screen.getvalue()


def test_a_budget_is_told_with_its_band_and_mean_kinetic_temperature() -> None:
    said = drawn()
    for words in ("2.00 °C to 8.00 °C", "✓ in limits", "15 min", "45 min", "6.12 °C", "#4630", "11.40 °C"):
        assert words in said


def test_what_is_out_of_limits_unknown_or_not_judged_is_told_by_word_and_sign() -> None:
    gap = {"started_at": "2026-09-21T09:00:00.000Z", "ended_at": "2026-09-21T09:45:00.000Z", "proof": [7]}
    unjudged = {"within_limits": None, "spent_s": None, "left_s": None, "mean_kinetic_centi_c": None}
    band = {"low_centi_c": None, "high_centi_c": None}
    said = drawn(
        containers=[
            PHASE | {"within_limits": False, "left_s": -600},
            PHASE | {"gaps": [gap]},
            PHASE | unjudged | band,
            PHASE | {"low_centi_c": None, "high_centi_c": -15_000},
        ]
    )
    for words in ("✗ OUT OF LIMITS", "-10 min", "? GAP", "not judged", "no profile", "at most -150.00 °C"):
        assert words in said
    assert "2026-09-21 09:45" in said


def test_a_leg_that_nothing_proves_stands_out() -> None:
    said = " ".join(drawn().split())
    assert "NOT PROVED: A9999-26-000001-D1 with van-2 at swift-depot, 2026-09-20 08:00 to 2026" in said


def test_a_row_is_no_all_clear_while_a_leg_of_its_bag_lacks_its_proof() -> None:
    leg = TEMPERATURE["unproved"][0]
    assert "✓ in limits" in drawn()  # another bag's leg
    said = drawn(unproved=[leg | {"container": PHASE["container"]}])
    assert "? NOT PROVED" in said
    assert "✓ in limits" not in said
    nothing = drawn(containers=[PHASE | {"proved": False}])
    assert ("? NOT PROVED" in nothing, "✓ in limits" in nothing) == (True, False)
    worse = drawn(
        containers=[PHASE | {"within_limits": False}], unproved=[leg | {"container": PHASE["container"]}]
    )
    assert "✗ OUT OF LIMITS" in worse


def test_a_hold_time_is_told_by_what_is_left_at_the_moment_asked_for() -> None:
    said = " ".join(drawn().split())
    assert (
        "in shipper dry-7, charged 2026-09-20 06:00, keeps cold until 2026-09-30 06:00 UTC: 210 h left"
        in said
    )
    assert "HOLD TIME USED UP" in drawn("2026-09-30T06:00:01.000Z")
    unknown = TEMPERATURE["holds"][0] | {"charged_at": None, "ends_at": None}
    assert "HOLD TIME UNKNOWN" in drawn(holds=[unknown])


def test_time_out_of_storage_is_told_in_the_worst_case_and_as_people_say() -> None:
    out = TEMPERATURE["out_of_storage"][0]
    said = " ".join(drawn().split())
    assert (
        "out of storage for 4 min 20 s at the worst (4 min by what people say); 5 min 40 s of 10 min" in said
    )
    assert "OUT OF STORAGE TOO LONG" in drawn(out_of_storage=[out | {"left_s": -1}])
    unbound = drawn(out_of_storage=[out | {"spent_s": None, "left_s": None}])
    assert "OUT OF STORAGE TOO LONG" in unbound
    assert "for a time without a bound" in unbound
    still = {"left_s": None, "since": "2026-09-21T11:54:20.000Z"}  # till then 5 min 40 s were left
    assert "; 0 min of 10 min left" in " ".join(drawn(out_of_storage=[out | still]).split())
    assert "OUT OF STORAGE TOO LONG" in drawn("2026-09-21T12:00:01.000Z", out_of_storage=[out | still])
    free = " ".join(
        drawn(
            out_of_storage=[out | {"limit_s": None, "left_s": None, "since": "2026-09-21T08:00:00.000Z"}]
        ).split()
    )
    assert "and again since 2026-09-21 08:00 UTC; the product sets no limit" in free


def test_a_clock_that_is_off_is_flagged_and_one_that_nothing_is_known_of_says_so() -> None:
    clock = TEMPERATURE["clocks"][0]
    assert "! OFF: 58 min ahead to 1 h 7 min ahead, by 2 openings" in " ".join(drawn().split())
    fair = drawn(clocks=[clock | {"low_s": -600, "high_s": 0, "off": False}])
    assert "10 min behind to right, by 2 openings" in " ".join(fair.split())
    assert "OFF" not in fair
    silent = clock | {"low_s": None, "high_s": None, "openings": 0, "ahead_s": 900}
    said = " ".join(drawn(clocks=[silent]).split())
    assert "nothing can be said" in said
    assert "ahead by 15 min at least" in said


def test_a_therapy_without_evidence_says_so() -> None:
    assert "No temperature evidence" in drawn(containers=[])


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLedger:
    """What the program talks to, from a device that is set up."""
    ledger = FakeLedger(new_key())
    monkeypatch.setattr(options, "Client", partial(Client, transport=ledger.transport))
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", "passphrase")
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "home"))
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(ledger.vkey))
    return ledger


def test_the_command_asks_for_a_therapy_as_of_any_position(
    ledger: FakeLedger, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.documents[f"/v1/chains/{COI}/temperature"] = TEMPERATURE
    seen: list[dict[str, str]] = []
    ledger.before = lambda request: seen.append(dict(request.url.params))
    assert run(["temperature", COI, "--before", "9", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out) == TEMPERATURE
    assert seen[-1] == {"before_position": "9"}


def test_the_sdk_asks_for_excursions_with_what_is_given(ledger: FakeLedger, tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []
    ledger.before = lambda request: seen.append(dict(request.url.params))
    ledger.documents["/v1/temperature/excursions"] = EXCURSIONS
    device = Device(tmp_path / "home", b"passphrase")
    with Client(device, transport=ledger.transport) as client:
        assert client.excursions(within_limits=False, chain=None) == EXCURSIONS
    assert seen[-1] == {"within_limits": "false"}


def test_a_logger_s_readings_are_recorded_as_they_are_typed(
    ledger: FakeLedger, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = {
        "at": "st-mary/ward-5", "containers": "BAG-1", "phase": "frozen", "logger": "LOG-3",
        "range_low_centi_c": "-20000", "range_high_centi_c": "5000", "calibrated_until": "2027-03-01T00:00Z",
        "started_at": "2026-09-21T08:00Z", "interval_s": "300", "readings_centi_c": "-15012, none,-15100",
        "raw": "ab" * 32, "device_signature": "absent",
    }  # fmt: skip
    said = [word for name, value in typed.items() for word in ("--set", f"{name}={value}")]
    assert run(["record", "TemperatureEvidenceAttached", COI, *said, "--yes"]) == DONE
    assert "3 readings from -151.00 °C to -150.12 °C, 1 of them MISSING" in capsys.readouterr().out
    (recorded,) = [canonical.decode(statement.parse(raw).payload) for raw in ledger.statements]
    assert recorded["readings_centi_c"] == [-15_012, None, -15_100]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([""], {}),
        (
            ["frozen", "", "-15000", "0", "0", "", "900", "", "", ""],
            {
                "temperature": [
                    {
                        "phase": "frozen", "low_centi_c": None, "high_centi_c": -15_000,
                        "longest_excursion_s": 0, "cumulative_excursion_s": 0, "excursions": None,
                        "largest_gap_s": 900, "out_of_storage_s": None,
                    }
                ]
            },
        ),
    ],
)  # fmt: skip
def test_a_product_s_profiles_are_asked_for_one_by_one(answers: list[str], expected: dict[str, Any]) -> None:
    shape = shape_of(ProductVersionDefined)
    known = {name: None for name, _ in shape.parts if name != "temperature"}
    told = asked(shape, known, lambda _: answers.pop(0))
    assert (told, answers) == (expected, [])
    if told:
        TypeAdapter(TemperatureProfiles).validate_python(told["temperature"])
