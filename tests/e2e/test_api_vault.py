"""The vault over HTTP: who may enter and read, what is kept of it, and what an erasure leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.vault.erasing import Erasing
from clients.patients import commitments
from ledger.errors import Refused
from tests.e2e.api_stage import COI, OTHER, Stage, catch_up, code, read, served
from tests.e2e.vault_stage import (
    IDENTIFIERS,
    NURSE,
    OTHERS,
    REASON,
    ask,
    close,
    entered,
    erase,
    look,
    order,
    put,
    vaulted,
    withdraw,
)
from tests.scenario import APHERESIS
from tests.vaulting import vault_in

TRIES = 3
CHAIN = f"chain/{COI}"
DISORDERED = IDENTIFIERS | {"family_name": "  ÜBERTRÄGER-ødegård", "record_number": "mrn00814477"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with vaulted(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Settings(max_patient_tries=TRIES)) as stage:
        yield stage


def keys_of(stage: Stage, agent: str = "nora", coi: str = COI) -> Any:
    return stage.get(f"/v1/chains/{coi}/patient/keys", agent, params=REASON)


def accesses(stage: Stage, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(stage, "audrey", "/v1/vault/accesses", **params)["accesses"]
    return found


# --- before the order, and after -------------------------------------------------------


def test_a_coordinator_enters_orders_with_the_commitments_and_a_wristband_leads_there(stage: Stage) -> None:
    patient = entered(stage)
    assert [one["field"] for one in patient] == sorted(IDENTIFIERS)
    order(stage, patient)
    (found,) = ask(stage, "nora", DISORDERED).json()["found"]
    assert (found["coi"], found["patient"]) == (COI, patient)
    body = {"site": "st-mary", "patient": found["patient"]}
    matched = stage.ask("POST", "/v1/patients/match", json=body, headers=stage.bearer("nora")).json()
    assert [one["coi"] for one in matched["therapies"]] == [COI]


def test_entered_again_it_gives_the_same_commitments_so_an_order_may_wait(stage: Stage) -> None:
    assert entered(stage) == entered(stage) == entered(stage, "nora")


def test_a_second_therapy_of_the_same_patient_shares_no_commitment_with_the_first(stage: Stage) -> None:
    """Nobody can tell from the log that the two are one patient's, and erasing one leaves the other."""
    first, second = entered(stage), entered(stage, coi=OTHER)
    assert not {one["commitment"] for one in first} & {one["commitment"] for one in second}
    order(stage, first)
    order(stage, second, OTHER)
    assert sorted(one["coi"] for one in ask(stage, "nora", IDENTIFIERS).json()["found"]) == [COI, OTHER]
    erase(stage)
    assert [one["coi"] for one in ask(stage, "nora", IDENTIFIERS).json()["found"]] == [OTHER]
    assert look(stage, "nora", OTHER).json()["identifiers"] == IDENTIFIERS


def test_what_was_put_right_after_the_order_is_told_to_differ_from_it(stage: Stage) -> None:
    order(stage, entered(stage))
    right = IDENTIFIERS | {"family_name": "Uebertraeger"}
    changed = put(stage, "carl", identifiers=right, correction="entered_in_error").json()
    assert changed["differs"] == ["family_name"]
    assert look(stage, "nora").json()["identifiers"]["family_name"] == "Uebertraeger"
    assert put(stage, "carl").json()["differs"] == []


