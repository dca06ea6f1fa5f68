"""The registry, quarantines and what everything touched. The views are made again from the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
VIEWS = ("container", "handover", "lineage", "timeline", "deviation", "chain")


def upgrade() -> None:
    _touch()
    _quarantine()
    _lot()
    _equipment()
    _site()
    _agent()
    _qualification()
    _key()
    _product()
    for name in VIEWS:
        op.execute(sa.delete(sa.table(f"view_{name}")))
    op.execute("UPDATE view_position SET position = 0")


def _touch() -> None:
    op.create_table(
        "view_touch",
        sa.Column("kind", Key, primary_key=True),
        sa.Column("name", Key, primary_key=True),
        sa.Column("chain", Key, primary_key=True),
        sa.Column("container", Key, primary_key=True),
        sa.Column("first_position", sa.BigInteger, nullable=False),
    )
    op.create_index("view_touch_name", "view_touch", ["name", "kind", "chain"])


def _quarantine() -> None:
    op.create_table(
        "view_quarantine",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chain", Key, primary_key=True),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("containers", sa.Text, nullable=False),
        sa.Column("put_by", sa.Text, nullable=False),
        sa.Column("lifted_position", sa.BigInteger),
    )
    op.create_index("view_quarantine_holding", "view_quarantine", ["lifted_position", "position"])


def _lot() -> None:
    op.create_table(
        "view_lot",
        sa.Column("lot", Key, primary_key=True),
        sa.Column("organisation", Key, nullable=False),
        sa.Column("site", Key, nullable=False),
        sa.Column("material", Key, nullable=False),
        sa.Column("supplier_lot", Key, nullable=False),
        sa.Column("expires_at", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_index("view_lot_supplier", "view_lot", ["supplier_lot"])


def _equipment() -> None:
    op.create_table(
        "view_equipment",
        sa.Column("equipment", Key, primary_key=True),
        sa.Column("organisation", Key, nullable=False),
        sa.Column("site", Key, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("serial", Key, nullable=False),
        sa.Column("qualified_until", sa.Text),
        sa.Column("calibrated_until", sa.Text),
        sa.Column("retired_position", sa.BigInteger),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_index("view_equipment_serial", "view_equipment", ["serial"])


def _site() -> None:
    op.create_table(
        "view_site",
        sa.Column("site", Key, primary_key=True),
        sa.Column("organisation", Key, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )


def _agent() -> None:
    op.create_table(
        "view_agent",
        sa.Column("agent", Key, primary_key=True),
        sa.Column("organisation", Key, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("waiting_roles", sa.Text, nullable=False),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )


def _qualification() -> None:
    op.create_table(
        "view_qualification",
        sa.Column("agent", Key, primary_key=True),
        sa.Column("qualification", Key, primary_key=True),
        sa.Column("organisation", Key, nullable=False),
        sa.Column("expires_at", Key, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    ends = ["expires_at", "agent", "qualification"]
    op.create_index("view_qualification_expiry", "view_qualification", ends)


def _key() -> None:
    op.create_table(
        "view_key",
        sa.Column("kid", Key, primary_key=True),
        sa.Column("agent", Key, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_index("view_key_agent", "view_key", ["agent"])


def _product() -> None:
    op.create_table(
        "view_product",
        sa.Column("product", Key, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", Key, nullable=False),
        sa.Column("window_starts", sa.Text, nullable=False),
        sa.Column("window_s", sa.Integer, nullable=False),
        sa.Column("countries", sa.Text, nullable=False),
        sa.Column("sites", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
