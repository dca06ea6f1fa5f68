"""The tables of live readings. They are no part of the log: see `live.py`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

metadata = MetaData()

recording = Table(
    "live_recording",
    metadata,
    Column("logger", Text, primary_key=True),  # the agent that signed: two may give the same 16 bytes
    Column("recording", LargeBinary, primary_key=True),  # 16 bytes
    Column("have", Text, nullable=False),  # numbers that are stored: JSON, [[first, last], …]
    Column("highest", BigInteger, nullable=False),  # number of a reading; -1: none
    Column("packets", BigInteger, nullable=False),  # stored, each once
    Column("readings", BigInteger, nullable=False),  # in these packets
    Column("duplicates", BigInteger, nullable=False),  # came again
    Column("disorder", BigInteger, nullable=False),  # came after one with a higher number
    Column("replays", BigInteger, nullable=False),  # of the duplicates: after they had been sealed
    Column("refused", BigInteger, nullable=False),  # signed by its logger, and yet not taken
    Column("first_ms", BigInteger, nullable=False),  # moment of the earliest reading
    Column("last_ms", BigInteger, nullable=False),  # of the latest
    Column("interval_ms", BigInteger, nullable=False),  # of the packet with the highest number
    Column("first_received_ms", BigInteger, nullable=False),
    Column("last_received_ms", BigInteger, nullable=False),
    Index("live_recording_recording", "recording"),
    Index("live_recording_last_received_ms", "last_received_ms"),
)

packet = Table(  # on PostgreSQL partitioned by month: see `live_months.py`
    "live_packet",
    metadata,
    Column("logger", Text, primary_key=True),
    Column("recording", LargeBinary, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),  # number of its first reading
    Column("started_ms", BigInteger, primary_key=True, autoincrement=False),  # moment of its first reading
    Column("last_ms", BigInteger, nullable=False),  # of its last
    Column("raw", LargeBinary, nullable=False),  # as it was signed
    Column("received_ms", BigInteger, nullable=False),
    Column("segment", LargeBinary),  # SHA-256 of the newest segment that it is sealed in
)
Index(
    "live_packet_unsealed",
    packet.c.logger,
    packet.c.recording,
    packet.c.received_ms,
    sqlite_where=packet.c.segment.is_(None),
    postgresql_where=packet.c.segment.is_(None),
)

segment = Table(
    "live_segment",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("packing", BigInteger, primary_key=True, autoincrement=False),  # position of what was packed
    Column("logger", Text, nullable=False),
    Column("recording", LargeBinary, nullable=False),
    Column("said", Text, nullable=False),  # JSON: what the ledger is to sign about it, word for word
    Column("claimed_ms", BigInteger, nullable=False),
    Column("sealed_ms", BigInteger),  # when all of it was in the log; null: it still has to be
)
Index(
    "live_segment_waiting",
    segment.c.claimed_ms,
    sqlite_where=segment.c.sealed_ms.is_(None),
    postgresql_where=segment.c.sealed_ms.is_(None),
)
Index("live_segment_recording", segment.c.logger, segment.c.recording)

seal = Table(  # which packet is sealed for which packing, so that each is sealed once for each
    "live_seal",
    metadata,
    Column("logger", Text, primary_key=True),
    Column("recording", LargeBinary, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("started_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("packing", BigInteger, primary_key=True, autoincrement=False),  # position in the log
    Column("segment", LargeBinary, nullable=False),
    Index("live_seal_segment", "segment"),
)
