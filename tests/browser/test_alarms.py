"""Alarms reach whoever works with the app: seen on every screen, answered, and said to be missing offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.lab import Sit
from tests.browser.screens import listen, screens
from tests.e2e.feed_stage import until
from tests.e2e.house import House, open_house, seeded
from tests.live_stage import Recording, collected, enrol_logger, pack, profiled

ROAD, BAG = "isbt128:CHA999926000021", "ROAD-F1"
GOOD, WARM = 500, 1_240


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    """A bag on the road with its logger."""
    scenario = seeded(tmp_path)
    enrol_logger(scenario)
    profiled(scenario)
    collected(scenario, ROAD, BAG, "patient-9")
    pack(scenario, ROAD, BAG)
    with open_house(scenario, built) as house:
        yield house


def send(house: House, raw: bytes) -> None:
    headers = {"content-type": "application/cbor-seq"}
    answer = httpx.post(f"{house.url}/v1/readings", content=raw, headers=headers).raise_for_status().json()
    assert answer["refused"] == []


def strip(page: Page) -> object:
    return page.locator("header .state a", has_text="alarm")


def test_an_alarm_is_seen_on_every_screen_answered_by_keyboard_and_over_when_it_is(
    house: House, sit: Sit
) -> None:
    recording = Recording(house.scenario)
    quinn, mia = sit(), sit("mia")
    heard = listen(quinn.page)
    expect(strip(quinn.page)).to_have_count(0)
    send(house, recording.packet([WARM], 0, tilt_deg=2))
    for desk in (quinn, mia):
        expect(strip(desk.page)).to_contain_text(f"1 alarm: {BAG} is out of band: 12.40 °C")
    screens(quinn.page, "home-alarm")
    quinn.open()  # another screen, drawn anew
    strip(quinn.page).focus()
    quinn.page.keyboard.press("Enter")
    quinn.sees("Nobody has seen it")
    screens(quinn.page, "alarms")
    quinn.page.get_by_role("button", name="I look after it").focus()
    quinn.page.keyboard.press("Enter")
    for desk in (quinn, mia):
        strip(desk.page).click()
        desk.sees("Seen by quinn")
    send(house, recording.packet([GOOD], 1, tilt_deg=2))
    for desk in (quinn, mia):
        desk.sees("No alarm stands")
        expect(strip(desk.page)).to_have_count(0)
    assert heard.errors == []


def test_offline_it_says_so_and_nothing_is_lost(house: House, sit: Sit) -> None:
    recording = Recording(house.scenario)
    quinn = sit()
    send(house, recording.packet([WARM], 0))
    expect(strip(quinn.page)).to_be_visible()
    house.close()  # the server, or the network: the page cannot tell
    quinn.sees("No alarm reaches this device now")
    expect(strip(quinn.page)).to_be_visible()
    house.open(house.build)
    send(house, recording.packet([GOOD], 1))
    send(house, recording.packet([GOOD], 2, tilt_deg=80))
    expect(strip(quinn.page)).to_contain_text("logger-7 lies tilted by 80°")
    quinn.sees_no("No alarm reaches this device now")


def test_it_sounds_only_after_somebody_said_so(house: House, sit: Sit) -> None:
    quinn = sit()
    quinn.page.evaluate(
        "() => { window.shaken = 0; navigator.vibrate = () => { window.shaken += 1; return true; }; }"
    )
    quinn.page.get_by_role("link", name="Alarms").click()
    recording = Recording(house.scenario)
    send(house, recording.packet([WARM], 0))
    quinn.sees("is out of band")
    assert quinn.page.evaluate("window.shaken") == 0
    quinn.choose("Sound and vibrate, too")
    assert quinn.page.evaluate("window.shaken") == 1
    send(house, recording.packet([GOOD], 1))
    send(house, recording.packet([WARM], 2))
    expect(quinn.page.locator("section.card h2")).to_have_count(1)
    until(lambda: quinn.page.evaluate("window.shaken") == 2)  # the page's policy lets nothing wait inside it
