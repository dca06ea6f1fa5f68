"""PostgreSQL's partitions of `live_packet`: one a month, made as packets need them.

A month that ends up far from now (a clock that was never set) gets none: its packets stand in the
default partition, which takes whatever has no other. So no logger can make tables at will.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

NEAR_MONTHS = 24  # before and after now
_LOCK = 0x6C697665  # any number that no other program locks


class Months:
    """Which partitions there are, as far as this process knows. One per store."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def make(self, connection: Connection, moments_ms: Iterable[int], now_ms: int) -> set[int]:
        """Partitions for these moments, and for the month to come; `made` must hear of them once they are
        committed."""
        now = _month(now_ms)
        wanted = {now + 1, *map(_month, moments_ms)} - self._known
        near = {one for one in wanted if abs(one - now) <= NEAR_MONTHS}
        for month in sorted(near):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            self._make(connection, month)
        return near

    def made(self, months: set[int]) -> None:
        """These are there, or must do without: what was rolled back would else never be made."""
        self._known |= months

    def _make(self, connection: Connection, month: int) -> None:
        """Where the default partition holds packets of that month already, they all go there."""
        name = "live_packet_{}_{:02}".format(*_date(month))
        bounds = f"FOR VALUES FROM ({_starts_ms(month)}) TO ({_starts_ms(month + 1)})"
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF live_packet {bounds}"
                )
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != "23514":  # check_violation
                raise


def _month(moment_ms: int) -> int:
    """Months since the year 0."""
    day = datetime.fromtimestamp(moment_ms / 1000, UTC)
    return day.year * 12 + day.month - 1


def _date(month: int) -> tuple[int, int]:
    return month // 12, month % 12 + 1


def _starts_ms(month: int) -> int:
    return int(datetime(*_date(month), 1, tzinfo=UTC).timestamp()) * 1000
