"""A sealed segment, checked: what the ledger recorded of it is what the logger signed.

`signed_by` is the one place that says which keys count. A key counts for the agent that the log
enrolled it for, and in that log alone. A retired one still counts, for it signed before; a revoked one
does not, whenever it signed: nobody can say so any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ledger.cold_chain.evidence import disagreement
from ledger.cold_chain.refusals import Unreadable
from ledger.live.segment import NAME, ZONE, KeyOf, read_segment

if TYPE_CHECKING:
    from ledger.domain.registry import Key
    from ledger.proof.keys import PublicKey
    from ledger.proof.statement import Statement

READ_AS = {"format": NAME, "zone": ZONE}
"""What a statement about a sealed segment says as `read_as`, and nothing else."""


def signed_by(
    origin: str, key: Callable[[str], Key | None], public: Callable[[bytes], PublicKey | None]
) -> KeyOf:
    """`key`: what the log says of a key id (hex) as of some position; `public`: the key of an id."""

    def key_of(signed: Statement) -> PublicKey | None:
        known = key(signed.kid.hex())
        counts = known is not None and known.agent == signed.iss and known.status != "revoked"
        return public(signed.kid) if counts and signed.aud == origin else None

    return key_of


def differs(event: Mapping[str, Any], raw: bytes, key_of: KeyOf) -> str | None:
    """What the segment does not bear out of a `TemperatureEvidenceAttached`; None: it bears out all."""
    if event["read_as"] != READ_AS:
        return f"a segment is read as {READ_AS}, and the statement says {event['read_as']}"
    try:
        return disagreement(read_segment(raw, key_of), dict(event))
    except Unreadable as refused:
        return f"the segment is not read like this: {refused.detail}"
