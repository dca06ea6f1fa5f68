"""A sealed segment of live readings, read again by a device that holds no copy of the log.

Which keys the logger has is asked of the server; the entries that enrol them are proved under the
pinned key of the log. That the server named all of them, and that each was allowed, is taken from it:
a copy of the log, and `unbroken verify`, need nobody's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.entry import Entry
from ledger.domain.events import parse_event
from ledger.errors import Malformed, NotFound
from ledger.live import sealed
from ledger.live.packet import parse_packet
from ledger.proof import statement
from ledger.proof.sequence import split

if TYPE_CHECKING:
    from clients.reads import ProvenEntry
    from clients.sdk import Client
    from ledger.verify.key_history import KeyHistory


class Checked(NamedTuple):
    """`differs`: what the segment does not bear out. `keys`: the proved entries that say whose key it is.

    Without `signature` only the readings were compared, and whether the logger signed them is open.
    """

    differs: str | None
    signature: bool
    keys: list[int]


def check_segment(reader: Client, position: int, event: Mapping[str, Any], raw: bytes) -> Checked:
    """What the entry at `position` says of a segment, against the segment."""
    history, keys = _known_keys(reader, str(event["logger"]), position)
    if all(history.knows(kid) for kid in _kids(raw)):
        return Checked(sealed.differs(event, raw, history.key_of), True, keys)
    readings_only = dict(event) | {"device_signature": "failed"}
    return Checked(sealed.differs(readings_only, raw, lambda _: None), False, keys)


def _known_keys(reader: Client, logger: str, position: int) -> tuple[KeyHistory, list[int]]:
    """From the entries before `position` that the server names, each proved."""
    from ledger.verify.key_history import KeyHistory  # the rules: only this check needs them

    history = KeyHistory(reader.vkey.name)
    named = [at for at in _named(reader, logger) if at < position]
    for at in named:
        found = reader.entry(at)
        if found.stream == f"agent/{logger}":
            history.follow(_entry(found))
    return history, named


def _named(reader: Client, logger: str) -> list[int]:
    """Where the server says that the agent and its keys stand; nothing where one may not see it."""
    try:
        agent = reader.registered(f"agent/{logger}")
    except (NotFound, Malformed):  # a logger of another organisation; a serial that is no agent's id
        return []
    return sorted({int(agent["position"]), *(int(key["position"]) for key in agent["keys"])})


def _entry(found: ProvenEntry) -> Entry:
    signed = statement.parse(found.raw)
    event = parse_event(found.payload)
    return Entry(found.position, signed.id.hex(), signed.kid.hex(), signed.iss, signed.sub, event, 0)


def _kids(raw: bytes) -> set[bytes]:
    """The keys that the packets name; none of bytes that are no segment, which is said elsewhere."""
    try:
        return {parse_packet(item).statement.kid for item in split(raw)}
    except Malformed:
        return set()
