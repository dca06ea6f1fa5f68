"""Sealed identifiers, whose they are, and who looked (`ledger/store/vault_schema.py`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_person",
        sa.Column("person", sa.LargeBinary, primary_key=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("erased_ms", sa.BigInteger),
    )
    op.create_table(
        "vault_field",
        sa.Column("person", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "vault_subject",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("person", sa.LargeBinary, nullable=False),
    )
    op.create_index("vault_subject_person", "vault_subject", ["person"])
    op.create_table(
        "vault_access",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
    )
