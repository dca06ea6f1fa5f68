"""Badge, wristband, bag: what may lie between them, and how each may be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from clients.patients import commitments, load_keys
from tests.browser.people import scanned, statements
from tests.browser.ward import (
    COI,
    FIRST,
    PERSON,
    STREAM,
    WRISTBAND,
    Person,
    label_of,
    two_bags,
)
from tests.e2e.house import House, open_house, seeded
from tests.scenario import WARD, ordered

OTHER_COI = "isbt128:CHA999926000008"
MINUTE_MS = 60_000
IDLE_MS = 14_000  # three of the bedside's looks at the log's head


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path, keys: Path) -> Iterator[House]:
    scenario = seeded(tmp_path)
    two_bags(scenario, keys)
    with open_house(scenario, built) as house:
        yield house


@pytest.fixture
def nora(house: House, browser: Browser, keys: Path) -> Iterator[Person]:
    person = Person(house, browser, "nora", keys)
    yield person
    person.close()


def test_a_bag_two_minutes_after_the_wristband_needs_the_wristband_again(house: House, nora: Person) -> None:
    nora.context.clock.install()
    nora.begin()
    nora.wristband()
    expect(nora.heading("Scan the label on the bag")).to_be_visible()
    nora.context.clock.fast_forward(2 * MINUTE_MS + 1_000)
    nora.bag(label_of(house, FIRST))
    nora.sees("More than two minutes lay between wristband and bag.")
    nora.wristband()
    nora.context.clock.fast_forward(MINUTE_MS)
    nora.bag(label_of(house, FIRST))
    expect(nora.heading("This bag")).to_be_visible()


def test_setting_the_devices_clock_back_makes_the_two_minutes_no_longer(house: House, nora: Person) -> None:
    nora.context.clock.install()
    nora.begin()
    nora.wristband()
    expect(nora.heading("Scan the label on the bag")).to_be_visible()
    nora.page.evaluate("const now = Date.now; Date.now = () => now() - 60 * 60_000;")
    nora.bag(label_of(house, FIRST))
    nora.sees("More than two minutes lay between wristband and bag.")


def test_a_window_is_counted_by_the_ledgers_clock_whatever_the_devices_says(
    house: House, nora: Person
) -> None:
    house.scenario.say("nora", STREAM, "ThawStarted", at=WARD, containers=[FIRST], labels=["L0001"])
    nora.context.add_init_script("const now = Date.now; Date.now = () => now() - 20 * 60_000;")
    nora.at_bag(FIRST)
    rest = nora.page.get_by_role("timer")  # an hour, which began just now
    expect(rest).to_have_text(re.compile(r"^\s*5[89]:\d\d$"))
    expect(nora.page.get_by_text("this device's own clock")).to_have_count(0)


def test_of_several_therapies_of_one_patient_the_order_says_which(
    house: House, nora: Person, keys: Path
) -> None:
    patient = commitments(PERSON, load_keys(keys))
    order = ordered("nobody") | {"patient": patient}
    house.scenario.say("carl", f"chain/{OTHER_COI}", "TherapyOrdered", **order)
    nora.begin()
    nora.wristband()
    nora.sees("This patient has several open therapies.")
    nora.scan("Scan the chain of identity on the order", "&/CHA999926000002")  # another patient's
    nora.sees("Does not match")
    nora.press("Scan again")
    scanned(nora.page, "&/" + COI.removeprefix("isbt128:"))
    nora.bag(label_of(house, FIRST))
    expect(nora.heading("This bag")).to_be_visible()
    nora.sees("Match: wristband and therapy")


def test_the_bag_of_the_patients_other_therapy_stops(house: House, nora: Person, keys: Path) -> None:
    patient = commitments(PERSON, load_keys(keys))
    order = ordered("nobody") | {"patient": patient}
    house.scenario.say("carl", f"chain/{OTHER_COI}", "TherapyOrdered", **order)
    nora.begin()
    nora.wristband()
    nora.scan("Scan the chain of identity on the order", "&/" + OTHER_COI.removeprefix("isbt128:"))
    nora.bag(label_of(house, FIRST))
    nora.stopped("WRONG BAG")


def test_a_wristband_that_is_typed_twice_stands_in_the_check_with_its_reason(
    house: House, nora: Person
) -> None:
    nora.begin()
    expect(nora.heading("Scan the patient's wristband")).to_be_visible()
    nora.press("Type instead")
    nora.page.get_by_label("The code is damaged").check()
    nora.page.get_by_label("As printed").fill(WRISTBAND)
    nora.press("Continue")
    nora.page.get_by_label("Once more").fill(WRISTBAND.replace("4711", "4712"))
    nora.press("Continue")
    nora.sees("The two entries differ.")
    nora.page.get_by_label("Once more").fill(WRISTBAND)
    nora.press("Continue")
    nora.bag(label_of(house, FIRST))
    nora.sign("I read wristband and bag myself: sign")
    nora.sees("Your check is in the log")
    (check,) = [one for one in statements(house, STREAM) if one["type"] == "InfusionChecked"]
    assert (check["method"], check["typed_reason"]) == ("typed", "symbol_damaged")


def test_a_code_that_names_no_bag_is_not_taken_for_the_bag(nora: Person) -> None:
    nora.begin()
    nora.wristband()
    nora.bag("&/" + COI.removeprefix("isbt128:"))
    nora.sees("This code names no bag.")
    expect(nora.heading("Scan the label on the bag")).to_be_visible()


def test_while_the_log_stands_still_a_bedside_asks_for_its_head_alone(house: House, nora: Person) -> None:
    nora.at_bag(FIRST)
    nora.page.wait_for_timeout(IDLE_MS)  # the looks at a new head are over
    asked: list[str] = []
    nora.page.on("request", lambda one: asked.append(one.url.removeprefix(house.url)))
    nora.page.wait_for_timeout(IDLE_MS)
    assert set(asked) == {"/log/checkpoint"}
    assert len(asked) <= IDLE_MS // 4_000 + 1
    house.scenario.say("quinn", STREAM, "Quarantined", containers=[FIRST], reason="audit")
    nora.sees("is in quarantine (audit)")
