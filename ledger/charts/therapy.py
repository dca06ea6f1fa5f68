"""A therapy's chart: which evidence, judgement and hand-overs belong into it. The only place that knows.

A container's journey is its own and that of all that it was made of. A leg is the time with one
carrier, named by the entry of the acceptance that began it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, get_args

from ledger.charts.chart import Chart, HandOver, Panel, Trace, Unproved
from ledger.charts.thinning import line_of
from ledger.charts.unproved import allotted, missing
from ledger.domain.intervals import Interval, common, rest, union
from ledger.domain.parts import Phase
from ledger.domain.readings import holds_band, is_calibrated, is_of_the_past
from ledger.domain.temperature import holes, judged, tracks
from ledger.domain.temperature_rules import Leg, evidence_of, legs, profiles_of
from ledger.domain.times import milliseconds
from ledger.errors import Malformed, NotFound

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.custody import Holder
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.readings import Series
    from ledger.domain.temperature import Judgement
    from ledger.domain.world import World

PHASES: tuple[str, ...] = get_args(Phase)
AIR = 0.02  # beside the first and the last moment, of the whole time
LEAST_AIR_MS = 30_000
NO_GAP_MS = 2**62  # without a profile, nobody says how far apart two readings of a statement may be


def chart_of(
    chain: Chain, world: World, as_of: int, container: str | None = None, leg: int | None = None
) -> Chart:
    """The picture's values. Raises `NotFound` `no_such_container`, `Malformed` `invalid_request` for a
    leg that is none of these containers'."""
    if container is not None and container not in chain.containers:
        raise NotFound("no_such_container", f"{chain.coi} has no container {container} at this moment")
    names = sorted(chain.lineage(container)) if container else list(chain.containers)
    span = _leg_of(chain, world, names, leg) if leg is not None else None
    handovers = tuple(_handovers(chain, names))
    within = span and (span.start_ms, span.end_ms)
    alike = _alike(chain, world, names, within)
    legs_of = allotted(
        [(one.names, _span(one.evidence, within)) for one in alike], missing(chain, world, names, span)
    )
    panels = tuple(
        panel_of(tuple(one.names), *one[1:], within, handovers, legs_of.get(number, ()))
        for number, one in enumerate(alike)
    )
    return _whole(
        Chart(chain.coi, _subject(container, span), as_of, (0, 0), panels, handovers, legs_of.get(None, ()))
    )


def _subject(container: str | None, leg: Leg | None) -> str:
    subject = container or "all containers"
    return f"{subject}, with {_place(leg.carrier)} since entry {leg.began}" if leg else subject


def _whole(chart: Chart) -> Chart:
    """With the window that holds all that it shows."""
    moments = [moment for panel in chart.panels for moment in panel.window]
    moments = moments or [one.at_ms for one in chart.handovers]
    moments += [moment for one in chart.unproved for moment in one.span]
    return replace(chart, window=(min(moments), max(moments))) if moments else chart


def _leg_of(chain: Chain, world: World, names: Sequence[str], began: int) -> Leg:
    found = {
        leg.began: leg
        for name in names
        if name in chain.containers
        for leg in legs(chain.containers[name].custody, world)
    }
    if began not in found:
        known = ", ".join(str(one) for one in sorted(found)) or "none"
        detail = f"leg: no leg with a carrier began at entry {began}; those that did: {known}"
        raise Malformed("invalid_request", detail)
    return found[began]


def _handovers(chain: Chain, names: Sequence[str]) -> Iterator[HandOver]:
    """Each once, however many containers it moved, in order of time."""
    hops = {
        release.id: accepted
        for name in names
        if name in chain.containers
        for release, accepted in chain.containers[name].custody.moved.values()
    }
    for one in sorted(hops.values(), key=lambda hop: (hop.occurred_at, hop.position)):
        yield HandOver(milliseconds(one.occurred_at), _place(one.giver), _place(one.receiver), one.position)


def _place(holder: Holder) -> str:
    return f"{holder.site}/{holder.department}"


class Alike(NamedTuple):
    """Containers whose readings and judgement in a phase are the same. `evidence`: the first one's."""

    names: list[str]
    profile: TemperatureProfile | None
    phase: str
    evidence: tuple[Series, ...]


def _alike(chain: Chain, world: World, names: Sequence[str], leg: Interval | None) -> list[Alike]:
    """What several containers share is drawn once; in order of phase, then of time."""
    profiles: dict[str, TemperatureProfile] = {one.phase: one for one in profiles_of(chain, world)}
    found: list[Alike] = []
    for phase in PHASES:
        profile = profiles.get(phase)
        groups: dict[object, Alike] = {}
        for name in names:
            evidence = evidence_of(chain, name, phase)
            if any(_within(one, leg) for one in evidence):
                key = longest(evidence), _judgement(evidence, profile)
                groups.setdefault(key, Alike([], profile, phase, evidence)).names.append(name)
        found += sorted(groups.values(), key=lambda one: min(each.started_ms for each in one.evidence))
    return found


