"""What is wrong with a fact: nothing is refused here, everything becomes a finding.

Two phones come online in any order, so a fact may precede what it rests on. A party that
*claims* a container (it accepted, the release has not arrived) may act on it without a
finding: if the release never comes, the claim itself becomes one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ledger.domain.custody import Handover, Holder
from ledger.domain.evolve import handover_of
from ledger.domain.naming import containers_of, sites_of
from ledger.domain.times import timestamp
from ledger.domain.window import latest_ms, opening, product_of, window_closes

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.events import (
        CollectionCompleted,
        ContainerDamaged,
        ContainerFound,
        ContainerLost,
        ContainersDerived,
        CustodyAccepted,
        CustodyReleased,
        InfusionCompleted,
        InfusionStarted,
        ManufacturingStarted,
        Packed,
        PatientIdentified,
        Quarantined,
        ThawCompleted,
        ThawStarted,
    )
    from ledger.domain.findings import Found
    from ledger.domain.parts import NewContainer, Party, PlannedSites
    from ledger.domain.world import Entry, World


def find_faults(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """All that the fact itself breaks. The chain is open, the signer has a part in it."""
    event = entry.event
    for name in sites_of(event):
        site = world.site(name)
        if site is None:
            found.add("unknown_site", *containers_of(event))
        elif not site.in_force:
            found.add("site_not_in_force", *containers_of(event))
    rule = _RULES.get(event.type)
    if rule:
        rule(entry, event, chain, world, found)


def find_overdue(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """Hand-overs that have waited past the product's limit, found at the next entry, once."""
    product = product_of(chain, world)
    if product is None:
        return
    since = entry.recorded_ms - product.rules.claim_limit_s * 1000
    for name in sorted(chain.waiting):
        custody = chain.container(name).custody
        for code, waiting in (("claim_unanswered", custody.claims), ("release_unanswered", custody.releases)):
            if code not in custody.alarmed and any(one.recorded_ms < since for one in waiting.values()):
                found.add(code, name)


# --- shared questions ------------------------------------------------------------------


def _known(names: Iterable[str], chain: Chain, world: World, found: Found) -> list[Container]:
    """The containers of this therapy among the names; the others are findings."""
    known = []
    for name in names:
        container = chain.containers.get(name)
        if container is not None:
            known.append(container)
        elif world.chain_of_container(name) in (None, chain.coi):
            found.add("container_not_in_chain", name)
        else:
            found.add("container_known_elsewhere", name)
    return known


def _held(containers: Iterable[Container], at: Party, found: Found) -> None:
    actor = Holder(at.site, at.department)
    for container in containers:
        if container.holder != actor and not container.custody.claimed_by(actor):
            found.add("acted_without_custody", container.id)


def _usable(containers: Iterable[Container], entry: Entry, chain: Chain, found: Found) -> None:
    """Not quarantined, not used up, not expired at the latest moment at which it can have happened."""
    for container in containers:
        if any(chain.quarantined(container.id)):
            found.add("container_quarantined", container.id)
        if container.is_used_up:
            found.add("container_used_up", container.id)
        if container.expires_at is not None:
            latest = timestamp(latest_ms(entry.event.occurred_at, entry.recorded_ms))
            if container.expires_at <= latest:
                found.add("container_expired", container.id)


def _planned(site: str, planned: Iterable[str], names: Sequence[str], found: Found) -> None:
    if site not in planned:
        found.add("site_not_planned", *names)


def _order_sites(chain: Chain) -> PlannedSites:
    assert chain.order is not None  # the judge asked before
    return chain.order.sites


def _new(new: Sequence[NewContainer], chain: Chain, world: World, found: Found) -> None:
    """Containers come to be once, in one therapy; bag n of m makes a set."""
    times = Counter(one.container for one in new)
    bags = Counter((one.of, one.bag) for one in new if one.of is not None)
    for one in new:
        elsewhere = world.chain_of_container(one.container)
        if one.container in chain.containers or times[one.container] > 1:
            found.add("container_reused", one.container)
        elif elsewhere not in (None, chain.coi):
            found.add("container_known_elsewhere", one.container)
        half = (one.bag is None) != (one.of is None)
        if half or (one.bag or 0) > (one.of or 0) or (one.of and bags[one.of, one.bag] > 1):
            found.add("bag_numbers_wrong", one.container)


