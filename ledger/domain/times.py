"""Moments: text in events, integers where a duration matters.

Text is `YYYY-MM-DDThh:mm:ss.sssZ`, so that later text sorts behind earlier text and most
questions of order need no arithmetic. Integers are milliseconds since 1970-01-01, UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=4_096)  # a statement's moment is asked for by several rules
def milliseconds(moment: str) -> int:
    """Text to milliseconds. The schema lets only days of the calendar through."""
    return (datetime.fromisoformat(moment) - _EPOCH) // _MILLISECOND


def timestamp(ms: int) -> str:
    """Milliseconds to text; the inverse of `milliseconds`."""
    moment = _EPOCH + ms * _MILLISECOND
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
