"""A therapy's chart: which evidence, judgement and hand-overs belong into it. The only place that knows.

A container's journey is its own and that of all that it was made of. A leg is the time with one
carrier, named by the entry of the acceptance that began it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, get_args

from ledger.charts.chart import Chart, HandOver, Panel, Trace
from ledger.charts.thinning import line_of
from ledger.domain.intervals import Interval, rest, union
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
    panels = tuple(_panels(chain, world, names, span and (span.start_ms, span.end_ms), handovers))
    moments = [moment for panel in panels for moment in panel.window] or [one.at_ms for one in handovers]
    subject = container or "all containers"
    if span:
        subject += f", with {_place(span.carrier)} since entry {span.began}"
    window = (min(moments), max(moments)) if moments else (0, 0)
    return Chart(chain.coi, subject, as_of, window, panels, handovers)


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


def _panels(
    chain: Chain, world: World, names: Sequence[str], leg: Interval | None, handovers: Sequence[HandOver]
) -> Iterator[Panel]:
    """What several containers share is drawn once; in order of phase, then of time."""
    profiles: dict[str, TemperatureProfile] = {one.phase: one for one in profiles_of(chain, world)}
    for phase in PHASES:
        groups: dict[tuple[Series, ...], list[str]] = {}
        for name in names:
            found = {one.position: one for one in evidence_of(chain, name, phase)}
            if any(_within(one, leg) for one in found.values()):
                groups.setdefault(tuple(found[at] for at in sorted(found)), []).append(name)
        for evidence, sharing in sorted(
            groups.items(), key=lambda group: min(one.started_ms for one in group[0])
        ):
            yield panel_of(tuple(sharing), profiles.get(phase), phase, evidence, leg, handovers)


def _within(series: Series, leg: Interval | None) -> bool:
    return leg is None or (series.started_ms <= leg[1] and leg[0] <= series.ended_ms)


def panel_of(
    names: tuple[str, ...], profile: TemperatureProfile | None, phase: str, evidence: tuple[Series, ...],
    leg: Interval | None, handovers: Sequence[HandOver],
) -> Panel:  # fmt: skip
    """What all evidence about these containers in a phase shows, within a leg or from first to last."""
    judgement = judged(evidence, profile) if profile else None  # of all: what was spent before counts
    traces = tuple(_traces([one for one in evidence if _within(one, leg)], profile))
    span = leg or (min(one.started_ms for one in evidence), max(one.ended_ms for one in evidence))
    window = _with_air(span)
    return Panel(
        names, phase, window, traces, judgement, tuple(_unknown(span, traces, judgement)),
        tuple(one for one in handovers if window[0] <= one.at_ms <= window[1]),
    )  # fmt: skip


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
