"""One look at a logger: what its readings say of the containers that it is with, raised and ended.

A look reads all that is known and writes only what changed, so it may be done at any time, again,
and by any node. What is judged is what the ledger will judge once it is sealed: the therapy's evidence,
and behind it the readings that no entry says yet, those of the time with the container alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.temperature import judged
from ledger.domain.temperature_rules import evidence_of, profiles_of
from ledger.domain.times import milliseconds
from ledger.live.alarms import changes, live_series, of_container, of_logger, silence, silent_after_ms
from ledger.live.clocks import clocks, is_of_the_past, is_prompt
from ledger.store.alarm_packets import recent
from ledger.store.alarms import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.application.followed import Followed
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.placements import Placement
    from ledger.domain.readings import Series
    from ledger.domain.world import World
    from ledger.live.alarms import Alarm, Heard
    from ledger.store.alarm_packets import Recent
    from ledger.store.alarms import AlarmStore, Noted

WATCHED_MS = 3 * 86_400_000  # a logger of which nothing came for so long has been called silent long ago
_NEVER = 2**62


class Bag(NamedTuple):
    """A container that the logger is or was with, in one phase, and what the ledger says of it."""

    coi: str
    name: str
    phase: str
    placed: tuple[Placement, ...]
    profile: TemperatureProfile | None
    evidence: tuple[Series, ...]

    @property
    def lasts(self) -> bool:
        return any(one.until_ms is None for one in self.placed)

    @property
    def since_ms(self) -> int:
        return min(one.since_ms for one in self.placed)


class Looked(NamedTuple):
    """What came of a look. `silent_ms`: when to look again if nothing comes; None: not for that, also
    where the look itself found it silent. `urgent`: recordings to seal at once."""

    begun: list[Noted]
    silent_ms: int | None
    urgent: tuple[str, ...]


class Watching:
    """Safe to use from any thread and node. `look` raises `Fault` when the database fails."""

    def __init__(self, alarms: AlarmStore, followed: Followed, clock_ms: Callable[[], int]) -> None:
        self._alarms = alarms
        self._followed = followed
        self._clock_ms = clock_ms

    def look(self, logger: str, listening_ms: int) -> Looked | None:
        """`listening_ms`: since when packets are taken here. None: nothing came of it lately."""
        now_ms = self._clock_ms()
        found = recent(self._alarms.engine, logger, now_ms - WATCHED_MS)
        placed = [one.as_of(now_ms) for one in self._followed.placements(logger)]
        look = self._looking(logger, found, placed, listening_ms) if found else None
        chains = {bag.coi for bag in look.bags} if look else set()
        since_ms = min(found.first_ms, *(one.received_ms for one in found.packets)) if found else now_ms
        known = self._alarms.known(logger, chains, since_ms)
        begun = list(self._note(look, known, now_ms)) if look else []
        self._close([one for one in known if one.logger == logger and one.closed_ms is None], placed, now_ms)
        return Looked(begun, look.silent_after(now_ms), look.urgent) if look else None

    def _note(self, look: Look, known: Sequence[Noted], now_ms: int) -> Iterator[Noted]:
        """Where nothing changes, nothing is locked."""
        for subject, alarms in look.found(now_ms):
            raised = [one.raised for one in known if subject.concerns(one)]
            if changes(raised, alarms) != ([], []):
                yield from self._alarms.note(subject, alarms, look.after_ms, now_ms)

    def _looking(self, logger: str, found: Recent, placed: Sequence[Placement], listening_ms: int) -> Look:
        """Only what must not change meanwhile is read under the world's lock."""
        in_time = [one for one in placed if one.until_ms is None or one.until_ms > found.first_ms]
        key = attrgetter("coi", "container", "phase")
        with self._followed.now() as world:
            groups = groupby(sorted(in_time, key=key), key)
            bags = [_bag(world, *about, tuple(group)) for about, group in groups]
            equipment = world.equipment(logger)
        until = equipment.calibrated_until if equipment else None
        calibrated_ms = milliseconds(until) if until else None
        return Look(logger, found, bags, calibrated_ms, listening_ms)

    def _close(self, standing: Sequence[Noted], placed: Sequence[Placement], now_ms: int) -> None:
        """What the logger is not with any more is watched no longer."""
        lasting = [one for one in placed if one.until_ms is None]
        watched: set[tuple[str, str, str]] = {(one.coi, one.container, one.phase) for one in lasting}
        watched |= {(one.coi, "", "") for one in lasting}
        for one in standing:
            if (one.chain, one.container, one.phase) not in watched:
                ended_ms = max(one.until_ms, _parted_ms(one, placed, now_ms))
                self._alarms.close([one.number], ended_ms, now_ms)


