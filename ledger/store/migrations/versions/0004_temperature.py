"""Excursions of temperature, and corrections in the story. The next revision makes the views again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "view_excursion",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chain", Key, primary_key=True),
        sa.Column("container", Key, primary_key=True),
        sa.Column("phase", Key, primary_key=True),
        sa.Column("started_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("peak_centi_c", sa.Integer, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("within_limits", sa.Boolean, nullable=False),
    )
    op.create_index("view_excursion_limits", "view_excursion", ["within_limits", "position"])
    op.add_column("view_timeline", sa.Column("corrected", sa.BigInteger))
