"""Labels from a device: drawn, printed, said once; and what a crash at any step leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients import labels as labels_module
from clients.keys import Device
from clients.labels import Job, Labels
from clients.printer import parse_printer, send
from clients.sdk import Client
from clients.sending import Answer
from ledger.errors import Conflict, Fault, Malformed, NotFound
from ledger.labels.link import check_digest
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from tests.fake_printer import FakePrinter, fake_printer
from tests.unit.fake_ledger import FakeLedger, problem

COI, BAG = "isbt128:CHA999926000001", "A9999-26-D1"
AT = {"site": "northcell-1", "department": "cleanroom"}
ZPL, DIGEST = b"^XA^FDlabel^FS^XZ", "ab" * 32


class Drawing(FakeLedger):
    """Draws every label that it is asked for, and keeps what it was asked."""

    asked: list[dict[str, Any]]

    def handle(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) != ("POST", "/v1/labels"):
            return super().handle(request)
        if request.headers.get("authorization") != "Bearer token":
            return httpx.Response(401, json=problem(401, "no_session"))
        self.asked.append(json.loads(request.content))
        if self.asked[-1]["serial"] == "VOID":
            return httpx.Response(409, json=problem(409, "label_void"))
        return httpx.Response(200, content=ZPL, headers={"unbroken-label-digest": DIGEST})


class Desk:
    """A device, its ledger and its printer; `again` is the device after its program died."""

    def __init__(self, home: Path, printer: FakePrinter) -> None:
        self.ledger, self.printer, self.home = Drawing(new_key()), printer, home
        self.ledger.asked = []
        device = Device(home, b"passphrase")
        device.make_key()
        device.set_profile(agent="mia", log_key=str(self.ledger.vkey))
        self.client: Client = self._client()

    @property
    def labels(self) -> Labels:
        return Labels(self.client)

    def again(self) -> None:
        self.client.close()
        self.client = self._client()

    def _client(self) -> Client:
        return Client(Device(self.home, b"passphrase"), transport=self.ledger.transport)

    def issue(self, **wanted: Any) -> str:
        fields, kept = self.labels.issue(COI, AT, **{"container": BAG} | wanted)
        self.client.record(fields, f"chain/{COI}")
        return kept[0].serial

    def print(self, serial: str) -> Any:
        return self.labels.print(serial, Job(), parse_printer(self.printer.address))

    def said(self, event: str) -> list[dict[str, Any]]:
        payloads = [canonical.decode(statement.parse(raw).payload) for raw in self.ledger.statements]
        return [one for one in payloads if one["type"] == event]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with fake_printer() as printer:
        found = Desk(tmp_path / "home", printer)
        yield found
        found.client.close()


def test_the_log_is_told_what_a_check_commits_to_and_never_the_check(desk: Desk) -> None:
    serial = desk.issue()
    kept = desk.labels.store.find(serial)
    (issued,) = desk.said("LabelIssued")
    assert issued["checks"] == [check_digest(serial, kept.check)]
    assert kept.check not in json.dumps(issued)
    assert (len(serial), len(kept.check)) == (11, 16)


def test_serials_and_checks_are_drawn_anew_each_time(desk: Desk) -> None:
    _, kept = desk.labels.issue(COI, AT, count=200)
    assert len({one.serial for one in kept}) == len({one.check for one in kept}) == 200


def test_a_label_is_said_to_be_printed_once_the_printer_has_taken_it(desk: Desk) -> None:
    serial = desk.issue()
    assert isinstance(desk.print(serial), Answer)
    assert desk.printer.jobs == [ZPL]
    (printed,) = desk.said("LabelPrinted")
    assert {name: printed[name] for name in ("serial", "template", "medium", "dpi", "digest", "at")} == {
        "serial": serial, "template": "cryobag", "medium": "zpl", "dpi": 300, "digest": DIGEST, "at": AT,
    }  # fmt: skip
    assert (desk.ledger.asked[0]["coi"], desk.ledger.asked[0]["container"]) == (COI, BAG)


def test_a_printed_label_leaves_no_check_behind_and_cannot_be_printed_again(desk: Desk) -> None:
    serial = desk.issue()
    check = desk.labels.store.find(serial).check
    desk.print(serial)
    assert desk.labels.store.all() == []
    with pytest.raises(NotFound, match=f"no_label_check.*{serial}"):
        desk.print(serial)
    desk.client.close()
    assert check.encode() not in b"".join(path.read_bytes() for path in desk.home.rglob("*.db*"))
    desk.client = desk._client()


def test_a_file_counts_as_printed_and_is_never_overwritten(desk: Desk, tmp_path: Path) -> None:
    serial, path = desk.issue(), tmp_path / "label.png"
    desk.labels.save(serial, Job(medium="png"), path)
    assert path.read_bytes() == ZPL
    assert desk.said("LabelPrinted")[0]["medium"] == "png"
    with pytest.raises(Conflict, match="file_exists"):
        desk.labels.save(desk.issue(), Job(medium="png"), path)
    assert len(desk.said("LabelPrinted")) == 1


def test_a_file_that_cannot_be_written_can_be_tried_again(desk: Desk, tmp_path: Path) -> None:
    serial = desk.issue()
    with pytest.raises(OSError, match="No such file"):
        desk.labels.save(serial, Job(medium="png"), tmp_path / "nowhere" / "label.png")
    assert desk.labels.store.find(serial).printing is None
    desk.labels.save(serial, Job(medium="png"), tmp_path / "label.png")


def test_a_label_that_the_ledger_does_not_draw_is_not_printed(desk: Desk) -> None:
    serial = desk.issue(serials=["VOID"])
    with pytest.raises(Conflict, match="label_void"):
        desk.print(serial)
    assert (desk.printer.jobs, desk.said("LabelPrinted")) == ([], [])
    assert desk.labels.store.find(serial).printing is None


def test_a_printer_that_is_off_leaves_the_label_to_be_printed(desk: Desk) -> None:
    serial = desk.issue()
    with pytest.raises(Fault, match="printer_unreachable"):
        desk.labels.print(serial, Job(), parse_printer("tcp://127.0.0.1:1"))
    assert desk.said("LabelPrinted") == []
    assert isinstance(desk.print(serial), Answer)


def test_a_printer_of_another_resolution_leaves_the_label_to_be_printed(desk: Desk) -> None:
    serial, desk.printer.per_mm = desk.issue(), 8
    with pytest.raises(Conflict, match=r"printer_resolution.*203 dpi"):
        desk.print(serial)
    assert (desk.printer.jobs, desk.said("LabelPrinted")) == ([], [])
    desk.printer.per_mm = 12
    assert isinstance(desk.print(serial), Answer)


@pytest.mark.parametrize("per_mm", [None, 12])
def test_whose_resolution_is_not_known_is_named_for_somebody_to_look(desk: Desk, per_mm: int | None) -> None:
    desk.printer.per_mm = per_mm
    told: list[str] = []
    desk.labels.print(desk.issue(), Job(), parse_printer(desk.printer.address), told.append)
    assert len(told) == (per_mm is None)
    assert all(desk.printer.address in one and "300 dpi" in one for one in told)


@pytest.mark.parametrize("serial", ["no such serial", "l0001"])  # a link is read in upper case
def test_a_serial_that_no_link_can_name_is_refused_before_anything_is_kept(desk: Desk, serial: str) -> None:
    with pytest.raises(Malformed, match="bad_label_link"):
        desk.labels.issue(COI, AT, serials=[serial])
    assert desk.labels.store.all() == []


# --- crashes ----------------------------------------------------------------------------------


class Died(BaseException):
    """The process ends here."""


def dies(*_: Any, **__: Any) -> None:
    raise Died


@pytest.fixture
def unsure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], str]:
    """A print that died after the intent: with the bytes at the printer, or without."""

    def made(sent: bool) -> str:
        serial = desk.issue()
        with monkeypatch.context() as patched:
            if sent:
                patched.setattr(desk.client, "queue", dies)
            else:
                patched.setattr(labels_module, "send", dies)
            with pytest.raises(Died):
                desk.print(serial)
        desk.again()
        return serial

    return made


@pytest.mark.parametrize("sent", [True, False])
def test_after_a_crash_somebody_has_to_look_before_anything_is_printed_or_said(
    desk: Desk, unsure: Callable[[bool], str], sent: bool
) -> None:
    serial = unsure(sent)
    with pytest.raises(Conflict, match="label_unsure"):
        desk.print(serial)
    assert len(desk.printer.jobs) == sent
    assert desk.said("LabelPrinted") == []


def test_what_came_out_is_said_as_it_was_going_to_be(desk: Desk, unsure: Callable[[bool], str]) -> None:
    serial = unsure(True)
    begun = desk.labels.store.find(serial).printing
    assert isinstance(desk.labels.settle(serial, came_out=True), Answer)
    (printed,) = desk.said("LabelPrinted")
    assert begun
    assert (printed["digest"], printed["occurred_at"]) == (DIGEST, begun["occurred_at"])
    assert len(desk.printer.jobs) == 1
    assert desk.labels.store.all() == []


def test_what_did_not_come_out_is_printed_again(desk: Desk, unsure: Callable[[bool], str]) -> None:
    serial = unsure(False)
    assert desk.labels.settle(serial, came_out=False) is None
    desk.print(serial)
    assert (len(desk.printer.jobs), len(desk.said("LabelPrinted"))) == (1, 1)


@pytest.mark.parametrize("came_out", [True, False])
def test_a_print_that_was_signed_before_the_crash_is_never_said_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, came_out: bool
) -> None:
    serial = desk.issue()
    with monkeypatch.context() as patched:
        patched.setattr("clients.label_store.LabelStore.forget", dies)
        with pytest.raises(Died):
            desk.print(serial)
    desk.again()
    assert isinstance(desk.labels.settle(serial, came_out), Answer)
    assert len(desk.said("LabelPrinted")) == 1
    with pytest.raises(NotFound, match="no_label_check"):
        desk.print(serial)


def test_a_silent_printer_leaves_the_question_to_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.printer.manner = "stays_silent"
    serial = desk.issue()
    monkeypatch.setattr(labels_module, "send", partial(send, close_s=0.2))
    with pytest.raises(Fault, match="printer_silent"):
        desk.print(serial)
    assert desk.labels.store.find(serial).printing is not None
    assert isinstance(desk.labels.settle(serial, came_out=True), Answer)


def test_only_what_was_begun_can_be_settled(desk: Desk) -> None:
    with pytest.raises(Conflict, match="label_not_begun"):
        desk.labels.settle(desk.issue(), came_out=True)
