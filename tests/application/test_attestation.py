"""What may stand inside an attestation of what a revoked key signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, Unauthentic
from tests.scenario import APHERESIS, Scenario, b64, open_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"


@pytest.fixture
def scenario(database_url: str, tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(database_url, tmp_path)
    opened.order(COI)
    yield opened
    opened.ledger.close()


def attestation(scenario: Scenario, inside: bytes) -> bytes:
    fields = {"chain_version": scenario.version(COI), "statement": b64(inside), "reason": "phone_lost"}
    return scenario.sign("quinn", CHAIN, "LateStatementAttested", **fields)


def packed(scenario: Scenario, stream: str = CHAIN) -> bytes:
    return scenario.sign("anna", stream, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="SHIPPER-1")


def test_an_attestation_cannot_attest_another_one(scenario: Scenario) -> None:
    inner, size = attestation(scenario, packed(scenario)), scenario.ledger.store.head()[0]
    with pytest.raises(Malformed, match="nested_attestation"):
        scenario.ledger.record(attestation(scenario, inner))
    assert scenario.ledger.store.head()[0] == size


def test_an_attestation_is_of_a_statement_about_the_same_therapy(scenario: Scenario) -> None:
    with pytest.raises(Unauthentic, match="wrong_stream"):
        scenario.ledger.record(attestation(scenario, packed(scenario, "chain/acme:ANOTHER-1")))
