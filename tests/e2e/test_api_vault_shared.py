"""A provisional chain and the order that takes it over know one patient: what reaches both, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.vault.erasing import Erasing
from tests.e2e.api_stage import COI, OTHER, Stage, catch_up, code
from tests.e2e.test_api_vault_strangers import PROVISIONAL, collect
from tests.e2e.vault_stage import IDENTIFIERS, entered, erase, look, order, put, vaulted, withdraw
from tests.scenario import APHERESIS

BAG = "PROV-F1"
OVERRIDES = {"overrides_retention": "authority_order"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with vaulted(f"sqlite:///{tmp_path}/ledger.db", tmp_path) as stage:
        yield stage


def collected(stage: Stage) -> list[dict[str, str]]:
    """A bag, before any order; the commitments that were read then."""
    patient = entered(stage, "anna", PROVISIONAL)
    collect(stage, PROVISIONAL)
    stage.scenario.say("anna", f"chain/{PROVISIONAL}", "PatientIdentified", site="st-mary", method="scan",
                       patient=patient, outcome="match")  # fmt: skip
    return patient


def collected_and_ordered(stage: Stage) -> None:
    """The order takes the provisional chain's entry."""
    collected(stage)
    order(stage, entered(stage, "carl", same_as=PROVISIONAL))


def link(stage: Stage) -> None:
    linked = [{"container": BAG, "volume_ul": 1000, "at": APHERESIS}]
    stage.scenario.say("carl", f"chain/{COI}", "ChainLinked", chain_version=stage.scenario.version(COI),
                       provisional=PROVISIONAL, containers=linked)  # fmt: skip
    catch_up(stage)


def destroy_the_bag(stage: Stage) -> None:
    how = {"at": APHERESIS, "containers": [BAG], "method": "incineration", "reason": "patient_withdrew"}
    stage.scenario.say("anna", f"chain/{PROVISIONAL}", "Destroyed", **how)


def test_two_therapies_share_no_entry(stage: Stage) -> None:
    entered(stage)
    assert code(put(stage, "carl", OTHER, same_as=COI)) == "no_such_person"  # no provisional chain
    entered(stage, "anna", PROVISIONAL)
    collect(stage, PROVISIONAL)
    entered(stage, "carl", OTHER, same_as=PROVISIONAL)
    entered(stage, "carl", OTHER, same_as=PROVISIONAL)
    third = put(stage, "carl", "isbt128:CHA999926000011", same_as=PROVISIONAL)
    assert (third.status_code, code(third)) == (409, "vault_person_shared")


def test_taking_back_a_name_leaves_the_provisional_chain_its_patient(stage: Stage) -> None:
    entered(stage, "anna", PROVISIONAL)
    collect(stage, PROVISIONAL)
    entered(stage, "carl", COI, same_as=PROVISIONAL)
    assert withdraw(stage, "nora").status_code == 204
    assert look(stage, "anna", PROVISIONAL).json()["identifiers"] == IDENTIFIERS
    assert code(look(stage, "carl")) == "no_such_person"
    assert code(withdraw(stage, "carl", PROVISIONAL)) == "therapy_recorded"
    assert entered(stage, "carl", COI, same_as=PROVISIONAL)


def test_erasing_a_therapy_leaves_the_chain_that_was_never_linked_its_patient(stage: Stage) -> None:
    """Its bag is still there, and may be linked to the next order; then it is erased by itself."""
    collected_and_ordered(stage)
    (person,) = stage.app.state.node.vault.keys.persons()
    said = erase(stage)
    assert look(stage, "nora").json()["position"] == said.position
    assert look(stage, "anna", PROVISIONAL).json()["identifiers"] == IDENTIFIERS
    destroy_the_bag(stage)
    erase(stage, PROVISIONAL, **OVERRIDES)
    assert stage.app.state.node.vault.keys.is_destroyed(person)


def test_erasing_the_chain_that_was_never_linked_leaves_the_therapy_its_patient(stage: Stage) -> None:
    """The bag was bad, and another is collected for the order."""
    collected_and_ordered(stage)
    (person,) = stage.app.state.node.vault.keys.persons()
    destroy_the_bag(stage)
    said = erase(stage, PROVISIONAL, **OVERRIDES)
    assert look(stage, "anna", PROVISIONAL).json()["position"] == said.position
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS
    erase(stage)
    assert stage.app.state.node.vault.keys.is_destroyed(person)


def test_erasing_a_therapy_reaches_the_chain_that_it_took(stage: Stage) -> None:
    """Nobody can erase that one by itself."""
    collected_and_ordered(stage)
    link(stage)
    (person,) = stage.app.state.node.vault.keys.persons()
    said = erase(stage, **OVERRIDES)
    for coi in (COI, PROVISIONAL):
        assert look(stage, "anna", coi).json()["position"] == said.position
    assert stage.app.state.node.vault.keys.is_destroyed(person)


def test_it_reaches_an_entry_of_its_own_that_the_taken_chain_had(stage: Stage) -> None:
    """The order's commitments came from a file, or from another hospital's vault, and match."""
    patient = collected(stage)
    order(stage, patient)
    link(stage)
    (person,) = stage.app.state.node.vault.keys.persons()
    erase(stage, **OVERRIDES)
    assert stage.app.state.node.vault.keys.is_destroyed(person)


def test_it_is_the_same_after_every_start_and_warned_of_at_none(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    collected_and_ordered(stage)
    erase(stage)
    node, ledger = stage.app.state.node, stage.scenario.ledger
    starting = Erasing(node.vault, ledger.store, ledger.world_at)
    with caplog.at_level("WARNING", logger="unbroken.vault"):
        starting.start()
    starting.close()
    assert "does not hold" not in caplog.text
    assert look(stage, "anna", PROVISIONAL).json()["identifiers"] == IDENTIFIERS
