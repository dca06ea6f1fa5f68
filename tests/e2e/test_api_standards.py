"""Partners' standards through the interface: out, asked for, and in, with a signature on every fact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.domain.events import to_payload
from ledger.export.epcis import document, told, written
from ledger.export.epcis_reading import read_event
from ledger.export.epcis_table import MAPPED, OF_EVENT
from ledger.export.fhir_reading import read_bundle
from ledger.export.names import Names
from ledger.proof.statement import parse
from ledger.store.decode import entry_of
from tests.e2e.api_stage import COI, OTHER, Stage, code, enrol, read, two_therapies
from tests.scenario import APHERESIS, ORIGIN, WARD, b64

NAMES = Names(ORIGIN)
EVENTS = "/v1/epcis/events"
PROCEED = {"gs1-capture-error-behaviour": "proceed"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def queried(stage: Stage, agent: str = "audrey", **params: str | int) -> list[dict[str, Any]]:
    found = read(stage, agent, EVENTS, **params)
    events: list[dict[str, Any]] = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["unbroken:event"] for event in events]


# --- out --------------------------------------------------------------------------------------


def test_a_therapy_as_epcis_says_what_its_entries_say(stage: Stage) -> None:
    made = read(stage, "audrey", f"/v1/chains/{COI}/epcis")
    facts = [one for event in made["epcisBody"]["eventList"] if (one := read_event(event, NAMES))]
    stored = stage.scenario.ledger.store.by_tag(f"chain/{COI}")
    entries = [entry_of(one.position, one.data, one.recorded_ms) for one in stored if one.type in MAPPED]
    assert [one.payload for one in facts] == [told(to_payload(entry.event)) for entry in entries]
    assert [one.statement for one in facts] == [entry.statement_id for entry in entries]
    assert made["creationDate"] == made["epcisBody"]["eventList"][-1]["recordTime"]


def test_a_therapy_as_fhir_carries_every_signed_statement(stage: Stage) -> None:
    response = stage.get(f"/v1/chains/{COI}/fhir", "audrey")
    assert response.headers["content-type"] == "application/fhir+json"
    story = read_bundle(response.json(), NAMES)
    stored = stage.scenario.ledger.store.by_tag(f"chain/{COI}")
    assert [one.raw for one in story.signed] == [one.data for one in stored]
    assert {one.container for one in story.products} == {"BAG-F1", "BAG-D1"}
    assert [one.status for one in story.legs] == ["completed"] * 4
    (dose,) = story.doses
    assert (dose.status, dose.matched, dose.given_ul) == ("issued", True, 50_000)


def test_the_past_is_exported_as_it_was(stage: Stage) -> None:
    stored = stage.scenario.ledger.store.by_tag(f"chain/{COI}")
    before = next(one.position for one in stored if one.type == "ContainersDerived")
    made = read(stage, "audrey", f"/v1/chains/{COI}/fhir", before_position=before)
    assert {one.container for one in read_bundle(made, NAMES).products} == {"BAG-F1"}


def test_only_who_reads_a_therapy_gets_it_in_whatever_form(stage: Stage) -> None:
    for form in ("epcis", "fhir"):
        assert code(stage.get(f"/v1/chains/{COI}/{form}", "otto")) == "no_such_chain"
        assert code(stage.get(f"/v1/chains/{COI}/{form}")) == "no_session"
    assert queried(stage, "otto") == []
    assert {one["bizTransactionList"][0]["bizTransaction"] for one in queried(stage, "anna")} == {
        NAMES.of("chain", coi) for coi in (COI, OTHER)
    }


def test_a_fact_by_somebody_without_a_part_in_the_therapy_is_no_event_of_it(stage: Stage) -> None:
    far = {"organisation": "swift-cryo", "site_kind": "courier", "country": "GB"}
    stage.scenario.say("cleo", "site/far-depot", "SiteOnboarded", **far)
    enrol(stage.scenario, "zed", "courier", "cleo", "swift-cryo", "far-depot")
    lost = {"at": {"site": "far-depot", "department": "van-9"}, "containers": ["OTHER-F1"]}
    said = stage.scenario.say("zed", f"chain/{OTHER}", "ContainerLost", **lost)
    assert "ContainerLost" not in types(queried(stage, perPage=1000))
    made = read(stage, "audrey", f"/v1/chains/{OTHER}/epcis")
    assert "ContainerLost" not in types(made["epcisBody"]["eventList"])
    payload = {"occurred_at": "2026-09-21T14:00:00.000Z"} | lost
    event = written(payload, OTHER, NAMES, OF_EVENT["ContainerLost"])
    event["unbroken:statement"] = said.statement_id.hex()
    (error,) = capture(stage, event, agent="audrey").json()["errors"]
    assert error["code"] == "signature_needed"


# --- queries ----------------------------------------------------------------------------------


def test_each_parameter_chooses_and_together_they_choose_what_fits_all(stage: Stage) -> None:
    bag = NAMES.of("container", "BAG-D1")
    ward = NAMES.party(WARD)
    assert set(types(queried(stage, EQ_bizStep="shipping"))) == {"CustodyReleased"}
    assert set(types(queried(stage, EQ_bizStep="https://ref.gs1.org/cbv/BizStep-shipping|packing"))) == {
        "CustodyReleased", "Packed",
    }  # fmt: skip
    assert types(queried(stage, eventType="TransformationEvent")) == ["ContainersDerived"]
    assert types(queried(stage, EQ_disposition="dispensed")) == ["InfusionCompleted"]
    assert types(queried(stage, EQ_readPoint=ward, EQ_bizStep="receiving")) == ["CustodyAccepted"]
    assert "ContainersDerived" in types(queried(stage, MATCH_anyEPC=bag))
    assert "ContainersDerived" not in types(queried(stage, MATCH_epc=bag))
    assert types(queried(stage, MATCH_anyEPC=NAMES.shipper("SHIPPER-1"))) == ["Packed", "Packed"]
    assert queried(stage, EQ_bizLocation=NAMES.of("location", "TANK-1")) == []
    assert queried(stage, MATCH_epc=bag, EQ_bizStep="commissioning") == []


def test_times_bound_from_and_until(stage: Stage) -> None:
    everything = queried(stage, perPage=1000)
    moment = everything[len(everything) // 2]["recordTime"]
    late = queried(stage, GE_recordTime=moment, perPage=1000)
    early = queried(stage, LT_recordTime=moment, perPage=1000)
    assert early + late == everything
    assert late[0]["recordTime"] == moment
    moment = everything[len(everything) // 2]["eventTime"]
    assert {one["eventTime"] >= moment for one in queried(stage, GE_eventTime=moment)} == {True}
    elsewhere = moment.replace("Z", "-00:00")
    assert {one["eventTime"] < moment for one in queried(stage, LT_eventTime=elsewhere)} == {True}


def test_pages_together_are_the_whole(stage: Stage) -> None:
    whole = queried(stage, perPage=1000)
    found: list[Any] = []
    path = f"{EVENTS}?perPage=3"
    while path:
        response = stage.get(path, "audrey")
        page = response.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert len(page) <= 3
        found += page
        link = response.headers.get("link", "")
        assert not link or link.endswith('>; rel="next"')
        path = link[1:].partition(">")[0]
    assert found == whole


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("EQ_transformationID=x", "unknown_query_parameter"),
        ("eq_bizstep=shipping", "unknown_query_parameter"),
        ("GE_eventTime=yesterday", "invalid_request"),
        ("GE_eventTime=2026-09-21T12:00:00", "invalid_request"),
        ("LT_recordTime=0001-01-01T00:00:00%2B14:00", "invalid_request"),
        ("perPage=0", "invalid_request"),
        ("nextPageToken=abc", "invalid_request"),
    ],
)
def test_what_is_not_understood_is_refused_and_not_overlooked(stage: Stage, query: str, wanted: str) -> None:
    assert code(stage.get(f"{EVENTS}?{query}", "audrey")) == wanted


# --- in ---------------------------------------------------------------------------------------


def stored_at(stage: Stage, **more: Any) -> dict[str, Any]:
    """What anna says of the bag that she holds."""
    return {"at": APHERESIS, "containers": ["OTHER-F1"], "location": "TANK-1"} | more


def event_of(stage: Stage, signed: bytes | None = None, **said: Any) -> dict[str, Any]:
    """A partner's own EPCIS event of a storing, with the statement if there is one."""
    payload = {"occurred_at": "2026-09-21T14:00:00.000Z"} | stored_at(stage) | said
    event = written(payload, OTHER, NAMES, OF_EVENT["Stored"])
    return event | ({"unbroken:signed": b64(signed)} if signed else {})


