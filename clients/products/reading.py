"""From a product's file to the members of `ProductVersionDefined`, or to what is wrong in it.

Every fault is told at once, each with its line, its key and what to do.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import ValidationError

from clients.drafts import now
from clients.forms import HINTS, Shape, shape_of
from clients.products.lines import Path, line_of, lines_of
from clients.products.sound import unsound
from ledger.domain.registry_events import ProductVersionDefined
from ledger.errors import Malformed

_UNITS = {  # the end of a member's name: of the key, how many of the member's make one, decimals
    "_centi_c": ("_c", 100, 2, "in degrees Celsius, with at most two decimals"),
    "_milli": ("", 1000, 3, "in the test's unit, with at most three decimals"),
    "_s": ("_min", 60, 0, "in whole minutes"),
}
_KINDS = {"string": "text in quotes", "boolean": "true or false", "array": "a list", "object": "a table"}
_ENVELOPE = {"type": "ProductVersionDefined", "v": 1, "seen": None, "seq": 0, "prev": None}
_HUGE = 16  # digits: beyond what an event can carry
_BOUNDS: dict[str, tuple[str, str, Callable[[float], int]]] = {
    "greater_than_equal": ("ge", "too small", math.ceil),
    "less_than_equal": ("le", "too large", math.floor),
}
_MEMBER = re.compile(r"\b[a-z_]+(?:_centi_c|_milli|_s)\b")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class Problem(NamedTuple):
    line: int
    key: str  # as in specifications[1].tests[0].min; empty: the file itself
    wrong: str
    do: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"line {self.line}: {key}{self.wrong}. {self.do}{'' if self.do.endswith('?') else '.'}"


def product_of(text: str, name: str = "the file") -> dict[str, Any]:
    """The event's own members. Raises `Malformed` `bad_product_file`, with `problems`."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
        file = _File(lines_of(text))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise _bad([_syntax(str(error), text)], name) from None
    members: dict[str, Any] = file.converted(shape_of(ProductVersionDefined), document, (), ())
    file.judge(members)
    if file.problems:
        raise _bad(file.problems, name)
    return members


def decoded(data: bytes, name: str) -> str:
    """A file's text. Raises `Malformed` `bad_product_file`: TOML is always UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _bad([Problem(line, "", "this is not UTF-8", "Save the file as UTF-8")], name) from None


def _bad(problems: Sequence[Problem], name: str) -> Malformed:
    ordered = sorted(problems)
    detail = "\n".join([f"{name} is no valid product:", *(f"  {one}" for one in ordered)])
    return Malformed("bad_product_file", detail, problems=[one._asdict() for one in ordered])


def _syntax(said: str, text: str) -> Problem:
    found = _AT_LINE.search(said)
    line = int(found[1]) if found else text.count("\n") + 1
    wrong = _AT_LINE.sub("", said).replace("(at end of document)", "").strip()
    return Problem(line, "", f"this is not TOML: {wrong}", "See https://toml.io for how TOML is written")


@dataclass
class _File:
    """A document on its way to an event. `keys`: the path in the file of each member's path."""

    lines: dict[Path, int]
    problems: list[Problem] = field(default_factory=list)
    keys: dict[Path, Path] = field(default_factory=dict)

    def judge(self, members: dict[str, Any]) -> None:
        """What the event's own schema says of it, and, where that is content, the ledger's rules."""
        try:
            event = ProductVersionDefined.model_validate(_ENVELOPE | {"occurred_at": now()} | members)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self._schema(one["loc"], one)
            return
        for path, wrong in unsound(event):
            self.add(self.placed(path), _in_keys(wrong), "Correct it")

    def add(self, path: Path, wrong: str, do: str) -> None:
        self.problems.append(Problem(line_of(path, self.lines), _key(path), wrong, do))

    def placed(self, path: Path) -> Path:
        """Where in the file a member stands; of one that is missing, what it is missing from."""
        rest: Path = ()
        while path and path not in self.keys:
            path, rest = path[:-1], (path[-1], *rest)
        return (*self.keys.get(path, ()), *(_named(one) if isinstance(one, str) else one for one in rest))

    def _schema(self, where: Path, error: Mapping[str, Any]) -> None:
        path = self.placed(where)
        if all(one.key != _key(path) for one in self.problems):  # told before, by its kind
            self.add(path, *_told(error, path))

    # --- by the shape of the event -------------------------------------------------------

    def converted(self, shape: Shape, given: Any, path: Path, member: Path) -> Any:
        """`given` as the event has it; what is of the wrong kind is told and left as it is."""
        self.keys[member] = path
        if shape.kind == "object" and isinstance(given, dict):
            return dict(self._parts(shape, given, path, member))
        if shape.kind == "array" and isinstance(given, list) and shape.item:
            each = enumerate(given)
            return [self.converted(shape.item, one, (*path, n), (*member, n)) for n, one in each]
        if shape.kind == "integer":
            return self._number(given, path, str(member[-1]))
        if not isinstance(given, {"string": str, "boolean": bool}.get(shape.kind, ())):
            self.add(path, f"{_shown(given)} is not {_KINDS[shape.kind]}", f"Write {_KINDS[shape.kind]}")
        return given

    def _parts(self, shape: Shape, given: dict[str, Any], path: Path, member: Path) -> Iterator[Any]:
        known = {_named(name): (name, part) for name, part in shape.parts}
        for key, value in given.items():
            if key in known:
                name, part = known[key]
                yield name, self.converted(part, value, (*path, key), (*member, name))
            else:
                near = difflib.get_close_matches(key, known, 1)
                do = f"Did you mean {near[0]}?" if near else f"There is {', '.join(known)}"
                self.add((*path, key), "there is no such key", do)

    def _number(self, given: Any, path: Path, member: str) -> Any:
        _, factor, decimals, how = _unit(member)
        if type(given) not in (int, Decimal):
            self.add(path, f"{_shown(given)} is not a number", f"Write a number {how}".rstrip())
            return given
        number = Decimal(given)
        if not number.is_finite() or number.adjusted() > _HUGE:
            self.add(path, f"{_shown(given)} is out of range", f"Write a number {how}".rstrip())
        elif -int(number.as_tuple().exponent) > decimals:
            do = f"Write it {how}" if how else "Write a whole number"
            self.add(path, f"{_shown(given)} has too many decimals", do)
        else:
            return int(number * factor)
        return given


