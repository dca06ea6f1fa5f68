"""When a file came for each therapy. Of older rows only the file's first time is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FIRST = """
UPDATE evidence_chain SET kept_ms =
(SELECT evidence.kept_ms FROM evidence WHERE evidence.sha256 = evidence_chain.sha256)
"""


def upgrade() -> None:
    op.add_column("evidence_chain", sa.Column("kept_ms", sa.BigInteger))
    op.execute(FIRST)
    op.create_index("evidence_chain_kept", "evidence_chain", ["kept_ms"])
