"""A deviation of one therapy, from its raising to Quality's disposition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Deviation:
    """`containers` empty: the whole therapy. `version` is the chain's when it was raised."""

    id: str  # of the statement that raised it
    code: str
    severity: str
    blocking: bool
    containers: tuple[str, ...]
    cause: str | None
    raised_by: str
    position: int
    version: int
    disposition: str | None = None
    disposition_position: int | None = None

    @property
    def is_open(self) -> bool:
        return self.disposition is None

    @property
    def blocks(self) -> bool:
        """A rejection stops what it names for ever; the other dispositions let it go on."""
        return self.blocking and self.disposition in (None, "rejected")
