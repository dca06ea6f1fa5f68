"""Sending the outbox: in order, the same bytes again until the log has answered each.

What comes back is believed only after its receipt was verified against the statement's own
bytes, the pinned key of the log, and the place that the answer claims.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clients.heads import Head, Heads
from clients.outbox import Held, Outbox, Settled
from clients.problems import error_of, is_about_statement
from clients.remote import Remote
from ledger.errors import Fault, Malformed, ProofInvalid, UnbrokenError
from ledger.proof.merkle import leaf_hash, root_of_inclusion
from ledger.proof.note import VerifierKey
from ledger.proof.receipt import verify_receipt

MAX_STATEMENTS = 1000  # in one body, as the API takes them
MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Raised:
    """A deviation that the ledger raised because of the statement."""

    position: int
    statement_id: str
    code: str
    severity: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The log has the statement, durably and provably: `receipt` was verified."""

    position: int
    statement_id: str
    log_size: int
    recorded_at: str
    deviations: tuple[Raised, ...]
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sent statement: an answer, or the problem that the log refused it with."""

    held: Held
    answer: Answer | None = None
    head: Head | None = None  # the tree head that the answer's receipt proves
    problem: dict[str, Any] | None = None

    @property
    def error(self) -> UnbrokenError | None:
        return error_of(self.problem) if self.problem else None


class Sender:
    """Sends what is on its way. One per client; `Disk.sending` keeps it to one per home."""

    def __init__(self, outbox: Outbox, heads: Heads, remote: Remote, vkey: VerifierKey) -> None:
        self._outbox, self._heads, self._remote, self._vkey = outbox, heads, remote, vkey

    def flush(self) -> list[Outcome]:
        """Send everything on its way, and keep what the log says.

        Raises `Fault` or `TooMany` when the server or network gave up: what was not answered
        stays and is sent again by the next call. Raises `ProofInvalid` for an answer whose
        receipt proves nothing: that statement stays on its way, for it may not be recorded.
        """
        outcomes: list[Outcome] = []
        with self._outbox.disk.sending():
            while batch := fitting(self._outbox.unsent(MAX_STATEMENTS)):
                outcomes += self._send(batch)
        return outcomes

    def check_heads(self) -> Head | None:
        """Connect the heads that the last answers brought with all before. As `Heads.check`."""
        return self._heads.check(self._remote.nodes)

    def _send(self, batch: Sequence[Held]) -> list[Outcome]:
        self._outbox.mark_sent([held.id for held in batch])
        verdicts = self._remote.post([held.raw for held in batch])
        outcomes, failures = [], []
        for held, (status, body) in zip(batch, verdicts, strict=True):
            try:
                outcomes.append(self._judge(held, status, body))
            except UnbrokenError as error:
                failures.append(error)
        self._keep(outcomes)
        if failures:
            raise failures[0]
        return outcomes

    def _judge(self, held: Held, status: int, body: dict[str, Any]) -> Outcome:
        """An outcome to keep; raises where the statement must stay on its way."""
        if status in (200, 201):
            return self.believed(held, body)
        if is_about_statement(status):
            return Outcome(held, problem=body | {"status": status})
        raise error_of(body, status)

    def _keep(self, outcomes: Sequence[Outcome]) -> None:
        """Heads first: should the process die in between, the answers simply come again."""
        heads = {(outcome.head.size, outcome.head.root): outcome.head for outcome in outcomes if outcome.head}
        for head in heads.values():
            self._heads.meet(head)
        self._outbox.settle([_settled(outcome) for outcome in outcomes])

    def believed(self, held: Held, body: dict[str, Any]) -> Outcome:
        """The answer, once its receipt proves what it says.

        Raises `ProofInvalid`: `bad_receipt`, `wrong_receipt` (a proof of something else);
        `Fault` `bad_answer` for an answer of another shape.
        """
        answer = answer_of(body)
        receipt = verify_receipt(answer.receipt, held.raw, self._vkey.public, self._vkey.name)
        if (receipt.index, receipt.size) != (answer.position, answer.log_size):
            raise ProofInvalid(
                "wrong_receipt",
                f"the answer says position {answer.position} of {answer.log_size}, its receipt proves"
                f" {receipt.index} of {receipt.size}",
            )
        if answer.statement_id != held.id.hex():
            raise ProofInvalid("wrong_receipt", f"asked about {held.id.hex()}, told of {answer.statement_id}")
        root = root_of_inclusion(leaf_hash(held.raw), receipt.index, receipt.size, list(receipt.proof))
        return Outcome(held, answer, Head(receipt.size, root, answer.receipt))


def fitting(unsent: Sequence[Held]) -> list[Held]:
    """As many from the start as one body holds; at least one, when there is one."""
    total = 0
    batch: list[Held] = []
    for held in unsent[:MAX_STATEMENTS]:
        total += len(held.raw)
        if batch and total > MAX_BODY:
            break
        batch.append(held)
    return batch


def answer_of(body: dict[str, Any]) -> Answer:
    """Read the answer's JSON. Raises `Fault` `bad_answer`."""
    try:
        return Answer(
            position=int(body["position"]),
            statement_id=str(body["statement_id"]),
            log_size=int(body["log_size"]),
            recorded_at=str(body["recorded_at"]),
            deviations=tuple(Raised(**raised) for raised in body["deviations"]),
            receipt=unbase64(body["receipt"]),
        )
    except (KeyError, TypeError, ValueError, Malformed) as error:
        raise Fault("bad_answer", f"the server's answer cannot be read: {error!r}") from error


def unbase64(text: str) -> bytes:
    """base64url without padding. Raises `Malformed` `bad_base64`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise Malformed("bad_base64", f"not base64url: {error}") from None


def to_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _settled(outcome: Outcome) -> Settled:
    if outcome.answer:
        return Settled(outcome.held.id, answer=summary(outcome.answer), receipt=outcome.answer.receipt)
    return Settled(outcome.held.id, problem=outcome.problem)


def summary(answer: Answer) -> dict[str, Any]:
    """The answer as JSON says it, without its receipt."""
    return {
        "position": answer.position,
        "statement_id": answer.statement_id,
        "log_size": answer.log_size,
        "recorded_at": answer.recorded_at,
        "deviations": [
            {name: getattr(raised, name) for name in Raised.__slots__} for raised in answer.deviations
        ],
    }


def stored_answer(held: Held) -> Answer:
    """The answer of an accepted statement, from the outbox."""
    known = held.answer or {}
    return answer_of(known | {"receipt": to_base64(held.receipt or b"")})
