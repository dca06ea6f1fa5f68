"""Labels that must never be used again. The views are made again from the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
VIEWS = (
    "container", "handover", "lineage", "timeline", "deviation", "excursion", "chain", "touch",
    "quarantine", "lot", "equipment", "site", "agent", "qualification", "key", "product",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "view_voided_label",
        sa.Column("serial", Key, primary_key=True),
        sa.Column("chain", Key, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
    )
    for name in VIEWS:
        op.execute(sa.delete(sa.table(f"view_{name}")))
    op.execute("UPDATE view_position SET position = 0")
