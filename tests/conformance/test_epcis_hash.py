"""Event hash ids: what the algorithm's authors compute for their examples, we compute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.export.epcis_hash import hash_id, namespaces_of, prehash
from ledger.export.gs1_uris import canonical
from tests.conformance.vectors import load, vectors

EXAMPLES = 22


def events_in(document: dict[str, Any]) -> list[dict[str, Any]]:
    body = document["epcisBody"]
    found: list[dict[str, Any]] = body.get("eventList") or body["queryResults"]["resultsBody"]["eventList"]
    return found


def ignored_in(value: Any) -> Iterator[str]:
    """`ignoreFields`, wherever in the document an owner put it."""
    for name, one in value.items() if isinstance(value, dict) else ():
        yield from one if name.endswith(":ignoreFields") else ignored_in(one)


def test_the_published_examples_have_the_published_ids() -> None:
    files = sorted((vectors("epcis/hash") / "examples").glob("*.jsonld"))
    assert len(files) == EXAMPLES
    for path in files:
        assert _ids(path) == path.with_suffix(".hashes").read_text(encoding="utf-8").split(), path.name


def _ids(path: Path) -> list[str]:
    document = load(path)
    ignored = list(ignored_in(document))
    return [hash_id(one, namespaces_of(document), ignored) for one in events_in(document)]


EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-09-21T14:00:00.000Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "epcList": ["urn:epc:id:sscc:4012345.0000000333", "https://a.example/container/B"],
}
SAME: list[dict[str, Any]] = [
    {"eventTime": "2026-09-21T16:00:00+02:00"},
    {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"},
    {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
    {"bizStep": "cbv:BizStep-shipping"},
    {"epcList": ["https://a.example/container/B", "https://id.example/00/040123450000003338"]},
    {"recordTime": "2026-09-22T00:00:00Z", "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"},
    {"errorDeclaration": {"declarationTime": "2026-09-22T00:00:00Z"}},
    {"quantityList": []},
    {"rdfs:comment": "on a Monday"},
]


@pytest.mark.parametrize("change", SAME, ids=lambda change: next(iter(change)))
def test_another_spelling_is_the_same_event(change: dict[str, Any]) -> None:
    assert hash_id(EVENT | change, namespaces_of({})) == hash_id(EVENT, namespaces_of({}))


@pytest.mark.parametrize("name", EVENT)
def test_another_value_is_another_event(name: str) -> None:
    other = EVENT | {"type": "AggregationEvent", "eventTime": "2026-09-21T14:00:00.001Z", "action": "ADD",
                     "eventTimeZoneOffset": "+01:00", "bizStep": "receiving", "epcList": []}  # fmt: skip
    assert hash_id(EVENT | {name: other[name]}, namespaces_of({})) != hash_id(EVENT, namespaces_of({}))


def test_a_prefix_is_only_a_way_of_writing() -> None:
    one = prehash(
        EVENT | {"a:x": {"a:y": [2, 1]}}, namespaces_of({"@context": [{"a": "https://n.example/"}]})
    )
    two = prehash(EVENT | {"b:x": {"b:y": [1, 2]}}, namespaces_of({"@context": {"b": "https://n.example/"}}))
    assert one == two
    assert one.endswith("{https://n.example/}x{https://n.example/}y=1{https://n.example/}y=2")


@pytest.mark.parametrize(
    "uri",
    ["urn:epc:id:sscc:4012345", "urn:epc:id:new:1.2", "https://a.example/00/12", "urn:uuid:1", "geo:1,2"],
)
def test_what_is_no_gs1_identifier_stays_as_it_is(uri: str) -> None:
    assert canonical(uri) == uri
