"""Quality at its screens: deviations decided and doses released, by passphrase and by passkey, or not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.lab import (
    COI,
    CONFIRMED_COI,
    CONFIRMED_DOSE,
    FIRST,
    PASSKEY_COI,
    PASSKEY_DOSE,
    SECOND,
    STREAM,
    Desk,
    damaged,
    label_of,
    waiting,
)
from tests.browser.passkeys import VirtualAuthenticator, added, made
from tests.browser.people import scanned, statements
from tests.browser.screens import listen, screens
from tests.e2e.house import House, seeded

Sit = Callable[..., Desk]
NARROWEST = {"width": 320, "height": 640}  # WCAG 2.2, 1.4.10: 1280 pixels at 400 %


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    scenario = seeded(tmp_path)
    waiting(scenario)
    house = House(scenario, host="localhost")
    house.open(built)
    yield house
    house.close()
    scenario.ledger.close()


@pytest.fixture
def sit(house: House, browser: Browser) -> Iterator[Sit]:
    desks: list[Desk] = []

    def sitting(agent: str = "quinn", **options: Any) -> Desk:
        desks.append(Desk(house, browser, agent, **options))
        return desks[-1]

    yield sitting
    for desk in desks:
        desk.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "certificate-LAB.pdf"
    path.write_bytes(b"%PDF-1.7 the certificate of analysis")
    return path


def told(house: House, event: str, stream: str = STREAM) -> list[dict[str, Any]]:
    return [one for one in statements(house, stream) if one["type"] == event]


def test_two_doses_are_released_by_passphrase_from_the_tile_to_the_log(
    house: House, sit: Sit, certificate: Path
) -> None:
    quinn = sit()
    heard = listen(quinn.page)
    quinn.follow("Release and deviations")
    quinn.follow(f"2 doses wait for release {FIRST} and {SECOND}")
    quinn.sees("Choose the certificate's file to go on")
    quinn.certificate(certificate)
    digest = hashlib.sha256(certificate.read_bytes()).hexdigest()
    quinn.sees(digest)
    quinn.sees(f"{FIRST} and {SECOND}, for GB under UB-001. All 18 gates are open now.")
    quinn.sees("Approval: this may be done")
    quinn.sign("Release: sign", passphrase="not the passphrase")
    quinn.sees("That passphrase does not open the key of this device.")
    assert not told(house, "Released")
    quinn.sign("Release: sign")
    quinn.sees(f"Released: {FIRST} and {SECOND}")
    quinn.sees("No dose of this therapy waits for release")
    (said,) = told(house, "Released")
    assert (said["signer"], said["containers"], said["certificate"]) == ("quinn", [FIRST, SECOND], digest)
    assert (said["site"], said["countries"], said["protocols"]) == ("northcell-1", ["GB"], ["UB-001"])
    assert (said["esignature"]["method"], said["esignature"]["meaning"]) == ("passphrase", "approval")
    quinn.press("What else waits")
    quinn.sees("1 dose waits for release")
    quinn.sees_no(f"{FIRST} and {SECOND}")
    assert heard.errors == []
    assert heard.elsewhere(house.url) == []


def test_one_of_two_doses_is_released_for_another_country_only_where_the_product_may_go(
    house: House, sit: Sit, certificate: Path
) -> None:
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    quinn.page.get_by_role("checkbox", name=SECOND).uncheck()
    quinn.page.get_by_label("Countries").fill("GB, JP")
    expect(quinn.gate("product in force")).to_contain_text("STOP")
    quinn.sees("This cannot be released now")
    assert quinn.page.get_by_role("button", name="Release: sign").count() == 0
    quinn.page.get_by_label("Countries").fill("gb")
    quinn.sees("Name at least one country by its two letters")
    quinn.page.get_by_label("Countries").fill("GB")
    quinn.sign("Release: sign")
    quinn.sees(f"Released: {FIRST}")
    (said,) = told(house, "Released")
    assert said["containers"] == [FIRST]
    expect(quinn.page.get_by_role("checkbox", name=SECOND)).to_be_checked()  # what is left


def test_a_product_that_asks_for_a_passkey_is_released_by_one_and_not_by_a_passphrase(
    house: House, sit: Sit, certificate: Path
) -> None:
    quinn, ben = sit(), sit("ben")
    quinn.open(f"/release/{PASSKEY_COI}")
    quinn.certificate(certificate)
    quinn.sees("This product asks for a passkey, and you have none here")
    quinn.sign("Release: sign")
    quinn.sees("The product asks for a passkey under this decision")
    assert not told(house, "Released", f"chain/{PASSKEY_COI}")
    authenticator = VirtualAuthenticator(quinn.page)
    added(house, ben.page, made(house, quinn.page), "quinn")
    quinn.open(f"/release/{PASSKEY_COI}")
    quinn.certificate(certificate)
    quinn.sees("This product asks for a passkey: a passphrase does not do.")
    screens(quinn.page, "quality-release-passkey", settle=_at_the_signature)
    quinn.press("Release: sign")
    quinn.sees(f"Released: {PASSKEY_DOSE}")
    assert authenticator.credentials()
    (said,) = told(house, "Released", f"chain/{PASSKEY_COI}")
    assert said["esignature"]["method"] == "passkey"


def test_a_blocking_deviation_shuts_its_gate_until_it_is_dispositioned(
    house: House, sit: Sit, certificate: Path
) -> None:
    damaged(house.scenario, FIRST)
    (raised,) = told(house, "DeviationRaised")
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    quinn.sees("This cannot be released now")
    shut = quinn.gate("no blocking deviation")
    expect(shut).to_contain_text("STOP")
    expect(shut.get_by_role("link", name=f"Entry {raised['position']}")).to_be_visible()
    screens(quinn.page, "quality-release-blocked", settle=_at_the_gates)
    quinn.press("To the deviations")
    quinn.follow("damaged")
    quinn.sees("What was recorded")
    quinn.sees("mia found bag LAB-D1 DAMAGED")
    expect(quinn.page.get_by_role("link", name=f"Entry {raised['position']}")).to_be_visible()
    quinn.choose("Accepted")
    quinn.choose("Another reason")
    quinn.page.get_by_label("Your reason, in a few words").fill("Label glued on again")
    quinn.sees("label_glued_on_again")
    quinn.sign("Accept: sign")
    quinn.sees("The deviation is decided")
    quinn.sees("accepted by Quality")
    (said,) = told(house, "DeviationDispositioned")
    assert (said["signer"], said["disposition"], said["reason"]) == (
        "quinn", "accepted", "label_glued_on_again",
    )  # fmt: skip
    assert said["esignature"]["meaning"] == "approval"
    quinn.open(f"/release/{COI}")
    quinn.sees("18 open")


def test_who_signs_by_an_old_look_is_asked_to_look_again(house: House, sit: Sit, certificate: Path) -> None:
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    quinn.sees("All 18 gates are open now")
    held = house.scenario.say("mia", STREAM, "Quarantined", containers=[FIRST], reason="doubt")
    house.scenario.say("quinn", STREAM, "QuarantineLifted", chain_version=house.scenario.version(COI),
                       quarantine=held.statement_id.hex(), reason="retest_clean")  # fmt: skip
    quinn.sign("Release: sign")
    quinn.sees("The therapy moved on while you looked")
    assert not told(house, "Released")
    quinn.press("I looked again")
    quinn.sign("Release: sign")
    quinn.sees(f"Released: {FIRST} and {SECOND}")


def test_where_two_people_are_asked_for_the_screen_says_who_is_missing(
    house: House, sit: Sit, certificate: Path
) -> None:
    stream = f"chain/{CONFIRMED_COI}"
    quinn = sit()
    quinn.open(f"/release/{CONFIRMED_COI}")
    quinn.sees(f"The site's confirmation is missing for {CONFIRMED_DOSE}")
    expect(quinn.gate("site confirmed")).to_contain_text("STOP")
    quinn.press("Confirm for the site")
    confirming = quinn.page.locator("section.card", has_text="Who confirms this cannot release them.")
    confirming.locator("input[type=file]").set_input_files(certificate)
    screens(quinn.page, "quality-confirm", settle=_at_the_signature)
    quinn.sign("Confirm: sign")
    quinn.sees("Confirmed for the site")
    (said,) = told(house, "BatchConfirmed", stream)
    assert said["esignature"]["meaning"] == "responsibility"
    assert said["confirmation"] == hashlib.sha256(certificate.read_bytes()).hexdigest()
    quinn.sees("You confirmed these doses: another person has to release them")
    quinn.certificate(certificate)
    quinn.sign("Release: sign")
    quinn.sees("The second signature must be somebody else's")
    assert not told(house, "Released", stream)


def test_a_quarantine_is_lifted_with_its_reason(house: House, sit: Sit) -> None:
    held = house.scenario.say("mia", STREAM, "Quarantined", containers=[FIRST], reason="sterility_doubt")
    quinn = sit()
    quinn.open()
    quinn.follow(f"quarantine of {FIRST}")
    quinn.sees("sterility doubt")
    quinn.choose("Done again, and well")
    screens(quinn.page, "quality-quarantine", settle=_from_the_top)
    _fits(quinn.page)
    quinn.sign("Lift: sign")
    quinn.sees("The quarantine is lifted")
    quinn.sees("It was lifted: it holds nothing any more.")
    (said,) = told(house, "QuarantineLifted")
    assert (said["quarantine"], said["reason"]) == (held.statement_id.hex(), "repeated_well")
    assert said["esignature"]["meaning"] == "approval"


def test_a_dose_that_must_never_be_given_is_rejected_and_waits_no_more(house: House, sit: Sit) -> None:
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.page.get_by_role("checkbox", name=SECOND).uncheck()
    quinn.press("Reject instead")
    quinn.sees(f"{FIRST} can never be given any more")
    quinn.choose("The evidence is missing")
    screens(quinn.page, "quality-reject", settle=_at_the_signature)
    _fits(quinn.page)
    quinn.sign("Reject: sign")
    quinn.sees(f"Rejected: {FIRST}")
    (said,) = told(house, "Rejected")
    assert (said["containers"], said["reason"]) == ([FIRST], "evidence_missing")
    expect(quinn.page.get_by_role("checkbox", name=FIRST)).to_have_count(0)
    expect(quinn.page.get_by_role("checkbox", name=SECOND)).to_be_checked()


def test_without_the_ledger_nothing_can_be_decided(house: House, sit: Sit, certificate: Path) -> None:
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
    _seen(page, "quality-list")
    quinn.follow("damaged")
    quinn.sees("mia found bag LAB-D1 DAMAGED")
    _seen(page, "quality-deviation", settle=_from_the_top)
    quinn.choose("Rejected")
    quinn.choose("The product is affected")
    quinn.sees("This cannot be taken back")
    _seen(page, "quality-disposition", settle=_at_the_signature)
    quinn.choose("Accepted")
    quinn.choose("Assessed")
    quinn.sign("Accept: sign")
    quinn.sees("The deviation is decided")
    _seen(page, "quality-dispositioned", settle=_from_the_top)
    quinn.open(f"/therapy/{COI}")
    quinn.sees("2 doses wait for release")
    _seen(page, "quality-therapy")
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    quinn.sees("All 18 gates are open now")
    _seen(page, "quality-release", settle=_at_the_signature)
    quinn.sign("Release: sign")
    quinn.sees(f"Released: {FIRST} and {SECOND}")
    _seen(page, "quality-released", settle=_from_the_top)
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
    _fits(page)
    quinn.open(f"/release/{COI}")
    quinn.sees("Dies kann jetzt nicht freigegeben werden")
    _fits(page)


def _seen(page: Page, name: str, settle: Any = None) -> None:
    screens(page, name, settle=settle)
    _fits(page)


def _fits(page: Page) -> None:
    """Nothing reaches beyond 320 pixels, so that nobody scrolls in two directions."""
    before = page.viewport_size
    page.set_viewport_size(NARROWEST)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROWEST["width"]
    if before:
        page.set_viewport_size(before)


def _from_the_top(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")


def _at_the_signature(page: Page) -> None:
    """The part that is signed, from its heading on: below the bar, which would cover half a choice."""
    page.locator("section.card", has=page.locator("form.esign")).evaluate(
        "one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 80)"
    )


def _at_the_gates(page: Page) -> None:
    page.get_by_text("This cannot be released now").scroll_into_view_if_needed()