def longest(evidence: Sequence[Series]) -> tuple[Series, ...]:
    """One series of each statement, the one with the most readings: a container can be told of by a
    statement in full, and once more by what its parents had of it until the split."""
    found: dict[Series, Series] = {}
    for one in evidence:
        statement = one._replace(packed=b"")
        if found.get(statement, statement).ended_ms < one.ended_ms:
            found[statement] = one
    return tuple(sorted(found.values(), key=lambda one: one.position))


def _judgement(evidence: tuple[Series, ...], profile: TemperatureProfile | None) -> Judgement | None:
    """Of all of it, as the gate judges: what was spent before a leg counts in it."""
    return judged(evidence, profile) if profile else None


def _within(series: Series, leg: Interval | None) -> bool:
    return leg is None or (series.started_ms <= leg[1] and leg[0] <= series.ended_ms)


def panel_of(
    names: tuple[str, ...], profile: TemperatureProfile | None, phase: str, evidence: tuple[Series, ...],
    leg: Interval | None, handovers: Sequence[HandOver], unproved: tuple[Unproved, ...] = (),
) -> Panel:  # fmt: skip
    """What all evidence about these containers in a phase shows, within a leg or from first to last, and
    as far beyond as legs reach that nothing proves."""
    judgement = _judgement(evidence, profile)
    traces = tuple(_traces([one for one in longest(evidence) if _within(one, leg)], profile))
    moments = [*_span(evidence, leg), *(moment for one in unproved for moment in one.span)]
    span = min(moments), max(moments)
    window = _with_air(span)
    return Panel(
        names, phase, window, traces, judgement, _crossed(list(_unknown(span, traces, judgement)), unproved),
        tuple(one for one in handovers if window[0] <= one.at_ms <= window[1]), unproved,
    )  # fmt: skip


def _span(evidence: Sequence[Series], leg: Interval | None) -> Interval:
    """The leg, or from the first reading to the last."""
    return leg or (min(one.started_ms for one in evidence), max(one.ended_ms for one in evidence))


def _crossed(unknown: list[Interval], unproved: Sequence[Unproved]) -> tuple[Interval, ...]:
    """With the whole of each unproved leg of which nothing is unknown yet."""
    whole = [one.span for one in unproved if not any(a < b for a, b in common(unknown, [one.span]))]
    return tuple(union([*unknown, *whole]))


def _with_air(span: Interval) -> Interval:
    air = max(LEAST_AIR_MS, round((span[1] - span[0]) * AIR))
    return span[0] - air, span[1] + air


def _traces(evidence: Sequence[Series], profile: TemperatureProfile | None) -> Iterator[Trace]:
    """Without a profile, each statement stands for itself."""
    largest_ms = profile.largest_gap_s * 1000 if profile else NO_GAP_MS
    together = [one.series for one in tracks(evidence, profile)] if profile else [[one] for one in evidence]
    for track in together:
        doubts = dict.fromkeys(doubt for one in track if (doubt := _doubt(one, profile)))
        first = track[0]
        shown = max(one.range[0] for one in track), min(one.range[1] for one in track)
        yield Trace(first.logger, line_of(track, largest_ms), shown, ", ".join(doubts))


def _doubt(series: Series, profile: TemperatureProfile | None) -> str:
    """Why it proves nothing, in a few words (the conditions of `readings.is_fit`)."""
    if series.signature == "failed":
        return "signature failed"
    if profile and not holds_band(series.range, profile):
        return "cannot show the band"
    if not is_calibrated(series):
        return "calibration not known"
    return "" if is_of_the_past(series) else "clock ahead"


def _unknown(span: Interval, traces: Sequence[Trace], judgement: Judgement | None) -> Iterator[Interval]:
    if judgement is None:
        known = union(one for trace in traces for one in _known(trace))
        yield from (one for one in rest(span, known) if one[0] < one[1])
        return
    gaps = ((gap.start_ms, gap.end_ms) for gap in judgement.gaps)
    yield from union([*holes(span, judgement.covered, judgement.profile), *gaps])


def _known(trace: Trace) -> Iterator[Interval]:
    """From break to break."""
    moments = trace.line.moments
    starts = [0, *trace.line.breaks]
    for start, end in zip(starts, [*trace.line.breaks, len(moments)], strict=True):
        if start < end:
            yield moments[start], moments[end - 1]
