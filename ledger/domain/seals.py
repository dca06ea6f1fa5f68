"""What the ledger itself attests: that a logger's own, signed readings are about these containers.

Nobody is asked for a relation here, so the form is narrow, and an audit asks the same of every such
entry: the readings came live (`read_as`), signed by an enrolled agent; each container had been packed
with that logger before the first of them, by the party that the statement names. None of this can
cease to hold, so what may be said once may be said ever after. A signature that no longer counts,
because its key was revoked since, is said as `failed`, and raises its deviation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.custody import Holder
from ledger.domain.registry import LEDGER
from ledger.domain.temperature_events import ReadAs
from ledger.errors import NotPermitted

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
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
    if world.agent(event.logger) is None:
        raise _unfounded(f"{event.logger!r} was never enrolled")
    if not chain.is_open:
        raise _unfounded(f"nobody ordered {chain.coi}")
    for name in event.containers:
        if not _was_packed(event, chain, name):
            raise _unfounded(f"{name} had not been packed with {event.logger!r} by then, there")


def _was_packed(event: TemperatureEvidenceAttached, chain: Chain, name: str) -> bool:
    container = chain.containers.get(name)
    at = Holder(event.at.site, event.at.department)
    return container is not None and any(
        one.logger == event.logger and one.at == at and one.occurred_at <= event.started_at
        for one in container.packings
    )


def _unfounded(why: str) -> NotPermitted:
    return NotPermitted("unfounded_seal", f"the ledger attests no such readings: {why}")
