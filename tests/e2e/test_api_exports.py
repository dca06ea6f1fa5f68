"""A bundle over HTTP: asked for with a signature, given to who may read, the same every time."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

from ledger.application import Answer
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.cold_chain.evidence import Instrument, evidence
from ledger.cold_chain.formats import read
from ledger.domain.world import timestamp
from ledger.proof.cosignature import cosign
from ledger.proof.note import parse_note
from ledger.proof.pruned import Hidden, decode_records
from ledger.proof.witnesses import Policy
from ledger.verify.bundle import audit_bundle
from ledger.verify.report import Report
from tests.domain_supply import LOT
from tests.e2e.api_stage import COI, OTHER, STREAM, Stage, code, enrol, two_therapies
from tests.logger_files import ROOT as LOGGERS
from tests.logger_files import berlinger
from tests.scenario import APHERESIS, ORIGIN, VAN, b64, ordered
from tests.witness_stage import key, policy, vkey_of_number


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def ask_for_therapy(stage: Stage, agent: str = "audrey", coi: str = COI) -> Answer:
    version = stage.scenario.version(coi)
    return stage.scenario.say(
        agent, f"chain/{coi}", "TherapyExportRequested", chain_version=version, reason="inspection"
    )


def ask_for(stage: Stage, agent: str = "audrey", **scope: Any) -> Answer:
    return stage.scenario.say(agent, f"log/{ORIGIN}", "ExportRequested", reason="inspection", **scope)


def fetch(stage: Stage, asked: Answer, agent: str = "audrey", **headers: str) -> httpx.Response:
    return stage.get(f"/v1/exports/{asked.position}", agent, headers=headers)


def given(stage: Stage, asked: Answer, agent: str = "audrey") -> bytes:
    response = fetch(stage, asked, agent)
    assert response.status_code == 200, response.text
    return response.content


def audited(stage: Stage, raw: bytes, *, root: str = ROOT, policy: Policy | None = None) -> Report:
    vkey = stage.scenario.ledger.vkey
    return audit_bundle(lambda at, length: raw[at : at + length], len(raw), vkey, berlinger_root=root,
                        policy=policy)  # fmt: skip


def opened(raw: bytes) -> zipfile.ZipFile:
    """As any program opens it."""
    archive = zipfile.ZipFile(io.BytesIO(raw))
    assert archive.testzip() is None
    return archive


def manifest(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(opened(raw).read("manifest.json"))
    return found


def told(raw: bytes) -> str:
    archive = opened(raw)
    names = [name for name in archive.namelist() if name.startswith("report/")]
    return b"".join(map(archive.read, names)).decode()


def test_a_therapys_bundle_holds_and_says_what_was_left_out(stage: Stage) -> None:
    asked = ask_for_therapy(stage)
    raw = given(stage, asked)
    report = audited(stage, raw)
    assert report.ok, report.text()
    said = manifest(raw)
    records = list(decode_records(opened(raw).read("entries/000000")))
    hidden = sum(2**one.height for one in records if isinstance(one, Hidden))
    shown = sum(isinstance(one, bytes) for one in records)
    assert said["left_out"] == {"entries": hidden, "files": []}
    assert (said["size"], hidden > 0) == (hidden + shown, True)
    assert said["request"] == {"position": asked.position, "statement_id": asked.statement_id.hex()}
    assert STREAM in said["whole"]


def test_nothing_of_another_patient_is_in_it(stage: Stage) -> None:
    raw = given(stage, ask_for_therapy(stage))
    assert COI.encode() in raw
    assert OTHER.encode() not in raw
    assert b"OTHER-F1" not in raw


def test_the_same_request_gives_the_same_bytes_whatever_came_since(stage: Stage) -> None:
    asked = ask_for_therapy(stage)
    before = given(stage, asked)
    packed = {"at": APHERESIS, "containers": ["OTHER-F1"], "shipper": "S-9"}
    stage.scenario.say("anna", f"chain/{OTHER}", "Packed", **packed)
    ask_for_therapy(stage)
    assert given(stage, asked) == before


def test_what_witnesses_say_within_seconds_joins_and_nothing_later(stage: Stage) -> None:
    """Their lines come after the head; the tag says when the bytes become others, and then no more."""
    asked = ask_for_therapy(stage)
    bare = fetch(stage, asked)
    head = stage.scenario.ledger.store.checkpoint_covering(asked.position)
    recorded_s = head.time_ms // 1000
    for number, time_s in ((11, recorded_s + 5), (12, recorded_s + 60)):
        line = cosign(parse_note(head.note).text, vkey_of_number(number), key(number), time_s)
        kept = stage.app.state.node.cosignatures
        kept.keep(head.size, str(vkey_of_number(number)), time_s, line)
    cosigned = fetch(stage, asked)
    assert cosigned.headers["etag"] != bare.headers["etag"]
    notes = list(decode_records(opened(cosigned.content).read("checkpoints/000000")))
    assert isinstance(notes[-1], bytes)
    assert policy(2, 11, 12).cosigners(parse_note(notes[-1])) == {"W11": recorded_s + 5}
    report = audited(stage, cosigned.content, policy=policy(1, 11, 12))
    assert report.ok, report.text()
    assert report.witnessed_size == report.size


def test_what_broke_off_goes_on_where_it_was(stage: Stage) -> None:
    asked = ask_for_therapy(stage)
    whole = fetch(stage, asked)
    tag, length = whole.headers["etag"], len(whole.content)
    for start in (1, length - 1):
        rest = fetch(stage, asked, range=f"bytes={start}-", **{"if-range": tag})
        assert rest.status_code == 206
        assert rest.headers["content-range"] == f"bytes {start}-{length - 1}/{length}"
        assert rest.content == whole.content[start:]


def test_a_range_that_is_not_served_gives_all_of_it(stage: Stage) -> None:
    asked = ask_for_therapy(stage)
    whole = given(stage, asked)
    assert fetch(stage, asked, range="bytes=9999999999-").content == whole
    assert fetch(stage, asked, range="bytes=5-9").content == whole
    assert fetch(stage, asked, range="bytes=5-", **{"if-range": '"other bytes"'}).content == whole


def test_who_asked_gets_it_and_auditors_and_nobody_else(stage: Stage) -> None:
    asked = ask_for_therapy(stage, "quinn")
    assert given(stage, asked, "quinn") == given(stage, asked, "audrey")
    assert code(fetch(stage, asked, "carl")) == "no_such_export"
    assert code(stage.get(f"/v1/exports/{asked.position}")) == "no_session"


def test_an_entry_that_asks_for_nothing_gives_nothing(stage: Stage) -> None:
    for position in (0, stage.scenario.ledger.store.head()[0] + 5):
        assert code(stage.get(f"/v1/exports/{position}", "audrey")) == "no_such_export"


@pytest.fixture(scope="module", autouse=True)
def annexe(stage: Stage) -> None:
    """A site that has no part in any therapy yet."""
    stage.scenario.say("ada", "site/annexe", "SiteOnboarded", organisation="st-mary-trust",
                       site_kind="care", country="GB")  # fmt: skip


def move_to_annexe(stage: Stage, agent: str) -> None:
    moved = [{"role": "physician", "site": "annexe"}]
    stage.scenario.say("ada", f"agent/{agent}", "AgentRolesChanged", roles=moved, reason="moved")


def test_rights_that_ended_have_ended_for_what_was_asked_before(stage: Stage) -> None:
    enrol(stage.scenario, "petra", "physician", "ada", "st-mary-trust", "st-mary")
    asked = ask_for_therapy(stage, "petra")
    assert audited(stage, given(stage, asked, "petra")).ok
    move_to_annexe(stage, "petra")
    assert code(fetch(stage, asked, "petra")) == "not_yours"


def test_the_whole_log_leaves_nothing_out(stage: Stage) -> None:
    raw = given(stage, ask_for(stage, scope="log"))
    report = audited(stage, raw)
    assert report.ok, report.text()
    said = manifest(raw)
    assert (said["whole"], said["left_out"]) == (None, {"entries": 0, "files": []})
    assert OTHER in told(raw)


def test_a_site_is_given_with_the_therapies_of_its_period(stage: Stage) -> None:
    now = stage.scenario.clock()
    period = {"since": timestamp(0), "until": timestamp(now + 3_600_000)}
    raw = given(stage, ask_for(stage, scope="site", which="northcell-1", **period))
    assert audited(stage, raw).ok
    assert STREAM in manifest(raw)["whole"]
    assert f"chain/{OTHER}" not in manifest(raw)["whole"]
    earlier = {"since": timestamp(0), "until": timestamp(1_000)}
    raw = given(stage, ask_for(stage, scope="site", which="northcell-1", **earlier))
    assert audited(stage, raw).ok
    assert [tag for tag in manifest(raw)["whole"] if tag.startswith("chain/")] == []


def test_a_lot_is_given_with_all_that_it_reached(stage: Stage) -> None:
    stage.scenario.say("mia", "lot/lv-7", "LotReceived", organisation="northcell", **LOT)
    at = {"site": "northcell-1", "department": "cleanroom"}
    stage.scenario.say("mia", STREAM, "MaterialConsumed", at=at, batch="B-1", lots=["lv-7"],
                       containers=["BAG-D1"])  # fmt: skip
    raw = given(stage, ask_for(stage, "quinn", scope="lot", which="lv-7"), "quinn")
    assert audited(stage, raw).ok, audited(stage, raw).text()
    assert {"lot/lv-7", STREAM} <= set(manifest(raw)["whole"])
    assert manifest(raw)["therapies"] == {"given": [COI], "unreadable": 0}


def test_a_lots_therapies_that_the_asker_may_not_read_are_counted(stage: Stage) -> None:
    enrolled = stage.scenario.say(
        "ada", "agent/quentin", "AgentEnrolled", organisation="st-mary-trust",
        roles=[{"role": "quality", "site": "annexe"}],
        key=b64(stage.scenario.signer("quentin").key.public.spki),
    )  # fmt: skip
    stage.scenario.say("ben", "agent/quentin", "EnrolmentApproved", enrolment=enrolled.statement_id.hex())
    raw = given(stage, ask_for(stage, "quentin", scope="lot", which="lv-7"), "quentin")
    assert COI.encode() not in raw
    assert manifest(raw)["therapies"] == {"given": [], "unreadable": 1}
    report = audited(stage, raw)
    assert (report.first_wrong, report.ok, report.steps[-1].ok) == (None, False, None)
    assert "NOT WHOLE: who asked may not read 1 therapies" in report.steps[-1].detail


def keep(stage: Stage, file: bytes, coi: str = COI) -> str:
    """The file is handed in, some seconds before whatever comes next."""
    name: str = stage.app.state.node.evidence.keep(file, coi, "mia", stage.scenario.clock())
    stage.scenario.clock.forward(2)
    return name


def attach(stage: Stage, file: bytes, **changes: Any) -> None:
    """What the file says, as the courier's program states it."""
    (said,) = evidence(read(file, berlinger_root=LOGGERS), Instrument(range_centi_c=(-4_000, 8_000)))
    said |= {"raw": sha256(file).hexdigest(), "phase": "fresh", "containers": ["BAG-D1"],
             "read_as": {"format": "berlinger", "zone": "+00:00"}} | changes  # fmt: skip
    stage.scenario.say("kit", STREAM, "TemperatureEvidenceAttached", at=VAN, **said)


