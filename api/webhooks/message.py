"""One message to an endpoint: its bytes, its id and its signature (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

from api.alarms.documents import told_document
from ledger.domain.times import timestamp
from ledger.proof import canonical

if TYPE_CHECKING:
    from ledger.store.alarms import Told


def body_of(told: Told) -> bytes:
    """What is told, and of nobody: who acknowledged it stays here."""
    about = told_document(told).model_dump(exclude={"acknowledged_by", "event", "what", "at"})
    return canonical.encode(
        {
            "type": f"alarm.{told.what}",
            "timestamp": timestamp(told.at_ms),
            "data": about | {"event": told.seq},
        }
    )


def message_id(origin: str, seq: int) -> str:
    """The same at every attempt, and no other log's: a receiver drops what it has seen."""
    return "msg_" + hashlib.sha256(f"{origin}\n{seq}".encode()).hexdigest()[:32]


def headers_of(secret: str, id_: str, body: bytes, now_ms: int) -> dict[str, str]:
    """Section "Webhook headers": the timestamp is that of the attempt, in seconds since 1970."""
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(now_ms // 1000),
        "webhook-signature": Webhook(secret).sign(id_, moment, body.decode()),
    }
