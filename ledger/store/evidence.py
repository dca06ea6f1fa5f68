"""Files that statements name by their SHA-256: loggers' own files, kept as they came.

They are no part of the log: the log proves which bytes they were, and whoever has the bytes can
check. Each file stands once, with the therapies for which it was handed in; only their readers
get it. Losing the tables loses what could be recomputed, and no fact.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text, func, insert, select
from sqlalchemy.exc import IntegrityError

from ledger.errors import Fault
from ledger.store.engines import WRITE
from ledger.store.faults import faults

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Engine

metadata = MetaData()

evidence = Table(
    "evidence",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),  # of the data
    Column("data", LargeBinary, nullable=False),  # exactly as it came
    Column("kept_ms", BigInteger, nullable=False),  # when it came first
)

evidence_chain = Table(
    "evidence_chain",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("chain", Text, primary_key=True),
    Column("agent", Text, nullable=False),  # who handed it in first
    Column("size", BigInteger, nullable=False),  # bytes
    Column("kept_ms", BigInteger),  # when it came for this therapy
    Index("evidence_chain_chain", "chain"),
    Index("evidence_chain_kept", "kept_ms"),
)


class EvidenceStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, raw: bytes, chain: str, agent: str, now_ms: int) -> str:
        """Keep a file for a therapy, durably when this returns. Again changes nothing. Its SHA-256, hex."""
        digest = hashlib.sha256(raw).digest()
        with faults(), self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            _add(connection, evidence, {"sha256": digest, "data": raw, "kept_ms": now_ms})
            row = {"sha256": digest, "chain": chain, "agent": agent, "size": len(raw), "kept_ms": now_ms}
            _add(connection, evidence_chain, row)
        return digest.hex()

    def chains(self, sha256: str, before_ms: int | None = None) -> list[str]:
        """For which therapies the file was handed in (before a moment); empty where there is no such file."""
        query = select(evidence_chain.c.chain).where(evidence_chain.c.sha256 == bytes.fromhex(sha256))
        if before_ms is not None:
            query = query.where(evidence_chain.c.kept_ms < before_ms)
        with faults(), self._engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def kept(self, chain: str) -> int:
        """Bytes of the files that were handed in for a therapy."""
        query = select(func.coalesce(func.sum(evidence_chain.c.size), 0)).where(
            evidence_chain.c.chain == chain
        )
        with faults(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def count(self, before_ms: int) -> int:
        """How many times a file was handed in for a therapy before a moment. Nothing is ever taken
        away, so the same count means the same files."""
        query = select(func.count()).select_from(evidence_chain).where(evidence_chain.c.kept_ms < before_ms)
        with faults(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def find(self, sha256: str) -> bytes | None:
        """The file. Raises `Fault` (`damaged_evidence`) where the disk gives back other bytes."""
        query = select(evidence.c.data).where(evidence.c.sha256 == bytes.fromhex(sha256))
        with faults(), self._engine.connect() as connection:
            found: bytes | None = connection.execute(query).scalar_one_or_none()
        if found is not None and hashlib.sha256(found).hexdigest() != sha256:
            raise Fault("damaged_evidence", f"the file {sha256} was altered in the database")
        return found


def _add(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert, unless the row is there: two nodes may keep the same file at once."""
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(table), row)
