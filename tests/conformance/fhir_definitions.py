"""FHIR R5 resources against R5's own StructureDefinitions, more strictly than the usual libraries.

Each element must be known, there as often as its cardinality says, of a type that the definition
names; codes of required bindings must stand in their value sets, and references must point at the
targets that are allowed. What is inside a datatype (Quantity, Period …) is checked by
`fhir.resources`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.conformance.vectors import load

Element = dict[str, Any]
CHECKED = ("BiologicallyDerivedProduct", "BiologicallyDerivedProductDispense", "Provenance", "Specimen",
           "Transport", "AuditEvent")  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_BASE = {"resourceType", "id", "extension"}


@dataclass
class Definitions:
    """The published definitions in a folder."""

    folder: Path

    @cached_property
    def elements(self) -> dict[str, dict[str, Element]]:
        """By resource, then by path."""
        found = {}
        for name in CHECKED:
            snapshot = load(self.folder / f"StructureDefinition-{name}.json")["snapshot"]
            found[name] = {one["path"]: one for one in snapshot["element"]}
        return found

    @cached_property
    def codes(self) -> dict[str, set[str]]:
        """By code system."""
        systems = (load(path) for path in self.folder.glob("CodeSystem-*.json"))
        return {one["url"]: {each["code"] for each in one.get("concept", ())} for one in systems}

    @cached_property
    def sets(self) -> dict[str, set[str]]:
        """By value set, those whose code systems are all here or that list their codes."""
        found = {}
        for path in self.folder.glob("ValueSet-*.json"):
            one = load(path)
            parts = [self._part(each) for each in one.get("compose", {}).get("include", ())]
            if parts and None not in parts:
                found[one["url"]] = set[str]().union(*(each for each in parts if each is not None))
        return found

    def _part(self, include: dict[str, Any]) -> set[str] | None:
        if "concept" in include:
            return {one["code"] for one in include["concept"]}
        return self.codes.get(include.get("system", ""))

    def wrong_with(self, resource: dict[str, Any]) -> list[str]:
        name = resource.get("resourceType")
        if name not in self.elements:
            return [f"{name!r} is no resource that is checked here"]
        bad_id = [] if _ID.fullmatch(resource.get("id", "x")) else [f"{name}.id"]
        return bad_id + list(self._object(name, name, resource))

    def _object(self, resource: str, path: str, found: Any) -> Iterator[str]:
        if not isinstance(found, dict):
            yield f"{path}: no object"
            return
        known = self._children(resource, path)
        left = found.keys() - _BASE
        for name, about in known.items():
            said = [each for each in left if each == name or _chooses(each, name, about)]
            left -= set(said)
            yield from self._counted(about, [found[each] for each in said])
            for each in said:
                yield from self._values(resource, about, each, found[each])
        yield from (f"{path}.{name}: unknown" for name in sorted(left))

    def _children(self, resource: str, path: str) -> dict[str, Element]:
        """By name; `value[x]` under `value[x]`. A content reference has the children of its target."""
        about = self.elements[resource][path]
        base = about["contentReference"].rpartition("#")[2] if "contentReference" in about else path
        lead = f"{base}."
        return {
            one.removeprefix(lead): each
            for one, each in self.elements[resource].items()
            if one.startswith(lead) and "." not in one.removeprefix(lead)
        }

    def _counted(self, about: Element, values: list[Any]) -> Iterator[str]:
        many = about["max"] != "1"
        if any(isinstance(one, list) != many for one in values):
            yield f"{about['path']}: {'no list' if many else 'a list'}"
            return
        count = sum(len(one) if isinstance(one, list) else 1 for one in values)
        if count < about["min"] or (not many and count > 1) or (many and values == [[]]):
            yield f"{about['path']}: {count} times"

    def _values(self, resource: str, about: Element, name: str, value: Any) -> Iterator[str]:
        path = about["path"]
        for one in value if isinstance(value, list) else [value]:
            if one is None or one in ("", {}, []):
                yield f"{path}: empty"
            types = {each["code"]: each.get("targetProfile", []) for each in about.get("type", ())}
            if "BackboneElement" in types or "contentReference" in about:
                yield from self._object(resource, path, one)
            elif "Reference" in types and name == path.rpartition(".")[2]:
                yield from self._reference(path, one, types["Reference"])
            yield from self._bound(about, one)

    def _reference(self, path: str, found: Any, targets: list[str]) -> Iterator[str]:
        if not isinstance(found, dict):
            yield f"{path}: no reference"
            return
        allowed = {one.rpartition("/")[2] for one in targets}
        named = {found["type"]} if "type" in found else set()
        if "/" in found.get("reference", ""):
            named.add(found["reference"].partition("/_history/")[0].split("/")[-2])
        if not {"reference", "identifier", "display", "type"} & found.keys():
            yield f"{path}: refers to nothing"
        if "Resource" not in allowed and not named <= allowed:
            yield f"{path}: refers to {sorted(named)}, may to {sorted(allowed)}"

    def _bound(self, about: Element, value: Any) -> Iterator[str]:
        binding = about.get("binding", {})
        if binding.get("strength") == "required":
            allowed = self.sets.get(binding["valueSet"].partition("|")[0])
            if allowed is None or value not in allowed:
                yield f"{about['path']}: {value!r} is not in {binding['valueSet']}"


def _chooses(said: str, name: str, about: Element) -> bool:
    """`valueString` where the definition says `value[x]`, and string is one of its types."""
    if not name.endswith("[x]"):
        return False
    types = {one["code"][0].upper() + one["code"][1:] for one in about["type"]}
    return said.startswith(name[:-3]) and said[len(name) - 3 :] in types


def references_in(value: Any) -> Iterator[str]:
    """Every literal reference in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from references_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from references_in(one)
