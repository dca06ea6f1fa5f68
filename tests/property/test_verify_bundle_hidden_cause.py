"""A deviation whose cause may not be read: a shipment with another patient's bag in it. An honest bundle is
not called wrong for it, and not whole; an invented deviation does not pass for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest

from ledger.application import Answer
from ledger.domain.entry import Entry
from ledger.domain.partial import PartialWorld
from ledger.domain.shares import therapies_of
from ledger.errors import ProofInvalid
from ledger.export.choosing import Choice, choose
from ledger.store.decode import entry_of
from tests.bundling import OTHER, ask, audited, files_of, made, request_of, saying, stage
from tests.scenario import ORIGIN, VAN, Scenario
from tests.unit.verify_book import CHAIN, COI

SHIPMENT = "shipment/s-1"


@dataclass(frozen=True)
class Told:
    """`hidden`: where the shipment's statement stands, whose deviations are given and it is not."""

    scenario: Scenario
    asked: Answer
    hidden: int
    choice: Choice
    raw: bytes

    @property
    def entries(self) -> list[Entry]:
        """What is given, in order."""
        store = self.scenario.ledger.store
        stored = (store.entries(one, one + 1)[0] for one in self.choice.positions)
        return [entry_of(one.position, one.data, one.recorded_ms) for one in stored]

    def world(self, *whole: str) -> PartialWorld:
        """The checkpoints of the log, and these tags besides those that the bundle calls whole."""
        store = self.scenario.ledger.store

        def find(size: int) -> tuple[str, int] | None:
            found = store.checkpoint(size)
            return (found.root.hex(), found.time_ms) if found else None

        assert self.choice.whole is not None
        return PartialWorld(ORIGIN, find, self.choice.whole | set(whole))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    scenario = stage(tmp_path_factory.mktemp("ledger"))
    carried = [{"coi": COI, "containers": ["BAG-1"]}, {"coi": OTHER, "containers": ["BAG-9"]}]
    shipped = scenario.say("kit", SHIPMENT, "Packed", at=VAN, shipper="S-9", containers=["BAG-1", "BAG-9"],
                           therapies=carried)  # fmt: skip
    asked = ask(scenario)
    size = request_of(scenario.ledger, asked).size
    choice = choose(scenario.ledger.store, ORIGIN, [CHAIN], size, lambda one: OTHER not in therapies_of(one))
    assert shipped.position not in choice.positions
    yield Told(scenario, asked, shipped.position, choice, made(scenario.ledger, asked, choice))
    scenario.ledger.close()


def of_hidden(told: Told) -> list[Entry]:
    """The deviations that are given without their cause."""
    store = told.scenario.ledger.store
    (stored,) = store.entries(told.hidden, told.hidden + 1)
    cause_id = entry_of(stored.position, stored.data, stored.recorded_ms).statement_id
    return [one for one in told.entries if getattr(one.event, "cause", None) == cause_id]


def test_an_honest_bundle_is_not_wrong_and_not_whole(told: Told) -> None:
    assert of_hidden(told), "the shipment raised no deviation for this therapy: it shows nothing"
    report = audited(told.raw, told.scenario.ledger.vkey)
    assert (report.first_wrong, report.ok, report.steps[5].ok) == (None, False, None), report.text()
    assert "NOT judged" in report.steps[5].detail
    assert CHAIN not in (told.choice.whole or ())


def test_where_the_therapy_is_called_whole_the_cause_would_be_here(told: Told) -> None:
    whole = sorted([*(told.choice.whole or ()), CHAIN])
    raw = saying(files_of(told.raw), told.scenario.ledger.config.log_key, whole=whole)
    wrong = audited(raw, told.scenario.ledger.vkey).first_wrong
    assert wrong
    assert (wrong.step, wrong.position) == (6, of_hidden(told)[0].position)
    assert "nothing calls for" in wrong.what


