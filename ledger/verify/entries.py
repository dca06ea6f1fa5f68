"""Step 4: every entry is a strict statement of this log, and the keys that it enrols.

What the envelopes say comes from `signatures`, where they are parsed; here the payloads are
read, in order.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ledger.domain.events import parse_event
from ledger.domain.parts import Event
from ledger.domain.registry_events import AgentEnrolled, KeyAdded, LogOpened, PasskeyAdded
from ledger.domain.world import Entry
from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof import canonical, statement
from ledger.proof.keys import PublicKey
from ledger.verify.base64url import unbase64url
from ledger.verify.esignatures import check_assertion, passkey_of
from ledger.verify.report import told
from ledger.verify.signatures import NOTHING, Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.proof.assertion import Passkey
    from ledger.proof.note import VerifierKey
    from ledger.verify.checkpoints import Heads
    from ledger.verify.report import Findings
    from ledger.verify.signatures import Outcome

_NAMES_A_KEY = b'key":"'  # in every canonical payload that enrols one


class Enrolled:
    """The keys and passkeys that the log's entries name, and where each was named first."""

    def __init__(self) -> None:
        self.spki: dict[bytes, bytes] = {}
        self.position: dict[bytes, int] = {}
        self._passkeys: dict[str, tuple[int, Passkey]] = {}

    def collect(self, positions: Iterable[int], raws: Sequence[bytes | None]) -> None:
        """Look through entries for keys, cheaply: few of them enrol any."""
        for position, raw in zip(positions, raws, strict=True):
            if raw is not None and _NAMES_A_KEY in raw:
                self._read(position, raw)

    def _read(self, position: int, raw: bytes) -> None:
        try:
            event = parse_event(canonical.decode(statement.parse(raw).payload))
        except Exception:  # steps 4 and 5 say what is wrong with it
            return
        for text in _keys_in(event):
            self._add(position, text)
        if isinstance(event, PasskeyAdded):
            self._add_passkey(position, event)

    def _add_passkey(self, position: int, event: PasskeyAdded) -> None:
        with suppress(UnbrokenError):  # then no assertion verifies with it either
            self._passkeys.setdefault(event.credential, (position, passkey_of(event)))

    def passkey(self, credential: str, position: int) -> Passkey | None:
        """What was enrolled under the credential before the entry at this position."""
        enrolled_at, passkey = self._passkeys.get(credential, (position, None))
        return passkey if enrolled_at < position else None

    def _add(self, position: int, text: str) -> None:
        try:
            key = PublicKey.from_spki(unbase64url(text))
        except UnbrokenError:  # then nothing can be signed with it either
            return
        self.spki.setdefault(key.kid, key.spki)
        self.position.setdefault(key.kid, position)

    def in_time(self, kid: bytes, position: int) -> bool:
        """True if the key was enrolled before the entry; genesis names its own."""
        return self.position.get(kid, position) < position or position == 0


class Reader:
    """Makes entries of checked statements, in order. One per audit."""

    def __init__(self, vkey: VerifierKey, heads: Heads, enrolled: Enrolled, findings: Findings) -> None:
        self._vkey = vkey
        self._heads = heads
        self._enrolled = enrolled
        self._findings = findings
        self._used: dict[bytes, set[bytes]] = {}  # kid to its ctis
        self.entries = 0
        self.unread: int | None = None  # the first position whose bytes are not there

    @property
    def signers(self) -> int:
        """How many different keys signed what was read."""
        return len(self._used)

    def read(self, position: int, outcome: Outcome) -> tuple[Envelope | None, Entry | None]:
        """What can be read of an entry; what is wrong is noted."""
        fields, wrong = outcome
        envelope = Envelope(*fields) if fields else None
        if wrong is not None:
            self._wrong(position, envelope, *wrong)
        if outcome == NOTHING and self.unread is None:
            self.unread = position
        return envelope, None if envelope is None else self._read(position, envelope, wrong is None)

    def _read(self, position: int, envelope: Envelope, is_signed: bool) -> Entry | None:
        self._check_key(position, envelope, is_signed)
        self._check_unique(position, envelope)
        try:
            event = self._event(position, envelope)
            return self._entry(position, envelope, event)
        except Exception as error:  # hostile bytes: a finding, whatever they provoke
            self._wrong(position, envelope, 4, told(error))
            return None

    def _entry(self, position: int, envelope: Envelope, event: Event) -> Entry:
        head = self._heads.covering(position)
        if head is None:
            raise ProofInvalid("bad_checkpoint", "no checkpoint covers it")
        self.entries += 1
        return Entry(
            position=position,
            statement_id=envelope.id.hex(),
            kid=envelope.kid.hex(),
            signer=envelope.iss,
            stream=envelope.sub,
            event=event,
            recorded_ms=head.time_s * 1000,
        )

    def _event(self, position: int, envelope: Envelope) -> Event:
        payload = canonical.decode(envelope.payload)
        event = parse_event(payload)
        if position == 0 or isinstance(event, LogOpened):
            self._check_genesis(position, event)
        if event.esignature is not None:
            self._check_assertion(position, envelope, event, payload)
        return event

    def _check_assertion(
        self, position: int, envelope: Envelope, event: Event, payload: dict[str, Any]
    ) -> None:
        try:
            check_assertion(event, payload, partial(self._enrolled.passkey, position=position))
        except UnbrokenError as error:
            self._wrong(position, envelope, 5, error.detail)

    def _check_genesis(self, position: int, event: Event) -> None:
        """Entry 0, and no other, opens this log and names the key that the audit was given."""
        if not isinstance(event, LogOpened):
            raise Malformed("bad_genesis", f"entry 0 opens no log: it is {event.type}")
        if position != 0:
            raise Malformed("bad_genesis", "a log is opened once, by entry 0")
        if event.origin != self._vkey.name or event.log_key != str(self._vkey):
            raise ProofInvalid("bad_genesis", f"entry 0 names another log or key: {event.log_key[:120]!r}")

    def _check_key(self, position: int, envelope: Envelope, is_signed: bool) -> None:
        """The signature is right; was the key there yet?"""
        if is_signed and not self._enrolled.in_time(envelope.kid, position):
            later = self._enrolled.position[envelope.kid]
            what = f"signed with a key that the log only enrolled later, with entry {later}"
            self._wrong(position, envelope, 5, what)

    def _check_unique(self, position: int, envelope: Envelope) -> None:
        used = self._used.setdefault(envelope.kid, set())
        if envelope.cti in used:
            self._wrong(position, envelope, 4, f"its key used the cti {envelope.cti.hex()} before")
        used.add(envelope.cti)

    def _wrong(self, position: int, envelope: Envelope | None, step: int, what: str) -> None:
        statement_id = envelope.id.hex() if envelope else None
        self._findings.wrong(step, position, what, statement_id=statement_id)


def _keys_in(event: Event) -> list[str]:
    """The public keys that an event enrols (base64url)."""
    if isinstance(event, LogOpened):
        return [event.event_key, *(root.key for root in event.administrators)]
    return [event.key] if isinstance(event, AgentEnrolled | KeyAdded) else []
