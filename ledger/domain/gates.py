"""The gates before Quality's release, before lymphodepletion and before an infusion.

All gates are always listed, passed, failed or overridden, each with a plain sentence and the
positions of the entries that prove it. What each one asks stands in `conditions.py` and
`readiness_conditions.py`, how time is judged in `window.py`, what may be overridden in
`overrides.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ledger.domain import (
    conditions,
    dose_conditions,
    label_conditions,
    materials,
    quality_conditions,
    readiness_conditions,
)
from ledger.domain.conditions import NOTHING_EXCUSED, Excused
from ledger.domain.overrides import OVERRIDABLE, covering
from ledger.domain.temperature_rules import temperature_in_limits

if TYPE_CHECKING:
    from ledger.domain.parts import Commitment
    from ledger.domain.world import World


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition. `proof`: positions of the entries that decided it, in log order.

    `overridden`: it did not pass, and a confirmed override, among the proof, lets the bag by.
    """

    name: str
    passed: bool
    detail: str
    proof: tuple[int, ...] = ()
    overridden: bool = False

    @property
    def stops(self) -> bool:
        return not (self.passed or self.overridden)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"proof": list(self.proof)}


def infusion_gates(
    world: World,
    coi: str,
    container: str,
    site: str,
    now_ms: int,
    patient: Sequence[Commitment] | None = None,
) -> list[Gate]:
    """Every gate before this container may be infused at this site now.

    With `patient` (a dry run: what was just read on the wristband) the identifiers given
    are matched in place of the recorded checks. What one blind check found is not told
    before there are two.
    """
    look = conditions.Look(world, world.chain(coi), container, site, now_ms, patient)
    return judged(look, INFUSION_GATES)


def judged(look: conditions.Look, names: Iterable[str]) -> list[Gate]:
    """These gates of an infusion, by name; a confirmed override passes those that it covers."""
    return [_overridden(look, _worst(name, [INFUSION_GATES[name](look)])) for name in names]


def _overridden(look: conditions.Look, gate: Gate) -> Gate:
    if gate.passed:
        return gate
    override = covering(look.chain, look.name, look.site, gate.name, gate.proof)
    if override is None or override.confirmed is None:
        return gate
    people = f"{override.signer} and {override.confirmed_by}"
    detail = f"{gate.detail} {people} overrode this ({override.reason})."
    proof = (*gate.proof, override.position, override.confirmed)
    return replace(gate, detail=detail, proof=proof, overridden=True)


def overridden_gates(look: conditions.Look) -> frozenset[str]:
    """The gates that this bag passes now only because of a confirmed override."""
    if not look.chain.readiness.overrides:
        return frozenset()
    return frozenset(gate.name for gate in judged(look, OVERRIDABLE) if gate.overridden)


def lymphodepletion_gates(world: World, coi: str, site: str, now_ms: int) -> list[Gate]:
    """Every gate before the patient may be prepared for the dose, at this site, now."""
    look = conditions.Look(world, world.chain(coi), "", site, now_ms)
    return [_worst(name, [gate(look)]) for name, gate in LYMPHODEPLETION_GATES.items()]


def availability_gates(
    world: World, coi: str, containers: Sequence[str], site: str, now_ms: int
) -> list[Gate]:
    """Every gate before these doses may be confirmed as available at this site."""
    looks = [conditions.Look(world, world.chain(coi), name, site, now_ms) for name in containers]
    return [_worst(name, [gate(look) for look in looks]) for name, gate in AVAILABILITY_GATES.items()]


def release_gates(
    world: World,
    coi: str,
    containers: Sequence[str],
    site: str,
    countries: Sequence[str],
    now_ms: int,
    excused: Excused = NOTHING_EXCUSED,
) -> list[Gate]:
    """Every gate before Quality may release these containers for these countries."""
    return gates_over(RELEASE_GATES, world, coi, containers, site, countries, now_ms, excused)


