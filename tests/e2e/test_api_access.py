"""Who may know what: all others are told what they would be told of nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.api_stage import CHAIN, COI, OTHER, Stage, code, read, two_therapies
from tests.scenario import APHERESIS, VAN, hand_over


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def hidden(stage: Stage) -> list[str]:
    """Everything about the other therapy."""
    position = stage.scenario.ledger.store.by_tag(f"chain/{OTHER}")[0].position
    return [
        f"/v1/chains/{OTHER}",
        f"/v1/chains/{OTHER}/timeline",
        f"/v1/chains/{OTHER}/lineage",
        f"/v1/chains/{OTHER}/deviations",
        "/v1/containers/OTHER-F1",
        "/v1/containers/OTHER-F1/lineage",
        f"/v1/entries/{position}",
        f"/v1/entries/{position}/receipt",
        f"/v1/entries/{position}/proof",
    ]


def test_what_is_not_for_a_reader_answers_as_if_it_did_not_exist(stage: Stage) -> None:
    """A courier who holds none of its bags: the same bytes as for names that nobody ever used."""
    for path in hidden(stage):
        parts = path.split("/")
        for real, made_up in ((OTHER, "isbt128:NOBODY"), ("OTHER-F1", "NOBODY-1")):
            parts = [made_up if part == real else part for part in parts]
        missing = "/".join(str(10**9) if part.isdecimal() else part for part in parts)
        found, nothing = stage.get(path, "otto"), stage.get(missing, "otto")
        assert (found.status_code, found.content) == (404, nothing.content), path


def test_an_auditor_reads_everything(stage: Stage) -> None:
    assert [stage.get(path, "audrey").status_code for path in hidden(stage)] == [200] * 9


def test_a_courier_reads_a_therapy_while_holding_its_bag(stage: Stage) -> None:
    assert stage.get(f"/v1/chains/{OTHER}", "kit").status_code == 404
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("anna", APHERESIS), ("kit", VAN))
    assert read(stage, "kit", f"/v1/chains/{OTHER}")["coi"] == OTHER
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("kit", VAN), ("anna", APHERESIS))
    assert stage.get(f"/v1/chains/{OTHER}", "kit").status_code == 404


def test_what_one_has_signed_oneself_one_may_read(stage: Stage) -> None:
    mine = next(
        stored.position
        for stored in stage.scenario.ledger.store.by_tag(f"chain/{COI}")
        if stored.type == "CustodyAccepted"
    )
    assert stage.get(CHAIN, "kit").status_code == 404
    assert read(stage, "kit", f"/v1/entries/{mine}")["signer"] == "kit"


def test_a_key_is_for_its_owner_administrators_and_auditors(stage: Stage) -> None:
    kid = stage.scenario.signer("nora").key.public.kid.hex()
    for agent in ("nora", "ada", "audrey"):
        found = read(stage, agent, f"/v1/keys/{kid}")
        assert (found["agent"], found["status"]) == ("nora", "active")
    assert found["seq"] == stage.scenario.signer("nora").seq - 1
    assert found["last"] == stage.scenario.signer("nora").prev
    assert code(stage.get(f"/v1/keys/{kid}", "kit")) == "no_such_key"
    assert code(stage.get(f"/v1/keys/{'0' * 64}", "ada")) == "no_such_key"


def test_a_key_that_signed_nothing_yet_has_no_last_statement(stage: Stage) -> None:
    kid = stage.scenario.signer("otto").key.public.kid.hex()
    found = read(stage, "otto", f"/v1/keys/{kid}")
    assert (found["seq"], found["last"]) == (None, None)
