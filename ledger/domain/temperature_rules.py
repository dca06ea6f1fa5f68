"""What the temperature of a therapy's containers means for them: findings, legs, the gate.

A container's *budget* is what its profile lets it spend outside the band. What is split off or
pooled keeps what its parents had spent by then; what is made or filled is another product and
starts anew. Its gate still looks at everything that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.conditions import Look, Outcome
from ledger.domain.container import Moment
from ledger.domain.intervals import common, union
from ledger.domain.questions import known_here
from ledger.domain.readings import Series, is_fit, series_of
from ledger.domain.registry import LEDGER
from ledger.domain.temperature import Judgement, holes, judged
from ledger.domain.times import milliseconds, timestamp
from ledger.domain.window import PROMPT_MS, earliest_ms, product_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.domain.chain import Chain
    from ledger.domain.custody import Custody, Handover, Holder, Hop
    from ledger.domain.deviation import Deviation
    from ledger.domain.findings import Found
    from ledger.domain.intervals import Interval
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.temperature import Excursion, Gap
    from ledger.domain.temperature_events import TemperatureEvidenceAttached
    from ledger.domain.world import Entry, World

KEEPS_BUDGET = frozenset({"split", "pool"})
EXCURSION, GAP = "temperature_excursion", "temperature_gap"
DOUBTS = frozenset({"instrument_unfit", "device_signature_failed"})  # about one statement
_NEVER = 2**62


class Leg(NamedTuple):
    """A carrier held it, from its acceptance to the next one's, whose entry is at `ended`. Times are the
    signers' where they were recorded within minutes. What came later is judged in the worst case: begun
    at the earliest, though not before the giver let go; ended no earlier than what its acceptor had seen.
    """

    carrier: Holder
    start_ms: int
    end_ms: int
    began: int  # positions
    ended: int


class Problem(NamedTuple):
    detail: str
    proof: tuple[int, ...]


# --- evidence --------------------------------------------------------------------------


def profiles_of(chain: Chain, world: World) -> Sequence[TemperatureProfile]:
    product = product_of(chain, world)
    return (product.rules.temperature or ()) if product else ()


def sources(chain: Chain, name: str) -> dict[str, int]:
    """The container, and those whose spent budget it keeps: until when their evidence is its own."""
    found: dict[str, int] = {}
    ahead = [(name, _NEVER)]
    while ahead:
        one, until_ms = ahead.pop()
        container = chain.containers.get(one)
        if found.get(one, -1) >= until_ms:
            continue
        found[one] = until_ms
        if container and container.made_by in KEEPS_BUDGET:
            until_ms = min(until_ms, milliseconds(container.made_at))
            ahead += [(parent, until_ms) for parent in container.parents]
    return found


def evidence_of(chain: Chain, name: str, phase: str) -> tuple[Series, ...]:
    """All that says how warm it was in this phase, its parents' part included."""
    found: list[Series] = []
    for one, until_ms in sources(chain, name).items():
        container = chain.containers.get(one) or chain.mentioned.get(one)
        series = (each.until(until_ms) for each in container.evidence) if container else ()
        found += [each for each in series if each and each.phase == phase]
    return tuple(found)


def judgement_of(chain: Chain, name: str, profile: TemperatureProfile) -> Judgement:
    return judged(evidence_of(chain, name, profile.phase), profile)


# --- findings --------------------------------------------------------------------------


def attached(
    entry: Entry, event: TemperatureEvidenceAttached, chain: Chain, world: World, found: Found
) -> None:
    """What this evidence adds: what was found before is not found again."""
    known_here(event.containers, chain, world, found)
    if event.device_signature == "failed":
        found.add("device_signature_failed", *event.containers)
    profile = next((one for one in profiles_of(chain, world) if one.phase == event.phase), None)
    if profile is None:
        found.add("temperature_not_judged", *event.containers)
        return
    series = series_of(entry, event)
    if not is_fit(series, profile):
        found.add("instrument_unfit", *event.containers)
    for name, until_ms in concerned(chain, event.containers).items():
        added = series.until(until_ms)
        if added:
            _compare(name, evidence_of(chain, name, profile.phase), added, profile, found)


def concerned(chain: Chain, names: Sequence[str]) -> dict[str, int]:
    """The containers named, and those that keep what these had spent, until when."""
    concerned = dict.fromkeys(names, _NEVER)
    for name in chain.containers:
        kept = [until_ms for one, until_ms in sources(chain, name).items() if one in names]
        if kept:
            concerned[name] = max(kept)
    return concerned


