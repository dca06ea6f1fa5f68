"""From what a person wants to say to the bytes that their key signs.

A *draft* is an event without its envelope members: the client adds when it happened (now,
unless said), what this device had seen of the log, and the statement's place in the key's
sequence. It is checked against the event's schema before it takes a place, so that nothing
invalid ever stands in the outbox.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.outbox import Link, Signed
from clients.sentences import SUBJECTS
from ledger.domain.events import VERSIONS, parse_event, to_payload
from ledger.domain.parts import ChainDecision, Event
from ledger.domain.shares import CARRIERS
from ledger.errors import Malformed
from ledger.proof import canonical, statement
from ledger.proof.keys import SigningKey

ENVELOPE = ("seen", "seq", "prev")  # the client's own to say
_NOTHING_BEFORE: dict[str, Any] = {"seen": None, "seq": 0, "prev": None}


@dataclass(frozen=True, slots=True)
class Draft:
    """A valid event that lacks only its place in the sequence."""

    stream: str
    payload: dict[str, Any]
    event: type[Event]

    @property
    def type(self) -> str:
        return str(self.payload["type"])

    @property
    def is_decision(self) -> bool:
        return self.event.kind == "decision"


def now() -> str:
    """This device's clock, as events write it."""
    moment = datetime.datetime.now(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def event_type(name: str) -> type[Event]:
    """The newest version of an event. Raises `Malformed` `unknown_event`."""
    versions = VERSIONS.get(name)
    if versions is None:
        raise Malformed("unknown_event", f"there is no event type {name!r}")
    return versions[max(versions)]


def needs_version(name: str) -> bool:
    """True for a decision that names the chain version which its signer saw."""
    return issubclass(event_type(name), ChainDecision)


def is_carrier(stream: str) -> bool:
    """True for a shipment's or tank's stream, whose statements say whose each container is."""
    return stream.partition("/")[0] in CARRIERS


def draft(fields: Mapping[str, Any], stream: str, occurred_at: str | None = None) -> Draft:
    """Check `fields` (`type` and the event's own members) and fill in `v` and `occurred_at`.

    Raises `Malformed`: `unknown_event`, `invalid_event`, `reserved_member`, `unknown_stream`.
    """
    reserved = sorted(set(ENVELOPE) & fields.keys())
    if reserved:
        raise Malformed("reserved_member", f"{', '.join(reserved)}: the client says this itself")
    kind, _, name = stream.partition("/")
    if not name or kind not in SUBJECTS:
        kinds = ", ".join(f"{one}/…" for one in SUBJECTS)
        raise Malformed("unknown_stream", f"{stream!r} is none of {kinds}")
    event = event_type(str(fields.get("type", "")))
    payload = {"v": max(VERSIONS[event.__name__]), "occurred_at": occurred_at or now()} | dict(fields)
    checked = parse_event(payload | _NOTHING_BEFORE)
    return Draft(stream, payload, type(checked))


def completed(draft: Draft, link: Link) -> dict[str, Any]:
    """The payload as it is signed: the draft with its place in the key's sequence."""
    seen = {"size": link.seen.size, "root": link.seen.root.hex()} if link.seen else None
    place = {"seen": seen, "seq": link.seq, "prev": link.prev.hex() if link.prev else None}
    return to_payload(parse_event(draft.payload | place))


def signed(draft: Draft, link: Link, key: SigningKey, agent: str, origin: str) -> Signed:
    """Sign the draft at its place, with a fresh `cti`. Raises `Malformed` as the schema does."""
    payload = canonical.encode(completed(draft, link))
    raw = statement.sign(
        key, iss=agent, sub=draft.stream, aud=origin, cti=secrets.token_bytes(16), payload=payload
    )
    return Signed(
        id=hashlib.sha256(raw).digest(),
        kid=key.public.kid,
        seq=link.seq,
        type=draft.type,
        stream=draft.stream,
        raw=raw,
        made_at=now(),
    )


def foreign(raw: bytes) -> Signed:
    """A statement that another device signed, to be carried. Raises `Malformed` as the parser."""
    parsed = statement.parse(raw)
    payload = canonical.decode(parsed.payload)
    event = parse_event(payload)
    return Signed(
        id=parsed.id,
        kid=parsed.kid,
        seq=event.seq,
        type=event.type,
        stream=parsed.sub,
        raw=raw,
        made_at=now(),
    )


def payload_of(raw: bytes) -> tuple[str, dict[str, Any]]:
    """Signer and payload of a statement, unchecked. Raises `Malformed` as the parsers."""
    parsed = statement.parse(raw)
    return parsed.iss, canonical.decode(parsed.payload)
