"""At a bed: two nurses and a physician, each with a phone; the right bags, and the wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.people import PASSPHRASE, keep_whole_app, scanned, statements
from tests.browser.screens import listen, screens
from tests.browser.ward import (
    COI,
    FIRST,
    SECOND,
    STRANGER,
    STREAM,
    Arrive,
    Person,
    label_of,
    two_bags,
)
from tests.e2e.house import House, open_house, seeded
from tests.scenario import WARD

EVERYTHING_KEPT = """async () => {
  const all = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href];
  for (const { name, version } of await indexedDB.databases()) {
    const db = await new Promise(done => {
      indexedDB.open(name, version).onsuccess = ({ target }) => done(target.result);
    });
    for (const store of db.objectStoreNames) {
      const found = await new Promise(done => {
        db.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => done(target.result);
      });
      const text = one => one instanceof Uint8Array ? new TextDecoder().decode(one) : one;
      all.push(JSON.stringify(found, (_, one) => text(one)));
    }
    db.close();
  }
  return all.join(" ");
}"""
KEYS_ARE_SEALED = """() => new Promise(done => {
  indexedDB.open("unbroken").onsuccess = ({ target: { result: db } }) => {
    db.transaction("device").objectStore("device").get("patients").onsuccess = ({ target }) => {
      const keys = Object.values(target.result);
      done(keys.length === 2 && keys.every(one => !one.extractable));
    };
  };
})"""


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path, keys: Path) -> Iterator[House]:
    scenario = seeded(tmp_path)
    two_bags(scenario, keys)
    with open_house(scenario, built) as house:
        yield house


def told(house: House, *types: str) -> list[dict[str, Any]]:
    return [one for one in statements(house, STREAM) if one["type"] in types]


def thawed(nurse: Person) -> None:
    nurse.press("Thaw started: record it")
    nurse.sees("Time left. The window closes at")
    nurse.press("Thaw complete: record it")


def checked(person: Person) -> None:
    person.sign("I read wristband and bag myself: sign")
    person.sees("Your check is in the log")


def test_two_nurses_and_a_physician_infuse_two_bags_one_after_the_other(house: House, arrive: Arrive) -> None:
    nora, nils, phil = (arrive(one) for one in ("nora", "nils", "phil"))
    nora.at_bag(FIRST)
    thawed(nora)
    nils.at_bag(FIRST)
    phil.at_bag(FIRST)
    _given(nora, nils, phil, "50")
    for person in (nora, nils, phil):
        person.next_bag(SECOND)
    thawed(nora)
    _given(nora, nils, phil, "48.5")
    story = told(house, "InfusionChecked", "InfusionAuthorised", "InfusionStarted", "InfusionCompleted")
    assert [(one["type"], one["signer"], one["container"]) for one in story] == [
        (kind, who, bag)
        for bag in (FIRST, SECOND)
        for kind, who in [("InfusionChecked", "nora"), ("InfusionChecked", "nils"),
                          ("InfusionAuthorised", "phil"), ("InfusionStarted", "nora"),
                          ("InfusionCompleted", "nora")]
    ]  # fmt: skip
    assert [one["dose_given_ul"] for one in story if "dose_given_ul" in one] == [50_000, 48_500]
    signed = {one["type"]: one["esignature"] for one in story if "esignature" in one}
    assert {kind: (one["meaning"], one["method"]) for kind, one in signed.items()} == {
        "InfusionChecked": ("review", "passphrase"), "InfusionAuthorised": ("approval", "passphrase"),
    }  # fmt: skip
    assert not told(house, "DeviationRaised")


def _given(nora: Person, nils: Person, phil: Person, volume: str) -> None:
    """Two blind checks, the authorisation, the infusion: each screen follows what the others do."""
    phil.sees("Not yet to be authorised")
    checked(nora)
    nora.sees("1 of 2 checks is in")
    blind = nils.page.locator("li.gate", has_text="1 of 2 bedside checks are recorded.")
    expect(blind).to_be_visible()
    expect(blind.get_by_role("link")).to_have_count(0)  # what nora read is not one press away
    checked(nils)
    phil.sees("All 26 gates are open now")
    phil.sign("Authorise: sign")
    phil.sees("The infusion is authorised")
    phil.sees("Signed by phil. Approval: this is my decision")
    nora.sees("Authorised: this bag may be given")
    nora.press("Infusion started: record it")
    nora.sees("The infusion is under way")
    nora.press("Complete")
    nora.page.get_by_label("Volume given, in ml").fill(volume)
    nora.press("Record: complete")
    nora.sees("This bag was given")
    nora.settled()


def test_the_wrong_bag_fills_the_screen_is_recorded_and_stops_the_physician(
    house: House, arrive: Arrive
) -> None:
    """OTHER-F1 is another patient's, whose therapy the hospital also treats."""
    nora, phil = arrive("nora"), arrive("phil")
    nora.begin()
    nora.wristband()
    nora.bag("OTHER-F1")
    stop = nora.stopped("WRONG BAG")
    expect(stop.get_by_text("OTHER-F1 does not belong to this patient's therapy: stop.")).to_be_visible()
    assert stop.get_by_role("button").all_inner_texts() == ["I took the bag away: record it"]
    nora.press("I took the bag away: record it")
    nora.sees("Recorded. Quality has been told.")
    (check,) = told(house, "InfusionChecked")
    assert (check["signer"], check["container"]) == ("nora", "OTHER-F1")
    (raised,) = told(house, "DeviationRaised")
    assert (raised["code"], raised["blocking"]) == ("identity_mismatch", True)
    phil.begin()
    phil.wristband()
    phil.bag(label_of(house, FIRST))  # even the right bag has to wait for Quality
    phil.stopped("IDENTITY IN DOUBT")
    assert phil.page.get_by_role("button", name="Authorise").count() == 0
    assert not told(house, "InfusionAuthorised")


