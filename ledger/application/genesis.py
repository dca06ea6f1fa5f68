"""The beginning of a log: entry 0 names its keys and the administrators of two organisations.

Whoever opens a log alone could enrol whomever they like; two organisations, each with its
own administrator's key in entry 0, cannot be swapped for others without another log key.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from ledger.application.high_water import Mark
from ledger.domain.events import parse_event
from ledger.domain.parts import Administrator, Seen
from ledger.domain.rules import RULE_SET, Verdict, tags_of
from ledger.domain.world import Entry, timestamp
from ledger.errors import Conflict, Malformed
from ledger.proof import canonical, checkpoint, statement
from ledger.store.recorder import NewEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.application import Ledger, LedgerConfig


def open_log(ledger: Ledger, administrators: Sequence[Administrator], continues: Seen | None) -> None:
    """Write the genesis and the rule set in force, once. Raises `Conflict` (`log_exists`)."""
    if len({one.organisation for one in administrators}) < 2:
        raise Malformed("one_organisation", "genesis needs root administrators of at least two organisations")
    with ledger.store.writing() as writing:
        if writing.size:
            raise Conflict("log_exists", f"this database already holds a log of {writing.size} entries")
        time_ms = ledger.config.clock_ms() // 1000 * 1000
        first = _opened(ledger.config, administrators, continues, time_ms)
        entries = [first, _rule_set(ledger.config, first, time_ms)]
        sealed = writing.append(entries, time_ms, ledger.seal_at(time_ms))
    ledger.opened(Mark(sealed.size, sealed.root))


def _opened(
    config: LedgerConfig, administrators: Sequence[Administrator], continues: Seen | None, time_ms: int
) -> NewEntry:
    payload: dict[str, Any] = {
        "type": "LogOpened",
        "v": 1,
        "origin": config.origin,
        "format": 1,
        "log_key": str(checkpoint.log_vkey(config.origin, config.log_key.public)),
        "event_key": base64.urlsafe_b64encode(config.event_key.public.spki).rstrip(b"=").decode(),
        "administrators": [one.model_dump() for one in administrators],
    }
    if continues:
        payload["continues"] = continues.model_dump()
    return _entry(config, payload, 0, None, time_ms)


def _rule_set(config: LedgerConfig, first: NewEntry, time_ms: int) -> NewEntry:
    payload = {"type": "RuleSetAdopted", "v": 1, "rule_set": RULE_SET}
    return _entry(config, payload, 1, first.statement_id.hex(), time_ms)


def _entry(
    config: LedgerConfig, payload: dict[str, Any], seq: int, prev: str | None, time_ms: int
) -> NewEntry:
    """Sign as the ledger; the n-th statement of a new log, so position and `seq` agree."""
    payload |= {"occurred_at": timestamp(time_ms), "seen": None, "seq": seq, "prev": prev}
    cti = hashlib.sha256(f"{config.origin} {payload['type']} {time_ms}".encode()).digest()[:16]
    raw = statement.sign(
        config.event_key,
        iss="ledger",
        sub=f"log/{config.origin}",
        aud=config.origin,
        cti=cti,
        payload=canonical.encode(payload),
    )
    signed = statement.parse(raw)
    entry = Entry(seq, signed.id.hex(), signed.kid.hex(), "ledger", signed.sub, parse_event(payload), time_ms)
    return NewEntry(
        payload["type"], signed.id, signed.kid + signed.cti, raw, tags_of(entry, Verdict((), True))
    )
