"""Witnesses' cosignatures of the log's heads (`ledger/store/cosignatures.py`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cosignature",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("witness", sa.Text, primary_key=True),
        sa.Column("time_s", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
    )
