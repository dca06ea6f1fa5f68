"""The order that signers claim, beside the order that the log proves.

Nobody's clock is proof. Of a statement the log proves three things: its place; that it was signed
after the head that its device had seen (`proved_after`); and that it was there when the first head
over it was signed (`proved_before`). `occurred_at` is what its signer says of what happened. So:

1. Two entries are *out of order* where the one that stands later in the log claims to have happened
   earlier. `seen`: its signer's device had seen the other one before it signed. The ledger claims nothing of
   its own: its deviations stand behind what called for them, and are out of order with nothing.
2. A claim lies *outside its bounds*: `after`, where it is later than the head that covers it (a clock is
   wrong); `before`, where it is earlier than the head that the device had seen. That may be so: people write
   down what happened before. Nothing proves it.
3. A decision's signer could not have seen an entry that came to the log after it (`came_later`), although
   it is said to have happened before; nor did they see one that was recorded while they decided
   (`recorded_meanwhile`): they name how many entries they saw. What they signed themselves they knew. It
   *matters* where it touches what the
   decision's gates read.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappush, heappushpop
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.chain import Chain
from ledger.domain.decisions import READS
from ledger.domain.readiness import LAST_MS
from ledger.domain.registry import LEDGER
from ledger.domain.times import milliseconds, timestamp
from ledger.domain.window import PROMPT_MS

if TYPE_CHECKING:
    from ledger.domain.world import Entry

HeadTime = Callable[[int], int | None]
"""When the head of this size was signed (ms); None: it is not known."""
MAX_PAIRS = 1_000


class Placed(NamedTuple):
    """An entry with its claim and its bounds (ms). `rank`, `claimed_rank`: from 0, in the log and by what
    is claimed. `outside_ms`: how far outside the bounds; below zero: before them. `late_ms`: how long after
    its claim it was recorded, where that is more than clocks differ by; else 0."""

    entry: Entry
    occurred_ms: int
    after_ms: int | None
    rank: int
    claimed_rank: int
    outside_ms: int
    late_ms: int

    @property
    def seen_size(self) -> int | None:
        seen = self.entry.event.seen
        return seen.size if seen else None

    def as_dict(self) -> dict[str, Any]:
        outside = "after" if self.outside_ms > 0 else "before" if self.outside_ms else None
        return _named(self.entry) | {
            "occurred_at": self.entry.event.occurred_at,
            "proved_after": None if self.after_ms is None else timestamp(self.after_ms),
            "proved_before": timestamp(self.entry.recorded_ms),
            "seen_size": self.seen_size,
            "rank": self.rank,
            "claimed_rank": self.claimed_rank,
            "outside": outside,
            "outside_ms": abs(self.outside_ms),
            "late_ms": self.late_ms,
        }


class Pair(NamedTuple):
    """`earlier` claims to have happened `by_ms` before `later`, and stands behind it (positions)."""

    earlier: int
    later: int
    by_ms: int
    seen: bool


class Unseen(NamedTuple):
    """`decision` was signed without `entry`. `matters`: what of its gates the entry touches.
    `raised`: codes of the deviations that the entry brought."""

    decision: Entry
    entry: Entry
    why: str
    matters: tuple[str, ...]
    raised: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "decision": self.decision.position,
            "decision_type": self.decision.type,
            "signer": self.decision.signer,
            "entry": self.entry.position,
            "entry_type": self.entry.type,
            "why": self.why,
            "recorded_after_ms": max(0, self.entry.recorded_ms - self.decision.recorded_ms),
            "matters": list(self.matters),
            "raised": list(self.raised),
        }


class Order(NamedTuple):
    """`more_pairs`: those beyond the first `MAX_PAIRS`, only counted."""

    entries: list[Placed]
    pairs: list[Pair]
    more_pairs: int
    unseen: list[Unseen]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, as the server and an offline replay both answer it."""
        return {
            "entries": [one.as_dict() for one in self.entries],
            "pairs": [one._asdict() for one in self.pairs],
            "more_pairs": self.more_pairs,
            "unseen": [one.as_dict() for one in self.unseen],
        }


def _named(entry: Entry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "statement_id": entry.statement_id,
        "type": entry.type,
        "signer": entry.signer,
    }


def order_of(coi: str, entries: Iterable[Entry], head_ms: HeadTime, numbers: Sequence[int] = ()) -> Order:
    """Of a therapy's entries in the log's order, each its share of what it stands in.

    `numbers`: which entry of the therapy each is, from 0, where some are left out: a decision says how
    many of all its signer saw.
    """
    known = list(entries)
    times = [milliseconds(one.event.occurred_at) for one in known]
    claims = _claims(known, times)
    by_claim = sorted(range(len(known)), key=lambda n: (claims[n], n))
    ranks = {n: rank for rank, n in enumerate(by_claim)}
    placed = [_placed(one, n, times[n], ranks[n], head_ms) for n, one in enumerate(known)]
    pairs, count = _pairs(placed)
    return Order(
        placed, pairs, count - len(pairs), list(_unseen(coi, known, times, numbers or range(len(known))))
    )


