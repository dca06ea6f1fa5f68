"""The four lines of a report's summary: identity, custody, temperature, quality.

Each says what the entries of the therapy show, no more: a report decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clients.words import listed
from ledger.domain.conditions import Look
from ledger.domain.temperature_rules import temperature_in_limits
from ledger.export.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.world import Entry, World


def verdicts(
    chain: Chain, world: World, entries: Sequence[Entry], now_ms: int
) -> tuple[Verdict, Verdict, Verdict, Verdict]:
    """In the order in which they are read."""
    return (
        _identity(chain, entries),
        _custody(chain),
        _temperature(chain, world, now_ms),
        _quality(chain),
    )


def _identity(chain: Chain, entries: Sequence[Entry]) -> Verdict:
    read = [one.event for one in entries if one.type in ("PatientIdentified", "InfusionChecked")]
    wrong = [one for one in read if not _matches(chain, one)]
    if not read:
        return Verdict("Identity", "waits", "No wristband was read yet.")
    if wrong:
        words = f"{len(wrong)} of {len(read)} readings of a wristband did not match the order."
        return Verdict("Identity", "bad", f"{words} See the deviations.")
    words = f"The patient's wristband was read {_times(len(read))}, each time as ordered."
    return Verdict("Identity", "good", words)


def _matches(chain: Chain, event: Any) -> bool:
    return getattr(event, "outcome", "match") == "match" and chain.matches(event.patient)


def _custody(chain: Chain) -> Verdict:
    hops = {
        acceptance.id for one in chain.containers.values() for _, acceptance in one.custody.moved.values()
    }
    lost = [one.id for one in chain.containers.values() if one.is_lost]
    waits = [one.id for one in chain.containers.values() if one.custody.waits]
    if lost:
        return Verdict("Custody", "bad", f"Lost, and not found since: {listed(lost)}.")
    if waits:
        return Verdict("Custody", "open", f"A hand-over waits for its other half: {listed(waits)}.")
    if not hops:
        return Verdict("Custody", "waits", "Nothing was handed over yet.")
    words = f"{len(hops)} hand-over{'' if len(hops) == 1 else 's'}, each signed by giver and receiver."
    return Verdict("Custody", "good", words)


def _temperature(chain: Chain, world: World, now_ms: int) -> Verdict:
    """Of the bags at the end of the line, and so of all that they were made of."""
    leaves = _leaves(chain)
    judged = [temperature_in_limits(Look(world, chain, one.id, "", now_ms)) for one in leaves]
    if not any(one.evidence for one in chain.containers.values()):
        return Verdict("Temperature", "waits", "No evidence is attached.")
    failed = [one.detail for one in judged if not one.passed]
    if failed:
        return Verdict("Temperature", "bad", failed[0])
    accepted = any(one.code.startswith("temperature_") for one in chain.deviations.values())
    words = "Within the product's limits, or accepted by Quality where not." if accepted else ""
    return Verdict("Temperature", "good", words or "Within the product's limits all the way.")


def _quality(chain: Chain) -> Verdict:
    blocking = [one for one in chain.deviations.values() if one.blocks]
    raised = len(chain.deviations)
    if blocking:
        count = f"{len(blocking)} deviation{'' if len(blocking) == 1 else 's'}"
        return Verdict("Quality", "open", f"{count} of {raised} block release and infusion.")
    released = [one.id for one in _leaves(chain) if one.quality_releases]
    if not released:
        return Verdict("Quality", "waits", f"Nothing is released. Deviations raised: {raised}.")
    words = f"Released: {listed(released)}. Deviations raised: {raised}, none of them blocks."
    return Verdict("Quality", "good", words)


def _leaves(chain: Chain) -> list[Container]:
    """What nothing but samples was taken of, and is none itself."""
    kept = [one for one in chain.containers.values() if one.id not in chain.samples]
    parents = {name for one in kept for name in one.parents}
    return [one for one in kept if one.id not in parents]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
