"""What became of captured EPCIS documents (`ledger/store/captures.py`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "epcis_capture",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
    )
    op.create_index("epcis_capture_created", "epcis_capture", ["created_ms"])
