"""Pages of a read model: what was found, where to go on, and how new it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import select, tuple_

from ledger.domain.parts import MAX_INT
from ledger.errors import Malformed
from ledger.store.faults import faults
from ledger.views import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Column, Engine, Select

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next`: give it as `after` for the rest, None at the end. Entries before `position` count."""

    items: list[Item]
    next: str | None
    position: int


def read_page(
    engine: Engine,
    statement: Select[Any],
    key: Sequence[Column[Any]],
    make: Callable[..., Item],
    after: str | None,
    limit: int,
) -> Page[Item]:
    """Rows in the order of `key`, behind the key that `after` names.

    Raises `Malformed` (`invalid_request`) for an `after` that no page ended with.
    """
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(*_key_of(after, key)))
    statement = statement.add_columns(*key).order_by(*key).limit(limit + 1)
    with faults(), engine.connect() as connection:
        position = connection.execute(select(schema.position.c.position)).scalar_one()
        rows = connection.execute(statement).all()
    items = [make(*row[: -len(key)]) for row in rows[:limit]]
    last = " ".join(str(part) for part in rows[limit - 1][-len(key) :]) if len(rows) > limit else None
    return Page(items, last, position)


def _key_of(after: str, key: Sequence[Column[Any]]) -> list[Any]:
    parts = after.split(" ")
    try:
        values = [column.type.python_type(part) for column, part in zip(key, parts, strict=True)]
        if any(type(one) is int and not 0 <= one <= MAX_INT for one in values):
            raise ValueError
        return values
    except ValueError:
        raise Malformed("invalid_request", "cursor: not one that this ledger gave") from None
