"""Consent, fitness, availability and lymphodepletion: gates and findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.domain.gates import (
    AVAILABILITY_GATES,
    INFUSION_GATES,
    LYMPHODEPLETION_GATES,
    Gate,
    availability_gates,
    infusion_gates,
    lymphodepletion_gates,
)
from ledger.domain.world import timestamp
from ledger.errors import GateFailed, NotPermitted, StaleView
from tests.domain_phrases import STARTED, raised, start_infusion
from tests.domain_refusing import refused
from tests.domain_scene import (
    CHAIN,
    CLEANROOM,
    COI,
    CONSENT,
    DOSE,
    DOSE_2,
    FRESH,
    HOUR_MS,
    ORDER,
    WARD,
    Said,
    Scene,
    collection,
    fit,
    furnished,
    scene_at,
)

LYMPHODEPLETION: dict[str, Any] = {"site": "st-mary", "regimen": "flu_cy"}


def lymphodepletion(scene: Scene, site: str = "st-mary") -> dict[str, Gate]:
    return {gate.name: gate for gate in lymphodepletion_gates(scene.world, COI, site, scene.now_ms)}


def infusion(scene: Scene) -> dict[str, Gate]:
    return {gate.name: gate for gate in infusion_gates(scene.world, COI, DOSE, "st-mary", scene.now_ms)}


def stopping(gates: dict[str, Gate]) -> set[str]:
    return {gate.name for gate in gates.values() if gate.stops}


def withdraw(scene: Scene, signer: str = "nora", **fields: Any) -> Said:
    scene.forward(60)
    return scene.on_chain(signer, "ConsentWithdrawn", **{"site": "st-mary", "reason": "asked"} | fields)


def consent(scene: Scene, **fields: Any) -> Said:
    scene.forward(60)
    return scene.on_chain("carl", "ConsentRecorded", **CONSENT | fields)


def confirm(scene: Scene, signer: str = "carl", **fields: Any) -> Said:
    doses = {"site": "st-mary", "containers": [DOSE, DOSE_2]}
    return scene.decide(signer, "AvailabilityConfirmed", **doses | fields)


def start(scene: Scene, **fields: Any) -> Said:
    return scene.on_chain("nora", "LymphodepletionStarted", **LYMPHODEPLETION | fields)


def ready() -> Scene:
    """All is confirmed; the physician has not authorised yet."""
    scene = scene_at("at_ward")
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    confirm(scene)
    return scene


def ordered() -> Scene:
    """The coordinator ordered, and nobody has asked the patient."""
    scene = furnished()
    scene.say("carl", CHAIN, "TherapyOrdered", **ORDER)
    return scene


# --- consent ----------------------------------------------------------------------------


def test_gate_consent() -> None:
    assert "consent" in stopping(infusion(ordered()))
    scene = scene_at("checked")
    gone = withdraw(scene).entry
    for gates in (infusion(scene), lymphodepletion(scene)):
        assert gates["consent"].stops
        assert gone.position in gates["consent"].proof
    again = consent(scene, form="CONSENT v4").entry
    gate = infusion(scene)["consent"]
    assert (gate.passed, gate.proof) == (True, (gone.position, again.position))
    assert "CONSENT v4" in gate.detail


def test_consent_and_withdrawal_come_out_right_in_either_order_of_arrival() -> None:
    scene = scene_at("checked")
    before = timestamp(scene.now_ms - 120_000)
    consent(scene)
    withdraw(scene, occurred_at=before)
    assert infusion(scene)["consent"].passed


def test_of_two_at_the_same_moment_the_withdrawal_stands() -> None:
    scene = scene_at("checked")
    now = timestamp(scene.now_ms)
    withdraw(scene, occurred_at=now)
    consent(scene, occurred_at=now)
    assert not infusion(scene)["consent"].passed


def test_no_clock_that_is_ahead_lets_a_consent_outlast_a_withdrawal() -> None:
    scene = scene_at("checked")
    assert set(raised(consent(scene, occurred_at=timestamp(scene.now_ms + 24 * HOUR_MS)))) == {"clock_ahead"}
    withdraw(scene)
    assert not infusion(scene)["consent"].passed


def test_an_authorisation_falls_with_a_withdrawal_and_does_not_come_back() -> None:
    scene = scene_at("authorised")
    withdraw(scene)
    consent(scene)
    assert raised(start_infusion(scene)) == {"infusion_without_authorisation": (DOSE,)}
    scene = scene_at("authorised")
    withdraw(scene)
    consent(scene)
    scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    assert raised(start_infusion(scene)) == {}


def test_an_earlier_withdrawal_that_arrives_late_leaves_the_authorisation() -> None:
    scene = scene_at("checked")
    before = timestamp(scene.now_ms - 120_000)
    consent(scene)
    scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)
    withdraw(scene, occurred_at=before)
    assert raised(start_infusion(scene)) == {}


@pytest.mark.parametrize("event", ["ConsentRecorded", "ConsentWithdrawn"])
def test_consent_is_the_hospitals_to_record(event: str) -> None:
    scene = scene_at("collected")
    fields = {"form": "CONSENT v3"} if event == "ConsentRecorded" else {"reason": "asked"}
    said = scene.on_chain("mia", event, site="northcell-1", **fields)
    assert raised(said) == {"role_not_permitted": (), "site_not_planned": ()}


def restart(scene: Scene) -> Said:
    fields = STARTED | {"batch": "B-2", "failed_batch": "B-1", "containers": [FRESH]}
    return scene.on_chain("mia", "ManufacturingRestarted", **fields)


def make(scene: Scene) -> Said:
    return scene.on_chain("mia", "ManufacturingStarted", **STARTED | {"containers": [FRESH]})


def collect(scene: Scene) -> Said:
    return scene.on_chain("anna", "CollectionCompleted", **collection(scene, "FRESH-2"))


ACTS = [
    (collect, ("FRESH-2",)),
    (make, (FRESH,)),
    (restart, (FRESH,)),
    (start, ()),
    (start_infusion, (DOSE,)),
]


@pytest.mark.parametrize(("act", "names"), ACTS)
def test_finding_no_consent(act: Callable[[Scene], Said], names: tuple[str, ...]) -> None:
    assert raised(act(ordered()))["no_consent"] == names
    scene = ordered()
    consent(scene)
    assert "no_consent" not in raised(act(scene))


@pytest.mark.parametrize(("act", "names"), ACTS)
def test_finding_consent_withdrawn(act: Callable[[Scene], Said], names: tuple[str, ...]) -> None:
    scene = scene_at("checked")
    withdraw(scene)
    found = raised(act(scene))
    assert found["consent_withdrawn"] == names
    assert "no_consent" not in found


def test_a_consent_that_arrives_after_the_collection_clears_nothing_by_itself() -> None:
    scene = ordered()
    earlier = timestamp(scene.now_ms)
    scene.forward(3600)
    deviation = collect(scene).deviations[0]
    consent(scene, occurred_at=earlier)
    assert [one.id for one in scene.chain.blocking("FRESH-2")] == [deviation.statement_id]
    assert raised(collect(scene)) == {"container_reused": ("FRESH-2",)}


def test_a_batch_may_be_released_after_a_withdrawal() -> None:
    scene = scene_at("made")
    withdraw(scene)
    scene.decide("quinn", "Released", containers=[DOSE], site="northcell-1", certificate="ab" * 32,
                 countries=["GB"], protocols=["UB-001"])  # fmt: skip


# --- fitness ----------------------------------------------------------------------------


def test_gate_fitness_confirmed() -> None:
    scene = scene_at("at_ward")
    assert infusion(scene)["fitness_confirmed"].proof == ()
    until = timestamp(scene.now_ms + HOUR_MS)
    said = scene.decide("phil", "PatientFitnessConfirmed", **fit(scene, valid_until=until)).entry
    gate = lymphodepletion(scene)["fitness_confirmed"]
    assert (gate.passed, gate.proof) == (True, (said.position,))
    scene.now_ms += HOUR_MS - 1
    assert lymphodepletion(scene)["fitness_confirmed"].passed
    scene.now_ms += 1
    assert lymphodepletion(scene)["fitness_confirmed"].stops


def test_the_latest_word_on_fitness_counts_and_must_have_seen_the_one_before() -> None:
    scene = ready()
    before = scene.chain.version
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene, outcome="unfit"))
    assert stopping(lymphodepletion(scene)) == {"fitness_confirmed"}
    blind = fit(scene) | {"chain_version": before}
    assert refused(StaleView, scene, "phil", CHAIN, "PatientFitnessConfirmed", **blind) == "stale_view"
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    assert stopping(lymphodepletion(scene)) == set()


def test_only_a_physician_of_the_treatment_site_says_who_is_fit() -> None:
    scene = scene_at("at_ward")
    fields = fit(scene) | {"chain_version": scene.chain.version}
    assert refused(NotPermitted, scene, "nora", CHAIN, "PatientFitnessConfirmed", **fields) == "not_permitted"


# --- the doses ----------------------------------------------------------------------------


def test_all_gates_are_listed_and_open_before_doses_are_confirmed_and_the_patient_prepared() -> None:
    scene = ready()
    gates = availability_gates(scene.world, COI, [DOSE, DOSE_2], "st-mary", scene.now_ms)
    assert [gate.name for gate in gates if gate.passed] == list(AVAILABILITY_GATES)
    assert (list(lymphodepletion(scene)), stopping(lymphodepletion(scene))) == (
        list(LYMPHODEPLETION_GATES),
        set(),
    )


@pytest.mark.parametrize(
    ("stage", "failed"),
    [
        ("at_cleanroom", {"container_of_chain", "released", "not_rejected", "identity_tested", "not_expired",
                          "temperature_in_limits", "not_destroyed", "custody_here", "not_infused"}),
        ("made", {"released", "custody_here"}),
        ("released", {"custody_here"}),
        ("infusing", {"not_infused"}),
    ],
)  # fmt: skip
def test_doses_that_are_not_here_or_may_not_be_used_are_not_available(stage: str, failed: set[str]) -> None:
    scene = scene_at(stage)
    with pytest.raises(GateFailed) as refusal:
        confirm(scene, containers=[DOSE])
    gates = refusal.value.extra["gates"]
    assert {gate["name"] for gate in gates if not gate["passed"]} == failed
    assert [gate["name"] for gate in gates] == list(AVAILABILITY_GATES)


def block(scene: Scene) -> Said:
    return scene.on_chain("nils", "DeviationRaised", code="bag_leaks", severity="major", blocking=True,
                          containers=[DOSE_2], cause=None)  # fmt: skip


def quarantine(scene: Scene) -> Said:
    return scene.on_chain("nora", "Quarantined", containers=[FRESH], reason="seal_broken")


def lose(scene: Scene) -> Said:
    return scene.on_chain("nora", "ContainerLost", at=WARD, containers=[DOSE])


def send_away(scene: Scene) -> Said:
    return scene.release("nora", WARD, CLEANROOM, DOSE)


@pytest.mark.parametrize("harm", [block, quarantine, lose, send_away])
def test_gate_product_available(harm: Callable[[Scene], Said]) -> None:
    scene = scene_at("at_ward")
    assert lymphodepletion(scene)["product_available"].stops
    scene = ready()
    available = scene.chain.readiness.availability
    assert lymphodepletion(scene)["product_available"].proof == (available.position,)
    said = harm(scene)
    gate = lymphodepletion(scene)["product_available"]
    assert stopping(lymphodepletion(scene)) == {"product_available"}
    assert {available.position, said.entry.position + len(said.deviations)} <= set(gate.proof)


def test_doses_confirmed_elsewhere_are_not_available_here() -> None:
    assert stopping(lymphodepletion(ready(), "far-clinic")) == {"treatment_site", "product_available"}


# --- lymphodepletion ----------------------------------------------------------------------


def test_lymphodepletion_is_not_authorised_before_the_doses_are_available() -> None:
    scene = scene_at("at_ward")
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    with pytest.raises(GateFailed) as refusal:
        scene.decide("phil", "LymphodepletionAuthorised", site="st-mary")
    gates = refusal.value.extra["gates"]
    assert [gate["name"] for gate in gates if not gate["passed"]] == ["product_available"]
    confirm(scene)
    scene.decide("phil", "LymphodepletionAuthorised", site="st-mary")


@pytest.mark.parametrize("harm", [block, quarantine, lose, send_away, withdraw])
def test_what_touches_a_dose_or_consent_makes_the_authorisation_stale(
    harm: Callable[[Scene], Said],
) -> None:
    scene = ready()
    seen = {"chain_version": scene.chain.version, "site": "st-mary"}
    harm(scene)
    assert refused(StaleView, scene, "phil", CHAIN, "LymphodepletionAuthorised", **seen) == "stale_view"


def test_finding_lymphodepletion_without_authorisation() -> None:
    assert raised(start(ready())) == {"lymphodepletion_without_authorisation": ()}
    scene = ready()
    scene.decide("phil", "LymphodepletionAuthorised", site="st-mary")
    assert raised(start(scene)) == {}


def unfit(scene: Scene) -> Said:
    return scene.decide("phil", "PatientFitnessConfirmed", **fit(scene, outcome="unfit"))


@pytest.mark.parametrize("harm", [block, quarantine, lose, withdraw, unfit])
def test_an_authorisation_of_lymphodepletion_falls_when_something_stops_it(
    harm: Callable[[Scene], Said],
) -> None:
    scene = ready()
    scene.decide("phil", "LymphodepletionAuthorised", site="st-mary")
    harm(scene)
    assert "lymphodepletion_without_authorisation" in raised(start(scene))


def test_lymphodepletion_starts_once_and_where_it_was_planned() -> None:
    assert raised(start(scene_at("prepared"))) == {"repeated_step": ()}
    found = raised(start(scene_at("at_ward"), site="northcell-1"))
    assert found.keys() >= {"site_not_planned", "lymphodepletion_without_authorisation"}


def test_an_infusion_asks_for_consent_and_fitness_as_lymphodepletion_does() -> None:
    assert {"consent", "fitness_confirmed"} <= INFUSION_GATES.keys() & LYMPHODEPLETION_GATES.keys()
