"""Time out of storage: between taking a container out of its storage and putting it away again.

It runs from `Retrieved` to the next `Stored`, packing, beginning of manufacture or thaw: what
follows the thaw is the window's. All such times add up, those of what it was split off or
pooled from included: what is made while its parent is out is out from then on. Judged by the
worst case within bounds, as in `window.py`: it was out from the earliest moment to the latest.
Where a removal has no bound, the time counts as used up. A container is judged by the profile of
the phase that its evidence and its packings are of. Where none says so, finished product is
frozen, and anything else fresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.container import Moment
from ledger.domain.happened import moment
from ledger.domain.intervals import union
from ledger.domain.naming import containers_of
from ledger.domain.temperature_rules import KEEPS_BUDGET, concerned, evidence_of, profiles_of, sources
from ledger.domain.times import milliseconds
from ledger.domain.window import earliest_ms, latest_ms

if TYPE_CHECKING:
    from typing import Any

    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.findings import Found
    from ledger.domain.intervals import Interval
    from ledger.domain.world import Entry, World

TOO_LONG = "out_of_storage_too_long"
_TAKES_OUT = frozenset({"Retrieved"})
_PUTS_AWAY = frozenset(
    {"Stored", "Packed", "ShipperSwapped", "ThawStarted", "ManufacturingStarted", "ManufacturingRestarted"}
    | {"ContainersDerived"}  # as far as is known by then: what is left in the parent may still be out
)
_MOVES = _TAKES_OUT | _PUTS_AWAY
Time = tuple[Moment, "Moment | None"]  # taken out, put away; None: not yet


class Out(NamedTuple):
    """`spent_ms` in the worst case (None: no bound), `claimed_ms` as the signers say, `since` what
    is not put away yet. `proof`: positions."""

    spent_ms: int | None
    claimed_ms: int
    since: str | None
    proof: tuple[int, ...]


def limit_of(chain: Chain, name: str, world: World) -> int | None:
    """Seconds; None: the product sets none for this container."""
    profiles = profiles_of(chain, world)
    phases = {one.phase for one in profiles if evidence_of(chain, name, one.phase)}
    container = _known(chain, name)
    phases |= {one.phase for one in container.packings if one.phase} if container else set()
    judging = phases - {"thawed"} or {"frozen" if chain.is_finished(name) else "fresh"}
    limits = [one.out_of_storage_s for one in profiles if one.phase in judging]
    return min((limit for limit in limits if limit is not None), default=None)


def out_of_storage(chain: Chain, name: str, world: World, added: Entry | None = None) -> Out | None:
    """None: it was never taken out. `added`: as if this entry had been recorded, too."""
    worst: list[Interval | None] = []
    claimed: list[Interval] = []
    since: list[str] = []
    proof: set[int] = set()
    known: dict[str, list[Time]] = {}
    for one, until_ms in sources(chain, name).items():
        for out, away in _times(chain, one, added, known):
            if milliseconds(out.occurred_at) >= until_ms:
                continue
            proof |= {out.position, away.position} if away else {out.position}
            if away is None and one == name:
                since += [out.occurred_at]
                continue
            said_ms = milliseconds(away.occurred_at) if away else until_ms
            claimed.append(_within(milliseconds(out.occurred_at), said_ms, until_ms))
            start_ms = earliest_ms(out, world)
            end_ms = latest_ms(away.occurred_at, away.recorded_ms) if away else until_ms
            worst.append(None if start_ms is None else _within(start_ms, end_ms, until_ms))
    if not proof:
        return None
    bounded = [one for one in worst if one is not None]
    spent_ms = _length(bounded) if len(bounded) == len(worst) else None
    return Out(spent_ms, _length(claimed), min(since, default=None), tuple(sorted(proof)))


def find_too_long(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """Once at each statement that adds to it beyond the limit."""
    limits = [one.out_of_storage_s for one in profiles_of(chain, world)]
    if entry.type not in _MOVES or not any(one is not None for one in limits):
        return
    names = containers_of(entry.event)
    for name in dict.fromkeys((*names, *concerned(chain, names))):
        limit_s = limit_of(chain, name, world)
        if limit_s is not None:
            before, after = out_of_storage(chain, name, world), out_of_storage(chain, name, world, entry)
            if after and exceeds(after, limit_s) and (before is None or before.spent_ms != after.spent_ms):
                found.add(TOO_LONG, name)


def exceeds(out: Out, limit_s: int) -> bool:
    return out.spent_ms is None or out.spent_ms > limit_s * 1000


def _known(chain: Chain, name: str) -> Container | None:
    return chain.containers.get(name) or chain.mentioned.get(name)


def _times(chain: Chain, name: str, added: Entry | None, known: dict[str, list[Time]]) -> list[Time]:
    """Each time that it was taken out, with the next time that it was put away. `known`: kept here."""
    if name in known:
        return known[name]
    known[name] = []  # nothing is its own parent, whatever is said
    container = _known(chain, name)
    out = [*container.taken_out, *_born_out(chain, container, added, known)] if container else []
    away = _put_away(chain, container) if container else []
    if added and name in containers_of(added.event):
        event: Any = added.event
        (out if added.type in _TAKES_OUT else away).append(moment(added, event.at.site))
    away.sort(key=lambda one: (one.occurred_at, one.position))
    known[name] = [
        (one, next((end for end in away if end.occurred_at > one.occurred_at), None)) for one in out
    ]
    return known[name]


def _born_out(
    chain: Chain, container: Container, added: Entry | None, known: dict[str, list[Time]]
) -> Iterator[Moment]:
    """When it was made, if a parent was out of storage then, as the signers say."""
    made_at = container.made_at
    for parent in container.parents if container.made_by in KEEPS_BUDGET else ():
        for out, away in _times(chain, parent, added, known):
            if out.occurred_at < made_at and (away is None or away.occurred_at >= made_at):
                # Until then its parent was out: there is no earlier beginning to look for.
                yield _made(container)
                return


def _put_away(chain: Chain, container: Container) -> list[Moment]:
    """Also what ends all: nothing that is used up or destroyed is out of storage."""
    ends = [*container.put_in, *container.packed, *container.thaw_starts, *container.into_manufacture]
    ends += [one for one in (container.infusion_start, container.destroyed) if one]
    return [*ends, *_used_up(chain, container)]


def _used_up(chain: Chain, container: Container) -> list[Moment]:
    """When the last of it went into what was made of it."""
    if not container.is_consumed:
        return []
    made = [one for one in chain.containers.values() if container.id in one.parents]
    last = max(made, key=lambda one: (one.made_at, one.position), default=None)
    return [_made(last)] if last else []


def _made(container: Container) -> Moment:
    return Moment(container.position, container.made_at, None, milliseconds(container.made_at), "", "")


def _within(start_ms: int, end_ms: int, until_ms: int) -> Interval:
    end_ms = min(end_ms, until_ms)
    return min(start_ms, end_ms), end_ms


def _length(stretches: list[Interval]) -> int:
    return sum(end - start for start, end in union(stretches))
