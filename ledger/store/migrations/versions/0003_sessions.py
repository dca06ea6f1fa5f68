"""Sessions: who is signed in, and which sign-ins were used (`api/session_store.py`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("kid", sa.LargeBinary, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in",
        sa.Column("statement_id", sa.LargeBinary, primary_key=True),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