def test_a_provisional_chain_s_patient_becomes_the_ordered_one(stage: Stage) -> None:
    """The wristband was read at the collection, before anybody ordered: the keys must be the same."""
    scenario = stage.scenario
    read_then = entered(stage, "anna", OTHER)
    bag = [{"container": "PROV-F1", "volume_ul": 1000}]
    ended = {"at": APHERESIS, "ended_at": "2026-09-21T12:00:00.000Z"}
    scenario.say("anna", f"chain/{OTHER}", "CollectionCompleted", containers=bag, **ended)
    scenario.say("anna", f"chain/{OTHER}", "PatientIdentified", site="st-mary", patient=read_then,
                 method="scan", outcome="match")  # fmt: skip
    assert entered(stage, "carl", COI, same_as=OTHER) == read_then
    order(stage, read_then)
    linked = [{"container": "PROV-F1", "volume_ul": 1000, "at": APHERESIS}]
    scenario.say("carl", CHAIN, "ChainLinked", chain_version=scenario.version(COI), provisional=OTHER,
                 containers=linked)  # fmt: skip
    third = "isbt128:CHA999926000003"
    assert code(put(stage, "carl", third, same_as=COI)) == "no_such_person"  # an order has its own


# --- who may -----------------------------------------------------------------------------


def test_only_who_meets_the_patient_and_the_hospital_s_quality_read_and_others_learn_nothing(
    stage: Stage,
) -> None:
    order(stage, entered(stage))
    for agent in ("nora", "phil", "carl", "anna", "petra"):
        assert look(stage, agent).json()["identifiers"] == IDENTIFIERS
    nobody = "isbt128:CHA999926009999"
    for agent in ("audrey", "mia", "quinn", "kit", "ben", "eve", "eco"):
        refused = look(stage, agent)
        assert (refused.status_code, code(refused)) == (404, "no_such_person")
        assert refused.content == look(stage, agent, nobody).content
        assert code(keys_of(stage, agent)) == "no_such_person"
    assert code(keys_of(stage, "petra")) == "no_such_person"
    assert code(stage.get(f"/v1/chains/{COI}/patient", params=REASON)) == "no_session"


def test_before_the_order_only_its_own_organisation_sees_who_was_entered(stage: Stage) -> None:
    entered(stage)
    assert look(stage, "nora").status_code == 200
    for response in (
        look(stage, "eve"),
        keys_of(stage, "eve"),
        ask(stage, "eve", IDENTIFIERS, COI),
    ):
        assert code(response) == "no_such_person"
    assert ask(stage, "eve", IDENTIFIERS).json() == {"found": []}


def test_who_took_a_therapy_s_name_before_its_hospital_answers_for_nobody_there(stage: Stage) -> None:
    entered(stage, "eco")
    order(stage, commitments(IDENTIFIERS, dict.fromkeys(IDENTIFIERS, b"k" * 32)))
    assert code(look(stage, "nora")) == "no_such_person"
    assert look(stage, "eve").status_code == 200  # its own entry, of whomever
    assert withdraw(stage, "eco").status_code == 204


def test_one_identifier_is_no_patient_and_a_wrong_date_is_not_repeated(stage: Stage) -> None:
    assert code(put(stage, "carl", identifiers={"birth_date": "1961-04-23"})) == "invalid_request"
    assert code(put(stage, "carl", identifiers=IDENTIFIERS, same_as=OTHER)) == "invalid_request"
    wrong = put(stage, "carl", identifiers=IDENTIFIERS | {"birth_date": "23.4.1961"})
    assert code(wrong) == "bad_patient_value"
    assert "1961" not in wrong.text
    assert code(look(stage, "carl")) == "no_such_person"  # nothing was kept


def test_without_a_vault_every_question_says_so(tmp_path: Path) -> None:
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path) as bare:
        assert read(bare, "nora", "/v1/vault")["available"] is False
        for response in (
            put(bare, "carl"),
            look(bare, "nora"),
            ask(bare, "nora", IDENTIFIERS),
            keys_of(bare),
        ):
            assert code(response) == "no_vault"


