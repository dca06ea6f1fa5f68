"""Signing in with the key that one signs with, and who a request comes from.

A client asks for a challenge, signs it as a COSE_Sign1 with a content type of its own (so
that no sign-in is an event and no event a sign-in), and gets a token. Every read then looks
at the key again: the session of a key that was retired or revoked has ended.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.challenges import challenge_key, check, issue
from api.session_store import Session, SessionStore
from ledger.errors import Malformed, Unauthentic, Unauthorised
from ledger.proof import canonical, statement

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.application import Ledger
    from ledger.domain.world import World
    from ledger.proof.statement import Statement

STREAM = "session"
TOKEN_SIZE = 32


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session. The token is told once and kept nowhere as it is."""

    token: str
    session: Session


class Sessions:
    """Safe to use from any thread."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings
        self._store = SessionStore(ledger.store.engine)
        self._secret = challenge_key(ledger.config.event_key)

    def challenge(self) -> str:
        return issue(self._secret, self._now_ms() + self._settings.challenge_s * 1000)

    def sign_in(self, raw: bytes) -> Opened:
        """Open a session for a signed challenge.

        Raises `Malformed`: as `statement.parse`, and `malformed_sign_in`; `Unauthentic`: `wrong_log`,
        `wrong_stream`, `unknown_key`, `retired_key`, `revoked_key`, `wrong_signer`, as
        `PublicKey.verify`, `bad_challenge`, `challenge_expired`, `sign_in_used`.
        """
        signed = statement.parse(raw, statement.SESSION_CONTENT_TYPE)
        self._check_signature(signed)
        agent = active_agent(self._ledger.world_at(), signed.kid.hex())
        if agent != signed.iss:
            raise Unauthentic("wrong_signer", f"the key belongs to {agent!r}, not to {signed.iss!r}")
        now_ms = self._now_ms()
        until = check(self._secret, _challenge_in(signed.payload), now_ms)
        session = Session(signed.kid.hex(), agent, now_ms + self._settings.session_s * 1000)
        token = secrets.token_bytes(TOKEN_SIZE)
        self._store.open(token, session, (signed.id, until), now_ms)
        return Opened(base64.urlsafe_b64encode(token).rstrip(b"=").decode(), session)

    def of(self, token: str, world: World) -> Session:
        """The session of a request's bearer token.

        Raises `Unauthorised` (`no_session`) for none, one that ran out, or a key that ended.
        """
        session = self._store.find(_token_of(token), self._now_ms())
        if session is None:
            raise Unauthorised("no_session", "there is no such session, or it has run out: sign in")
        try:
            active_agent(world, session.kid)
        except Unauthentic as ended:
            raise Unauthorised("no_session", f"the session has ended: {ended.detail}") from None
        return session

    def sign_out(self, token: str) -> None:
        """Forget the session of a token, if there is one."""
        self._store.close(_token_of(token))

    def _check_signature(self, signed: Statement) -> None:
        if signed.aud != self._ledger.origin:
            raise Unauthentic(
                "wrong_log", f"signed for the log {signed.aud!r}; this one is {self._ledger.origin!r}"
            )
        if signed.sub != STREAM:
            raise Unauthentic("wrong_stream", f"a sign-in's stream is {STREAM!r}, not {signed.sub!r}")
        statement.verify(signed, self._ledger.keys.get(signed.kid))

    def _now_ms(self) -> int:
        return self._ledger.config.clock_ms()


def active_agent(world: World, kid: str) -> str:
    """Whose key this is. Raises `Unauthentic`: `unknown_key`, `retired_key`, `revoked_key`."""
    key = world.key(kid)
    if key is None:
        raise Unauthentic("unknown_key", f"no key {kid} was enrolled in this log")
    if key.status != "active":
        raise Unauthentic(f"{key.status}_key", f"the key {kid} is {key.status}")
    return key.agent


def _challenge_in(payload: bytes) -> str:
    document = canonical.decode(payload)
    challenge = document.get("challenge")
    if len(document) != 1 or not isinstance(challenge, str):
        raise Malformed("malformed_sign_in", 'a sign-in\'s payload is {"challenge": "…"} and nothing else')
    return challenge


def _token_of(text: str) -> bytes:
    """Raises `Unauthorised` (`no_session`) unless the text can be a token of ours."""
    try:
        token = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        token = b""
    if len(token) != TOKEN_SIZE:
        raise Unauthorised("no_session", "sign in first: GET /v1/session/challenge, then POST /v1/session")
    return token