def capture(stage: Stage, *events: dict[str, Any], agent: str = "anna", **headers: str) -> Any:
    body = json.dumps(document(events, 0)).encode()
    told_so = {"content-type": "application/ld+json"} | stage.bearer(agent) | headers
    return stage.ask("POST", "/v1/epcis/capture", content=body, headers=told_so)


def signed_storing(stage: Stage, **more: Any) -> bytes:
    fields = stored_at(stage, occurred_at="2026-09-21T14:00:00.000Z") | more
    return stage.scenario.sign("anna", f"chain/{OTHER}", "Stored", **fields)


def test_an_event_with_its_signers_statement_is_recorded_once(stage: Stage) -> None:
    raw = signed_storing(stage)
    answer = capture(stage, event_of(stage, raw))
    assert answer.status_code == 202
    job = answer.json()
    assert (job["success"], job["errors"]) == (True, [])
    (told_of,) = job["events"]
    (stored,) = stage.scenario.ledger.store.entries(told_of["position"], told_of["position"] + 1)
    assert stored.data == raw
    again = capture(stage, event_of(stage, raw)).json()
    assert again["events"] == job["events"]
    signer = stage.scenario.signer("anna")
    signer.seq, signer.prev = signer.seq + 1, parse(raw).id.hex()


def test_without_a_signature_nothing_is_recorded_and_the_draft_comes_back(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()
    answer = capture(stage, event_of(stage, location="TANK-7"))
    job = answer.json()
    assert stage.scenario.ledger.store.head() == before
    (error,) = job["errors"]
    assert (job["success"], error["code"], error["event"]) == (False, "signature_needed", 0)
    assert error["draft"] == {
        "stream": f"chain/{OTHER}",
        "event": {"type": "Stored", "v": 1, "occurred_at": "2026-09-21T14:00:00.000Z"}
        | stored_at(stage, location="TANK-7"),
    }
    draft = error["draft"]["event"]
    said = {name: value for name, value in draft.items() if name not in ("type", "v")}
    assert stage.scenario.say("anna", error["draft"]["stream"], draft["type"], **said).position == before[0]


def test_a_job_is_told_again_to_who_captured_without_what_was_sent(stage: Stage) -> None:
    answer = capture(stage, event_of(stage, location="TANK-SECRET"))
    path = answer.headers["location"]
    kept = stage.get(path, "anna")
    assert "TANK-SECRET" in answer.text
    assert "TANK-SECRET" not in kept.text
    assert [one["code"] for one in kept.json()["errors"]] == ["signature_needed"]
    assert code(stage.get(path, "audrey")) == "no_such_capture"
    assert code(stage.get("/v1/epcis/capture/never", "anna")) == "no_such_capture"


def test_an_event_that_says_something_else_than_its_statement_is_refused(stage: Stage) -> None:
    raw = signed_storing(stage, location="TANK-2")
    before = stage.scenario.ledger.store.head()
    (error,) = capture(stage, event_of(stage, raw, location="TANK-3")).json()["errors"]
    assert (error["code"], error["detail"]) == (
        "signed_differs", "location: the signed statement says something else",
    )  # fmt: skip
    assert stage.scenario.ledger.store.head() == before


def test_a_signature_that_does_not_hold_is_refused_as_everywhere(stage: Stage) -> None:
    raw = bytearray(signed_storing(stage))
    raw[-1] ^= 1
    (error,) = capture(stage, event_of(stage, bytes(raw))).json()["errors"]
    assert (error["code"], error["status"]) == ("bad_signature", 401)


def test_our_own_export_captured_again_changes_nothing(stage: Stage) -> None:
    made = read(stage, "audrey", f"/v1/chains/{COI}/epcis")
    before = stage.scenario.ledger.store.head()
    body, headers = json.dumps(made).encode(), {"content-type": "application/json"} | stage.bearer("audrey")
    job = stage.ask("POST", "/v1/epcis/capture", content=body, headers=headers).json()
    assert job["success"], job["errors"]
    assert {one["status"] for one in job["events"]} == {"known", "part"}
    assert stage.scenario.ledger.store.head() == before


def test_an_altered_export_is_found(stage: Stage) -> None:
    made = read(stage, "audrey", f"/v1/chains/{COI}/epcis")
    event = next(one for one in made["epcisBody"]["eventList"] if one["unbroken:event"] == "CustodyReleased")
    other = event | {"destinationList": [{"type": "possessing_party", "destination": NAMES.party(WARD)}]}
    (error,) = capture(stage, other, agent="audrey").json()["errors"]
    assert (error["code"], error["detail"][:9]) == ("signed_differs", "receiver:")


def test_who_may_not_read_a_therapy_learns_nothing_by_capturing(stage: Stage) -> None:
    """The same draft as for an event that was never recorded."""
    made = read(stage, "audrey", f"/v1/chains/{COI}/epcis")["epcisBody"]["eventList"][0]
    (error,) = capture(stage, made, agent="otto").json()["errors"]
    assert error["code"] == "signature_needed"


def test_what_must_stand_or_fall_together_is_refused_before_anything_is_recorded(stage: Stage) -> None:
    first, before = signed_storing(stage), stage.scenario.ledger.store.head()
    answer = capture(stage, event_of(stage, first), event_of(stage, first))
    assert code(answer) == "rollback_not_possible"
    mixed = capture(stage, event_of(stage, first), event_of(stage, location="TANK-9"))
    assert [one["status"] for one in mixed.json()["events"]] == ["not_recorded", "refused"]
    assert stage.scenario.ledger.store.head() == before
    mixed = capture(stage, event_of(stage, first), event_of(stage, location="TANK-9"), **PROCEED)
    assert [one["status"] for one in mixed.json()["events"]] == ["recorded", "refused"]
    assert stage.scenario.ledger.store.head()[0] > before[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"bizStep": "teleporting"}, "bizStep"),
        ({"epcList": ["no uri"]}, "epcList"),
        ({"example:note": "fragile"}, "example:note"),
        ({"ilmd": {}}, "ilmd"),
    ],
)
def test_a_document_that_cannot_be_taken_whole_is_refused_by_name(
    stage: Stage, change: dict[str, Any], said: str
) -> None:
    answer = capture(stage, event_of(stage) | change)
    assert code(answer) == "invalid_epcis"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"bizStep": "holding", "disposition": "dispensed"}, "invalid_epcis"),
        ({"bizStep": "inspecting"}, "not_mapped"),
        ({"epcList": ["urn:epc:id:sscc:4012345.0000000333"]}, "foreign_identifier"),
        ({"disposition": "destroyed"}, "invalid_epcis"),
        ({"bizTransactionList": []}, "invalid_epcis"),
        ({"unbroken:version": 9}, "invalid_epcis"),
        ({"unbroken:signed": "!"}, "invalid_event"),
    ],
)
def test_an_event_that_means_nothing_here_is_refused_and_the_others_are_not(
    stage: Stage, change: dict[str, Any], wanted: str
) -> None:
    job = capture(stage, event_of(stage) | change, event_of(stage), **PROCEED).json()
    assert [one["code"] for one in job["errors"]] == [wanted, "signature_needed"]


