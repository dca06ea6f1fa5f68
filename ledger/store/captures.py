"""What became of documents that partners captured: codes and places, never what was sent.

A job is an answer that can be asked for again. It is no part of the log: losing the table loses no
fact. Jobs are forgotten after a month, so that the table cannot grow for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text, delete, insert, select

from ledger.store.engines import WRITE
from ledger.store.faults import faults

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEPT_MS = 30 * 86_400_000

metadata = MetaData()

epcis_capture = Table(
    "epcis_capture",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agent", Text, nullable=False),  # who captured; only they may ask
    Column("created_ms", BigInteger, nullable=False),
    Column("job", Text, nullable=False),  # as it is answered, JSON
    Index("epcis_capture_created", "created_ms"),
)


class CaptureStore:
    """Safe to use from any thread and node. Every method raises `Fault` when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, id_: str, agent: str, job: str, now_ms: int) -> None:
        """Keep a job, durably when this returns; what is older than a month goes."""
        row = {"id": id_, "agent": agent, "created_ms": now_ms, "job": job}
        with faults(), self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(delete(epcis_capture).where(epcis_capture.c.created_ms < now_ms - KEPT_MS))
            connection.execute(insert(epcis_capture), row)

    def find(self, id_: str, agent: str) -> str | None:
        """The agent's own job of this id."""
        query = select(epcis_capture.c.job).where(epcis_capture.c.id == id_, epcis_capture.c.agent == agent)
        with faults(), self._engine.connect() as connection:
            found: str | None = connection.execute(query).scalar_one_or_none()
        return found
