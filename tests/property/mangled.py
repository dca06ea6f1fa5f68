"""Bytes that a parser may meet: altered, cut, spliced, or well-formed CBOR of another shape."""

from __future__ import annotations

from typing import Any

import cbor2
from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=40)
    | st.text(max_size=20)
    | st.sampled_from([cbor2.undefined, cbor2.CBORSimpleValue(99), 1, 18, -1, 396, -8, b"", bytes(32)])
)
KEYS = st.integers(-2, 400) | st.text(max_size=4) | st.booleans() | st.binary(max_size=4)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    tagged = st.builds(cbor2.CBORTag, st.integers(0, 60_000), inner)
    return st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | tagged


ITEMS = st.recursive(SCALARS, _nested, max_leaves=8)


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit turned over; `bit` counts from the first byte's lowest."""
    at = bit // 8
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def every_flip(data: bytes) -> list[bytes]:
    """All that differ from `data` in one bit."""
    return [flipped(data, bit) for bit in range(8 * len(data))]


@st.composite
def altered(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` after one to three edits, each a likely slip of a writer or hand of a forger."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        middle = draw(
            st.sampled_from([b"", data[start:end] * 2, data[start:end][::-1], b"\n", b"\x00", b"="])
            | st.binary(max_size=9)
        )
        data = data[:start] + middle + data[end:]
        if data and draw(st.booleans()):
            data = flipped(data, draw(st.integers(0, 8 * len(data) - 1)))
    return data


@st.composite
def grafted(draw: st.DrawFn, value: Any) -> Any:
    """A CBOR value with one part, at any depth, replaced, left out, added or wrapped in a tag."""
    if isinstance(value, list | dict) and value and draw(st.integers(0, 3)):
        places = list(value) if isinstance(value, dict) else list(range(len(value)))
        place = draw(st.sampled_from(places))
        inner = value[place]
        made = draw(_inside(inner) if isinstance(inner, bytes) else grafted(inner))
        copy = dict(value) if isinstance(value, dict) else dict(enumerate(value))
        copy[place] = made
        return copy if isinstance(value, dict) else list(copy.values())
    return draw(ITEMS | st.builds(cbor2.CBORTag, st.integers(0, 300), st.just(value)))


def _inside(data: bytes) -> st.SearchStrategy[Any]:
    """Where a byte string holds CBOR itself, as a protected header does: alter that too."""
    try:
        value = cbor2.loads(data)
    except cbor2.CBORError:
        return altered(data) | ITEMS
    return grafted(value).map(cbor2.dumps) | ITEMS


def grafted_envelope(raw: bytes) -> st.SearchStrategy[bytes]:
    """A tagged message with a part changed; the tag itself is kept, as the outermost byte."""
    return grafted(cbor2.loads(raw[1:])).map(lambda value: raw[:1] + cbor2.dumps(value))
