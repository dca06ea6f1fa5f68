"""The laws of differences between two moments, for any accounts and for the ordinary therapy."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.account import Account, account_of
from ledger.domain.difference import Change, Parted, Step, applied, difference, net, trail
from ledger.domain.memory import MemoryWorld
from tests.domain_scene import COI, ORIGIN, Scene, scene_at

VALUES = st.one_of(st.integers(0, 3), st.booleans(), st.text("ab", max_size=2), st.lists(st.integers(0, 1)))
ACCOUNTS = st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=6)
STORIES = st.lists(ACCOUNTS, min_size=1, max_size=6)


def values(changes: list[Change]) -> list[tuple[str, Any, Any]]:
    return [(one.point, one.before, one.after) for one in changes]


def steps(accounts: list[Account], first: int = 0) -> list[Step]:
    return [Step(n, n * 1000, one) for n, one in enumerate(accounts, first)]


@given(ACCOUNTS)
def test_an_account_does_not_differ_from_itself(account: Account) -> None:
    assert difference(account, account) == []


@given(ACCOUNTS, ACCOUNTS)
def test_the_difference_applied_to_the_first_gives_the_second(a: Account, b: Account) -> None:
    assert applied(a, difference(a, b)) == b


@given(ACCOUNTS, STORIES)
def test_a_trails_net_is_the_difference_of_its_ends(start: Account, story: list[Account]) -> None:
    found = net(trail(start, steps(story)))
    assert values(found) == values(difference(start, story[-1]))
    assert applied(start, found) == story[-1]


@given(ACCOUNTS, STORIES, STORIES)
def test_trails_join_and_differences_compose(start: Account, a: list[Account], b: list[Account]) -> None:
    first, second = steps(a), steps(b, len(a))
    whole = list(trail(start, [*first, *second]))
    assert whole == [*trail(start, first), *trail(a[-1], second)]
    composed = net([*net(trail(start, first)), *net(trail(a[-1], second))])
    assert values(composed) == values(net(whole))


@given(ACCOUNTS, STORIES)
def test_each_change_names_the_last_entry_that_made_it(start: Account, story: list[Account]) -> None:
    befores = [start, *story]
    for one in net(trail(start, steps(story))):
        touched = [n for n, (a, b) in enumerate(pairwise(befores)) if a.get(one.point) != b.get(one.point)]
        assert one.through == tuple(touched)
        assert one.position == touched[-1]


def told(scene: Scene) -> list[Step]:
    """The account of the therapy after every entry of the scene."""
    world = MemoryWorld(ORIGIN, scene.checkpoints.get)
    found = []
    for entry, _ in scene.entries:
        world.record(entry)
        account = account_of(world, COI, entry.recorded_ms, ("nora", "kit", "quinn"))
        found.append(Step(entry.position, entry.recorded_ms, account))
    return found


def test_a_whole_therapy_is_its_differences_one_after_the_other() -> None:
    story = told(scene_at("infused"))
    account: Account = {}
    for one in trail({}, story):
        account = applied(account, [one])
    assert account == story[-1].account
    assert net(trail({}, story)) == net(list(trail({}, story)))


def test_no_point_of_an_account_is_null() -> None:
    assert all(value is not None for step in told(scene_at("infused")) for value in step.account.values())


@given(st.lists(st.tuples(st.sampled_from("xyz"), ACCOUNTS), max_size=12))
def test_an_account_in_parts_changes_as_the_whole_does(puts: list[tuple[str, Account]]) -> None:
    """Also where two parts have the same point."""
    parted, parts = Parted(), dict[str, Account]()
    for n, (part, account) in enumerate(puts):
        before = parted.account
        parts[part] = account
        found = parted.put(part, account, n, n * 1000)
        whole = {point: value for one in sorted(parts) for point, value in parts[one].items()}
        assert parted.account == whole
        assert found == difference(before, whole, n, n * 1000)
