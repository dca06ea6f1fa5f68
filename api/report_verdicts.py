"""The four boxes of a report's summary: identity, custody, temperature, quality.

Each says what the entries of the therapy show, by the gates' own conditions and by the deviations of its
kind. In doubt it says less: what is open, unproved or only accepted is never told as in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from clients.words import listed
from ledger.domain.conditions import Look
from ledger.domain.gates import INFUSION_GATES
from ledger.domain.temperature_rules import judgement_of, profiles_of
from ledger.export.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.deviation import Deviation
    from ledger.domain.world import Entry, World

State = Literal["good", "bad", "open", "waits"]
Said = tuple[State, str]

# How the codes of each box's deviations begin; all others are Quality's.
IDENTITY = ("patient_", "identity_", "label", "unknown_label_", "container_known_elsewhere",
            "check_character_", "infusion_without_authorisation", "emergency_override")  # fmt: skip
CUSTODY = ("acted_without_custody", "release_by_", "release_unanswered", "accepted_", "claim_", "refusal_",
           "receipt_", "shipper_", "seal_", "parted_from_", "container_lost", "container_damaged",
           "container_returned", "destruction_", "witness_")  # fmt: skip
TEMPERATURE = ("temperature_", "instrument_", "device_signature_", "loggers_", "hold_time_",
               "out_of_storage_", "equipment_")  # fmt: skip
# Of a bag that may still be given, in the order in which one asks.
USABLE = ("not_destroyed", "not_lost", "not_rejected", "not_quarantined", "not_expired", "lots_in_force",
          "released", "no_blocking_deviation")  # fmt: skip
# Of a bag that was given.
GIVEN = ("patient_matched", "checks_agree", "label_valid")
USED = frozenset({"infusing", "paused", "infused", "stopped"})
GONE = frozenset({"consumed", "destroyed"})


def verdicts(
    chain: Chain, world: World, entries: Sequence[Entry], now_ms: int
) -> tuple[Verdict, Verdict, Verdict, Verdict]:
    """In the order in which they are read."""
    looks = [Look(world, chain, one.id, _site(chain), now_ms) for one in leaves(chain)]
    named = IDENTITY + CUSTODY + TEMPERATURE
    other = [one for one in chain.deviations.values() if not one.code.startswith(named)]
    return (
        _box("Identity", _identity(chain, entries, looks), _of_kind(chain, IDENTITY)),
        _box("Custody", _custody(chain), _of_kind(chain, CUSTODY)),
        _box("Temperature", _temperature(chain, world, looks), _of_kind(chain, TEMPERATURE)),
        _box("Quality", _quality(looks), other),
    )


def leaves(chain: Chain) -> list[Container]:
    """What nothing but samples was taken of, and is none itself."""
    kept = [one for one in chain.containers.values() if one.id not in chain.samples]
    parents = {name for one in kept for name in one.parents}
    return [one for one in kept if one.id not in parents]


def _box(name: str, said: Said, deviations: Iterable[Deviation]) -> Verdict:
    """What is open or rejected outweighs what the entries say otherwise; what was accepted is named."""
    standing = [one for one in deviations if one.is_open or one.disposition == "rejected"]
    accepted = _codes(one for one in deviations if not (one.is_open or one.disposition == "rejected"))
    state, words = said
    if any(one.blocks for one in standing):
        return Verdict(name, "bad", f"{_codes(standing).capitalize()}: Quality has not cleared it. {words}")
    if standing and state == "good":
        state, words = "open", f"{_codes(standing).capitalize()} is open. {words}"
    return Verdict(name, state, f"{words} Accepted by Quality: {accepted}." if accepted else words)


def _of_kind(chain: Chain, codes: tuple[str, ...]) -> list[Deviation]:
    return [one for one in chain.deviations.values() if one.code.startswith(codes)]


def _codes(deviations: Iterable[Deviation]) -> str:
    return listed([one.replace("_", " ") for one in dict.fromkeys(one.code for one in deviations)])


def _site(chain: Chain) -> str:
    return chain.order.sites.treatment if chain.order else ""


def _first_failed(look: Look, names: Iterable[str]) -> str | None:
    outcomes = (INFUSION_GATES[name](look) for name in names)
    return next((one.detail for one in outcomes if not one.passed), None)


# --- the boxes -------------------------------------------------------------------------


def _identity(chain: Chain, entries: Sequence[Entry], looks: Sequence[Look]) -> Said:
    read = [one.event for one in entries if one.type in ("PatientIdentified", "InfusionChecked")]
    wrong = [one for one in read if not _matches(chain, one)]
    given = [look for look in looks if look.container and look.container.status in USED]
    unchecked = [why for look in given if (why := _first_failed(look, GIVEN))]
    if wrong:
        return "bad", f"{len(wrong)} of {len(read)} readings of a wristband did not match the order."
    if unchecked:
        return "bad", f"It was given all the same: {unchecked[0]}"
    if not read:
        return "waits", "No wristband was read yet."
    return "good", f"The patient's wristband was read {_times(len(read))}, each time as ordered."


def _matches(chain: Chain, event: Any) -> bool:
    return getattr(event, "outcome", "match") == "match" and chain.matches(event.patient)


def _custody(chain: Chain) -> Said:
    moved = [hop for one in chain.containers.values() for hop in one.custody.moved.values()]
    hops = {accepted.id for _, accepted in moved}
    lost = [one.id for one in chain.containers.values() if one.is_lost]
    waits = [one.id for one in chain.containers.values() if one.custody.waits]
    if lost:
        return "bad", f"Lost, and not found since: {listed(lost)}."
    if waits:
        return "open", f"A hand-over waits for its other half: {listed(waits)}."
    if not hops:
        return "waits", "Nothing was handed over yet."
    return "good", f"{len(hops)} hand-over{'' if len(hops) == 1 else 's'}, each signed by giver and receiver."


def _temperature(chain: Chain, world: World, looks: Sequence[Look]) -> Said:
    """Of the bags at the end of the line, and so of all that they were made of."""
    failed = [why for look in looks if (why := _first_failed(look, ["temperature_in_limits"]))]
    if failed:
        return "bad", failed[0]
    if not any(one.evidence for one in chain.containers.values()):
        return "waits", "No evidence is attached."
    if not profiles_of(chain, world):
        return "open", "The product has no temperature profile: nothing was judged."
    unproved = [look.name for look in looks if not _is_proved(chain, world, look.name)]
    if unproved:
        return "open", f"No reading that counts says how warm {listed(unproved)} was."
    return "good", "What is proved is within the product's limits, or Quality accepted it."


def _is_proved(chain: Chain, world: World, name: str) -> bool:
    """Readings of a fit instrument cover some time of it, or of what it was made of."""
    return any(
        judgement_of(chain, one, profile).covered
        for one in chain.lineage(name)
        for profile in profiles_of(chain, world)
    )


def _quality(looks: Sequence[Look]) -> Said:
    said = [_standing(look) for look in looks]
    for state in ("bad", "open", "waits"):
        words = [each for found, each in said if found == state]
        if words:
            return state, words[0]
    return ("good", " ".join(each for _, each in said)) if said else ("waits", "Nothing was collected yet.")


def _standing(look: Look) -> Said:
    """May this bag be given, or was it released when it was?"""
    bag = look.container
    assert bag
    if bag.status in GONE:
        return "open", f"{look.name} is {bag.status}."
    if not bag.quality_releases:
        state: State = "bad" if bag.status in USED else "waits"
        return state, f"{look.name} was never released{', and was given' if state == 'bad' else ''}."
    if bag.status not in USED and (why := _first_failed(look, USABLE)):
        return "bad", why
    last = bag.quality_releases[-1]
    how = "released" if last.kind == "full" else f"released {last.kind.replace('_', ' ')}"
    tests = f" ({listed(list(last.tests))})" if last.tests else ""
    return "good", f"{look.name}: {how}{tests}{f', {bag.status}' if bag.status in USED else ''}."


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
