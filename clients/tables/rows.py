"""From an entry to the rows that tell it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from clients.tables.columns import Row
from ledger.domain.naming import containers_of, created_by
from ledger.domain.shares import shares, therapies_of
from ledger.domain.times import milliseconds
from ledger.domain.world import Entry
from ledger.verify.signatures import Envelope


class Known(NamedTuple):
    """What is known of one entry. `entry` None: its payload is no event; `envelope` None: no statement."""

    position: int
    envelope: Envelope | None
    entry: Entry | None
    recorded_ms: int | None
    head_size: int | None
    tags: Iterable[str]
    is_signed: bool
    rules: str | None


def row_of(known: Known) -> Row:
    """The row of `columns.ENTRIES`."""
    said = known.envelope
    row: Row = {
        "position": known.position,
        "recorded_at": known.recorded_ms,
        "head_size": known.head_size,
        "tags": list(known.tags),
        "signature": "valid" if known.is_signed else "wrong",
        "rules": known.rules,
        "therapies": [],
        "containers": [],
    }
    if said is not None:
        row |= {
            "statement_id": said.id.hex(),
            "stream": said.sub,
            "signer": said.iss,
            "kid": said.kid.hex(),
            "payload": _text(said.payload),
        }
    return row | (_event(known.entry) if known.entry else {})


def _text(payload: bytes) -> str:
    """As it was signed; bytes that are no UTF-8 in base64url behind a prefix."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return "base64url:" + base64.urlsafe_b64encode(payload).rstrip(b"=").decode()


def _event(entry: Entry) -> Row:
    event = entry.event
    return {
        "type": event.type,
        "version": event.v,
        "kind": event.kind,
        "therapies": list(therapies_of(entry)),
        "containers": list(dict.fromkeys(containers_of(event))),
        "seq": event.seq,
        "prev": event.prev,
        "occurred_at": milliseconds(event.occurred_at),
        "seen_size": event.seen.size if event.seen else None,
        "esignature": event.esignature.meaning if event.esignature else None,
    }


def container_rows(entry: Entry) -> Iterator[Row]:
    """The rows of `columns.CONTAINERS`: of a shipment's entry, each therapy's own containers."""
    for share in shares(entry):
        made = set(created_by(share.event))
        for name in dict.fromkeys(containers_of(share.event)):
            yield {
                "position": entry.position,
                "statement_id": entry.statement_id,
                "container": name,
                "therapy": share.stream.removeprefix("chain/"),
                "makes": name in made,
            }