def _patient(_: Entry, event: PatientIdentified, chain: Chain, __: World, found: Found) -> None:
    sites = _order_sites(chain)
    _planned(event.site, (sites.collection, sites.treatment), (), found)
    if event.outcome == "mismatch" or not chain.matches(event.patient):
        found.add("patient_mismatch")
    if event.method == "typed" and event.typed_reason is None:
        found.add("typed_without_reason")


def _collected(_: Entry, event: CollectionCompleted, chain: Chain, world: World, found: Found) -> None:
    _planned(event.at.site, (_order_sites(chain).collection,), containers_of(event), found)
    _new(event.containers, chain, world, found)


def _released(entry: Entry, event: CustodyReleased, chain: Chain, world: World, found: Found) -> None:
    release = handover_of(entry, event)
    for container in _known(event.containers, chain, world, found):
        if container.holder != release.giver and not container.custody.claimed_by(release.giver):
            found.add("release_by_non_holder", container.id)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)
    for answer in chain.answers.get(entry.statement_id, ()):
        if answer in chain.handovers:
            _compare(release, chain.handovers[answer], found)


def _accepted(entry: Entry, event: CustodyAccepted, chain: Chain, world: World, found: Found) -> None:
    _known(event.containers, chain, world, found)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)
    release = chain.handovers.get(event.release) if event.release else None
    if release:
        _compare(release, handover_of(entry, event), found)


def _compare(release: Handover, acceptance: Handover, found: Found) -> None:
    """Two sides of one hand-over, whichever arrived last."""
    if release.accepts or not acceptance.has_parties_of(release):
        found.add("accepted_by_other_than_named", *acceptance.containers)
    unlisted = [name for name in acceptance.containers if name not in release.containers]
    if unlisted:
        found.add("accepted_not_offered", *unlisted)
    if release.seal and acceptance.seal and release.seal != acceptance.seal:
        found.add("seal_differs", *acceptance.containers)


def _packed(_: Entry, event: Packed, chain: Chain, world: World, found: Found) -> None:
    _held(_known(event.containers, chain, world, found), event.at, found)


def _manufacturing(
    entry: Entry, event: ManufacturingStarted, chain: Chain, world: World, found: Found
) -> None:
    containers = _known(event.containers, chain, world, found)
    _held(containers, event.at, found)
    _usable(containers, entry, chain, found)
    _planned(event.at.site, _order_sites(chain).manufacturing, event.containers, found)
    product = product_of(chain, world)
    if product and event.at.site not in product.rules.sites:
        found.add("site_not_active_for_product", *event.containers)


def _derived(entry: Entry, event: ContainersDerived, chain: Chain, world: World, found: Found) -> None:
    drawn = Counter[str]()
    for one in event.parents:
        drawn[one.container] += one.volume_ul
    parents = _known(drawn, chain, world, found)
    _held(parents, event.at, found)
    _usable(parents, entry, chain, found)
    for parent in parents:
        if drawn[parent.id] > parent.left_ul:
            found.add("volume_exceeds_parent", parent.id)
    children = tuple(one.container for one in event.children)
    if event.how == "split" and sum(one.volume_ul for one in event.children) > drawn.total():
        found.add("volume_exceeds_parent", *children)
    sites = _order_sites(chain)
    _planned(event.at.site, (sites.collection, *sites.manufacturing), children, found)
    _new(event.children, chain, world, found)


def _thaw_started(entry: Entry, event: ThawStarted, chain: Chain, world: World, found: Found) -> None:
    containers = _known(event.containers, chain, world, found)
    _held(containers, event.at, found)
    _usable(containers, entry, chain, found)
    sites = _order_sites(chain)
    _planned(event.at.site, (sites.treatment, *sites.manufacturing), event.containers, found)
    for container in containers:
        if container.thaw_starts:
            found.add("repeated_step", container.id)
        if event.at.site == sites.treatment and not _may_thaw_here(container, chain):
            found.add("thaw_before_release", container.id)


