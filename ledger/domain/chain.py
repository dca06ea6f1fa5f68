"""One therapy. (Being built.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.domain.world import Entry


@dataclass(slots=True)
class Chain:
    coi: str
    version: int = 0

    def apply(self, entry: Entry) -> None:
        self.version += 1
