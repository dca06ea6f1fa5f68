"""What a reader may see of a therapy, as partners' standards say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import TYPE_CHECKING

from api.reaching import therapies_with
from ledger.domain.materials import used_in
from ledger.domain.registry import LEDGER
from ledger.domain.shares import therapies_of
from ledger.domain.world import Entry, chain_tag
from ledger.export.epcis_seen import Seen
from ledger.export.epcis_table import RECALL
from ledger.export.names import Names
from ledger.export.standing import Outlook
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


def recalls_of(reader: Reader, coi: str, before: int) -> list[Entry]:
    """The recalls of what went into the therapy's containers: they stand on the lots' own streams."""
    world, store = reader.world_before(before), reader.node.ledger.store
    chain = world.chain(coi)
    used = {one.name: one.lot for name in chain.containers for one in used_in(chain, name, world) if one.lot}
    positions = sorted(lot.position for lot in used.values() if lot.is_recalled)
    stored = [store.entries(at, at + 1)[0] for at in positions]
    return [entry_of(one.position, one.data, one.recorded_ms) for one in stored]


def said_of(reader: Reader, coi: str, before: int) -> Iterator[Entry]:
    """What this reader sees of the therapy, with what was recalled of it, in the log's order."""
    entries = (entry for entry, _ in entries_of(reader, coi, before))
    yield from merge(entries, recalls_of(reader, coi, before), key=lambda one: one.position)


def seen_by(reader: Reader, coi: str, before: int | None = None) -> Seen:
    """What the therapy, before a position, makes of its entries."""
    world = reader.world_before(before)
    chain = world.chain(coi)

    def made_with(lot: str) -> tuple[str, ...]:
        return tuple(
            name for name in chain.containers
            if any(one.name == lot and one.lot for one in used_in(chain, name, world))
        )  # fmt: skip

    return Seen(chain, lambda statement_id: entry_with_id(reader, coi, statement_id), made_with)


def story(reader: Reader, coi: str, before: int) -> Story:
    """The therapy for FHIR; a statement's bytes only where the reader may have them."""
    chain = reader.chain(coi, before)
    shown = [
        (entry, data if reader.may_read_entry(entry) else None)
        for entry, data in entries_of(reader, coi, before)
    ]
    outlook = Outlook(reader.world_before(before), made_ms(reader, before))
    return story_of(chain, shown, outlook, lambda signer: _is_device(reader, signer))


def _is_device(reader: Reader, signer: str) -> bool:
    agent = reader.world.agent(signer)
    return signer == LEDGER or (agent is not None and any("device" in at for at in agent.roles_at.values()))


def told_to(reader: Reader, entry: Entry, tags: Iterable[str]) -> list[str]:
    """The therapies that the entry counts for and whose reader this is; a fact without standing has none."""
    if entry.type == RECALL:
        return list(therapies_with(reader, "lot", entry.stream.removeprefix("lot/")))
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
