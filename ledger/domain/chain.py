"""The chain: one patient's therapy, from the order to the infusion, as one aggregate.

Here stand its state and the questions that rules ask of it; how each event changes it
stands in `evolve.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ledger.domain.container import Batch, Consumption, Container
from ledger.domain.esignatures import ESigned, esigned
from ledger.domain.evolve import HANDLERS, ONLY_BEFORE_ORDER
from ledger.domain.provisional import begin
from ledger.domain.readiness import Readiness
from ledger.domain.shares import CARRIED, share_of

if TYPE_CHECKING:
    from ledger.domain.assessment import Correction, Rejection, Request, Sample
    from ledger.domain.custody import Handover
    from ledger.domain.deviation import Deviation, Quarantine
    from ledger.domain.disposal import Disposal
    from ledger.domain.erasure import Erased
    from ledger.domain.label_state import PrintedLabel
    from ledger.domain.parts import Commitment
    from ledger.domain.provisional import Provisional
    from ledger.domain.therapy_events import TherapyOrdered
    from ledger.domain.world import Entry

Group = Literal[
    "order", "container", "label", "custody", "deviation", "quarantine", "temperature", "result",
    "identity", "material", "release", "thaw", "check", "infusion", "consent", "fitness", "availability",
    "override",
]  # fmt: skip
ALERTS = frozenset({"failed_after_infusion"})
MATCHING_IDENTIFIERS = 2  # FACT-JACIE and common bedside practice: two independent identifiers


@dataclass(slots=True)
class Chain:
    """The fold of one therapy's entries; `version` counts them.

    `touched` says, for each group of gates, the version of the last entry that can change
    their outcome: a decision whose signer saw an older version has to be taken again.
    """

    coi: str
    version: int = 0
    order: TherapyOrdered | None = None
    order_position: int = -1
    ordered_by: str = ""
    commitments: dict[str, str] = field(default_factory=dict)
    planned: frozenset[str] = frozenset()
    containers: dict[str, Container] = field(default_factory=dict)
    mentioned: dict[str, Container] = field(default_factory=dict)  # not come to be, as yet
    handovers: dict[str, Handover] = field(default_factory=dict)  # both sides, by statement id
    answers: dict[str, list[str]] = field(default_factory=dict)  # release id to answers' ids
    waiting: set[str] = field(default_factory=set)  # containers with an unanswered hand-over
    deviations: dict[str, Deviation] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    failed_batches: dict[str, int] = field(default_factory=dict)  # name to position
    consumed: list[Consumption] = field(default_factory=list)
    put_right: set[str] = field(default_factory=set)  # ids: a deviation about them was corrected
    closed: int | None = None  # position
    closed_at: str | None = None  # as its signer says
    closed_ms: int | None = None  # as the ledger recorded it
    erased: Erased | None = None  # the patient's identifiers
    quarantines: dict[str, Quarantine] = field(default_factory=dict)
    readiness: Readiness = field(default_factory=Readiness)
    samples: dict[str, Sample] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)  # by statement id
    corrections: dict[str, list[Correction]] = field(default_factory=dict)  # by what they correct
    labels: dict[str, PrintedLabel] = field(default_factory=dict)  # by serial
    disposals: dict[str, Disposal] = field(default_factory=dict)  # by the destruction's statement id
    wristbands: list[list[Commitment]] = field(default_factory=list)  # as they were read
    provisional: Provisional | None = None  # opened without an order
    aside: Chain | None = None  # the provisional chain that stood here before the order
    linked_to: str | None = None  # the therapy that took a provisional chain's containers
    taken_from: list[str] = field(default_factory=list)  # the provisional chains that it took
    touched: dict[Group, int] = field(default_factory=dict)
    esignatures: dict[int, ESigned] = field(default_factory=dict)  # of what changed it, by position

    @property
    def is_open(self) -> bool:
        return self.order is not None

    @property
    def gates_touched(self) -> int:
        """Version of the last entry that touches a gate; a blind check does not: see `touched`."""
        return max((at for group, at in self.touched.items() if group != "check"), default=0)

    def touched_since(self, version: int, groups: Iterable[Group]) -> bool:
        return any(self.touched.get(group, 0) > version for group in groups)

    def matches(self, patient: Iterable[Commitment]) -> bool:
        """At least two identifiers equal the order's, and none contradicts it."""
        known = [(self.commitments.get(one.field), one.commitment) for one in patient]
        equal = {ordered for ordered, read in known if ordered == read}
        contradicted = any(ordered not in (None, read) for ordered, read in known)
        return len(equal) >= MATCHING_IDENTIFIERS and not contradicted

    def container(self, name: str) -> Container:
        """The container, or the place where what is said of it waits until it comes to be."""
        found = self.containers.get(name) or self.mentioned.get(name)
        if found is None:
            found = self.mentioned[name] = Container(name)
        return found

    def lineage(self, container: str) -> set[str]:
        """The container and all that it was made of."""
        found: set[str] = set()
        ahead = [container]
        while ahead:
            one = ahead.pop()
            if one not in found:
                found.add(one)
                known = self.containers.get(one)
                ahead.extend(known.parents if known else ())
        return found

    def blocking(self, container: str) -> Iterator[Deviation]:
        """Deviations that stop this container: its own, its ancestors', the whole therapy's."""
        lineage = self.lineage(container) if self.deviations else set()
        for deviation in self.deviations.values():
            if deviation.blocks and (
                not deviation.containers or not lineage.isdisjoint(deviation.containers)
            ):
                yield deviation

    def alerts(self) -> Iterator[Deviation]:
        """What the physician must know at once, as far as Quality has not dispositioned it."""
        return (one for one in self.deviations.values() if one.code in ALERTS and one.is_open)

    def quarantined(self, container: str) -> Iterator[Quarantine]:
        """Quarantines that hold this container: its own, and its ancestors'."""
        lineage = self.lineage(container) if self.quarantines else set()
        for quarantine in self.quarantines.values():
            if quarantine.holds and not lineage.isdisjoint(quarantine.containers):
                yield quarantine

    def is_rejected(self, container: str) -> bool:
        """True if Quality rejected it, or something that it was made of."""
        return any(self.rejections(container)) or any(
            one.disposition == "rejected" for one in self.blocking(container)
        )

    def rejections(self, container: str) -> Iterator[Rejection]:
        """Quality's rejections of this container, and of what it was made of."""
        for name in sorted(self.lineage(container)):
            known = self.containers.get(name)
            yield from known.assessment.rejections if known else ()

    def is_finished(self, container: str) -> bool:
        """True for finished product: made or filled, not what came out of the patient's arm, nor a sample."""
        return self.made_at(container) is not None

    def made_at(self, container: str) -> int | None:
        """The position at which it, or something that it was made of, became finished product."""
        known = [one for name in self.lineage(container) if (one := self.containers.get(name))]
        if any(one.made_by == "sample" for one in known):
            return None
        return min((one.position for one in known if one.made_by in ("transform", "fill")), default=None)

    def present_sites(self) -> set[str]:
        """Sites that hold a container or are about to: a holder's release names them."""
        sites: set[str] = set()
        for container in self.containers.values():
            if container.holder:
                sites.add(container.holder.site)
            if container.offered:
                sites.add(container.offered.receiver.site)
        return sites

    def handled_sites(self) -> set[str]:
        """Sites that hold or ever held a container."""
        sites: set[str] = set()
        for container in self.containers.values():
            custody = container.custody
            holders = [custody.origin, *(claim.receiver for _, claim in custody.moved.values())]
            sites.update(holder.site for holder in holders if holder)
        return sites

    def apply(self, entry: Entry) -> None:
        self.version += 1
        kind = entry.type
        if self.order is None and kind != "TherapyOrdered":
            begin(self, entry)
        handler = HANDLERS.get(kind)
        if handler and (self.order is None or kind not in ONLY_BEFORE_ORDER):
            event: Any = entry.event
            if kind in CARRIED and event.therapies is not None:
                entry = share_of(entry, self.coi)
                event = entry.event
            handler(self, entry, event)
            if event.esignature and (signed := esigned(entry)):
                self.esignatures[entry.position] = signed
