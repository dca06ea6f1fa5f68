"""The account of a therapy: what the ledger shows of it at a moment, point by point.

A *point* is an address such as `custody/BAG-1/holder`, its value plain JSON and never null: what is
not there has no point. An account is a value in itself, so that two can be compared
(`difference.py`), whoever folded the worlds that they were read from.

    therapy/…                         order, end, consent, fitness, lymphodepletion
    custody/<bag>/…                   holder, who it was offered to, who claims it
    container/<bag>/…                 status, label, volume, packing, storage, releases
    deviation/<statement id>          code, severity, containers, how Quality dispositioned it
    quarantine/<statement id>         reason, containers, whether it holds
    temperature/<bag>/<phase>         verdict against the product's profile, and what of the budget is spent
    gate/<check>/<bag or site>/<gate> outcome and sentence of each gate, as of the moment
    role/<agent>/…                    roles in effect by site, qualifications
    site/<site>                       those of the order: in force or not

Patients' commitments are in none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ledger.domain.gates import infusion_gates, lymphodepletion_gates, release_gates
from ledger.domain.label_state import label_on
from ledger.domain.standing import care_and_manufacture, may_read_chain
from ledger.domain.temperature import judged
from ledger.domain.temperature_rules import evidence_of, profiles_of, unproved

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.custody import Holder
    from ledger.domain.gates import Gate
    from ledger.domain.registry import Agent
    from ledger.domain.world import World

Account = dict[str, Any]
Points = Iterator[tuple[str, Any]]


def account_of(world: World, coi: str, now_ms: int, people: Iterable[str] = (), seen_by: str = "") -> Account:
    """All points of the therapy in this world, gates and windows as of `now_ms`.

    `people`: whose roles are told; as a rule, who had signed an entry of the therapy by then.
    `seen_by`: an agent; then the account is empty where that one
    could not read the therapy in this world.
    """
    chain = world.chain(coi)
    if not chain.version or (seen_by and not is_shown(world, coi, seen_by)):
        return {}
    points = (
        _therapy(chain),
        _containers(chain),
        _deviations(chain),
        _temperature(chain, world),
        _gates(chain, world, now_ms),
        _registry(chain, world),
        roles_told(world, people),
    )
    return {name: value for part in points for name, value in part if value is not None}


def could_ask(world: World, agent: str) -> bool:
    """True if the agent was enrolled and had a key in force, in this world: nobody else can sign in."""
    who = world.agent(agent)
    return who is not None and bool(who.keys)


def is_shown(world: World, coi: str, agent: str) -> bool:
    """True if the agent could ask, and read the therapy, in this world."""
    who, chain = world.agent(agent), world.chain(coi)
    if who is None or not could_ask(world, agent):
        return False
    return chain.version > 0 and may_read_chain(who, world, chain)


def of_container(account: Account, chain: Chain, name: str) -> Account:
    """The points that are about one container, or about the whole therapy."""
    lineage = chain.lineage(name)

    def concerns(point: str, value: Any) -> bool:
        kind, _, rest = point.partition("/")
        if kind in ("custody", "container", "temperature"):
            return rest.split("/")[0] in lineage
        if kind == "gate":
            return name in rest.split("/") or rest.startswith("lymphodepletion/")
        if kind in ("deviation", "quarantine"):
            return not value["containers"] or not lineage.isdisjoint(value["containers"])
        return True

    return {point: value for point, value in account.items() if concerns(point, value)}


def of_site(world: World, coi: str, site: str, seen_by: str = "") -> Account:
    """The points of the therapy's containers that the site holds or is offered, and of what stops them."""
    chain = world.chain(coi)
    if seen_by and not is_shown(world, coi, seen_by):
        return {}
    here = [one for one in chain.containers.values() if site in _sites(one)]
    points = [
        point for one in here for part in (custody_told(one), container_told(one, chain)) for point in part
    ]
    names = {name for one in here for name in chain.lineage(one.id)}
    stops = [
        (point, value) for point, value in _deviations(chain) if not names.isdisjoint(value["containers"])
    ]
    return {point: value for point, value in (*points, *stops) if value is not None}


def _sites(one: Container) -> set[str]:
    offered = one.offered
    return {place.site for place in (one.holder, offered.receiver if offered else None) if place}


# --- the therapy -----------------------------------------------------------------------


def _therapy(chain: Chain) -> Points:
    order, ready = chain.order, chain.readiness
    if order is not None:
        yield "therapy/product", f"{order.product.product} v{order.product.version}"
        yield "therapy/protocol", order.protocol
        yield "therapy/treatment", order.sites.treatment
    if ready.consent or ready.withdrawal:
        yield "therapy/consent", "withdrawn" if ready.is_withdrawn else f"stands: {ready.form}"
    if ready.fitness:
        yield "therapy/fitness", "fit" if ready.fitness.is_fit else "unfit"
        yield "therapy/fit_until", ready.fitness.valid_until
    yield "therapy/available", sorted(ready.availability.containers) if ready.availability else None
    yield "therapy/lymphodepletion", _lymphodepletion(chain)
    for one in ready.overrides.values():
        yield f"therapy/override/{one.id}", "confirmed" if one.confirmed is not None else "waits for a second"
    yield "therapy/closed_at", chain.closed_at
    yield "therapy/linked", chain.linked_to is not None or None  # to which one is not for every reader


