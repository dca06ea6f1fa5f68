"""The conditions behind the gates of readiness: consent, fitness, and doses that are at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ledger.domain import conditions, dose_conditions, materials, quality_conditions
from ledger.domain.conditions import Look, Outcome
from ledger.domain.temperature_rules import temperature_in_limits
from ledger.domain.times import timestamp


def consent(look: Look) -> Outcome:
    readiness = look.chain.readiness
    known = [one for one in (readiness.consent, readiness.withdrawal) if one]
    proof = tuple(one.position for one in known)
    if readiness.is_withdrawn:
        return Outcome(False, "The patient has withdrawn their consent: stop.", proof)
    if not readiness.has_consent:
        return Outcome(False, "No consent of the patient is recorded: ask the coordinator.")
    return Outcome(True, f"The patient's consent stands (form {readiness.form}).", proof)


def fitness_confirmed(look: Look) -> Outcome:
    fitness = look.chain.readiness.fitness
    if fitness is None:
        return Outcome(False, "No physician has confirmed that the patient is fit: ask one.")
    proof = (fitness.position,)
    if not fitness.is_fit:
        return Outcome(False, f"{fitness.signer} found the patient unfit: ask a physician.", proof)
    if fitness.valid_until <= timestamp(look.now_ms):
        detail = f"The patient was found fit until {fitness.valid_until} only: ask a physician."
        return Outcome(False, detail, proof)
    return Outcome(True, f"{fitness.signer} found the patient fit until {fitness.valid_until}.", proof)


def product_available(look: Look) -> Outcome:
    """The confirmation stands only while each of its doses may still be used here."""
    available = look.chain.readiness.availability
    if available is None or available.site != look.site:
        return Outcome(False, f"Nobody has confirmed that the doses are at {look.site}: look, and say so.")
    for name in available.containers:
        dose = replace(look, name=name)
        failed = next((one for one in (gate(dose) for gate in DOSE_GATES.values()) if not one.passed), None)
        if failed:
            return Outcome(False, failed.detail, (available.position, *failed.proof))
    names = ", ".join(available.containers)
    return Outcome(
        True, f"{available.signer} confirmed that {names} may be used here.", (available.position,)
    )


# What each dose needs that is confirmed as available.
DOSE_GATES: dict[str, Callable[[Look], Outcome]] = {
    "container_of_chain": conditions.container_of_chain,
    "released": conditions.released,
    "not_rejected": quality_conditions.not_rejected,
    "identity_tested": quality_conditions.identity_tested,
    "temperature_in_limits": temperature_in_limits,
    "lots_in_force": materials.lots_in_force,
    "not_expired": conditions.not_expired,
    "no_blocking_deviation": conditions.no_blocking_deviation,
    "not_quarantined": conditions.not_quarantined,
    "not_lost": conditions.not_lost,
    "not_destroyed": dose_conditions.not_destroyed,
    "custody_here": conditions.custody_here,
    "not_infused": conditions.not_infused,
}
