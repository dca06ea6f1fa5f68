"""`unbroken-server webhooks`: what endpoints did not take, and sending it again."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ledger.domain.times import timestamp
from ledger.proof import canonical
from ledger.store.webhooks import DeliveryStore

if TYPE_CHECKING:
    from ledger.store.recorder import LedgerRecorder
    from ledger.store.webhooks import Delivery


def undelivered(recorder: LedgerRecorder) -> list[dict[str, Any]]:
    """What waits and what is dead, by endpoint, the oldest first."""
    return [_document(one) for one in _store(recorder).undelivered()]


def resend(recorder: LedgerRecorder, endpoint: str, event: int | None) -> int:
    """Make what is dead wait again, for a server that serves now or later; how many."""
    return _store(recorder).resend(endpoint, time.time_ns() // 1_000_000, event)


def text(found: list[dict[str, Any]]) -> str:
    """A line for each, in words."""
    if not found:
        return "Every alarm was taken by all who are to be told of it."
    return "\n".join(
        f"{one['endpoint']}  event {one['event']}  {one['type']}  {one['state']}, {one['attempts']} attempts"
        f"{', ' if one['told'] else ''}{one['told']}"
        for one in found
    )


def as_json(found: list[dict[str, Any]]) -> str:
    return json.dumps({"undelivered": found}, indent=2)


def _store(recorder: LedgerRecorder) -> DeliveryStore:
    return DeliveryStore(recorder.engine, recorder.turn)


def _document(one: Delivery) -> dict[str, Any]:
    return {
        "endpoint": one.endpoint,
        "event": one.seq,
        "type": canonical.decode(one.body)["type"],
        "state": "dead" if one.next_ms is None else "waits",
        "attempts": one.attempts,
        "told": one.told,
        "queued_at": timestamp(one.created_ms),
        "next_at": None if one.next_ms is None else timestamp(one.next_ms),
    }
