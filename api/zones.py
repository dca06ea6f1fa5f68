"""Named time zones, from the IANA database of this computer or of the package `tzdata`."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from ledger.errors import Malformed


def zone_of(name: str) -> tzinfo:
    """`Europe/Berlin`, `UTC`. Raises `Malformed` `invalid_request`."""
    if name == "UTC":
        return UTC
    if name not in _names():
        detail = f"zone: {name[:40]!r} is no zone of the IANA database; name one such as Europe/Berlin or UTC"
        raise Malformed("invalid_request", detail)
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
