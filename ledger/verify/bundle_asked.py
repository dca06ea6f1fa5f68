"""What of all that was asked for a bundle does not give whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.export_events import ExportRequested

if TYPE_CHECKING:
    from ledger.domain.world import Entry
    from ledger.verify.manifest import Manifest


def told_short(asked: Entry, said: Manifest, origin: str) -> str:
    """In words, for the end of a step; empty where all of it is given whole."""
    if said.whole is None:
        return ""
    told = []
    if missing := ", ".join(sorted(_wanted(asked, said, origin) - set(said.whole))):
        told.append(f"; NOT WHOLE: who asked for {missing} may not read all of it")
    if isinstance(asked.event, ExportRequested) and said.therapies is None:
        told.append("; NOT WHOLE: the manifest does not say which therapies belong to it")
    if said.therapies and said.therapies.unreadable:
        count = said.therapies.unreadable
        told.append(f"; NOT WHOLE: who asked may not read {count} therapies that belong to it")
    return "".join(told)


def _wanted(asked: Entry, said: Manifest, origin: str) -> set[str]:
    """The tags that must be whole, where the whole log was not asked for."""
    event = asked.event
    if not isinstance(event, ExportRequested):
        return {asked.stream}
    given = {f"chain/{coi}" for coi in said.therapies.given} if said.therapies else set()
    return {f"log/{origin}", f"{event.scope}/{event.which}"} | given
