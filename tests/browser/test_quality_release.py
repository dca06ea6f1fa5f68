"""Doses released at Quality's screens, by passphrase and by passkey, and what stops a release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.lab import (
    COI,
    CONFIRMED_COI,
    CONFIRMED_DOSE,
    FIRST,
    PASSKEY_COI,
    PASSKEY_DOSE,
    SECOND,
    STREAM,
    Sit,
    at_the_signature,
    damaged,
    from_the_top,
    open_lab,
    told,
)
from tests.browser.passkeys import VirtualAuthenticator, added, made
from tests.browser.screens import listen, screens
from tests.e2e.house import House


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    with open_lab(built, tmp_path) as house:
        yield house


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
    quinn.sees("Approval: this is my decision")
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
    expect(quinn.page.get_by_role("checkbox", name=SECOND)).not_to_be_checked()  # left out, it stays out
    quinn.page.get_by_role("checkbox", name=SECOND).check()
    quinn.sees("Choose the certificate's file to go on")  # the one before was of the other dose


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
    screens(quinn.page, "quality-release-passkey", settle=at_the_signature)
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


def test_a_dose_that_was_left_out_stays_out_when_the_therapy_moved_on(
    house: House, sit: Sit, certificate: Path
) -> None:
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    second = quinn.page.get_by_role("checkbox", name=SECOND)
    second.uncheck()
    quinn.sees(f"{FIRST}, for GB under UB-001. All 18 gates are open now.")
    house.scenario.say("quinn", STREAM, "Rejected", chain_version=house.scenario.version(COI),
                       containers=[SECOND], reason="retest_failed")  # fmt: skip
    quinn.sign("Release: sign")
    quinn.sees("The therapy moved on while you looked")
    expect(second).to_have_count(0)
    expect(quinn.page.get_by_role("checkbox", name=FIRST)).to_be_checked()
    quinn.sees(hashlib.sha256(certificate.read_bytes()).hexdigest())
    quinn.press("I looked again")
    quinn.sign("Release: sign")
    quinn.sees(f"Released: {FIRST}")


def test_a_doses_choice_has_nothing_else_to_press_in_it(sit: Sit) -> None:
    """Its expiry shows UTC under the pointer; as a button in a label, a press on it would choose, too."""
    quinn = sit()
    quinn.open(f"/release/{COI}")
    choice = quinn.page.locator("label.choice", has_text=FIRST)
    expect(choice.locator("time")).to_be_visible()
    expect(choice.get_by_role("button")).to_have_count(0)


def test_a_release_that_is_signed_and_not_answered_says_that_it_is_kept(
    house: House, sit: Sit, certificate: Path
) -> None:
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.certificate(certificate)
    quinn.sees("All 18 gates are open now")
    quinn.page.route("**/v1/statements", lambda route: route.abort())
    quinn.sign("Release: sign")
    quinn.sees("Signed and kept on this device")
    quinn.sees_no("nothing is signed ahead")
    assert quinn.page.get_by_role("button", name="Release: sign").count() == 0
    screens(quinn.page, "quality-kept", settle=from_the_top)
    quinn.page.unroute_all()
    quinn.page.evaluate("dispatchEvent(new Event('online'))")
    expect(quinn.page.get_by_text("Signed and kept on this device")).to_have_count(0, timeout=40_000)
    quinn.sees("No dose of this therapy waits for release")
    assert [one["containers"] for one in told(house, "Released")] == [[FIRST, SECOND]]


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
    screens(quinn.page, "quality-confirm", settle=at_the_signature)
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


def test_a_dose_that_must_never_be_given_is_rejected_and_waits_no_more(house: House, sit: Sit) -> None:
    quinn = sit()
    quinn.open(f"/release/{COI}")
    quinn.page.get_by_role("checkbox", name=SECOND).uncheck()
    quinn.press("Reject instead")
    quinn.sees(f"Never to be given any more: {FIRST}")
    quinn.choose("The evidence is missing")
    screens(quinn.page, "quality-reject", settle=at_the_signature)
    quinn.sign("Reject: sign")
    quinn.sees(f"Rejected: {FIRST}")
    (said,) = told(house, "Rejected")
    assert (said["containers"], said["reason"]) == ([FIRST], "evidence_missing")
    expect(quinn.page.get_by_role("checkbox", name=FIRST)).to_have_count(0)
    expect(quinn.page.get_by_role("checkbox", name=SECOND)).not_to_be_checked()


def _at_the_gates(page: Page) -> None:
    page.get_by_text("This cannot be released now").scroll_into_view_if_needed()