def _compare(
    name: str, known: tuple[Series, ...], added: Series, profile: TemperatureProfile, found: Found
) -> None:
    before, after = judged(known, profile), judged((*known, added), profile)
    if not after.is_within_limits and any(added.position in one.proof for one in after.excursions):
        found.add(EXCURSION, name)
    if any(added.position in one.proof for one in after.gaps):
        found.add(GAP, name)
    if set(after.disagreements) - set(before.disagreements):
        found.add("loggers_disagree", name)


# --- legs ------------------------------------------------------------------------------


def legs(custody: Custody, world: World) -> Iterator[Leg]:
    """The hand-overs that took it to a carrier and away again."""
    hops = list(custody.moved.values())
    for released, accepted in hops:
        site = world.site(accepted.receiver.site)
        if site is not None and site.kind == "courier":
            left = _departure(hops, accepted.receiver, accepted.occurred_at)
            if left:
                start_ms, end_ms = sorted((_begun(released, accepted, world), _ended(left, world)))
                yield Leg(accepted.receiver, start_ms, end_ms, accepted.position, left.position)


def _departure(hops: Sequence[Hop], carrier: Holder, since: str) -> Handover | None:
    """The first acceptance that took it from there; if all seem earlier, the last."""
    away = sorted(
        (accepted for _, accepted in hops if accepted.giver == carrier),
        key=lambda one: (one.occurred_at, one.position),
    )
    return next((one for one in away if one.occurred_at >= since), away[-1] if away else None)


def _begun(released: Handover, accepted: Handover, world: World) -> int:
    said = min(milliseconds(released.occurred_at), milliseconds(accepted.occurred_at))
    earliest = earliest_ms(_moment(accepted), world)
    return said if earliest is None else max(said, earliest)


def _ended(accepted: Handover, world: World) -> int:
    """Who claims an earlier end than the log shows has nothing proved by it for the time between."""
    said_ms = milliseconds(accepted.occurred_at)
    if abs(accepted.recorded_ms - said_ms) <= PROMPT_MS:
        return said_ms
    seen = world.checkpoint(accepted.seen_size) if accepted.seen_size is not None else None
    return max(said_ms, seen[1] if seen else accepted.recorded_ms)


def _moment(one: Handover) -> Moment:
    return Moment(one.position, one.occurred_at, one.seen_size, one.recorded_ms, "", one.receiver.site)


def _journeys(legs: Iterable[Leg]) -> list[list[Leg]]:
    """Legs that join: from one carrier to the next it is on the road all the time."""
    found: list[list[Leg]] = []
    until_ms = -_NEVER
    for leg in sorted(legs, key=lambda one: (one.start_ms, one.end_ms, one.began)):
        if found and leg.start_ms <= until_ms:
            found[-1].append(leg)
        else:
            found.append([leg])
        until_ms = max(until_ms, leg.end_ms)
    return found


def unproved(chain: Chain, name: str, world: World) -> Iterator[Leg]:
    """Legs that no one phase's evidence covers, where the product asks for it.

    Legs that join are judged as one. What is shorter than the largest gap is no hole, unless nothing
    at all is known of the whole. Quality can accept a leg: by accepting a `temperature_gap` that
    somebody raised since its end.
    """
    profiles = profiles_of(chain, world)
    container = chain.containers.get(name)
    if container is None or not any(profile.required for profile in profiles):
        return
    proofs = [(_proved(chain, name, profile), profile) for profile in profiles]
    for journey in _journeys(legs(container.custody, world)):
        whole = journey[0].start_ms, max(leg.end_ms for leg in journey)
        missing = [_missing(whole, covered, profile) for covered, profile in proofs]
        least = min(missing, key=lambda each: sum(end - start for start, end in each)) if all(missing) else []
        for leg in _lacking(journey, least):
            if not _accepted(chain, name, GAP, leg.ended, by_people=True):
                yield leg


def _missing(whole: Interval, covered: Sequence[Interval], profile: TemperatureProfile) -> list[Interval]:
    return holes(whole, covered, profile) if common([whole], covered) else [whole]


def _lacking(journey: Sequence[Leg], missing: Sequence[Interval]) -> Sequence[Leg]:
    """Those of its legs that a hole lies in; where it lies in none, for it has no length, all."""
    found = [leg for leg in journey if any(a < leg.end_ms and leg.start_ms < b for a, b in missing)]
    return found or (journey if missing else ())


def _proved(chain: Chain, name: str, profile: TemperatureProfile) -> list[Interval]:
    """When its temperature is known, or Quality accepted that it isn't."""
    evidence = evidence_of(chain, name, profile.phase)
    gaps = judged(evidence, profile).gaps
    accepted = gaps if gaps and _accepted(chain, name, GAP, proof_of(gaps)[-1]) else ()
    vouched = judged(tuple(_vouched(chain, one) for one in evidence), profile)
    return union([*vouched.covered, *((gap.start_ms, gap.end_ms) for gap in accepted)])


