"""Laws of custody, for every history and every order in which phones come online."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.custody import Custody, Handover, Holder

PARTIES = [Holder(name, "dock") for name in "abcd"]
START = PARTIES[0]
BEGIN = "begin"
parties = st.sampled_from(PARTIES)


def hop(number: int, giver: Holder, receiver: Holder, named: bool) -> list[Handover]:
    """Both sides of one hand-over."""
    release = Handover(f"r{number}", giver, receiver, ("BAG",), None, 2 * number, 0)
    names = release.id if named else None
    return [release, Handover(f"a{number}", giver, receiver, ("BAG",), None, 2 * number + 1, 0, True, names)]


@st.composite
def walks(draw: st.DrawFn) -> tuple[list[Any], Holder]:
    """The statements of a true history in any order of arrival, and who holds the bag at its end."""
    stops = draw(st.lists(st.tuples(parties, st.booleans()), max_size=7))
    statements: list[Any] = [BEGIN]
    at = START
    for number, (receiver, named) in enumerate(stops):
        statements += hop(number, at, receiver, named)
        at = receiver
    return draw(st.permutations(statements)), at


@st.composite
def junk(draw: st.DrawFn) -> list[Handover]:
    """Releases and acceptances that need not fit together."""
    statements = []
    for number in range(draw(st.integers(0, 10))):
        giver, receiver = draw(parties), draw(parties)
        names = draw(st.one_of(st.none(), st.integers(0, 9).map(lambda n: f"s{n}")))
        accepts = draw(st.booleans())
        statements.append(
            Handover(
                f"s{number}", giver, receiver, ("BAG",), None, number, 0, accepts, names if accepts else None
            )
        )
    return statements


def told(statements: list[Any]) -> Custody:
    custody = Custody()
    for statement in statements:
        if statement == BEGIN:
            custody.begin(START, 0)
        else:
            custody.add(statement)
    return custody


def is_conserved(custody: Custody) -> bool:
    """What came in less what went out: one for the holder, nothing for anybody else."""
    balance = Counter({custody.origin: 1})
    for release, claim in custody.moved.values():
        assert release.giver == claim.giver
        assert release.receiver == claim.receiver
        balance[release.giver] -= 1
        balance[release.receiver] += 1
    return {party: count for party, count in balance.items() if count} == {custody.holder: 1}


@given(walks())
def test_a_true_history_ends_with_its_last_receiver_in_every_order(walk: tuple[list[Any], Holder]) -> None:
    statements, last = walk
    custody = told(statements)
    assert custody.holder == last
    assert not custody.waits
    assert is_conserved(custody)


@given(walks(), st.data())
def test_a_true_history_with_parts_missing_never_has_two_holders(
    walk: tuple[list[Any], Holder], data: st.DataObject
) -> None:
    statements = [one for one in walk[0] if one == BEGIN or data.draw(st.booleans())]
    assert is_conserved(told(statements))


@given(junk())
def test_contradictory_hand_overs_never_make_two_holders(statements: list[Handover]) -> None:
    assert is_conserved(told([BEGIN, *statements]))


@given(junk())
def test_a_hop_that_moved_never_comes_undone(statements: list[Handover]) -> None:
    custody = told([BEGIN])
    moved: set[str] = set()
    for statement in statements:
        custody.add(statement)
        assert moved <= custody.moved.keys()
        moved = set(custody.moved)


@given(junk())
def test_nothing_is_both_waiting_and_moved(statements: list[Handover]) -> None:
    custody = told([BEGIN, *statements])
    moved = {one.id for pair in custody.moved.values() for one in pair}
    assert moved.isdisjoint(custody.releases.keys() | custody.claims.keys())
    releases = {one.id for one in statements if not one.accepts}
    assert releases == custody.releases.keys() | custody.moved.keys()


@given(junk(), st.integers(0, 9))
def test_a_statement_taken_out_leaves_what_would_be_without_it(
    statements: list[Handover], number: int
) -> None:
    custody = told([BEGIN, *statements])
    custody.void(f"s{number}")
    assert custody == told([BEGIN, *(one for one in statements if one.id != f"s{number}")])


@given(junk(), parties)
def test_nobody_becomes_holder_without_an_acceptance_of_their_own(
    statements: list[Handover], party: Holder
) -> None:
    """A release alone, or many of them, cannot make somebody the holder."""
    custody = told([BEGIN, *(one for one in statements if not (one.accepts and one.receiver == party))])
    assert custody.holder != party or party == START


@given(junk(), parties)
def test_a_holder_who_releases_nothing_stays_holder(statements: list[Handover], party: Holder) -> None:
    """Claims alone, or many of them, take a bag from nobody."""
    without = [one for one in statements if one.accepts or one.giver != START]
    custody = told([BEGIN, *without, hop(10, party, party, named=True)[1]])
    assert custody.holder == START
