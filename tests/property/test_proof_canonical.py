"""Canonical JSON for whatever bytes: the quick reader and the thorough one never differ."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.proof import canonical

NAMES = st.text(st.characters(max_codepoint=127), max_size=6)
SCALARS = st.none() | st.booleans() | st.text(max_size=12) | st.integers(1 - 2**53, 2**53 - 1)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)
ODD = [b"1.0", b"1e2", b"-0", b"9007199254740992", b"9" * 30, b"NaN", b"\\ud800", b"\\u00e9", b" ", b"\xff"]


def thorough(data: bytes) -> dict[str, Any] | str:
    return told(canonical._slowly, data)


def told(read: Any, data: bytes) -> dict[str, Any] | str:
    try:
        return read(data)  # type: ignore[no-any-return]
    except Malformed as error:
        return error.code


@given(OBJECTS)
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    data = canonical.encode(value)
    assert canonical.decode(data) == json.loads(data) == value


@settings(max_examples=400)
@given(OBJECTS, st.data())
def test_bytes_put_anywhere_are_judged_as_by_the_thorough_reader(value: dict[str, Any], data: Any) -> None:
    written = canonical.encode(value)
    at = data.draw(st.integers(0, len(written)))
    upto = data.draw(st.integers(at, min(len(written), at + 3)))
    put = data.draw(st.sampled_from(ODD) | st.binary(max_size=3))
    changed = written[:at] + put + written[upto:]
    assert told(canonical.decode, changed) == thorough(changed)


@given(st.recursive(VALUES | st.floats() | st.integers(), st.lists, max_leaves=10))
@example([1.5])
@example({"a": 2**53})
@example({"a": {"b": 1, "a": 2}})
def test_any_json_is_judged_as_by_the_thorough_reader(value: Any) -> None:
    data = json.dumps({"v": value}, separators=(",", ":")).encode()
    assert told(canonical.decode, data) == thorough(data)


def test_names_out_of_order_or_twice_are_refused_at_every_level() -> None:
    for data in (b'{"b":1,"a":2}', b'{"a":{"b":1,"a":2}}', b'{"a":[{"b":1,"a":2}]}', b'{"a":1,"a":1}'):
        assert told(canonical.decode, data) == "not_canonical"


def test_numbers_of_any_length_and_any_depth_are_refused_as_by_the_thorough_reader() -> None:
    for inside in (b"9" * 5_000, b"1e999", b"-" + b"1" * 400, b"[" * 300 + b"]" * 300, b"[" * 60_000):
        data = b'{"a":' + inside + b"}"
        assert told(canonical.decode, data) == thorough(data) != {}
