"""A world in memory: the aggregates alone, folded entry by entry.

An offline audit replays a whole log with it, and tests tell stories with it. It keeps no
entries, so its memory grows with what exists (therapies, people, containers), not with the
length of the log's history; but for a line of each therapy's statement, because any of them
may yet be corrected.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from ledger.domain.carrier import Carrier
from ledger.domain.chain import Chain
from ledger.domain.equipment import Equipment
from ledger.domain.findings import Finding, Verdict
from ledger.domain.lots import Lot
from ledger.domain.naming import containers_of, created_by
from ledger.domain.passkeys import Passkey
from ledger.domain.registry import LEDGER, Agent, Key, LogState, Product, Site
from ledger.domain.rules import deviation_of, judge, stream_of, tags_of
from ledger.domain.shares import shares
from ledger.domain.world import AGGREGATES, Entry, Recorded, Sequence, new_aggregate
from ledger.errors import ProofInvalid

FindCheckpoint = Callable[[int], tuple[str, int] | None]
_NOTHING_SIGNED = Sequence(None, None)


class Owed(NamedTuple):
    """A deviation that the ledger has to record next, and the entry that calls for it."""

    finding: Finding
    cause: Entry
    standing: bool


class MemoryWorld:
    """`World` in memory. One thread at a time.

    `find_checkpoint` answers size → (root in hex, time in ms) of every checkpoint that the
    log ever had; those beyond the entries recorded so far are not seen by the rules.
    """

    def __init__(self, origin: str, find_checkpoint: FindCheckpoint) -> None:
        self.origin = origin
        self.size = 0
        self.owed: deque[Owed] = deque()
        self._find_checkpoint = find_checkpoint
        self._aggregates: dict[str, Any] = {}
        self._signers: dict[str, Sequence] = {}
        self._chains: dict[str, str] = {}
        self._statements: dict[tuple[str, str], Recorded] = {}

    # --- what the rules read -----------------------------------------------------------

    def log(self) -> LogState:
        return cast("LogState", self._read(f"log/{self.origin}") or LogState(self.origin))

    def chain(self, coi: str) -> Chain:
        return cast("Chain", self._read(f"chain/{coi}") or Chain(coi))

    def site(self, site: str) -> Site | None:
        return cast("Site | None", self._read(f"site/{site}"))

    def agent(self, agent: str) -> Agent | None:
        return cast("Agent | None", self._read(f"agent/{agent}"))

    def product(self, product: str) -> Product | None:
        return cast("Product | None", self._read(f"product/{product}"))

    def carrier(self, stream: str) -> Carrier | None:
        return cast("Carrier | None", self._read(stream))

    def key(self, kid: str) -> Key | None:
        return cast("Key | None", self._read(f"key/{kid}"))

    def passkey(self, credential: str) -> Passkey | None:
        return cast("Passkey | None", self._read(f"passkey/{credential}"))

    def lot(self, lot: str) -> Lot | None:
        return cast("Lot | None", self._read(f"lot/{lot}"))

    def equipment(self, equipment: str) -> Equipment | None:
        return cast("Equipment | None", self._read(f"equipment/{equipment}"))

    def signer(self, kid: str) -> Sequence:
        return self._signers.get(kid, _NOTHING_SIGNED)

    def checkpoint(self, size: int) -> tuple[str, int] | None:
        return self._find_checkpoint(size) if size <= self.size else None

    def chain_of_container(self, container: str) -> str | None:
        return self._chains.get(container)

    def statement(self, coi: str, statement_id: str) -> Recorded | None:
        return self._statements.get((f"chain/{coi}", statement_id))

    def _read(self, tag: str) -> Any:
        return self._aggregates.get(tag)

    # --- what an audit does ------------------------------------------------------------

    def record(self, entry: Entry) -> Verdict:
        """Judge the next entry and let it change the world.

        What it finds is owed: the ledger's deviations must be the next entries, each equal
        to the finding. Raises what `judge` raises, and `ProofInvalid`: `deviation_omitted`
        (another entry stands where a deviation is owed), `deviation_not_due` (the ledger
        raised one that nothing calls for). Then nothing has changed.
        """
        verdict = judge(entry, self)
        due = self._due(entry)
        if due:
            verdict = Verdict((), due.standing)
            self.owed.popleft()
        self.apply(entry, verdict)
        self.owed.extend(Owed(one, entry, verdict.stands_in(one.stream)) for one in verdict.findings)
        return verdict

    def apply(self, entry: Entry, verdict: Verdict) -> tuple[str, ...]:
        """Fold an entry that was judged into the aggregates of its tags; returns the tags."""
        tags = tags_of(entry, verdict)
        for tag in tags:
            aggregate = self._aggregates.get(tag) or self._begin(tag)
            if aggregate:
                aggregate.apply(entry)
        if verdict.standing and not verdict.provisional:
            for container in created_by(entry.event):
                self._chains.setdefault(container, entry.stream.removeprefix("chain/"))
        for share in shares(entry):
            if verdict.stands_in(share.stream):
                recorded = Recorded(share.stream, entry.signer, containers_of(share.event))
                self._statements[share.stream, entry.statement_id] = recorded
        self._signers[entry.kid] = Sequence(entry.event.seq, entry.statement_id)
        self.size += 1
        return tags

    def _begin(self, tag: str) -> Any:
        if tag.partition("/")[0] not in AGGREGATES:
            return None
        aggregate = self._aggregates[tag] = new_aggregate(tag)
        return aggregate

    def _due(self, entry: Entry) -> Owed | None:
        """The owed deviation that this entry is. None: it is no deviation, and none is owed."""
        raised = entry.signer == LEDGER and entry.event.type == "DeviationRaised"
        if not self.owed:
            if raised:
                raise ProofInvalid("deviation_not_due", f"position {entry.position}: nothing calls for it")
            return None
        owed = self.owed[0]
        if not raised or not is_owed(owed, entry):
            at, code = owed.cause.position, owed.finding.code
            raise ProofInvalid("deviation_omitted", f"position {entry.position}: {code} of {at} is missing")
        return owed


def is_owed(owed: Owed, entry: Entry) -> bool:
    """True if the ledger's deviation says exactly what the finding says."""
    event: Any = entry.event
    members = deviation_of(owed.finding, owed.cause)
    return entry.stream == stream_of(owed.finding, owed.cause) and all(
        getattr(event, name) == value for name, value in members.items()
    )
