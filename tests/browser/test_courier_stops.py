"""What must not slip through a courier's gloved hands: void labels, pressed twice, another's therapy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from ledger.domain.world import timestamp
from tests.browser.people import PASSPHRASE, enrolled, label, link_on, scanned, serial_of, statements
from tests.browser.screens import screens
from tests.browser.test_courier import accepted, acting_for, released
from tests.e2e.api_stage import OTHER
from tests.e2e.house import House, open_house, seeded
from tests.label_stage import issue
from tests.scenario import APHERESIS, VAN

STREAM = f"chain/{OTHER}"
BAGS = [f"OTHER-B{number:02}" for number in range(3)]
MORE = ["OTHER-B03", "OTHER-B04"]


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    """Three bags of one therapy are released to the van; two of their labels are void."""
    scenario = seeded(tmp_path)
    new = [{"container": bag, "volume_ul": 10_000} for bag in BAGS + MORE]
    scenario.say("anna", STREAM, "CollectionCompleted", at=APHERESIS, containers=new,
                 ended_at=timestamp(scenario.clock()))  # fmt: skip
    for bag in BAGS[:2]:
        scenario.say("anna", STREAM, "LabelVoided", at=APHERESIS, serial=serial_of(bag), reason="damaged")
    with open_house(scenario, built) as house:
        yield house


@pytest.fixture
def taking(context: BrowserContext, house: House) -> Page:
    """Kit's phone has the list of void labels, and is about to take bags over."""
    released(house, *BAGS, *MORE)
    with context.expect_event("response", lambda answer: "/v1/labels/voided" in answer.url):
        page = enrolled(house, context, "kit", by="cleo")
    acting_for(page, VAN)
    expect(page.get_by_role("heading", name="On offer to you 5")).to_be_visible()
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("heading", name="Scan each bag that you take")).to_be_visible()
    return page


def deviations(house: House) -> list[str]:
    told = [one for one in statements(house, STREAM) if one["type"] == "DeviationRaised"]
    return [bag for one in told if one["code"] == "void_label_seen" for bag in one["containers"]]


def all_told(page: Page, house: House, bags: list[str]) -> None:
    """Quality is told by the outbox, which sends when its turn comes."""
    for _ in range(150):
        if sorted(deviations(house)) == bags:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{deviations(house)} were told of, not {bags}")


IS_LISTED = """serial => new Promise(done => {
  indexedDB.open("unbroken").onsuccess = ({ target: { result: db } }) => {
    db.transaction("voided").objectStore("voided").get(serial).onsuccess =
      ({ target }) => done(target.result !== undefined);
  };
})"""
AT_ONCE = """texts => texts.forEach(text => [...text, "Enter"].forEach(key =>
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))))"""


PRESSED = "() => document.querySelector('.full-stop button').click()"


def at_once(page: Page, texts: list[str]) -> None:
    """As one frame of a camera shows them: before the screen can be drawn again."""
    page.evaluate(AT_ONCE, texts)


def test_two_void_labels_in_one_look_are_two_stops(taking: Page, house: House) -> None:
    at_once(taking, [label(house, bag) for bag in BAGS])
    for bag in BAGS[:2]:
        expect(taking.get_by_role("alertdialog", name="VOID LABEL")).to_be_visible()
        expect(taking.get_by_text(f"on {bag} was declared void")).to_be_visible()
        expect(taking.get_by_role("heading", name="VOID LABEL")).to_be_focused()
        screens(taking, "courier-void")
        taking.get_by_role("button", name="Report to Quality").click()
        expect(taking.get_by_text(f"on {bag} was declared void")).to_be_hidden()
    expect(taking.get_by_role("button", name="Sign: I took this bag over")).to_be_visible()
    expect(taking.locator("ul.rows strong")).to_have_text([BAGS[2]])
    taking.goto(f"{house.url}/app/outbox")
    expect(taking.get_by_text("Nothing waits.")).to_be_visible()
    all_told(taking, house, BAGS[:2])


def test_a_second_press_meant_for_one_stop_does_not_pass_the_next(taking: Page, house: House) -> None:
    at_once(taking, [label(house, bag) for bag in BAGS])
    expect(taking.get_by_text(f"on {BAGS[0]} was declared void")).to_be_visible()
    taking.get_by_role("button", name="Report to Quality").click()
    expect(taking.get_by_text(f"on {BAGS[0]} was declared void")).to_be_hidden()
    taking.evaluate(PRESSED)  # a press that comes late lands on the next stop
    expect(taking.get_by_text(f"on {BAGS[1]} was declared void")).to_be_visible()
    expect(taking.get_by_role("heading", name="VOID LABEL")).to_be_focused()
    taking.get_by_role("button", name="Report to Quality").click()
    expect(taking.get_by_text(f"on {BAGS[1]} was declared void")).to_be_hidden()
    all_told(taking, house, BAGS[:2])


@pytest.mark.parametrize("change", ["scanned", "removed"])
def test_a_list_that_changes_while_it_is_checked_is_not_signed(
    taking: Page, house: House, change: str
) -> None:
    bags = [BAGS[2], *MORE]  # their labels nobody declared void
    scanned(taking, *(label(house, bag) for bag in bags[:2]))
    taking.get_by_label("Intact").check()
    waiting: list[Route] = []
    taking.route("**/v1/labels/voided**", lambda one: waiting.append(one))
    taking.get_by_role("button", name="Sign: I took").click()
    expect(taking.locator("main")).to_have_js_property("inert", True)
    if change == "scanned":
        scanned(taking, label(house, bags[2]))
    else:
        taking.get_by_label(f"Take {bags[1]} off this list").evaluate("one => one.click()")
    for one in waiting:
        one.continue_()
    expect(taking.get_by_text("The list changed while it was checked.")).to_be_visible()
    screens(taking, "courier-changed")
    assert accepted(house) == []
    taking.unroute_all()
    taking.get_by_role("button", name="Sign: I took").click()
    expect(taking.get_by_text("In the log")).to_be_visible()
    signed = [bag for one in accepted(house) for bag in one["containers"]]
    assert sorted(signed) == (bags if change == "scanned" else bags[:1])