def replayed(told: Told, entries: list[Entry]) -> str:
    """The first refusal of the replay, or nothing."""
    world = told.world()
    for entry in entries:
        try:
            world.record(entry)
        except ProofInvalid as error:
            return f"{error.code} at {entry.position}"
    return ""


def invented(entry: Entry, position: int, cause: str) -> Entry:
    """The ledger's deviation as a dishonest operator's: at another place, of another cause."""
    event: Any = entry.event
    said = event.model_copy(update={"cause": cause})
    return replace(entry, position=position, statement_id=f"{position:064x}", event=said)


def test_the_replay_takes_what_is_given_as_the_log_has_it(told: Told) -> None:
    assert replayed(told, told.entries) == ""


def test_a_deviation_behind_an_entry_that_is_given_is_not_excused(told: Told) -> None:
    """It would be of a cause that nobody sees, but what stands before it is seen, and calls for nothing."""
    entries, deviation = told.entries, of_hidden(told)[0]
    gaps = (at for at, (one, after) in enumerate(pairwise(entries)) if after.position > one.position + 1)
    at = next(gaps)
    false = invented(deviation, entries[at].position + 1, "ab" * 32)
    found = replayed(told, [*entries[: at + 1], false])
    assert found == f"deviation_not_due at {false.position}"


def test_a_deviation_of_a_cause_that_is_given_is_not_excused(told: Told) -> None:
    """Behind a gap it would be of what is hidden there; its cause is seen, and called for nothing."""
    deviation = of_hidden(told)[0]
    before = [one for one in told.entries if one.position < deviation.position]
    clean = next(one for one in before if one.event.type == "TherapyOrdered")
    found = replayed(told, [*before, invented(deviation, deviation.position, clean.statement_id)])
    assert found == f"deviation_not_due at {deviation.position}"


def test_another_cause_behind_one_that_is_excused_is_not(told: Told) -> None:
    """A run of deviations has one cause, which stands before it."""
    deviations = of_hidden(told)
    upto = [one for one in told.entries if one.position <= deviations[-1].position]
    false = invented(deviations[-1], deviations[-1].position + 1, "cd" * 32)
    assert replayed(told, [*upto, false]) == f"deviation_not_due at {false.position}"


def behind_the_gap(told: Told, *false: Entry) -> str:
    """What the replay says where these stand in the place of the deviations, and the rest behind."""
    deviations = of_hidden(told)
    before = [one for one in told.entries if one.position < deviations[0].position]
    after = [one for one in told.entries if one.position > deviations[-1].position]
    return replayed(told, [*before, *false, *after])


def test_the_ledgers_own_deviation_always_has_a_cause_and_never_itself(told: Told) -> None:
    deviation = of_hidden(told)[0]
    nobodys = invented(deviation, deviation.position, "")
    event: Any = nobodys.event
    nobodys = replace(nobodys, event=event.model_copy(update={"cause": None}))
    its_own = invented(deviation, deviation.position, f"{deviation.position:064x}")
    for false in (nobodys, its_own):
        assert behind_the_gap(told, false) == f"deviation_not_due at {deviation.position}"


def test_a_cause_that_is_given_later_was_no_hidden_one(told: Told) -> None:
    deviations = of_hidden(told)
    later = next(
        one
        for one in told.entries
        if one.position > deviations[-1].position and one.event.type != "DeviationRaised"
    )
    false = invented(deviations[0], deviations[0].position, later.statement_id)
    assert behind_the_gap(told, false) == f"deviation_not_due at {later.position}"


def test_a_hidden_cause_has_each_finding_once(told: Told) -> None:
    deviation = of_hidden(told)[0]
    event: Any = deviation.event
    again = invented(deviation, deviation.position + 1, event.cause)
    fewer = replace(again, event=event.model_copy(update={"containers": []}))
    for false in (again, fewer):
        found = behind_the_gap(told, deviation, false)
        assert found == f"deviation_not_due at {false.position}"
