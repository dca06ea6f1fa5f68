"""The tables of what the registry says now, and of what each name in it touched.

As in `schema.py`: every table begins with its primary key, and can be made again.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text

# Pages go on where the last one ended: both databases must sort the same way, by bytes.
Key = Text().with_variant(Text(collation="C"), "postgresql")


def tables(metadata: MetaData) -> tuple[Table, ...]:
    """The tables, in `metadata`."""
    return (
        _touch(metadata),
        _quarantine(metadata),
        _lot(metadata),
        _equipment(metadata),
        _site(metadata),
        _agent(metadata),
        _qualification(metadata),
        _key(metadata),
        _product(metadata),
    )


def _touch(metadata: MetaData) -> Table:
    return Table(
        "view_touch",
        metadata,
        Column("kind", Key, primary_key=True),
        Column("name", Key, primary_key=True),
        Column("chain", Key, primary_key=True),
        Column("container", Key, primary_key=True),  # empty: the therapy
        Column("first_position", BigInteger, nullable=False),
        Index("view_touch_name", "name", "kind", "chain"),
    )


def _quarantine(metadata: MetaData) -> Table:
    return Table(
        "view_quarantine",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("chain", Key, primary_key=True),
        Column("statement_id", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("containers", Text, nullable=False),  # one a line
        Column("put_by", Text, nullable=False),
        Column("lifted_position", BigInteger),  # NULL: it holds
        Index("view_quarantine_holding", "lifted_position", "position"),
    )


def _lot(metadata: MetaData) -> Table:
    return Table(
        "view_lot",
        metadata,
        Column("lot", Key, primary_key=True),
        Column("organisation", Key, nullable=False),
        Column("site", Key, nullable=False),
        Column("material", Key, nullable=False),
        Column("supplier_lot", Key, nullable=False),
        Column("expires_at", Text),
        Column("status", Text, nullable=False),  # received, released or recalled
        Column("reason", Text),  # of the recall
        Column("position", BigInteger, nullable=False),
        Index("view_lot_supplier", "supplier_lot"),
    )


def _equipment(metadata: MetaData) -> Table:
    return Table(
        "view_equipment",
        metadata,
        Column("equipment", Key, primary_key=True),
        Column("organisation", Key, nullable=False),
        Column("site", Key, nullable=False),
        Column("kind", Text, nullable=False),
        Column("model", Text, nullable=False),
        Column("serial", Key, nullable=False),
        Column("qualified_until", Text),
        Column("calibrated_until", Text),
        Column("retired_position", BigInteger),
        Column("hold_time_s", BigInteger),  # of a shipper, from its charge
        Column("charged_at", Text),  # the newest charge, as its signer says
        Column("position", BigInteger, nullable=False),
        Index("view_equipment_serial", "serial"),
    )


def _site(metadata: MetaData) -> Table:
    return Table(
        "view_site",
        metadata,
        Column("site", Key, primary_key=True),
        Column("organisation", Key, nullable=False),
        Column("kind", Text, nullable=False),
        Column("country", Text, nullable=False),
        Column("status", Text, nullable=False),  # in force, suspended or closed
        Column("position", BigInteger, nullable=False),
    )


def _agent(metadata: MetaData) -> Table:
    return Table(
        "view_agent",
        metadata,
        Column("agent", Key, primary_key=True),
        Column("organisation", Key, nullable=False),
        Column("roles", Text, nullable=False),  # those in effect, `role@site`, one a line
        Column("waiting_roles", Text, nullable=False),  # for their second signer
        Column("administrator", Boolean, nullable=False),
        Column("position", BigInteger, nullable=False),
    )


def _qualification(metadata: MetaData) -> Table:
    return Table(
        "view_qualification",
        metadata,
        Column("agent", Key, primary_key=True),
        Column("qualification", Key, primary_key=True),
        Column("organisation", Key, nullable=False),
        Column("expires_at", Key, nullable=False),
        Column("position", BigInteger, nullable=False),
        Index("view_qualification_expiry", "expires_at", "agent", "qualification"),
    )


def _key(metadata: MetaData) -> Table:
    return Table(
        "view_key",
        metadata,
        Column("kid", Key, primary_key=True),
        Column("agent", Key, nullable=False),
        Column("status", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
        Index("view_key_agent", "agent"),
    )


def _product(metadata: MetaData) -> Table:
    return Table(
        "view_product",
        metadata,
        Column("product", Key, primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("owner", Key, nullable=False),  # who defined the first version
        Column("window_starts", Text, nullable=False),
        Column("window_s", Integer, nullable=False),
        Column("countries", Text, nullable=False),  # one a line, as the sites
        Column("sites", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
    )
