"""Custody of one container: who holds it, whatever order the statements arrive in.

A hand-over is two statements: a release by the giver, an acceptance by the receiver. Both
may be signed without a network and arrive hours later, so that the log's order says little
about the order of events. The rules:

1. A *hop* is a release and an acceptance with the same giver and receiver, where the
   acceptance names the release or names none.
2. Custody moves along a hop whose giver is the holder. It moves at once when the second of
   the two statements arrives, and then along every further hop that waited for this one.
3. Everything else waits and moves nothing. An acceptance without its release is a *claim*.
4. A *refusal* names a release and has its giver and receiver. A refused release waits no
   longer and moves nothing. If an acceptance that names no release had answered it before,
   that one turns to another release between the same two as soon as there is one.

A container has one holder field: never two holders. Where the hops are a walk from the
first holder (as true histories are), the last receiver ends as the holder in every order of
arrival: custody can only stall where more hops arrive than leave, which is the walk's end.
Where they contradict each other (two hops leave one holder) the first to be recorded wins
and stays; the rules raise a deviation for the other.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

# Detours only tidy up what waits; beyond this many releases waiting for one bag (a busy one
# has two) the search would let one signer's junk cost everybody time.
MAX_DETOURS = 16


class Holder(NamedTuple):
    """A department of a site. The person acting for it is the signer."""

    site: str
    department: str


class Handover(NamedTuple):
    """One side of a hand-over. `names` is the release's id, on the receiver's side only."""

    id: str
    giver: Holder
    receiver: Holder
    containers: tuple[str, ...]
    seal: str | None
    position: int
    recorded_ms: int
    accepts: bool = False
    names: str | None = None
    occurred_at: str = ""
    refuses: bool = False
    seen_size: int | None = None  # its device had seen the checkpoint of this size

    def has_parties_of(self, other: Handover) -> bool:
        return self.giver == other.giver and self.receiver == other.receiver


Hop = tuple[Handover, Handover]  # a release and the acceptance that answers it


@dataclass(slots=True)
class Custody:
    """Holder, hops that moved, and what waits. `position` proves the holder (-1: nobody yet).

    `alarmed` holds the codes of deviations already raised about what waits, so that each is
    raised once.
    """

    origin: Holder | None = None
    origin_position: int = -1
    holder: Holder | None = None
    position: int = -1
    statements: list[Handover] = field(default_factory=list)
    releases: dict[str, Handover] = field(default_factory=dict)  # waiting
    claims: dict[str, Handover] = field(default_factory=dict)  # acceptances waiting
    moved: dict[str, Hop] = field(default_factory=dict)  # by release id
    refused: dict[str, Handover] = field(default_factory=dict)  # releases, by id
    refusals: dict[str, list[Handover]] = field(default_factory=dict)  # by the release's id
    alarmed: set[str] = field(default_factory=set)

    @property
    def offered(self) -> Handover | None:
        """The holder's release that nobody has answered yet."""
        return next((one for one in self.releases.values() if one.giver == self.holder), None)

    @property
    def waits(self) -> bool:
        return bool(self.releases or self.claims)

    def claimed_by(self, holder: Holder) -> bool:
        return any(claim.receiver == holder for claim in self.claims.values())

    def begin(self, holder: Holder, position: int) -> None:
        """The container comes to be in somebody's hands."""
        self.origin, self.origin_position = holder, position
        self.holder, self.position = holder, position
        self._resolve()

    def add(self, statement: Handover) -> None:
        """Take in a release or an acceptance, and move what can move."""
        self.statements.append(statement)
        self._take(statement)

    def void(self, statement_id: str) -> None:
        """Take a statement out again: its signer did not act for the party that it speaks for."""
        kept = [one for one in self.statements if one.id != statement_id]
        if len(kept) == len(self.statements):
            return
        self.statements, self.releases, self.claims, self.moved = kept, {}, {}, {}
        self.refused, self.refusals = {}, {}
        self.holder, self.position = self.origin, self.origin_position
        for statement in kept:
            self._take(statement)

    def _take(self, statement: Handover) -> None:
        if statement.refuses:
            self.refusals.setdefault(statement.names or "", []).append(statement)
        elif not statement.accepts:
            self.releases[statement.id] = statement
        elif not self._answers_a_moved_release(statement):
            self.claims[statement.id] = statement
        if self.refusals:
            self._refuse()
        self._resolve()
        if not (self.releases or self.claims):
            self.alarmed.clear()

    def _answers_a_moved_release(self, claim: Handover) -> bool:
        """True for a second acceptance of the same release.

        If the first one named no release, it may belong to another hop between the same two:
        it steps back, and the one that names this release takes its place.
        """
        if claim.names not in self.moved:
            return False
        release, first = self.moved[claim.names]
        if not claim.has_parties_of(release):
            return False
        if first.names is None:
            self.moved[release.id] = (release, claim)
            self.claims[first.id] = first
        return True

    def is_refused(self, release: Handover) -> bool:
        return any(one.has_parties_of(release) for one in self.refusals.get(release.id, ()))

    def _refuse(self) -> None:
        """What was refused waits no longer; what had moved by mistake finds its own release."""
        for release in [one for one in self.releases.values() if self.is_refused(one)]:
            self.refused[release.id] = self.releases.pop(release.id)
        for refused, claim in [hop for hop in self.moved.values() if self.is_refused(hop[0])]:
            meant = next((one for one in self.releases.values() if one.has_parties_of(refused)), None)
            if meant and claim.names is None:
                del self.moved[refused.id]
                self.refused[refused.id] = refused
                self.moved[meant.id] = (self.releases.pop(meant.id), claim)

    def _resolve(self) -> None:
        while self.claims and (hop := self._hop_from(self.holder)):
            self._move(*hop)
            self.holder, self.position = hop[1].receiver, hop[1].position
        if self.claims and 0 < len(self.releases) <= MAX_DETOURS:
            self._close_detours()

    def _hop_from(self, holder: Holder | None, used: Container[str] = ()) -> Hop | None:
        for release in self.releases.values():
            if release.giver == holder and release.id not in used:
                claim = self._answer(release, used)
                if claim:
                    return release, claim
        return None

    def _answer(self, release: Handover, used: Container[str]) -> Handover | None:
        """The acceptance that names the release, or else one that names none."""
        unnamed = None
        for claim in self.claims.values():
            if claim.id not in used and claim.has_parties_of(release):
                if claim.names == release.id:
                    return claim
                if claim.names is None and unnamed is None:
                    unnamed = claim
        return unnamed

    def _move(self, release: Handover, claim: Handover) -> None:
        del self.releases[release.id]
        del self.claims[claim.id]
        self.moved[release.id] = (release, claim)

    def _close_detours(self) -> None:
        """Hops that left a former holder and led back to it: they arrived late, change nothing."""
        visited = {self.origin} | {claim.receiver for _, claim in self.moved.values()}
        while walk := self._detour(visited):
            for release, claim in walk:
                self._move(release, claim)
                visited.add(claim.receiver)

    def _detour(self, visited: set[Holder | None]) -> list[Hop]:
        starts = (release.giver for release in self.releases.values() if release.giver in visited)
        return next((walk for start in starts if (walk := self._walk_back_to(start))), [])

    def _walk_back_to(self, start: Holder) -> list[Hop]:
        """Waiting hops from `start` back to it, or nothing if the walk ends elsewhere."""
        walk: list[Hop] = []
        used: set[str] = set()
        at = start
        while hop := self._hop_from(at, used):
            walk.append(hop)
            used |= {hop[0].id, hop[1].id}
            at = hop[1].receiver
            if at == start:
                return walk
        return []