def gates_over(
    gates: Mapping[str, GateCheck],
    world: World,
    coi: str,
    containers: Sequence[str],
    site: str,
    countries: Sequence[str],
    now_ms: int,
    excused: Excused = NOTHING_EXCUSED,
) -> list[Gate]:
    """These gates over several containers."""
    look = conditions.Look(world, world.chain(coi), "", site, now_ms, countries=countries, excused=excused)
    looks = [replace(look, name=name) for name in containers]
    return [_worst(name, [gate(look) for look in looks]) for name, gate in gates.items()]


def _worst(name: str, outcomes: list[conditions.Outcome]) -> Gate:
    """One gate over several containers: the first that failed speaks."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    proof = sorted({position for outcome in failed or outcomes for position in outcome.proof})
    return Gate(name, not failed, (failed or outcomes)[0].detail, tuple(proof))


GateCheck = Callable[[conditions.Look], conditions.Outcome]

INFUSION_GATES: dict[str, GateCheck] = {
    "chain_open": conditions.chain_open,
    "product_in_force": conditions.product_in_force,
    "site_in_force": conditions.site_in_force,
    "treatment_site": conditions.treatment_site,
    "consent": readiness_conditions.consent,
    "fitness_confirmed": readiness_conditions.fitness_confirmed,
    "container_of_chain": conditions.container_of_chain,
    "finished_product": conditions.finished_product,
    "patient_matched": conditions.patient_matched,
    "checks_agree": conditions.checks_agree,
    "label_valid": label_conditions.label_valid,
    "released": conditions.released,
    "not_rejected": quality_conditions.not_rejected,
    "identity_tested": quality_conditions.identity_tested,
    "not_expired": conditions.not_expired,
    "no_blocking_deviation": conditions.no_blocking_deviation,
    "not_quarantined": conditions.not_quarantined,
    "temperature_in_limits": temperature_in_limits,
    "not_lost": conditions.not_lost,
    "lots_in_force": materials.lots_in_force,
    "not_destroyed": dose_conditions.not_destroyed,
    "custody_here": conditions.custody_here,
    "thaw_window": conditions.thaw_window,
    "component_order": dose_conditions.component_order,
    "earlier_bags_finished": conditions.earlier_bags_finished,
    "not_infused": conditions.not_infused,
}

AVAILABILITY_GATES: dict[str, GateCheck] = {
    "chain_open": conditions.chain_open,
    "product_in_force": conditions.product_in_force,
    "site_in_force": conditions.site_in_force,
    "treatment_site": conditions.treatment_site,
} | readiness_conditions.DOSE_GATES

LYMPHODEPLETION_GATES: dict[str, GateCheck] = {
    "chain_open": conditions.chain_open,
    "product_in_force": conditions.product_in_force,
    "site_in_force": conditions.site_in_force,
    "treatment_site": conditions.treatment_site,
    "consent": readiness_conditions.consent,
    "fitness_confirmed": readiness_conditions.fitness_confirmed,
    "product_available": readiness_conditions.product_available,
}

RELEASE_GATES: dict[str, GateCheck] = {
    "chain_open": conditions.chain_open,
    "product_in_force": conditions.product_in_force,
    "site_in_force": conditions.site_in_force,
    "container_of_chain": conditions.container_of_chain,
    "finished_product": conditions.finished_product,
    "not_rejected": quality_conditions.not_rejected,
    "results_in_specification": quality_conditions.results_in_specification,
    "identity_tested": quality_conditions.identity_tested,
    "site_confirmed": quality_conditions.site_confirmed,
    "not_expired": conditions.not_expired,
    "no_blocking_deviation": conditions.no_blocking_deviation,
    "not_quarantined": conditions.not_quarantined,
    "temperature_in_limits": temperature_in_limits,
    "not_lost": conditions.not_lost,
    "lots_in_force": materials.lots_in_force,
    "not_destroyed": dose_conditions.not_destroyed,
    "labels_reconciled": label_conditions.labels_reconciled,
    "not_infused": conditions.not_infused,
}

# Before the manufacturing site confirms, and before the physician asks out of specification.
CONFIRMATION_GATES = {
    name: RELEASE_GATES[name]
    for name in ("chain_open", "site_in_force", "container_of_chain", "finished_product", "not_rejected")
}
REQUEST_GATES = CONFIRMATION_GATES | {"treatment_site": conditions.treatment_site}