def test_a_stranger_has_no_therapy_here(arrive: Arrive) -> None:
    nora = arrive("nora")
    nora.begin()
    nora.wristband(STRANGER)
    nora.stopped("NO THERAPY HERE")
    nora.press("Begin again at the wristband")
    nora.wristband()
    expect(nora.heading("Scan the label on the bag")).to_be_visible()


def test_a_voided_label_stops_the_bag_that_it_is_on(house: House, arrive: Arrive) -> None:
    house.scenario.say("nora", STREAM, "LabelVoided", at=WARD, serial="L0001", reason="smeared")
    nora = arrive("nora")
    nora.begin()
    nora.wristband()
    nora.bag(label_of(house, FIRST))
    nora.stopped("VOID LABEL")
    nora.press("I took the bag away: record it")
    nora.sees("Recorded. Quality has been told.")
    assert "label_voided" in [one["code"] for one in told(house, "DeviationRaised")]


def test_a_label_that_this_ledger_never_issued_stops(house: House, arrive: Arrive) -> None:
    nora = arrive("nora")
    nora.begin()
    nora.wristband()
    nora.bag(label_of(house, FIRST)[:-4] + "ZZZZ")
    nora.stopped("NOT A GENUINE LABEL")
    nora.press("I took the bag away: record it")
    nora.sees("Recorded on this device")
    nora.press("Begin again at the wristband")
    nora.settled()
    assert [one["code"] for one in told(house, "DeviationRaised")] == ["label_not_genuine"]


def test_somebody_elses_badge_does_not_open_this_device(arrive: Arrive) -> None:
    nora = arrive("nora")
    nora.page.goto(f"{nora.house.url}/app/bedside")
    nora.badge("nils")
    nora.sees("This is the badge of nils")
    nora.sees("This device signs as nora")
    assert nora.heading("Scan the patient's wristband").count() == 0


def test_checks_that_disagree_stop_both_nurses(house: House, arrive: Arrive) -> None:
    """Nils reads another wristband at the same bag: his check and hers are compared by the ledger."""
    nora = arrive("nora")
    nora.at_bag(FIRST)
    checked(nora)
    nora.sees("1 of 2 checks is in")
    other = [{"field": field, "commitment": "ab" * 32} for field in ("birth_date", "record_number")]
    _said_by_nils(house, other)
    stop = nora.stopped("CHECKS DISAGREE")
    expect(stop.get_by_text("Do not infuse.")).to_be_visible()


def test_without_a_network_authorisation_is_withheld_and_what_happens_arrives_as_a_late_fact(
    house: House, built: Path, arrive: Arrive
) -> None:
    nora, phil = arrive("nora"), arrive("phil")
    for person in (nora, phil):
        person.at_bag(FIRST)
    thawed(nora)
    phil.sees("thawed")
    house.close()
    for person in (nora, phil):
        person.sees("Checked against data of", timeout=40_000)
        person.sees("Checks and authorisation are withheld")
        assert person.page.get_by_label("Passphrase of this device's key").count() == 0
    nora.press("It has happened: record it")
    nora.press("Infusion started: record it")
    nora.sees("The infusion is under way")
    nora.sees("1 record not yet sent")
    house.open(built)
    nora.settled()
    (started,) = told(house, "InfusionStarted")
    assert started["signer"] == "nora"
    codes = [one["code"] for one in told(house, "DeviationRaised")]
    assert "infusion_without_authorisation" in codes


