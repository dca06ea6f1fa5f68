"""From an HTTP answer back to the error that the ledger raised.

The server maps its error classes to HTTP once; this is the way back. The code and detail
travel as they are, so a caller sees the same error as if the ledger ran in its process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.errors import (
    Conflict,
    Fault,
    GateFailed,
    Malformed,
    NotFound,
    NotPermitted,
    Refused,
    StaleView,
    TooMany,
    Unauthentic,
    Unauthorised,
    UnbrokenError,
)

BY_STATUS: dict[int, type[UnbrokenError]] = {
    400: Malformed,
    401: Unauthentic,
    403: NotPermitted,
    404: NotFound,
    405: Malformed,
    406: Malformed,
    409: Conflict,
    410: NotFound,
    413: Malformed,
    415: Malformed,
    422: Refused,
    429: TooMany,
}
BY_CODE: dict[str, type[UnbrokenError]] = {  # where several classes share a status
    "stale_view": StaleView,
    "view_from_future": StaleView,
    "no_session": Unauthorised,
    "not_yours": Unauthorised,
}
_KNOWN = {"type", "title", "status", "detail", "code", "instance"}


def error_of(problem: Mapping[str, Any], status: int | None = None) -> UnbrokenError:
    """The error that an RFC 9457 problem stands for; any status from 500 up is a `Fault`.

    Total: a problem of another shape (from a proxy) becomes an error without a code of ours.
    """
    number = int(problem.get("status") or status or 500)
    code = str(problem.get("code") or f"http_{number}")
    detail = str(problem.get("detail") or problem.get("title") or f"the server answered {number}")
    extra = {key: value for key, value in problem.items() if key not in _KNOWN}
    kind = BY_CODE.get(code) or BY_STATUS.get(number) or (Fault if number >= 500 else Malformed)
    if kind is Refused and "gates" in extra:
        kind = GateFailed
    return kind(code, detail, **extra)


def is_about_statement(status: int) -> bool:
    """True for a verdict on the bytes that were sent; false where sending again may help."""
    return 400 <= status < 500 and status not in (408, 425, 429)
