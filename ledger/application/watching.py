"""One look at a logger: what its readings say of the containers that it is with, raised and ended.

A look reads all that is known and writes only what changed, so it may be done at any time, again,
and by any node. What is judged is what the ledger will judge once it is sealed: the therapy's evidence,
and behind it the readings that no entry says yet, those of the time with the container alone.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ledger.domain.temperature_rules import evidence_of, profiles_of
from ledger.domain.times import milliseconds
from ledger.live.alarms import live_series, of_container, of_logger, silence, silent_after_ms
from ledger.store.alarm_packets import recent
from ledger.store.alarms import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.placements import Placement
    from ledger.domain.readings import Series
    from ledger.domain.world import World
    from ledger.live.alarms import Alarm, Heard
    from ledger.store.alarm_packets import Recent
    from ledger.store.alarms import AlarmStore, Noted

WATCHED_MS = 3 * 86_400_000  # a logger of which nothing came for so long has been called silent long ago
_NEVER = 2**62


class Placements(Protocol):
    """Which containers a logger is with, by the log as it is now."""

    def of(self, logger: str) -> list[Placement]: ...
    def world(self) -> World: ...


class Looked(NamedTuple):
    """What came of a look. `silent_ms`: when to look again if nothing comes; None: not for that."""

    recording: str
    begun: list[Noted]
    silent_ms: int | None

    @property
    def is_excursion(self) -> bool:
        return any(one.kind == "excursion" for one in self.begun)


class Watching:
    """Safe to use from any thread and node. `look` raises `Fault` when the database fails."""

    def __init__(self, alarms: AlarmStore, placements: Placements, clock_ms: Callable[[], int]) -> None:
        self._alarms = alarms
        self._placements = placements
        self._clock_ms = clock_ms

    def look(self, logger: str, listening_ms: int) -> Looked | None:
        """`listening_ms`: since when packets are taken here. None: nothing came of it lately."""
        now_ms = self._clock_ms()
        found = recent(self._alarms.engine, logger, now_ms - WATCHED_MS)
        placed = self._placements.of(logger)
        if found is None:
            self._close(logger, placed, now_ms)
            return None
        look = _Look(self._placements.world(), logger, found, placed, listening_ms, now_ms)
        begun = [
            one
            for subject, alarms in look.found()
            for one in self._alarms.note(subject, alarms, look.after_ms, now_ms)
        ]
        self._close(logger, placed, now_ms)
        return Looked(found.recording, begun, look.silent_ms)

    def _close(self, logger: str, placed: Sequence[Placement], now_ms: int) -> None:
        """What the logger is not with any more is watched no longer."""
        lasting = [one for one in placed if one.until_ms is None]
        bags = {(one.coi, one.container, one.phase) for one in lasting} | {
            (one.coi, "", "") for one in lasting
        }
        gone = [
            one for one in self._alarms.open_of(logger) if (one.chain, one.container, one.phase) not in bags
        ]
        for one in gone:
            self._alarms.close([one.number], max(one.until_ms, _left_ms(one, placed, now_ms)), now_ms)


def _left_ms(one: Noted, placed: Sequence[Placement], now_ms: int) -> int:
    """When the logger and what this is about were parted."""
    parted = [
        each.until_ms
        for each in placed
        if each.coi == one.chain and one.container in ("", each.container) and each.until_ms is not None
    ]
    return max(parted, default=now_ms)


class _Look:
    """All that one look reads, and what it finds."""

    def __init__(
        self,
        world: World,
        logger: str,
        recent_: Recent,
        placed: Sequence[Placement],
        listening_ms: int,
        now_ms: int,
    ) -> None:
        self._world, self._logger, self._recent = world, logger, recent_
        self._listening_ms, self._now_ms = listening_ms, now_ms
        self._placed = [one for one in placed if one.until_ms is None or one.until_ms > recent_.first_ms]
        self._lasting = [one for one in self._placed if one.until_ms is None]
        said = [one for one in recent_.packets if one.has_reading] or recent_.packets
        self._newest: Heard = said[-1]
        bearing = [profile for one in self._lasting if (profile := self._profile(one))]
        self.after_ms = silent_after_ms(self._newest, bearing)

    @property
    def silent_ms(self) -> int | None:
        if not self._lasting:
            return None
        return max(self._newest.received_ms, self._listening_ms) + self.after_ms + 1

    def found(self) -> Iterator[tuple[Subject, list[Alarm]]]:
        key = attrgetter("coi", "container", "phase")
        for (coi, name, phase), group in groupby(sorted(self._placed, key=key), key):
            alarms = self._of_container(list(group))
            yield Subject(coi, name, phase, self._logger, self._recent.recording), alarms
        for coi in sorted({one.coi for one in self._lasting}):
            yield Subject(coi, "", "", self._logger, self._recent.recording), self._of_logger(coi)

    def _of_container(self, group: list[Placement]) -> list[Alarm]:
        profile = self._profile(group[0])
        if profile is None:
            return []
        evidence = evidence_of(self._world.chain(group[0].coi), group[0].container, group[0].phase)
        live = [series for one in group for series in self._live(one)]
        since_ms = max(self._recent.first_ms, min(one.since_ms for one in group))
        found = of_container(evidence, live, profile, self._logger, since_ms)
        lasts = any(one.until_ms is None for one in group)
        return found if lasts else [one._replace(ended_ms=one.ended_ms or one.until_ms) for one in found]

    def _live(self, one: Placement) -> Sequence[Series]:
        equipment = self._world.equipment(self._logger)
        until = equipment.calibrated_until if equipment else None
        span = one.since_ms, _NEVER if one.until_ms is None else one.until_ms - 1
        calibrated_ms = milliseconds(until) if until else None
        return live_series(self._recent.packets, self._logger, one.phase, calibrated_ms, span)

    def _of_logger(self, coi: str) -> list[Alarm]:
        since_ms = min(one.since_ms for one in self._lasting if one.coi == coi)
        its = [one for one in self._recent.packets if one.ended_ms >= since_ms]
        heard_ms = self._newest.received_ms
        return [*of_logger(its), silence(heard_ms, self.after_ms, self._listening_ms, self._now_ms)]

    def _profile(self, one: Placement) -> TemperatureProfile | None:
        profiles = profiles_of(self._world.chain(one.coi), self._world)
        return next((each for each in profiles if each.phase == one.phase), None)