def test_a_wristband_that_was_never_met_online_leaves_only_facts(
    house: House, built: Path, arrive: Arrive
) -> None:
    nora = arrive("nora")
    keep_whole_app(nora.page)
    house.close()
    nora.begin()
    nora.wristband()
    nora.sees("The wristband could not be matched", timeout=40_000)
    nora.press("Record only what happens")
    nora.scan("Scan the chain of identity", "&/" + COI.removeprefix("isbt128:"))
    nora.bag(label_of(house, FIRST))
    nora.sees("Checks and authorisation are withheld", timeout=40_000)
    nora.press("It has happened: record it")
    nora.press("Thaw started: record it")
    nora.sees("1 record not yet sent")
    house.open(built)
    nora.settled()
    (thaw,) = told(house, "ThawStarted")
    assert thaw["labels"] == ["L0001"]


def test_the_second_bag_waits_for_the_first_unless_it_has_happened(house: House, arrive: Arrive) -> None:
    nora = arrive("nora")
    nora.at_bag(SECOND)
    nora.sees(f"Finish first: {FIRST}.")
    nora.sees("Do not thaw this bag now")
    assert nora.page.get_by_role("button", name="Thaw started: record it").count() == 0
    nora.press("It has happened: record it")
    nora.press("Thaw started: record it")
    nora.sees("Time left. The window closes at")
    nora.settled()
    (thaw,) = told(house, "ThawStarted")
    assert thaw["containers"] == [SECOND]


def test_an_infusion_is_paused_resumed_and_stopped_early_with_reasons(house: House, arrive: Arrive) -> None:
    nora, nils, phil = (arrive(one) for one in ("nora", "nils", "phil"))
    nora.at_bag(FIRST)
    thawed(nora)
    nils.at_bag(FIRST)
    phil.at_bag(FIRST)
    checked(nora)
    checked(nils)
    phil.sees("All 26 gates are open now")
    phil.sign("Authorise: sign", passphrase="not the passphrase")
    phil.sees("That passphrase does not open the key of this device.")
    phil.sign("Authorise: sign")
    phil.sees("The infusion is authorised")
    nora.sees("Authorised: this bag may be given")
    nora.press("Infusion started: record it")
    nora.press("Pause")
    nora.press("Record the pause")
    nora.sees("Choose a reason: it stands in the record.")
    nora.page.get_by_label("A reaction of the patient").check()
    nora.press("Record the pause")
    nora.sees("The infusion is paused")
    nora.press("Resumed: record it")
    nora.press("Stopped early")
    nora.page.get_by_label("Volume given, in ml").fill("12,5")
    nora.page.get_by_label("A reaction of the patient").check()
    nora.press("Record: stopped early")
    nora.sees("The infusion of this bag was stopped early")
    nora.settled()
    (stop,) = told(house, "InfusionStopped")
    assert (stop["dose_given_ul"], stop["reason"]) == (12_500, "reaction")
    assert [one["reason"] for one in told(house, "InfusionPaused")] == ["reaction"]


def test_a_physician_overrides_and_a_second_person_confirms_on_their_own_device(
    house: House, arrive: Arrive
) -> None:
    house.scenario.say("quinn", STREAM, "Quarantined", containers=[FIRST], reason="audit")
    nora, nils, phil = (arrive(one) for one in ("nora", "nils", "phil"))
    for person in (nora, nils, phil):
        person.at_bag(FIRST)
    phil.sees("is in quarantine (audit): only Quality may lift it")
    phil.press("Emergency override")
    phil.page.get_by_role("checkbox", name="quarantined").check()
    phil.page.get_by_label("The patient is deteriorating").check()
    phil.sign("Override these gates: sign")
    phil.sees("A second person has to confirm the override")
    assert phil.page.get_by_role("button", name="Confirm the override").count() == 0
    nora.sees("phil asks to pass these gates for this bag")
    nora.sees("The patient is deteriorating")
    nora.sign("Confirm the override: sign")
    nora.sees("The override is confirmed. Quality has been told.")
    phil.sees("Overridden")
    (override,) = told(house, "EmergencyOverride")
    (confirmed,) = told(house, "OverrideConfirmed")
    assert (override["gates"], override["reason"]) == (["not_quarantined"], "patient_deteriorating")
    assert (confirmed["signer"], confirmed["esignature"]["meaning"]) == ("nora", "review")
    assert "emergency_override" in [one["code"] for one in told(house, "DeviationRaised")]


