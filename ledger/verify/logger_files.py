"""Step 7, for whoever has the loggers' own files: each is read again as its statement says.

The statement names its file by SHA-256, so it doesn't matter who kept the file. A file that is
not here proves nothing either way, nor does one of which nobody said how to read it: both are
counted, and the step is then not done. A segment of live readings is read with the keys
that the log had enrolled for its logger before the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ledger.cold_chain.again import differs
from ledger.domain.events import to_payload
from ledger.domain.temperature_events import TemperatureEvidenceAttached
from ledger.live import sealed, segment
from ledger.verify.key_history import KeyHistory
from ledger.verify.report import STEPS, Findings
from ledger.verify.steps import Audit, Judged

if TYPE_CHECKING:
    from ledger.domain.world import Entry
    from ledger.proof.note import VerifierKey
    from ledger.proof.witnesses import Policy
    from ledger.verify.source import LogSource

Files = Callable[[str], bytes | None]
"""The bytes with this SHA-256 (hex), which the caller has checked; None: they are not here."""

STEP = 7
NAMES = STEPS | {STEP: "Loggers' own files bear out the readings that were recorded of them"}


class FilesAudit(Audit):
    """An audit that also holds the recorded readings against the loggers' files.

    `berlinger_root`: the pin, raw x and y as hex.
    """

    def __init__(
        self,
        source: LogSource,
        vkey: VerifierKey,
        files: Files,
        berlinger_root: str,
        policy: Policy | None = None,
        names: dict[int, str] = NAMES,
    ) -> None:
        super().__init__(source, vkey, Findings(names), policy)
        self._files = files
        self._root = berlinger_root
        self._keys = KeyHistory(vkey.name)
        self._agree = self._segments = self._silent = self._missing = self._wrong = 0

    def look(self, positions: Sequence[int], judged: Sequence[Judged]) -> None:
        with self.findings.timed(STEP):
            for entry in (one.entry for one in judged if one.entry):
                self._keys.follow(entry)
                if isinstance(entry.event, TemperatureEvidenceAttached):
                    self._compare(entry, entry.event)

    def finish(self) -> None:
        told = [f"{self._agree} statements are what their files say"]
        if self._segments:
            told.append(f"{self._segments} of them are of live readings, checked with the log's keys")
        if self._missing:
            told.append(f"NOT read again: the files of {self._missing} are not here")
        if self._silent:
            told.append(f"NOT read again: {self._silent} do not say how a file was read")
        self.findings.done(STEP, "; ".join(told), whole=not (self._missing or self._silent))

    def _compare(self, entry: Entry, event: TemperatureEvidenceAttached) -> None:
        raw = self._files(event.raw)
        named = event.read_as.mapping if event.read_as else None
        mapping = self._files(named) if named else None
        if event.read_as is None:
            self._silent += 1
        elif raw is None or (named and mapping is None):
            self._missing += 1
        elif what := self._differs(event, raw, mapping):
            self._wrong += 1
            self.findings.wrong(STEP, entry.position, what, statement_id=entry.statement_id, where=event.raw)
        else:
            self._agree += 1
            self._segments += is_live(event)

    def _differs(self, event: TemperatureEvidenceAttached, raw: bytes, mapping: bytes | None) -> str | None:
        if is_live(event):
            return sealed.differs(to_payload(event), raw, self._keys.key_of)
        return differs(to_payload(event), raw, mapping, self._root)


def files_of(event: TemperatureEvidenceAttached) -> tuple[str, ...]:
    """The files that it names, by SHA-256 (hex): the logger's own, and how its columns are to be read."""
    mapping = event.read_as.mapping if event.read_as else None
    return (event.raw, mapping) if mapping else (event.raw,)


def is_live(event: TemperatureEvidenceAttached) -> bool:
    return event.read_as is not None and event.read_as.format == segment.NAME