def test_who_was_entered_for_an_order_that_never_came_is_taken_back_and_the_name_is_used_up(
    stage: Stage,
) -> None:
    entered(stage)
    assert code(withdraw(stage, "eco")) == "no_such_person"
    (person,) = stage.app.state.node.vault.keys.persons()
    assert withdraw(stage, "carl").status_code == 204
    assert stage.app.state.node.vault.keys.is_destroyed(person)
    for response in (look(stage, "nora"), put(stage, "carl"), withdraw(stage, "carl")):
        assert (response.status_code, code(response)) == (410, "personal_data_erased")
    order(stage, entered(stage, coi=OTHER), OTHER)
    assert code(withdraw(stage, "carl", OTHER)) == "therapy_recorded"
    assert look(stage, "nora", OTHER).status_code == 200
    assert [one["what"] for one in accesses(stage)] == ["read", "entered", "withdrawn", "entered"]


# --- matching, and the bedside -----------------------------------------------------------


def test_the_keys_of_one_patient_make_the_same_commitments_on_a_device_without_a_network(
    stage: Stage,
) -> None:
    patient = entered(stage)
    order(stage, patient)
    keys = {field: bytes.fromhex(key) for field, key in keys_of(stage).json()["keys"].items()}
    assert commitments(DISORDERED, keys) == patient


def test_another_patient_s_wristband_is_committed_to_and_counts_as_a_try(stage: Stage) -> None:
    """The mismatch has to be recorded; who tries birth dates is stopped."""
    patient = entered(stage)
    order(stage, patient)
    for _ in range(TRIES):
        (found,) = ask(stage, "nora", OTHERS, COI).json()["found"]
        assert found["patient"] != patient
    assert code(ask(stage, "nora", OTHERS, COI)) == "too_many_patient_tries"
    assert code(ask(stage, "nora", IDENTIFIERS)) == "too_many_patient_tries"
    for _ in range(TRIES * 2):
        assert ask(stage, "nils", IDENTIFIERS, COI).status_code == 200


def test_who_is_searched_for_in_vain_counts_too_and_one_field_that_differs_is_nobody(stage: Stage) -> None:
    order(stage, entered(stage))
    for wrong in (
        OTHERS,
        IDENTIFIERS | {"birth_date": "1961-04-24"},
        {"birth_date": "1961-04-23", "given_name": "x"},
    ):
        assert ask(stage, "nora", wrong).json() == {"found": []}
    assert code(ask(stage, "nora", IDENTIFIERS)) == "too_many_patient_tries"


# --- who looked --------------------------------------------------------------------------


def test_every_look_is_kept_with_its_reason_and_never_a_value_and_auditors_see_it(stage: Stage) -> None:
    order(stage, entered(stage))
    look(stage, "nora", reference="DEV-17")
    keys_of(stage, "nils")
    ask(stage, "phil", OTHERS, COI)
    ask(stage, "anna", IDENTIFIERS)
    found = accesses(stage)
    assert [(one["agent"], one["what"], one["reason"], one["reference"]) for one in found] == [
        ("anna", "matched", None, None), ("phil", "commitments", None, None),
        ("nils", "keys", "bedside_check", None), ("nora", "read", "bedside_check", "DEV-17"),
        ("carl", "entered", None, None),
    ]  # fmt: skip
    assert {one["subject"] for one in found} == {CHAIN}
    assert all(one["fields"] == sorted(IDENTIFIERS) for one in found)
    assert look(stage, "nora").json()["access"] == 5
    for agent in ("nora", "petra", "ada"):
        assert code(stage.get("/v1/vault/accesses", agent)) == "not_yours"


def test_without_a_reason_nothing_is_told_and_nothing_is_kept(stage: Stage) -> None:
    order(stage, entered(stage))
    for params in ({}, {"reason": "curiosity"}, REASON | {"reference": "her name is Ødegård"}):
        assert code(stage.get(f"/v1/chains/{COI}/patient", "nora", params=params)) == "invalid_request"
    assert [one["what"] for one in accesses(stage)] == ["entered"]