def _bag(world: World, coi: str, name: str, phase: str, placed: tuple[Placement, ...]) -> Bag:
    chain = world.chain(coi)
    profile = next((one for one in profiles_of(chain, world) if one.phase == phase), None)
    return Bag(coi, name, phase, placed, profile, evidence_of(chain, name, phase))


def _parted_ms(one: Noted, placed: Sequence[Placement], now_ms: int) -> int:
    """When the logger and what this is about were parted."""
    parted = [
        each.until_ms
        for each in placed
        if each.coi == one.chain and one.container in ("", each.container) and each.until_ms is not None
    ]
    return max(parted, default=now_ms)


@dataclass(frozen=True)
class Look:
    """All that one look has read of a logger, and what it finds in it."""

    logger: str
    recent: Recent
    bags: list[Bag]
    calibrated_ms: int | None
    listening_ms: int

    @property
    def newest(self) -> Heard:
        """The packet with its newest reading."""
        return ([one for one in self.recent.packets if one.has_reading] or self.recent.packets)[-1]

    @property
    def after_ms(self) -> int:
        bearing = [one.profile for one in self.bags if one.profile and one.lasts]
        return silent_after_ms(self.newest, bearing)

    @property
    def urgent(self) -> tuple[str, ...]:
        """All of its recordings, while the log says better of a bag than it will once it has their
        readings. Asked again at every look until it has: a node that died meanwhile changes nothing."""
        about = [(bag, bag.profile) for bag in self.bags]
        is_urgent = any(bears and _is_worse(bag.evidence, self._said(bag), bears) for bag, bears in about)
        return self.recent.recordings if is_urgent else ()

    def silent_after(self, now_ms: int) -> int | None:
        """None: nobody waits for it, or it is silent now."""
        heard = [max(self._heard_ms(self._since_ms(coi)), self.listening_ms) for coi in self._lasting]
        moments = [one + self.after_ms + 1 for one in heard]
        return min((one for one in moments if one > now_ms), default=None)

    @property
    def _lasting(self) -> list[str]:
        return sorted({bag.coi for bag in self.bags if bag.lasts})

    def _since_ms(self, coi: str) -> int:
        return min(bag.since_ms for bag in self.bags if bag.coi == coi and bag.lasts)

    def _heard_ms(self, since_ms: int) -> int:
        """When the newest reading came that is of that time, and of the time at which it came; the
        time's beginning, if none did. A logger that measures nothing, or dates it wrongly, is silent."""
        newest = sorted(self.recent.packets, key=attrgetter("received_ms"), reverse=True)
        prompt = (one for one in newest if one.ended_ms >= since_ms and is_prompt(one, self.after_ms))
        return max(since_ms, next((one.received_ms for one in prompt if one.has_reading), since_ms))

    def found(self, now_ms: int) -> Iterator[tuple[Subject, list[Alarm]]]:
        own = (self.logger, self.recent.recording)
        for bag in self.bags:
            yield Subject(bag.coi, bag.name, bag.phase, *own), self._of_container(bag)
        for coi in self._lasting:
            yield Subject(coi, "", "", *own), self._of_logger(coi, now_ms)

    def _of_container(self, bag: Bag) -> list[Alarm]:
        """What a container that is elsewhere by now went through is over."""
        if bag.profile is None:
            return []
        live = self._said(bag)
        since_ms = max(self.recent.first_ms, bag.since_ms)
        found = of_container(bag.evidence, live, bag.profile, self.logger, since_ms)
        if bag.lasts:
            return found
        return [one._replace(ended_ms=one.until_ms) if not one.is_over else one for one in found]

    def _said(self, bag: Bag) -> list[Series]:
        return [series for one in bag.placed for series in self._live(one)]

    def _live(self, one: Placement) -> Sequence[Series]:
        span = one.since_ms, _NEVER if one.until_ms is None else one.until_ms - 1
        return live_series(self.recent.packets, self.logger, one.phase, self.calibrated_ms, span)

    def _of_logger(self, coi: str, now_ms: int) -> list[Alarm]:
        since_ms, packets = self._since_ms(coi), self.recent.packets
        its = [one for one in packets if one.ended_ms >= since_ms and is_of_the_past(one)]
        dated = clocks(one for one in packets if one.received_ms >= since_ms)
        heard_ms = self._heard_ms(since_ms)
        return [*of_logger(its), *dated, silence(heard_ms, self.after_ms, self.listening_ms, now_ms)]


def _is_worse(evidence: Sequence[Series], live: Sequence[Series], profile: TemperatureProfile) -> bool:
    """With what no entry says yet another limit is broken, or there is an excursion more."""
    said, whole = judged(tuple(evidence), profile), judged((*evidence, *live), profile)
    return whole.broken != said.broken or any(
        all(one.end_ms < each.start_ms or each.end_ms < one.start_ms for each in said.excursions)
        for one in whole.excursions
    )
