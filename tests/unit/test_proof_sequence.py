"""A CBOR sequence is taken apart exactly, or not at all."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.proof.sequence import split

plain = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.binary() | st.text()
items = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=4)
        | inner.map(lambda value: cbor2.CBORTag(18, value))
    ),
    max_leaves=12,
)


@given(st.lists(items, max_size=6))
def test_the_parts_are_the_encoded_items(values: list[object]) -> None:
    encoded = [cbor2.dumps(value) for value in values]
    assert split(b"".join(encoded), 10) == encoded


@given(st.binary(max_size=60))
def test_any_bytes_either_split_without_loss_or_are_refused(body: bytes) -> None:
    try:
        parts = split(body, 100)
    except Malformed:
        return
    assert b"".join(parts) == body
    assert all(parts)


@pytest.mark.parametrize(
    "broken",
    [
        b"\x83\x01\x02",  # an array of three with two
        b"\x5f\x41\x00\xff",  # indefinite length
        b"\x1c",  # a reserved length
        b"\x58",  # a length that is missing
        b"\x59\x01",  # half a length
        b"\x43ab",  # a string of three with two
        b"\xd2",  # a tag of nothing
        b"\xff",  # a break of nothing
        b"\x9b" + b"\xff" * 8,  # an array longer than any memory
    ],
)
def test_what_is_not_whole_is_refused_naming_where_it_starts(broken: bytes) -> None:
    with pytest.raises(Malformed, match="byte 2") as refusal:
        split(b"\x01\x02" + broken, 10)
    assert refusal.value.code == "malformed_cbor"


def test_one_more_than_allowed_is_refused() -> None:
    assert len(split(b"\x01" * 5, 5)) == 5
    with pytest.raises(Malformed, match="too_many_statements"):
        split(b"\x01" * 6, 5)


def test_depth_costs_no_stack() -> None:
    deep = b"\x81" * 500_000 + b"\x00"
    assert split(deep, 1) == [deep]
