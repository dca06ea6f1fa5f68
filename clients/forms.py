"""From typed words to an event's members, by the event's own schema.

A value is text, and the schema says what it means: `containers=BAG-1,BAG-2` is a list
because `containers` is one. Parts can be written out (`giver.site=st-mary`,
`children.0.container=BAG-1`) or in short, as `SHORT` says (`giver=st-mary/ward-5`,
`children=BAG-1:50000,BAG-2:50000`). Moments may be written in any zone, or as `now`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from clients.dins import entered, read_din
from clients.drafts import ENVELOPE, now
from ledger.domain.parts import Country, Din, Event, Hex32, Name, Timestamp
from ledger.errors import Malformed

OWN = frozenset(
    {"type", "v", "occurred_at", "chain_version", "esignature", *ENVELOPE}
)  # not for a form to fill
SHORT: dict[str, tuple[str, tuple[str, str]]] = {  # part: what parts its two members
    "Party": ("/", ("site", "department")),
    "Drawn": (":", ("container", "volume_ul")),
    "NewContainer": (":", ("container", "volume_ul")),
    "ProductRef": (":", ("product", "version")),
    "Reprint": (":", ("serial", "reason")),
    "RoleAtSite": ("@", ("role", "site")),
}


def _pattern(annotated: Any) -> str:
    return str(get_args(annotated)[1].pattern)


TIMESTAMP, DIN = _pattern(Timestamp), _pattern(Din)
HINTS = {
    TIMESTAMP: "a moment such as 2026-03-01T09:30Z, or now",
    DIN: "13 characters and the check character in the box, or scanned",
    _pattern(Name): "lower case, such as st-mary",
    _pattern(Country): "two capitals, such as GB",
    _pattern(Hex32): "64 hex digits, such as a statement's id",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a member must look like. `parts` of an object by name, `item` of a list."""

    kind: str  # object, array, integer, boolean, string
    title: str = ""
    pattern: str = ""
    choices: tuple[str, ...] = ()
    nullable: bool = False
    required: bool = True
    item: Shape | None = None
    parts: tuple[tuple[str, Shape], ...] = ()

    @property
    def short(self) -> tuple[str, tuple[str, str]] | None:
        return SHORT.get(self.title)

    @property
    def hint(self) -> str:
        """How to write it, in a few words; empty for plain text."""
        if self.kind == "array" and self.item:
            if self.item.title == "Commitment":
                return "by --patient-file"
            inner = self.item.hint
            return f"{inner}, several by commas" if inner else "several by commas"
        if self.short:
            between, names = self.short
            return between.join(names)
        if self.choices:
            return " or ".join(self.choices)
        return HINTS.get(
            self.pattern, {"boolean": "yes or no", "integer": "a whole number"}.get(self.kind, "")
        )


def shape_of(event: type[Event]) -> Shape:
    """The event's own members, without those that the client says itself."""
    schema = event.model_json_schema()
    whole = _shape(schema, schema.get("$defs", {}), True)
    return Shape("object", whole.title, parts=tuple(part for part in whole.parts if part[0] not in OWN))


def _shape(schema: Mapping[str, Any], defs: Mapping[str, Any], required: bool) -> Shape:
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if choices:
        plain = _shape(choices[0], defs, required)
        return Shape(
            plain.kind, plain.title, plain.pattern, plain.choices, True, required, plain.item, plain.parts
        )
    needed = schema.get("required", ())
    return Shape(
        kind=schema["type"],
        title=schema.get("title", ""),
        pattern=schema.get("pattern", ""),
        choices=tuple(str(choice) for choice in schema.get("enum", ())),
        required=required,
        item=_shape(schema["items"], defs, True) if "items" in schema else None,
        parts=tuple(
            (name, _shape(part, defs, name in needed)) for name, part in schema.get("properties", {}).items()
        ),
    )


def filled(shape: Shape, pairs: Iterable[str]) -> dict[str, Any]:
    """Members from `name=value` pairs. Raises `Malformed` `bad_value`, naming the pair's name."""
    tree: dict[str, Any] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        if not equals:
            raise Malformed("bad_value", f"{pair!r} is not name=value")
        _plant(tree, path.split("."), text)
    members: dict[str, Any] = value(shape, tree)
    return members


