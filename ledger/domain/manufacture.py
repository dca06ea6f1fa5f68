"""What is wrong with a fact of manufacture: the place, the batch, the material."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ledger.domain.questions import held_by, known_here, newly_made, order_sites, planned, usable
from ledger.domain.readiness_facts import without_consent
from ledger.domain.window import product_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.findings import Found
    from ledger.domain.therapy_events import (
        ContainersDerived,
        ManufacturingFailed,
        ManufacturingRestarted,
        ManufacturingStarted,
        StepCompleted,
    )
    from ledger.domain.world import Entry, World


def started(
    entry: Entry,
    event: ManufacturingStarted | ManufacturingRestarted,
    chain: Chain,
    world: World,
    found: Found,
) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    usable(containers, entry, chain, found)
    without_consent(chain, found, *event.containers)
    planned(event.at.site, order_sites(chain).manufacturing, event.containers, found)
    product = product_of(chain, world)
    if product and event.at.site not in product.rules.sites:
        found.add("site_not_active_for_product", *event.containers)
    if event.batch in chain.batches:
        found.add("batch_reused", *event.containers)


def restarted(entry: Entry, event: ManufacturingRestarted, chain: Chain, world: World, found: Found) -> None:
    started(entry, event, chain, world, found)
    if event.failed_batch not in chain.batches:
        found.add("batch_unknown", *event.containers)
    if event.failed_batch not in chain.failed_batches:
        found.add("batch_not_failed", *event.containers)


def step_completed(entry: Entry, event: StepCompleted, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    usable(containers, entry, chain, found)
    _same_batch(event, chain, found)


def failed(_: Entry, event: ManufacturingFailed, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    _same_batch(event, chain, found)
    found.add("manufacturing_failed", *event.containers)


def _same_batch(event: StepCompleted | ManufacturingFailed, chain: Chain, found: Found) -> None:
    if event.batch not in chain.batches:
        found.add("batch_unknown", *event.containers)


def derived(entry: Entry, event: ContainersDerived, chain: Chain, world: World, found: Found) -> None:
    drawn = Counter[str]()
    for one in event.parents:
        drawn[one.container] += one.volume_ul
    parents = known_here(drawn, chain, world, found)
    held_by(parents, event.at, found)
    usable(parents, entry, chain, found)
    for parent in parents:
        if drawn[parent.id] > parent.left_ul:
            found.add("volume_exceeds_parent", parent.id)
    children = tuple(one.container for one in event.children)
    if event.how == "split" and sum(one.volume_ul for one in event.children) > drawn.total():
        found.add("volume_exceeds_parent", *children)
    sites = order_sites(chain)
    planned(event.at.site, (sites.collection, *sites.manufacturing), children, found)
    newly_made(event.children, chain, world, found)
