"""The auditor's screens in a real browser: looked up, seen as of any moment, and proved there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ledger.domain.times import milliseconds, timestamp
from tests.browser.auditing import (
    CHAIN,
    COI,
    DOSE,
    FRESH,
    POOL,
    audited,
    auditor,
    flipped,
    positions,
    without,
)
from tests.browser.screens import listen, screens
from tests.e2e.house import House, open_house

PATIENT_MS = 60_000  # a machine that has other work
THERAPY = f"/app/audit/therapy/{COI}"
Opened = Callable[[str], Page]


@pytest.fixture(scope="module")
def house(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    scenario = audited(tmp_path_factory.mktemp("audit"))
    with open_house(scenario, built) as house:
        yield house


@pytest.fixture(scope="module")
def opened(browser: Browser, house: House) -> Iterator[Opened]:
    """A page of a new device, auditor as the auditor of this name; it has looked at nothing yet."""
    contexts = []

    def new(agent: str) -> Page:
        options = {
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
            "timezone_id": "Europe/London",
        }
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(PATIENT_MS)
        return auditor(contexts[-1], house, agent)

    yield new
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def page(opened: Opened) -> Page:
    """One auditor's device for all that alters nothing."""
    return opened("olga")


def go(page: Page, house: House, path: str) -> None:
    page.goto(f"{house.url}{path}")


def checked(page: Page, tone: str = "ok") -> None:
    page.locator(f".summary .notice.{tone}").wait_for()


def count(house: House) -> int:
    return sum(len(found) for found in positions(house.scenario).values())


# --- looked up ---------------------------------------------------------------------------


def test_a_search_leads_to_the_bag_its_therapy_and_an_entry_that_is_proved_here(
    page: Page, house: House
) -> None:
    heard = listen(page)
    go(page, house, "/app/audit")
    page.get_by_label("Any identifier").fill("A9999-D")
    page.get_by_role("link", name=DOSE).click()
    page.get_by_role("button", name="Open the whole therapy").click()
    expect(page.get_by_text(f"All {count(house)} entries are proved")).to_be_visible(timeout=PATIENT_MS)
    page.get_by_role("link", name="filled").click()
    expect(page.get_by_text("Proved: this statement is entry")).to_be_visible(timeout=PATIENT_MS)
    expect(page.locator(".proof-steps .badge.ok")).to_have_count(10, timeout=PATIENT_MS)
    told_on_screen = "Failed to load resource"
    assert [one for one in heard.errors if not one.startswith(told_on_screen)] == []
    assert heard.elsewhere(house.url) == []


def test_a_scanner_that_types_a_labels_address_finds_its_bag(page: Page, house: House) -> None:
    go(page, house, "/app/audit")
    page.get_by_label("Any identifier").fill(f"HTTPS://LEDGER.EXAMPLE/B/{DOSE}.UB-000101.K7Q2M4X9K7Q2M4X9")
    expect(page.get_by_role("link", name=DOSE)).to_be_visible()


def test_what_nobody_may_see_is_not_found(page: Page, house: House) -> None:
    go(page, house, "/app/audit?q=NOSUCHBAG")
    expect(page.get_by_text("Nothing that you may see begins with NOSUCHBAG")).to_be_visible()


# --- told ----------------------------------------------------------------------------------


def test_the_timeline_says_what_is_late_and_puts_corrections_beside_what_they_correct(
    page: Page, house: House
) -> None:
    found = positions(house.scenario)
    go(page, house, f"{THERAPY}?view=timeline")
    late = page.locator(f"#entry-{found['TemperatureEvidenceAttached'][0]}")
    expect(late).to_contain_text("after it is said to have happened")
    expect(late.locator(".beside")).to_contain_text("temperature excursion")
    filled = page.locator(f"#entry-{found['ContainersDerived'][1]}")
    expect(filled.locator(".beside")).to_contain_text(f"Corrected by entry {found['Corrected'][0]}")
    expect(filled.locator(".said")).to_contain_text("mia filled bag A9999-P1 into bag A9999-D1")
    expect(filled).to_contain_text("proved: between")


def test_the_chart_names_its_band_excursion_and_gap_and_the_table_says_the_same(
    page: Page, house: House
) -> None:
    go(page, house, f"{THERAPY}?view=temperature")
    chart = page.locator(".chart svg").first
    for said in ("Excursion 1: 11.00 °C", "Gap 1: unknown", "upper limit 8.00 °C", "lower limit 2.00 °C"):
        expect(chart).to_contain_text(said)
    row = page.locator(".phase").first.get_by_role("row", name="Excursion 1")
    expect(row).to_contain_text("11.00 °C")
    expect(row).to_contain_text("20 min")
    page.get_by_text("Readings of 1 record as a table").first.click()
    expect(page.get_by_role("cell", name="MISSING").first).to_be_visible()


