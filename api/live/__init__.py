"""Live readings: taken in, told to whoever watches, sealed into the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.live.intake import LiveIntake
    from api.live.sealing import Sealer
    from api.live.stored import Stored
    from api.pace import Pace
    from ledger.application.followed import Followed
    from ledger.store.live import LiveStore


@dataclass(frozen=True)
class Live:
    """Put together in `api/app.py`, once per process. `pace`: of requests, by network address."""

    store: LiveStore
    followed: Followed
    intake: LiveIntake
    stored: Stored
    sealer: Sealer
    pace: Pace
