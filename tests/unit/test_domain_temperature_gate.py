"""What the gate asks of temperature, and what quality accepts of it."""

from __future__ import annotations

import pytest

from ledger.errors import GateFailed, StaleView
from tests.domain_phrases import raised
from tests.domain_scene import (
    CHAIN,
    DOSE,
    FRESH,
    RELEASED,
)
from tests.domain_warm import (
    GATE,
    WARM,
    attach,
    infusion_gate,
    release_gate,
    warm_scene,
)


def test_gate_temperature_in_limits() -> None:
    scene = warm_scene("made")
    said = attach(scene, 500, *WARM, 500)
    gate = release_gate(scene)
    assert (gate.passed, gate.proof) == (False, (said.entry.position,))
    assert gate.detail == (
        "FRESH-1 was outside its fresh band for 2100 s, more than its profile allows: wait for Quality to"
        " decide on temperature_excursion."
    )
    scene.clear(said.deviations[0])
    assert (release_gate(scene).passed, infusion_gate(scene).passed) == (True, True)


def test_a_gap_holds_until_quality_accepts_it() -> None:
    scene = warm_scene("made")
    said = attach(scene, 500, None, None, None, 500)
    assert not release_gate(scene).passed
    assert "temperature_gap" in release_gate(scene).detail
    scene.clear(said.deviations[0])
    assert release_gate(scene).passed


@pytest.mark.parametrize("values", [(500, *WARM, 500), (500, None, None, None, 500)])
def test_what_quality_rejects_stays_out_of_limits(values: tuple[int | None, ...]) -> None:
    scene = warm_scene("made")
    scene.clear(attach(scene, *values).deviations[0], "rejected")
    assert not release_gate(scene).passed


def test_what_comes_after_the_acceptance_is_not_accepted_with_it() -> None:
    scene = warm_scene("made")
    scene.clear(attach(scene, 500, *WARM, 500).deviations[0])
    scene.forward(86_400)
    assert release_gate(scene).passed
    said = attach(scene, 500, 900, 500)
    assert raised(said) == {"temperature_excursion": (FRESH,)}
    assert not release_gate(scene).passed
    scene.clear(said.deviations[0])
    assert release_gate(scene).passed


def test_evidence_in_band_after_the_acceptance_reopens_nothing() -> None:
    scene = warm_scene("made")
    scene.clear(attach(scene, 500, *WARM, 500).deviations[0])
    scene.clear(attach(scene, 500, None, None, None, 500, logger="LOG-2").deviations[0])
    scene.forward(86_400)
    assert raised(attach(scene, 500, 500)) == {}
    assert release_gate(scene).passed


def test_evidence_makes_the_view_of_a_release_stale() -> None:
    scene = warm_scene("made")
    seen = {"chain_version": scene.chain.version, "containers": [DOSE], **RELEASED}
    attach(scene, 500)
    with pytest.raises(StaleView):
        scene.say("quinn", CHAIN, "Released", **seen)
    assert scene.decide("quinn", "Released", containers=[DOSE], **RELEASED).deviations == []


def test_evidence_makes_the_view_of_an_authorisation_stale() -> None:
    scene = warm_scene("checked")
    seen = {"chain_version": scene.chain.version, "site": "st-mary", "container": DOSE}
    attach(scene, 500)
    with pytest.raises(StaleView):
        scene.say("phil", CHAIN, "InfusionAuthorised", **seen)
    assert scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE).deviations == []


def test_a_release_of_what_was_too_warm_is_refused() -> None:
    scene = warm_scene("made")
    attach(scene, 500, *WARM, 500)
    with pytest.raises(GateFailed) as refusal:
        scene.decide("quinn", "Released", containers=[DOSE], **RELEASED)
    failed = {gate["name"] for gate in refusal.value.extra["gates"] if not gate["passed"]}
    assert failed == {"no_blocking_deviation", GATE}