def with_a_leg_unproved(route: Route) -> None:
    """What the ledger would answer if the product required evidence: three hours after the last reading."""
    answer = route.fetch()
    document = answer.json()
    bag = next(one for one in document["containers"] if one["container"] == FRESH)
    last = milliseconds(bag["evidence"][-1]["ended_at"])
    span = {"started_at": timestamp(last + 3 * 3_600_000), "ended_at": timestamp(last + 5 * 3_600_000)}
    carrier = {"site": "swift-depot", "department": "van-2"}
    document["unproved"] = [{"container": FRESH, "carrier": carrier, "began": 9, "ended": 11, **span}]
    route.fulfill(response=answer, json=document)


@pytest.mark.parametrize("path", [f"{THERAPY}?view=temperature", f"/app/audit/container/{FRESH}"])
def test_a_leg_that_nothing_proves_is_in_the_chart_and_in_the_table(
    page: Page, house: House, path: str
) -> None:
    page.route("**/v1/chains/*/temperature*", with_a_leg_unproved)
    go(page, house, path)
    card = page.locator(".phase").filter(has_text=FRESH).first
    expect(card.locator(".shade.unproved")).to_contain_text("NOT PROVED")
    expect(card.get_by_role("row", name="NOT PROVED")).to_contain_text("2 h")
    expect(page.get_by_text(f"NOT PROVED how warm {FRESH} was")).to_be_visible()
    page.unroute("**/v1/chains/*/temperature*")


def test_the_chart_is_looked_into_by_keys_and_tells_reading_after_reading(page: Page, house: House) -> None:
    go(page, house, f"{THERAPY}?view=temperature")
    chart = page.locator(".chart").first
    told, further = chart.locator("output"), chart.get_by_role("button", name="Further away")
    expect(further).to_be_disabled()
    chart.locator(".field").focus()
    page.keyboard.press("Home")
    expect(told).to_contain_text("5.00 °C")
    for _ in range(20):
        if "11.00 °C" in told.inner_text():
            break
        page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("11.00 °C")
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(further).to_be_enabled()
    expect(told).to_contain_text("11.00 °C")  # what is looked at stays in view
    page.keyboard.press("0")
    expect(further).to_be_disabled()
    page.keyboard.press("Escape")
    expect(told).to_be_empty()


def test_the_chart_is_looked_into_by_mouse_and_the_wheel_scrolls_the_page_until_it_is_clicked(
    page: Page, house: House
) -> None:
    go(page, house, f"{THERAPY}?view=temperature")
    chart = page.locator(".chart").first
    field, told = chart.locator(".field"), chart.locator("output")
    further = chart.get_by_role("button", name="Further away")
    field.hover()
    expect(told).to_contain_text("°C")
    page.mouse.wheel(0, -1)
    expect(further).to_be_disabled()
    field.click()
    page.mouse.wheel(0, -400)
    expect(further).to_be_enabled()
    path = chart.locator(".readings path").first
    before = path.get_attribute("d")
    box = field.bounding_box()
    assert box
    page.mouse.move(box["x"] + 500, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 150, steps=4)
    page.mouse.up()
    assert path.get_attribute("d") != before
    chart.get_by_role("button", name="All of it").click()
    expect(further).to_be_disabled()


def test_two_fingers_go_nearer_in_the_chart(page: Page, house: House) -> None:
    go(page, house, f"{THERAPY}?view=temperature")
    chart = page.locator(".chart").first
    field = chart.locator(".field")
    expect(field).to_have_css("touch-action", "pan-y")  # down the page a finger still scrolls
    for kind, finger, x in (
        ("down", 1, 400),
        ("down", 2, 500),
        ("move", 2, 700),
        ("up", 2, 700),
        ("up", 1, 400),
    ):
        pointer = {"pointerId": finger, "pointerType": "touch", "clientX": x, "clientY": 500, "bubbles": True}
        field.dispatch_event(f"pointer{kind}", pointer)
    expect(chart.get_by_role("button", name="Further away")).to_be_enabled()


# --- as of any moment ------------------------------------------------------------------------


