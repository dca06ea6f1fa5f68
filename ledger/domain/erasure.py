"""`PersonalDataErased`: how long a patient's identifiers must be kept, and when they may go.

Regulation (EC) No 1394/2007, Article 15(4): the data are kept "for a minimum of 30 years after the
expiry date of the product, or longer if required by the Commission". Where no expiry is known, from
the day on which the ledger closed the therapy. Where nothing was ever collected, nothing is traced.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.care import care_sites, organisations
from ledger.domain.provisional import before_order
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
    _require_end(chain, world)
    if is_retained(chain, entry.recorded_ms):
        _require_right(event, chain)


def _require_right(event: PersonalDataErased, chain: Chain) -> None:
    until = retained_until(chain)
    kept = f"they must be kept {'until ' + timestamp(until) if until else 'for 30 years'}"
    if event.basis == "retention_ended":
        raise Refused("retention_runs", f"{kept}: the retention has not ended")
    if event.overrides_retention is None:
        raise Refused("retention_not_overridden", f"{kept}: say what stands above that duty")


def _require_end(chain: Chain, world: World) -> None:
    """In a closed therapy nothing is collected, linked or authorised any more without a deviation. Of what
    was collected before an order and never linked, nothing may be left that an order could take."""
    if chain.is_open and chain.closed is None:
        raise Refused("therapy_goes_on", "the patient must be known until the therapy is closed: close it")
    if chain.linked_to is not None:
        raise Refused("therapy_goes_on", f"what was collected here is {chain.linked_to}'s: decide it there")
    if left := sorted(_unlinked(chain, world)):
        detail = f"{', '.join(left)} may still be linked to an order: link or destroy it"
        raise Refused("therapy_goes_on", detail)


def _unlinked(chain: Chain, world: World) -> list[str]:
    """What is left of a collection that no order took, at a hospital whose entry goes with this therapy.
    What became of it behind an order is said there."""
    before = before_order(chain)
    if before is None or before.linked_to is not None:
        return []
    if not set(organisations(world, care_sites(before))) & set(organisations(world, care_sites(chain))):
        return []
    return [name for name, one in before.containers.items() if not (one.is_gone or _is_gone(name, chain))]


def _is_gone(name: str, chain: Chain) -> bool:
    said = chain.mentioned.get(name)
    return said is not None and said.is_gone


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
