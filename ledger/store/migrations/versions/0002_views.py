"""The read models: custody, hand-overs that wait, lineage, timeline, deviations, therapies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _position()
    _container()
    _handover()
    _lineage()
    _timeline()
    _deviation()
    _chain()


def _position() -> None:
    table = op.create_table(
        "view_position",
        sa.Column("name", Key, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(table, [{"name": "views", "position": 0}])


def _container() -> None:
    op.create_table(
        "view_container",
        sa.Column("container", Key, primary_key=True),
        sa.Column("chain", Key, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("used_up", sa.Boolean, nullable=False),
        sa.Column("site", Key),
        sa.Column("department", Key),
        sa.Column("held_since", sa.BigInteger),
        sa.Column("offered_site", Key),
        sa.Column("offered_department", Key),
        sa.Column("offered_since", sa.BigInteger),
        sa.Column("expires_at", sa.Text),
    )
    where = ["container", "chain"]
    op.create_index("view_container_holder", "view_container", ["site", "department", *where])
    op.create_index(
        "view_container_offered", "view_container", ["offered_site", "offered_department", *where]
    )


def _handover() -> None:
    op.create_table(
        "view_handover",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("container", Key, primary_key=True),
        sa.Column("chain", Key, nullable=False),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("giver_site", Key, nullable=False),
        sa.Column("giver_department", Key, nullable=False),
        sa.Column("receiver_site", Key, nullable=False),
        sa.Column("receiver_department", Key, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
    )


def _lineage() -> None:
    op.create_table(
        "view_lineage",
        sa.Column("chain", Key, primary_key=True),
        sa.Column("child", Key, primary_key=True),
        sa.Column("parent", Key, primary_key=True),
    )
    op.create_index("view_lineage_parent", "view_lineage", ["chain", "parent"])


def _timeline() -> None:
    op.create_table(
        "view_timeline",
        sa.Column("chain", Key, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("signer", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.Text, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("standing", sa.Boolean, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("cause", sa.Text),
    )


def _deviation() -> None:
    op.create_table(
        "view_deviation",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chain", Key, primary_key=True),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("blocking", sa.Boolean, nullable=False),
        sa.Column("containers", sa.Text, nullable=False),
        sa.Column("cause", sa.Text),
        sa.Column("raised_by", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text),
        sa.Column("disposition_position", sa.BigInteger),
    )
    op.create_index("view_deviation_chain", "view_deviation", ["chain", "position"])
    op.create_index("view_deviation_open", "view_deviation", ["disposition", "position"])


def _chain() -> None:
    op.create_table(
        "view_chain",
        sa.Column("chain", Key, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("product", sa.Text),
        sa.Column("product_version", sa.Integer),
        sa.Column("protocol", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("collection_site", Key),
        sa.Column("treatment_site", Key),
        sa.Column("ordered_by", sa.Text),
        sa.Column("open_deviations", sa.Integer, nullable=False),
        sa.Column("blocking_deviations", sa.Integer, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
    )
