"""Emergency overrides: what two people may pass, for one bag, and what they may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.domain.gates import INFUSION_GATES, Gate, infusion_gates
from ledger.domain.overrides import NEEDED, OF_IDENTITY, OVERRIDABLE
from ledger.errors import Conflict, GateFailed, NotPermitted, Refused, StaleView
from tests.domain_phrases import raised, start_infusion, thaw
from tests.domain_refusing import refused
from tests.domain_scene import CHAIN, COI, DOSE, DOSE_2, FRESH, WARD, Said, Scene, patient, scene_at


def infusion(scene: Scene, container: str = DOSE) -> dict[str, Gate]:
    return {gate.name: gate for gate in infusion_gates(scene.world, COI, container, "st-mary", scene.now_ms)}


def stopping(scene: Scene, container: str = DOSE) -> set[str]:
    return {gate.name for gate in infusion(scene, container).values() if gate.stops}


def fields(*gates: str, **more: Any) -> dict[str, Any]:
    bag = {"site": "st-mary", "container": DOSE, "gates": list(gates), "reason": "no_other_dose"}
    return bag | more


def override(scene: Scene, *gates: str, **more: Any) -> Said:
    return scene.decide("phil", "EmergencyOverride", **fields(*gates, **more))


def confirm(scene: Scene, said: Said, signer: str = "nora") -> Said:
    return scene.decide(signer, "OverrideConfirmed", override=said.id)


def quarantine(scene: Scene, name: str = FRESH) -> Said:
    return scene.on_chain("nils", "Quarantined", containers=[name], reason="seal_broken")


def quarantined(stage: str = "checked") -> Scene:
    scene = scene_at(stage)
    quarantine(scene)
    return scene


def authorise(scene: Scene) -> Said:
    return scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)


def block(scene: Scene, code: str = "bag_leaks") -> Said:
    return scene.on_chain("nils", "DeviationRaised", code=code, severity="major", blocking=True,
                          containers=[DOSE], cause=None)  # fmt: skip


def attempt(scene: Scene, signer: str = "phil", *gates: str, **more: Any) -> dict[str, Any]:
    return {"chain_version": scene.chain.version} | fields(*(gates or ("not_quarantined",)), **more)


# --- what it does ---------------------------------------------------------------------------


def test_two_people_pass_a_gate_and_the_list_says_so() -> None:
    scene = quarantined()
    put = scene.world.size - 1
    said = override(scene, "not_quarantined")
    assert stopping(scene) == {"not_quarantined"}
    done = confirm(scene, said)
    gate = infusion(scene)["not_quarantined"]
    assert (gate.passed, gate.overridden, stopping(scene)) == (False, True, set())
    assert gate.proof == (put, said.entry.position, done.entry.position)
    assert "phil and nora overrode this (no_other_dose)." in gate.detail
    authorise(scene)
    assert raised(start_infusion(scene)) == {}


def test_finding_emergency_override() -> None:
    scene = quarantined()
    said = override(scene, "not_quarantined")
    assert raised(said) == {}
    assert raised(confirm(scene, said)) == {"emergency_override": (DOSE,)}


def test_it_passes_one_bag_and_only_the_gates_that_it_names() -> None:
    scene = quarantined()
    block(scene)
    confirm(scene, override(scene, "not_quarantined"))
    assert stopping(scene) == {"no_blocking_deviation"}
    assert "not_quarantined" in stopping(scene, DOSE_2)


def release(scene: Scene) -> None:
    scene.release("nora", WARD, {"site": "northcell-1", "department": "cleanroom"}, DOSE)


def run_out(scene: Scene) -> None:
    scene.forward(3600)


def suspend(scene: Scene) -> None:
    scene.say("ada", "site/st-mary", "SiteSuspended", reason="inspection")


@pytest.mark.parametrize(
    ("harm", "gate"),
    [
        (quarantine, "not_quarantined"),
        (block, "no_blocking_deviation"),
        (release, "custody_here"),
        (run_out, "thaw_window"),
        (suspend, "site_in_force"),
    ],
)
def test_each_kind_of_stop_can_be_overridden_and_then_acted_on(
    harm: Callable[[Scene], Any], gate: str
) -> None:
    scene = scene_at("checked")
    harm(scene)
    assert stopping(scene) == {gate}
    confirm(scene, override(scene, gate))
    authorise(scene)
    found = raised(start_infusion(scene))
    assert found == ({"site_not_in_force": (DOSE,)} if harm is suspend else {})


def test_a_bag_is_thawed_under_an_override_without_a_new_stop() -> None:
    scene = quarantined("prepared")
    confirm(scene, override(scene, "not_quarantined"))
    assert raised(thaw(scene, DOSE)) == {}
    assert stopping(scene) == {"patient_matched", "checks_agree"}


def test_a_dose_that_was_never_released_is_thawed_under_an_override() -> None:
    scene = scene_at("made")
    scene.hand_over(("mia", {"site": "northcell-1", "department": "cleanroom"}), ("nora", WARD), DOSE)
    confirm(scene, override(scene, "released", "fitness_confirmed"))
    assert raised(thaw(scene, DOSE)) == {}


# --- what it does not do -----------------------------------------------------------------------


@pytest.mark.parametrize("later", [quarantine, block])
@pytest.mark.parametrize("between", [True, False])
def test_what_comes_after_the_override_stops_the_bag_again(
    later: Callable[[Scene], Said], between: bool
) -> None:
    """Also between the two signatures: the physician has not seen it."""
    scene = quarantined()
    block(scene)
    said = override(scene, "not_quarantined", "no_blocking_deviation")
    if between:
        later(scene)
    confirm(scene, said)
    if not between:
        authorise(scene)
        later(scene)
    assert len(stopping(scene)) == 1
    assert "infusion_without_authorisation" in raised(start_infusion(scene))


def test_what_quality_rejects_after_the_override_stays_stopped() -> None:
    scene = scene_at("checked")
    deviation = block(scene).entry
    confirm(scene, override(scene, "no_blocking_deviation"))
    assert stopping(scene) == set()
    scene.clear(deviation, "rejected")
    assert stopping(scene) == {"no_blocking_deviation"}


def test_no_override_passes_a_doubt_about_identity() -> None:
    scene = scene_at("thawed")
    wrong = scene.check("nora", patient=patient("patient-2"))
    assert wrong.codes <= OF_IDENTITY
    scene.check("nora")
    scene.check("nils")
    assert stopping(scene) == {"no_blocking_deviation"}
    named = attempt(scene, "phil", "no_blocking_deviation")
    assert refused(Refused, scene, "phil", CHAIN, "EmergencyOverride", **named) == "not_overridable"


def test_a_mismatch_at_the_bed_ends_an_override_of_deviations() -> None:
    scene = scene_at("checked")
    block(scene)
    confirm(scene, override(scene, "no_blocking_deviation"))
    scene.check("nora", patient=patient("patient-2"))
    assert "no_blocking_deviation" in stopping(scene)


def test_identity_consent_and_a_used_bag_are_never_overridable() -> None:
    never = {"patient_matched", "checks_agree"} | NEEDED
    assert never.isdisjoint(OVERRIDABLE)
    assert (OVERRIDABLE | never) <= INFUSION_GATES.keys()


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", [*sorted(NEEDED), "patient_matched", "checks_agree", "nonsense"])
def test_refusal_not_overridable(gate: str) -> None:
    scene = quarantined()
    named = attempt(scene, "phil", "not_quarantined", gate)
    assert refused(Refused, scene, "phil", CHAIN, "EmergencyOverride", **named) == "not_overridable"


def test_refusal_gates_repeat() -> None:
    scene = quarantined()
    named = attempt(scene, "phil", "not_quarantined", "not_quarantined")
    assert refused(Refused, scene, "phil", CHAIN, "EmergencyOverride", **named) == "gates_repeat"


def test_refusal_gate_not_failed() -> None:
    """A gate that is open is not overridden in advance: nobody knows what will shut it."""
    scene = quarantined()
    named = attempt(scene, "phil", "not_quarantined", "not_expired")
    assert refused(Refused, scene, "phil", CHAIN, "EmergencyOverride", **named) == "gate_not_failed"
    confirm(scene, override(scene, "not_quarantined"))
    again = attempt(scene)
    assert refused(Refused, scene, "phil", CHAIN, "EmergencyOverride", **again) == "gate_not_failed"


def test_nothing_is_overridden_for_a_strangers_bag_or_one_that_was_used() -> None:
    scene = scene_at("infusing")
    quarantine(scene)
    for container in (DOSE, "OTHER-1"):
        named = attempt(scene, container=container)
        expected = GateFailed
        if container == "OTHER-1":
            named["gates"] = ["released"]
        assert refused(expected, scene, "phil", CHAIN, "EmergencyOverride", **named) == "gate_failed"


def test_an_override_is_a_physicians_at_the_bedside() -> None:
    scene = quarantined()
    for signer in ("nora", "quinn"):
        assert refused(NotPermitted, scene, signer, CHAIN, "EmergencyOverride", **attempt(scene)) == (
            "not_permitted"
        )


def test_the_physician_has_seen_what_they_override_and_the_second_person_too() -> None:
    scene = scene_at("checked")
    before = scene.chain.version
    quarantine(scene)
    blind = attempt(scene) | {"chain_version": before}
    assert refused(StaleView, scene, "phil", CHAIN, "EmergencyOverride", **blind) == "stale_view"
    said = override(scene, "not_quarantined")
    unseen = {"override": said.id, "chain_version": said.entry.event.chain_version}  # type: ignore[attr-defined]
    assert refused(StaleView, scene, "nora", CHAIN, "OverrideConfirmed", **unseen) == "stale_view"


def second(scene: Scene, override: str, signer: str = "nora") -> dict[str, Any]:
    return {"override": override, "chain_version": scene.chain.version}


def test_refusal_unknown_override() -> None:
    scene = quarantined()
    fields = second(scene, "00" * 32)
    assert refused(Refused, scene, "nora", CHAIN, "OverrideConfirmed", **fields) == "unknown_override"


def test_refusal_already_confirmed() -> None:
    scene = quarantined()
    said = override(scene, "not_quarantined")
    confirm(scene, said, "quinn")
    fields = second(scene, said.id)
    assert refused(Conflict, scene, "nora", CHAIN, "OverrideConfirmed", **fields) == "already_confirmed"


def test_nobody_confirms_their_own_override() -> None:
    scene = quarantined()
    said = override(scene, "not_quarantined")
    fields = second(scene, said.id)
    assert refused(NotPermitted, scene, "phil", CHAIN, "OverrideConfirmed", **fields) == "same_signer"
    assert stopping(scene) == {"not_quarantined"}


def test_an_override_that_the_authoriser_has_not_seen_makes_the_view_stale() -> None:
    scene = quarantined()
    said = override(scene, "not_quarantined")
    before = {"chain_version": scene.chain.version, "site": "st-mary", "container": DOSE}
    confirm(scene, said)
    assert refused(StaleView, scene, "phil", CHAIN, "InfusionAuthorised", **before) == "stale_view"
