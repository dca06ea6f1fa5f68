"""Live readings (`ledger/store/live.py`). On PostgreSQL their packets are partitioned by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_recording",
        sa.Column("logger", sa.Text, primary_key=True),
        sa.Column("recording", sa.LargeBinary, primary_key=True),
        sa.Column("have", sa.Text, nullable=False),
        sa.Column("highest", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("packets", "readings", "duplicates", "disorder", "replays", "refused")
        ),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("first_ms", "last_ms", "interval_ms", "first_received_ms", "last_received_ms")
        ),
    )
    op.create_index("live_recording_recording", "live_recording", ["recording"])
    op.create_index("live_recording_last_received_ms", "live_recording", ["last_received_ms"])
    op.create_table(
        "live_packet",
        sa.Column("logger", sa.Text, primary_key=True),
        sa.Column("recording", sa.LargeBinary, primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("started_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("segment", sa.LargeBinary),
        postgresql_partition_by="RANGE (started_ms)",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE live_packet_other PARTITION OF live_packet DEFAULT")
    op.create_index(
        "live_packet_unsealed",
        "live_packet",
        ["logger", "recording", "received_ms"],
        sqlite_where=sa.text("segment IS NULL"),
        postgresql_where=sa.text("segment IS NULL"),
    )
    op.create_table(
        "live_segment",
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("packing", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("logger", sa.Text, nullable=False),
        sa.Column("recording", sa.LargeBinary, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("claimed_ms", sa.BigInteger, nullable=False),
        sa.Column("sealed_ms", sa.BigInteger),
    )
    op.create_index(
        "live_segment_waiting",
        "live_segment",
        ["claimed_ms"],
        sqlite_where=sa.text("sealed_ms IS NULL"),
        postgresql_where=sa.text("sealed_ms IS NULL"),
    )
    op.create_table(
        "live_seal",
        sa.Column("logger", sa.Text, primary_key=True),
        sa.Column("recording", sa.LargeBinary, primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("started_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("packing", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("segment", sa.LargeBinary, nullable=False),
    )
    op.create_index("live_segment_recording", "live_segment", ["logger", "recording"])
    op.create_index("live_seal_segment", "live_seal", ["segment"])
