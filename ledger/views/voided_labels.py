"""Labels that must never be used again, in every therapy: what a device keeps to stop without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.domain.label_state import end_of
from ledger.views.paging import Page, read_page
from ledger.views.schema import voided_label

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.domain.chain import Chain


@dataclass(frozen=True, slots=True)
class VoidedLabel:
    """`status`: voided, destroyed, returned or replaced (by a reprint that took effect)."""

    serial: str
    chain: str
    status: str


def voided_labels(engine: Engine, *, after: str | None = None, limit: int = 100) -> Page[VoidedLabel]:
    """All of them by serial. A label ends at any time: whoever keeps the list begins it anew."""
    table = voided_label.c
    return read_page(engine, select(voided_label), (table.serial, table.chain), VoidedLabel, after, limit)


def rows(chain: Chain) -> list[tuple[str, str, str]]:
    """Rows of `view_voided_label`; with those that ended before a late order set them aside."""
    ended = {
        serial: end
        for one in (chain.aside, chain)
        if one is not None
        for serial, label in one.labels.items()
        if (end := end_of(label, one))
    }
    return [(serial, chain.coi, end) for serial, end in ended.items()]