def test_a_loggers_file_comes_along_and_is_read_again(stage: Stage) -> None:
    raw_file = berlinger([490, None, 510])
    name = keep(stage, raw_file)
    attach(stage, raw_file)
    report = audited(stage, given(stage, ask_for_therapy(stage)), root=LOGGERS)
    assert report.ok, report.text()
    attach(stage, raw_file, raw="ab" * 32)
    raw = given(stage, ask_for_therapy(stage))
    assert opened(raw).read(f"evidence/{name}") == raw_file
    assert manifest(raw)["left_out"]["files"] == ["ab" * 32]
    report = audited(stage, raw, root=LOGGERS)
    assert (report.first_wrong, report.ok, report.steps[6].ok) == (None, False, None)
    assert report.steps[6].detail.startswith("1 statements are what their files say")
    assert "NOT read again: the files of 1 are not here" in report.steps[6].detail


def test_a_reading_that_its_file_does_not_bear_out_is_found(stage: Stage) -> None:
    raw_file = berlinger([470, 480, 490])
    keep(stage, raw_file)
    attach(stage, raw_file, readings_centi_c=[470, 480, 480])
    wrong = audited(stage, given(stage, ask_for_therapy(stage)), root=LOGGERS).first_wrong
    assert wrong is not None
    assert (wrong.step, wrong.where) == (7, sha256(raw_file).hexdigest())


