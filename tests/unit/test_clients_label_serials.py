"""A typed serial is the label that it means, or nothing is signed; without a network a fact still is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.keys import Device
from clients.label_serials import serial_of
from clients.labels import Labels
from clients.sdk import Client
from ledger.errors import Malformed, NotFound
from ledger.proof.keyfile import new_key
from tests.unit.fake_ledger import FakeLedger

COI = "isbt128:CHA999926000001"
AT = {"site": "northcell-1", "department": "cleanroom"}
LINK = f"HTTPS://LEDGER.EXAMPLE/B/-.L-1.{'0' * 16}"


class Counting(FakeLedger):
    """Tells these labels of the therapy; None: it tells this reader nothing."""

    labels: list[dict[str, Any]] | None

    def handle(self, request: httpx.Request) -> httpx.Response:
        asked = (request.method, request.url.path) == ("GET", "/v1/labels")
        if asked and self.labels is not None and "authorization" in request.headers:
            return httpx.Response(200, json={"labels": self.labels})
        return super().handle(request)


@pytest.fixture
def labels(tmp_path: Path) -> Any:
    ledger = Counting(new_key())
    ledger.labels = [{"serial": one, "issued": one != "L-7"} for one in ("L-1", "l-2", "L-3", "l-3", "L-7")]
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="mia", log_key=str(ledger.vkey))
    client = Client(Device(tmp_path / "home", b"passphrase"), transport=ledger.transport)
    yield Labels(client), ledger
    client.close()


@pytest.mark.parametrize(
    ("given", "meant"),
    [("L-1", "L-1"), ("l-1", "L-1"), (LINK.lower(), "L-1"), ("L-2", "l-2"), ("l-3", "l-3"), ("L-3", "L-3")],
)
def test_what_is_scanned_or_typed_is_the_serial_as_it_was_issued(labels: Any, given: str, meant: str) -> None:
    assert serial_of(labels[0], COI, given) == meant


@pytest.mark.parametrize("given", ["L-4", "L-7", "L1", ""])
def test_what_was_never_issued_is_not_taken(labels: Any, given: str) -> None:
    with pytest.raises(NotFound, match=r"unknown_serial.*unbroken record"):
        serial_of(labels[0], COI, given)


def test_what_is_no_link_is_not_taken_for_a_serial(labels: Any) -> None:
    with pytest.raises(Malformed, match="bad_label_link"):
        serial_of(labels[0], COI, "HTTPS://LEDGER.EXAMPLE/B/L-1")


def test_where_the_ledger_does_not_tell_it_is_what_was_given_in_upper_case(labels: Any) -> None:
    labels[1].labels = None
    assert serial_of(labels[0], COI, "l-9") == "L-9"


def test_what_this_device_issued_and_has_not_sent_yet_is_known(labels: Any) -> None:
    fields, kept = labels[0].issue(COI, AT)
    client = labels[0].client
    client.queue(client.draft(fields, f"chain/{COI}", "2026-01-01T00:00:00.000Z"))
    assert serial_of(labels[0], COI, kept[0].serial.lower()) == kept[0].serial
