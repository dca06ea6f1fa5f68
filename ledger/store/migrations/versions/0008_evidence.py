"""Loggers' own files, by their SHA-256 (`ledger/store/evidence.py`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("kept_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "evidence_chain",
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_index("evidence_chain_chain", "evidence_chain", ["chain"])
