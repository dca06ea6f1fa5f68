"""Evidence records (RFC 4998): renewed through algorithms and authorities, and each altered link found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.evidence_record import Chains, check_record, decode, encode, renewed, to_renew
from tests.tsa import DAY, Authority, authority

NOTE = b"ledger.example/unbroken\n4711\nroot\n"
YEAR = 365 * DAY
START = datetime(2026, 1, 1, tzinfo=UTC)
OLD = authority("Old TSA", since=START, until=START + YEAR)
NEXT = authority("Next TSA", since=START, until=START + 3 * YEAR)
STRONG = authority("Strong TSA", "sha512", elliptic=True, since=START, until=START + 10 * YEAR)
BY = {"old": OLD, "next": NEXT, "strong": STRONG}
ROOTS = [one.root for one in BY.values()]


def stamped(chains: Chains, by: Authority, at: datetime, message: bytes = NOTE) -> Chains:
    clocked = Authority(by.root, by.leaf, by.key, by.hash_name, lambda: at)
    return renewed(chains, clocked.stamp(to_renew(chains, message, by.hash_name)))


def made(*names: str) -> Chains:
    """A stamp by each, a day apart."""
    chains: Chains = ()
    for number, name in enumerate(names):
        chains = stamped(chains, BY[name], START + (number + 1) * DAY)
    return chains


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(sorted(BY)), min_size=1, max_size=5))
def test_any_record_reads_back_and_says_the_time_of_its_first_stamp(names: list[str]) -> None:
    chains = made(*names)
    assert decode(encode(chains)) == chains
    found = check_record(chains, NOTE, ROOTS)
    assert found.first.at_ms == (START + DAY).timestamp() * 1000
    assert len(found.stamps) == len(names)
    hashes = [BY[name].hash_name for name in names]
    assert len(chains) == 1 + sum(one != other for one, other in pairwise(hashes))


def test_a_record_holds_after_the_first_certificate_has_expired_if_it_was_renewed() -> None:
    """SHA-256 and RSA, renewed to SHA-512 and ECDSA in time."""
    once = made("old")
    twice = stamped(once, STRONG, START + YEAR - DAY)
    later = int((START + 5 * YEAR).timestamp() * 1000)
    assert not check_record(once, NOTE, ROOTS).holds_at(later)
    found = check_record(twice, NOTE, ROOTS)
    assert found.holds_at(later)
    assert [one.hash_name for one in found.stamps] == ["sha256", "sha512"]


def test_a_renewal_that_came_too_late_is_told() -> None:
    late = stamped(made("old"), STRONG, START + YEAR + DAY)
    with pytest.raises(ProofInvalid, match="time stamp 2: it came after the certificate"):
        check_record(late, NOTE, ROOTS)


def test_a_renewal_from_before_is_told() -> None:
    early = stamped(made("old"), NEXT, START + timedelta(hours=1))
    with pytest.raises(ProofInvalid, match="older than the one"):
        check_record(early, NOTE, ROOTS)


def test_the_record_of_other_bytes_is_told() -> None:
    for names in (("old",), ("old", "strong"), ("strong", "strong")):
        with pytest.raises(ProofInvalid, match="time stamp 1: it is about other bytes"):
            check_record(made(*names), NOTE + b"x", ROOTS)


@pytest.mark.parametrize("names", [("old", "next", "strong", "strong"), ("strong", "old", "next")])
def test_each_link_that_is_left_out_swapped_or_made_anew_is_found(names: tuple[str, ...]) -> None:
    chains = made(*names)
    flat = [token for chain in chains for token in chain]
    for at in range(len(flat)):
        others = [flat[:at] + flat[at + 1 :], [*flat[:at], BY[names[at]].stamp(b"other"), *flat[at + 1 :]]]
        others += [flat[:at] + flat[at : at + 2][::-1] + flat[at + 2 :]] if at + 1 < len(flat) else []
        for tokens in others:
            if tokens == flat[:-1]:
                continue  # the newest one left out is the record as it was before
            again: Chains = ()
            for token in tokens:
                again = renewed(again, token)
            with pytest.raises(ProofInvalid):
                check_record(again, NOTE, ROOTS)


def test_every_root_is_needed() -> None:
    chains = made("old", "next", "strong")
    for at in range(len(ROOTS)):
        with pytest.raises(ProofInvalid, match=f"time stamp {at + 1}"):
            check_record(chains, NOTE, ROOTS[:at] + ROOTS[at + 1 :])


RECORD = encode(made("old", "strong"))


@settings(deadline=None)
@given(st.integers(0, 8 * len(RECORD) - 1))
def test_one_flipped_bit_is_found_or_says_the_same(bit: int) -> None:
    data = bytearray(RECORD)
    data[bit // 8] ^= 1 << bit % 8
    try:
        found = check_record(decode(bytes(data)), NOTE, ROOTS)
    except (Malformed, ProofInvalid):
        return
    assert found.first.at_ms == (START + DAY).timestamp() * 1000


@given(st.binary(max_size=300))
def test_whatever_else_is_no_record(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        decode(data)
    assert caught.value.code == "malformed_evidence_record"


def test_a_record_that_is_grouped_otherwise_than_its_hashes_are_is_not_read() -> None:
    """Section 5.1: the hash algorithm is one within a chain, and another one begins a new chain."""
    old, strong = made("old")[0][0], made("strong")[0][0]
    for other in (((old, strong),), ((old,), (old,)), ((old,), (strong,), (strong,))):
        with pytest.raises(Malformed, match="one form"):
            decode(encode(other))


def test_a_record_with_a_hash_tree_or_none_at_all_is_not_read() -> None:
    for other in (encode(()), RECORD + b"\0", RECORD[:-1]):
        with pytest.raises(Malformed):
            decode(other)
