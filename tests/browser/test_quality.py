"""Quality at its screens: what waits, what is decided of it, who may see it, and how it looks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.lab import (
    COI,
    FIRST,
    SECOND,
    STREAM,
    Sit,
    at_the_signature,
    damaged,
    from_the_top,
    label_of,
    open_lab,
    told,
)
from tests.browser.people import scanned
from tests.browser.screens import listen, reflows, screens
from tests.e2e.house import House


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    with open_lab(built, tmp_path) as house:
        yield house


def test_a_quarantine_is_lifted_with_its_reason(house: House, sit: Sit) -> None:
    held = house.scenario.say("mia", STREAM, "Quarantined", containers=[FIRST], reason="sterility_doubt")
    quinn = sit()
    quinn.open()
    quinn.follow(f"quarantine of {FIRST}")
    quinn.sees("sterility doubt")
    quinn.choose("Done again, and well")
    screens(quinn.page, "quality-quarantine", settle=from_the_top)
    quinn.sign("Lift: sign")
    quinn.sees("The quarantine is lifted")
    quinn.sees("It was lifted: it holds nothing any more.")
    (said,) = told(house, "QuarantineLifted")
    assert (said["quarantine"], said["reason"]) == (held.statement_id.hex(), "repeated_well")
    assert said["esignature"]["meaning"] == "approval"


def test_without_the_ledger_nothing_can_be_decided(house: House, sit: Sit) -> None:
    damaged(house.scenario, SECOND)
    (raised,) = told(house, "DeviationRaised")
    quinn = sit()
    quinn.open()
    quinn.follow("damaged")
    quinn.sees("What becomes of it")
    quinn.open(f"/release/{COI}")
    quinn.sees("This cannot be released now")
    house.close()
    quinn.press("Look again")
    quinn.sees("nothing is signed ahead", timeout=40_000)
    quinn.page.goto(f"{house.url}/app/quality/deviation/{COI}/{_id_of(house, raised)}")
    quinn.sees("The ledger cannot be asked now", timeout=40_000)
    quinn.sees_no("What becomes of it")


def _id_of(house: House, raised: dict[str, Any]) -> str:
    (stored,) = house.scenario.ledger.store.entries(raised["position"], raised["position"] + 1)
    return hashlib.sha256(stored.data).hexdigest()


def test_a_scanned_bag_leads_to_what_waits_in_its_therapy(house: House, sit: Sit) -> None:
    damaged(house.scenario, FIRST)
    quinn = sit()
    quinn.open()
    find = quinn.page.get_by_label("Go to a bag")
    find.fill(label_of(house, FIRST))
    find.press("Enter")
    expect(quinn.page).to_have_url(f"{house.url}/app/quality/therapy/{COI}")
    quinn.open()
    quinn.press("Scan a code")
    quinn.sees("No camera was found")
    scanned(quinn.page, label_of(house, SECOND))
    expect(quinn.page).to_have_url(f"{house.url}/app/quality/therapy/{COI}")
    quinn.open()
    find.fill("NOBODYS-BAG")
    find.press("Enter")
    quinn.sees("No therapy that you may read has this.")


def test_who_is_not_of_quality_sees_no_tile_and_no_screen(sit: Sit) -> None:
    mia = sit("mia")
    expect(mia.page.get_by_role("link", name="Hand over")).to_be_visible()
    assert mia.page.get_by_role("link", name="Release and deviations").count() == 0
    mia.open(f"/release/{COI}")
    mia.sees("These screens are for Quality")


def test_every_screen_of_quality_is_quiet_accessible_and_fits_a_narrow_page(
    house: House, sit: Sit, certificate: Path
) -> None:
    damaged(house.scenario, FIRST)
    quinn = sit()
    page, heard = quinn.page, listen(quinn.page)
    quinn.open()
    quinn.sees("damaged")
    screens(page, "quality-list")
    quinn.follow("damaged")
    quinn.sees("mia found bag LAB-D1 DAMAGED")
    screens(page, "quality-deviation", settle=from_the_top)
    quinn.choose("Rejected")
    quinn.choose("The product is affected")
    quinn.sees("This cannot be taken back")
    screens(page, "quality-disposition", settle=at_the_signature)
    quinn.choose("Accepted")
    quinn.choose("Assessed")
    quinn.sign("Accept: sign")
    quinn.sees("The deviation is decided")
    screens(page, "quality-dispositioned", settle=from_the_top)
    quinn.open(f"/therapy/{COI}")
    quinn.sees("2 doses wait for release")
    screens(page, "quality-therapy")
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    quinn.sees("All 18 gates are open now")
    screens(page, "quality-release", settle=at_the_signature)
    quinn.sign("Release: sign")
    quinn.sees(f"Released: {FIRST} and {SECOND}")
    screens(page, "quality-released", settle=from_the_top)
    assert heard.errors == []
    assert heard.elsewhere(house.url) == []


def test_in_german_every_screen_fits_too(house: House, sit: Sit) -> None:
    damaged(house.scenario, FIRST)
    quinn = sit()
    page = quinn.page
    page.goto(f"{house.url}/app/settings")
    page.get_by_label("Deutsch").check()
    quinn.sees("Unterschreiben mit Finger, Gesicht oder PIN")
    quinn.open()
    quinn.sees("2 Dosen warten auf Freigabe")
    reflows(page)
    quinn.open(f"/release/{COI}")
    quinn.sees("Dies kann jetzt nicht freigegeben werden")
    reflows(page)
