"""The law of the EPCIS mapping: what goes out comes back as the same fact, whatever the fact is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.chain import Chain
from ledger.domain.entry import Entry
from ledger.domain.events import EVENTS, VERSIONS, parse_event, to_payload
from ledger.domain.parts import Event
from ledger.errors import Malformed
from ledger.export.epcis import NAMESPACES, events_of, told
from ledger.export.epcis_hash import hash_id
from ledger.export.epcis_places import writes
from ledger.export.epcis_reading import read_event
from ledger.export.epcis_seen import Seen
from ledger.export.epcis_table import CORRECTION, MAPPED, OF_EVENT, ROWS
from ledger.export.names import Names, digest_uri, read_digest
from tests.epcis_seen import seen_by_a_new_therapy
from tests.event_strategies import QUICKLY, events

COI = "isbt128:CHA999926ABC123"
NAMES = Names("ledger.example/unbroken")
some = settings(QUICKLY, max_examples=12)


def entry_of(event: Event, position: int = 7) -> Entry:
    statement_id = f"{position:064x}"
    return Entry(position, statement_id, "ef" * 32, "nora", f"chain/{COI}", event, 1_790_000_000_000)


def plainly(payload: dict[str, Any]) -> dict[str, Any]:
    """What may be said by saying nothing is not said, and a container is named once."""
    named = {
        name: list(dict.fromkeys(one)) if name == "containers" and one and isinstance(one[0], str) else one
        for name, one in payload.items()
    }
    required = {
        name
        for name, about in VERSIONS[payload["type"]][payload["v"]].model_fields.items()
        if about.is_required()
    }
    return {name: _dense(one) for name, one in named.items() if one is not None or name in required}


def _dense(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _dense(one) for name, one in value.items() if one is not None}
    return [_dense(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", [row.event for row in ROWS])
def test_every_mapped_fact_reads_back_as_it_was(name: str) -> None:
    @some
    @given(events(name))
    def reads_back(event: Event) -> None:
        entry = entry_of(event)
        whole, *parts = events_of(entry, seen_by_a_new_therapy(), NAMES)
        found = read_event(whole, NAMES)
        assert found is not None
        assert found.payload == plainly(told(to_payload(event)))
        assert (found.stream, found.coi, found.statement) == (entry.stream, COI, entry.statement_id)
        assert [read_event(part, NAMES) for part in parts] == [None] * len(parts)
        if not (hasattr(event, "patient") or event.esignature):
            assert plainly(to_payload(parse_event(found.payload))) == plainly(to_payload(event))

    reads_back()


@some
@given(events("Packed"), events(CORRECTION))
def test_a_correction_is_the_corrected_event_with_the_declaration_of_its_error(
    packed: Event, corrected: Any
) -> None:
    original = entry_of(packed)
    correction = entry_of(corrected.model_copy(update={"corrects": original.statement_id}), 8)
    before = next(events_of(original, seen_by_a_new_therapy(), NAMES))
    seen = Seen(Chain(COI), {original.statement_id: original}.get)
    (after,) = events_of(correction, seen, NAMES)
    assert after["eventID"] == before["eventID"]
    found = read_event(after, NAMES)
    assert found is not None
    assert found.payload == plainly(told(to_payload(correction.event)))
    assert found.statement == correction.statement_id


@some
@given(events("Stored"))
def test_the_id_is_the_hash_of_what_stands_there_and_of_nothing_else(event: Event) -> None:
    whole = next(events_of(entry_of(event), seen_by_a_new_therapy(), NAMES))
    assert hash_id(whole, NAMESPACES) == whole["eventID"]
    assert hash_id(whole | {"eventTime": "1999-01-01T00:00:00.000Z"}, NAMESPACES) != whole["eventID"]


@some
@given(events(CORRECTION), st.sampled_from(["patient.0.commitment", "Patient", "esignature.assertion"]))
def test_a_correction_does_not_tell_what_the_ledger_keeps(event: Any, member: str) -> None:
    correction = entry_of(event.model_copy(update={"member": member, "was": "KEPT-1", "right": "KEPT-2"}))
    by_other = replace(correction, signer="kit", position=9)
    for one in (correction, by_other):
        (made,) = events_of(one, seen_by_a_new_therapy(), NAMES)
        assert "KEPT" not in repr(made)
        found = read_event(made, NAMES)
        assert found is not None
        assert found.payload == plainly(told(to_payload(one.event)))


def test_nothing_of_a_patient_or_of_a_passkey_leaves_the_ledger() -> None:
    with_patient = {one.__name__ for one in EVENTS if "patient" in one.model_fields} & MAPPED
    assert with_patient == {"InfusionChecked"}

    @some
    @given(events("InfusionChecked"))
    def leaves_out(event: Any) -> None:
        members = set(_members(list(events_of(entry_of(event), seen_by_a_new_therapy(), NAMES))))
        assert not members & {"unbroken:patient", "unbroken:commitment", "unbroken:assertion"}
        assert ("unbroken:esignature" in members) == (event.esignature is not None)

    leaves_out()


def _members(value: Any) -> Iterator[str]:
    for name, one in value.items() if isinstance(value, dict) else ():
        yield name
        yield from _members(one)
    for one in value if isinstance(value, list) else ():
        yield from _members(one)


def test_every_event_about_a_container_has_a_row_and_every_place_a_member() -> None:
    """Labels that are not on a container yet, and what is said of none, are no visibility events."""
    about_containers = {one.__name__ for one in EVENTS if _names_containers(one)}
    assert about_containers - MAPPED == {"LabelIssued", "LabelScannedBack"}
    for row in ROWS:
        model = VERSIONS[row.event][max(VERSIONS[row.event])]
        assert writes(row.places) <= set(model.model_fields), row.event
    assert {*OF_EVENT, CORRECTION} == MAPPED


def test_what_ends_a_hold_or_stops_a_label_or_a_lot_is_an_event_too() -> None:
    ends = {"QuarantineLifted", "DeviationDispositioned", "LabelVoided", "LotRecalled", CORRECTION}
    assert {row.event for row in ROWS if row.names_none} == ends
    for name in ends:
        assert not {"containers", "container"} & VERSIONS[name][1].model_fields.keys()


def _names_containers(model: type[Event]) -> bool:
    members = model.model_fields.keys()
    return bool({"containers", "container", "children", "sample"} & members)


@given(st.binary(min_size=32, max_size=32).map(bytes.hex))
def test_a_digest_reads_back_from_its_uri(digest: str) -> None:
    assert read_digest(digest_uri(digest)) == digest


@some
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_a_name_reads_back_from_its_uri_and_only_from_this_logs(name: str) -> None:
    assert NAMES.read("logger", NAMES.of("logger", name)) == name
    with pytest.raises(Malformed) as refused:
        NAMES.read("logger", Names("other.example").of("logger", name))
    assert refused.value.code == "foreign_identifier"
