"""One container (bag, vial, tube) and what the log says of it.

A container may be mentioned before the entry that made it arrives: two phones come online
in either order. It then has `position` -1, and keeps what is said of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.domain.assessment import Assessment
from ledger.domain.custody import Custody, Handover, Holder

if TYPE_CHECKING:
    from ledger.domain.parts import Phase
    from ledger.domain.readings import Series

Making = Literal["", "collection", "split", "pool", "transform", "fill", "sample"]
ReleaseKind = Literal["full", "pending_results", "out_of_specification"]
Status = Literal[
    "present", "consumed", "thawing", "thawed", "infusing", "paused", "stopped", "infused", "destroyed"
]


class Moment(NamedTuple):
    """When something was done: claimed (`occurred_at`) and proved (`seen_size`, `recorded_ms`)."""

    position: int
    occurred_at: str
    seen_size: int | None  # the signing device had seen the checkpoint of this size
    recorded_ms: int
    signer: str
    site: str


class Packing(NamedTuple):
    when: Moment
    department: str  # of the moment's site
    shipper: str
    seal: str | None
    logger: str | None
    phase: Phase | None  # as it was said

    @property
    def position(self) -> int:
        return self.when.position

    @property
    def occurred_at(self) -> str:
        return self.when.occurred_at

    @property
    def at(self) -> Holder:
        """Who packed."""
        return Holder(self.when.site, self.department)


class Batch(NamedTuple):
    """One run of manufacture."""

    name: str
    site: str
    platform: str
    position: int
    replaces: str | None = None  # the failed batch before it


class Consumption(NamedTuple):
    """Which lots went into which containers of a batch; without lots: that these belong to it."""

    id: str  # of the statement
    position: int
    batch: str
    containers: tuple[str, ...]
    lots: tuple[str, ...]


class Storage(NamedTuple):
    """Where it was put; `retrieved` is the position of the entry that took it out again."""

    position: int
    location: str
    place: str | None
    retrieved: int | None = None


class QualityRelease(NamedTuple):
    """Quality's release, for these countries and protocols.

    `tests`: those that had no result yet, or were out of specification, as `kind` says.
    """

    position: int
    signer: str
    site: str
    countries: frozenset[str]
    protocols: frozenset[str]
    kind: ReleaseKind = "full"
    tests: tuple[str, ...] = ()
    request: str | None = None  # the physician's, by statement id


class Check(NamedTuple):
    """One person's blind check. `matches`: two identifiers equal the order's, none contradicts."""

    position: int
    signer: str
    site: str
    matches: bool
    label: str | None = None  # the serial that was read
    component: str | None = None  # as it was read


class Authorisation(NamedTuple):
    position: int
    version: int  # of the chain
    signer: str
    site: str


@dataclass(slots=True)
class Container:
    """State of one container. `lot` joins the bags of one ordered set (n of m)."""

    id: str
    position: int = -1
    made_by: Making = ""
    made_at: str = ""  # as its signer says
    parents: tuple[str, ...] = ()
    din: str | None = None
    product_code: str | None = None
    division: str | None = None
    volume_ul: int = 0
    drawn_ul: int = 0
    expires_at: str | None = None
    bag: int | None = None
    of: int | None = None
    component: str | None = None
    inside: str | None = None  # its cassette
    custody: Custody = field(default_factory=Custody)
    packings: list[Packing] = field(default_factory=list)  # in the log's order
    unpacked: list[Moment] = field(default_factory=list)
    inspected: list[Moment] = field(default_factory=list)  # on receipt
    evidence: list[Series] = field(default_factory=list)  # of its temperature
    storage: Storage | None = None
    in_manufacture: int | None = None  # position
    into_manufacture: list[Moment] = field(default_factory=list)
    lost: Moment | None = None  # the latest of either kind, by what the signers say
    found: Moment | None = None
    returned: Moment | None = None  # the latest
    destroyed: Moment | None = None
    put_in: list[Moment] = field(default_factory=list)  # into storage, and out of it
    taken_out: list[Moment] = field(default_factory=list)
    thaw_starts: list[Moment] = field(default_factory=list)
    thaw_ends: list[Moment] = field(default_factory=list)
    quality_releases: list[QualityRelease] = field(default_factory=list)
    assessment: Assessment = field(default_factory=Assessment)
    checks: dict[str, Check] = field(default_factory=dict)  # by signer: the latest counts
    authorisation: Authorisation | None = None
    infusion_start: Moment | None = None
    paused: Moment | None = None  # the latest of either kind, by what the signers say
    resumed: Moment | None = None
    infusion_end: Moment | None = None
    was_stopped: bool = False
    dose_given_ul: int | None = None

    @property
    def exists(self) -> bool:
        return self.position >= 0

    @property
    def holder(self) -> Holder | None:
        return self.custody.holder

    @property
    def packed(self) -> list[Moment]:
        return [one.when for one in self.packings]

    @property
    def packing(self) -> Packing | None:
        """The latest, by what the signers say; of two at one moment the later recorded."""
        return max(self.packings, key=lambda one: (one.occurred_at, one.position), default=None)

    @property
    def offered(self) -> Handover | None:
        """The holder's release that waits for its acceptance."""
        return self.custody.offered

    @property
    def left_ul(self) -> int:
        """What is left in it; below zero where more was drawn than it held."""
        return self.volume_ul - self.drawn_ul

    @property
    def is_consumed(self) -> bool:
        return self.drawn_ul > 0 and self.left_ul <= 0

    @property
    def is_used_up(self) -> bool:
        return self.is_consumed or self.infusion_end is not None

    @property
    def is_gone(self) -> bool:
        """Nobody can use it any more."""
        return self.is_used_up or self.destroyed is not None

    @property
    def status(self) -> Status:
        if self.infusion_end:
            return "stopped" if self.was_stopped else "infused"
        if self.destroyed:
            return "destroyed"
        if self.infusion_start:
            return "paused" if _stands(self.paused, self.resumed) else "infusing"
        if self.is_consumed:
            return "consumed"
        return "thawed" if self.thaw_ends else "thawing" if self.thaw_starts else "present"

    @property
    def is_lost(self) -> bool:
        return _stands(self.lost, self.found)

    @property
    def dose_set(self) -> tuple[tuple[str, ...], int | None, str | None]:
        """What the bags of one ordered set share: their parents, their number, their component."""
        return self.parents, self.of, self.component

    def released_for(self, country: str, protocol: str) -> QualityRelease | None:
        """A quality release that covers both, or None."""
        covering = (
            one for one in self.quality_releases if country in one.countries and protocol in one.protocols
        )
        return next(covering, None)


def _stands(said: Moment | None, unsaid: Moment | None) -> bool:
    """In whatever order the two arrived; said at the same moment, it stands."""
    return said is not None and (unsaid is None or unsaid.occurred_at <= said.occurred_at)