def _may_thaw_here(container: Container, chain: Chain) -> bool:
    """At the bedside: what Quality released. Where the hospital also makes: its material too."""
    assert chain.order is not None
    if container.released_for(chain.order.country, chain.order.protocol):
        return True
    return chain.order.sites.treatment in chain.order.sites.manufacturing and not chain.is_finished(
        container.id
    )


def _thaw_completed(_: Entry, event: ThawCompleted, chain: Chain, world: World, found: Found) -> None:
    containers = _known(event.containers, chain, world, found)
    _held(containers, event.at, found)
    for container in containers:
        if not container.thaw_starts:
            found.add("step_out_of_order", container.id)
        if container.thaw_ends:
            found.add("repeated_step", container.id)


def _infusion_started(entry: Entry, event: InfusionStarted, chain: Chain, world: World, found: Found) -> None:
    name = event.container
    _planned(event.site, (_order_sites(chain).treatment,), (name,), found)
    for container in _known((name,), chain, world, found):
        if container.holder is None or container.holder.site != event.site:
            found.add("acted_without_custody", name)
        _usable((container,), entry, chain, found)
        if container.infusion_start:
            found.add("repeated_step", name)
        if not _is_authorised(container, event.site, chain):
            found.add("infusion_without_authorisation", name)
        if not _is_in_window(container, entry, chain, world):
            found.add("outside_thaw_window", name)


def _is_authorised(container: Container, site: str, chain: Chain) -> bool:
    """An authorisation stands until something stops the bag again."""
    authorisation = container.authorisation
    if authorisation is None or authorisation.site != site:
        return False
    return not (
        any(chain.blocking(container.id)) or any(chain.quarantined(container.id)) or container.is_lost
    )


def _is_in_window(container: Container, entry: Entry, chain: Chain, world: World) -> bool:
    product = product_of(chain, world)
    moments = opening(container, product) if product else []
    closes = window_closes(moments, product, world) if product and moments else None
    return closes is not None and latest_ms(entry.event.occurred_at, entry.recorded_ms) <= closes


def _infusion_completed(_: Entry, event: InfusionCompleted, chain: Chain, world: World, found: Found) -> None:
    name = event.container
    _planned(event.site, (_order_sites(chain).treatment,), (name,), found)
    for container in _known((name,), chain, world, found):
        if not container.infusion_start:
            found.add("step_out_of_order", name)
        if container.infusion_end:
            found.add("repeated_step", name)
        if event.dose_given_ul > container.left_ul:
            found.add("dose_exceeds_volume", name)


def _quarantined(_: Entry, event: Quarantined, chain: Chain, world: World, found: Found) -> None:
    _known(event.containers, chain, world, found)


def _damaged(_: Entry, event: ContainerDamaged, chain: Chain, world: World, found: Found) -> None:
    _known(event.containers, chain, world, found)
    found.add("container_damaged", *event.containers)


def _lost(_: Entry, event: ContainerLost, chain: Chain, world: World, found: Found) -> None:
    _known(event.containers, chain, world, found)
    found.add("container_lost", *event.containers)


def _found_again(_: Entry, event: ContainerFound, chain: Chain, world: World, found: Found) -> None:
    _known(event.containers, chain, world, found)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)


# `DeviationRaised` has no rule: it says itself what is wrong.
_RULES: dict[str, Callable[[Entry, Any, Chain, World, Found], None]] = {
    "PatientIdentified": _patient,
    "CollectionCompleted": _collected,
    "CustodyReleased": _released,
    "CustodyAccepted": _accepted,
    "Packed": _packed,
    "ManufacturingStarted": _manufacturing,
    "ContainersDerived": _derived,
    "Quarantined": _quarantined,
    "ContainerDamaged": _damaged,
    "ContainerLost": _lost,
    "ContainerFound": _found_again,
    "ThawStarted": _thaw_started,
    "ThawCompleted": _thaw_completed,
    "InfusionStarted": _infusion_started,
    "InfusionCompleted": _infusion_completed,
}
