"""What waits for Quality: deviations until their disposition, quarantines until they are lifted."""

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


@dataclass(slots=True)
class Quarantine:
    """`version` is the chain's when the containers were put into it."""

    id: str  # of the statement that put them there
    reason: str
    containers: tuple[str, ...]
    put_by: str
    position: int
    version: int
    lifted: int | None = None  # position

    @property
    def holds(self) -> bool:
        return self.lifted is None
