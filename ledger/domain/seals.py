"""What the ledger itself attests: that a logger's own, signed readings are about these containers.

Nobody is asked for a relation here, so the form is narrow, and an audit asks the same of every such
entry: the readings came live (`read_as`), signed by an agent that was enrolled as a device; each container
had been packed with that logger before the first of them, by the party that the statement names, in a
phase that somebody said or that follows from what it is. None of this can cease to hold, so what may be
said once may be said ever after. The logger's calibration is the one of the time of the first reading, and
a signature that no longer counts, because its key was revoked since, is `failed`, and raises its
deviation: both are looked up when the statement is made (`Ledger.attest`).

Not asked: that the readings end with the placement, and that no thaw came before. What is said late of
either would make a seal false that was right when it was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.custody import Holder
from ledger.domain.registry import LEDGER
from ledger.domain.temperature_events import ReadAs
from ledger.errors import NotPermitted

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container, Packing
    from ledger.domain.parts import Phase
    from ledger.domain.temperature_events import TemperatureEvidenceAttached
    from ledger.domain.world import Entry, World

READ_AS = ReadAs(format="unbroken_live", zone="+00:00")  # a segment, see `ledger/live/segment.py`


def is_seal(entry: Entry) -> bool:
    """True for readings that the ledger attests with its own key."""
    return entry.signer == LEDGER and entry.event.type == "TemperatureEvidenceAttached"


def require_seal(event: TemperatureEvidenceAttached, chain: Chain, world: World) -> None:
    """Of one therapy's share. Raises `NotPermitted` (`unfounded_seal`)."""
    if event.read_as != READ_AS:
        raise _unfounded("it attaches readings that did not come live")
    if event.device_signature == "absent":
        raise _unfounded("no logger signed them")
    _require_logger(event, world)
    if not chain.is_open:
        raise _unfounded(f"nobody ordered {chain.coi}")
    for name in event.containers:
        if not _was_packed(event, chain, name):
            why = f"{name} had not been packed with {event.logger!r} by then, there, {event.phase}"
            raise _unfounded(why)


def _require_logger(event: TemperatureEvidenceAttached, world: World) -> None:
    device, equipment = world.agent(event.logger), world.equipment(event.logger)
    if device is None or not device.was_device:
        raise _unfounded(f"{event.logger!r} was never enrolled as a device")
    if event.calibrated_until != (equipment.calibrated_at(event.started_at) if equipment else None):
        raise _unfounded(f"{event.logger!r} was not calibrated until then when it measured")


def _was_packed(event: TemperatureEvidenceAttached, chain: Chain, name: str) -> bool:
    container = chain.containers.get(name)
    at = Holder(event.at.site, event.at.department)
    return container is not None and any(
        one.logger == event.logger
        and one.at == at
        and one.occurred_at <= event.started_at
        and event.phase in _phases(container, one, event.started_at)
        for one in container.packings
    )


def _phases(container: Container, packing: Packing, moment: str) -> set[Phase]:
    """Those that `placements` may ever have found at the moment, as more and more became known."""
    found: set[Phase]
    if packing.phase is not None:
        found = {packing.phase}
    else:
        earlier = (one for one in container.packings if one.occurred_at <= packing.occurred_at)
        found = {"fresh", "frozen", *(one.phase for one in earlier if one.phase)}
    return found | {"thawed"} if any(one.occurred_at <= moment for one in container.thaw_starts) else found


def _unfounded(why: str) -> NotPermitted:
    return NotPermitted("unfounded_seal", f"the ledger attests no such readings: {why}")
