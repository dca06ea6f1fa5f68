"""One transaction: decide each statement in turn, then append and seal what was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from ledger.application.answer import Answer, RaisedDeviation
from ledger.application.intake import Admitted
from ledger.domain.events import parse_event
from ledger.domain.parts import Event
from ledger.domain.rules import Finding, Verdict, deviation_of, judge, stream_of, tags_of
from ledger.domain.world import LEDGER, Entry, timestamp
from ledger.errors import Conflict, Fault, NotPermitted, UnbrokenError
from ledger.proof import canonical, receipt, statement
from ledger.store.recorder import NewEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.application import Ledger
    from ledger.proof.statement import Statement
    from ledger.store.recorder import Writing

MAX_CLOCK_BACK_MS = 5 * 60_000


class Draft(NamedTuple):
    """A fact that the ledger itself will sign, under the lock. `fields`: the event's own members.

    The same `kid_cti` gets the first answer: who drafts it derives the cti from what the fact is
    about, so that neither a restart nor another node says it twice.
    """

    stream: str
    fields: dict[str, Any]
    kid_cti: bytes


class Accepted(NamedTuple):
    """An accepted statement, not committed yet."""

    position: int
    signed: Statement
    deviations: tuple[RaisedDeviation, ...]


Intaken: TypeAlias = Admitted | Draft | Answer | UnbrokenError
Decided: TypeAlias = Accepted | Answer | UnbrokenError


class Batch:
    """The decisions of one transaction. Not shared between threads; lives under the lock."""

    def __init__(self, ledger: Ledger, writing: Writing, coming: Sequence[Intaken]) -> None:
        self._ledger = ledger
        self._writing = writing
        self._world = ledger.world
        self._world.reader = writing
        self.time_ms = _ledger_time(ledger.config.clock_ms(), writing.last_time_ms)
        self.entries: list[NewEntry] = []
        self._here: dict[bytes, Accepted] = {}
        undecided = [one.kid_cti for one in coming if isinstance(one, Admitted | Draft)]
        self._known = writing.positions_of_cti(undecided)

    def decide_all(self, waiting: Sequence[Intaken]) -> list[Decided]:
        """Decide each on its own: a refused one leaves nothing behind."""
        return [self._decide(one) if isinstance(one, Admitted | Draft) else one for one in waiting]

    def _decide(self, coming: Admitted | Draft) -> Decided:
        """Only the judgement may refuse: an error while recording is one of the whole batch."""
        try:
            again = self._drafted(coming) if isinstance(coming, Draft) else self._repeated(coming)
            if again is not None:
                return again
            admitted = self._sign(coming) if isinstance(coming, Draft) else coming
            entry = self._entry(admitted.statement, admitted.event)
            self._check_late(admitted)
            verdict = judge(entry, self._world)
            if not verdict.standing or verdict.apart:
                self._ledger.reviews.take(entry.kid, self.time_ms)
        except UnbrokenError as refusal:
            return refusal
        return self._accept(admitted, entry, verdict)

    def _repeated(self, admitted: Admitted) -> Accepted | Answer | None:
        """Equal to-be-signed bytes get the first answer; other bytes may not reuse a cti."""
        kid_cti = admitted.kid_cti
        first = self._here.get(kid_cti)
        if first is not None:
            must_be_same(first.signed, admitted.statement)
            return first
        position = self._known.get(kid_cti)
        return None if position is None else self._ledger.answer_again(position, admitted.statement)

    def _drafted(self, draft: Draft) -> Accepted | Answer | None:
        """What was signed of it before."""
        position = self._known.get(draft.kid_cti)
        return self._here.get(draft.kid_cti) if position is None else self._ledger.answer_at(position)

    def _accept(self, admitted: Admitted, entry: Entry, verdict: Verdict) -> Accepted:
        signed = admitted.statement
        self._add(signed, entry, verdict)
        raised = tuple(self._raise(finding, entry, verdict) for finding in verdict.findings)
        accepted = self._here[admitted.kid_cti] = Accepted(entry.position, signed, raised)
        return accepted

    def _check_late(self, admitted: Admitted) -> None:
        if admitted.late_kid is None:
            return
        key = self._world.key(admitted.late_kid)
        if key is None or key.status != "revoked":
            raise NotPermitted("not_revoked", "the key inside is not revoked: send its statement as it is")

    def _entry(self, signed: Statement, event: Event) -> Entry:
        return Entry(
            position=self._writing.size + len(self.entries),
            statement_id=signed.id.hex(),
            kid=signed.kid.hex(),
            signer=signed.iss,
            stream=signed.sub,
            event=event,
            recorded_ms=self.time_ms,
        )

    def _add(self, signed: Statement, entry: Entry, verdict: Verdict) -> None:
        tags = tags_of(entry, verdict)
        kid_cti = signed.kid + signed.cti
        self.entries.append(NewEntry(entry.event.type, signed.id, kid_cti, signed.raw, tags))
        self._world.apply(entry, tags)

    def _raise(self, finding: Finding, fact: Entry, verdict: Verdict) -> RaisedDeviation:
        """Sign the deviation with the ledger's event key, right behind the fact."""
        about = f"{fact.statement_id} {finding.code} {finding.containers} {finding.stream}".rstrip()
        kid_cti = self._ledger.own(about)
        signed, event, _ = self._sign(Draft(stream_of(finding, fact), deviation_of(finding, fact), kid_cti))
        entry = self._entry(signed, event)
        self._add(signed, entry, Verdict((), verdict.stands_in(finding.stream)))
        return RaisedDeviation(entry.position, signed.id, finding.code, finding.severity, finding.blocking)

    def _sign(self, draft: Draft) -> Admitted:
        """As the event key's next statement, at the batch's time."""
        last = self._world.signer(self._ledger.event_kid)
        payload = draft.fields | {
            "occurred_at": timestamp(self.time_ms),
            "seen": {"size": self._writing.size, "root": self._writing.root.hex()},
            "seq": 0 if last.seq is None else last.seq + 1,
            "prev": last.statement_id,
        }
        raw = statement.sign(
            self._ledger.config.event_key,
            iss=LEDGER,
            sub=draft.stream,
            aud=self._ledger.origin,
            cti=draft.kid_cti[32:],
            payload=canonical.encode(payload),
        )
        return Admitted(statement.parse(raw), parse_event(payload))


