"""The conditions of a dose that can be gone, or that comes in several components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.conditions import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.domain.chain import Chain
    from ledger.domain.conditions import Look
    from ledger.domain.container import Container


def not_destroyed(look: Look) -> Outcome:
    container = look.container
    if container is None:
        return Outcome(False, f"Nothing is known of {look.name}.")
    if container.destroyed:
        detail = f"{look.name} was destroyed: whatever you hold is not it. Stop."
        return Outcome(False, detail, (container.destroyed.position,))
    return Outcome(True, f"{look.name} was not destroyed.", (container.position,))


def component_order(look: Look) -> Outcome:
    """Components are given in the product's order: the bags of each are finished before the next."""
    container = look.container
    if container is None:
        return Outcome(False, f"The component of {look.name} is not known.")
    order = (look.product.rules.components or ()) if look.product else ()
    if not order:
        return Outcome(True, "The product has no components that are given one after another.")
    if container.component not in order:
        return Outcome(False, f"The component of {look.name} is not recorded, or not the product's: stop.")
    earlier = order[: order.index(container.component)]
    return _all_finished(look.chain, earlier, container.component)


def _all_finished(chain: Chain, components: Sequence[str], this: str) -> Outcome:
    """A bag is finished when it was infused, or when Quality rejected it."""
    for component in components:
        bags = [one for one in chain.containers.values() if one.component == component]
        waiting = [one for one in bags if not _is_finished(one, chain)]
        if waiting or not bags:
            names = ", ".join(sorted(one.id for one in waiting)) or "no bag of it is known"
            detail = f"{component} is given before {this}; finish first: {names}."
            return Outcome(False, detail, tuple(sorted(one.position for one in waiting)))
    return Outcome(True, f"This is component {this}; those before it are finished.")


def _is_finished(one: Container, chain: Chain) -> bool:
    return one.infusion_end is not None or chain.is_rejected(one.id)