def test_what_was_read_at_the_bed_is_kept_nowhere(house: House, arrive: Arrive) -> None:
    nora = arrive("nora")
    heard: list[str] = []
    nora.page.on("request", lambda one: heard.append(f"{one.url} {one.post_data or ''}"))
    nora.at_bag(FIRST)
    checked(nora)
    kept = nora.page.evaluate(EVERYTHING_KEPT)
    assert "WARD-D1" in kept  # what is looked for would be found
    for secret in ("MRN-4711", "MRN4711", "1961-04-23"):
        assert secret not in kept
        assert not [one for one in heard if secret in one]
    assert nora.page.evaluate(KEYS_ARE_SEALED)
    nora.page.goto(f"{house.url}/app/bedside")
    expect(nora.heading("Scan your badge")).to_be_visible()  # leaving forgets the round


def test_the_keyboard_alone_does_for_a_check(arrive: Arrive) -> None:
    nora = arrive("nora")
    nora.at_bag(FIRST)
    nora.sees("Your own check")
    page = nora.page
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "password":
            break
    page.keyboard.type(PASSPHRASE)
    page.keyboard.press("Enter")
    nora.sees("Your check is in the log")


def test_every_screen_of_a_bedside_is_quiet_and_accessible(house: House, arrive: Arrive) -> None:
    nora, phil = arrive("nora"), arrive("phil")
    heard = listen(nora.page)
    page = nora.page
    page.goto(f"{house.url}/app/bedside/keys")
    expect(page.get_by_text("On this device:")).to_be_visible()
    screens(page, "bedside-keys")
    page.goto(f"{house.url}/app/bedside/where")
    screens(page, "bedside-where")
    page.goto(f"{house.url}/app/bedside")
    expect(nora.heading("Scan your badge")).to_be_visible()
    screens(page, "bedside-badge")
    nora.badge("nils")
    screens(page, "bedside-badge-of-another")
    page.get_by_role("button", name="Scan again").click()
    scanned(page, "UBB1:NORA")
    expect(nora.heading("Scan the patient's wristband")).to_be_visible()
    screens(page, "bedside-wristband")
    nora.wristband()
    expect(nora.heading("Scan the label on the bag")).to_be_visible()
    expect(page.get_by_text("Bag 2 of 2")).to_be_visible()
    screens(page, "bedside-scan-bag")
    nora.bag(label_of(house, FIRST))
    expect(nora.heading("This bag")).to_be_visible()
    screens(page, "bedside-bag", settle=_from_the_top)
    thawed(nora)
    checked(nora)
    nora.sees("1 of 2 checks is in")
    screens(page, "bedside-check-signed", settle=_from_the_top)
    phil.at_bag(FIRST)
    _second_check(house)
    phil.sees("All 26 gates are open now")
    screens(phil.page, "bedside-authorise", settle=_from_the_top)
    phil.sign("Authorise: sign")
    phil.sees("The infusion is authorised")
    screens(phil.page, "bedside-authorised", settle=_from_the_top)
    nora.sees("Authorised: this bag may be given")
    screens(page, "bedside-go", settle=_from_the_top)
    nora.press("Infusion started: record it")
    nora.press("Stopped early")
    screens(page, "bedside-infusion-stop")
    nora.press("Back")
    nora.press("Complete")
    nora.press("Record: complete")
    nora.sees("This bag was given")
    screens(page, "bedside-given", settle=_from_the_top)
    house.scenario.say("quinn", STREAM, "Quarantined", containers=[SECOND], reason="audit")
    phil.at_bag(SECOND)
    phil.press("Emergency override")
    screens(phil.page, "bedside-override")
    nora.press("Next bag, or another patient")
    nora.wristband()
    nora.bag("OTHER-F1")
    nora.stopped("WRONG BAG")
    screens(page, "bedside-stop")
    assert heard.errors == []
    assert heard.elsewhere(house.url) == []


def _from_the_top(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")


def _second_check(house: House) -> None:
    (first,) = told(house, "InfusionChecked")
    _said_by_nils(house, first["patient"])


def _said_by_nils(house: House, patient: list[dict[str, str]]) -> None:
    """His check, from a device that is no browser."""
    version = house.scenario.version(COI)
    house.scenario.say("nils", STREAM, "InfusionChecked", chain_version=version, site="st-mary",
                       container=FIRST, patient=patient, method="scan", label="L0001")  # fmt: skip
