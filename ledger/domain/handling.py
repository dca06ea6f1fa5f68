"""What is wrong with a receipt, a refusal, a swap, a return or a destruction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.domain.custody import Holder
from ledger.domain.questions import held_by, known_here

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.custody import Handover
    from ledger.domain.disposal import Disposal
    from ledger.domain.findings import Found
    from ledger.domain.handling_events import (
        CustodyRefused,
        Destroyed,
        DestructionWitnessed,
        ReceiptInspected,
        Returned,
        ShipperSwapped,
    )
    from ledger.domain.parts import Party
    from ledger.domain.therapy_events import CustodyAccepted
    from ledger.domain.world import Entry, World


def same_seal(containers: Sequence[Container], shipper: str, seal: str | None, found: Found) -> None:
    """Against the packing that is known; another shipper's seal says nothing about this one."""
    for container in containers:
        packed = container.packing
        if packed and packed.shipper == shipper and packed.seal and seal and packed.seal != seal:
            found.add("seal_differs", container.id)


def kept_together(containers: Sequence[Container], chain: Chain, found: Found) -> None:
    """A bag and its cassette change hands together, until the bag is thawed or gone.

    Custody never follows from custody of something else: who signs names what they hand over.
    """
    named = {container.id for container in containers}
    for bag in chain.containers.values():
        apart = bag.inside in chain.containers and (bag.id in named) != (bag.inside in named)
        if apart and not (bag.thaw_starts or bag.is_gone):
            found.add("parted_from_cassette", bag.id)


def inspected(_: Entry, event: ReceiptInspected, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    _held_or_offered(containers, event.at, found)
    same_seal(containers, event.shipper, event.seal, found)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)
    # More may have come than these: the shipper may carry other patients' containers.
    if event.expected != event.received or event.received < len(set(event.containers)):
        found.add("receipt_count_differs", *event.containers)


def _held_or_offered(containers: Sequence[Container], at: Party, found: Found) -> None:
    """One looks before one accepts."""
    actor = Holder(at.site, at.department)
    waiting = [one for one in containers if not (one.offered and one.offered.receiver == actor)]
    held_by(waiting, at, found)


def refused(entry: Entry, event: CustodyRefused, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    found.add("custody_refused", *event.containers)
    answered_twice(entry, event, chain, found)


def refusal_fits(release: Handover, refusal: Handover, found: Found) -> None:
    """Two sides of one hand-over, whichever arrived last."""
    unlisted = [name for name in refusal.containers if name not in release.containers]
    is_release = not (release.accepts or release.refuses)
    if unlisted or not is_release or not refusal.has_parties_of(release):
        found.add("refusal_differs", *refusal.containers)


def answered_twice(entry: Entry, event: CustodyAccepted | CustodyRefused, chain: Chain, found: Found) -> None:
    """The same release, the same container: accepted and refused. Told by whichever arrives last."""
    known = (chain.handovers.get(name) for name in chain.answers.get(event.release or "", ()))
    refuses = event.type == "CustodyRefused"
    others = {name for one in known if one and one.refuses != refuses for name in one.containers}
    both = [name for name in event.containers if name in others]
    if both:
        found.add("accepted_and_refused", *both)


def swapped(_: Entry, event: ShipperSwapped, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    same_seal(containers, event.old_shipper, event.old_seal, found)
    found.add("shipper_swapped", *event.containers)


def returned(_: Entry, event: Returned, chain: Chain, world: World, found: Found) -> None:
    held_by(known_here(event.containers, chain, world, found), event.at, found)
    found.add("container_returned", *event.containers)


def destroyed(entry: Entry, event: Destroyed, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    again = [container.id for container in containers if container.destroyed]
    if again:
        found.add("repeated_step", *again)
    disposal = chain.disposals.get(entry.statement_id)
    for witness in disposal.witnesses if disposal else ():
        _witness_fits(witness.signer, witness.containers, entry.signer, event.containers, found)


def witnessed(entry: Entry, event: DestructionWitnessed, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    disposal = chain.disposals.get(event.destruction)
    if disposal and disposal.said:
        _witness_fits(entry.signer, event.containers, disposal.said.signer, disposal.containers, found)


def _witness_fits(
    witness: str, seen: Sequence[str], signer: str, destroyed: Sequence[str], found: Found
) -> None:
    """Another person, who saw these containers and no others. Told by whichever arrives last."""
    if witness == signer:
        found.add("same_signer", *seen)
    unlisted = [name for name in seen if name not in destroyed]
    if unlisted:
        found.add("witness_differs", *unlisted)


def find_unwitnessed(chain: Chain, found: Found) -> None:
    """Asked when the therapy is closed: every destruction has its second person."""
    for disposal in chain.disposals.values():
        _add_unwitnessed(disposal, found)


def _add_unwitnessed(disposal: Disposal, found: Found) -> None:
    names = disposal.unwitnessed()
    if names:
        found.add("destruction_unwitnessed", *names)
