"""A courier's day: a list, a basement, a browser that dies, a hand-over between two phones."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from ledger.domain.times import milliseconds
from ledger.domain.world import timestamp
from tests.browser.chromium import PHONE, kill, phone
from tests.browser.people import enrolled, keep_whole_app, label, link_on, scanned, serial_of, statements
from tests.browser.screens import axe, listen, screens
from tests.e2e.api_stage import OTHER
from tests.e2e.house import House, open_house, seeded
from tests.label_stage import issue
from tests.scenario import APHERESIS, VAN

STREAM = f"chain/{OTHER}"
BAGS = [f"OTHER-B{number:02}" for number in range(50)]
WAITED_MS = 1000
ROUNDS = [BAGS[start : start + 5] for start in range(0, 50, 5)]


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    """Fifty bags of one therapy are with apheresis; each may be released."""
    scenario = seeded(tmp_path)
    new = [{"container": bag, "volume_ul": 10_000} for bag in BAGS]
    scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, containers=new,
                 ended_at=timestamp(scenario.clock()))  # fmt: skip
    serials = [serial_of(bag) for bag in BAGS]
    scenario.say("anna", STREAM, "LabelIssued", at=APHERESIS, serials=serials)
    with open_house(scenario, built) as house:
        yield house


def released(house: House, *containers: str) -> str:
    """Apheresis hands these over to the van; the release's id."""
    parties = {"giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    answer = house.scenario.say("anna", STREAM, "CustodyReleased", containers=list(containers), **parties)
    return answer.statement_id.hex()


def genuine(house: House, *bags: str) -> list[str]:
    """Labels with checks that the ledger knows, on these bags: what their codes say."""
    serials = [f"L000{number}" for number, _ in enumerate(bags, 1)]
    for serial, bag in zip(serials, bags, strict=True):
        issue(house.scenario, OTHER, serial, container=bag, by="anna", at=APHERESIS)
        house.scenario.say("anna", STREAM, "LabelApplied", at=APHERESIS, serial=serial, container=bag)
    return [link_on(house, serial, bag) for serial, bag in zip(serials, bags, strict=True)]


def acting_for(page: Page, party: dict[str, str]) -> None:
    page.get_by_role("link", name="Hand over").click()
    page.get_by_label("Site").fill(party["site"])
    page.get_by_label("Department").fill(party["department"])
    page.get_by_role("button", name="Continue").click()


def takes(house: House, page: Page, bags: list[str]) -> None:
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("heading", name="Scan each bag that you take")).to_be_visible()
    scanned(page, *(label(house, bag) for bag in bags))
    expect(page.get_by_text(f"{len(bags)} bags scanned")).to_be_visible()
    page.get_by_label("Intact").check()
    page.get_by_role("button", name="Sign: I took").click()


def accepted(house: House) -> list[dict[str, Any]]:
    return [one for one in statements(house, STREAM) if one["type"] == "CustodyAccepted"]


