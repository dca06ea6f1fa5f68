"""Law: whatever happened, what a ledger gives away of it verifies."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.application import Ledger
from ledger.proof.pruned import Hidden, decode_records
from tests.bundling import ask, audited, choice_of, files_of, made
from tests.e2e.api_stage import enrol
from tests.property.test_verify_agrees import COIS, Chaos, tell, two_nodes

STEPS = 25


def check(ledger: Ledger, chaos: Chaos, coi: str) -> None:
    asked = ask(chaos.scenario, coi)
    choice = choice_of(ledger, asked, f"chain/{coi}")
    raw = made(ledger, asked, choice)
    report = audited(raw, ledger.vkey)
    assert report.first_wrong is None, report.text()
    judging = report.steps[5].detail
    assert "NOT judged" not in judging or "such as container/" in judging  # a bag that two therapies claim
    given_ones = [
        one for one in decode_records(files_of(raw)["entries/000000"]) if not isinstance(one, Hidden)
    ]
    stored = ledger.store.entries(0, ledger.store.head()[0])
    assert given_ones == [stored[position].data for position in choice.positions]


@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_bundle_of_any_therapy_verifies(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Two therapies fight over the same bags, devices are out of step, keys are revoked, sites closed."""
    with two_nodes(f"sqlite:///{tmp_path_factory.mktemp('chaos')}/ledger.db") as (scenario, nodes):
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        chaos = Chaos(scenario, Random(seed))
        scenario.order(COIS[0])
        for _ in range(STEPS):
            tell(chaos, nodes)
        for coi in COIS:
            if scenario.version(coi):
                check(scenario.ledger, chaos, coi)
