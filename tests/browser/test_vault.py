"""The hospital's vault in the app: at a bed with a network and without one, and who looked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from api.vault.rights import subject_of
from ledger.domain.parts import Commitment
from tests.browser.chromium import PHONE
from tests.browser.people import enrolled, statements
from tests.browser.screens import screens
from tests.browser.test_bedside import EVERYTHING_KEPT
from tests.browser.ward import COI, FIRST, PERSON, SECOND, STREAM, Person, two_bags
from tests.e2e.house import House, open_house, seeded
from tests.scenario import WARD
from tests.vaulting import vault_in

ENTRY = subject_of(COI, "st-mary-trust")
KEPT_SEALED = """() => new Promise(done => {
  indexedDB.open("unbroken").onsuccess = ({ target: { result: db } }) => {
    db.transaction("device").objectStore("device").get("therapies").onsuccess = ({ target }) => {
      const keys = Object.values(target.result).flatMap(one => Object.values(one.keys));
      done(keys.length === 2 && keys.every(one => !one.extractable));
    };
  };
})"""


class Nurse(Person):
    """With a phone, and without a file of keys."""

    def __init__(self, house: House, browser: Browser, agent: str) -> None:
        self.house, self.agent = house, agent
        self.context: BrowserContext = browser.new_context(
            **PHONE, locale="en-GB", timezone_id="Europe/London"
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = enrolled(house, self.context, agent, by="ada")
        self.page.goto(f"{house.url}/app/bedside/where")
        self.page.get_by_label("Department").fill(WARD["department"])
        self.page.get_by_role("button", name="Continue").click()


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    scenario = seeded(tmp_path)
    vault = vault_in(tmp_path, scenario)
    vault.enter(ENTRY, "st-mary-trust", PERSON)
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({name: key.hex() for name, key in vault.field_keys(ENTRY).items()}))
    two_bags(scenario, keys)
    with open_house(scenario, built, vault=vault) as house:
        yield house


@pytest.fixture
def nora(house: House, browser: Browser) -> Iterator[Nurse]:
    nurse = Nurse(house, browser, "nora")
    yield nurse
    nurse.close()


def looked(house: House) -> list[tuple[str, str]]:
    assert house.vault
    return [(one.agent, one.what) for one in house.vault.rows.accesses(None, 100)]


def test_with_a_network_a_nurse_needs_no_keys_and_the_check_matches(house: House, nora: Nurse) -> None:
    nora.at_bag(FIRST)
    assert ("nora", "matched") in looked(house)
    kept = nora.page.evaluate(EVERYTHING_KEPT)
    assert not any(value in kept for value in PERSON.values())
    nora.press("Thaw started: record it")
    nora.sees("Time left. The window closes at")
    nora.press("Thaw complete: record it")
    nora.sign("I read wristband and bag myself: sign")
    nora.sees("Your check is in the log")
    (check,) = [one for one in statements(house, STREAM) if one["type"] == "InfusionChecked"]
    assert house.scenario.ledger.world_at().chain(COI).matches(Commitment(**one) for one in check["patient"])


def test_a_wristband_that_the_vault_does_not_know_stops_everything(nora: Nurse) -> None:
    nora.begin()
    nora.wristband("MRN-0815|1970-01-01")
    nora.stopped("NO THERAPY")


def test_without_a_network_the_keys_that_were_fetched_before_do_it(house: House, nora: Nurse) -> None:
    page = nora.page
    page.goto(f"{house.url}/app/bedside/keys")
    page.get_by_label("Chain of identity of the therapy").fill(COI)
    page.get_by_role("button", name="Fetch for this shift").click()
    nora.sees("On this device")
    nora.sees(COI)
    assert ("nora", "keys") in looked(house)
    assert page.evaluate(KEPT_SEALED)
    screens(page, "bedside-vault")
    nora.at_bag(FIRST)  # once with a network: what the ledger says of this wristband is kept
    house.close()
    nora.next_bag(SECOND)  # the same commitments, made here: so it is the same therapy
    house.open(house.build)


def test_an_auditor_sees_who_looked_and_why_and_no_identifier(
    house: House, nora: Nurse, browser: Browser
) -> None:
    nora.begin()
    nora.wristband()
    expect(nora.heading("Scan the label on the bag")).to_be_visible()
    context = browser.new_context(**PHONE, locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(15_000)
    page = enrolled(house, context, "audrey", by="ada")
    page.goto(f"{house.url}/app/audit")
    page.get_by_text("Who looked into the vault").click()
    expect(page.get_by_text("nora looked for a wristband's therapy")).to_be_visible()
    expect(page.get_by_text(COI).first).to_be_visible()
    body = page.inner_text("body")
    assert not any(value in body for value in PERSON.values())
    screens(page, "audit-accesses")
    context.close()