def _claims(entries: list[Entry], times: list[int]) -> list[int]:
    """When each is said to have happened; a deviation by the ledger with what called for it."""
    found: dict[str, int] = {}
    for entry, at in zip(entries, times, strict=True):
        cause = _cause(entry) or ""
        found[entry.statement_id] = found.get(cause, at)
    return [found[one.statement_id] for one in entries]


def _cause(entry: Entry) -> str | None:
    """What a deviation by the ledger was called for by."""
    is_own = entry.signer == LEDGER and entry.type == "DeviationRaised"
    return getattr(entry.event, "cause", None) if is_own else None


def _placed(entry: Entry, rank: int, occurred_ms: int, claimed: int, head_ms: HeadTime) -> Placed:
    seen = entry.event.seen
    after_ms = head_ms(seen.size) if seen else None
    late_ms = entry.recorded_ms - occurred_ms
    beyond = max(0, occurred_ms - entry.recorded_ms - LAST_MS)
    short = min(0, occurred_ms - after_ms) if after_ms is not None else 0
    return Placed(
        entry, occurred_ms, after_ms, rank, claimed, beyond or short, late_ms if late_ms > PROMPT_MS else 0
    )


def _pairs(placed: list[Placed]) -> tuple[list[Pair], int]:
    """Of any two that claim something, those that the log has the other way round: the `MAX_PAIRS` furthest
    apart, and how many there are. Those before an entry are looked at from the latest claim down, and only
    as long as they can be among the furthest."""
    furthest: list[tuple[int, int, int, Pair]] = []  # a heap, the nearest first
    before: list[tuple[int, int, Placed]] = []  # by claim, of one claim the first in the log last
    count = 0
    for other in (one for one in placed if _cause(one.entry) is None):
        first = bisect(before, (other.occurred_ms, 1))
        count += len(before) - first
        for _, __, later in islice(reversed(before), len(before) - first):
            by_ms = later.occurred_ms - other.occurred_ms
            if len(furthest) == MAX_PAIRS and by_ms < furthest[0][0]:
                break
            _keep(furthest, _pair(other, later, by_ms))
        insort(before, (other.occurred_ms, -other.entry.position, other))
    return [one for *_, one in sorted(furthest, reverse=True)], count


def _keep(furthest: list[tuple[int, int, int, Pair]], pair: Pair) -> None:
    item = (pair.by_ms, -pair.earlier, -pair.later, pair)
    if len(furthest) < MAX_PAIRS:
        heappush(furthest, item)
    else:
        heappushpop(furthest, item)


def _pair(other: Placed, later: Placed, by_ms: int) -> Pair:
    seen = (other.seen_size or 0) > later.entry.position
    return Pair(other.entry.position, later.entry.position, by_ms, seen)


# --- what a decision's signer could not have seen ----------------------------------------


def _unseen(coi: str, entries: list[Entry], times: list[int], numbers: Sequence[int]) -> Iterator[Unseen]:
    touched = _touched(coi, entries)
    raised = _raised(entries)
    for n, decision in enumerate(entries):
        if decision.event.kind != "decision":
            continue
        saw = getattr(decision.event, "chain_version", numbers[n])
        for m, entry in enumerate(entries):
            late = m > n and times[m] < times[n]
            why = "came_later" if late else "recorded_meanwhile" if saw <= numbers[m] < numbers[n] else ""
            if why and not _is_known(entry, decision):
                reads = READS.get(decision.type, ())
                matters = tuple(group for group in reads if group in touched[m])
                yield Unseen(decision, entry, why, matters, raised.get(entry.statement_id, ()))


def _is_known(entry: Entry, decision: Entry) -> bool:
    """What its signer did, on whatever device; and the ledger's own deviation behind the decision, which is
    its effect."""
    return entry.signer == decision.signer or getattr(entry.event, "cause", None) == decision.statement_id


def _touched(coi: str, entries: list[Entry]) -> list[frozenset[str]]:
    """For each entry, the groups of gates that it can change, itself or by a deviation that it brought."""
    chain, found = Chain(coi), dict[str, frozenset[str]]()
    for entry in entries:
        chain.apply(entry)
        groups = frozenset(group for group, at in chain.touched.items() if at == chain.version)
        found[entry.statement_id] = groups
        cause = getattr(entry.event, "cause", None)
        if cause in found:
            found[cause] |= groups
    return [found[one.statement_id] for one in entries]


def _raised(entries: list[Entry]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in entries:
        cause, code = getattr(one.event, "cause", None), getattr(one.event, "code", None)
        if one.type == "DeviationRaised" and cause and code:
            found[cause] = (*found.get(cause, ()), code)
    return found
