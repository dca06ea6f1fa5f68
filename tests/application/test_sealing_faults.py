"""Sealing that is cut off, on more than one node, and over what somebody altered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from ledger.application import Ledger
from ledger.domain.events import to_payload
from ledger.domain.times import timestamp
from ledger.errors import Fault
from ledger.live.sealed import differs
from ledger.live.sealing import statements
from ledger.store.decode import LazyEntry
from ledger.verify.key_history import KeyHistory
from tests.application.sealing_node import Node, packed
from tests.live_stage import (
    BAG,
    LOGGER,
    STREAM,
)
from tests.scenario import APHERESIS, VAN, Scenario

STEPS = ("claimed", "kept", "attested", "marked")


def cut(monkeypatch: pytest.MonkeyPatch, node: Node, step: str) -> None:
    """The process dies just behind this step."""
    owner, name = {
        "claimed": (node.sealer._seals, "waiting"),
        "kept": (node.scenario.ledger, "attest"),
        "attested": (node.sealer._seals, "sealed"),
        "marked": (node.sealer, "_drop"),
    }[step]
    calls = iter([True] if step == "claimed" else [])
    real = getattr(owner, name)

    def dies(*given: Any) -> Any:
        if next(calls, False):  # the look at what waits, before anything was claimed
            return real(*given)
        raise Fault("cut", step)

    monkeypatch.setattr(owner, name, dies)


def look_cut_off(monkeypatch: pytest.MonkeyPatch, node: Node, step: str) -> None:
    """The look at which the readings would be sealed."""
    node.scenario.clock.forward(900)
    with monkeypatch.context() as patched:
        cut(patched, node, step)
        with pytest.raises(Fault, match="cut"):
            node.look()


@pytest.mark.parametrize("step", STEPS)
def test_cut_off_behind_any_step_nothing_is_lost_and_nothing_said_twice(
    either: Node, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    node = either
    packed(node)
    look_cut_off(monkeypatch, node, step)
    again = Node(node.scenario)
    again.look()
    again.look()
    (said,) = again.said()
    assert said.readings_centi_c == [500] * 5 + [510] * 5
    assert again.evidence.find(said.raw) is not None
    assert again.sealer._seals.waiting() == []


def test_what_was_claimed_is_said_word_for_word_though_the_world_moved_on(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a segment's statements may be in the log: the rest must go with them."""
    packed(node)
    look_cut_off(monkeypatch, node, "claimed")
    node.scenario.say("nora", STREAM, "ThawStarted", at=APHERESIS, containers=[BAG],
                      occurred_at=timestamp(node.scenario.clock() - 1_200_000))  # fmt: skip
    Node(node.scenario).look()
    assert [(one.phase, len(one.readings_centi_c)) for one in node.said()] == [("fresh", 10)]


def test_two_nodes_seal_once(either: Node, database_url: str) -> None:
    """Each with its own ledger, writer and connections, at the same moment."""
    node = either
    packed(node)
    node.scenario.clock.forward(900)
    node.projector.catch_up()
    config = replace(node.scenario.ledger.config, high_water=None)
    ledger = Ledger(config)
    other = Node(Scenario(ledger, node.scenario.clock))
    for one in (node, other):  # else one of them would only find the other at work
        one.sealer._leading = nullcontext_true  # type: ignore[method-assign]
    try:
        for _ in range(3):
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda one: one.sealer.look(), (node, other)))
    finally:
        ledger.close()
    (said,) = node.said()
    assert said.readings_centi_c == [500] * 5 + [510] * 5
    assert node.sealer._seals.waiting() == []


def test_on_postgresql_one_node_looks_at_a_time(either: Node) -> None:
    node = either
    if node.store.engine.dialect.name != "postgresql":
        pytest.skip("a SQLite file has one node")
    with node.sealer._leading() as first, Node(node.scenario).sealer._leading() as second:
        assert (first, second) == (True, False)
    with node.sealer._leading() as again:
        assert again


def test_a_segment_whose_packets_were_altered_is_not_sealed_and_holds_up_no_other(
    node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording = packed(node)
    look_cut_off(monkeypatch, node, "claimed")
    with node.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM live_packet")
    node.put(recording.packet([530] * 5, 10))
    node.sealer.seal_now(recording.name)
    assert node.look() == 1
    assert [one.readings_centi_c for one in node.said()] == [[530] * 5]
    assert [record.code for record in caplog.records] == ["damaged_evidence"]  # type: ignore[attr-defined]
    node.look()
    assert len(caplog.records) == 1  # not at each look
    assert len(node.sealer._seals.waiting()) == 1


def test_a_seal_that_the_rules_refuse_is_told_and_holds_up_no_other(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    recording = packed(node)
    node.scenario.clock.forward(900)
    with patch(
        "api.live.sealing.statements", lambda *given: [one | {"at": VAN} for one in statements(*given)]
    ):
        assert node.look() == 0
    assert [record.code for record in caplog.records] == ["unfounded_seal"]  # type: ignore[attr-defined]
    node.put(recording.packet([530] * 5, 10))
    node.sealer.seal_now(recording.name)
    assert node.look() == 1
    assert [one.readings_centi_c for one in node.said()] == [[530] * 5]


def test_a_key_that_was_revoked_between_claim_and_seal_proves_nothing_either(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(node)
    look_cut_off(monkeypatch, node, "kept")
    kid = node.scenario.signer(LOGGER).key.public.kid.hex()
    node.scenario.say("ada", f"agent/{LOGGER}", "KeyRevoked", kid=kid, reason="stolen")
    assert node.look() == 1
    (said,) = node.said()
    assert said.device_signature == "failed"
    history = KeyHistory(node.scenario.ledger.origin)
    for stored in node.scenario.ledger.store.entries(0, node.scenario.ledger.store.head()[0]):
        history.follow(LazyEntry(stored))
    raw = node.evidence.find(said.raw)
    assert raw is not None
    assert differs(to_payload(said), raw, history.key_of) is None


@contextmanager
def nullcontext_true() -> Iterator[bool]:
    yield True
