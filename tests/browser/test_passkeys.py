"""A passkey from its making to the audit, with an authenticator inside Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from ledger.domain.events import parse_event
from ledger.proof.assertion import Passkey
from ledger.proof.keys import PublicKey
from ledger.verify.base64url import unbase64url
from ledger.verify.esignatures import check_assertion
from tests.browser.auditing import auditor
from tests.browser.chromium import DESK
from tests.browser.passkeys import VirtualAuthenticator, added, compared, groups, made
from tests.browser.people import PASSPHRASE, enrolled, statements
from tests.browser.screens import axe, listen, screens
from tests.browser.ward import FIRST, STREAM, Person, checked_by_two, two_bags
from tests.e2e.house import House, open_house, seeded

Open = Callable[..., Page]


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path, keys: Path) -> Iterator[House]:
    """One bag that a physician may authorise now: thawed, and checked by two nurses."""
    scenario = seeded(tmp_path)
    two_bags(scenario, keys)
    checked_by_two(scenario, keys)
    with open_house(scenario, built, host="localhost") as house:
        yield house


@pytest.fixture
def phil(house: House, browser: Browser, keys: Path) -> Iterator[Person]:
    person = Person(house, browser, "phil", keys)
    yield person
    person.close()


@pytest.fixture
def opened(house: House, browser: Browser) -> Iterator[Open]:
    """A page of somebody else at a desk."""
    contexts = []

    def new(agent: str, is_auditor: bool = False) -> Page:
        context = browser.new_context(**DESK, locale="en-GB", timezone_id="Europe/London")
        context.set_default_timeout(15_000)
        contexts.append(context)
        return auditor(context, house, agent) if is_auditor else enrolled(house, context, agent, by=agent)

    yield new
    for context in contexts:
        context.close()


def authorised(house: House) -> dict[str, Any]:
    (found,) = [one for one in statements(house, STREAM) if one["type"] == "InfusionAuthorised"]
    return found


def enrolment(house: House, agent: str) -> dict[str, Any]:
    (found,) = [one for one in statements(house, f"agent/{agent}") if one["type"] == "PasskeyAdded"]
    return found


def test_a_passkey_is_made_added_asked_and_verified_in_the_audit(
    house: House, phil: Person, opened: Open
) -> None:
    authenticator, ada = VirtualAuthenticator(phil.page), opened("ada")
    heard = listen(phil.page)
    request = made(house, phil.page)
    mine = groups(phil.page)
    screens(phil.page, "passkey-request", settle=_from_the_top)
    phil.press("It was added: look again")
    phil.sees("The ledger does not know this passkey yet")
    compared(house, ada, request)
    assert groups(ada) == mine
    assert len(mine) == 8
    screens(ada, "admin-passkey-compare")
    ada.get_by_role("button", name="Yes, every group is the same").click()
    expect(ada.get_by_text("phil of st-mary-trust: Physician at st-mary")).to_be_visible()
    screens(ada, "admin-passkey-sign")
    ada.get_by_role("button", name="Sign: this passkey is phil's").click()
    expect(ada.get_by_text("phil signs with this passkey from entry")).to_be_visible()
    phil.press("It was added: look again")
    phil.sees("You sign with your passkey now")
    screens(phil.page, "passkey-ready")
    phil.at_bag(FIRST)
    phil.sees("Your passkey asks for your finger, face or PIN.")
    screens(phil.page, "bedside-passkey", settle=_at_the_signature)
    phil.press("Authorise: sign")
    phil.sees("The infusion is authorised")
    assert authenticator.credentials()
    assert heard.errors == []
    assert heard.elsewhere(house.url) == []
    said, passkey = authorised(house), enrolment(house, "phil")
    assert (said["esignature"]["method"], passkey["signer"], passkey["rp_id"]) == (
        "passkey",
        "ada",
        "localhost",
    )
    _python_verifies(said, passkey)
    _the_audit_shows_it(house, opened("olga", is_auditor=True), said, passkey)


def _python_verifies(said: dict[str, Any], passkey: dict[str, Any]) -> None:
    """What Chromium made, under the key that is in the log."""
    payload = {name: value for name, value in said.items() if name not in ("signer", "position")}
    held = Passkey(PublicKey.from_spki(unbase64url(passkey["key"])), passkey["rp_id"])
    check_assertion(parse_event(payload), payload, lambda _: held)


def _the_audit_shows_it(house: House, olga: Page, said: dict[str, Any], passkey: dict[str, Any]) -> None:
    olga.goto(f"{house.url}/app/audit/entry/{said['position']}")
    again = olga.locator(".proof-steps li", has_text="Asked again: the e-signature")
    expect(again.locator(".badge.ok")).to_be_visible()
    expect(again).to_contain_text("phil, approval, signed again with a passkey")
    expect(again).to_contain_text("Checked here: a passkey of phil answered")
    expect(again).to_contain_text("a page of localhost")
    expect(again.get_by_role("link", name=str(passkey["position"]))).to_be_visible()
    screens(olga, "audit-passkey", settle=_at_the_sides)


def test_a_passkey_that_is_not_given_says_so_and_the_passphrase_does(
    house: House, phil: Person, opened: Open
) -> None:
    authenticator = VirtualAuthenticator(phil.page)
    added(house, opened("ada"), made(house, phil.page), "phil")
    authenticator.finger(is_theirs=False)
    phil.at_bag(FIRST)
    phil.press("Authorise: sign")
    phil.sees("Nothing was signed.")
    phil.sees("The passkey gave no answer: it was cancelled, it took too long, or it is not on this device.")
    screens(phil.page, "bedside-passkey-not-given", settle=_at_the_signature)
    phil.press("Sign with my passphrase instead")
    phil.sign("Authorise: sign", passphrase="not the passphrase")
    phil.sees("That passphrase does not open the key of this device.")
    phil.sign("Authorise: sign", passphrase=PASSPHRASE)
    phil.sees("The infusion is authorised")
    said = authorised(house)
    assert said["esignature"]["method"] == "passphrase"
    olga = opened("olga", is_auditor=True)
    olga.goto(f"{house.url}/app/audit/entry/{said['position']}")
    again = olga.locator(".proof-steps li", has_text="Asked again: the e-signature")
    expect(again).to_contain_text("the device's word")
    expect(again).to_contain_text("Nobody else can check that.")
    screens(olga, "audit-passphrase", settle=_at_the_sides)


def test_a_passkey_that_is_given_at_the_second_press_signs(house: House, phil: Person, opened: Open) -> None:
    authenticator = VirtualAuthenticator(phil.page)
    added(house, opened("ada"), made(house, phil.page), "phil")
    authenticator.finger(is_theirs=False)
    phil.at_bag(FIRST)
    phil.press("Authorise: sign")
    phil.sees("Nothing was signed.")
    authenticator.finger(is_theirs=True)
    phil.press("Authorise: sign")
    phil.sees("The infusion is authorised")
    assert authorised(house)["esignature"]["method"] == "passkey"


def test_a_request_outlives_the_page_and_can_be_taken_along_as_a_file(house: House, phil: Person) -> None:
    VirtualAuthenticator(phil.page)
    made(house, phil.page)
    before = groups(phil.page)
    phil.page.reload()
    phil.sees("Not yet in the ledger")
    assert groups(phil.page) == before
    with phil.page.expect_download() as saved:
        phil.press("Save as a file")
    assert saved.value.suggested_filename == "passkey-phil.json"
    assert set(json.loads(saved.value.path().read_text())) == {"credential", "key", "rp_id"}


def test_nobody_adds_a_passkey_for_themselves_or_twice(house: House, opened: Open) -> None:
    ada = opened("ada")
    VirtualAuthenticator(ada)
    compared(house, ada, made(house, ada))
    ada.get_by_role("button", name="Yes, every group is the same").click()
    expect(ada.get_by_text("Nobody adds a passkey for themselves.")).to_be_visible()
    assert ada.get_by_role("button", name="Sign: this passkey").count() == 0
    ada.goto(f"{house.url}/app/passkey")
    ada.get_by_role("button", name="Make another one instead").click()
    expect(ada.get_by_text("Not yet in the ledger")).to_be_visible()


def test_a_passkey_that_the_server_ascribes_to_another_entry_is_shown_as_broken(
    house: House, phil: Person, opened: Open
) -> None:
    VirtualAuthenticator(phil.page)
    added(house, opened("ada"), made(house, phil.page), "phil")
    phil.at_bag(FIRST)
    phil.press("Authorise: sign")
    phil.sees("The infusion is authorised")
    olga = opened("olga", is_auditor=True)
    place = enrolment(house, "phil")["position"]

    def elsewhere(route: Route) -> None:
        told = json.loads(route.fetch().body())
        told["passkeys"][0]["added_position"] = place - 1
        route.fulfill(json=told)

    olga.route("**/v1/agents/phil", elsewhere)
    olga.goto(f"{house.url}/app/audit/entry/{authorised(house)['position']}")
    expect(olga.get_by_role("alert").get_by_text("BROKEN: the e-signature does not hold")).to_be_visible()
    expect(olga.get_by_text(f"Entry {place - 1} does not add this passkey for phil.").first).to_be_visible()
    screens(olga, "audit-passkey-broken", settle=_at_the_sides)


def test_at_an_address_of_numbers_no_passkey_is_made_and_the_screen_says_why(
    house: House, phil: Person
) -> None:
    numbers = phil.page
    VirtualAuthenticator(numbers)
    context, house.url = phil.context, house.url.replace("localhost", "127.0.0.1")
    page = enrolled(house, context, "phil", by="ada")
    page.goto(f"{house.url}/app/passkey")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("No passkey was made.")).to_be_visible()
    expect(page.get_by_text("A passkey needs the app's own address")).to_be_visible()
    screens(page, "passkey-not-made")


def test_in_german_the_devices_own_screens_have_room_for_their_values(house: House, phil: Person) -> None:
    page = phil.page
    page.goto(f"{house.url}/app/settings")
    page.get_by_label("Deutsch").check()
    expect(page.get_by_text("Unterschreiben mit Finger, Gesicht oder PIN")).to_be_visible()
    narrowest = page.locator(".facts dd").evaluate_all("all => Math.min(...all.map(one => one.clientWidth))")
    assert narrowest > 140  # of a phone's 390
    axe(page)
    page.get_by_role("button", name="Passkey", exact=True).click()
    expect(page.get_by_role("button", name="Passkey erzeugen")).to_be_visible()
    axe(page)


def _from_the_top(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")


def _at_the_signature(page: Page) -> None:
    page.locator("form.esign").first.scroll_into_view_if_needed()


def _at_the_sides(page: Page) -> None:
    page.locator(".proof-steps li", has_text="Asked again").scroll_into_view_if_needed()
