"""What is wrong with a sample, a result or an identity test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ledger.domain.questions import held_by, known_here, newly_made
from ledger.domain.specifications import contradicts, is_outside, tests_for
from ledger.domain.window import product_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.findings import Found
    from ledger.domain.quality_events import IdentityTested, ResultReported, SampleTaken
    from ledger.domain.world import Entry, World

FAILURES = frozenset({"result_out_of_specification", "identity_test_mismatch"})


def sampled(_: Entry, event: SampleTaken, chain: Chain, world: World, found: Found) -> None:
    """As for a derivation, but what is in quarantine, or has expired, may well be tested."""
    parents = known_here((event.of.container,), chain, world, found)
    held_by(parents, event.at, found)
    for parent in parents:
        if event.of.volume_ul > parent.left_ul:
            found.add("volume_exceeds_parent", parent.id)
    if event.sample.volume_ul > event.of.volume_ul:
        found.add("volume_exceeds_parent", event.sample.container)
    newly_made((event.sample,), chain, world, found)


def reported(_: Entry, event: ResultReported, chain: Chain, world: World, found: Found) -> None:
    for sample in known_here((event.sample,), chain, world, found):
        if event.at.site not in _sites_of(sample):
            found.add("result_without_sample", *event.containers)
    known_here(event.containers, chain, world, found)
    assert chain.order is not None  # the judge asked before
    test = tests_for(product_of(chain, world), chain.order.country).get(event.test)
    if event.outcome == "fail" or (test and is_outside(event, test)):
        found.add("result_out_of_specification", *event.containers)
        _tell_of_infused(event.containers, chain, found)
    if test and contradicts(event, test):
        found.add("result_contradicts_value", *event.containers)


def identity_tested(_: Entry, event: IdentityTested, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    if event.outcome == "mismatch":
        found.add("identity_test_mismatch", *event.containers)
        _tell_of_infused(event.containers, chain, found)


def has_failed(container: str, chain: Chain) -> bool:
    """True if a failed test of it, or of what it was made of, still waits for Quality."""
    return any(one.code in FAILURES for one in chain.blocking(container))


def _tell_of_infused(names: Iterable[str], chain: Chain, found: Found) -> None:
    """What failed, and what was made of it, as far as a patient has been given it."""
    failed = set(names)
    given = [one.id for one in chain.containers.values() if one.infusion_start or one.infusion_end]
    infused = [name for name in given if not chain.lineage(name).isdisjoint(failed)]
    if infused:
        found.add("failed_after_infusion", *infused)


def _sites_of(sample: Container) -> set[str]:
    """Where the sample is, was, or is said to have arrived."""
    custody = sample.custody
    moves = (claim.receiver for _, claim in custody.moved.values())
    holders = (custody.origin, *moves, *(claim.receiver for claim in custody.claims.values()))
    return {holder.site for holder in holders if holder}
