"""What the registry answers: shapes, and whose part of it a reader may see.

Auditors see all of it, everybody else what belongs to their own organisation. Something
that one may not see is answered as something that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from api.pages import after_of, cursor_of
from api.reading import Reader
from ledger.errors import NotFound
from ledger.views import registered, registering
from ledger.views.paging import Page


class Row(BaseModel):
    """A row of a read model, or the same made from the aggregate itself."""

    model_config = ConfigDict(from_attributes=True)


class LotDocument(Row):
    """`status`: received, released or recalled (then with its reason); `position` proves it."""

    lot: str
    organisation: str
    site: str
    material: str
    supplier_lot: str
    expires_at: str | None
    status: str
    reason: str | None
    position: int


class EquipmentDocument(Row):
    """It may be relied on while qualified, while calibrated (if it ever was), and not retired.

    A dry shipper stays cold for `hold_time_s` from `charged_at`, its newest charge as its signer says.
    """

    equipment: str
    organisation: str
    site: str
    kind: str
    model: str
    serial: str
    qualified_until: str | None
    calibrated_until: str | None
    retired_position: int | None
    hold_time_s: int | None
    charged_at: str | None
    position: int


class SiteDocument(Row):
    """`status`: in force, suspended or closed."""

    site: str
    organisation: str
    kind: str
    country: str
    status: str
    position: int


class AgentDocument(Row):
    """A person or device. `waiting_roles` count only once a second administrator approved them."""

    agent: str
    organisation: str
    roles: list[str]
    waiting_roles: list[str]
    administrator: bool
    position: int


class QualificationDocument(Row):
    """It counts before `expires_at`; a withdrawal brings that forward."""

    agent: str
    qualification: str
    organisation: str
    expires_at: str
    position: int


class KeyRowDocument(Row):
    """`position` is where the status began."""

    kid: str
    agent: str
    status: str
    position: int


class PasskeyDocument(Row):
    """The second component of a person's e-signatures. `kid`: SHA-256 of its public key, to compare.
    `position` is where the status began, `added_position` the entry that holds the key."""

    credential: str
    kid: str | None
    rp_id: str
    status: str
    position: int
    added_position: int


class ProductDocument(Row):
    """One version of a product. `owner` defined the first one; their organisation is the sponsor."""

    product: str
    version: int
    name: str
    owner: str
    window_starts: str
    window_s: int
    countries: list[str]
    sites: list[str]
    position: int


class Counted(BaseModel):
    """A page as the entries before `as_of_position` made it; `lag` more are in the log."""

    as_of_position: int
    lag: int
    next_cursor: str | None


Shape = TypeVar("Shape", bound=Row)


def scope(reader: Reader) -> str | None:
    """The organisation whose registry the reader may see; None: everybody's."""
    return None if reader.reads_all else reader.agent.organisation


def sees(reader: Reader, organisation: str | None) -> bool:
    return reader.reads_all or organisation == reader.agent.organisation


def listed(
    reader: Reader,
    ask: Callable[..., Page[Any]],
    shape: type[Shape],
    cursor: str | None,
    limit: int,
    **wanted: str | None,
) -> dict[str, Any]:
    """The members of a `Counted` page, its rows under `rows`: what the reader may see of them."""
    engine = reader.node.ledger.store.engine
    after = after_of(reader, cursor) or None
    page = ask(engine, organisation=scope(reader), after=after, limit=limit, **wanted)
    return {
        "as_of_position": page.position,
        "lag": max(reader.size - page.position, 0),
        "next_cursor": cursor_of(reader, page.next) if page.next else None,
        "rows": [shape.model_validate(each) for each in page.items],
    }


_MISSING: dict[str, Callable[[], NotFound]] = {
    "lot": lambda: NotFound("no_such_lot", "there is no such lot that you may see"),
    "equipment": lambda: NotFound("no_such_equipment", "there is no such equipment that you may see"),
    "site": lambda: NotFound("no_such_site", "there is no such site that you may see"),
    "agent": lambda: NotFound("no_such_agent", "there is no such person or device that you may see"),
}


def _missing(kind: str) -> NotFound:
    return _MISSING[kind]()


# One of each, made from the aggregate: what was recorded a moment ago is in it.
_MAKING: dict[str, tuple[type[Row], Callable[..., Any]]] = {
    "lot": (LotDocument, registered.LotRow),
    "equipment": (EquipmentDocument, registered.EquipmentRow),
    "site": (SiteDocument, registered.SiteRow),
    "agent": (AgentDocument, registered.agent_of),
}


def found(reader: Reader, kind: str, name: str) -> Any:
    """The document of one of them. Raises `NotFound` (`no_such_lot`, `…_site`, and so on)."""
    aggregate = getattr(reader.world, kind)(name)
    if aggregate is None or not sees(reader, aggregate.organisation):
        raise _missing(kind)
    shape, make = _MAKING[kind]
    (row,) = registering.rows_of(f"{kind}/{name}", aggregate)[f"view_{kind}"]
    return shape.model_validate(make(*row))
