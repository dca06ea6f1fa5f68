"""`PersonalDataErased`: how long a patient's identifiers must be kept, and when they may go.

Regulation (EC) No 1394/2007, Article 15(4): the data are kept "for a minimum of 30 years after the
expiry date of the product, or longer if required by the Commission". Where no expiry is known, from
the day on which the ledger closed the therapy. Where nothing was ever collected, nothing is traced.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Conflict, Refused

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.erasure_events import PersonalDataErased
    from ledger.domain.findings import Found
    from ledger.domain.world import Entry, World

RETENTION_YEARS = 30


class Erased(NamedTuple):
    """The entry that says so."""

    position: int
    statement_id: str
    signer: str
    basis: str
    recorded_ms: int


def erasure_of(coi: str, world: World) -> Erased | None:
    """What erased a chain's patient: of a provisional chain that was linked, its therapy's erasure."""
    chain = world.chain(coi)
    return world.chain(chain.linked_to).erased if chain.linked_to else chain.erased


def retained_until(chain: Chain) -> int | None:
    """When the retention of this therapy's identifiers ends, in milliseconds; 0: nothing is retained.

    None: that cannot be said yet, for what has no expiry is kept from the therapy's end. A collection
    that was set aside by the order and never linked is this patient's, too.
    """
    chains = [one for one in (chain, chain.aside) if one is not None and one.containers]
    if not chains:
        return 0
    expiries = [
        one.expires_at for of in chains for name, one in of.containers.items() if of.is_finished(name)
    ]
    from_ms = [milliseconds(one) for one in expiries if one is not None]
    if not from_ms or None in expiries:
        if chain.closed_ms is None:
            return None
        from_ms.append(chain.closed_ms)
    return _years_later(max(from_ms))


def is_retained(chain: Chain, now_ms: int) -> bool:
    until = retained_until(chain)
    return until is None or now_ms < until


def check_erasure(entry: Entry, event: PersonalDataErased, world: World, _: Found) -> None:
    """Raises `Conflict` `already_erased`; `Refused` `therapy_goes_on`, `retention_runs`,
    `retention_not_overridden`."""
    chain = world.chain(entry.stream.removeprefix("chain/"))
    if chain.erased is not None:
        raise Conflict("already_erased", f"it was decided at position {chain.erased.position}")
    _require_end(chain)
    if is_retained(chain, entry.recorded_ms):
        _require_right(event, chain)


def _require_right(event: PersonalDataErased, chain: Chain) -> None:
    until = retained_until(chain)
    kept = f"they must be kept {'until ' + timestamp(until) if until else 'for 30 years'}"
    if event.basis == "retention_ended":
        raise Refused("retention_runs", f"{kept}: the retention has not ended")
    if event.overrides_retention is None:
        raise Refused("retention_not_overridden", f"{kept}: say what stands above that duty")


def _require_end(chain: Chain) -> None:
    """In a closed therapy nothing is collected, linked or authorised any more without a deviation. Before
    an order, nothing may be left that an order could take."""
    if chain.is_open and chain.closed is None:
        raise Refused("therapy_goes_on", "the patient must be known until the therapy is closed: close it")
    if chain.linked_to is not None:
        raise Refused("therapy_goes_on", f"what was collected here is {chain.linked_to}'s: decide it there")
    left = sorted(name for name, one in chain.containers.items() if not one.is_gone)
    if not chain.is_open and left:
        detail = f"{', '.join(left)} may still be linked to an order: link or destroy it"
        raise Refused("therapy_goes_on", detail)


def _years_later(ms: int) -> int:
    """The same day; 29 February becomes 1 March. Ends with the calendar, in the year 9999."""
    then = datetime.fromisoformat(timestamp(ms))
    year = min(then.year + RETENTION_YEARS, 9999)
    try:
        moved = then.replace(year=year)
    except ValueError:
        moved = then.replace(year=year, month=3, day=1)
    return milliseconds(moved.isoformat())


def erasure_tags(event: object) -> tuple[str, ...]:
    """By which a server finds all that it has to destroy."""
    return (ERASURES,) if getattr(event, "type", "") == "PersonalDataErased" else ()


ERASURES = "vault/erased"
