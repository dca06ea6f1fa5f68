"""What a container was made with: lots and equipment, what is wrong with them, and the gate.

A lot concerns every container that it was consumed for, every container of the same batch,
and all that is made of these. Whether it was recalled is asked of the lot itself, so that a
recall stops a bag at once, also one that was released and authorised before. What was noted
by mistake counts no more once Quality dispositions a deviation about it as corrected.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.conditions import Look, Outcome
from ledger.domain.naming import containers_of
from ledger.domain.questions import held_by, known_here
from ledger.domain.standing import sponsor_of
from ledger.domain.times import timestamp
from ledger.domain.window import latest_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.domain.chain import Chain
    from ledger.domain.container import Consumption
    from ledger.domain.equipment import Equipment
    from ledger.domain.findings import Found
    from ledger.domain.lots import Lot
    from ledger.domain.parts import Event
    from ledger.domain.supply_events import MaterialConsumed
    from ledger.domain.world import Entry, World

# What may be the name of registered equipment: free labels, and a list of names.
EQUIPMENT_MEMBERS = ("platform", "shipper", "logger", "location", "equipment")


class Used(NamedTuple):
    """A lot in a container's making: None where nobody received it. `position`: its consumption."""

    name: str
    lot: Lot | None
    position: int

    @property
    def stops(self) -> bool:
        return self.lot is None or self.lot.is_recalled


def consumed_for(chain: Chain, container: str) -> Iterator[Consumption]:
    """What was consumed for the container, for what it was made of, or for their batches."""
    counting = [one for one in chain.consumed if one.id not in chain.put_right]
    lineage = chain.lineage(container) if counting else set()
    batches = {one.batch for one in counting if not lineage.isdisjoint(one.containers)}
    yield from (one for one in counting if one.batch in batches)


def used_in(chain: Chain, container: str, world: World) -> list[Used]:
    """Each lot that the container was made with, at its first consumption, by name."""
    first: dict[str, int] = {}
    for one in consumed_for(chain, container):
        for name in one.lots:
            first[name] = min(one.position, first.get(name, one.position))
    return [Used(name, _lot(name, chain, world), first[name]) for name in sorted(first)]


def equipment_of(event: Event) -> tuple[str, ...]:
    """Names under which a statement may name registered equipment."""
    names: dict[str, None] = {}
    for member in _members(type(event)):
        value = getattr(event, member) or ()
        names.update(dict.fromkeys((value,) if isinstance(value, str) else value))
    return tuple(names)


@cache
def _members(event: type[Event]) -> tuple[str, ...]:
    return tuple(member for member in EQUIPMENT_MEMBERS if member in event.model_fields)


# --- what is wrong with a fact ------------------------------------------------------------


def consumed(entry: Entry, event: MaterialConsumed, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    if event.batch not in chain.batches:
        found.add("batch_unknown", *event.containers)
    for name in event.lots:
        for code in _faults_of(_lot(name, chain, world), entry):
            found.add(code, *event.containers)


def _faults_of(lot: Lot | None, entry: Entry) -> Iterator[str]:
    if lot is None:
        yield "lot_unknown"
        return
    if lot.status != "released":
        yield "lot_recalled" if lot.is_recalled else "lot_not_released"
    if lot.is_expired(_latest(entry)):
        yield "lot_expired"


def find_unfit(entry: Entry, world: World, found: Found) -> None:
    """Registered equipment that was not fit when it was used. Nobody has to register any."""
    chain = world.chain(entry.stream.removeprefix("chain/"))
    for name in equipment_of(entry.event):
        equipment = registered(name, chain, world)
        if equipment and not equipment.is_fit(_latest(entry)):
            found.add("equipment_not_qualified", *containers_of(entry.event))


def registered(name: str, chain: Chain, world: World) -> Equipment | None:
    """What somebody with a part in this therapy registered under the name, letter by letter: a bundle
    holds what was asked for by its own names, and old ones must replay."""
    equipment = world.equipment(name)
    return equipment if equipment and _is_of(equipment, chain, world) else None


def _is_of(one: Equipment | Lot, chain: Chain, world: World) -> bool:
    """Names are everybody's: what was registered by those without a part here is not meant."""
    sites = [world.site(name) for name in chain.planned | chain.handled_sites()]
    sponsor = sponsor_of(chain.order.product.product, world) if chain.order else None
    return one.organisation in {sponsor, *(site.organisation for site in sites if site)}


def _lot(name: str, chain: Chain, world: World) -> Lot | None:
    lot = world.lot(name)
    return lot if lot and _is_of(lot, chain, world) else None


def _latest(entry: Entry) -> str:
    return timestamp(latest_ms(entry.event.occurred_at, entry.recorded_ms))


# --- the gate -----------------------------------------------------------------------------


def lots_in_force(look: Look) -> Outcome:
    used = used_in(look.chain, look.name, look.world)
    if not used:
        return Outcome(True, f"No lot is recorded in the making of {look.name}.")
    stopping = [one for one in used if one.stops]
    if not stopping:
        return Outcome(True, f"No lot in {look.name} was recalled.", _proof(used))
    reasons = ", ".join(f"{one.name} ({'recalled' if one.lot else 'unknown'})" for one in stopping)
    proof = {*_proof(stopping), *_joined(look)}
    detail = f"{look.name} was made with {reasons}: stop, ask Quality."
    return Outcome(False, detail, tuple(sorted(proof)))


def _joined(look: Look) -> set[int]:
    """Where the container, or what it was made of, joined its batches."""
    lineage = look.chain.lineage(look.name)
    used = consumed_for(look.chain, look.name)
    return {one.position for one in used if not lineage.isdisjoint(one.containers)}


def _proof(used: list[Used]) -> tuple[int, ...]:
    """Where each lot was consumed, and where its present status stands."""
    positions = {one.position for one in used} | {one.lot.position for one in used if one.lot}
    return tuple(sorted(positions))