def _vouched(chain: Chain, series: Series) -> Series:
    """Where Quality accepted what made it doubtful, it counts; not where it measures something else."""
    doubts = [
        one for one in chain.deviations.values() if one.cause == series.statement_id and one.code in DOUBTS
    ]
    if not doubts or not all(map(_is_accepted, doubts)):
        return series
    return series._replace(signature="absent", calibrated_ms=_NEVER, recorded_ms=_NEVER)


# --- the gate --------------------------------------------------------------------------


def temperature_in_limits(look: Look) -> Outcome:
    """Of the container, and of all that it was made of."""
    product, chain = look.product, look.chain
    if product is None or look.container is None:
        return Outcome(False, f"The temperature profile of {look.name} is not known.")
    if not product.rules.temperature:
        return Outcome(True, f"{product.rules.name} has no temperature profile.", (product.position,))
    names = sorted(chain.lineage(look.name), key=lambda one: (one != look.name, one))
    problems = [problem for name in names for problem in _problems(chain, name, look.world)]
    if problems:
        proof = {position for problem in problems for position in problem.proof}
        return Outcome(False, problems[0].detail, tuple(sorted(proof)))
    proof = {series.position for name in names for series in _all_evidence(chain, name)}
    if not proof:
        detail = f"No evidence was needed of how warm {look.name} was, and there is none."
        if any(_needs(chain, name, look.world) for name in names):
            detail = f"There is no evidence of how warm {look.name} was, and Quality accepted that."
        return Outcome(True, detail, (product.position,))
    detail = f"The evidence keeps {look.name} within its limits, or Quality accepted what does not."
    return Outcome(True, detail, tuple(sorted(proof)))


def _needs(chain: Chain, name: str, world: World) -> bool:
    """A carrier had it, and its product asks for evidence of that."""
    container = chain.containers.get(name)
    asked = any(profile.required for profile in profiles_of(chain, world))
    return asked and container is not None and any(legs(container.custody, world))


def _all_evidence(chain: Chain, name: str) -> Sequence[Series]:
    container = chain.containers.get(name)
    return container.evidence if container else ()


def _problems(chain: Chain, name: str, world: World) -> Iterator[Problem]:
    for profile in profiles_of(chain, world):
        judgement = judgement_of(chain, name, profile)
        yield from _out_of_limits(chain, name, judgement)
        yield from _unknown(chain, name, judgement)
    for leg in unproved(chain, name, world):
        span = f"{timestamp(leg.start_ms)} to {timestamp(leg.end_ms)}"
        detail = f"Nothing proves the temperature of {name} with {leg.carrier.site} from {span}: attach"
        detail += " the logger's readings, or raise temperature_gap and wait for Quality."
        yield Problem(detail, (leg.began, leg.ended))


def _out_of_limits(chain: Chain, name: str, judgement: Judgement) -> Iterator[Problem]:
    proof = proof_of(judgement.excursions)
    if judgement.is_within_limits or _accepted(chain, name, EXCURSION, proof[-1]):
        return
    spent, phase = judgement.spent_ms // 1000, judgement.profile.phase
    detail = f"{name} was outside its {phase} band for {spent} s, more than its profile allows: wait for"
    yield Problem(f"{detail} Quality to decide on temperature_excursion.", proof)


def _unknown(chain: Chain, name: str, judgement: Judgement) -> Iterator[Problem]:
    proof = proof_of(judgement.gaps)
    if not proof or _accepted(chain, name, GAP, proof[-1]):
        return
    span = f"{timestamp(judgement.gaps[0].start_ms)} to {timestamp(judgement.gaps[0].end_ms)}"
    detail = f"No reading says how warm {name} was from {span}:"
    yield Problem(f"{detail} wait for Quality to decide on temperature_gap.", proof)


def proof_of(found: Sequence[Excursion | Gap]) -> tuple[int, ...]:
    """Positions of all entries behind them, in log order."""
    return tuple(sorted({position for one in found for position in one.proof}))


def _accepted(chain: Chain, name: str, code: str, since: int, by_people: bool = False) -> bool:
    """Quality let it go on, having seen the log beyond this position."""
    lineage = chain.lineage(name)
    return any(
        one.code == code
        and _is_accepted(one)
        and (one.position if by_people else one.disposition_position or -1) > since
        and (not one.containers or not lineage.isdisjoint(one.containers))
        and not (by_people and one.raised_by == LEDGER)
        for one in chain.deviations.values()
    )


def _is_accepted(deviation: Deviation) -> bool:
    """Accepted or corrected: what Quality rejects goes on stopping."""
    return deviation.disposition in ("accepted", "corrected")
