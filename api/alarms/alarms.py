"""The alarms of one node: their store, who waits for them, who watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.alarms.tidings import Tidings
    from api.alarms.watcher import Watcher
    from ledger.store.alarms import AlarmStore


@dataclass(frozen=True)
class Alarms:
    """Put together in `api/app.py`, once per process."""

    store: AlarmStore
    tidings: Tidings
    watcher: Watcher
