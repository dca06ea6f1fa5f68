"""The tables of alarms and of what is still to be told of them. They are no part of the log.

Losing them loses who was told what, and who answered; no reading and no excursion, which the log
holds once they are sealed. What still stands is raised anew.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

alarm = Table(
    "alarm",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of the event that began it
    Column("chain", Text, nullable=False),
    Column("container", Text, nullable=False),  # empty: about the logger
    Column("phase", Text, nullable=False),  # empty: about the logger
    Column("kind", Text, nullable=False),  # ledger.live.alarms.Kind
    Column("step", Integer, nullable=False),  # percent of the budget, else 0
    Column("logger", Text, nullable=False),
    Column("recording", LargeBinary, nullable=False),  # 16 bytes
    Column("began_ms", BigInteger, nullable=False),  # by the readings
    Column("until_ms", BigInteger, nullable=False),  # last seen to stand
    Column("ended_ms", BigInteger),  # by the readings; null: it is not over
    Column("peak", Integer),
    Column("late", Boolean, nullable=False),  # it was of the past when it was raised
    Column("raised_ms", BigInteger, nullable=False),  # by the ledger's clock
    Column("closed_ms", BigInteger),  # by the ledger's clock; null: it is open
    Column("acknowledged_by", Text),
    Column("acknowledged_ms", BigInteger),
    Index("alarm_chain", "chain"),
    Index("alarm_logger", "logger"),
)

event = Table(  # what readers and receivers are told, in order, without a gap
    "alarm_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # from 0
    Column("number", BigInteger, nullable=False),
    Column("what", Text, nullable=False),  # begun, ended, acknowledged
    Column("at_ms", BigInteger, nullable=False),
)

cursor = Table(  # how far events are queued for an endpoint
    "webhook_cursor",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

delivery = Table(  # what an endpoint has not taken; a delivery that it took is gone from here
    "webhook_delivery",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # of the event
    Column("body", LargeBinary, nullable=False),  # the same bytes every time
    Column("created_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_ms", BigInteger),  # when it is tried again; null: dead
    Column("told", Text, nullable=False),  # what came of the last attempt
    Index("webhook_delivery_next_ms", "endpoint", "next_ms"),
)
