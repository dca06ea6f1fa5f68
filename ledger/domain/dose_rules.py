"""Rules of a dose that a product version may set: thawed in order, given in time.

Time is judged as in `window.py`: from the earliest moment at which something can have begun
to the latest at which it can have ended. Where the beginning has no bound, it counts as late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.conditions import comes_before
from ledger.domain.window import earliest_ms, latest_ms, opening, opens, product_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container, Moment
    from ledger.domain.findings import Found
    from ledger.domain.registry_events import ProductVersionDefined
    from ledger.domain.world import Entry, World


def _rules(chain: Chain, world: World) -> ProductVersionDefined | None:
    product = product_of(chain, world)
    return product.rules if product else None


def thawed_in_order(container: Container, entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """A bag waits until those before it in its set were given, by what the signers say, or rejected."""
    rules = _rules(chain, world)
    if rules is None or not rules.thaw_in_order:
        return
    at = entry.event.occurred_at
    earlier = (one for one in chain.containers.values() if comes_before(one, container))
    if any(not _was_given(one, at) and not chain.is_rejected(one.id) for one in earlier):
        found.add("thawed_before_earlier_bag", container.id)


def _was_given(one: Container, at: str) -> bool:
    return one.infusion_end is not None and one.infusion_end.occurred_at <= at


def completed_in_time(container: Container, end: Moment, chain: Chain, world: World, found: Found) -> None:
    """The infusion ended within `complete_within_s` of the opening of the product's window."""
    product = product_of(chain, world)
    if product is None or product.rules.complete_within_s is None:
        return
    opened = opens(opening(container, product), world)
    if opened is None or _latest(end) > opened + product.rules.complete_within_s * 1000:
        found.add("completed_outside_window", container.id)


def infused_in_time(
    container: Container, start: Moment | None, end: Moment | None, chain: Chain, world: World, found: Found
) -> None:
    """The infusion took at most `infuse_within_s`, its pauses included; asked when both ends are known."""
    rules = _rules(chain, world)
    if rules is None or rules.infuse_within_s is None or start is None or end is None:
        return
    began = earliest_ms(start, world)
    if began is None or _latest(end) > began + rules.infuse_within_s * 1000:
        found.add("infusion_too_long", container.id)


def _latest(end: Moment) -> int:
    return latest_ms(end.occurred_at, end.recorded_ms)
