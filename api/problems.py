"""From an error to an HTTP problem (RFC 9457): the only place that knows HTTP statuses.

`CLASSES` has one row per class of the error tree, `STATUSES` the codes whose status differs
from their class's. The titles of the codes are in `api/codes.py`. The status tells a
client what to do: 4xx (but 429) is a verdict about what was sent, so sending the same again is
useless; 429 and 5xx say nothing about it, so the same bytes may be sent again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from api.codes import TITLES
from ledger.errors import (
    Conflict,
    Fault,
    GateFailed,
    Malformed,
    NotFound,
    NotPermitted,
    ProofInvalid,
    Refused,
    StaleView,
    TooMany,
    Unauthentic,
    Unauthorised,
    UnbrokenError,
)

TYPE = "https://unbroken.example/problems/"
MEDIA_TYPE = "application/problem+json"
RETRY_S = {429: 1, 503: 5}

CLASSES: dict[type[UnbrokenError], tuple[int, str]] = {
    UnbrokenError: (500, "The ledger failed"),
    Malformed: (400, "This is not what it claims to be"),
    Unauthentic: (401, "Not proved to come from an enrolled key"),
    Refused: (422, "This decision is not allowed"),
    NotPermitted: (403, "The signer may not do this"),
    GateFailed: (422, "A gate before this decision failed"),
    StaleView: (409, "The chain moved on: look again"),
    Conflict: (409, "Used before for something else"),
    NotFound: (404, "No such thing"),
    Unauthorised: (401, "This needs a session"),
    TooMany: (429, "Too much at once: send it again later"),
    ProofInvalid: (422, "The proof does not hold"),
    Fault: (500, "The ledger failed; nothing was acknowledged"),
}

STATUSES: dict[tuple[type[UnbrokenError], str], int] = {
    (Malformed, "statement_too_large"): 413,
    (Malformed, "body_too_large"): 413,
    (Malformed, "too_many_statements"): 413,
    (Malformed, "unsupported_media_type"): 415,
    (Malformed, "not_acceptable"): 406,
    (Malformed, "method_not_allowed"): 405,
    (Unauthorised, "not_yours"): 403,
    (Fault, "store_unavailable"): 503,
    (Fault, "disk_full"): 503,
    (Fault, "commit_unknown"): 503,
    (Fault, "clock_behind"): 503,
    (Fault, "closing"): 503,
    (Fault, "keys_unavailable"): 503,
    (Fault, "master_unavailable"): 503,
    (Fault, "wrong_master_key"): 503,
    (NotFound, "personal_data_erased"): 410,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What a refused request is told. `extra` adds members, for instance `gates`."""

    status: int
    code: str
    title: str
    detail: str
    extra: dict[str, Any] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """The JSON members; an extra one never hides one of RFC 9457's."""
        return self.extra | {
            "type": TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }

    def body(self) -> bytes:
        return json.dumps(self.members(), ensure_ascii=False, separators=(",", ":")).encode()

    def headers(self) -> dict[str, str]:
        if self.status in RETRY_S:
            return {"retry-after": str(self.extra.get("retry_after_s", RETRY_S[self.status]))}
        # RFC 9110 section 15.5.2: a 401 must name what would do instead.
        return {"www-authenticate": 'Bearer realm="unbroken"'} if self.status == 401 else {}

    def response(self) -> Response:
        return Response(self.body(), self.status, self.headers(), MEDIA_TYPE)


def problem_of(error: UnbrokenError) -> Problem:
    """The problem of an error; its nearest class in the tree gives what its code does not."""
    status, title = next(CLASSES[kind] for kind in type(error).__mro__ if kind in CLASSES)
    status = STATUSES.get((type(error), error.code), status)
    return Problem(status, error.code, TITLES.get(error.code, title), error.detail, error.extra)