def _lymphodepletion(chain: Chain) -> str | None:
    ready = chain.readiness
    if ready.started is not None:
        return f"started: {ready.regimen}"
    return "authorised" if ready.authorisation else None


def _containers(chain: Chain) -> Points:
    for one in chain.containers.values():
        yield from custody_told(one)
        yield from container_told(one, chain)


def custody_told(one: Container) -> Points:
    claims = sorted({_place(claim.receiver) for claim in one.custody.claims.values()})
    yield f"custody/{one.id}/holder", _place(one.holder) if one.holder else None
    yield f"custody/{one.id}/offered_to", _place(one.offered.receiver) if one.offered else None
    yield f"custody/{one.id}/claimed_by", claims or None


def container_told(one: Container, chain: Chain) -> Points:
    label, packed, stored = label_on(one.id, chain), one.packing, one.storage
    told: dict[str, Any] = {
        "status": one.status,
        "quarantined": any(chain.quarantined(one.id)) or None,
        "rejected": chain.is_rejected(one.id) or None,
        "lost": one.is_lost or None,
        "returned": one.returned is not None or None,
        "label": label.serial if label else None,
        "left_ul": one.left_ul,
        "inside": one.inside,
        "packed": f"{packed.shipper}, seal {packed.seal or '-'}, logger {packed.logger or '-'}"
        if packed
        else None,
        "stored": stored.location if stored and stored.retrieved is None else None,
        "expires_at": one.expires_at,
        "released": [_release(each) for each in one.quality_releases] or None,
        "checks": len(one.checks) or None,  # how many, not what a blind one found
        "authorised_by": one.authorisation.signer if one.authorisation else None,
        "dose_given_ul": one.dose_given_ul,
    }
    yield from ((f"container/{one.id}/{name}", value) for name, value in told.items())


def _release(one: Any) -> str:
    return f"{one.kind} for {', '.join(sorted(one.countries))} ({', '.join(sorted(one.protocols))})"


def _place(holder: Holder) -> str:
    return f"{holder.site}/{holder.department}"


def _deviations(chain: Chain) -> Points:
    for one in chain.deviations.values():
        state = one.disposition or "open"
        yield (
            f"deviation/{one.id}",
            {"code": one.code, "severity": one.severity, "containers": list(one.containers), "state": state}
            | {"blocks": one.blocks},
        )
    for held in chain.quarantines.values():
        told = {"reason": held.reason, "containers": list(held.containers)}
        yield f"quarantine/{held.id}", told | {"state": "holds" if held.holds else "lifted"}


# --- what is judged --------------------------------------------------------------------


def _temperature(chain: Chain, world: World) -> Points:
    for name in chain.containers:
        for profile in profiles_of(chain, world):
            evidence = evidence_of(chain, name, profile.phase)
            if evidence:
                judgement = judged(evidence, profile)
                yield (
                    f"temperature/{name}/{profile.phase}",
                    {
                        "within_limits": judgement.is_within_limits,
                        "broken": sorted(judgement.broken),
                        "excursions": len(judgement.excursions),
                        "gaps": len(judgement.gaps),
                        "spent_s": -(-judgement.spent_ms // 1000),
                    },
                )
        legs = [f"{leg.carrier.site} from entry {leg.began}" for leg in unproved(chain, name, world)]
        yield f"temperature/{name}/unproved", legs or None


def _gates(chain: Chain, world: World, now_ms: int) -> Points:
    order = chain.order
    if order is None:
        return
    coi, treatment = chain.coi, order.sites.treatment
    yield from _told(
        f"gate/lymphodepletion/{treatment}", lymphodepletion_gates(world, coi, treatment, now_ms)
    )
    for one in chain.containers.values():
        if chain.is_finished(one.id) and not one.is_consumed:
            made = one.custody.origin.site if one.custody.origin else ""
            asked = (world, coi, [one.id], made, [order.country], now_ms)
            yield from _told(f"gate/release/{one.id}", release_gates(*asked))
            yield from _told(f"gate/infusion/{one.id}", infusion_gates(world, coi, one.id, treatment, now_ms))


def _told(prefix: str, gates: Iterable[Gate]) -> Points:
    for gate in gates:
        outcome = "passed" if gate.passed else "overridden" if gate.overridden else "failed"
        yield f"{prefix}/{gate.name}", {"outcome": outcome, "detail": gate.detail}


# --- who may what ----------------------------------------------------------------------


def roles_told(world: World, people: Iterable[str]) -> Points:
    """Roles in effect and qualifications of these people, as far as they are enrolled."""
    for name in people:
        agent = world.agent(name)
        if agent is not None:
            yield from _agent(agent)


def _agent(agent: Agent) -> Points:
    for site, roles in agent.roles_at.items():
        yield f"role/{agent.id}/at/{site}", sorted(roles)
    for name, held in agent.qualifications.items():
        yield f"role/{agent.id}/qualified/{name}", held.expires_at


def _registry(chain: Chain, world: World) -> Points:
    order = chain.order
    if order is None:
        return
    for name in dict.fromkeys((*care_and_manufacture(order.sites), *order.sites.couriers)):
        site = world.site(name)
        yield f"site/{name}", site.status if site else None
