"""Which recordings a reader may look at: those about therapies that they may read, for that time.

The people of a logger's own organisation, and auditors, see all of its recordings: of a logger that
nobody packed, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.placements import placements

if TYPE_CHECKING:
    from api.reading import Reader
    from ledger.domain.placements import Placement
    from ledger.store.live_rows import LivePacket, LiveRecording


class Watching:
    """For one request. `chain`: only what is about this therapy."""

    def __init__(self, reader: Reader, chain: str | None = None) -> None:
        self._reader = reader
        self._chain = chain
        self._placed: dict[str, list[Placement]] = {}

    def loggers(self) -> set[str] | None:
        """Those of the therapy that was asked for; None: any."""
        if self._chain is None:
            return None
        if not self._may_read(self._chain):
            return set()
        return {one.logger for one in placements(self._reader.world.chain(self._chain))}

    def chains(self, one: LiveRecording) -> list[str] | None:
        """Therapies that it is about, as far as the reader may know. None: it is not for them."""
        placed = self._readable(one.logger)
        found = sorted({each.coi for each in placed if each.overlaps(one.first_ms, one.last_ms)})
        if self._chain is not None:
            return found if self._chain in found else None
        return found if found or self._is_theirs(one.logger) else None

    def shows(self, one: LivePacket) -> bool:
        """True if the packet says something about such a therapy."""
        if self._is_theirs(one.logger):
            return True
        return any(each.overlaps(one.started_ms, one.last_ms) for each in self._readable(one.logger))

    def _readable(self, logger: str) -> list[Placement]:
        if logger not in self._placed:
            placed = self._reader.node.live.followed.placements(logger)
            self._placed[logger] = [one for one in placed if self._may_read(one.coi)]
        return self._placed[logger]

    def _may_read(self, coi: str) -> bool:
        return self._reader.reads_all or self._reader.may_read(coi)

    def _is_theirs(self, logger: str) -> bool:
        device = self._reader.world.agent(logger)
        return self._reader.reads_all or (
            device is not None and device.organisation == self._reader.agent.organisation
        )
