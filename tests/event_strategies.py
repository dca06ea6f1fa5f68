"""Any event that the schema allows, as Hypothesis draws it from the event's own class."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ledger.domain.events import VERSIONS
from ledger.domain.parts import Event
from ledger.domain.times import timestamp

# What fails is small enough to be read as it is; making it smaller takes minutes.
QUICKLY = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
LAST_MS = 253_402_300_799_999
PATTERNS: dict[str, st.SearchStrategy[Any]] = {  # by what a pattern stands for: faster than the pattern
    "T([01]": st.integers(0, LAST_MS).map(timestamp),
    "{64}": st.binary(min_size=32, max_size=32).map(bytes.hex),
}
ASCII = st.characters(codec="ascii")


@cache
def events(name: str) -> st.SearchStrategy[Event]:
    """Events of this type, in its newest version, on a therapy's own stream."""
    model = VERSIONS[name][max(VERSIONS[name])]
    schema = model.model_json_schema()
    members = schema["properties"]
    members.pop("therapies", None)  # of a carrier's stream
    return (
        _object(schema, schema.get("$defs", {}))
        .map(lambda found: _event(model, found))
        .filter(lambda found: found is not None)
    )  # type: ignore[return-value]


def _event(model: type[Event], found: dict[str, Any]) -> Event | None:
    """What members must not be together, the class says by refusing."""
    try:
        return model.model_validate(found)
    except ValidationError:
        return None


def _object(schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    must = set(schema.get("required", ()))
    members = {name: _value(about, parts) for name, about in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: one for name, one in members.items() if name in must},
        optional={name: one for name, one in members.items() if name not in must},
    )


def _value(about: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in about:
        return _object(parts[about["$ref"].rpartition("/")[2]], parts)
    if "anyOf" in about:
        return st.one_of([_value(one, parts) for one in about["anyOf"]])
    if "const" in about or "enum" in about:
        return st.sampled_from(about.get("enum", [about.get("const")]))
    kind = about["type"]
    if kind == "array":
        least, most = about.get("minItems", 0), min(about.get("maxItems", 3), 3)
        unique = (lambda one: one["container"]) if "container" in _names_in(about["items"], parts) else repr
        return st.lists(_value(about["items"], parts), min_size=least, max_size=most, unique_by=unique)
    if kind == "integer":
        return st.integers(about.get("minimum"), about.get("maximum"))
    return _text(about) if kind == "string" else {"null": st.none(), "boolean": st.booleans()}[kind]


def _names_in(items: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parts.get(items.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    return found


def _text(about: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" not in about:
        return st.text(ASCII)
    for mark, strategy in PATTERNS.items():
        if mark in about["pattern"]:
            return strategy
    return st.from_regex(about["pattern"], fullmatch=True, alphabet=ASCII).filter(lambda one: "\n" not in one)