def test_an_earlier_moment_shows_who_held_what_then(page: Page, house: House) -> None:
    go(page, house, f"{THERAPY}?view=custody")
    bag = page.get_by_role("region", name=FRESH)
    expect(bag).to_contain_text("cleanroom at northcell-1")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#view-custody")).to_contain_text("No containers at this moment")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(bag).to_contain_text("Held byapheresis at st-mary")
    expect(page.get_by_text(f"As of entry 4 of {count(house)}")).to_be_visible()
    expect(page.get_by_role("region", name=DOSE)).to_have_count(0)
    collected = positions(house.scenario)["CollectionCompleted"][0]
    assert f"before={collected + 1}" in page.url
    page.keyboard.press("End")
    expect(page.get_by_role("region", name=DOSE)).to_be_visible()


def test_a_moment_of_the_clock_is_what_the_ledger_had_recorded_by_then(page: Page, house: House) -> None:
    go(page, house, f"{THERAPY}?view=custody")
    page.get_by_text("Any moment of the clock").click()
    page.get_by_label("As recorded by").fill("2020-01-01T10:00:00")
    page.get_by_role("button", name="Show that moment").click()
    expect(page.get_by_text("What the ledger had recorded by 1 Jan 2020")).to_be_visible()
    expect(page.locator("#view-custody")).to_contain_text("No containers at this moment")


def test_a_moment_in_the_address_shows_lineage_and_deviations_as_they_were(page: Page, house: House) -> None:
    pooled = positions(house.scenario)["ContainersDerived"][0]
    go(page, house, f"{THERAPY}?before={pooled + 1}")
    expect(page.locator(".node", has_text=POOL)).to_be_visible()
    expect(page.locator(".node", has_text=DOSE)).to_have_count(0)
    page.get_by_role("tab", name="Deviations").click()
    expect(page.locator("#view-deviations")).to_contain_text("BLOCKS release and infusion")
    expect(page.locator("#view-deviations")).not_to_contain_text("accepted by Quality")


# --- what is not as it should be ------------------------------------------------------------


def altering(page: Page, pattern: str, alter: Callable[[bytes], bytes]) -> None:
    def altered(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=alter(answer.body()))

    page.route(re.compile(pattern), altered)


def test_an_altered_receipt_is_called_broken_in_words(opened: Opened, house: House) -> None:
    page = opened("orla")
    position = positions(house.scenario)["CustodyAccepted"][0]
    altering(page, rf"/v1/entries/{position}/receipt$", lambda body: flipped(body, len(body) - 5))
    go(page, house, f"/app/audit/entry/{position}")
    alert = page.get_by_role("alert").filter(has_text="BROKEN: this entry is not proved")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("Broken at “The log's signature”")
    expect(page.locator(".proof-steps > .broken")).to_contain_text("has NOT signed this root")
    expect(page.locator(".busy")).to_have_count(0)
    go(page, house, f"{THERAPY}?view=timeline")
    checked(page, "stop")
    expect(page.locator(".summary")).to_contain_text(f"1 of {count(house)} entries BROKEN")
    expect(page.locator(f"#entry-{position}")).to_contain_text("Not proved, so what it says is not shown")
    expect(page.locator(f"#entry-{position}")).not_to_contain_text("for van-2 at swift-depot")


def test_an_altered_entry_is_called_broken_in_words(opened: Opened, house: House) -> None:
    page = opened("odin")
    position = positions(house.scenario)["CustodyAccepted"][0]
    altering(page, rf"/v1/entries/{position}$", lambda body: body.replace(b"van-2", b"van-3"))
    go(page, house, f"/app/audit/entry/{position}")
    expect(page.get_by_role("alert").filter(has_text="BROKEN: this entry is not proved")).to_be_visible()
    expect(page.get_by_text("What the bytes say, NOT PROVED")).to_be_visible()
    expect(page.get_by_text("BROKEN", exact=True)).to_have_count(2)  # the log's signature, and the signer's
    altering(page, rf"/v1/entries/{position}$", lambda body: body[:-1])
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Broken at “The statement's bytes”")


def test_an_account_that_says_other_than_was_signed_is_broken(opened: Opened, house: House) -> None:
    page = opened("oona")
    position = positions(house.scenario)["CustodyAccepted"][0]

    def other(body: bytes) -> bytes:
        document = json.loads(body)
        (told,) = [one for one in document["entries"] if one["position"] == position]
        told["event"]["receiver"]["department"] = "van-9"
        return json.dumps(document).encode()

    altering(page, r"/timeline(\?|$)", other)
    go(page, house, f"{THERAPY}?view=timeline")
    checked(page, "stop")
    expect(page.locator(f"#entry-{position}")).to_contain_text("differs from the signed bytes in “receiver”")


