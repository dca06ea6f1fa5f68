"""Canonical JSON: each refusal by its code, and the escapes that RFC 8785 fixes."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pytest

from ledger.errors import Malformed
from ledger.proof import canonical


def code(check: Any, *case: Any) -> str:
    try:
        check(*case)
    except Malformed as error:
        return error.code
    return "accepted"


READ: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "malformed_json"),
    "half an object": (b'{"a":1', "malformed_json"),
    "two objects": (b"{}{}", "malformed_json"),
    "not UTF-8": (b'{"a":"\xff"}', "malformed_json"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "malformed_json"),
    "a lone surrogate, escaped": (b'{"a":"\\ud800"}', "malformed_json"),
    "a lone surrogate, encoded": (b'{"a":"\xed\xa0\x80"}', "malformed_json"),
    "a comment": (b'{"a":1/**/}', "malformed_json"),
    "a control character": (b'{"a":"\x01"}', "malformed_json"),
    "a list at the top": (b"[]", "malformed_json"),
    "a number at the top": (b"1", "malformed_json"),
    "null": (b"null", "malformed_json"),
    "ten thousand lists": (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "malformed_json"),
    "a fraction": (b'{"a":1.5}', "float_in_payload"),
    "a whole float": (b'{"a":1.0}', "float_in_payload"),
    "an exponent": (b'{"a":1e3}', "float_in_payload"),
    "NaN": (b'{"a":NaN}', "float_in_payload"),
    "minus infinity": (b'{"a":-Infinity}', "float_in_payload"),
    "2^53": (b'{"a":9007199254740992}', "integer_out_of_range"),
    "-2^53": (b'{"a":-9007199254740992}', "integer_out_of_range"),
    "a number of 5,000 digits": (b'{"a":' + b"9" * 5000 + b"}", "integer_out_of_range"),
    "white space": (b'{"a": 1}', "not_canonical"),
    "a line break at the end": (b'{"a":1}\n', "not_canonical"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "malformed_json"),
    "names out of order": (b'{"b":1,"a":2}', "not_canonical"),
    "a name twice": (b'{"a":1,"a":1}', "not_canonical"),
    "minus zero": (b'{"a":-0}', "not_canonical"),
    "an escape that is not needed": (b'{"a":"\\u0041"}', "not_canonical"),
    "an escaped solidus": (b'{"a":"\\/"}', "not_canonical"),
    "a capital in an escape": (b'{"a":"\\u001F"}', "not_canonical"),
    "an escape where a short one is": (b'{"a":"\\u000a"}', "not_canonical"),
    "a name that is not ASCII": ('{"é":1}'.encode(), "not_canonical"),
    "such a name, deeper": ('{"a":[{"é":1}]}'.encode(), "not_canonical"),
    "such a name, escaped": (b'{"\\u00e9":1}', "not_canonical"),
    "33 levels": (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "not_canonical"),
}


@pytest.mark.parametrize("case", READ)
def test_what_we_would_not_write_is_not_read(case: str) -> None:
    data, expected = READ[case]
    assert code(canonical.decode, data) == expected


class Number(IntEnum):
    SEVEN = 7


WRITTEN: dict[str, tuple[Any, str]] = {
    "a float": ({"a": 1.0}, "float_in_payload"),
    "NaN": ({"a": float("nan")}, "float_in_payload"),
    "2^53": ({"a": 2**53}, "integer_out_of_range"),
    "-2^53": ({"a": -(2**53)}, "integer_out_of_range"),
    "a number of 5,000 digits": ({"a": 10**5000}, "integer_out_of_range"),
    "bytes": ({"a": b"x"}, "not_json"),
    "a tuple": ({"a": (1, 2)}, "not_json"),
    "a set": ({"a": {1}}, "not_json"),
    "a name that is a number": ({1: 1}, "not_json"),
    "a name that is null": ({None: 1}, "not_json"),
    "a name that is not ASCII": ({"é": 1}, "not_json"),
    "such a name, deeper": ({"a": [{"é": 1}]}, "not_json"),
    "a lone surrogate": ({"a": "\ud800"}, "not_json"),
    "a member of an enumeration": ({"a": Number.SEVEN}, "accepted"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_what_we_would_not_read_is_not_written(case: str) -> None:
    value, expected = WRITTEN[case]
    assert code(canonical.encode, value) == expected


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    assert code(canonical.encode, value) == "not_json"


def nested(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth - 1):
        value = [value]
    return {"a": value}


def test_32_levels_are_written_and_read_and_33_are_not() -> None:
    assert canonical.decode(canonical.encode(nested(32))) == nested(32)
    assert code(canonical.encode, nested(33)) == "not_json"


def test_many_small_objects_are_not_deep() -> None:
    value: dict[str, Any] = {"a": [{"b": []}] * 500}
    assert canonical.decode(canonical.encode(value)) == value


def test_escapes_are_those_of_rfc_8785() -> None:
    """§3.2.2.2: short forms, lower-case hexadecimal for other controls, all else as it is."""
    text = "".join(map(chr, range(0x22))) + "\\\x7f\u2028é😀"
    written = canonical.encode({"t": text})
    expected = '{"t":"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r'
    expected += "".join(f"\\u{number:04x}" for number in range(0x0E, 0x20))
    assert written.decode() == expected + ' !\\\\\x7f\u2028é😀"}'


def test_names_are_sorted_by_their_letters_at_every_level() -> None:
    value = {"b": {"z": 1, "Z": 2, "_": 3}, "a": 4, "": 5, "aa": 6}
    assert canonical.encode(value) == b'{"":5,"a":4,"aa":6,"b":{"Z":2,"_":3,"z":1}}'


def test_the_largest_integers_are_written_and_read() -> None:
    value = {"least": -(2**53) + 1, "most": 2**53 - 1}
    assert canonical.decode(canonical.encode(value)) == value
