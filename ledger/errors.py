"""Every way in which Unbroken says no, each with a stable code.

    UnbrokenError
    ├── Malformed            these bytes are not what they claim to be; nothing was recorded
    ├── Unauthentic          well formed, but not proved to come from an enrolled key
    ├── Refused              validly signed, but this decision is not allowed now
    │   ├── NotPermitted     the signer's role, site or qualification does not cover it
    │   ├── GateFailed       a gate before the decision failed; `gates` lists every gate
    │   ├── StaleView        the chain moved on since the signer looked: look again
    │   └── Conflict         the same identifier was used before for something else
    ├── NotFound             no such thing, or the reader may not know of it
    ├── Unauthorised         a read without a session, or beyond what the session may see
    ├── TooMany              slow down; nothing is lost, send it again later
    ├── ProofInvalid         evidence that does not prove what it should
    └── Fault                our side failed; nothing was acknowledged, retry is safe

A refusal is an answer about the input; a `Fault` says nothing about it. The codes are
part of the public interface: HTTP maps them in one table (`api/problems.py`).
"""

from __future__ import annotations

from typing import Any


class UnbrokenError(Exception):
    """Base of all. `code` is stable; `detail` says what was wrong with which input."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.extra = extra


class Malformed(UnbrokenError):
    """The bytes do not parse, or are not what a conforming writer would write."""


class Unauthentic(UnbrokenError):
    """The signature, key, log or stream does not fit."""


class Refused(UnbrokenError):
    """A validly signed decision that the rules do not allow."""


class NotPermitted(Refused):
    """Role, site, relation or qualification does not cover this decision."""


class GateFailed(Refused):
    """At least one gate failed; `extra["gates"]` lists all of them."""


class StaleView(Refused):
    """Entries that touch the gates came after the version that the signer saw."""


class Conflict(Refused):
    """An identifier that was used before, for something else."""


class NotFound(UnbrokenError):
    """Nothing by that name that this reader may know of."""


class Unauthorised(UnbrokenError):
    """A read that needs a session, or a wider one."""


class TooMany(UnbrokenError):
    """A limit on rate or size of work in hand; retry later."""


class ProofInvalid(UnbrokenError):
    """A proof, receipt, checkpoint or note that does not verify."""


class Fault(UnbrokenError):
    """The ledger itself failed: disk, database, clock, lost history."""
