"""At a bed: two nurses and a physician, each with a phone; the right bags, and the wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.e2e.house import House, seeded
from tests.browser.people import statements
from tests.browser.ward import COI, FIRST, SECOND, STRANGER, STREAM, Person, label_of, patient_keys, two_bags

Arrive = Callable[..., Person]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return patient_keys(tmp_path)


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path, keys: Path) -> Iterator[House]:
    scenario = seeded(tmp_path)
    two_bags(scenario, keys)
    house = House(scenario)
    house.open(built)
    yield house
    house.close()
    scenario.ledger.close()


@pytest.fixture
def arrive(house: House, browser: Browser, keys: Path) -> Iterator[Arrive]:
    people: list[Person] = []

    def arriving(agent: str, **options: Any) -> Person:
        people.append(Person(house, browser, agent, keys, **options))
        return people[-1]

    yield arriving
    for person in people:
        person.close()


def told(house: House, *types: str) -> list[dict[str, Any]]:
    return [one for one in statements(house, STREAM) if one["type"] in types]


def thawed(nurse: Person) -> None:
    nurse.press("Thaw started: record it")
    nurse.sees("Time left. The window closes at")
    nurse.press("Thaw complete: record it")


def checked(person: Person) -> None:
    person.sign("I read wristband and bag myself: sign")
    person.sees("Your check is in the log")


def test_two_nurses_and_a_physician_infuse_two_bags_one_after_the_other(
    house: House, arrive: Arrive
) -> None:
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
    checked(nils)
    phil.sees("All 26 gates are open now")
    phil.sign("Authorise: sign")
    phil.sees("The infusion is authorised")
    phil.sees("Signed by phil. Approval: this may be done")
    nora.sees("Authorised: this bag may be given")
    nora.press("Infusion started: record it")
    nora.sees("The infusion is under way")
    nora.press("Complete")
    nora.page.get_by_label("Volume given, in ml").fill(volume)
    nora.press("Record: complete")
    nora.sees("This bag was given")
