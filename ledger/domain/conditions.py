"""The conditions behind the gates: each looks at one container, at one site, at one moment.

A condition answers whether it holds, in a sentence that a nurse can act on, with the
positions of the entries that prove it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.times import timestamp
from ledger.domain.window import opening, product_of, window_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Check, Container
    from ledger.domain.parts import Commitment
    from ledger.domain.registry import ProductVersion
    from ledger.domain.world import World

CHECKS_NEEDED = 2
OPENINGS = {  # of the window: what must be recorded, and what it comes after
    "thaw_started": ("start of the thaw", "thaw"),
    "thaw_completed": ("end of the thaw", "thaw"),
    "retrieved": ("removal from frozen storage", "removal"),
}


class Outcome(NamedTuple):
    passed: bool
    detail: str
    proof: tuple[int, ...] = ()


class Excused(NamedTuple):
    """Tests that a release names and does without: no result yet, or out of specification."""

    pending: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()


NOTHING_EXCUSED = Excused()


@dataclass(frozen=True, slots=True)
class Look:
    """What a gate looks at: one container, at one site, at one moment."""

    world: World
    chain: Chain
    name: str
    site: str
    now_ms: int
    patient: Sequence[Commitment] | None = None
    countries: Sequence[str] = ()
    excused: Excused = NOTHING_EXCUSED

    @property
    def container(self) -> Container | None:
        return self.chain.containers.get(self.name)

    @property
    def product(self) -> ProductVersion | None:
        return product_of(self.chain, self.world)


# --- the therapy, its product, its places ----------------------------------------------


def chain_open(look: Look) -> Outcome:
    order = look.chain.order
    if order is None:
        return Outcome(False, "No therapy was ordered under this identity: stop, ask the coordinator.")
    if look.chain.closed is not None:
        return Outcome(False, "The therapy was closed: stop, ask the coordinator.", (look.chain.closed,))
    return Outcome(True, f"The therapy was ordered by {look.chain.ordered_by}.", (look.chain.order_position,))


def product_in_force(look: Look) -> Outcome:
    order, product = look.chain.order, look.product
    if order is None or product is None:
        return Outcome(False, "The product version of the order is not known: ask Quality.")
    missing = sorted({*look.countries, order.country} - set(product.rules.countries))
    if missing:
        detail = f"{product.rules.name} may not be given in {', '.join(missing)}: ask Quality."
        return Outcome(False, detail, (product.position,))
    return Outcome(True, f"{product.rules.name} may be given in {order.country}.", (product.position,))


def site_in_force(look: Look) -> Outcome:
    site = look.world.site(look.site)
    if site is None:
        return Outcome(False, f"The site {look.site} is not known to the ledger.")
    if not site.in_force:
        return Outcome(False, f"The site {look.site} is {site.status}: ask Quality.", (site.position,))
    return Outcome(True, f"The site {look.site} is in force.", (site.position,))


def treatment_site(look: Look) -> Outcome:
    order = look.chain.order
    planned = order.sites.treatment if order else None
    if planned != look.site:
        return Outcome(False, f"The order plans the treatment at {planned}, not at {look.site}: stop.")
    return Outcome(True, f"The order plans the treatment here, at {planned}.", (look.chain.order_position,))


# --- the container ---------------------------------------------------------------------


def container_of_chain(look: Look) -> Outcome:
    container = look.container
    if container is None:
        return Outcome(False, f"{look.name} does not belong to this patient's therapy: stop.")
    return Outcome(True, f"{look.name} belongs to this patient's therapy.", (container.position,))


def finished_product(look: Look) -> Outcome:
    made_at = look.chain.made_at(look.name)
    if made_at is None:
        return Outcome(False, f"{look.name} was never manufactured: only finished product can be released.")
    return Outcome(True, f"{look.name} is finished product.", (made_at,))


def released(look: Look) -> Outcome:
    order, container = look.chain.order, look.container
    if order is None or container is None:
        return Outcome(False, f"Quality has not released {look.name}.")
    release = container.released_for(order.country, order.protocol)
    scope = f"{order.country} under {order.protocol}"
    if release is None:
        seen = tuple(one.position for one in container.quality_releases)
        return Outcome(False, f"Quality has not released {look.name} for {scope}: don't use it.", seen)
    if release.tests:
        how = "pending" if release.kind == "pending_results" else "out of specification in"
        scope = f"{scope}, {how} {', '.join(release.tests)}"
    return Outcome(True, f"Quality released {look.name} for {scope}.", (release.position,))


def not_expired(look: Look) -> Outcome:
    container = look.container
    if container is None:
        return Outcome(False, f"The expiry of {look.name} is not known.")
    if container.expires_at is None:
        return Outcome(True, "No expiry is recorded: the certificate's counts.", (container.position,))
    expired = container.expires_at <= timestamp(look.now_ms)
    detail = f"{look.name} expired at {container.expires_at}: don't use it."
    kept = f"{look.name} keeps until {container.expires_at}."
    return Outcome(not expired, detail if expired else kept, (container.position,))


def no_blocking_deviation(look: Look) -> Outcome:
    blocking = list(look.chain.blocking(look.name))
    if not blocking:
        return Outcome(True, "No deviation stops this container.")
    codes = ", ".join(sorted({one.code for one in blocking}))
    rejected = [one.disposition_position for one in blocking if one.disposition_position is not None]
    proof = (*(one.position for one in blocking), *rejected)
    return Outcome(False, f"Quality has not cleared: {codes}. Wait for Quality.", proof)


def not_quarantined(look: Look) -> Outcome:
    holding = list(look.chain.quarantined(look.name))
    if not holding:
        return Outcome(True, "No quarantine holds this container.")
    reasons = ", ".join(sorted({one.reason for one in holding}))
    proof = tuple(one.position for one in holding)
    return Outcome(False, f"{look.name} is in quarantine ({reasons}): only Quality may lift it.", proof)


def not_lost(look: Look) -> Outcome:
    container = look.container
    if container is None or container.lost is None:
        return Outcome(True, f"{look.name} was never reported lost.")
    if container.is_lost:
        detail = f"{look.name} was reported lost and not found since: stop."
        return Outcome(False, detail, (container.lost.position,))
    proof = [one.position for one in (container.lost, container.found) if one]
    return Outcome(True, f"{look.name} was lost and is found.", tuple(sorted(proof)))


def not_infused(look: Look) -> Outcome:
    container = look.container
    if container is None:
        return Outcome(False, f"Nothing is known of {look.name}.")
    if container.infusion_start or container.infusion_end or container.is_consumed:
        moments = (container.infusion_start, container.infusion_end)
        proof = tuple(moment.position for moment in moments if moment)
        return Outcome(False, f"{look.name} was used before: don't use it again.", proof)
    return Outcome(True, f"{look.name} has not been used.", (container.position,))


def earlier_bags_finished(look: Look) -> Outcome:
    """A bag is finished when it was infused, or when Quality rejected it."""
    container = look.container
    if container is None or container.bag is None:
        return Outcome(container is not None, "This bag has no number in an ordered set.")
    earlier = [one for one in look.chain.containers.values() if comes_before(one, container)]
    waiting = [one for one in earlier if not one.infusion_end and not look.chain.is_rejected(one.id)]
    if waiting:
        names = ", ".join(sorted(one.id for one in waiting))
        return Outcome(False, f"Finish first: {names}.", tuple(sorted(one.position for one in waiting)))
    ends = tuple(sorted(one.infusion_end.position for one in earlier if one.infusion_end))
    return Outcome(
        True, f"This is bag {container.bag} of {container.of}; those before it are finished.", ends
    )


def comes_before(one: Container, container: Container) -> bool:
    return (
        one.bag is not None
        and container.bag is not None
        and one.bag < container.bag
        and one.dose_set == container.dose_set
    )


# --- here and now ----------------------------------------------------------------------


def custody_here(look: Look) -> Outcome:
    custody = look.container.custody if look.container else None
    if custody is None or custody.holder is None:
        return Outcome(False, f"Nobody is known to hold {look.name}.")
    proof = (custody.position,)
    if custody.holder.site != look.site:
        return Outcome(False, f"{look.name} is held by {custody.holder.site}, not by {look.site}.", proof)
    offered = custody.offered
    if offered and offered.receiver.site != look.site:
        detail = f"{look.name} was released to {offered.receiver.site}, which has not accepted it."
        return Outcome(False, detail, (*proof, offered.position))
    others = [claim for claim in custody.claims.values() if claim.receiver.site != look.site]
    if others:
        detail = f"{others[0].receiver.site} claims to hold {look.name}: find out who does."
        return Outcome(False, detail, (*proof, *(claim.position for claim in others)))
    return Outcome(True, f"{look.name} is here, in {custody.holder.department}.", proof)


def thaw_window(look: Look) -> Outcome:
    product, container = look.product, look.container
    if product is None or container is None:
        return Outcome(False, f"The window of {look.name} is not known.")
    window = window_of(container, product, look.world)
    edge, after = OPENINGS[product.rules.window_starts]
    if window is None:
        return Outcome(False, f"The {edge} is not recorded.")
    proof = tuple(moment.position for moment in opening(container, product))
    closes = window.closes_ms
    if closes is None:
        return Outcome(False, f"The {after} was recorded by a device without any bound on its time.", proof)
    if not window.is_open(look.now_ms):
        return Outcome(False, f"The window after {after} may have ended at {timestamp(closes)}.", proof)
    end = window.ends_ms
    last = f" The infusion must end by {timestamp(end)}." if end is not None else ""
    return Outcome(True, f"The window after {after} is open until {timestamp(closes)}.{last}", proof)


# --- the patient -----------------------------------------------------------------------


def checks_here(look: Look) -> list[Check]:
    container = look.container
    checks = container.checks.values() if container else ()
    return [check for check in checks if check.site == look.site]


def patient_matched(look: Look) -> Outcome:
    if look.patient is not None:
        return _matched(look.chain.matches(look.patient), ())
    checks = checks_here(look)
    if len(checks) < CHECKS_NEEDED:
        return Outcome(False, "Two people must read wristband and bag, each alone; not done yet.")
    of_bag = look.container.component if look.container else None
    matches = all(check.matches and check.component in (None, of_bag) for check in checks)
    return _matched(matches, tuple(check.position for check in checks))


def _matched(matches: bool, proof: tuple[int, ...]) -> Outcome:
    if matches:
        return Outcome(True, "At least two identifiers are the ordered patient's; none differs.", proof)
    return Outcome(False, "This is not the patient of the order: stop.", proof)


def checks_agree(look: Look) -> Outcome:
    checks = checks_here(look)
    proof = tuple(check.position for check in checks)
    if len(checks) < CHECKS_NEEDED:
        return Outcome(False, f"{len(checks)} of {CHECKS_NEEDED} bedside checks are recorded.", proof)
    if len({check.matches for check in checks}) > 1:
        return Outcome(False, "The bedside checks contradict each other: stop.", proof)
    people = " and ".join(sorted(check.signer for check in checks))
    return Outcome(True, f"{people} checked, each alone, and agree.", proof)
