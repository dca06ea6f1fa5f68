"""Payloads as RFC 8785 (JCS) JSON, in the subset that Unbroken writes.

Objects, arrays, strings, booleans, null and integers below 2^53; no floats. Member names
are ASCII, so the code points sort as RFC 8785 §3.2.3's UTF-16 code units do, and the
standard encoder's escapes are those of §3.2.2.2. `decode` accepts a text only when it
equals its own re-encoding: that one comparison refuses white space, other escapes,
duplicate names and any other second spelling.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic_core import from_json, to_json

from ledger.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 2**53  # RFC 8785 §3.2.2.3 by way of I-JSON (RFC 7493 §2.2): beyond it readers differ
MAX_DEPTH = 32  # an event nests four deep; readers in other languages stop at depths of their own

_encoder = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


def encode(obj: object) -> bytes:
    """The canonical UTF-8 bytes. Raises `Malformed`: `float_in_payload`,
    `integer_out_of_range`, `not_json`."""
    _check(obj, 0)
    try:
        return _encoder.encode(obj).encode()
    except UnicodeEncodeError:
        raise Malformed("not_json", "a string holds a lone surrogate, which UTF-8 cannot carry") from None


def decode(data: bytes) -> dict[str, Any]:
    """The object that canonical bytes say.

    Raises `Malformed`: `malformed_json`, `float_in_payload`, `integer_out_of_range`,
    `not_canonical`.
    """
    quick = _quickly(data)
    return _slowly(data) if quick is None else quick


def _quickly(data: bytes) -> dict[str, Any] | None:
    """What ASCII bytes say that are surely canonical, by a faster library; None for all others."""
    try:
        obj = from_json(data, allow_inf_nan=False)
        is_same = type(obj) is dict and data.isascii() and to_json(obj) == data
    except ValueError:  # as are the errors of both
        return None
    return obj if is_same and _is_plain(obj) else None


def _is_plain(obj: dict[str, Any]) -> bool:
    """True if nothing in it has to be refused; the errors of the rest come from `_check`."""
    level: list[Any] = [obj]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for members in level:
            if not _are_plain(members, deeper):
                return False
        if not deeper:
            return True
        level = deeper
    return False


def _are_plain(members: dict[str, Any] | list[Any], deeper: list[Any]) -> bool:
    """Names in order, whole numbers in range; objects and arrays inside are left to the next level."""
    values: Iterable[Any] = members
    if type(members) is dict:
        if len(members) > 1 and list(members) != sorted(members):
            return False
        values = members.values()
    for value in values:
        kind = type(value)
        if kind is str:
            continue
        if kind is dict or kind is list:
            deeper.append(value)
        elif not ((kind is int and -LIMIT < value < LIMIT) or value is None or kind is bool):
            return False
    return True


def _slowly(data: bytes) -> dict[str, Any]:
    """As `decode`, by the standard library, which tells what is wrong."""
    try:
        obj = _read(data.decode())
        again = _encoder.encode(obj).encode()
    except (ValueError, RecursionError) as error:
        raise Malformed("malformed_json", f"the payload is not JSON: {error}") from None
    if again != data:
        raise Malformed("not_canonical", "the payload is JSON, but not in the one canonical form (RFC 8785)")
    if not isinstance(obj, dict):
        raise Malformed("malformed_json", "the payload is JSON, but not an object")
    # A name that isn't ASCII stands as itself in canonical bytes, and depth needs brackets.
    if not data.isascii() or data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        _must_be_ours(obj)
    return obj


def _read(text: str) -> Any:
    """What the decoder reads, without its search for white space where there is none."""
    if text[:1] == "{":
        obj, end = _decoder.raw_decode(text)
        if end == len(text):
            return obj
    return _decoder.decode(text)


def _must_be_ours(obj: object) -> None:
    try:
        _check(obj, 0)
    except Malformed as error:
        raise Malformed("not_canonical", error.detail) from None


def _check(obj: object, depth: int) -> None:
    if obj is None or isinstance(obj, bool | str):
        return
    if isinstance(obj, int):
        _in_range(obj)
    elif isinstance(obj, float):
        _float(str(obj))
    elif isinstance(obj, list | dict) and depth < MAX_DEPTH:
        if isinstance(obj, dict):
            _check_names(obj)
        for each in obj.values() if isinstance(obj, dict) else obj:
            _check(each, depth + 1)
    else:
        raise Malformed("not_json", f"{type(obj).__name__} at depth {depth} has no place in a payload")


def _check_names(members: dict[Any, Any]) -> None:
    for name in members:
        if not (isinstance(name, str) and name.isascii()):
            raise Malformed("not_json", f"member names are ASCII strings, not {name!r:.80}")


def _float(text: str) -> NoReturn:
    raise Malformed("float_in_payload", f"{text:.40} is not an integer: give quantities in whole units")


def _in_range(value: int) -> int:
    if not -LIMIT < value < LIMIT:
        raise Malformed("integer_out_of_range", f"an integer of {value.bit_length()} bits is not below 2^53")
    return value


def _integer(text: str) -> int:
    if len(text) > 17:  # before int() takes time over a long one
        raise Malformed("integer_out_of_range", f"{text[:20]}… is not below 2^53")
    return _in_range(int(text))


_decoder = json.JSONDecoder(parse_float=_float, parse_constant=_float, parse_int=_integer)
