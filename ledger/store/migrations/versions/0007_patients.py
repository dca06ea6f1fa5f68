"""Which therapies were ordered under a patient's commitment. The views are made again from the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
VIEWS = (
    "container", "handover", "lineage", "timeline", "deviation", "excursion", "chain", "voided_label",
    "touch", "quarantine", "lot", "equipment", "site", "agent", "qualification", "key", "product",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "view_patient",
        sa.Column("commitment", Key, primary_key=True),
        sa.Column("chain", Key, primary_key=True),
    )
    for name in VIEWS:
        op.execute(sa.delete(sa.table(f"view_{name}")))
    op.execute("UPDATE view_position SET position = 0")
