"""From bytes to a statement that is proved to come from an enrolled key.

This comes before the writer's lock: parsing and the signature check need no order. Whether the
key may still sign, and what the rules say, is decided under the lock.
"""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar, cast

from ledger.checking.wire import VERIFIED, Signed
from ledger.domain.events import parse_event
from ledger.domain.parts import Event
from ledger.domain.registry_events import AgentEnrolled, KeyAdded, LogOpened, PasskeyAdded
from ledger.domain.therapy_events import LateStatementAttested
from ledger.errors import Malformed, Unauthentic, UnbrokenError
from ledger.proof import canonical, statement
from ledger.proof.keys import PublicKey
from ledger.proof.statement import Statement
from ledger.store.decode import entry_of
from ledger.verify.esignatures import check_assertion, passkey_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.application.answer import Answer
    from ledger.proof.assertion import Passkey
    from ledger.store.recorder import LedgerRecorder

MAX_KEYS = 100_000
# By name: to ask an event for its class costs some µs, and every statement would pay it.
_ENROLLING = frozenset(event.__name__ for event in (AgentEnrolled, KeyAdded, LogOpened, PasskeyAdded))
Found: TypeAlias = "Callable[[Sequence[bytes]], dict[bytes, int]]"
"""Which of some (kid, cti) pairs were used, and at which position."""
Again: TypeAlias = "Callable[[int, Statement], Answer | None]"
"""The answer that the statement at a position got, if it is equal to this one."""
A = TypeVar("A")
B = TypeVar("B")


class Admitted(NamedTuple):
    """A statement whose signature verified, and the event that it says."""

    statement: Statement
    event: Event
    late_kid: str | None = None  # of the statement inside a LateStatementAttested

    @property
    def kid_cti(self) -> bytes:
        return self.statement.kid + self.statement.cti


class Keyed(NamedTuple):
    """A statement for this log, and the key that it names: they share one `kid`."""

    statement: Statement
    key: PublicKey


class KeyRing:
    """The public keys that the log enrolled, whatever became of them since."""

    def __init__(self, recorder: LedgerRecorder) -> None:
        self._recorder = recorder
        self._keys: OrderedDict[bytes, PublicKey] = OrderedDict()

    def get(self, kid: bytes) -> PublicKey:
        """Raises `Unauthentic` (`unknown_key`)."""
        key = self._keys.get(kid) or self._find(kid)
        if key is None:
            raise self.unknown(kid)
        return key

    def strangers(self, kids: Iterable[bytes]) -> frozenset[bytes]:
        """Keys that surely are not in the log: a crowd of them costs one look-up. None where there are
        fewer than two to look up, or the store cannot be asked: then `get` finds out."""
        new = {f"key/{kid.hex()}": kid for kid in kids if kid not in self._keys}
        if len(new) < 2:
            return frozenset()
        try:
            used = self._recorder.used_tags(list(new))
        except UnbrokenError:
            return frozenset()
        return frozenset(kid for tag, kid in new.items() if tag not in used)

    @staticmethod
    def unknown(kid: bytes) -> Unauthentic:
        return Unauthentic("unknown_key", f"no key {kid.hex()} was enrolled in this log")

    def passkey(self, credential: str) -> Passkey | None:
        """The passkey that was enrolled under the credential; an enrolment never changes."""
        for stored in self._recorder.by_tag(f"passkey/{credential}", limit=1):
            event = entry_of(stored.position, stored.data, stored.recorded_ms).event
            return passkey_of(event) if isinstance(event, PasskeyAdded) else None
        return None

    def _find(self, kid: bytes) -> PublicKey | None:
        for stored in self._recorder.by_tag(f"key/{kid.hex()}", limit=1):
            for spki in _keys_in(entry_of(stored.position, stored.data, stored.recorded_ms).event):
                key = _public_key(spki)
                if key.kid == kid:
                    self._keys[kid] = key
                    if len(self._keys) > MAX_KEYS:
                        self._keys.popitem(last=False)
                    return key
        return None


def _keys_in(event: Event) -> list[str]:
    """The public keys (base64url) that an event puts into the log."""
    if isinstance(event, AgentEnrolled | KeyAdded):
        return [event.key]
    if isinstance(event, LogOpened):
        return [event.event_key, *(administrator.key for administrator in event.administrators)]
    return []


def _public_key(text: str) -> PublicKey:
    """Raises `Malformed` (`malformed_key`, `unsupported_key`), `Unauthentic` (`low_order_point`)."""
    try:
        spki = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise Malformed("malformed_key", f"the key is not base64url: {error}") from None
    return PublicKey.from_spki(spki)


def admit(raw: bytes, origin: str, keys: KeyRing) -> Admitted:
    """Parse strictly, check the log and the signature, read the event.

    Raises `Malformed` or `Unauthentic`; nothing else may come out of bytes from outside.
    """
    return _read(_authentic(_keyed(statement.parse(raw), origin, keys)), origin, keys)


