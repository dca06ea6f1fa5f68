"""Who and what is known: the log itself, sites, agents, keys, products. (Being built.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.domain.world import Entry


@dataclass(slots=True)
class LogState:
    origin: str
    version: int = 0
    event_kid: str | None = None
    rule_set: int = 0

    def apply(self, entry: Entry) -> None:
        self.version += 1


@dataclass(slots=True)
class Site:
    id: str
    version: int = 0

    def apply(self, entry: Entry) -> None:
        self.version += 1


@dataclass(slots=True)
class Agent:
    id: str
    version: int = 0

    def apply(self, entry: Entry) -> None:
        self.version += 1


@dataclass(slots=True)
class Key:
    kid: str
    version: int = 0

    def apply(self, entry: Entry) -> None:
        self.version += 1


@dataclass(slots=True)
class Product:
    id: str
    version: int = 0

    def apply(self, entry: Entry) -> None:
        self.version += 1
