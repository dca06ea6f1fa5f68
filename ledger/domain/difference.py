"""What changed between two moments, and which entry made each change.

A *trail* is every change of every point, step by step: it goes along the entries that can change
the account, and along the clock, which closes windows without any entry. The *difference* of two
moments is the trail's net: each point that has another value at the end, once. Laws, which tests hold:

1. The difference of an account with itself is empty.
2. `applied(a, difference(a, b)) == b`.
3. Trails join: the trail from A to C is that from A to B and then that from B to C.
4. The net of joined trails is the difference of their outermost accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.times import timestamp

if TYPE_CHECKING:
    from ledger.domain.account import Account


class Change(NamedTuple):
    """`before`, `after`: the point's values; None: there was no such point.

    `position`: the entry that made it, in a difference the last that did; None: time alone, as far as
    `at_ms`. `through`: positions of all entries that touched the point on the way.
    """

    point: str
    before: Any
    after: Any
    position: int | None = None
    at_ms: int = 0
    through: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, as the server and an offline replay both answer it."""
        told = self._asdict() | {"at": timestamp(self.at_ms), "through": list(self.through)}
        del told["at_ms"]
        return told


class Step(NamedTuple):
    """The account after an entry; `position` None: no entry, only later."""

    position: int | None
    at_ms: int
    account: Account


def difference(before: Account, after: Account, position: int | None = None, at_ms: int = 0) -> list[Change]:
    """Each point that differs, by name; all of them made by one entry, or by none."""
    through = () if position is None else (position,)
    return [
        Change(point, before.get(point), after.get(point), position, at_ms, through)
        for point in sorted(before.keys() | after.keys())
        if before.get(point) != after.get(point)
    ]


def applied(account: Account, changes: Iterable[Change]) -> Account:
    """The account after the changes."""
    found = dict(account)
    for one in changes:
        found.pop(one.point, None)
        if one.after is not None:
            found[one.point] = one.after
    return found


def trail(start: Account, steps: Iterable[Step]) -> Iterator[Change]:
    """Every change along the steps."""
    before = start
    for step in steps:
        yield from difference(before, step.account, step.position, step.at_ms)
        before = step.account


def net(changes: Iterable[Change]) -> list[Change]:
    """What a trail comes to, by point; what was undone on the way is not in it."""
    first: dict[str, Change] = {}
    last: dict[str, Change] = {}
    through: dict[str, dict[int, None]] = {}
    for one in changes:
        first.setdefault(one.point, one)
        last[one.point] = one
        through.setdefault(one.point, {}).update(dict.fromkeys(one.through))
    return [
        last[point]._replace(before=first[point].before, through=tuple(through[point]))
        for point in sorted(first)
        if first[point].before != last[point].after
    ]


class Parted:
    """An account in parts, of which an entry changes few: a change costs what the part costs, not the whole.

    A point that stands in several parts is that of the last one, by name.
    """

    def __init__(self) -> None:
        self._parts: dict[str, Account] = {}
        self._holding: dict[str, set[str]] = {}  # point: the parts that have it

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    @property
    def parts(self) -> list[str]:
        return sorted(self._parts)

    @property
    def account(self) -> Account:
        """The whole."""
        return {point: value for part in self.parts for point, value in self._parts[part].items()}

    def put(self, part: str, account: Account, position: int | None = None, at_ms: int = 0) -> list[Change]:
        """The part is this now; what that changes in the whole."""
        old = self._parts.get(part, {})
        points = [one for one in old.keys() | account.keys() if old.get(one) != account.get(one)]
        before = self._of(points)
        self._parts[part] = account
        for one in points:
            holding = self._holding.setdefault(one, set())
            (holding.add if one in account else holding.discard)(part)
        return difference(before, self._of(points), position, at_ms)

    def _of(self, points: Iterable[str]) -> Account:
        holding = ((one, self._holding.get(one)) for one in points)
        return {one: self._parts[max(parts)][one] for one, parts in holding if parts}
