"""What a reader may see of a therapy, as partners' standards say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ledger.domain.registry import LEDGER
from ledger.domain.shares import therapies_of
from ledger.domain.world import Entry, chain_tag
from ledger.export.names import Names
from ledger.export.story import Story, story_of
from ledger.store.decode import entry_of

if TYPE_CHECKING:
    from api.reading import Reader


def names_of(reader: Reader) -> Names:
    return Names(reader.node.ledger.config.origin)


def made_ms(reader: Reader, position: int) -> int:
    """Ledger time of the state that the entries before `position` made; 0 before the first."""
    return reader.node.ledger.store.checkpoint_covering(position - 1).time_ms if position else 0


def entries_of(reader: Reader, coi: str, before: int) -> Iterator[tuple[Entry, bytes]]:
    """The therapy's entries that this reader sees, with their bytes."""
    for stored in reader.node.ledger.store.by_tag(chain_tag(coi), before=before):
        entry = entry_of(stored.position, stored.data, stored.recorded_ms)
        if reader.shows(coi, entry):
            yield entry, stored.data


def story(reader: Reader, coi: str, before: int) -> Story:
    """The therapy for FHIR; a statement's bytes only where the reader may have them."""
    chain = reader.chain(coi, before)
    shown = [
        (entry, data if reader.may_read_entry(entry) else None)
        for entry, data in entries_of(reader, coi, before)
    ]
    return story_of(chain, shown, lambda signer: _is_device(reader, signer))


def _is_device(reader: Reader, signer: str) -> bool:
    agent = reader.world.agent(signer)
    return signer == LEDGER or (agent is not None and any("device" in at for at in agent.roles_at.values()))


def told_to(reader: Reader, entry: Entry, tags: Iterable[str]) -> list[str]:
    """The therapies that the entry counts for and whose reader this is; a fact without standing has none."""
    counted = [coi for coi in therapies_of(entry) if chain_tag(coi) in tags]
    return [coi for coi in counted if reader.may_read(coi) and reader.shows(coi, entry)]


def entry_with_id(reader: Reader, coi: str, statement_id: str) -> Entry | None:
    """This therapy's entry of this statement, as far as the reader sees it."""
    store = reader.node.ledger.store
    position = store.position_of(bytes.fromhex(statement_id))
    for stored, tags in [] if position is None else store.entries_with_tags(position, position + 1):
        entry = entry_of(stored.position, stored.data, stored.recorded_ms)
        if coi in told_to(reader, entry, tags):
            return entry
    return None
