"""From the stored bytes of a statement to the entry that the domain folds.

These bytes passed the strict parser before they were stored, and the audit checks them
again; here they are only taken apart, as fast as it goes.
"""

from __future__ import annotations

import hashlib

import cbor2

from ledger.domain.events import read_event
from ledger.domain.world import Entry
from ledger.errors import Fault, Malformed

_KID, _CLAIMS, _ISS, _SUB = 4, 15, 1, 2  # RFC 9052 table 3; RFC 9597; RFC 8392 section 4


def entry_of(position: int, data: bytes, recorded_ms: int) -> Entry:
    """The entry of a stored statement (tagged COSE_Sign1).

    Raises `Fault` (`store_failed`) naming the position if the bytes aren't a statement any more.
    """
    try:
        protected, _, payload, _ = cbor2.loads(data).value
        headers = cbor2.loads(protected)
        claims = headers[_CLAIMS]
        return Entry(
            position=position,
            statement_id=hashlib.sha256(data).hexdigest(),
            kid=headers[_KID].hex(),
            signer=claims[_ISS],
            stream=claims[_SUB],
            event=read_event(payload),
            recorded_ms=recorded_ms,
        )
    except (cbor2.CBORError, ValueError, KeyError, TypeError, AttributeError, Malformed) as error:
        raise Fault("store_failed", f"entry {position} is damaged: {error}", position=position) from error
