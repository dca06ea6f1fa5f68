"""Step 6: the replay of policy, gates and deviations.

Every entry is judged again, on the world that the entries before it made, at the time of
the checkpoint that first covered it. A decision that the rules refuse is named. What they
find wrong with a fact must stand right behind it, as deviations signed with the ledger's
event key: none missing, none changed, none invented.

After something wrong the replay goes on as if the entry had been right, so that one fault
is one finding wherever possible.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ledger.domain.events import parse_event
from ledger.domain.memory import MemoryWorld
from ledger.domain.registry_events import RuleSetAdopted
from ledger.domain.rules import RULE_SET, Verdict, deviation_of, stream_of
from ledger.domain.seals import is_seal
from ledger.domain.therapy_events import DeviationRaised, LateStatementAttested
from ledger.domain.world import LEDGER, timestamp
from ledger.errors import Malformed, NotPermitted, ProofInvalid, Unauthentic, UnbrokenError
from ledger.proof import canonical, statement
from ledger.proof.keys import PublicKey
from ledger.verify.base64url import unbase64url
from ledger.verify.esignatures import check_assertion
from ledger.verify.report import told

if TYPE_CHECKING:
    from ledger.domain.memory import Owed
    from ledger.domain.world import Entry, Sequence
    from ledger.verify.checkpoints import Head, Heads
    from ledger.verify.entries import Enrolled
    from ledger.verify.report import Findings

_CLEAN = Verdict()


class Replay:
    """Judges entries in order. `judged` counts those that were; `stopped` says why none is any more."""

    def __init__(self, origin: str, heads: Heads, enrolled: Enrolled, findings: Findings) -> None:
        self.judged = self.deviations = 0
        self.stopped: str | None = None
        self._origin = origin
        self._heads = heads
        self._enrolled = enrolled
        self._findings = findings
        self._by_size = {head.size: (head.root.hex(), head.time_s * 1000) for head in heads.heads}
        self._world = MemoryWorld(origin, self._by_size.get)
        self._batch: Head | None = None  # the checkpoint that covers the entry before

    def judge(self, entry: Entry | None) -> Verdict | None:
        """The verdict that the rules give; None where they refuse the entry or it was not judged."""
        if entry is None:
            self._skip()
        if entry is None or self.stopped is not None:
            return None
        if isinstance(entry.event, RuleSetAdopted) and entry.event.rule_set > RULE_SET:
            self._stop(entry, entry.event.rule_set)
            return None
        self.judged += 1
        self._enter_batch(entry)
        try:
            return self._judge(entry)
        except Exception as error:  # whatever a hostile entry provokes is a finding about it
            self._refused(entry, error)
            return None

    def _judge(self, entry: Entry) -> Verdict:
        self._check_late(entry)
        last = self._world.signer(entry.kid)
        verdict = self._record(entry)
        self._check_ledger(entry, last)
        return verdict

    def _skip(self) -> None:
        """An entry that cannot be read; if a deviation was owed, it may be that one."""
        self._world.size += 1
        if self._world.owed:
            self._world.owed.popleft()

    def finish(self) -> None:
        """The log ended: nothing may still be owed."""
        if self.stopped is None:
            self._forgive_all("the log ends")

    @property
    def world(self) -> MemoryWorld:
        """What the entries judged so far made."""
        return self._world

    def told(self) -> str:
        """How far it came."""
        judged = f"{self.judged} entries judged by rule set {RULE_SET}"
        return self.stopped or f"{judged}, {self.deviations} deviations by the ledger"

    @property
    def is_whole(self) -> bool:
        """False: something could not be judged."""
        return True

    # --- the happy path ----------------------------------------------------------------

    def _record(self, entry: Entry) -> Verdict:
        try:
            return self._world.record(entry)
        except ProofInvalid as error:
            if error.code not in ("deviation_omitted", "deviation_not_due"):
                raise
        self._resolve(entry)
        return self._world.record(entry)

    def _enter_batch(self, entry: Entry) -> None:
        """A fact and its deviations are committed together: a checkpoint never comes between."""
        head = self._heads.covering(entry.position)
        if head is not self._batch:
            self._batch = head
            self._forgive_all("its batch ends")

    def _stop(self, entry: Entry, rule_set: int) -> None:
        self.stopped = (
            f"from entry {entry.position} on, rule set {rule_set} is in force, which this program does not "
            f"know (it knows up to {RULE_SET}): the entries behind it were not judged. Use a newer verifier"
        )
        self._findings.wrong(6, entry.position, self.stopped, statement_id=entry.statement_id)

    # --- what may be wrong -------------------------------------------------------------

    def _refused(self, entry: Entry, error: Exception) -> None:
        what = f"the rules refuse this {entry.event.type}: {told(error)}"
        if isinstance(error, UnbrokenError) and error.code.startswith("deviation_"):
            what = f"the ledger raised a deviation that nothing calls for ({told(error)})"
        self._findings.wrong(6, entry.position, what, statement_id=entry.statement_id)
        self._world.apply(entry, _CLEAN)

    def _resolve(self, entry: Entry) -> None:
        """Another entry stands where a deviation is owed: which ones are missing?"""
        event = entry.event
        owed = self._world.owed
        if not (entry.signer == LEDGER and isinstance(event, DeviationRaised)):
            self._forgive_all(f"entry {entry.position} follows")
            return
        while owed and not _says(entry, owed[0]):
            if event.cause == owed[0].cause.statement_id and event.code == owed[0].finding.code:
                self._wrong_at(owed.popleft(), f"is not the one that entry {entry.position} holds")
            else:
                self._wrong_at(owed.popleft(), "was omitted")

    def _forgive_all(self, why: str) -> None:
        while self._world.owed:
            self._wrong_at(self._world.owed.popleft(), f"was omitted: {why}")

    def _wrong_at(self, owed: Owed, how: str) -> None:
        cause = owed.cause
        what = f"the deviation {owed.finding.code!r} that the rules require behind it {how}"
        self._findings.wrong(6, cause.position, what, statement_id=cause.statement_id)

    def _check_ledger(self, entry: Entry, last: Sequence) -> None:
        """What the ledger itself signs is exact in those members, too, that no rule gives."""
        raised = entry.signer == LEDGER and isinstance(entry.event, DeviationRaised)
        if not (raised or is_seal(entry)):
            return
        self.deviations += raised
        event, start = entry.event, self._heads.before(entry.position)
        expected = (0, None) if last.seq is None else (last.seq + 1, last.statement_id)
        if (event.seq, event.prev) != expected:
            self._odd(entry, f"its number and predecessor are not {expected}")
        if event.occurred_at != timestamp(entry.recorded_ms):
            self._odd(entry, "its time is not that of its checkpoint")
        seen = None if event.seen is None else (event.seen.size, event.seen.root)
        if seen != (None if start is None else (start.size, start.root.hex())):
            self._odd(entry, "it does not name the checkpoint before its batch")

    def _odd(self, entry: Entry, what: str) -> None:
        said = "statement of readings" if is_seal(entry) else "deviation"
        told = f"the ledger's {said} is odd: {what}"
        self._findings.wrong(6, entry.position, told, statement_id=entry.statement_id)

    # --- late statements ---------------------------------------------------------------

    def _check_late(self, entry: Entry) -> None:
        """A statement inside an attestation is whole by itself, signed with a key revoked by now."""
        if not isinstance(entry.event, LateStatementAttested):
            return
        inner = statement.parse(unbase64url(entry.event.statement))
        if inner.aud != self._origin or inner.sub != entry.stream:
            raise Unauthentic("wrong_stream", f"the attested statement belongs to {inner.sub[:80]!r}")
        spki = self._enrolled.spki.get(inner.kid)
        if spki is None or not self._enrolled.in_time(inner.kid, entry.position):
            raise Unauthentic("unknown_key", f"the key {inner.kid.hex()} inside was never enrolled")
        statement.verify(inner, PublicKey.from_spki(spki))
        key = self._world.key(inner.kid.hex())
        if key is None or key.status != "revoked":
            raise NotPermitted("not_revoked", "the key of the attested statement is not revoked")
        payload = canonical.decode(inner.payload)
        event = parse_event(payload)
        if isinstance(event, LateStatementAttested):
            raise Malformed("nested_attestation", "an attestation cannot attest another one")
        check_assertion(event, payload, partial(self._enrolled.passkey, position=entry.position))


def _says(entry: Entry, owed: Owed) -> bool:
    """True if the entry is the owed deviation, member for member."""
    due = deviation_of(owed.finding, owed.cause)
    return entry.stream == stream_of(owed.finding, owed.cause) and all(
        getattr(entry.event, name) == value for name, value in due.items()
    )