def test_a_file_that_came_after_the_request_is_not_in_it(stage: Stage) -> None:
    late = berlinger([480, 490])
    attach(stage, late)
    asked = ask_for_therapy(stage)
    before = given(stage, asked)
    stage.app.state.node.evidence.keep(late, COI, "mia", stage.scenario.clock() + 1_000)
    assert given(stage, asked) == before
    assert sha256(late).hexdigest() in manifest(before)["left_out"]["files"]


def test_a_shipment_of_two_patients_is_judged_for_the_one_who_was_asked_about(stage: Stage) -> None:
    carried = [{"coi": COI, "containers": ["BAG-D1"]}, {"coi": OTHER, "containers": ["OTHER-F1"]}]
    stage.scenario.say("anna", "shipment/ship-1", "Packed", at=APHERESIS, shipper="SHIPPER-1",
                       containers=["BAG-D1", "OTHER-F1"], therapies=carried)  # fmt: skip
    asked = ask_for_therapy(stage)
    raw = given(stage, asked)
    report = audited(stage, raw, root=LOGGERS)
    assert [step.ok for step in report.steps[:6]] == [True] * 6, report.text()
    assert f"chain/{OTHER}" not in manifest(raw)["whole"]
    assert "as shipment ship-1 of 2 patients" in told(raw)


