"""What others order, collect and erase under a therapy's name neither opens nor destroys an entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Refused
from tests.e2e.api_stage import COI, OTHER, Stage, catch_up, code, enrol, read
from tests.e2e.test_api_vault_shared import BAG, OVERRIDES, collected, destroy_the_bag, link
from tests.e2e.test_api_vault_strangers import FOREIGN, PROVISIONAL
from tests.e2e.vault_stage import (
    IDENTIFIERS,
    REASON,
    close,
    entered,
    erase,
    look,
    order,
    put,
    settle,
    vaulted,
    withdraw,
)
from tests.scenario import ordered


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with vaulted(f"sqlite:///{tmp_path}/ledger.db", tmp_path) as stage:
        yield stage


def far_order(
    stage: Stage, coi: str, patient: list[dict[str, str]], signer: str = "eco", **sites: str
) -> None:
    """By another organisation, treated at a site of its own."""
    said: dict[str, Any] = ordered("") | {"patient": patient}
    said["sites"] = said["sites"] | {"collection": "far-h", "treatment": "far-h"} | sites
    stage.scenario.say(signer, f"chain/{coi}", "TherapyOrdered", **said)
    catch_up(stage)


def far_erase(stage: Stage, coi: str) -> None:
    """What they ordered, they close and erase."""
    scenario = stage.scenario
    enrol(scenario, "fara", "quality", "cleo", "swift-cryo", "far-h")
    agent = scenario.ledger.world_at().agent("fara")
    assert agent is not None
    scenario.say("ben", "agent/fara", "EnrolmentApproved", enrolment=agent.enrolment)
    chain = f"chain/{coi}"
    scenario.say("eco", chain, "TherapyClosed", reason="cancelled", chain_version=scenario.version(coi))
    said = {"site": "far-h", "basis": "consent_withdrawn", "overrides_retention": "entered_in_error"}
    scenario.say("fara", chain, "PersonalDataErased", chain_version=scenario.version(coi), **said)
    settle(stage)


@pytest.mark.parametrize("is_linked", [False, True])
def test_an_order_with_commitments_that_were_in_the_log_before_opens_no_entry(
    stage: Stage, is_linked: bool
) -> None:
    """A manufacturer reads them in one order, and orders with them under the provisional chain's name, for
    a clinic of its own."""
    scenario = stage.scenario
    scenario.say(
        "ben", "site/n-clinic", "SiteOnboarded", organisation="northcell", site_kind="care", country="GB"
    )
    enrol(scenario, "mico", "coordinator", "ben", "northcell", "northcell-1")
    enrol(scenario, "mino", "coordinator", "ben", "northcell", "n-clinic")
    patient = collected(stage)
    answer = order(stage, entered(stage, "carl", same_as=PROVISIONAL))
    if is_linked:
        link(stage)
    assert read(stage, "mico", f"/v1/entries/{answer.position}")["event"]["patient"] == patient
    far_order(stage, PROVISIONAL, patient, "mico", collection="st-mary", treatment="n-clinic")
    assert code(look(stage, "mino", PROVISIONAL)) == "no_such_person"
    keys = stage.get(f"/v1/chains/{PROVISIONAL}/patient/keys", "mino", params=REASON)
    assert code(keys) == "no_such_person"


def test_a_therapy_is_not_erased_while_a_bag_that_its_order_set_aside_may_be_linked(stage: Stage) -> None:
    order(stage, collected(stage), PROVISIONAL)
    (person,) = stage.app.state.node.vault.keys.persons()
    with pytest.raises(Refused, match="therapy_goes_on"):
        erase(stage, PROVISIONAL, **OVERRIDES)
    destroy_the_bag(stage)
    erase(stage, PROVISIONAL, **OVERRIDES)
    assert stage.app.state.node.vault.keys.is_destroyed(person)


def test_a_bag_that_was_set_aside_and_linked_since_is_its_new_therapy_s(stage: Stage) -> None:
    patient = collected(stage)
    order(stage, patient, PROVISIONAL)
    close(stage, PROVISIONAL)
    order(stage, patient)
    link(stage)
    erase(stage, PROVISIONAL, **OVERRIDES)
    assert look(stage, "anna", PROVISIONAL).status_code == 410


@pytest.mark.parametrize("is_collected", [True, False])
def test_a_hospital_that_orders_and_erases_under_another_s_name_destroys_nothing(
    stage: Stage, is_collected: bool
) -> None:
    """Whether that one has a bag of the patient, or only waits for the order."""
    coi = PROVISIONAL if is_collected else COI
    if is_collected:
        collected(stage)
    else:
        entered(stage)
    far_order(stage, coi, FOREIGN)
    far_erase(stage, coi)
    assert look(stage, "carl", coi).json()["identifiers"] == IDENTIFIERS
    assert withdraw(stage, "carl", coi).status_code == (409 if is_collected else 204)


@pytest.mark.parametrize("is_shared", [True, False])
def test_an_order_under_a_linked_chain_s_name_keeps_no_identifiers_from_erasure(
    stage: Stage, is_shared: bool
) -> None:
    patient = collected(stage)
    order(stage, entered(stage, "carl", same_as=PROVISIONAL) if is_shared else patient)
    link(stage)
    (person,) = stage.app.state.node.vault.keys.persons()
    far_order(stage, PROVISIONAL, FOREIGN, collection="st-mary")
    erase(stage, **OVERRIDES)
    assert look(stage, "anna", PROVISIONAL).status_code in (404, 410)
    assert stage.app.state.node.vault.keys.is_destroyed(person)


def test_who_has_a_patient_s_bag_knows_whose_it_is_whoever_orders_under_its_name(stage: Stage) -> None:
    collected(stage)
    far_order(stage, PROVISIONAL, FOREIGN)
    assert look(stage, "anna", PROVISIONAL).json()["identifiers"] == IDENTIFIERS
    assert code(look(stage, "eco", PROVISIONAL)) == "no_such_person"
    order(stage, entered(stage, "carl", same_as=PROVISIONAL))
    link(stage)
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS


def test_who_entered_a_patient_keeps_the_entry_whoever_collects_under_its_name(stage: Stage) -> None:
    scenario = stage.scenario
    enrol(scenario, "aph", "apheresis", "cleo", "swift-cryo", "far-h")
    entered(stage)
    ended = {"at": {"site": "far-h", "department": "apheresis"}, "ended_at": "2026-09-21T12:00:00.000Z"}
    bags = [{"container": BAG, "volume_ul": 1000}]
    scenario.say("aph", f"chain/{COI}", "CollectionCompleted", containers=bags, **ended)
    catch_up(stage)
    assert code(look(stage, "aph")) == "no_such_person"
    assert put(stage, "carl").status_code == 200
    assert withdraw(stage, "carl").status_code == 204
    assert code(look(stage, "carl", OTHER)) == "no_such_person"
