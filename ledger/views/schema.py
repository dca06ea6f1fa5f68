"""The tables of the read models. All of it can be thrown away and made again from the log.

Every table begins with its primary key. `view_timeline` has a row for each entry of a
therapy; the others hold what a therapy's aggregate (`ledger.domain.chain.Chain`) says now.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Index, Integer, MetaData, Table, Text

from ledger.views.registry_schema import Key, tables

metadata = MetaData()

position = Table(
    "view_position",
    metadata,
    Column("name", Key, primary_key=True),
    Column("position", BigInteger, nullable=False),  # entries before it are in the views
)

container = Table(
    "view_container",
    metadata,
    Column("container", Key, primary_key=True),
    Column("chain", Key, primary_key=True),
    Column("position", BigInteger, nullable=False),  # the entry that made it
    Column("made_by", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("used_up", Boolean, nullable=False),
    Column("site", Key),  # of the holder
    Column("department", Key),
    Column("held_since", BigInteger),  # the entry that moved it to the holder
    Column("offered_site", Key),  # whom the holder released it to, unanswered
    Column("offered_department", Key),
    Column("offered_since", BigInteger),
    Column("expires_at", Text),
    Index("view_container_holder", "site", "department", "container", "chain"),
    Index("view_container_offered", "offered_site", "offered_department", "container", "chain"),
)

handover = Table(
    "view_handover",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("container", Key, primary_key=True),
    Column("chain", Key, nullable=False),
    Column("statement_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # release (nobody accepted) or claim (no release came)
    Column("giver_site", Key, nullable=False),
    Column("giver_department", Key, nullable=False),
    Column("receiver_site", Key, nullable=False),
    Column("receiver_department", Key, nullable=False),
    Column("recorded_ms", BigInteger, nullable=False),
)

lineage = Table(
    "view_lineage",
    metadata,
    Column("chain", Key, primary_key=True),
    Column("child", Key, primary_key=True),
    Column("parent", Key, primary_key=True),
    Index("view_lineage_parent", "chain", "parent"),
)

timeline = Table(
    "view_timeline",
    metadata,
    Column("chain", Key, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("occurred_at", Text, nullable=False),
    Column("recorded_ms", BigInteger, nullable=False),
    Column("statement_id", Text, nullable=False),
    Column("standing", Boolean, nullable=False),  # False: changed nothing, for review
    Column("late", Boolean, nullable=False),  # entered after its key had ended
    Column("cause", Text),  # id of the statement that this one answers or is about
    Column("corrected", BigInteger),  # the newest entry that says what it said wrong
)

deviation = Table(
    "view_deviation",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("chain", Key, primary_key=True),
    Column("statement_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("blocking", Boolean, nullable=False),
    Column("containers", Text, nullable=False),  # one a line; empty: the whole therapy
    Column("cause", Text),
    Column("raised_by", Text, nullable=False),
    Column("disposition", Text),  # NULL: open
    Column("disposition_position", BigInteger),
    Index("view_deviation_chain", "chain", "position"),
    Index("view_deviation_open", "disposition", "position"),
)

excursion = Table(
    "view_excursion",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # that shows it first
    Column("chain", Key, primary_key=True),
    Column("container", Key, primary_key=True),
    Column("phase", Key, primary_key=True),
    Column("started_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("peak_centi_c", Integer, nullable=False),
    Column("proof", Text, nullable=False),  # positions, parted by blanks
    Column("within_limits", Boolean, nullable=False),
    Index("view_excursion_limits", "within_limits", "position"),
)

chain = Table(
    "view_chain",
    metadata,
    Column("chain", Key, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("product", Text),  # this and what follows up to ordered_by: NULL without an order
    Column("product_version", Integer),
    Column("protocol", Text),
    Column("country", Text),
    Column("collection_site", Key),
    Column("treatment_site", Key),
    Column("ordered_by", Text),
    Column("open_deviations", Integer, nullable=False),
    Column("blocking_deviations", Integer, nullable=False),
    Column("last_position", BigInteger, nullable=False),
)

voided_label = Table(
    "view_voided_label",
    metadata,
    Column("serial", Key, primary_key=True),
    Column("chain", Key, primary_key=True),
    Column("status", Text, nullable=False),
)

patient = Table(
    "view_patient",
    metadata,
    Column("commitment", Key, primary_key=True),
    Column("chain", Key, primary_key=True),
)

registry = tables(metadata)
touch, quarantine, lot, equipment, site, agent, qualification, key, product = registry
ALL = (container, handover, lineage, timeline, deviation, excursion, chain, voided_label, patient, *registry)
LAST = "\U0010ffff"  # sorts behind every character of a name


def begins(column: Column[Any], text: str) -> ColumnElement[bool]:
    """A condition that an index on the column answers, by bytes on both databases."""
    return (column >= text) & (column < text + LAST)