class Coming:
    """Statements that came together: read and keyed, their signatures not checked yet.

    Step by step, not one by one: so each step finds its code in the processor's cache, which
    saves a tenth of the time. Raises nothing: a store that fails meanwhile is an answer too.
    """

    def __init__(self, raws: Iterable[bytes], origin: str, keys: KeyRing) -> None:
        self._origin = origin
        self._keys = keys
        self._parsed = _each(statement.parse, raws)
        strangers = keys.strangers(one.kid for one in self._parsed if isinstance(one, Statement))
        self._keyed = _each(lambda signed: _keyed(signed, origin, keys, strangers), self._parsed)

    @property
    def signed(self) -> list[Signed]:
        """What has to be checked."""
        return [Signed(one.key.spki, one.statement.raw) for one in self._keyed if isinstance(one, Keyed)]

    def admitted(
        self, verdicts: bytes, found: Found, again: Again
    ) -> list[Admitted | Answer | UnbrokenError]:
        """Admit each on its own; one that fails is answered by `again` if it was recorded before.

        `verdicts`: a byte for each of `signed`: `VERIFIED` if somebody did. Anything else, or none:
        it has yet to be checked. That is done here, which tells what is wrong.
        """
        confirmed = iter(verdicts)
        authentic = [
            one if isinstance(one, UnbrokenError)
            else one.statement if next(confirmed, None) == VERIFIED
            else _attempt(_authentic, one)
            for one in self._keyed
        ]  # fmt: skip
        read = _each(lambda signed: _read(signed, self._origin, self._keys), authentic)
        return self._with_repeats(read, found, again)

    def _with_repeats(
        self, read: list[Admitted | UnbrokenError], found: Found, again: Again
    ) -> list[Admitted | Answer | UnbrokenError]:
        """A crowd of those that failed costs one look-up. A key that the log never knew recorded nothing."""
        answers: list[Admitted | Answer | UnbrokenError] = list(read)
        failed = {
            at: (signed, one)
            for at, (signed, one) in enumerate(zip(self._parsed, read, strict=True))
            if isinstance(one, UnbrokenError) and isinstance(signed, Statement) and one.code != "unknown_key"
        }
        try:
            positions = found([signed.kid + signed.cti for signed, _ in failed.values()]) if failed else {}
        except UnbrokenError as error:
            return [error if at in failed else one for at, one in enumerate(answers)]
        for at, (signed, one) in failed.items():
            position = positions.get(signed.kid + signed.cti)
            if position is not None:
                answers[at] = _before(position, signed, one, again)
        return answers


def _before(position: int, signed: Statement, failed: UnbrokenError, again: Again) -> Answer | UnbrokenError:
    return _attempt(lambda one: again(position, one) or failed, signed)


def _each(step: Callable[[A], B], ones: Iterable[A | UnbrokenError]) -> list[B | UnbrokenError]:
    done: list[B | UnbrokenError] = []
    for one in ones:
        try:
            done.append(one if isinstance(one, UnbrokenError) else step(one))
        except UnbrokenError as error:
            done.append(error)
    return done


def _attempt(step: Callable[[A], B], one: A) -> B | UnbrokenError:
    (done,) = _each(step, [one])
    return done


def _keyed(signed: Statement, origin: str, keys: KeyRing, strangers: frozenset[bytes] = frozenset()) -> Keyed:
    """With the key that it names, if it is for this log."""
    if signed.aud != origin:
        raise Unauthentic("wrong_log", f"signed for the log {signed.aud!r}; this one is {origin!r}")
    if signed.kid in strangers:
        raise keys.unknown(signed.kid)
    return Keyed(signed, keys.get(signed.kid))


def _authentic(keyed: Keyed) -> Statement:
    """The statement, if its signature is right."""
    statement.verify(keyed.statement, keyed.key)
    return keyed.statement


def _read(signed: Statement, origin: str, keys: KeyRing) -> Admitted:
    payload = canonical.decode(signed.payload)
    event = parse_event(payload)
    if event.type in _ENROLLING:
        _must_be_keys(event)
    check_assertion(event, payload, keys.passkey)
    if event.type == "LateStatementAttested":
        return Admitted(signed, event, _late(signed, cast("LateStatementAttested", event), origin, keys))
    return Admitted(signed, event)


def _must_be_keys(event: Event) -> None:
    """A key that nobody may ever verify with is not enrolled."""
    for spki in _keys_in(event):
        _public_key(spki)
    if isinstance(event, PasskeyAdded):
        passkey_of(event)


def _late(outer: Statement, event: LateStatementAttested, origin: str, keys: KeyRing) -> str:
    """Check the statement inside, which a revoked key signed; return that key's id.

    It must be whole by itself: of this log, of the same chain, its signature right.
    """
    inner = admit(_bytes_of(event.statement), origin, keys)
    if inner.statement.sub != outer.sub:
        raise Unauthentic("wrong_stream", f"the attested statement belongs to {inner.statement.sub!r}")
    if isinstance(inner.event, LateStatementAttested):
        raise Malformed("nested_attestation", "an attestation cannot attest another one")
    return inner.statement.kid.hex()


def _bytes_of(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise Malformed("invalid_event", f"statement is not base64url: {error}") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise Malformed("invalid_event", "statement is not canonical base64url")
    return raw
