"""What is wrong with a fact at the bedside: thaw and infusion.

What a confirmed override covers was decided by two people, and told to Quality: acting on it
is no finding of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain import labels
from ledger.domain.conditions import Look
from ledger.domain.dose_rules import completed_in_time, infused_in_time, thawed_in_order
from ledger.domain.gates import judged, overridden_gates
from ledger.domain.happened import moment
from ledger.domain.questions import held_by, known_here, order_sites, planned, usable
from ledger.domain.readiness_facts import without_consent
from ledger.domain.testing import has_failed
from ledger.domain.window import latest_ms, opening, product_of, window_closes

if TYPE_CHECKING:
    from ledger.domain.bedside_events import (
        InfusionCompleted,
        InfusionPaused,
        InfusionResumed,
        InfusionStarted,
        InfusionStopped,
        ThawCompleted,
        ThawStarted,
    )
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.findings import Found
    from ledger.domain.world import Entry, World

# The gates that a fact can shut again after the authorisation.
STOPPING = (
    "consent",
    "no_blocking_deviation",
    "not_quarantined",
    "not_lost",
    "not_rejected",
    "lots_in_force",
    "label_valid",
    "not_destroyed",
    "fitness_confirmed",
    "patient_matched",
    "checks_agree",
    "identity_tested",
    "temperature_in_limits",
)


def thaw_started(entry: Entry, event: ThawStarted, chain: Chain, world: World, found: Found) -> None:
    sites = order_sites(chain)
    planned(event.at.site, (sites.treatment, *sites.manufacturing), event.containers, found)
    labels.read(event.labels or (), event.containers, entry, chain, found)
    for container in known_here(event.containers, chain, world, found):
        overridden = overridden_gates(_look(container, event.at.site, entry, chain, world))
        if "custody_here" not in overridden:
            held_by((container,), event.at, found)
        usable((container,), entry, chain, found, overridden)
        if container.thaw_starts:
            found.add("repeated_step", container.id)
        if event.at.site == sites.treatment and not _may_thaw_here(container, chain, overridden):
            found.add("thaw_before_release", container.id)
        if event.at.site == sites.treatment and "earlier_bags_finished" not in overridden:
            thawed_in_order(container, entry, chain, world, found)


def _look(container: Container, site: str, entry: Entry, chain: Chain, world: World) -> Look:
    """At the latest moment at which it can have happened."""
    return Look(world, chain, container.id, site, latest_ms(entry.event.occurred_at, entry.recorded_ms))


def _may_thaw_here(container: Container, chain: Chain, overridden: frozenset[str]) -> bool:
    """At the bedside: what Quality released. Where the hospital also makes: its material too."""
    assert chain.order is not None
    if any(chain.rejections(container.id)):
        return False
    if "released" in overridden or container.released_for(chain.order.country, chain.order.protocol):
        return True
    return chain.order.sites.treatment in chain.order.sites.manufacturing and not chain.is_finished(
        container.id
    )


def thaw_completed(_: Entry, event: ThawCompleted, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    for container in containers:
        if not container.thaw_starts:
            found.add("step_out_of_order", container.id)
        if container.thaw_ends:
            found.add("repeated_step", container.id)


def infusion_started(entry: Entry, event: InfusionStarted, chain: Chain, world: World, found: Found) -> None:
    name = event.container
    planned(event.site, (order_sites(chain).treatment,), (name,), found)
    without_consent(chain, found, name)
    for container in known_here((name,), chain, world, found):
        look = _look(container, event.site, entry, chain, world)
        overridden = overridden_gates(look)
        is_here = container.holder is not None and container.holder.site == event.site
        if not is_here and "custody_here" not in overridden:
            found.add("acted_without_custody", name)
        usable((container,), entry, chain, found, overridden)
        if container.infusion_start:
            found.add("repeated_step", name)
        if not _is_authorised(container, look):
            found.add("infusion_without_authorisation", name)
        if has_failed(name, chain):
            found.add("failed_after_infusion", name)
        if "thaw_window" not in overridden and not _is_in_window(container, entry, chain, world):
            found.add("outside_thaw_window", name)
        infused_in_time(container, moment(entry, event.site), container.infusion_end, chain, world, found)


def _is_authorised(container: Container, look: Look) -> bool:
    """An authorisation stands until something stops the bag again, or consent is withdrawn."""
    authorisation = container.authorisation
    if authorisation is None or authorisation.site != look.site:
        return False
    return not any(gate.stops for gate in judged(look, STOPPING))


def _is_in_window(container: Container, entry: Entry, chain: Chain, world: World) -> bool:
    product = product_of(chain, world)
    moments = opening(container, product) if product else []
    closes = window_closes(moments, product, world) if product and moments else None
    return closes is not None and latest_ms(entry.event.occurred_at, entry.recorded_ms) <= closes


def infusion_completed(
    entry: Entry, event: InfusionCompleted | InfusionStopped, chain: Chain, world: World, found: Found
) -> None:
    name = event.container
    planned(event.site, (order_sites(chain).treatment,), (name,), found)
    for container in known_here((name,), chain, world, found):
        if not container.infusion_start:
            found.add("step_out_of_order", name)
        if container.infusion_end:
            found.add("repeated_step", name)
        if event.dose_given_ul > container.left_ul:
            found.add("dose_exceeds_volume", name)
        end = moment(entry, event.site)
        if "thaw_window" not in overridden_gates(_look(container, event.site, entry, chain, world)):
            completed_in_time(container, end, chain, world, found)
        infused_in_time(container, container.infusion_start, end, chain, world, found)


def infusion_stopped(entry: Entry, event: InfusionStopped, chain: Chain, world: World, found: Found) -> None:
    infusion_completed(entry, event, chain, world, found)
    found.add("infusion_stopped", event.container)


def infusion_paused(_: Entry, event: InfusionPaused, chain: Chain, world: World, found: Found) -> None:
    _under_way(event, chain, world, found)


def infusion_resumed(_: Entry, event: InfusionResumed, chain: Chain, world: World, found: Found) -> None:
    for container in _under_way(event, chain, world, found):
        if container.paused is None:
            found.add("step_out_of_order", container.id)


def _under_way(
    event: InfusionPaused | InfusionResumed, chain: Chain, world: World, found: Found
) -> list[Container]:
    planned(event.site, (order_sites(chain).treatment,), (event.container,), found)
    containers = known_here((event.container,), chain, world, found)
    for container in containers:
        if not container.infusion_start or container.infusion_end:
            found.add("step_out_of_order", container.id)
    return containers
