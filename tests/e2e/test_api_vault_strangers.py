"""The vault against people who have a right to be in the program, and none to this patient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from ledger.vault.key_file import connected
from tests.e2e.api_stage import COI, OTHER, Stage, catch_up, code, enrol, read
from tests.e2e.vault_stage import (
    IDENTIFIERS,
    NURSE,
    OTHERS,
    REASON,
    ask,
    entered,
    erase,
    look,
    order,
    put,
    vaulted,
    withdraw,
)
from tests.scenario import APHERESIS, ordered

TRIES = 4
FOREIGN = [{"field": name, "commitment": byte * 32} for name, byte in (("birth_date", "aa"), ("x", "bb"))]
PROVISIONAL = "isbt128:CHA999926000003"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with vaulted(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Settings(max_patient_tries=TRIES)) as stage:
        yield stage


def order_elsewhere(stage: Stage, patient: list[dict[str, str]], coi: str = COI, agent: str = "eco") -> None:
    """Collected here, treated at a hospital far away."""
    said = ordered("") | {"patient": patient}
    said["sites"] = said["sites"] | {"treatment": "far-h"}
    stage.scenario.say(agent, f"chain/{coi}", "TherapyOrdered", **said)
    catch_up(stage)


def collect(stage: Stage, coi: str, bag: str = "PROV-F1") -> None:
    ended = {"at": APHERESIS, "ended_at": "2026-09-21T12:00:00.000Z"}
    bags = [{"container": bag, "volume_ul": 1000}]
    stage.scenario.say("anna", f"chain/{coi}", "CollectionCompleted", containers=bags, **ended)
    catch_up(stage)


# --- orders ------------------------------------------------------------------------------


@pytest.mark.parametrize("collected", [False, True])
def test_an_order_that_only_names_a_hospital_opens_none_of_its_patients(
    stage: Stage, collected: bool
) -> None:
    entered(stage, "anna" if collected else "carl")
    if collected:
        collect(stage, COI)
    order_elsewhere(stage, FOREIGN)
    for agent in ("eco", "eve"):
        assert code(look(stage, agent)) == "no_such_person"
        assert code(stage.get(f"/v1/chains/{COI}/patient/keys", agent, params=REASON)) == "no_such_person"
        assert code(ask(stage, agent, IDENTIFIERS, COI)) == "no_such_person"
        assert ask(stage, agent, IDENTIFIERS).json() == {"found": []}
    assert look(stage, "carl").json()["identifiers"] == IDENTIFIERS


def test_an_order_with_what_the_entry_gave_out_opens_it_to_the_treating_hospital(stage: Stage) -> None:
    order_elsewhere(stage, entered(stage), agent="eco")
    assert look(stage, "eve").json()["identifiers"] == IDENTIFIERS


def test_an_order_by_who_entered_the_patient_opens_it_to_the_treating_hospital(stage: Stage) -> None:
    entered(stage)
    order_elsewhere(stage, FOREIGN, agent="carl")
    assert look(stage, "eve").json()["identifiers"] == IDENTIFIERS


def test_of_two_hospitals_entries_the_one_counts_that_was_ordered_with(stage: Stage) -> None:
    theirs, mine = entered(stage, "eco", identifiers=OTHERS), entered(stage)
    assert theirs != mine
    order_elsewhere(stage, mine)
    for agent in ("nora", "eve", "eco"):
        assert look(stage, agent).json()["identifiers"] == IDENTIFIERS


# --- names that others took ----------------------------------------------------------------


def test_nobody_stands_in_the_way_of_a_hospital_by_having_entered_somebody_first(stage: Stage) -> None:
    entered(stage, "eco", identifiers=OTHERS)
    order(stage, entered(stage))
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS
    assert look(stage, "eco").json()["identifiers"] == OTHERS
    assert withdraw(stage, "eco").status_code == 204


def test_only_who_works_where_patients_are_cared_for_enters_anybody(stage: Stage) -> None:
    enrol(stage.scenario, "mico", "coordinator", "ben", "northcell", "northcell-1")
    assert code(put(stage, "mico")) == "no_such_person"
    order(stage, FOREIGN, agent="mico")
    assert code(look(stage, "mico")) == "no_such_person"


# --- what was ordered ------------------------------------------------------------------------


def test_nobody_silently_puts_another_patient_in_an_ordered_one_s_place(stage: Stage) -> None:
    order(stage, entered(stage))
    for wrong in (OTHERS, {"a": "1", "b": "2"}, {"family_name": IDENTIFIERS["family_name"], "b": "2"}):
        refused = put(stage, "nora", identifiers=wrong)
        assert (refused.status_code, code(refused)) == (409, "differs_from_order")
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS
    assert [one["coi"] for one in ask(stage, "carl", IDENTIFIERS).json()["found"]] == [COI]
    assert put(stage, "carl").json()["differs"] == []


def test_a_correction_says_why_and_is_kept_before_anything_changes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(stage, entered(stage))
    vault = stage.app.state.node.vault
    monkeypatch.setattr(vault.rows, "put_fields", lambda *_: False)
    assert code(put(stage, "carl", identifiers=OTHERS, correction="changed")) == "vault_moved_on"
    monkeypatch.undo()
    (kept,) = read(stage, "audrey", "/v1/vault/accesses", limit="1")["accesses"]
    assert (kept["what"], kept["reason"], kept["reference"]) == ("entered", "correction", "changed")
    told = put(stage, "carl", identifiers=OTHERS, correction="changed").json()
    assert told["differs"] == ["family_name", "record_number"]
    assert code(put(stage, "carl", identifiers=OTHERS, correction="why not")) == "invalid_request"
    assert code(put(stage, "carl", OTHER, same_as=COI, correction="changed")) == "invalid_request"


def test_who_tries_birth_dates_by_entering_them_is_stopped(stage: Stage) -> None:
    order(stage, entered(stage))
    for day in range(TRIES):
        guess = IDENTIFIERS | {"birth_date": f"1961-05-{day + 1:02}"}
        assert code(put(stage, "nora", identifiers=guess)) == "differs_from_order"
    stopped = put(stage, "nora")
    assert (stopped.status_code, code(stopped)) == (429, "too_many_patient_tries")


# --- a name is taken back ---------


def test_an_order_that_comes_while_a_name_is_taken_back_keeps_its_patient(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient, rows = entered(stage), stage.app.state.node.vault.rows
    writing = rows._writing

    @contextmanager
    def ordered_meanwhile() -> Iterator[Any]:
        monkeypatch.undo()
        order(stage, patient)
        with writing() as connection:
            yield connection

    monkeypatch.setattr(rows, "_writing", ordered_meanwhile)
    assert code(withdraw(stage, "carl")) == "therapy_recorded"
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS


# --- what is kept, and told ----------------------------------------------------------------


def test_who_asks_about_a_therapy_that_is_not_theirs_leaves_a_record_and_has_tried(stage: Stage) -> None:
    order(stage, entered(stage))
    for _ in range(TRIES):
        assert code(ask(stage, "eve", IDENTIFIERS, COI)) == "no_such_person"
    assert code(ask(stage, "eve", IDENTIFIERS, COI)) == "too_many_patient_tries"
    (kept,) = read(stage, "audrey", "/v1/vault/accesses", limit="1")["accesses"]
    assert (kept["agent"], kept["what"], kept["subject"]) == ("eve", "commitments", f"chain/{COI}")


def test_a_value_in_a_name_s_place_is_neither_repeated_nor_kept(stage: Stage) -> None:
    swapped = put(stage, "carl", identifiers={"1961-04-23": "birth_date", "record_number": "A9999"})
    assert code(swapped) == "invalid_request"
    assert "1961" not in swapped.text
    assert "identifiers.?" in swapped.json()["detail"]
    ask(stage, "nora", {"quillfeather": "family_name", "birth_date": "1961-04-23"})
    (kept,) = read(stage, "audrey", "/v1/vault/accesses")["accesses"]
    assert kept["fields"] == ["birth_date"]


def test_a_colleague_s_name_is_destroyed_by_who_may_enter_it_and_may_be_entered_again(stage: Stage) -> None:
    def person(agent: str, method: str, **more: Any) -> Any:
        return stage.ask(method, "/v1/agents/nora/person", headers=stage.bearer(agent), **more)

    assert code(person("nora", "DELETE")) == "no_such_person"
    name = {"json": {"identifiers": NURSE}}
    person("ada", "PUT", **name)
    (known,) = stage.app.state.node.vault.keys.persons()
    assert code(person("phil", "DELETE")) == "no_such_person"
    assert person("nora", "DELETE").status_code == 204
    assert stage.app.state.node.vault.keys.is_destroyed(known)
    assert code(person("phil", "GET", params=REASON)) == "no_such_person"
    assert person("ada", "PUT", **name).status_code == 204
    assert [one["what"] for one in read(stage, "audrey", "/v1/vault/accesses")["accesses"]] == [
        "entered", "withdrawn", "entered",
    ]  # fmt: skip


def test_an_entry_that_erases_nobody_here_is_warned_of(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    order(stage, FOREIGN)
    with caplog.at_level("WARNING", logger="unbroken.vault"):
        answer = erase(stage)
    assert f"entry {answer.position} erases a person whom this vault does not hold" in caplog.text


def test_keys_that_were_lost_are_drawn_again_and_the_order_is_told_to_differ(stage: Stage) -> None:
    order(stage, entered(stage))
    keys = stage.app.state.node.vault.keys
    with connected(keys._path) as connection:
        connection.execute("DELETE FROM wrapped WHERE owner != ?", (b"",))
    assert code(put(stage, "carl")) == "differs_from_order"
    told = put(stage, "carl", identifiers=IDENTIFIERS, correction="keyed_elsewhere").json()
    assert told["differs"] == sorted(IDENTIFIERS)
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS
