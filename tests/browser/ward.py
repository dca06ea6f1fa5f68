"""A ward and its people: two bags of one dose, labelled and released, beside the patient's bed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from clients.patients import commitments, load_keys, new_keys
from ledger.domain.world import timestamp
from tests.browser.chromium import PHONE
from tests.browser.people import PASSPHRASE, enrolled, link_on, scanned
from tests.e2e.house import House
from tests.label_stage import issue
from tests.scenario import APHERESIS, CLEANROOM, VAN, WARD, Scenario, hand_over, ordered, prepare

COI = "isbt128:CHA999926000007"
STREAM = f"chain/{COI}"
FRESH, FIRST, SECOND = "WARD-F1", "WARD-D1", "WARD-D2"
LABELS = {FIRST: "L0001", SECOND: "L0002"}
PERSON = {"record_number": "MRN-4711", "birth_date": "1961-04-23"}
WRISTBAND = "|".join(PERSON.values())
STRANGER = "MRN-0815|1970-01-01"
CLOSING = re.compile(r"\b(close|cancel|dismiss|ok)\b", re.IGNORECASE)
ENROLLERS = {"nora": "ada", "nils": "ada", "phil": "ada"}


def patient_keys(folder: Path) -> Path:
    path = folder / "patient-keys.json"
    new_keys(path, PERSON)
    return path


def two_bags(scenario: Scenario, keys: Path) -> None:
    """From the order to the ward: nothing wrong, both bags frozen, the patient made ready."""
    say = scenario.say
    patient = commitments(PERSON, load_keys(keys))
    say("carl", STREAM, "TherapyOrdered", **ordered("nobody") | {"patient": patient})
    say("carl", STREAM, "ConsentRecorded", site="st-mary", form="CONSENT v3")
    say("anna", STREAM, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
        containers=[{"container": FRESH, "volume_ul": 200_000}])  # fmt: skip
    hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
    say("mia", STREAM, "ManufacturingStarted", at=CLEANROOM, batch="B-7", platform="P-1", containers=[FRESH])
    until = timestamp(scenario.clock() + 90 * 86_400_000)
    say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
        parents=[{"container": FRESH, "volume_ul": 100_000}],
        children=[{"container": bag, "volume_ul": 50_000, "bag": number, "of": 2, "expires_at": until}
                  for number, bag in enumerate(LABELS, 1)])  # fmt: skip
    for bag, serial in LABELS.items():
        issue(scenario, COI, serial, container=bag)
        say("mia", STREAM, "LabelApplied", at=CLEANROOM, serial=serial, container=bag)
    say("quinn", STREAM, "Released", chain_version=scenario.version(COI), site="northcell-1",
        containers=list(LABELS), certificate="ab" * 32, countries=["GB"], protocols=["UB-001"])  # fmt: skip
    for bag in LABELS:
        hand_over(scenario, COI, bag, ("mia", CLEANROOM), ("kit", VAN))
        hand_over(scenario, COI, bag, ("kit", VAN), ("nora", WARD))
    prepare(scenario, COI, *LABELS)


def checked_by_two(scenario: Scenario, keys: Path) -> None:
    """The first bag is thawed, and two nurses found it right: a physician may authorise it now."""
    for event in ("ThawStarted", "ThawCompleted"):
        scenario.say("nora", STREAM, event, at=WARD, containers=[FIRST])
    patient = commitments(PERSON, load_keys(keys))
    for nurse in ("nora", "nils"):
        scenario.say(nurse, STREAM, "InfusionChecked", chain_version=scenario.version(COI), site="st-mary",
                     container=FIRST, patient=patient, method="scan", label="L0001")  # fmt: skip


def label_of(house: House, container: str) -> str:
    """What the code on the bag says."""
    return link_on(house, LABELS[container], container)


class Person:
    """Somebody at the bed with a phone of their own."""

    def __init__(self, house: House, browser: Browser, agent: str, keys: Path, **options: Any) -> None:
        self.house, self.agent = house, agent
        self.context: BrowserContext = browser.new_context(
            **(PHONE | options), locale="en-GB", timezone_id="Europe/London"
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = enrolled(house, self.context, agent, by=ENROLLERS[agent])
        self.page.goto(f"{house.url}/app/bedside/where")
        self.page.get_by_label("Department").fill(WARD["department"])
        self.page.get_by_role("button", name="Continue").click()
        self.page.get_by_role("button", name="Patient keys").click()
        self.page.locator("input[type=file]").set_input_files(keys)
        expect(self.page.get_by_text("On this device: birth_date, record_number")).to_be_visible()

    def begin(self) -> None:
        self.page.goto(f"{self.house.url}/app/bedside")
        self.badge()

    def scan(self, what: str, text: str) -> None:
        """With a keyboard scanner, when the screen listens: it has found by then that there is no camera."""
        expect(self.heading(what)).to_be_visible()
        self.sees("No camera was found")
        scanned(self.page, text)

    def badge(self, agent: str = "") -> None:
        self.scan("Scan your badge", f"UBB1:{(agent or self.agent).upper()}")

    def wristband(self, text: str = WRISTBAND) -> None:
        self.scan("Scan the patient's wristband", text)

    def bag(self, text: str) -> None:
        self.scan("Scan the label on the bag", text)

    def at_bag(self, container: str) -> None:
        """Badge, wristband, bag, in that order; this bag's own screen."""
        self.begin()
        self.wristband()
        self.bag(label_of(self.house, container))
        expect(self.heading("This bag")).to_be_visible()

    def next_bag(self, container: str) -> None:
        self.press("Next bag, or another patient")
        self.wristband()
        self.bag(label_of(self.house, container))
        expect(self.page.get_by_text(container).first).to_be_visible()

    def heading(self, name: str) -> Any:
        return self.page.get_by_role("heading", name=name)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def sign(self, name: str, passphrase: str = PASSPHRASE) -> None:
        """In the form of the act that is signed: each asks for the passphrase of its own."""
        act = self.page.get_by_role("button", name=name)
        self.page.locator("form").filter(has=act).get_by_label("Passphrase").fill(passphrase)
        act.click()

    def sees(self, text: str, **options: Any) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(**options)

    def settled(self) -> None:
        """The log has answered all that this phone signed."""
        expect(self.page.get_by_text("not yet sent")).to_have_count(0, timeout=60_000)

    def stopped(self, word: str) -> Any:
        """The one full-screen stop; it has no way to close it."""
        dialog = self.page.get_by_role("alertdialog", name=word)
        expect(dialog).to_be_visible()
        names = [one.inner_text() for one in dialog.get_by_role("button").all()]
        assert not [one for one in names if CLOSING.search(one)], names
        return dialog

    def close(self) -> None:
        self.context.close()


Arrive = Callable[..., Person]


@contextmanager
def bedside(house: House, browser: Browser, keys: Path) -> Iterator[Arrive]:
    """Brings people to the bed, each with a phone of their own."""
    people: list[Person] = []

    def arrive(agent: str, **options: Any) -> Person:
        people.append(Person(house, browser, agent, keys, **options))
        return people[-1]

    yield arrive
    for person in people:
        person.close()
