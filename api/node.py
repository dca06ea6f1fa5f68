"""What every route works with: one ledger, its sessions, its intake, its read models."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

if TYPE_CHECKING:
    from api.alarming import Alarms
    from api.feeds import Feeds
    from api.intake import Intake
    from api.live import Live
    from api.metrics import Metrics
    from api.pace import Pace
    from api.sessions import Sessions
    from api.settings import Settings
    from api.stamping import Stamping
    from api.tries import Tries
    from api.vault.erasing import Erasing
    from api.vault.vault import Vault
    from api.web import App
    from api.witnessing import Witnessing
    from ledger.application import Ledger
    from ledger.export.seal import Seal
    from ledger.store.captures import CaptureStore
    from ledger.store.cosignatures import CosignatureStore
    from ledger.store.evidence import EvidenceStore
    from ledger.store.time_stamps import TimeStampStore
    from ledger.views.runner import Projector


PHOTOS_AT_ONCE = 2  # one of some megabytes unpacks to hundreds


@dataclass(frozen=True)
class Node:
    """Put together in `api/app.py`, once per process. `photos`: held while one is unpacked."""

    ledger: Ledger
    settings: Settings
    app: App
    sessions: Sessions
    intake: Intake
    feeds: Feeds
    metrics: Metrics
    projector: Projector
    cursor_key: bytes
    tries: Tries
    evidence: EvidenceStore
    captures: CaptureStore
    label_checks: Pace
    cosignatures: CosignatureStore
    witnessing: Witnessing
    time_stamps: TimeStampStore
    stamping: Stamping
    live: Live
    alarms: Alarms
    erasing: Erasing
    seal: Seal | None = None  # signs reports
    vault: Vault | None = None  # who people are
    photos: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PHOTOS_AT_ONCE))

    async def close_feeds(self) -> None:
        """End every feed. A server that stops does this first: it waits for open answers."""
        self.alarms.tidings.close()
        await self.feeds.close()


def node_of(request: Request) -> Node:
    return cast("Node", request.app.state.node)


TheNode = Annotated[Node, Depends(node_of)]
