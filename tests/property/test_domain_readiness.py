"""Laws of consent and of overrides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.chain import Chain
from ledger.domain.gates import infusion_gates
from ledger.domain.overrides import OVERRIDABLE
from ledger.domain.world import timestamp
from tests.domain_phrases import raised, start_infusion
from tests.domain_scene import CHAIN, COI, CONSENT, DOSE, DOSE_2, START_MS, WARD, Scene, fit, scene_at

few = settings(max_examples=60)
minutes = st.integers(0, 4)
told = st.lists(st.tuples(st.booleans(), minutes), max_size=6)


def said(number: int, given: bool, minute: int) -> Any:
    """Consent given or withdrawn in this minute, recorded within the hour."""
    event, fields = (
        ("ConsentRecorded", CONSENT) if given else ("ConsentWithdrawn", {"site": "st-mary", "reason": "x"})
    )
    moment = timestamp(START_MS + minute * 60_000)
    entry = Scene().entry("carl", CHAIN, event, seen=None, occurred_at=moment, **fields)
    return replace(entry, position=number, recorded_ms=START_MS + 3_600_000)


@few
@given(told, st.randoms(use_true_random=False))
def test_consent_comes_out_the_same_in_whatever_order_it_arrives(
    story: list[tuple[bool, int]], random: Any
) -> None:
    """It stands if, and only if, the last word was a consent; a withdrawal wins a tie."""
    entries = [said(number, *one) for number, one in enumerate(story)]
    random.shuffle(entries)
    chain = Chain(COI)
    for entry in entries:
        chain.apply(entry)
    last = max((minute for _, minute in story), default=0)
    kinds = {given for given, minute in story if minute == last}
    assert (chain.readiness.has_consent, chain.readiness.is_withdrawn) == (kinds == {True}, False in kinds)


# --- overrides ------------------------------------------------------------------------------


def quarantine(scene: Scene) -> None:
    scene.on_chain("nils", "Quarantined", containers=[DOSE], reason="seal_broken")


def block(scene: Scene) -> Any:
    return scene.on_chain("nils", "DeviationRaised", code="bag_leaks", severity="major", blocking=True,
                          containers=[DOSE], cause=None).entry  # fmt: skip


def reject(scene: Scene) -> None:
    scene.clear(block(scene), "rejected")


def lose(scene: Scene) -> None:
    scene.on_chain("nora", "ContainerLost", at=WARD, containers=[DOSE])


def unfit(scene: Scene) -> None:
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene, outcome="unfit"))


def send_away(scene: Scene) -> None:
    scene.release("nora", WARD, {"site": "northcell-1", "department": "cleanroom"}, DOSE)


HARMS: dict[Callable[[Scene], Any], set[str]] = {
    quarantine: {"not_quarantined"},
    block: {"no_blocking_deviation"},
    reject: {"no_blocking_deviation"},
    lose: {"not_lost", "no_blocking_deviation"},
    unfit: {"fitness_confirmed"},
}
before = st.lists(st.sampled_from([*HARMS, send_away]), min_size=1, max_size=4)
after = st.lists(st.sampled_from(list(HARMS)), max_size=3)


def stopping(scene: Scene) -> set[str]:
    gates = infusion_gates(scene.world, COI, DOSE, "st-mary", scene.now_ms)
    return {gate.name for gate in gates if gate.stops}


def do(scene: Scene, harms: list[Callable[[Scene], Any]]) -> set[str]:
    """The gates that these shut."""
    for harm in harms:
        scene.forward(10)
        harm(scene)
    return {gate for harm in harms for gate in HARMS.get(harm, {"custody_here"})}


def override(scene: Scene, gates: set[str]) -> str:
    named = {"site": "st-mary", "container": DOSE, "gates": sorted(gates), "reason": "no_other_dose"}
    return scene.decide("phil", "EmergencyOverride", **named).id


@few
@given(before, after, after)
def test_an_override_passes_all_that_stood_when_it_was_made_and_nothing_that_came_later(
    harms: list[Any], between: list[Any], later: list[Any]
) -> None:
    scene = scene_at("checked")
    shut = do(scene, harms)
    assert stopping(scene) == shut
    made = override(scene, shut)
    assert stopping(scene) == shut
    shut_again = do(scene, between)
    scene.decide("nora", "OverrideConfirmed", override=made)
    shut_again |= do(scene, later)
    assert stopping(scene) == shut_again
    others = infusion_gates(scene.world, COI, DOSE_2, "st-mary", scene.now_ms)
    assert not any(gate.overridden for gate in others)


@few
@given(before, st.lists(st.sampled_from([quarantine, block, reject, lose]), max_size=2))
def test_an_authorisation_under_an_override_stands_exactly_until_something_new_stops_the_bag(
    harms: list[Any], later: list[Any]
) -> None:
    scene = scene_at("checked")
    made = override(scene, do(scene, harms))
    scene.decide("nora", "OverrideConfirmed", override=made)
    scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    do(scene, later)
    found = raised(start_infusion(scene))
    assert ("infusion_without_authorisation" in found) == bool(later)
    assert later or found == {}


@few
@given(before, after)
def test_an_overridden_gate_is_proved_by_two_people_and_listed_apart(
    harms: list[Any], later: list[Any]
) -> None:
    scene = scene_at("checked")
    made = override(scene, do(scene, harms))
    confirmed = scene.decide("quinn", "OverrideConfirmed", override=made).entry.position
    do(scene, later)
    for gate in infusion_gates(scene.world, COI, DOSE, "st-mary", scene.now_ms):
        assert not (gate.passed and gate.overridden)
        if gate.overridden:
            assert gate.name in OVERRIDABLE
            assert gate.proof[-2:] == (scene.chain.readiness.overrides[made].position, confirmed)
            assert list(gate.proof) == sorted(gate.proof)