def test_what_is_withheld_or_cannot_be_fetched_stands_as_a_gap(opened: Opened, house: House) -> None:
    page = opened("omar")
    found = positions(house.scenario)
    lost, hidden = found["ConsentRecorded"][0], found["CustodyAccepted"][1]

    def fewer(body: bytes) -> bytes:
        document = json.loads(body)
        return json.dumps(document | {"entries": without(document["entries"], hidden)}).encode()

    altering(page, r"/timeline(\?|$)", fewer)
    page.route(re.compile(rf"/v1/entries/{lost}$"), lambda route: route.fulfill(status=503, body="{}"))
    go(page, house, f"{THERAPY}?view=timeline")
    checked(page, "warn")
    expect(page.locator(f"#entry-{lost}")).to_contain_text("GAP")
    expect(page.get_by_text("At least 1 entry before here is not shown")).to_be_visible()


# --- for everybody ------------------------------------------------------------------------------


SCREENS = {
    "audit-search": ("/app/audit?q=A9999", ".rows li:has-text('A9999')"),
    "audit-lineage": (THERAPY, ".summary .notice.ok"),
    "audit-timeline": (f"{THERAPY}?view=timeline", ".summary .notice.ok"),
    "audit-custody": (f"{THERAPY}?view=custody", ".summary .notice.ok"),
    "audit-deviations": (f"{THERAPY}?view=deviations", ".summary .notice.ok"),
    "audit-temperature": (f"{THERAPY}?view=temperature", ".summary .notice.ok"),
    "audit-container": (f"/app/audit/container/{DOSE}", ".card .facts"),
    "audit-reach": ("/app/audit/reach/site/northcell-1", ".rows li"),
}


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_every_screen_is_accessible_in_both_sizes_and_themes(page: Page, house: House, name: str) -> None:
    path, ready = SCREENS[name]
    go(page, house, path)
    page.locator(ready).first.wait_for()
    views = page.locator(".tabs")
    screens(
        page, name, settle=lambda shown: "view=" in path and views.evaluate("tabs => tabs.scrollIntoView()")
    )


def test_an_entry_is_accessible_proved_and_broken(page: Page, house: House) -> None:
    position = positions(house.scenario)["CustodyAccepted"][0]
    go(page, house, f"/app/audit/entry/{position}")
    expect(page.locator(".proof-steps .badge.ok")).to_have_count(10, timeout=PATIENT_MS)
    screens(page, "audit-entry")
    altering(page, rf"/v1/entries/{position}/receipt$", lambda body: flipped(body, len(body) - 5))
    page.reload()
    expect(page.get_by_role("alert").first).to_be_visible()
    screens(page, "audit-broken")
    page.unroute_all()


def test_the_keyboard_is_enough(page: Page, house: House) -> None:
    go(page, house, "/app/audit")
    page.get_by_label("Any identifier").focus()
    page.keyboard.type(COI[:-1])
    expect(page.locator(".rows li", has_text=COI)).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(THERAPY)))
    tab = page.get_by_role("tab", name="Lineage")
    tab.wait_for()
    for _ in range(30):
        if page.evaluate("document.activeElement.getAttribute('role')") == "tab":
            break
        page.keyboard.press("Tab")
    expect(tab).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Timeline")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Timeline")).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("Tab")  # the panel
    page.keyboard.press("Tab")
    expect(page.locator(".node").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/app/audit/container/"))


def test_paper_says_where_it_is_from_and_carries_a_digest_that_others_can_compute(
    page: Page, house: House
) -> None:
    go(page, house, THERAPY)
    checked(page)
    page.emulate_media(media="print")
    paper = page.locator(".paper").first
    expect(paper).to_be_visible()
    ids = [hashlib.sha256(one.data).hexdigest() for one in house.scenario.ledger.store.by_tag(CHAIN)]
    digest = hashlib.sha256("".join(f"{one}\n" for one in ids).encode()).hexdigest()
    expect(paper).to_contain_text(digest)
    expect(paper).to_contain_text(f"{house.url}{THERAPY}")
    expect(paper).to_contain_text(f"{len(ids)} of {len(ids)} proved")
    expect(page.locator("#view-custody")).to_be_visible()
    expect(page.get_by_role("slider")).to_be_hidden()
    page.emulate_media(media="null")


def test_all_of_it_is_there_in_german(page: Page, house: House) -> None:
    go(page, house, THERAPY)
    page.evaluate("localStorage.setItem('unbroken.language', 'de')")
    go(page, house, f"{THERAPY}?view=timeline")
    expect(page.get_by_role("tab", name="Verlauf")).to_be_visible()
    expect(page.locator(".story")).to_contain_text("mia hat Beutel A9999-P1 abgefüllt in Beutel A9999-D1")
    expect(page.locator(".summary")).to_contain_text("Einträge sind bewiesen", timeout=PATIENT_MS)
    page.evaluate("localStorage.removeItem('unbroken.language')")
