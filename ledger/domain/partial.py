"""A world of which only a part is known: the replay of evidence that is not the whole log.

`whole` names the tags of which every entry is at hand. A judgement that reads any other tag is
no judgement: `unknown` says which ones it read, and the entry is taken as the log has it. Of the
therapies that a shipment carries, only those that are whole are judged.

One thing is believed: where entries before are not at hand, nobody knows the last statement of a key.
That a statement's number and predecessor fit is then for its own words to say, and that they don't for
the ledger's. `assumed` counts the statements whose predecessor is not at hand.

A deviation of the ledger whose cause is not at hand is not judged either, where it stands as one would:
of one cause each finding once in a stream, and never of a cause that turns out to be at hand.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.memory import FindCheckpoint, MemoryWorld, is_owed
from ledger.domain.registry import LEDGER
from ledger.domain.rules import Verdict
from ledger.domain.shares import CARRIED, is_carried
from ledger.domain.world import Entry, Recorded, Sequence, chain_tag, container_tag
from ledger.errors import ProofInvalid, UnbrokenError

if TYPE_CHECKING:
    from ledger.domain.parts import CarriedFact

GAP = "sequence_gap"


class _Cause(NamedTuple):
    """The last entry that was no deviation by the ledger, and what is known of it."""

    statement_id: str
    judged: bool
    assumed: bool
    standing: bool


class PartialWorld(MemoryWorld):
    """`MemoryWorld` over some entries of a log, in order. One thread at a time."""

    def __init__(self, origin: str, find_checkpoint: FindCheckpoint, whole: Container[str]) -> None:
        super().__init__(origin, find_checkpoint)
        self.unknown: set[str] = set()
        self.assumed = 0
        self._whole = whole
        self._looked_at: Entry | None = None
        self._believed = self._unlinked = False
        self._begun = 0  # since here no entry is missing
        self._said: dict[str, dict[str, int]] = {}  # by key: statement id to position
        self._cause = _Cause("", True, False, True)
        self._hidden_cause = ""  # of the deviation before, where that is not given
        self._excused: dict[str, set[tuple[str, str]]] = {}  # by cause: code and stream

    def look_at(self, entry: Entry) -> None:
        """The entry that is judged next."""
        if self._looked_at is None or entry.position > self._looked_at.position + 1:
            self._begun = entry.position
        self.size = entry.position
        self.unknown = set()
        self._looked_at = entry
        if not _by_ledger(entry):
            self._hidden_cause = ""
        self._believed = self._unlinked = False

    def record(self, entry: Entry) -> Verdict:
        """As `MemoryWorld.record`, of what of the entry is known; look into `unknown` then."""
        self.look_at(entry)
        mine = self.part_of(entry)
        self._must_be_no_hidden_cause(mine)
        if self._is_of_hidden(mine):
            self.unknown.add(mine.stream)
            self._hidden_cause = mine.event.cause  # type: ignore[attr-defined]
            return self._excuse(mine, Verdict())
        if self._is_excused(mine):
            return self._excuse(mine, Verdict((), self._cause.standing))
        owed = list(self.owed)
        try:
            verdict = super().record(mine)
        except UnbrokenError as error:
            if not self.unknown or isinstance(error, ProofInvalid):
                raise
            verdict = Verdict()
            self.apply(mine, verdict)
        if self.unknown:  # whatever it found, it found without knowing
            self.owed.clear()
            self.owed.extend(owed)
        self._remember(mine, verdict)
        return verdict

    def apply(self, entry: Entry, verdict: Verdict) -> tuple[str, ...]:
        self._said.setdefault(entry.kid, {})[entry.statement_id] = entry.position
        return super().apply(entry, verdict)

    def part_of(self, entry: Entry) -> Entry:
        """What the entry says of the therapies that are whole."""
        if not is_carried(entry) or entry.event.type not in CARRIED:
            return entry
        event: CarriedFact = entry.event  # type: ignore[assignment]
        mine = [one for one in event.therapies or () if chain_tag(one.coi) in self._whole]
        named = [name for one in mine for name in one.containers]
        own = event.model_copy(update={"therapies": mine, "containers": named})
        return Entry(entry.position, entry.statement_id, entry.kid, entry.signer, entry.stream, own,
                     entry.recorded_ms)  # fmt: skip

    # --- what the rules read -----------------------------------------------------------

    def signer(self, kid: str) -> Sequence:
        """What is known for sure; else the one that the statement itself names."""
        known, entry = super().signer(kid), self._looked_at
        said = self._said.get(kid, {})
        event = entry.event if entry else None
        is_newest = said.get(known.statement_id or "", -1) >= self._begun or self._begun == 0
        if event is None or is_newest or (event.prev in said and event.prev != known.statement_id):
            return known  # in the last case another one came since: it cannot fit
        self._believed, self._unlinked = True, event.prev is not None and event.prev not in said
        return Sequence(None, None) if event.seq == 0 else Sequence(event.seq - 1, event.prev)

    def chain_of_container(self, container: str) -> str | None:
        self._need(container_tag(container))
        return super().chain_of_container(container)

    def statement(self, coi: str, statement_id: str) -> Recorded | None:
        self._need(chain_tag(coi))
        return super().statement(coi, statement_id)

    def _read(self, tag: str) -> Any:
        self._need(tag)
        return super()._read(tag)

    def is_whole(self, tag: str) -> bool:
        """True if every entry with the tag is at hand."""
        return tag in self._whole

    def _need(self, tag: str) -> None:
        if not self.is_whole(tag):
            self.unknown.add(tag)

    # --- deviations whose cause could not be judged --------------------------------------

    def _is_of_hidden(self, entry: Entry) -> bool:
        """A deviation of the ledger whose cause is not given, as where a shipment carried a therapy that
        the reader may not see. It stands right behind what is not given, or behind another of the same
        cause; and its stream is not whole, else the cause would be here. The ledger's always have one."""
        event: Any = entry.event
        if not _by_ledger(entry) or self.owed or entry.stream in self._whole:
            return False
        if event.cause in (None, entry.statement_id) or self._was_excused(entry):
            return False
        if any(event.cause in said for said in self._said.values()):
            return False
        return entry.position == self._begun > 0 or event.cause == self._hidden_cause

    def _is_excused(self, entry: Entry) -> bool:
        event: Any = entry.event
        if not _by_ledger(entry) or event.cause != self._cause.statement_id or self._was_excused(entry):
            return False
        if self.owed and is_owed(self.owed[0], entry):
            return False
        return not self._cause.judged or (self._cause.assumed and event.code == GAP)

    def _must_be_no_hidden_cause(self, entry: Entry) -> None:
        if entry.statement_id in self._excused:
            what = f"position {entry.position}: a deviation before it names it as its cause"
            raise ProofInvalid("deviation_not_due", what)

    def _excuse(self, entry: Entry, verdict: Verdict) -> Verdict:
        event: Any = entry.event
        self._excused.setdefault(event.cause, set()).add((event.code, entry.stream))
        self.apply(entry, verdict)
        return verdict

    def _was_excused(self, entry: Entry) -> bool:
        """A verdict has each finding once for each stream."""
        event: Any = entry.event
        return (event.code, entry.stream) in self._excused.get(event.cause, set())

    def _remember(self, entry: Entry, verdict: Verdict) -> None:
        self.assumed += self._unlinked
        if not _by_ledger(entry):
            standing = verdict.standing
            self._cause = _Cause(entry.statement_id, not self.unknown, self._believed, standing)


def _by_ledger(entry: Entry) -> bool:
    return entry.signer == LEDGER and entry.event.type == "DeviationRaised"
