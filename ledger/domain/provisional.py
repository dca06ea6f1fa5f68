"""Provisional chains: what a collection site records before its order is in the log (ADR-0009).

Facts of a collection under an id that nobody has ordered open a provisional chain, which
belongs to the site whose people opened it. An order under the same id sets it aside, so
that nobody can stand in the way of an order. Only `ChainLinked` brings its containers into
an ordered therapy, and only people of the collection site may say that.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.naming import sites_of
from ledger.domain.policy import permits

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.registry import Agent
    from ledger.domain.world import Entry, World

OPENING = frozenset(
    {
        "PatientIdentified",
        "CollectionCompleted",
        "LabelIssued",
        "LabelPrinted",
        "LabelApplied",
        "LabelScannedBack",
        "CustodyReleased",
    }
)
# What may follow; anything else needs an order, and is kept for review without one.
FOLLOWING = OPENING | {
    "LabelVoided",
    "LabelDestroyed",
    "CustodyAccepted",
    "CustodyRefused",
    "ReceiptInspected",
    "Packed",
    "Unpacked",
    "SealChecked",
    "ShipperSwapped",
    "Stored",
    "Retrieved",
    "Quarantined",
    "ContainerDamaged",
    "ContainerLost",
    "ContainerFound",
    "Returned",
    "Destroyed",
    "DestructionWitnessed",
    "DeviationRaised",
}
_OPENERS = frozenset({"apheresis"})


class Provisional(NamedTuple):
    """The site that the chain belongs to, and the entry that opened it."""

    site: str
    position: int
    signer: str


def may_open(entry: Entry, agent: Agent, world: World) -> bool:
    """True for a fact of a collection by an apheresis person, acting for a site in force."""
    if entry.event.type not in OPENING:
        return False
    site = world.site(sites_of(entry.event)[0])
    acts = site is not None and site.in_force and agent.has_role(_OPENERS, site.id)
    return acts and permits(entry, agent, world)


def begin(chain: Chain, entry: Entry) -> None:
    """The first entry under an id without an order says whose provisional chain it is."""
    sites = sites_of(entry.event)
    if chain.provisional is None and sites:
        chain.provisional = Provisional(sites[0], entry.position, entry.signer)
        chain.planned = frozenset([sites[0]])


def set_aside(chain: Chain) -> None:
    """An order begins with nothing; what stood under its id before waits for a link."""
    before = replace(chain)
    fresh: Any = type(chain)(chain.coi, chain.version)
    for one in fields(chain):
        setattr(chain, one.name, getattr(fresh, one.name))
    chain.aside = before


def before_order(chain: Chain) -> Chain | None:
    """The provisional chain under this id, set aside or not; None: there was none."""
    found = chain.aside if chain.is_open else chain
    return found if found is not None and found.provisional is not None else None


def taken(chain: Chain, coi: str) -> None:
    """Its containers belong to an ordered therapy now."""
    chain.linked_to = coi
    chain.containers.clear()
    chain.waiting.clear()
