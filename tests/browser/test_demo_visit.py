"""One click makes a browser a person of the demo: a courier with bags on offer, an auditor, a nurse."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from clients.demo.cast import FIRST, FOURTH, OFFERED
from clients.demo.visitors import PASSPHRASE, address
from ledger.labels.scanback import texts_in
from tests.browser.people import scanned
from tests.browser.screens import axe, listen
from tests.e2e.house import House
from tests.e2e.test_demo import DEMO

PATIENCE_MS = 60_000  # a key is sealed under 600,000 rounds, on a busy machine
Place = tuple[int, Path]  # the demo's port, and the folder of things to scan


@pytest.fixture(scope="module")
def demo(playwright: Playwright, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    kept = tmp_path_factory.mktemp("visit") / "kept"
    with subprocess.Popen([*DEMO, "--keep", str(kept)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = ""
        while "To end" not in said:
            line = running.stdout.readline()
            assert line, said[-2000:]
            said += line
        (port,) = set(re.findall(r"http://kit\.localhost:(\d+)/", said))
        yield int(port), kept / "to-scan"
        running.send_signal(signal.SIGINT)
        running.stdout.read()


def visits(context: BrowserContext, demo: Place, agent: str) -> Page:
    """Open the printed address; what it did is told there, and it hurts nobody."""
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    heard = listen(page)
    page.goto(address(agent, demo[0]))
    page.get_by_role("link", name=f"Go on as {agent.capitalize()}").wait_for()
    expect(page.get_by_text(PASSPHRASE)).to_be_visible()
    expect(page.get_by_text("approved it: entry")).to_be_visible()
    axe(page)
    page.get_by_role("link", name=f"Go on as {agent.capitalize()}").click()
    assert heard.errors == []
    return page


def test_kit_lands_among_the_bags_on_offer_and_takes_one_over_by_its_label(
    context: BrowserContext, demo: Place
) -> None:
    page = visits(context, demo, "kit")
    expect(page.get_by_role("heading", name=f"On offer to you {len(OFFERED)}")).to_be_visible()
    for bag in OFFERED:
        expect(page.get_by_text(bag)).to_be_visible()
    page.get_by_role("button", name="Take over").click()
    (link,) = texts_in((demo[1] / "codes" / f"{OFFERED[0]}.png").read_bytes())
    scanned(page, link)
    page.get_by_label("Intact").check()
    page.get_by_role("button", name="Sign: I took").click()
    expect(page.get_by_text("In the log")).to_be_visible()


def test_the_second_visit_goes_straight_to_work(context: BrowserContext, demo: Place) -> None:
    page = visits(context, demo, "audrey")
    page.goto(address("audrey", demo[0]))
    page.wait_for_url(f"**/app/audit/therapy/{FIRST.coi}")


def test_audrey_lands_in_the_first_patients_therapy(context: BrowserContext, demo: Place) -> None:
    page = visits(context, demo, "audrey")
    expect(page.get_by_role("heading", name=FIRST.coi.partition(":")[2])).to_be_visible()
    expect(page.get_by_text(FIRST.fresh).first).to_be_visible()


def test_nora_has_the_hospitals_patient_keys_and_stands_on_her_ward(
    context: BrowserContext, demo: Place
) -> None:
    page = visits(context, demo, "nora")
    page.wait_for_url("**/app/bedside")
    expect(page.locator("h1")).to_be_visible()
    acting = page.evaluate("JSON.parse(localStorage.getItem('unbroken.acting'))")
    assert acting == {"site": "st-mary", "department": "ward-5"}
    page.goto(address("nora", demo[0]).replace("/app/demo.html#nora", f"/app/audit/therapy/{FOURTH.coi}"))
    expect(page.get_by_role("heading", name=FOURTH.coi.partition(":")[2])).to_be_visible()


def test_an_address_belongs_to_one_person(context: BrowserContext, demo: Place) -> None:
    page = visits(context, demo, "kit")
    page.goto(address("kit", demo[0]).replace("#kit", "#nils"))
    page.reload()
    expect(page.get_by_text("This address belongs to Kit")).to_be_visible()


def test_where_there_is_no_demo_the_page_says_so_and_does_nothing(live: House, page: Page) -> None:
    page.goto(f"{live.url}/app/demo.html#kit")
    expect(page.get_by_text("There is no demo here")).to_be_visible()
    stores = page.evaluate("""() => new Promise(done => {
      const asked = indexedDB.open("unbroken");
      asked.onsuccess = () => {
        const got = asked.result.transaction("device").objectStore("device").getAllKeys();
        got.onsuccess = () => done(got.result);
      };
    })""")
    assert "key" not in stores
