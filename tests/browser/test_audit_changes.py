"""Two moments side by side and two orders of one story, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.domain.world import timestamp
from tests.browser.auditing import CHAIN, COI, DOSE, FRESH, audited, auditor, positions
from tests.browser.screens import listen, screens
from tests.e2e.house import House, open_house
from tests.scenario import CLEANROOM, Scenario

PATIENT_MS = 60_000  # a machine that has other work
THERAPY = f"/app/audit/therapy/{COI}"


@pytest.fixture(scope="module")
def house(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    scenario = audited(tmp_path_factory.mktemp("changes"))
    decided_without(scenario)
    with open_house(scenario, built) as house:
        yield house


def decided_without(scenario: Scenario) -> None:
    """The site confirms its batch; then a phone sends that the dose had been missed before."""
    before = timestamp(scenario.clock() - 1_800_000)
    scenario.say("quinn", CHAIN, "BatchConfirmed", chain_version=scenario.version(COI), site="northcell-1",
                 containers=[DOSE], confirmation="cd" * 32)  # fmt: skip
    scenario.say("mia", CHAIN, "ContainerLost", at=CLEANROOM, containers=[DOSE],
                 occurred_at=before)  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser, house: House) -> Iterator[Page]:
    options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "Europe/London"}
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENT_MS)
    yield auditor(context, house, "olga")
    context.close()


def opened(page: Page, house: House, view: str) -> None:
    page.goto(f"{house.url}{THERAPY}?view={view}")
    page.locator(".summary .notice.ok").wait_for()


def between(page: Page, start: int, end: int) -> None:
    """After these entries."""
    page.get_by_label("From", exact=True).select_option(str(start + 1))
    page.get_by_label("To", exact=True).select_option(str(end + 1))


def test_each_change_between_two_entries_stands_at_the_entry_that_made_it(page: Page, house: House) -> None:
    heard = listen(page)
    accepted = positions(house.scenario)["CustodyAccepted"][1]
    opened(page, house, "changes")
    between(page, accepted - 1, accepted)
    step = page.locator(".change-step", has=page.get_by_role("link", name=f"Entry {accepted}", exact=True))
    expect(step).to_contain_text("mia took bag")
    moved = step.locator(".turn", has_text=f"{FRESH}: held by")
    expect(moved.locator("del")).to_have_text("van-2 at swift-depot")
    expect(moved.locator("ins")).to_have_text("cleanroom at northcell-1")
    assert heard.errors == []


def test_two_equal_moments_have_no_difference(page: Page, house: House) -> None:
    accepted = positions(house.scenario)["CustodyAccepted"][1]
    opened(page, house, "changes")
    between(page, accepted, accepted)
    expect(page.get_by_text("Nothing changed between the two")).to_be_visible()


def test_what_a_courier_was_shown_ends_when_the_bag_is_handed_on(page: Page, house: House) -> None:
    taken = positions(house.scenario)["CustodyAccepted"][-1]
    opened(page, house, "changes")
    page.get_by_label("As it was shown to").select_option("kit")
    between(page, taken - 1, taken)
    expect(page.get_by_text("kit was not shown the therapy any more at the end")).to_be_visible()
    expect(page.locator(".turn").first).to_contain_text("no more")


def test_any_time_of_the_clock_is_a_moment_too(page: Page, house: House) -> None:
    opened(page, house, "changes")
    page.locator(".between .any-time").first.locator("summary").click()
    page.locator("#change-from-time").fill("2020-01-01T00:00:00")
    expect(page.locator(".change-step").first).to_contain_text("ordered", timeout=PATIENT_MS)


def test_the_claimed_order_moves_what_came_late_and_says_which_decision_could_not_see_it(
    page: Page, house: House
) -> None:
    lost = positions(house.scenario)["ContainerLost"][0]
    opened(page, house, "timeline")
    entry = page.locator(f"#entry-{lost}")
    expect(entry).to_contain_text("was recorded after it")
    after = "() => [...document.querySelectorAll('.told[id]')].map(one => one.id)"
    proved = page.evaluate(after)
    page.get_by_label("As is claimed").check()
    expect(entry.locator(".unseen")).to_contain_text("quinn could not have seen this: ", timeout=PATIENT_MS)
    claimed = page.evaluate(after)
    assert sorted(claimed) == sorted(proved)
    assert claimed.index(f"entry-{lost}") < proved.index(f"entry-{lost}")
    page.get_by_label("As the log proves").check()
    assert page.evaluate(after) == proved


def test_the_screens_are_accessible_and_looked_at(page: Page, house: House) -> None:
    found = positions(house.scenario)
    opened(page, house, "changes")
    between(page, found["ContainersDerived"][0] - 1, found["ContainerLost"][0])
    page.locator(".change-step").first.wait_for()
    screens(page, "audit-changes", _at_tabs)
    opened(page, house, "timeline")
    page.get_by_label("As is claimed").check()
    page.locator(".unseen").first.wait_for()
    screens(page, "audit-claimed", lambda page: page.locator(".unseen").last.scroll_into_view_if_needed())


def _at_tabs(page: Page) -> None:
    page.locator(".change-step").nth(2).scroll_into_view_if_needed()