class Seal(Protocol):
    """A tree head that was committed, with its proofs at hand."""

    @property
    def size(self) -> int: ...
    @property
    def root(self) -> bytes: ...
    @property
    def time_ms(self) -> int: ...

    def inclusion(self, position: int) -> list[bytes]: ...


class Answers:
    """Makes the answers of a sealed batch: one receipt signature serves them all."""

    def __init__(self, ledger: Ledger, sealed: Seal) -> None:
        self._sealed = sealed
        key = ledger.config.log_key
        self._signed = receipt.receipt_signature(
            key, ledger.origin, sealed.size, sealed.root, sealed.time_ms // 1000
        )

    def of(self, result: Decided) -> Answer | UnbrokenError:
        if not isinstance(result, Accepted):
            return result
        return self.at(result.position, result.signed.id, result.deviations)

    def at(self, position: int, statement_id: bytes, raised: tuple[RaisedDeviation, ...]) -> Answer:
        sealed = self._sealed
        proof = sealed.inclusion(position)
        token = receipt.encode_receipt(self._signed, sealed.size, position, proof)
        return Answer(position, statement_id, sealed.size, sealed.time_ms, raised, token)


def must_be_same(first: Statement, again: Statement) -> None:
    """Raises `Conflict` (`cti_reused`) unless the to-be-signed bytes are equal."""
    if first.tbs != again.tbs:
        raise Conflict("cti_reused", f"this key already used the cti {again.cti.hex()} for another statement")


def _ledger_time(clock_ms: int, last_ms: int) -> int:
    """Whole seconds, never decreasing; a clock far behind the log is a fault, not a time."""
    if last_ms - clock_ms > MAX_CLOCK_BACK_MS:
        behind = (last_ms - clock_ms) // 1000
        raise Fault(
            "clock_behind", f"this computer's clock is {behind} s behind the log; set it and try again"
        )
    return max(clock_ms // 1000 * 1000, last_ms)
