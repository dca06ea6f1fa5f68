"""What is said before evidence leaves the ledger: who takes what away, and why."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from ledger.domain.parts import ChainDecision, Code, Decision, Name, Timestamp

ExportScope = Literal["log", "lot", "site"]


class TherapyExportRequested(ChainDecision):
    """The signer takes the evidence of this therapy away. `chain_version` is exactly how many
    entries it has: who leaves one out of what was given contradicts this statement."""

    type: Literal["TherapyExportRequested"]
    v: Literal[1]
    reason: Code


class ExportRequested(Decision):
    """The signer takes away the evidence of the whole log, of all that a lot reached, or of what
    happened at a site and was recorded from `since` on, before `until`."""

    type: Literal["ExportRequested"]
    v: Literal[1]
    scope: ExportScope
    which: Name | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    reason: Code

    @model_validator(mode="after")
    def _says_what(self) -> ExportRequested:
        if (self.which is None) != (self.scope == "log"):
            raise ValueError("a lot or a site is named, the whole log is not")
        period = [moment for moment in (self.since, self.until) if moment is not None]
        if len(period) != (2 if self.scope == "site" else 0):
            raise ValueError("a site, and nothing else, has a period: since and until")
        if period and period[0] >= period[1]:
            raise ValueError("a period ends after it begins")
        return self
