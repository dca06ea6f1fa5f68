"""A label's whole way with the program `unbroken`, a real server, and a printer on a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.live import APHERESIS, CLEANROOM, COI, DOSE, FRESH, VAN, Live, program, running
from tests.fake_printer import FakePrinter, fake_printer

AT = ("--at", "northcell-1/cleanroom")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(tmp_path_factory.mktemp("live")) as found:
        found.order_and_collect()
        found.hand_over(FRESH, ("anna", APHERESIS), ("kit", VAN))
        found.hand_over(FRESH, ("kit", VAN), ("mia", CLEANROOM))
        found.make_and_release()
        yield found


@pytest.fixture
def printer() -> Iterator[FakePrinter]:
    with fake_printer() as found:
        yield found


def as_json(live: Live, agent: str, *words: str, code: int = 0) -> Any:
    done = program(live, agent, "label", *words, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def issued(live: Live, *more: str) -> str:
    told = as_json(live, "mia", "issue", COI, *AT, "--yes", *more)
    assert told["state"] == "accepted"
    (serial,) = told["serials"]
    return str(serial)


def states(live: Live) -> dict[str, str]:
    done = program(live, "mia", "label", "reconcile", COI, "--json")
    return {one["serial"]: one["ended"] or one["state"] for one in json.loads(done.stdout)["labels"]}


def test_a_label_from_its_issue_to_its_bag(live: Live, printer: FakePrinter, tmp_path: Path) -> None:
    serial = issued(live, "--container", DOSE)
    told = as_json(live, "mia", "print", serial, "--printer", printer.address, "--template", "cassette")
    assert (told["labels"][0]["serial"], told["labels"][0]["state"]) == (serial, "accepted")
    (job,) = printer.jobs
    assert job.startswith(b"^XA")
    assert job.rstrip().endswith(b"^XZ")
    assert states(live)[serial] == "printed"
    assert as_json(live, "mia", "apply", COI, serial, DOSE, *AT, "--yes")["deviations"] == []
    assert states(live)[serial] == "applied"


def test_a_label_is_read_back_from_a_picture_and_checked_by_its_link(live: Live, tmp_path: Path) -> None:
    serial = issued(live)
    picture = tmp_path / "label.png"
    as_json(live, "mia", "print", serial, "--out", str(picture))
    said = as_json(live, "mia", "scan-back", COI, str(picture), "--serial", serial, *AT, "--yes")
    assert said["deviations"] == []
    assert states(live)[serial] == "scanned_back"
    with live.client("mia") as client:
        read = client.timeline(COI)["entries"][-1]["event"]
    assert (read["outcome"], read["wrong_modules"]) == ("readable", 0)
    assert read["modules"] > 0


def test_another_label_in_the_photo_is_wrong_content(live: Live, tmp_path: Path) -> None:
    first, second = issued(live), issued(live)
    as_json(live, "mia", "print", first, second, "--out", str(tmp_path), "--format", "png")
    photo = str(tmp_path / f"{first}.png")
    said = as_json(live, "mia", "scan-back", COI, photo, "--serial", second, *AT, "--yes")
    assert [one["code"] for one in said["deviations"]] == ["label_wrong_content"]


def test_a_reprint_a_void_label_and_those_given_back_are_counted(live: Live) -> None:
    serial = issued(live)
    told = as_json(live, "mia", "reprint", COI, serial, *AT, "--reason", "smeared", "--yes")
    as_json(live, "mia", "void", COI, serial, *AT, "--reason", "smeared", "--yes")
    as_json(live, "mia", "destroy", COI, *told["serials"], *AT, "--returned", "--yes")
    found = states(live)
    assert (found[serial], found[told["serials"][0]]) == ("voided", "returned")


def test_a_serial_typed_in_lower_case_is_the_label_that_it_means(live: Live) -> None:
    serial = issued(live)
    as_json(live, "mia", "void", COI, serial.lower(), *AT, "--reason", "smeared", "--yes")
    assert states(live)[serial] == "voided"


def test_a_serial_that_was_never_issued_is_not_signed_and_what_is_true_can_be_said(live: Live) -> None:
    for words in (
        ["void", COI, "L404", "--reason", "smeared"],
        ["apply", COI, "L404", DOSE],
        ["destroy", COI, "L404"],
    ):
        told = as_json(live, "mia", *words, *AT, "--yes", code=1)
        assert told["error"]["code"] == "unknown_serial"
        assert "unbroken record" in told["error"]["detail"]
    assert "L404" not in states(live)
    record = [
        "record",
        "LabelVoided",
        COI,
        "--set",
        "serial=L404",
        "--set",
        f"at={AT[1]}",
        "--set",
        "reason=found",
    ]
    said = json.loads(program(live, "mia", *record, "--yes", "--json").stdout)
    assert [one["code"] for one in said["deviations"]] == ["unknown_label_ended"]


def test_labels_that_nobody_can_account_for_are_named(live: Live) -> None:
    serial = issued(live)
    done = program(live, "mia", "label", "reconcile", COI)
    assert done.returncode == 1
    assert "NOT ACCOUNTED FOR" in done.stdout
    assert serial in done.stdout


def test_an_invented_link_is_not_genuine(live: Live) -> None:
    told = as_json(live, "mia", "check", f"HTTPS://LEDGER.EXAMPLE/B/{DOSE}.L0009.{'0' * 16}", code=1)
    assert (told["genuine"], told["current"], told["status"]) == (False, False, None)
    said = program(live, "mia", "label", "check", f"{DOSE}.L0009.{'0' * 16}").stdout
    assert "✗ FAIL" in said
    assert "not of this ledger" in said


def test_where_to_print_must_be_said_once(live: Live) -> None:
    done = program(live, "mia", "label", "print", "L0009")
    assert done.returncode == 2
    assert "--printer tcp://HOST:9100, or --out FILE" in done.stdout + done.stderr


def test_a_label_that_was_issued_elsewhere_cannot_be_printed_here(live: Live, printer: FakePrinter) -> None:
    serial = issued(live)
    done = program(live, "quinn", "label", "print", serial, "--printer", printer.address)
    assert done.returncode == 1
    assert "no_label_check" in done.stderr
    assert printer.jobs == []


def test_after_an_unsure_print_the_program_waits_for_somebody_who_looked(
    live: Live, printer: FakePrinter, tmp_path: Path
) -> None:
    printer.manner = "breaks_off"
    serial = issued(live)
    told = as_json(live, "mia", "print", serial, "--printer", printer.address, code=4)
    assert told["error"]["code"] == "printer_broke_off"
    told = as_json(live, "mia", "print", serial, "--printer", printer.address, code=1)
    assert told["error"]["code"] == "label_unsure"
    printer.manner = "takes_all"
    told = as_json(live, "mia", "print", serial, "--printer", printer.address, "--nothing-came")
    assert told["labels"][0]["state"] == "accepted"
    assert states(live)[serial] == "printed"
