"""Quality's decisions: confirmation, the kinds of release, a physician's request, rejection.

Each check raises what the decision itself lacks, and answers with the gates that must be open.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ledger.domain.conditions import NOTHING_EXCUSED, Excused
from ledger.domain.gates import CONFIRMATION_GATES, REQUEST_GATES, Gate, gates_over, release_gates
from ledger.domain.specifications import tests_for, verdicts
from ledger.domain.window import product_of
from ledger.errors import Conflict, NotPermitted, Refused

if TYPE_CHECKING:
    from ledger.domain.assessment import Request
    from ledger.domain.chain import Chain
    from ledger.domain.parts import SpecifiedTest
    from ledger.domain.quality_events import (
        BatchConfirmed,
        OutOfSpecificationRequested,
        Rejected,
        ReleasedOutOfSpecification,
        ReleasedPendingResults,
    )
    from ledger.domain.therapy_events import Released
    from ledger.domain.world import Entry, World


def confirmed(entry: Entry, event: BatchConfirmed, world: World) -> list[Gate]:
    """Raises `Refused` `not_made_here`: a site answers for what came to be in it."""
    chain = _chain(entry, world)
    for name in event.containers:
        container = chain.containers.get(name)
        origin = container.custody.origin if container else None
        if origin and origin.site != event.site:
            raise Refused("not_made_here", f"{name} came to be at {origin.site}: that site confirms it")
    looked = (world, chain.coi, event.containers, event.site, (), entry.recorded_ms)
    return gates_over(CONFIRMATION_GATES, *looked)


def released(entry: Entry, event: Released, world: World) -> list[Gate]:
    """Raises `NotPermitted` `same_signer`."""
    return _release(entry, event, world)


def released_pending(entry: Entry, event: ReleasedPendingResults, world: World) -> list[Gate]:
    """Raises `Refused`: `not_pending`, `may_not_be_pending`; `NotPermitted` `same_signer`."""
    named = set(event.outstanding)
    missing = _with_verdict("outstanding", event, _chain(entry, world), world)
    if named - missing:
        raise Refused("not_pending", f"{_listed(named - missing)}: no result of this is outstanding")
    required = [one for one in _specified(event, _chain(entry, world), world) if one.required]
    fixed = {one.test for one in required if not one.may_be_pending}
    if named & fixed:
        detail = f"{_listed(named & fixed)}: the product version wants this result before any release"
        raise Refused("may_not_be_pending", detail)
    return _release(entry, event, world, Excused(pending=frozenset(named)))


def released_out_of_specification(
    entry: Entry, event: ReleasedOutOfSpecification, world: World
) -> list[Gate]:
    """Raises `Refused`: `unknown_request`, `not_requested`, `scope_too_wide`,
    `not_out_of_specification`; `NotPermitted` `same_signer`."""
    chain = _chain(entry, world)
    request = chain.requests.get(event.request)
    if request is None:
        raise Refused("unknown_request", f"{event.request} is no physician's request of this therapy")
    _require_covered(entry, event, request)
    _require_narrow(event, chain)
    _require_outside(event, chain, world)
    return _release(entry, event, world, Excused(outside=frozenset(event.tests)))


def _require_covered(entry: Entry, event: ReleasedOutOfSpecification, request: Request) -> None:
    if set(event.containers) != set(request.containers):
        raise Refused("not_requested", f"the physician asked for {_listed(request.containers)}")
    unasked = set(event.tests) - set(request.tests)
    if unasked:
        raise Refused("not_requested", f"the physician did not name {_listed(unasked)}: ask again")
    if request.signer == entry.signer:
        raise NotPermitted("same_signer", "who asked for the product cannot be who releases it")


def _require_narrow(event: ReleasedOutOfSpecification, chain: Chain) -> None:
    order = chain.order
    assert order is not None  # the decision's check asked before
    if set(event.countries) != {order.country} or set(event.protocols) != {order.protocol}:
        detail = f"out of specification it is for {order.country} under {order.protocol} alone"
        raise Refused("scope_too_wide", detail)


def requested(entry: Entry, event: OutOfSpecificationRequested, world: World) -> list[Gate]:
    """Raises `Refused` `not_out_of_specification`."""
    chain = _chain(entry, world)
    _require_outside(event, chain, world)
    looked = (world, chain.coi, event.containers, event.site, (), entry.recorded_ms)
    return gates_over(REQUEST_GATES, *looked)


def _require_outside(event: Any, chain: Chain, world: World) -> None:
    met = set(event.tests) - _with_verdict("outside", event, chain, world)
    if met:
        raise Refused("not_out_of_specification", f"{_listed(met)}: no result that counts is outside")


def rejected(entry: Entry, event: Rejected, world: World) -> list[Gate]:
    """Raises `Refused` `unknown_container`; `Conflict` `already_rejected`. No gate stands in its way."""
    chain = _chain(entry, world)
    unknown = set(event.containers) - chain.containers.keys()
    if unknown:
        raise Refused("unknown_container", f"{_listed(unknown)}: this therapy has no such container")
    if all(chain.containers[name].assessment.rejections for name in event.containers):
        raise Conflict("already_rejected", f"{_listed(event.containers)}: rejected before")
    return []


def _release(entry: Entry, event: Any, world: World, excused: Excused = NOTHING_EXCUSED) -> list[Gate]:
    chain = _chain(entry, world)
    _require_other_signer(entry, event, chain, world)
    scope = (event.containers, event.site, event.countries, entry.recorded_ms)
    return release_gates(world, chain.coi, *scope, excused)


def _require_other_signer(entry: Entry, event: Any, chain: Chain, world: World) -> None:
    """Where the product asks for the site's confirmation, somebody else certifies."""
    product = product_of(chain, world)
    if product is None or "site_confirmation" not in (product.rules.required_checks or ()):
        return
    known = [chain.containers[name] for name in event.containers if name in chain.containers]
    for container in known:
        signers = {one.signer for one in container.assessment.confirmations}
        if signers == {entry.signer}:
            raise NotPermitted("same_signer", f"{entry.signer} confirmed {container.id}: another certifies")


def _with_verdict(verdict: str, event: Any, chain: Chain, world: World) -> set[str]:
    """The tests that stand so for one of the event's containers, in one of its countries."""
    product, countries = product_of(chain, world), _countries(event, chain)
    known = [chain.containers[name] for name in event.containers if name in chain.containers]
    found = [verdicts(one, product, countries) for one in known]
    return {test for tests in found for test, one in tests.items() if one == verdict}


def _specified(event: Any, chain: Chain, world: World) -> list[SpecifiedTest]:
    product = product_of(chain, world)
    return [test for one in _countries(event, chain) for test in tests_for(product, one).values()]


def _countries(event: Any, chain: Chain) -> Iterable[str]:
    """A request names no country: it is for the order's."""
    assert chain.order is not None
    return getattr(event, "countries", None) or (chain.order.country,)


def _chain(entry: Entry, world: World) -> Chain:
    return world.chain(entry.stream.removeprefix("chain/"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