THIRD = "isbt128:CHA999926000009"


def order_at_annexe(stage: Stage) -> None:
    """A third therapy, of which only the annexe's people know."""
    for agent, role in (("cora", "coordinator"), ("anne", "apheresis")):
        enrol(stage.scenario, agent, role, "ada", "st-mary-trust", "annexe")
    said = ordered("patient-9")
    said["sites"] = said["sites"] | {"collection": "annexe", "treatment": "annexe"}
    stage.scenario.say("cora", f"chain/{THIRD}", "TherapyOrdered", **said)
    stage.scenario.say("cora", f"chain/{THIRD}", "ConsentRecorded", site="annexe", form="CONSENT v3")
    at = {"site": "annexe", "department": "apheresis"}
    stage.scenario.say("anne", f"chain/{THIRD}", "CollectionCompleted", at=at,
                       ended_at="2026-09-21T12:00:00.000Z",
                       containers=[{"container": "THIRD-F1", "volume_ul": 1000}])  # fmt: skip


def test_rights_that_ended_have_ended_where_the_therapy_was_not_whole(stage: Stage) -> None:
    """The asker could not read what was packed together with another site's patient, and all else."""
    order_at_annexe(stage)
    carried = [{"coi": COI, "containers": ["BAG-D1"]}, {"coi": THIRD, "containers": ["THIRD-F1"]}]
    stage.scenario.say("anna", "shipment/ship-2", "Packed", at=APHERESIS, shipper="SHIPPER-2",
                       containers=["BAG-D1", "THIRD-F1"], therapies=carried)  # fmt: skip
    enrol(stage.scenario, "paul", "physician", "ada", "st-mary-trust", "st-mary")
    asked = ask_for_therapy(stage, "paul")
    raw = given(stage, asked, "paul")
    assert (COI.encode() in raw, STREAM in manifest(raw)["whole"]) == (True, False)
    move_to_annexe(stage, "paul")
    assert code(fetch(stage, asked, "paul")) == "not_yours"


def test_the_same_tag_names_the_same_bytes_whatever_files_come(stage: Stage) -> None:
    """A file that was there for another therapy comes for this one, within the second of the request and
    after it; and one whose upload began before the request and ended after it."""
    shared, late = berlinger([431, 432]), berlinger([433, 434])
    keep(stage, shared, THIRD)
    attach(stage, shared)
    attach(stage, late)
    asked = ask_for_therapy(stage, "quinn")
    before = fetch(stage, asked, "quinn")
    evidence_store, now = stage.app.state.node.evidence, stage.scenario.clock()
    evidence_store.keep(shared, COI, "mia", now)
    again = fetch(stage, asked, "quinn")
    assert (again.headers["etag"], again.content) == (before.headers["etag"], before.content)
    evidence_store.keep(late, COI, "mia", now - 5_000)
    other = fetch(stage, asked, "quinn")
    assert other.headers["etag"] != before.headers["etag"]
    assert other.content != before.content


def test_a_file_goes_only_to_who_may_read_it_now(stage: Stage) -> None:
    """The asker had it by way of a therapy that they may not read any more."""
    shared = berlinger([441, 442])
    keep(stage, shared, THIRD)
    attach(stage, shared)
    both = [{"role": "physician", "site": "st-mary"}, {"role": "physician", "site": "annexe"}]
    enrol(stage.scenario, "pia", "physician", "ada", "st-mary-trust", "st-mary")
    stage.scenario.say("ada", "agent/pia", "AgentRolesChanged", roles=both, reason="moved")
    asked = ask_for_therapy(stage, "pia")
    assert f"evidence/{sha256(shared).hexdigest()}" in opened(given(stage, asked, "pia")).namelist()
    stage.scenario.say("ada", "agent/pia", "AgentRolesChanged", roles=both[:1], reason="moved")
    assert code(fetch(stage, asked, "pia")) == "not_yours"
