"""How inspection, swap, return and destruction change a chain.

As everything in `evolve.py`: fast, total, and judging nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.container import Packing
from ledger.domain.deviation import Quarantine
from ledger.domain.disposal import Disposal, Witness
from ledger.domain.happened import later, moment

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.handling_events import (
        Destroyed,
        DestructionWitnessed,
        Packed,
        ReceiptInspected,
        Returned,
        ShipperSwapped,
        Unpacked,
    )
    from ledger.domain.world import Entry

ON_RECEIPT = "receipt_inspection"  # the reason of a quarantine that an inspection began


def packed(chain: Chain, entry: Entry, event: Packed | ShipperSwapped) -> None:
    by, phase = event.at, event.phase if event.type == "Packed" else None
    when = moment(entry, by.site)
    packing = Packing(when, by.department, event.shipper, event.seal, event.logger, phase)
    for name in dict.fromkeys(event.containers):
        chain.container(name).packings.append(packing)


def unpacked(chain: Chain, entry: Entry, event: Unpacked) -> None:
    for name in event.containers:
        chain.container(name).unpacked.append(moment(entry, event.at.site))


def inspected(chain: Chain, entry: Entry, event: ReceiptInspected) -> None:
    for name in event.containers:
        chain.container(name).inspected.append(moment(entry, event.at.site))
    if event.outcome == "quarantine":
        chain.quarantines[entry.statement_id] = Quarantine(
            entry.statement_id,
            ON_RECEIPT,
            tuple(event.containers),
            entry.signer,
            entry.position,
            chain.version,
        )
        chain.touched["quarantine"] = chain.version


def returned(chain: Chain, entry: Entry, event: Returned) -> None:
    for name in event.containers:
        container = chain.container(name)
        container.returned = later(container.returned, moment(entry, event.at.site))


def destroyed(chain: Chain, entry: Entry, event: Destroyed) -> None:
    disposal = _disposal(chain, entry.statement_id)
    disposal.containers, disposal.said = tuple(event.containers), moment(entry, event.at.site)
    for name in event.containers:
        container = chain.container(name)
        container.destroyed = container.destroyed or disposal.said
    chain.touched["container"] = chain.version


def witnessed(chain: Chain, entry: Entry, event: DestructionWitnessed) -> None:
    witness = Witness(entry.position, entry.signer, tuple(event.containers))
    _disposal(chain, event.destruction).witnesses.append(witness)


def _disposal(chain: Chain, statement_id: str) -> Disposal:
    return chain.disposals.setdefault(statement_id, Disposal(statement_id))
