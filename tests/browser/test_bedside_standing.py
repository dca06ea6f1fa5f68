"""A bag that may be given, or was authorised: what still stands on the screen as the network, the hour or the
ledger's answer goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route, expect

from tests.browser.people import statements
from tests.browser.ward import (
    COI,
    FIRST,
    STREAM,
    Arrive,
    checked_by_two,
    two_bags,
)
from tests.e2e.house import House, open_house, seeded

GO = "Authorised: this bag may be given"
TEN_MINUTES_MS = 10 * 60_000
SOON_MS = 3_000  # before a look without an answer has ended
CLOSES_IN_S = 12
THERAPY = re.compile(rf"/v1/chains/{re.escape(COI)}$")


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path, keys: Path) -> Iterator[House]:
    """One bag that a physician may authorise now: thawed, and checked by two nurses."""
    scenario = seeded(tmp_path)
    two_bags(scenario, keys)
    checked_by_two(scenario, keys)
    with open_house(scenario, built) as house:
        yield house


def lost(route: Route) -> None:
    route.abort()


def authorise(house: House) -> None:
    house.scenario.say("phil", STREAM, "InfusionAuthorised", chain_version=house.scenario.version(COI),
                       site="st-mary", container=FIRST)  # fmt: skip


def test_a_network_that_goes_while_the_bag_is_looked_at_leaves_nothing_green(
    house: House, arrive: Arrive
) -> None:
    authorise(house)
    nora = arrive("nora")
    nora.at_bag(FIRST)
    nora.sees(GO)
    nora.context.route(THERAPY, lost)
    with nora.page.expect_event("requestfailed", lambda one: bool(THERAPY.search(one.url)), timeout=60_000):
        house.scenario.say("quinn", STREAM, "Quarantined", containers=["WARD-D2"], reason="audit")
    nora.sees(GO)
    nora.context.route("**/*", lost)
    nora.sees("Not checked now", timeout=40_000)
    expect(nora.page.get_by_text(GO)).to_have_count(0)


def test_an_answer_of_ten_minutes_ago_turns_old_without_waiting_for_another(
    house: House, arrive: Arrive
) -> None:
    authorise(house)
    nora = arrive("nora")
    nora.context.clock.install()
    nora.at_bag(FIRST)
    nora.sees(GO)
    nora.context.route("**/*", lambda _: None)  # no answer, and no refusal
    nora.context.clock.fast_forward(TEN_MINUTES_MS + 1_000)
    nora.sees("Not checked now", timeout=SOON_MS)
    expect(nora.page.get_by_text(GO)).to_have_count(0)


def test_a_window_that_closes_takes_the_go_with_it(house: House, arrive: Arrive) -> None:
    """The ledger's gates are left open, so that it is the screen's own clock that shuts it."""
    authorise(house)
    nora = arrive("nora")
    nora.at_bag(FIRST)
    nora.sees(GO)
    closes_at = nora.page.evaluate(f"new Date(Date.now() + {CLOSES_IN_S} * 1000).toISOString()")

    def closing(route: Route) -> None:
        said = route.fetch().json()
        said["window"]["closes_at"] = closes_at
        route.fulfill(json=said)

    nora.context.route(f"**/v1/containers/{FIRST}", closing)
    house.scenario.say("quinn", STREAM, "Quarantined", containers=["WARD-D2"], reason="audit")
    nora.sees("CLOSED", timeout=(CLOSES_IN_S + 10) * 1000)
    expect(nora.page.get_by_text(GO)).to_have_count(0, timeout=2_000)
    nora.sees("This bag is not to be given now")


def test_an_authorisation_that_got_no_answer_is_signed_and_kept_and_not_asked_for_again(
    house: House, arrive: Arrive
) -> None:
    phil = arrive("phil")
    phil.at_bag(FIRST)
    phil.context.route("**/v1/statements", lost)
    phil.sign("Authorise: sign")
    phil.sees("Signed and kept on this device")
    phil.page.wait_for_timeout(5_000)  # another look
    phil.sees("Signed and kept on this device")
    assert phil.page.get_by_role("button", name="Authorise: sign").count() == 0
    phil.context.unroute("**/v1/statements")
    phil.sees("The infusion is authorised", timeout=60_000)
    said = [one for one in statements(house, STREAM) if one["type"] == "InfusionAuthorised"]
    assert [one["signer"] for one in said] == ["phil"]
