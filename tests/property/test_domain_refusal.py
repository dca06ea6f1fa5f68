"""Laws of refused hand-overs: the giver keeps the bag, nothing waits, whatever arrives first."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.custody import Custody, Handover, Holder
from tests.property.test_domain_custody import BEGIN, START, hop, is_conserved, parties, told


def refusal(release: Handover, number: int = 0) -> Handover:
    return release._replace(id=f"f{number}-{release.id}", names=release.id, refuses=True)


@st.composite
def walks(draw: st.DrawFn) -> tuple[list[Any], Holder]:
    """A true history in any order of arrival: some offers were refused before others were accepted."""
    stops = draw(st.lists(st.tuples(parties, st.booleans(), st.booleans()), max_size=7))
    statements: list[Any] = [BEGIN]
    at = START
    for number, (receiver, named, refused) in enumerate(stops):
        release, acceptance = hop(number, at, receiver, named)
        statements += [release, refusal(release) if refused else acceptance]
        at = at if refused else receiver
    return draw(st.permutations(statements)), at


@st.composite
def junk(draw: st.DrawFn) -> list[Handover]:
    """Releases, acceptances and refusals that need not fit together."""
    statements = []
    for number in range(draw(st.integers(0, 10))):
        kind = draw(st.sampled_from(["release", "accept", "refuse"]))
        names = None if kind == "release" else draw(st.sampled_from([None, "s0", "s1", "s2", "s3"]))
        statements.append(
            Handover(f"s{number}", draw(parties), draw(parties), ("BAG",), None, number, 0,
                     kind == "accept", names, kind == "refuse")
        )  # fmt: skip
    return statements


def hops(custody: Custody) -> Counter[tuple[Holder, Holder]]:
    return Counter((release.giver, release.receiver) for release, _ in custody.moved.values())


@given(walks())
def test_a_true_history_with_refusals_ends_with_its_last_receiver_in_every_order(
    walk: tuple[list[Any], Holder],
) -> None:
    statements, last = walk
    custody = told(statements)
    assert custody.holder == last
    assert not custody.waits
    assert is_conserved(custody)


@given(junk())
def test_contradictory_refusals_never_make_two_holders(statements: list[Handover]) -> None:
    assert is_conserved(told([BEGIN, *statements]))


@given(junk())
def test_a_refusal_never_takes_back_a_move(statements: list[Handover]) -> None:
    custody = told([BEGIN])
    before = hops(custody)
    for statement in statements:
        custody.add(statement)
        assert before <= hops(custody)
        before = hops(custody)


@given(junk())
def test_a_release_waits_has_moved_or_was_refused(statements: list[Handover]) -> None:
    custody = told([BEGIN, *statements])
    releases = {one.id for one in statements if not (one.accepts or one.refuses)}
    kept: list[str] = [*custody.releases, *custody.moved, *custody.refused]
    assert sorted(kept) == sorted(releases)
    assert not any(custody.is_refused(one) for one in custody.releases.values())


@given(junk(), st.integers(0, 9))
def test_a_refusal_taken_out_leaves_what_would_be_without_it(statements: list[Handover], number: int) -> None:
    custody = told([BEGIN, *statements])
    custody.void(f"s{number}")
    assert custody == told([BEGIN, *(one for one in statements if one.id != f"s{number}")])


@given(junk())
def test_a_refusal_by_others_than_the_two_changes_nothing(statements: list[Handover]) -> None:
    strangers = [one for one in statements if not one.refuses]
    release = hop(10, START, Holder("b", "dock"), named=True)[0]
    other = refusal(release)._replace(receiver=Holder("z", "dock"))
    with_it = told([BEGIN, release, other, *strangers])
    without = told([BEGIN, release, *strangers])
    assert (with_it.holder, with_it.releases, with_it.moved) == (
        without.holder,
        without.releases,
        without.moved,
    )