def _unit(member: str) -> tuple[str, int, int, str]:
    """How a member is written in the file: the end of its key, the factor, decimals, in words."""
    return next((unit for end, unit in _UNITS.items() if member.endswith(end)), ("", 1, 0, ""))


def _named(member: str) -> str:
    """The file's key of a member: `window_min` of `window_s`."""
    for end, (instead, *_) in _UNITS.items():
        if member.endswith(end):
            return member.removesuffix(end) + instead
    return member


def _key(path: Path) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).removeprefix(".")


def _shown(given: Any) -> str:
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "a table"
    if isinstance(given, bool):
        return "true" if given else "false"
    text = repr(given) if isinstance(given, str) else str(given)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _in_keys(said: str) -> str:
    """A sentence about members, about the file's keys."""
    return _MEMBER.sub(lambda found: _named(found[0]), said)


def _told(error: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """What pydantic found, and what to do, for people who never read a schema."""
    kind, about = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "this is missing", f"Add {path[-1]}, as the label in force says, or as you decided"
    if kind == "string_pattern_mismatch":
        pattern = about["pattern"]
        how = HINTS.get(pattern, f"as the pattern {pattern} says")
        return f"{_shown(error['input'])} is not written as it should be", f"Write it {how}"
    if kind == "literal_error":
        return f"{_shown(error['input'])} is none of the words allowed here", f"Write {about['expected']}"
    if kind in ("too_long", "too_short"):
        most = "at most" if kind == "too_long" else "at least"
        count = about.get("max_length", about.get("min_length"))
        return f"there are {about['actual_length']} of them", f"Give {most} {count}"
    if kind in _BOUNDS:
        return _beyond(kind, about, str(error["loc"][-1]))
    return _in_keys(str(error["msg"]).removeprefix("Value error, ")), "Correct it"


def _beyond(kind: str, about: Mapping[str, Any], member: str) -> tuple[str, str]:
    """A number that is too small or too large, and the limit as the file would write it."""
    bound, words, rounded = _BOUNDS[kind]
    _, factor, decimals, _ = _unit(member)
    step = 10**decimals
    limit = Decimal(rounded(about[bound] * step / factor)) / step
    return f"it is {words}", f"The limit is {limit:f}"
