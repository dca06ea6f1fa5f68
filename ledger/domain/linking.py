"""`ChainLinked`: may the containers of a provisional chain come into this therapy?

The decision restates each container as its signer saw it, so that nobody's signature is put
under what they did not see; the rules compare it with the provisional chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.domain.custody import Holder
from ledger.domain.label_state import label_on
from ledger.domain.provisional import before_order
from ledger.domain.questions import newly_made
from ledger.domain.readiness_facts import without_consent
from ledger.domain.window import product_of
from ledger.errors import Conflict, Refused

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.findings import Found
    from ledger.domain.parts import LinkedContainer
    from ledger.domain.therapy_events import ChainLinked
    from ledger.domain.world import Entry, World

_RESTATED = ("din", "product_code", "division", "volume_ul", "expires_at", "bag", "of", "component",
             "inside")  # fmt: skip


def check_link(entry: Entry, event: ChainLinked, world: World, found: Found) -> None:
    """Raises `Refused`: `unknown_provisional`, `patient_not_matched`, `link_differs`; `Conflict`:
    `already_linked`. A container's id that is taken is found, not refused: it may be a stranger's doing."""
    chain = world.chain(entry.stream.removeprefix("chain/"))
    source = _source(chain, event, world)
    _require_patient(source, chain)
    _require_restated(source, event)
    newly_made(event.containers, chain, world, found)
    without_consent(chain, found, *(one.container for one in event.containers))
    _find_what_stays_behind(source, chain, world, found)


def _find_what_stays_behind(source: Chain, chain: Chain, world: World, found: Found) -> None:
    """Faults of the provisional chain, and legs whose evidence does not come along."""
    faulty = [one.id for one in source.containers.values() if _is_faulty(one, source)]
    moved = [one.id for one in source.containers.values() if one.custody.moved]
    product = product_of(chain, world)
    if moved and product and any(one.required for one in product.rules.temperature or ()):
        found.add("temperature_gap", *moved)
    if faulty:
        found.add("linked_with_faults", *faulty)


def _source(chain: Chain, event: ChainLinked, world: World) -> Chain:
    """Only a chain that the order's own collection site opened."""
    source = before_order(world.chain(event.provisional))
    assert chain.order is not None  # the caller asked before
    collection = chain.order.sites.collection
    if source is None or source.provisional is None or source.provisional.site != collection:
        detail = f"{collection} opened no provisional chain under {event.provisional}"
        raise Refused("unknown_provisional", detail)
    if source.linked_to is not None:
        raise Conflict("already_linked", f"{event.provisional} was linked to {source.linked_to} before")
    return source


def _require_patient(source: Chain, chain: Chain) -> None:
    """Nothing else ties the bags to the ordered patient: every wristband that was read is theirs."""
    read = source.wristbands
    if not read or not all(chain.matches(one) for one in read):
        detail = "no wristband, or another patient's, was read in the provisional chain: ask Quality"
        raise Refused("patient_not_matched", detail)


def _require_restated(source: Chain, event: ChainLinked) -> None:
    given = {one.container: _given(one) for one in event.containers}
    known = {one.id: _known(one, source) for one in source.containers.values()}
    if given != known or len(given) != len(event.containers):
        names = sorted(name for name in given.keys() | known.keys() if given.get(name) != known.get(name))
        detail = f"{', '.join(names)}: not as the provisional chain has it; look again, restate all of it"
        raise Refused("link_differs", detail)


def _given(one: LinkedContainer) -> tuple[Any, ...]:
    members = (getattr(one, name) for name in _RESTATED)
    return (*members, Holder(one.at.site, one.at.department), one.label)


def _known(one: Container, source: Chain) -> tuple[Any, ...]:
    label = label_on(one.id, source)
    return (*(getattr(one, name) for name in _RESTATED), one.holder, label.serial if label else None)


def _is_faulty(one: Container, source: Chain) -> bool:
    """Something about it waits for somebody, or stops it, in the provisional chain."""
    stopped = any(source.blocking(one.id)) or any(source.quarantined(one.id))
    return stopped or one.is_lost or one.destroyed is not None or one.custody.waits
