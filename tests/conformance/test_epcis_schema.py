"""EPCIS documents against GS1's own JSON schema, with formats on: ours, others', and broken ones."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from ledger.domain.entry import Entry
from ledger.errors import Malformed
from ledger.export.epcis import GS1_CONTEXT, NAMESPACE, document, events_of, query_document, therapy_events
from ledger.export.epcis_document import read_document
from ledger.export.epcis_reading import read_event
from ledger.export.epcis_table import CORRECTION, ROWS
from ledger.export.names import Names
from tests.conformance.vectors import load, vectors
from tests.domain_scene import CHAIN, ORIGIN, scene_at
from tests.epcis_seen import entries_of, seen_by_a_new_therapy, seen_of
from tests.event_strategies import QUICKLY, events

NAMES = Names(ORIGIN)
MADE_MS = 1_790_000_000_000
some = settings(QUICKLY, max_examples=5)


@cache
def gs1() -> jsonschema_rs.Draft7Validator:
    schema = load(vectors("epcis") / "gs1-EPCIS" / "EPCIS-JSON-Schema.json")
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def wrong_with(found: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, one.instance_path))}: {one.message[:200]}" for one in gs1().iter_errors(found)
    ]


@cache
def story() -> list[dict[str, Any]]:
    """A whole therapy's events, with corrections by who may and by who may not, and a logger put in."""
    scene = scene_at("infused")
    packed = next(one for one, _ in scene.entries if one.type == "Packed")
    for signer in ("anna", "kit"):
        scene.on_chain(
            signer, CORRECTION, corrects=packed.statement_id, member="shipper", was="SHIPPER-1",
            right="SHIPPER-2", reason="typing_error",
        )  # fmt: skip
    return list(therapy_events(entries_of(scene), seen_of(scene), NAMES))


def test_a_therapys_documents_are_valid() -> None:
    made = story()
    assert {"AssociationEvent", "TransformationEvent"} <= {one["type"] for one in made}
    assert any("errorDeclaration" in one for one in made)
    assert any(one["bizStep"] == "unbroken:corrected" and one["unbroken:findings"] for one in made)
    assert wrong_with(document(made, MADE_MS)) == []
    assert wrong_with(query_document(made, MADE_MS)) == []


@pytest.mark.parametrize("name", [row.event for row in ROWS])
def test_whatever_a_fact_says_its_document_is_valid_and_capture_takes_it(name: str) -> None:
    gs1()

    @some
    @given(events(name))
    def is_valid(event: Any) -> None:
        entry = Entry(7, "ab" * 32, "ef" * 32, "nora", CHAIN, event, MADE_MS)
        made = document(events_of(entry, seen_by_a_new_therapy(), NAMES), MADE_MS)
        assert wrong_with(made) == []
        assert read_document(json.dumps(made).encode()) == made["epcisBody"]["eventList"]

    is_valid()


def test_the_checker_finds_what_is_wrong() -> None:
    """Else the tests above would show nothing."""
    for change in ({"eventTime": "yesterday"}, {"bizStep": "teleporting"}, {"epcList": ["no uri"]},
                   {"readPoint": {"id": "no uri"}}, {"plain": 1}):  # fmt: skip
        assert wrong_with(document([story()[0] | change], MADE_MS)) != [], change


# --- what capture takes, GS1's schema takes ---------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(
        ["", "x", "ADD", "shipping", "urn:x", "http://[", "https://a.example/ b", "https://a.example/%zz",
         "2026-02-30T00:00:00Z", "2026-09-21T14:00:00+02:00", "2026-09-21T24:00:00Z", "unbroken:x", "a:b",
         "urn:epcglobal:cbv:bizstep:shipping", "+14:30", "http:///x", "a:", "http://a:x/", "ni:///sha-256;x?a#b"]
    ),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["id", "type", "a:b"]), inner),
    max_leaves=4,
)  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [one for step, inner in steps for one in _places(inner, (*path, step))]


def changed(found: Any, path: tuple[Any, ...], value: Any, removed: bool) -> Any:
    made = deepcopy(found)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    if removed:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


@settings(QUICKLY, max_examples=200)
@given(st.data())
def test_what_capture_takes_gs1s_schema_takes(data: st.DataObject) -> None:
    whole = document([data.draw(st.sampled_from(story()))], MADE_MS)
    path = data.draw(st.sampled_from(_places(whole)))
    made = changed(whole, path, data.draw(ANYTHING), data.draw(st.booleans()))
    found = taken(json.dumps(made).encode())
    if isinstance(found, list):
        assert wrong_with(made) == []
        assert {code_of(one) for one in found} <= {"", "not_mapped", "foreign_identifier", "invalid_epcis"}
    else:
        assert found == "invalid_epcis"


def taken(raw: bytes) -> list[dict[str, Any]] | str:
    """The document's events, or the code of the refusal."""
    try:
        return read_document(raw)
    except Malformed as refused:
        return refused.code


def code_of(event: dict[str, Any]) -> str:
    """Of the refusal to read the event as a fact; empty where it is one."""
    try:
        read_event(event, NAMES)
    except Malformed as refused:
        return refused.code
    return ""


def published() -> list[Path]:
    base = vectors("epcis")
    return sorted([*base.glob("gs1-EPCIS/JSON/**/*.jsonld"), *base.glob("openepcis-json/**/*.json")])


def test_a_partners_document_is_taken_or_refused_with_a_reason_never_misread() -> None:
    """None of the published ones is about this log: not one fact may come out of them."""
    files = published()
    assert len(files) == 90
    for path in files:
        found = taken(path.read_bytes())
        codes = {code_of(one) for one in found} if isinstance(found, list) else {found}
        assert codes <= {"invalid_epcis", "not_mapped", "foreign_identifier"}, path


# --- JSON-LD ----------------------------------------------------------------------------------


def test_as_linked_data_no_member_is_lost() -> None:
    """A JSON-LD processor drops what its context does not name: expanded, everything is still there."""
    context = load(vectors("epcis") / "gs1-EPCIS" / "epcis-context.jsonld")

    def loader(url: str, options: Any) -> dict[str, Any]:
        assert url == GS1_CONTEXT
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": context,
            "contentType": "application/ld+json",
        }

    made = document(story(), MADE_MS)
    (expanded,) = jsonld.expand(made, {"documentLoader": loader})
    text = json.dumps(expanded)
    for event in made["epcisBody"]["eventList"]:
        assert event["eventID"] in text
        missing = [name for name in event if name.replace("unbroken:", NAMESPACE) not in text]
        assert set(missing) <= {"eventID", "type"}  # @id and @type
    assert f'"{NAMESPACE}chain_of_identity"' in text
    assert '"https://ref.gs1.org/cbv/BizStep-shipping"' in text
    assert '"https://ref.gs1.org/cbv/SDT-possessing_party"' in text