def test_a_bag_typed_and_proved_by_its_void_label_stops(taking: Page, house: House) -> None:
    taking.get_by_role("button", name="Type instead").click()
    taking.get_by_label("The code is damaged").check()
    taking.get_by_label("As printed").fill(BAGS[0])
    taking.get_by_role("button", name="Continue").click()
    scanned(taking, label(house, BAGS[0]))
    expect(taking.get_by_role("alertdialog", name="VOID LABEL")).to_be_visible()


def test_a_label_declared_void_after_it_was_scanned_stops_the_signature(taking: Page, house: House) -> None:
    scanned(taking, label(house, BAGS[2]))
    taking.get_by_label("Intact").check()
    house.scenario.say(
        "anna", STREAM, "LabelVoided", at=APHERESIS, serial=serial_of(BAGS[2]), reason="damaged"
    )
    taking.evaluate("""serial => new Promise(done => {
      const asked = indexedDB.open("unbroken");
      asked.onsuccess = () => {
        const tx = asked.result.transaction("voided", "readwrite");
        tx.objectStore("voided").put({ serial });
        tx.oncomplete = done;
      };
    })""", serial_of(BAGS[2]))  # fmt: skip
    taking.get_by_role("button", name="Sign: I took").click()
    expect(taking.get_by_role("alertdialog", name="VOID LABEL")).to_be_visible()
    assert accepted(house) == []


def test_a_label_declared_void_after_the_devices_list_was_made_stops_at_the_scan(
    taking: Page, house: House
) -> None:
    issue(house.scenario, OTHER, "L0001", container=BAGS[2], by="anna", at=APHERESIS)
    house.scenario.say("anna", STREAM, "LabelVoided", at=APHERESIS, serial="L0001", reason="damaged")
    scanned(taking, link_on(house, "L0001", BAGS[2]))
    expect(taking.get_by_role("alertdialog", name="VOID LABEL")).to_be_visible()
    expect(taking.get_by_text("The ledger said so at")).to_be_visible()
    assert taking.evaluate(IS_LISTED, "L0001") is False


def test_a_label_that_the_ledger_never_issued_is_no_match(taking: Page, house: House) -> None:
    scanned(taking, label(house, BAGS[2]))
    expect(taking.get_by_text("The ledger does not know this label.")).to_be_visible()
    expect(taking.locator(".said")).not_to_contain_text("Match")


def test_a_void_label_stops_behind_its_link_also_without_the_ledger(taking: Page, house: House) -> None:
    link = label(house, BAGS[0]).rpartition("/")[2]
    house.close()
    taking.evaluate("link => { history.pushState(null, '', '/app/B/' + link);"
                    " dispatchEvent(new PopStateEvent('popstate')) }", link)  # fmt: skip
    expect(taking.get_by_text("VOID LABEL", exact=True)).to_be_visible(timeout=40_000)


def test_pressed_twice_is_signed_once(taking: Page, house: House) -> None:
    scanned(taking, label(house, BAGS[2]))
    taking.get_by_label("Intact").check()
    taking.get_by_role("button", name="Sign: I took").evaluate("one => { one.click(); one.click(); }")
    expect(taking.get_by_text("In the log")).to_be_visible()
    assert [one["containers"] for one in accepted(house)] == [[BAGS[2]]]


def test_what_a_locked_key_cannot_sign_is_said_and_signed_once_it_is_open(
    taking: Page, context: BrowserContext, house: House
) -> None:
    other = context.new_page()
    other.goto(f"{house.url}/app/settings")
    scanned(taking, label(house, BAGS[2]))
    taking.get_by_label("Intact").check()
    other.get_by_role("button", name="Lock this device").click()
    other.get_by_text("This device's key is locked.").wait_for()
    sign = taking.get_by_role("button", name="Sign: I took")
    sign.click()
    expect(taking.get_by_text("Nothing was signed.")).to_be_visible()
    screens(taking, "courier-locked")
    taking.get_by_label("Passphrase of this device's key").fill(PASSPHRASE)
    taking.get_by_role("button", name="Sign in").click()
    expect(taking.get_by_text("Nothing was signed.")).to_be_hidden()
    sign.click()
    expect(taking.get_by_text("In the log")).to_be_visible()
    assert len(accepted(house)) == 1


def test_a_therapy_typed_at_one_bag_is_not_given_to_another(taking: Page, house: House) -> None:
    scanned(taking, *(f"{house.url.replace('http', 'https')}/B/UNKNOWN-{bag}.L0{bag}.0123456789ABCDEF".upper()
                      for bag in (1, 2)))  # fmt: skip
    first = taking.locator("ul.rows > li").first
    first.get_by_label("Chain of identity").fill(OTHER.removeprefix("isbt128:"))
    first.get_by_role("button", name="Continue").click()
    rows = taking.locator("ul.rows > li")
    expect(rows.nth(0)).to_contain_text(OTHER)
    expect(rows.nth(1).get_by_label("Chain of identity")).to_be_visible()
    taking.get_by_label("Intact").check()
    taking.get_by_role("button", name="Sign: I took").click()
    expect(taking.get_by_text("Of a bag on this list the therapy is not known.")).to_be_visible()
    assert accepted(house) == []
