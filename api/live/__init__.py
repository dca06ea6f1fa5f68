"""Live readings: taken in, told to whoever watches, sealed into the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.live.intake import LiveIntake
from api.live.sealing import Sealer
from api.live.stored import Stored
from api.pace import Pace, packets, readings
from ledger.application.followed import Followed
from ledger.store.live import LiveStore

if TYPE_CHECKING:
    from api.metrics import Metrics
    from api.settings import Settings
    from ledger.application import Ledger
    from ledger.store.evidence import EvidenceStore
    from ledger.views.runner import Projector


@dataclass(frozen=True)
class Live:
    """Once per process. `pace`: of requests with readings, by network address."""

    store: LiveStore
    followed: Followed
    intake: LiveIntake
    stored: Stored
    sealer: Sealer
    pace: Pace


def open_live(
    ledger: Ledger, evidence: EvidenceStore, projector: Projector, metrics: Metrics, settings: Settings
) -> Live:
    store = LiveStore(ledger.store.engine, ledger.store.turn)
    followed = Followed(ledger.origin, ledger.store)
    stored = Stored()
    return Live(
        store=store,
        followed=followed,
        intake=LiveIntake(
            ledger, store, followed, stored, metrics, Pace(settings.packets_a_minute, refusal=packets)
        ),
        stored=stored,
        sealer=Sealer(ledger, store, followed, evidence, projector, settings),
        pace=Pace(settings.readings_a_minute, refusal=readings),
    )