def test_accesses_are_read_page_by_page_and_by_subject(stage: Stage) -> None:
    entered(stage)
    entered(stage, coi=OTHER)
    for _ in range(3):
        look(stage, "nora")
    page = read(stage, "audrey", "/v1/vault/accesses", limit="2")
    seen = [one["number"] for one in page["accesses"]]
    while page["next_cursor"]:
        page = read(stage, "audrey", "/v1/vault/accesses", limit="2", cursor=page["next_cursor"])
        seen += [one["number"] for one in page["accesses"]]
    assert seen == [4, 3, 2, 1, 0]
    assert [one["number"] for one in accesses(stage, subject=f"chain/{OTHER}")] == [1]


# --- colleagues --------------------------------------------------------------------------


def test_a_colleague_s_name_is_entered_by_their_administrator_and_read_within_the_organisation(
    stage: Stage,
) -> None:
    def enter(agent: str) -> Any:
        body = {"identifiers": NURSE}
        return stage.ask("PUT", "/v1/agents/nora/person", json=body, headers=stage.bearer(agent))

    assert enter("ada").status_code == 204
    assert enter("nora").status_code == 204
    for agent in ("phil", "ben", "eve"):
        assert code(enter(agent)) == "no_such_person"
    told = stage.get("/v1/agents/nora/person", "phil", params=REASON).json()
    assert (told["subject"], told["identifiers"]) == ("agent/nora", NURSE)
    for agent in ("ben", "eve", "mia"):
        assert code(stage.get("/v1/agents/nora/person", agent, params=REASON)) == "no_such_person"


# --- erasure -----------------------------------------------------------------------------


def test_what_is_erased_answers_410_with_the_entry_that_says_so_for_everybody_who_could_read(
    stage: Stage,
) -> None:
    order(stage, entered(stage))
    answer = erase(stage)
    for response in (
        look(stage, "nora"),
        keys_of(stage),
        put(stage, "carl"),
        ask(stage, "nils", IDENTIFIERS, COI),
    ):
        assert (response.status_code, code(response)) == (410, "personal_data_erased")
        assert response.json()["position"] == answer.position
    assert code(look(stage, "mia")) == "no_such_person"
    assert ask(stage, "nora", IDENTIFIERS).json() == {"found": []}
    assert read(stage, "nora", f"/v1/chains/{COI}")["coi"] == COI
    with pytest.raises(Refused, match="already_erased"):
        erase(stage)


def test_a_running_server_destroys_by_itself(stage: Stage) -> None:
    order(stage, entered(stage))
    keys = stage.app.state.node.vault.keys
    (person,) = keys.persons()
    scenario = stage.scenario
    close(stage)
    said = {"site": "st-mary", "basis": "objection", "chain_version": scenario.version(COI)}
    response = stage.post(scenario.sign("petra", CHAIN, "PersonalDataErased", **said))
    assert response.status_code == 201
    deadline = time.monotonic() + 30
    while keys.of(person) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert keys.is_destroyed(person)


def test_a_key_database_that_comes_back_from_a_backup_is_healed_at_the_next_start(
    stage: Stage, tmp_path: Path
) -> None:
    order(stage, entered(stage))
    kept = (tmp_path / "keys.db").read_bytes()
    erase(stage)
    (tmp_path / "keys.db").write_bytes(kept)
    node = stage.app.state.node
    (person,) = node.vault.keys.persons()
    vault = vault_in(tmp_path, stage.scenario)

    ledger = stage.scenario.ledger
    healing = Erasing(vault, ledger.store, ledger.world_at)
    healing.start()
    healing.close()
    assert vault.keys.of(person) is None
    assert vault.keys.is_destroyed(person)


def test_an_erasure_of_somebody_whom_the_vault_never_knew_is_recorded_all_the_same(stage: Stage) -> None:
    order(stage, commitments(IDENTIFIERS, dict.fromkeys(IDENTIFIERS, b"k" * 32)))
    answer = erase(stage)
    assert look(stage, "nora").json()["position"] == answer.position
    catch_up(stage)