@pytest.mark.parametrize("change", [{"value": 1e308}, {"value": 10**400}, {"value": -400}])
def test_a_reading_beyond_what_can_be_is_refused_by_name(stage: Stage, change: dict[str, Any]) -> None:
    event = event_of(stage) | {"sensorElementList": [sensed(change)]}
    answer = capture(stage, event)
    assert code(answer) == "invalid_epcis"
    assert "value" in answer.json()["detail"]


def sensed(change: dict[str, Any]) -> dict[str, Any]:
    metadata = {"deviceID": NAMES.of("logger", "L1"), "rawData": f"ni:///sha-256;{'A' * 43}"}
    report = {"type": "Temperature", "time": "2026-09-21T12:00:00.000Z", "value": 4, "uom": "CEL"} | change
    return {"sensorMetadata": metadata, "sensorReport": [report]}


def test_a_large_number_of_our_own_namespace_is_an_answer_too(stage: Stage) -> None:
    huge = event_of(stage) | {"unbroken:seq": 1e308, "unbroken:interval_s": 10**400}
    (error,) = capture(stage, huge).json()["errors"]
    assert error["code"] in ("invalid_epcis", "signature_needed")


def test_bodies_of_another_kind_are_refused(stage: Stage) -> None:
    headers = stage.bearer("anna") | {"content-type": "application/xml"}
    assert (
        code(stage.ask("POST", "/v1/epcis/capture", content=b"<x/>", headers=headers))
        == "unsupported_media_type"
    )
    headers["content-type"] = "application/json"
    assert code(stage.ask("POST", "/v1/epcis/capture", content=b"{", headers=headers)) == "malformed_json"
    headers["gs1-capture-error-behaviour"] = "perhaps"
    assert code(stage.ask("POST", "/v1/epcis/capture", content=b"{}", headers=headers)) == "invalid_request"
