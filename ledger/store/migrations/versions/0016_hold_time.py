"""How long a shipper stays cold, and when it was filled. The views are made again from the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

VIEWS = (
    "container", "handover", "lineage", "timeline", "deviation", "excursion", "chain", "touch",
    "quarantine", "lot", "equipment", "site", "agent", "qualification", "key", "product", "voided_label",
    "patient",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("view_equipment", sa.Column("hold_time_s", sa.BigInteger))
    op.add_column("view_equipment", sa.Column("charged_at", sa.Text))
    for name in VIEWS:
        op.execute(sa.delete(sa.table(f"view_{name}")))
    op.execute("UPDATE view_position SET position = 0")