def _plant(tree: dict[str, Any], path: list[str], text: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise Malformed("bad_value", f"{'.'.join(path)}: {step} has a value already")
    if path[-1] in tree:
        raise Malformed("bad_value", f"{'.'.join(path)} is given twice")
    tree[path[-1]] = text


def value(shape: Shape, given: Any, name: str = "") -> Any:
    """What `given` (text, or a tree of texts) means where `shape` is expected."""
    if given in ("", "none") and (shape.nullable or not shape.required):
        return None
    if shape.kind == "object":
        return _object(shape, given, name)
    if shape.kind == "array":
        return _array(shape, given, name)
    if not isinstance(given, str):
        raise Malformed("bad_value", f"{name} has no parts")
    return _scalar(shape, given, name)


def _object(shape: Shape, given: Any, name: str) -> dict[str, Any]:
    if isinstance(given, str):
        given = _in_short(shape, given, name)
    parts = dict(shape.parts)
    unknown = sorted(given.keys() - parts.keys())
    if unknown:
        raise Malformed("bad_value", f"{_path(name, unknown[0])} is not known; there is {', '.join(parts)}")
    return entered({part: value(parts[part], text, _path(name, part)) for part, text in given.items()})


def _in_short(shape: Shape, given: str, name: str) -> dict[str, str]:
    if shape.short is None:
        raise Malformed("bad_value", f"{name} has parts: {name}.{shape.parts[0][0]}=… and so on")
    between, names = shape.short
    texts = given.rsplit(between, 1)
    if len(texts) != len(names):
        raise Malformed("bad_value", f"{name}: write {between.join(names)}, not {given!r}")
    return dict(zip(names, texts, strict=True))


def _array(shape: Shape, given: Any, name: str) -> list[Any]:
    assert shape.item is not None
    if isinstance(given, str):
        texts = [] if given == "none" else given.split(",")
        items: list[Any] = [text.strip() for text in texts if text.strip()]
    elif all(step.isdecimal() for step in given):
        items = [given[step] for step in sorted(given, key=int)]
    else:
        raise Malformed("bad_value", f"{name} is a list: {name}.0=…, {name}.1=…")
    return [value(shape.item, item, f"{name}.{number}") for number, item in enumerate(items)]


def _scalar(shape: Shape, given: str, name: str) -> str | int | bool:
    if shape.kind == "integer":
        if not given.lstrip("-").isdecimal():
            raise Malformed("bad_value", f"{name}: {given!r} is not a whole number")
        return int(given)
    if shape.kind == "boolean":
        if given.lower() not in ("yes", "no", "true", "false"):
            raise Malformed("bad_value", f"{name}: say yes or no, not {given!r}")
        return given.lower() in ("yes", "true")
    if shape.choices and given not in shape.choices:
        raise Malformed("bad_value", f"{name}: {given!r} is none of {', '.join(shape.choices)}")
    if shape.pattern == DIN:
        read_din(given)  # the part that it belongs to takes what was read
    return moment(given) if shape.pattern == TIMESTAMP else given


def written(value: Any) -> str:
    """A member as a person would type it: the other way round than `value`."""
    if isinstance(value, Mapping):
        return _part_written(value)
    if isinstance(value, list):
        return ", ".join(map(written, value)) or "none"
    if isinstance(value, bool) or value is None:
        return "none" if value is None else ("no", "yes")[value]
    return str(value)


def _part_written(part: Mapping[str, Any]) -> str:
    for between, (first, second) in SHORT.values():
        if part.keys() == {first, second}:
            return f"{part[first]}{between}{part[second]}"
    if part.keys() == {"field", "commitment"}:
        return f"{part['field']} (as commitment {part['commitment'][:12]}…)"
    return "; ".join(f"{name} {written(value)}" for name, value in part.items())


def moment(text: str) -> str:
    """Any ISO 8601 moment with its zone, or `now`, as events write it: UTC, milliseconds.

    Raises `Malformed` `bad_moment`: a time without a zone is somewhere else for somebody else.
    """
    if text == "now":
        return now()
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("bad_moment", f"{text!r} is not a moment such as 2026-03-01T09:30Z") from None
    if found.tzinfo is None:
        raise Malformed("bad_moment", f"{text!r} has no zone: end it with Z for UTC, or with +01:00")
    found = found.astimezone(datetime.UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%S.") + f"{found.microsecond // 1000:03}Z"


def _path(name: str, part: str) -> str:
    return f"{name}.{part}" if name else part
