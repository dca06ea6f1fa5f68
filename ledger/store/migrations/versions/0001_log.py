"""The log: head, entries, their tags, the tree's tiles, and the checkpoints."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Position = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _head()
    _entry()
    _tree()


def _head() -> None:
    table = op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
    )
    empty = {"id": 1, "size": 0, "root": hashlib.sha256(b"").digest(), "time_ms": 0}
    op.bulk_insert(table, [empty])


def _entry() -> None:
    op.create_table(
        "entry",
        sa.Column("position", Position, primary_key=True, autoincrement=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("statement_id", sa.LargeBinary, nullable=False),
        sa.Column("kid_cti", sa.LargeBinary, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("entry_statement_id", "entry", ["statement_id"], unique=True)
    op.create_index("entry_kid_cti", "entry", ["kid_cti"], unique=True)
    op.create_table(
        "tag",
        sa.Column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _tree() -> None:
    op.create_table(
        "tile",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("idx", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", Position, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )
    op.create_index("checkpoint_time_ms", "checkpoint", ["time_ms"])
