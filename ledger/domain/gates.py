"""The gates before Quality's release and before an infusion is authorised.

All gates are always listed, passed or failed, each with a plain sentence and the positions
of the entries that prove it. What each one asks stands in `conditions.py`, how time is
judged in `window.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ledger.domain import conditions, dose_conditions, label_conditions

if TYPE_CHECKING:
    from ledger.domain.parts import Commitment
    from ledger.domain.world import World


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition. `proof`: positions of the entries that decided it, in log order."""

    name: str
    passed: bool
    detail: str
    proof: tuple[int, ...] = ()

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
    return [_worst(name, [gate(look)]) for name, gate in INFUSION_GATES.items()]


def release_gates(
    world: World, coi: str, containers: Sequence[str], site: str, countries: Sequence[str], now_ms: int
) -> list[Gate]:
    """Every gate before Quality may release these containers for these countries."""
    chain = world.chain(coi)
    looks = [conditions.Look(world, chain, name, site, now_ms, countries=countries) for name in containers]
    return [_worst(name, [gate(look) for look in looks]) for name, gate in RELEASE_GATES.items()]


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
    "container_of_chain": conditions.container_of_chain,
    "patient_matched": conditions.patient_matched,
    "checks_agree": conditions.checks_agree,
    "label_valid": label_conditions.label_valid,
    "released": conditions.released,
    "not_expired": conditions.not_expired,
    "no_blocking_deviation": conditions.no_blocking_deviation,
    "not_quarantined": conditions.not_quarantined,
    "not_lost": conditions.not_lost,
    "not_destroyed": dose_conditions.not_destroyed,
    "custody_here": conditions.custody_here,
    "thaw_window": conditions.thaw_window,
    "component_order": dose_conditions.component_order,
    "earlier_bags_finished": conditions.earlier_bags_finished,
    "not_infused": conditions.not_infused,
}

RELEASE_GATES: dict[str, GateCheck] = {
    "chain_open": conditions.chain_open,
    "product_in_force": conditions.product_in_force,
    "site_in_force": conditions.site_in_force,
    "container_of_chain": conditions.container_of_chain,
    "finished_product": conditions.finished_product,
    "not_expired": conditions.not_expired,
    "no_blocking_deviation": conditions.no_blocking_deviation,
    "not_quarantined": conditions.not_quarantined,
    "not_lost": conditions.not_lost,
    "not_destroyed": dose_conditions.not_destroyed,
    "labels_reconciled": label_conditions.labels_reconciled,
    "not_infused": conditions.not_infused,
}
