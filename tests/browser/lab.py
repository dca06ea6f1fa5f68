"""Doses that were filled and wait for Quality, and Quality at a desk or with a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from ledger.domain.world import timestamp
from tests.browser.chromium import PHONE
from tests.browser.people import PASSPHRASE, enrolled, link_on, statements
from tests.e2e.house import House, open_house, seeded
from tests.label_stage import issue
from tests.scenario import APHERESIS, CLEANROOM, PRODUCT, Scenario, hand_over, ordered

LABELS = {"LAB-D1": "L0001", "LAB-D2": "L0002"}
FIRST, SECOND = LABELS
COI = "isbt128:CHA999926000011"
STREAM = f"chain/{COI}"
PASSKEY_COI, PASSKEY_DOSE = "isbt128:CHA999926000012", "KEY-D1"
CONFIRMED_COI, CONFIRMED_DOSE = "isbt128:CHA999926000013", "TWO-D1"


def waiting(scenario: Scenario) -> None:
    """Two labelled doses; one of a product that asks for a passkey; one that two people release."""
    filled(scenario, COI, 1, "LAB-F1", *LABELS)
    for bag, serial in LABELS.items():
        issue(scenario, COI, serial, container=bag)
        scenario.say("mia", STREAM, "LabelApplied", at=CLEANROOM, serial=serial, container=bag)
    for version, check in ((2, "passkey"), (3, "site_confirmation")):
        asked = PRODUCT | {"version": version, "required_checks": [check]}
        scenario.say("quinn", "product/decentra-car", "ProductVersionDefined", **asked)
    filled(scenario, PASSKEY_COI, 2, "KEY-F1", PASSKEY_DOSE)
    filled(scenario, CONFIRMED_COI, 3, "TWO-F1", CONFIRMED_DOSE)


def filled(scenario: Scenario, coi: str, version: int, fresh: str, *doses: str) -> None:
    say, chain = scenario.say, f"chain/{coi}"
    order = ordered(f"patient of {coi}") | {"product": {"product": "decentra-car", "version": version}}
    say("carl", chain, "TherapyOrdered", **order)
    say("carl", chain, "ConsentRecorded", site="st-mary", form="CONSENT v3")
    say("anna", chain, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
        containers=[{"container": fresh, "volume_ul": 200_000}])  # fmt: skip
    hand_over(scenario, coi, fresh, ("anna", APHERESIS), ("mia", CLEANROOM))
    until = timestamp(scenario.clock() + 90 * 86_400_000)
    say("mia", chain, "ContainersDerived", at=CLEANROOM, how="fill",
        parents=[{"container": fresh, "volume_ul": 200_000}],
        children=[{"container": dose, "volume_ul": 50_000, "bag": number, "of": len(doses),
                   "expires_at": until} for number, dose in enumerate(doses, 1)])  # fmt: skip


def damaged(scenario: Scenario, *containers: str) -> None:
    scenario.say("mia", STREAM, "ContainerDamaged", at=CLEANROOM, containers=list(containers), damage="label")


def label_of(house: House, container: str) -> str:
    """What the code on the bag says."""
    return link_on(house, LABELS[container], container)


def told(house: House, event: str, stream: str = STREAM) -> list[dict[str, Any]]:
    return [one for one in statements(house, stream) if one["type"] == event]


def certificate_in(folder: Path) -> Path:
    path = folder / "certificate-LAB.pdf"
    path.write_bytes(b"%PDF-1.7 the certificate of analysis")
    return path


class Desk:
    """A browser of somebody who has signed in and looks at Quality's screens."""

    def __init__(self, house: House, browser: Browser, agent: str, **options: Any) -> None:
        self.house, self.agent = house, agent
        self.context: BrowserContext = browser.new_context(
            **(PHONE | options), locale="en-GB", timezone_id="Europe/London"
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = enrolled(house, self.context, agent, by=agent)  # each adds a key of their own

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.house.url}/app/quality{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def choose(self, label: str) -> None:
        self.page.get_by_role("radio", name=re.compile(f"^{label}")).check()

    def certificate(self, file: Path) -> None:
        self.page.locator("input[type=file]").set_input_files(file)

    def sign(self, name: str, passphrase: str = PASSPHRASE) -> None:
        self.page.get_by_label("Passphrase of this device's key").fill(passphrase)
        self.press(name)

    def sees(self, text: str, **options: Any) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(**options)

    def sees_no(self, text: str) -> None:
        expect(self.page.get_by_text(text)).to_have_count(0)

    def gate(self, name: str) -> Any:
        return self.page.locator("li.gate", has_text=name)

    def close(self) -> None:
        self.context.close()


Sit = Callable[..., Desk]


@contextmanager
def open_lab(built: Path, folder: Path) -> Iterator[House]:
    """A house in which doses wait; named by a domain, since passkeys need one."""
    scenario = seeded(folder)
    waiting(scenario)
    with open_house(scenario, built, host="localhost") as house:
        yield house


@contextmanager
def desks(house: House, browser: Browser) -> Iterator[Sit]:
    """Seats people, quinn of Quality unless another is named, each at a browser of their own."""
    seated: list[Desk] = []

    def sit(agent: str = "quinn", **options: Any) -> Desk:
        seated.append(Desk(house, browser, agent, **options))
        return seated[-1]

    yield sit
    for desk in seated:
        desk.close()


def from_the_top(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")


def at_the_signature(page: Page) -> None:
    """The part that is signed, from its heading on: below the bar, which would cover half a choice."""
    page.locator("section.card", has=page.locator("form.esign")).evaluate(
        "one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 80)"
    )
