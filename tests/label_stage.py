"""Labels that were issued with their checks, for the tests of printing and checking them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageOps

from ledger.application import Answer
from ledger.domain.world import timestamp
from ledger.labels.link import Link, check_digest
from ledger.labels.symbols import qr_code
from tests.scenario import APHERESIS, CLEANROOM, Scenario, hand_over

DIN, FRESH, DOSE, DOSE_2 = "A999926000001", "A9999-26-F1", "A9999-26-D1", "A9999-26-D2"
CHECKS = {serial: f"{number:016}" for number, serial in enumerate(("L0001", "L0002", "L0003", "L0004"), 1)}


def issue(
    scenario: Scenario,
    coi: str,
    *serials: str,
    container: str | None = DOSE,
    by: str = "mia",
    at: dict[str, str] = CLEANROOM,
    **fields: Any,
) -> Answer:
    named = {"container": container} if container else {}
    checks = [check_digest(serial, check_of(serial)) for serial in serials]
    return scenario.say(
        by, f"chain/{coi}", "LabelIssued", at=at, serials=list(serials), checks=checks, **named, **fields
    )


def check_of(serial: str) -> str:
    return CHECKS.get(serial, "0" * 16)


def link_part(serial: str, container: str | None = DOSE) -> str:
    return Link(container, serial, check_of(serial)).part


def wanted(coi: str, serial: str, container: str | None = DOSE, **changed: Any) -> dict[str, Any]:
    """What `POST /v1/labels` is asked."""
    return {
        "coi": coi,
        "container": container,
        "serial": serial,
        "check": check_of(serial),
        "template": "cryobag",
        "dpi": 300,
        "format": "png",
    } | changed


def make_doses(scenario: Scenario, coi: str) -> None:
    """A collection with its donation number, and two doses made of it, in the cleanroom."""
    say = scenario.say
    scenario.order(coi)
    say("anna", f"chain/{coi}", "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
        containers=[{"container": FRESH, "volume_ul": 200_000, "din": DIN}])  # fmt: skip
    hand_over(scenario, coi, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
    until = timestamp(scenario.clock() + 90 * 86_400_000)
    made = {"volume_ul": 68_500, "of": 2, "din": DIN, "product_code": "S1234100", "expires_at": until}
    say("mia", f"chain/{coi}", "ContainersDerived", at=CLEANROOM, how="fill",
        parents=[{"container": FRESH, "volume_ul": 200_000}],
        children=[{"container": DOSE, "bag": 1} | made, {"container": DOSE_2, "bag": 2} | made])  # fmt: skip


def photo(text: str = "HTTPS://LEDGER.INVALID/B/-.L0009.0000000000000000") -> bytes:
    """A picture of one QR code, as sharp as can be."""
    symbol = qr_code(text)
    image = Image.frombytes("L", (symbol.size, symbol.size), bytes(255 - 255 * one for one in symbol.dark))
    framed = ImageOps.expand(
        image.resize((symbol.size * 8, symbol.size * 8), Image.Resampling.NEAREST), 40, 255
    )
    made = io.BytesIO()
    framed.save(made, "PNG")
    return made.getvalue()