def test_fifty_scans_in_a_basement_and_a_browser_that_dies_twice_all_arrive_once_and_in_order(
    playwright: Playwright, house: House, built: Path, tmp_path: Path
) -> None:
    for bags in ROUNDS:
        released(house, *bags)
    profile = tmp_path / "profile"
    with phone(playwright, profile, locale="en-GB") as context:
        page = enrolled(house, context, "kit", by="cleo")
        keep_whole_app(page)
        acting_for(page, VAN)
        expect(page.get_by_role("heading", name="On offer to you 50")).to_be_visible()
        house.close()
        _sign_rounds(house, page, ROUNDS[:4])
        kill(profile)
    with phone(playwright, profile, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{house.url}/app/courier")
        expect(page.get_by_text("4 not yet sent")).to_be_visible()
        expect(page.get_by_role("heading", name="With you 20")).to_be_visible()
        _sign_rounds(house, page, ROUNDS[4:])
        expect(page.get_by_text("10 not yet sent")).to_be_visible()
        kill(profile)
    house.open(built)
    with phone(playwright, profile, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{house.url}/app/outbox")
        expect(page.get_by_text("Nothing waits.")).to_be_visible(timeout=30_000)
    told = accepted(house)
    assert [one["containers"] for one in told] == ROUNDS
    assert [one["seq"] for one in told] == list(range(10))
    assert {one["signer"] for one in told} == {"kit"}
    assert not [one for one in statements(house, STREAM) if one["type"] == "DeviationRaised"]
    chain = house.scenario.ledger.world_at().chain(OTHER)
    assert {chain.containers[bag].custody.holder.site for bag in BAGS} == {VAN["site"]}  # type: ignore[union-attr]


def _sign_rounds(house: House, page: Page, rounds: list[list[str]]) -> None:
    for bags in rounds:
        takes(house, page, bags)
        expect(page.get_by_text("Signed and kept on this device")).to_be_visible()
        page.get_by_role("button", name="Done").click()


def test_what_was_signed_without_a_network_keeps_the_time_at_which_it_happened(
    browser: Browser, house: House, built: Path
) -> None:
    released(house, *BAGS[:2])
    context = browser.new_context(**PHONE, locale="en-GB")
    page = enrolled(house, context, "kit", by="cleo")
    acting_for(page, VAN)
    expect(page.get_by_role("heading", name="On offer to you 2")).to_be_visible()
    house.close()
    takes(house, page, BAGS[:2])
    expect(page.get_by_text("Signed and kept on this device")).to_be_visible()
    time.sleep(2 * WAITED_MS / 1000)
    context.route("**/v1/statements", lambda route: route.abort())  # else it may send by itself before
    house.open(built)
    page.get_by_role("link", name="1 not yet sent").click()
    send = page.get_by_role("button", name="Send now")
    expect(send).to_be_visible()
    context.unroute("**/v1/statements")
    send.click()
    expect(page.get_by_text("In the log as entry")).to_be_visible()
    (told,) = accepted(house)
    entry = house.scenario.ledger.store.entries(told["position"], told["position"] + 1)[0]
    assert entry.recorded_ms - milliseconds(told["occurred_at"]) >= WAITED_MS  # of whole seconds
    context.close()


def test_a_release_is_shown_from_phone_to_phone_without_a_network(
    browser: Browser, house: House, built: Path
) -> None:
    """Anna's phone shows its release as codes; Kit's reads them and accepts under the release's id."""
    phones: list[tuple[BrowserContext, Page]] = []
    for agent, by in (("anna", "ada"), ("kit", "cleo")):
        context = browser.new_context(**PHONE, locale="en-GB", device_scale_factor=3)
        phones.append((context, enrolled(house, context, agent, by)))
    (_, annas), (_, kits) = phones
    acting_for(annas, APHERESIS)
    acting_for(kits, VAN)
    expect(annas.get_by_role("heading", name="With you 51")).to_be_visible()
    house.close()
    annas.get_by_role("button", name="Hand over").click()
    scanned(annas, *(label(house, bag) for bag in BAGS[:3]))
    annas.get_by_label("Site").fill(VAN["site"])
    annas.get_by_label("Department").fill(VAN["department"])
    annas.get_by_label("Intact").check()
    annas.get_by_role("button", name="Sign: I hand").click()
    expect(annas.get_by_role("heading", name="Show this to whoever takes them")).to_be_visible()
    shown = annas.locator("svg.qr")
    texts = _codes(annas, shown)
    kits.get_by_role("button", name="Take over").click()
    scanned(kits, *texts)
    expect(kits.get_by_text("The release on the other phone was taken over. It is not yet")).to_be_visible()
    scanned(kits, *(label(house, bag) for bag in BAGS[:3]))
    shown_by_a_phone = "Shown by a phone, not yet in the ledger: from apheresis · st-mary"
    expect(kits.get_by_text(shown_by_a_phone)).to_have_count(3)
    expect(kits.get_by_text("doesn't know the signer's key")).to_have_count(3)
    expect(kits.locator(".ok")).to_have_count(0)  # nothing is green that the ledger has not confirmed
    axe(kits)
    kits.get_by_label("Intact").check()
    kits.get_by_role("button", name="Sign: I took").click()
    expect(kits.get_by_text("Signed and kept on this device")).to_be_visible()
    house.open(built)
    kits.goto(f"{house.url}/app/outbox")  # Kit's phone brings both halves
    expect(kits.get_by_text("Nothing waits.")).to_be_visible(timeout=30_000)
    released_, taken = [one for one in statements(house, STREAM) if one["type"].startswith("Custody")]
    assert (released_["signer"], taken["signer"]) == ("anna", "kit")
    assert taken["containers"] == released_["containers"] == BAGS[:3]
    assert house.scenario.ledger.world_at().statement(OTHER, taken["release"]) is not None
    for context, _ in phones:
        context.close()


def _codes(page: Page, shown: Any) -> set[str]:
    """What a camera reads from the screen until it has every part; the screen turns by itself."""
    texts: set[str] = set()
    parts = int(page.get_by_text(re.compile(r"of \d+$")).inner_text().split()[-1])
    for _ in range(20 * parts):
        shown.evaluate("code => code.scrollIntoView({ block: 'center' })")
        texts |= {one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(shown.screenshot())))}
        if len(texts) == parts:
            return texts
        page.get_by_role("button", name="Next").click()
    raise AssertionError(f"{len(texts)} of {parts} codes read")


