"""What the ledger may attest by itself, and what an audit says of the rest."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from ledger.application import Answer
from ledger.domain.events import to_payload
from ledger.errors import NotPermitted
from ledger.store.fsck import fsck
from tests.application.sealing_node import Node, packed
from tests.live_stage import (
    STREAM,
)


def test_the_ledger_attests_nothing_else(node: Node) -> None:
    packed(node)
    node.scenario.clock.forward(900)
    node.look()
    fields = to_payload(node.said()[0])
    false: list[tuple[dict[str, Any], str]] = [
        ({"read_as": None}, "did not come live"),
        ({"read_as": {"format": "hobo", "zone": "+00:00"}}, "did not come live"),
        ({"device_signature": "absent"}, "no logger signed"),
        ({"logger": "logger-9"}, "never enrolled"),
        ({"logger": "anna"}, "never enrolled as a device"),
        ({"calibrated_until": "2099-01-01T00:00:00.000Z"}, "not calibrated"),
        ({"calibrated_until": None}, "not calibrated"),
        ({"phase": "thawed"}, "had not been packed"),
        ({"containers": ["BAG-X1"]}, "had not been packed"),
        ({"started_at": "2020-01-01T00:00:00.000Z", "calibrated_until": None}, "had not been packed"),
        ({"at": {"site": "st-mary", "department": "ward-5"}}, "had not been packed"),
    ]
    for changed, why in false:
        (refused,) = node.scenario.ledger.attest([(STREAM, fields | changed, "another")])
        assert isinstance(refused, NotPermitted)
        assert refused.code == "unfounded_seal"
        assert why in refused.detail
    assert len(node.said()) == 1


def test_the_same_fact_is_attested_once_and_gets_its_first_answer(node: Node) -> None:
    packed(node)
    node.scenario.clock.forward(900)
    node.look()
    fields = to_payload(node.said()[0])
    (first, second) = node.scenario.ledger.attest([(STREAM, fields, "one"), (STREAM, fields, "one")])
    (third,) = node.scenario.ledger.attest([(STREAM, fields, "one")])
    assert isinstance(first, Answer)
    assert first == second == third
    assert len(node.said()) == 2


def test_an_audit_finds_what_the_ledger_signed_without_grounds(node: Node) -> None:
    """The same rule, replayed: here a server that left it out."""
    packed(node)
    node.scenario.clock.forward(900)
    node.look()
    fields = to_payload(node.said()[0]) | {"at": {"site": "st-mary", "department": "ward-5"}}
    with patch("ledger.domain.rules.require_seal"):
        (answer,) = node.scenario.ledger.attest([(STREAM, fields, "false")])
    assert isinstance(answer, Answer)
    report = fsck(node.scenario.ledger.store, str(node.scenario.ledger.vkey))
    assert not report.ok
    assert "attests no such readings" in report.text()
