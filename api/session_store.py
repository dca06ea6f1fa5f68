"""Open sessions and used sign-ins, in the ledger's database so that all nodes agree.

A token is kept as its SHA-256: who reads the table cannot use a session. Losing the tables
signs everybody out and harms nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, delete, insert, select
from sqlalchemy.exc import IntegrityError

from ledger.errors import Unauthentic
from ledger.store.engines import WRITE
from ledger.store.faults import faults

if TYPE_CHECKING:
    from sqlalchemy import Engine

metadata = MetaData()

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256 of the token
    Column("kid", LargeBinary, nullable=False),
    Column("agent", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("statement_id", LargeBinary, primary_key=True),
    Column("expires_ms", BigInteger, nullable=False),  # when its challenge expires
)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in: the agent's id and the key (hex) that signed; until when (ms)."""

    kid: str
    agent: str
    expires_ms: int


class SessionStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, token: bytes, session_: Session, used: tuple[bytes, int], now_ms: int) -> None:
        """Keep a session, durably, and that its sign-in (statement id, its challenge's end) was used.

        Raises `Unauthentic` (`sign_in_used`): then no session was opened.
        """
        row = {
            "token_hash": _hash(token),
            "kid": bytes.fromhex(session_.kid),
            "agent": session_.agent,
            "expires_ms": session_.expires_ms,
        }
        with faults(), self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            for table in (session, sign_in):
                connection.execute(delete(table).where(table.c.expires_ms <= now_ms))
            try:
                connection.execute(insert(sign_in), {"statement_id": used[0], "expires_ms": used[1]})
            except IntegrityError:
                raise Unauthentic(
                    "sign_in_used", "this sign-in was used before: sign a new challenge"
                ) from None
            connection.execute(insert(session), row)

    def find(self, token: bytes, now_ms: int) -> Session | None:
        """The session of a token that has not run out."""
        query = select(session).where(session.c.token_hash == _hash(token), session.c.expires_ms > now_ms)
        with faults(), self._engine.connect() as connection:
            row = connection.execute(query).first()
        return Session(row.kid.hex(), row.agent, row.expires_ms) if row else None

    def close(self, token: bytes) -> None:
        """Forget a session."""
        query = delete(session).where(session.c.token_hash == _hash(token))
        with faults(), self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(query)


def _hash(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