def test_a_bag_that_leaks_is_refused_with_a_reason_and_stays_with_the_giver(
    context: BrowserContext, house: House
) -> None:
    release = released(house, *BAGS[:1])
    page = enrolled(house, context, "kit", by="cleo")
    acting_for(page, VAN)
    page.get_by_role("button", name="Take over").click()
    scanned(page, label(house, BAGS[0]))
    page.get_by_role("button", name="Refuse").click()
    page.get_by_label("A bag leaks").check()
    page.get_by_role("button", name="Sign: I refuse").click()
    expect(page.get_by_text("In the log")).to_be_visible()
    (told,) = [one for one in statements(house, STREAM) if one["type"] == "CustodyRefused"]
    assert (told["release"], told["reason"]) == (release, "leaking")
    chain = house.scenario.ledger.world_at().chain(OTHER)
    assert chain.containers[BAGS[0]].custody.holder.site == APHERESIS["site"]  # type: ignore[union-attr]


def test_a_bag_that_no_release_is_known_of_is_claimed_from_whoever_gave_it(
    context: BrowserContext, house: House
) -> None:
    page = enrolled(house, context, "kit", by="cleo")
    acting_for(page, VAN)
    page.get_by_role("button", name="Take over").click()
    scanned(page, label(house, BAGS[0]))
    page.get_by_label("Chain of identity").fill(OTHER.removeprefix("isbt128:"))
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Site").fill(APHERESIS["site"])
    page.get_by_label("Department").fill(APHERESIS["department"])
    page.get_by_label("Intact").check()
    page.get_by_role("button", name="Sign: I took").click()
    expect(page.get_by_text("In the log")).to_be_visible()
    (told,) = accepted(house)
    assert (told["release"], told["giver"]) == (None, APHERESIS)


def test_a_time_is_shown_in_utc_by_a_press_and_by_the_keyboards_focus(
    context: BrowserContext, house: House
) -> None:
    page = enrolled(house, context, "kit", by="cleo")
    acting_for(page, VAN)
    time_ = page.get_by_role("main").get_by_role("button").filter(has=page.locator("time")).first
    expect(time_).to_have_attribute("aria-expanded", "false")
    utc = time_.locator(".utc")
    expect(utc).to_be_hidden()
    time_.tap()
    expect(utc).to_have_text(re.compile(r"= \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"))
    expect(utc).to_be_visible()
    time_.tap()
    expect(utc).to_be_hidden()
    page.evaluate("document.activeElement?.blur()")
    for _ in range(20):
        page.keyboard.press("Tab")
        if utc.is_visible():
            return
    raise AssertionError("no focus shows it")


def test_a_list_says_why_it_is_not_there(browser: Browser, house: House, built: Path) -> None:
    """No network, a ledger in trouble, nobody signed in: three things, and three things to do."""
    context = browser.new_context(**PHONE, locale="en-GB")
    page = enrolled(house, context, "kit", by="cleo")
    in_trouble = {"status": 503, "content_type": "application/problem+json", "body": '{"code": "closing"}'}
    page.route("**/v1/custody**", lambda route: route.fulfill(**in_trouble))
    acting_for(page, VAN)
    expect(page.get_by_text("The ledger has trouble, and gave no list")).to_be_visible()
    page.unroute_all()
    house.close()
    page.goto(f"{house.url}/app/courier")
    expect(page.get_by_text("No network: the ledger cannot be reached")).to_be_visible(timeout=40_000)
    house.open(built)
    page.goto(f"{house.url}/app/settings")
    page.get_by_role("button", name="Lock this device").click()
    page.get_by_text("This device's key is locked.").wait_for()
    page.goto(f"{house.url}/app/courier")
    expect(page.get_by_text("You are not signed in, so the ledger shows no list")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()


def test_every_screen_of_a_courier_is_quiet_and_accessible(context: BrowserContext, house: House) -> None:
    released(house, *BAGS[:3])
    page = enrolled(house, context, "kit", by="cleo")
    heard = listen(page)
    screens(page, "home-courier")
    acting_for(page, VAN)
    expect(page.get_by_role("heading", name="On offer to you 3")).to_be_visible()
    screens(page, "courier-list")
    links = genuine(house, *BAGS[:3])
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("No camera was found")).to_be_visible()  # it would stand over the verdict
    scanned(page, *links)
    expect(page.locator(".said")).to_contain_text("Match")  # released to this van, under labels in force
    screens(page, "courier-take")
    page.get_by_role("button", name="Refuse").click()
    screens(page, "courier-refuse")
    page.goto(f"{house.url}/app/outbox")
    screens(page, "outbox-empty")
    page.goto(f"{house.url}/app/settings")
    screens(page, "settings")
    page.goto(f"{house.url}/app/courier/where")
    screens(page, "courier-where")
    assert heard.errors == []
    assert heard.elsewhere(house.url) == []
