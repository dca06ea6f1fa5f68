"""Two who change one entry at the same moment, and a server that is killed in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.store.vault import Access
from tests.e2e.api_stage import COI, Stage, code
from tests.e2e.test_api_vault_shared import OVERRIDES, collected, destroy_the_bag
from tests.e2e.test_api_vault_strangers import FOREIGN, PROVISIONAL
from tests.e2e.vault_stage import (
    IDENTIFIERS,
    NURSE,
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


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with vaulted(f"sqlite:///{tmp_path}/ledger.db", tmp_path) as stage:
        yield stage


def test_who_is_entered_while_the_therapy_is_erased_does_not_stay(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody stood there when the server obeyed."""
    order(stage, FOREIGN)
    close(stage)
    vault = stage.app.state.node.vault
    enter = vault.enter

    def late(*words: Any) -> None:
        monkeypatch.undo()
        erase(stage)
        enter(*words)

    monkeypatch.setattr(vault, "enter", late)
    said = put(stage, "carl", identifiers=IDENTIFIERS, correction="keyed_elsewhere")
    settle(stage)
    assert (said.status_code, code(said)) == (410, "personal_data_erased")
    assert vault.keys.persons() == []


def test_an_order_that_comes_while_a_shared_name_is_taken_back_keeps_its_patient(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(stage)
    patient = entered(stage, "carl", COI, same_as=PROVISIONAL)
    rows = stage.app.state.node.vault.rows
    note = rows.note

    def ordered_meanwhile(one: Access) -> int:
        monkeypatch.undo()
        number: int = note(one)
        order(stage, patient)
        return number

    monkeypatch.setattr(rows, "note", ordered_meanwhile)
    assert code(withdraw(stage, "carl")) == "therapy_recorded"
    assert look(stage, "nora").json()["identifiers"] == IDENTIFIERS


def test_nobody_is_bound_to_a_person_whose_keys_are_being_destroyed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(stage)
    destroy_the_bag(stage)
    vault = stage.app.state.node.vault
    destroy = vault.keys.destroy
    bound = []

    def bind_first(person: bytes, *words: Any) -> None:
        monkeypatch.undo()
        try:
            vault.rows.bind(f"chain/{COI}/st-mary-trust", person)
        except Exception as error:
            bound.append(error)
        destroy(person, *words)

    monkeypatch.setattr(vault.keys, "destroy", bind_first)
    erase(stage, PROVISIONAL, **OVERRIDES)
    assert len(bound) == 1
    assert put(stage, "carl").status_code == 200


@pytest.mark.parametrize("step", ["rows.erase", "keys.destroy", "rows.release"])
def test_a_colleague_s_name_is_free_again_whenever_its_destruction_was_killed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def person(method: str, **more: Any) -> Any:
        return stage.ask(method, "/v1/agents/nora/person", headers=stage.bearer("ada"), **more)

    assert person("PUT", json={"identifiers": NURSE}).status_code == 204
    vault = stage.app.state.node.vault

    class Killed(BaseException): ...

    def die(*_: object) -> None:
        raise Killed

    part, name = step.split(".")
    monkeypatch.setattr(getattr(vault, part), name, die)
    with pytest.raises(Killed):
        vault.forget("agent/nora")
    monkeypatch.undo()
    vault.heal()  # what the next start does
    assert person("DELETE").status_code == 204
    assert person("PUT", json={"identifiers": NURSE}).status_code == 204
