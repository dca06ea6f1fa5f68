"""Before any rule: is the signer who the key says, and what of the device's order and clock?

Whatever fails `authenticate` is refused, fact or decision. The rest depends: a decision
made with a retired key, out of sequence, on unknown history or with a wrong clock is
refused, because it can be made again; a fact is recorded with a finding, because it
happened.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ledger.domain.esignatures import authenticate_esignature, revoked_passkey
from ledger.domain.identifiers import parse_coi
from ledger.domain.naming import STREAM_KINDS, containers_of
from ledger.domain.shares import CARRIED, CARRIERS, therapies_of
from ledger.domain.times import milliseconds, timestamp
from ledger.domain.window import PROMPT_MS
from ledger.errors import Conflict, Malformed, NotPermitted, Refused, Unauthentic

if TYPE_CHECKING:
    from ledger.domain.findings import Found
    from ledger.domain.registry import Key
    from ledger.domain.world import Entry, World

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # as `events.Name`


def authenticate(entry: Entry, world: World) -> Key:
    """The signer's key, not revoked, on a stream that fits the event.

    Raises `Unauthentic`: `unknown_key`, `revoked_key`, `wrong_signer`, `wrong_stream`;
    `unknown_passkey`, `wrong_passkey`.
    """
    key = world.key(entry.kid)
    if key is None:
        raise Unauthentic("unknown_key", f"no key {entry.kid} was enrolled in this log")
    if key.status == "revoked":
        raise Unauthentic("revoked_key", f"the key {entry.kid} was revoked at position {key.position}")
    if key.agent != entry.signer:
        raise Unauthentic("wrong_signer", f"the key {entry.kid} is not {entry.signer!r}'s")
    _check_stream(entry, world)
    authenticate_esignature(entry, world)
    return key


def _check_stream(entry: Entry, world: World) -> None:
    kind, _, name = entry.stream.partition("/")
    event: Any = entry.event
    carried = event.type in CARRIED and event.therapies is not None
    expected = "shipment/… or tank" if carried else STREAM_KINDS[entry.event.type]
    if kind not in (CARRIERS if carried else (expected,)):
        raise Unauthentic("wrong_stream", f"{entry.event.type} belongs to {expected}/…, not {entry.stream!r}")
    if kind == "chain":
        _check_coi(name)
    elif kind == "log":
        if name != world.origin:
            raise Unauthentic("wrong_stream", f"this log is {world.origin!r}, not {name!r}")
    elif not _NAME.fullmatch(name):
        raise Unauthentic("wrong_stream", f"{name!r} is not a name: a-z, 0-9, dot, dash, underscore")
    if kind in CARRIERS:
        for coi in therapies_of(entry):
            _check_coi(coi)


@lru_cache(maxsize=10_000)  # keeps only names that pass, which are short
def _check_coi(name: str) -> None:
    """Before anything is looked up under it: a database takes no name with any character."""
    try:
        parse_coi(name)
    except Malformed as error:
        raise Unauthentic("wrong_stream", error.detail) from None


def require_sound_device(entry: Entry, key: Key, world: World) -> None:
    """What a decision needs of the device that made it.

    Raises `NotPermitted` `retired_key`; `Conflict` `out_of_sequence` (with the `seq` and
    `prev` expected), `unknown_checkpoint`; `Refused` `future_time`, `clock_behind`.
    """
    if key.status == "retired":
        raise NotPermitted("retired_key", f"the key {entry.kid} was retired at position {key.position}")
    seq, prev = _expected(entry, world)
    if (entry.event.seq, entry.event.prev) != (seq, prev):
        detail = f"this key's next statement is number {seq} after {prev}, not number {entry.event.seq}"
        raise Conflict("out_of_sequence", detail, seq=seq, prev=prev)
    seen_ms = _seen_ms(entry, world)
    if seen_ms is None and entry.event.seen is not None:
        size = entry.event.seen.size
        raise Conflict("unknown_checkpoint", f"this log never had that checkpoint of size {size}")
    _require_sound_clock(entry, seen_ms)


def _require_sound_clock(entry: Entry, seen_ms: int | None) -> None:
    occurred = milliseconds(entry.event.occurred_at)
    if occurred > entry.recorded_ms + PROMPT_MS:
        now = timestamp(entry.recorded_ms)
        raise Refused("future_time", f"{entry.event.occurred_at} is in the future; the ledger has {now}")
    if seen_ms is not None and occurred < seen_ms - PROMPT_MS:
        seen = timestamp(seen_ms)
        raise Refused(
            "clock_behind", f"{entry.event.occurred_at} is before {seen}, which the device had seen"
        )


def find_device_faults(entry: Entry, key: Key, world: World, found: Found) -> None:
    """The same for a fact: findings instead of refusals."""
    event = entry.event
    codes = []
    if key.status == "retired":
        codes.append("late_by_retired_key")
    if revoked_passkey(entry, world):
        codes.append("revoked_passkey")
    if (event.seq, event.prev) != _expected(entry, world):
        codes.append("sequence_gap")
    seen_ms = _seen_ms(entry, world)
    if seen_ms is None and event.seen is not None:
        codes.append("unknown_checkpoint")
    occurred = milliseconds(event.occurred_at)
    if occurred > entry.recorded_ms + PROMPT_MS:
        codes.append("clock_ahead")
    elif seen_ms is not None and occurred < seen_ms - PROMPT_MS:
        codes.append("clock_behind")
    for code in codes:
        found.add(code, *containers_of(event))


def _expected(entry: Entry, world: World) -> tuple[int, str | None]:
    last = world.signer(entry.kid)
    return (0, None) if last.seq is None else (last.seq + 1, last.statement_id)


def _seen_ms(entry: Entry, world: World) -> int | None:
    """Time of the checkpoint that the device had seen. None: nothing, or not this log's."""
    seen = entry.event.seen
    known = world.checkpoint(seen.size) if seen else None
    return known[1] if seen and known and known[0] == seen.root else None
