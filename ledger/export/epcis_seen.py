"""What a therapy makes of one of its entries, where the entry alone does not say it.

Somebody else's correction, an acceptance that moved nothing, a quarantine that ended beside another:
the event that a partner gets must not say more than the therapy took from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ledger.domain.evolve import VOIDS_CUSTODY
from ledger.domain.naming import containers_of
from ledger.domain.registry import LEDGER
from ledger.domain.shares import share_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.entry import Entry

BY_OTHER = "correction_by_other"
_MOVES = ("CustodyAccepted", "CustodyReleased", "CustodyRefused")


@dataclass(frozen=True)
class Seen:
    """`find`: this therapy's entry of a statement. `made_with`: its containers that a lot went into.

    Both answer for what the reader may see.
    """

    chain: Chain
    find: Callable[[str], Entry | None] = lambda _: None
    made_with: Callable[[str], tuple[str, ...]] = lambda _: ()

    @cached_property
    def _findings(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for one in self.chain.deviations.values():
            if one.raised_by == LEDGER and one.cause:
                found.setdefault(one.cause, set()).add(one.code)
        return found

    def findings(self, entry: Entry) -> list[str]:
        """What the ledger found wrong with it, by code; a person's findings are events of their own."""
        return sorted(self._findings.get(entry.statement_id, ()))

    def moves(self, entry: Entry) -> bool:
        """True if custody moved with it, or may yet: an offer that stands."""
        if entry.type == "CustodyReleased":
            return VOIDS_CUSTODY not in self.findings(entry)
        return entry.type not in _MOVES or all(
            self._moved(name, entry.statement_id)
            for name in containers_of(share_of(entry, self.chain.coi).event)
        )

    def _moved(self, name: str, statement: str) -> bool:
        known = self.chain.containers.get(name)
        return known is not None and any(answer.id == statement for _, answer in known.custody.moved.values())

    def may_correct(self, correction: Entry, original: Entry) -> bool:
        """Its own signer, or Quality: the ledger found nobody else there, or Quality accepted it."""
        if correction.signer == original.signer:
            return True
        causes = {correction.statement_id}
        if correction.position < original.position:  # judged when what it corrects arrived
            causes.add(original.statement_id)
        others = [
            one for one in self.chain.deviations.values() if one.code == BY_OTHER and one.cause in causes
        ]
        return all(one.raised_by != LEDGER or one.disposition == "accepted" for one in others)

    def named(self, entry: Entry) -> tuple[str, ...]:
        """The containers of what the entry is about, where it names none itself."""
        event: Any = entry.event
        if entry.type == "LabelVoided":
            label = self.chain.labels.get(event.serial)
            return (label.belongs_to,) if label and label.belongs_to else ()
        if entry.type == "LotRecalled":
            return self.made_with(entry.stream.removeprefix("lot/"))
        about = self.find(_about(event))
        return containers_of(share_of(about, self.chain.coi).event) if about else ()

    def is_held(self, entry: Entry) -> bool:
        """True if, once the entry stood, something else went on holding what it is about."""
        return any(self._is_held(name, entry.position) for name in self.named(entry))

    def _is_held(self, name: str, position: int) -> bool:
        """By the log's order, so that what comes later does not change what was said."""
        lineage = self.chain.lineage(name)
        holds = ((one.position, one.lifted, one.containers) for one in self.chain.quarantines.values())
        blocks = (
            (
                one.position,
                None if one.disposition == "rejected" else one.disposition_position,
                one.containers or (name,),
            )
            for one in self.chain.deviations.values()
            if one.blocking
        )
        rejected = any(one.position < position for one in self.chain.rejections(name))
        return rejected or any(
            begun < position and (ended is None or ended > position) and not lineage.isdisjoint(containers)
            for begun, ended, containers in (*holds, *blocks)
        )


def _about(event: Any) -> str:
    """The statement that a lifting, a disposition or a correction is about."""
    found = next(name for name in ("quarantine", "deviation", "corrects") if name in type(event).model_fields)
    return str(getattr(event, found))
