"""The demo is the first thing that anybody sees: each scene of its story stands in the log."""

from __future__ import annotations

import base64
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.qr_pictures import qr_png
from clients.built import DIST, LIST, FileList
from clients.demo.cast import COMPANIES, FIRST, FOURTH, OFFERED, PATIENTS, RESERVE, SECOND, THIRD, WAITING
from clients.demo.codes import badge, wristband
from clients.demo.ending import LEDGER
from clients.demo.outside import Broken, Said, path_of, read_log
from clients.demo.road import DRIVE_S
from clients.demo.visitors import PASSPHRASE, VISITORS
from clients.evidence_files import files_in
from ledger.cold_chain.again import differs
from ledger.cold_chain.evidence import disagreement
from ledger.labels.link import parse_link
from ledger.labels.scanback import texts_in
from ledger.live.segment import read_segment
from ledger.proof.keys import PublicKey
from ledger.verify import DirectorySource, audit

README = Path(__file__).parents[2] / "README.md"
DEMO = [sys.executable, "-m", "api.server", "demo"]
LIMIT_S = 300  # about a minute by itself; test machines are busy


@dataclass(frozen=True, slots=True)
class Told:
    """What was printed, and the copy of the log that the demo left."""

    text: str
    folder: Path
    log: Sequence[Said]

    @property
    def things(self) -> Path:
        return self.folder / "to-scan"

    @property
    def said(self) -> str:
        """The text without its line breaks."""
        return " ".join(self.text.split())

    def find(self, event: str, stream: str = "", **members: Any) -> list[Said]:
        found = [one for one in self.log if one.type == event and stream in ("", one.stream)]
        return [one for one in found if members.items() <= dict(one.payload).items()]

    def one(self, event: str, stream: str = "", **members: Any) -> Said:
        (found,) = self.find(event, stream, **members)
        return found

    def raised_behind(self, cause: Said) -> list[Said]:
        return self.find("DeviationRaised", cause=cause.id)

    def closed(self, deviation: Said) -> int:
        return self.one("DeviationDispositioned", deviation=deviation.id).position


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo") / "kept"
    words = [*DEMO, "--exit", "--keep", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return Told(done.stdout, folder, read_log(folder / "log"))


def moment(one: Said) -> datetime:
    return datetime.fromisoformat(one.payload["occurred_at"])


# --- the scenes ------------------------------------------------------------------------


def test_people_and_devices_of_three_companies_have_their_own_keys_and_processes(told: Told) -> None:
    enrolled = told.find("AgentEnrolled")
    (opened,) = told.find("LogOpened")
    agents = {one.stream.partition("/")[2]: one.payload for one in enrolled}
    agents |= {one["agent"]: one for one in opened.payload["administrators"]}
    assert {name: one["organisation"] for name, one in agents.items()} == {
        name: company for company, people in COMPANIES.items() for name in people
    }
    assert len({one["key"] for one in agents.values()}) == len(agents)
    assert agents["logger-12"]["roles"] == [{"role": "device", "site": "swift-depot"}]
    assert len(set(re.findall(r"runs as process (\d+)", told.text))) == len(COMPANIES) == 3


def test_one_patient_s_identifiers_are_named_for_a_reason_and_erased_and_the_log_is_whole(told: Told) -> None:
    erased = told.one("PersonalDataErased", SECOND.stream)
    assert (erased.signer, erased.payload["overrides_retention"]) == ("petra", "authority_order")
    assert f"Phil looks up whom to call: {SECOND.called}" in told.said
    assert "REFUSED: traceability comes first" in told.said
    assert "says that these identifiers were erased" in told.said
    assert audit(DirectorySource(told.folder / "log"), (told.folder / "log.vkey").read_text().strip()).ok


def test_scans_made_offline_are_sent_later_and_together(told: Told) -> None:
    released = told.one(
        "CustodyReleased", "shipment/ub-101", giver={"site": "st-mary", "department": "apheresis"}
    )
    accepted = told.one("CustodyAccepted", "shipment/ub-101", release=released.id)
    handed_on = told.one("CustodyReleased", "shipment/ub-101", giver=accepted.payload["receiver"])
    for scan in (accepted, handed_on):
        seen = scan.payload["seen"]
        assert (scan.signer, seen is None or seen["size"] <= released.position) == ("kit", True)
    assert handed_on.position == accepted.position + 1
    assert (moment(handed_on) - moment(accepted)).total_seconds() > DRIVE_S - 1
    holders = re.findall(
        r"Who holds bag A999926000001-F1 .*?shows:\s+([\w-]+)\s+at\s+([\w-]+)", told.text, re.DOTALL
    )
    assert holders == [("apheresis", "st-mary"), ("van-2", "swift-depot")]


def test_one_statement_of_a_shipment_carries_the_bags_of_both_patients(told: Told) -> None:
    for stream, bags in (("shipment/ub-101", 2), ("shipment/ub-102", 3)):
        accepted = told.find("CustodyAccepted", stream)[-1].payload
        assert [one["coi"] for one in accepted["therapies"]] == [patient.coi for patient in PATIENTS]
        assert len(accepted["containers"]) == bags


def test_a_warm_shipment_blocks_the_release_until_quality_has_decided(told: Told) -> None:
    evidence = told.one("TemperatureEvidenceAttached", "shipment/ub-101")
    assert evidence.signer == "mia"
    assert max(evidence.payload["readings_centi_c"]) > 800
    raised = told.raised_behind(evidence)
    assert [(one.stream, one.payload["code"], one.payload["blocking"]) for one in raised] == [
        (patient.stream, "temperature_excursion", True) for patient in PATIENTS
    ]
    for patient, deviation in zip(PATIENTS, raised, strict=True):
        assert deviation.position < told.closed(deviation) < told.one("Released", patient.stream).position
    assert re.search(r"REFUSED: Quinn tries to release bags .*temperature_excursion", told.text, re.DOTALL)


def test_each_reading_on_record_is_in_the_loggers_own_file_beside_the_copy(told: Told) -> None:
    evidence = told.find("TemperatureEvidenceAttached")
    files = files_in(told.folder / "log")
    attached = [one for one in evidence if one.signer != LEDGER]
    assert len(attached) == 4
    for one in attached:
        raw = files(one.payload["raw"])
        assert raw is not None
        assert differs(one.payload, raw) is None
    assert "✓ 7. Loggers' own files bear out the readings" in told.said


def test_a_logger_that_sends_live_raises_an_alarm_and_its_leg_is_sealed_as_it_signed_it(told: Told) -> None:
    sealed = [one for one in told.find("TemperatureEvidenceAttached") if one.signer == LEDGER]
    packed = told.one("Packed", "shipment/ub-102")
    arrived = told.find("CustodyAccepted", "shipment/ub-102")[-1]
    assert {(one.stream, one.payload["logger"], one.payload["phase"]) for one in sealed} == {
        ("shipment/ub-102", packed.payload["logger"], "frozen")
    }
    assert {one.payload["device_signature"] for one in sealed} == {"valid"}
    assert all(one.position > arrived.position for one in sealed)
    spki = told.one("AgentEnrolled", "agent/logger-12").payload["key"]
    key = PublicKey.from_spki(base64.urlsafe_b64decode(spki + "=" * (-len(spki) % 4)))
    for one in sealed:
        segment = files_in(told.folder / "log")(one.payload["raw"])
        assert segment is not None
        assert disagreement(read_segment(segment, lambda _: key), dict(one.payload)) is None
    assert re.search(r"ALARM: logger-12 is tilted by 74°", told.said)


def test_evidence_of_each_therapy_is_taken_away_and_verifies_without_a_server(told: Told) -> None:
    for patient in PATIENTS:
        stem = told.folder / "taken-away" / patient.coi.partition(":")[2]
        assert Path(f"{stem}-report.pdf").read_bytes().startswith(b"%PDF")
        events = json.loads(Path(f"{stem}-epcis.json").read_bytes())["epcisBody"]["eventList"]
        resources = json.loads(Path(f"{stem}-fhir.json").read_bytes())["entry"]
        assert len(events) > 20
        assert {"Provenance", "BiologicallyDerivedProduct"} <= {
            one["resource"]["resourceType"] for one in resources
        }
        assert f"{stem.name}-evidence.zip: " in told.said
    assert len(re.findall(r"evidence\.zip: \d steps hold, none fails", told.said)) == len(PATIENTS)


def test_a_failed_batch_is_restarted_at_another_site(told: Told) -> None:
    failed, restarted = told.one("ManufacturingFailed"), told.one("ManufacturingRestarted")
    assert restarted.payload["failed_batch"] == failed.payload["batch"]
    assert (failed.stream, restarted.stream) == (SECOND.stream, SECOND.stream)
    assert (failed.payload["at"]["site"], restarted.payload["at"]["site"]) == ("northcell-1", "northcell-2")
    (deviation,) = told.raised_behind(failed)
    assert deviation.payload["code"] == "manufacturing_failed"
    assert failed.position < told.closed(deviation) < restarted.position
    assert RESERVE in restarted.payload["containers"]


def test_two_offline_phones_sync_in_the_wrong_order_and_custody_comes_out_right(told: Told) -> None:
    released = told.find("CustodyReleased", SECOND.stream, containers=[RESERVE])[0]
    accepted = told.one("CustodyAccepted", SECOND.stream, release=released.id)
    assert accepted.position < released.position
    assert moment(released) <= moment(accepted)
    assert told.raised_behind(accepted) == told.raised_behind(released) == []
    holders = re.findall(r"Who holds bag A999926000002-F3 .*?shows:\s+([\w-]+)\s+at", told.text, re.DOTALL)
    assert holders == ["cleanroom", "van-2"]


def test_the_wrong_patients_bag_is_a_hard_stop(told: Told) -> None:
    (wrong,) = SECOND.doses
    scan = told.one("InfusionChecked", FIRST.stream, container=wrong)
    (deviation,) = told.raised_behind(scan)
    assert deviation.position == scan.position + 1
    assert (deviation.stream, deviation.payload["severity"], deviation.payload["blocking"]) == (
        FIRST.stream, "critical", True,
    )  # fmt: skip
    for event in ("InfusionAuthorised", "InfusionStarted", "ThawStarted"):
        there = told.find(event, FIRST.stream)
        assert wrong not in json.dumps([dict(one.payload) for one in there])
        assert min(one.position for one in there) > told.closed(deviation)
    assert re.search(
        r"S T O P\s.*WRONG BAG: DO NOT INFUSE\s.*does not belong to this patient", told.text, re.DOTALL
    )


def test_two_bags_of_an_ordered_set_are_infused_one_after_the_other(told: Told) -> None:
    filled = told.one("ContainersDerived", FIRST.stream).payload["children"]
    assert [(one["container"], one["bag"], one["of"]) for one in filled] == [
        (name, number, 2) for number, name in enumerate(FIRST.doses, 1)
    ]
    for bag in FIRST.doses:
        checks = told.find("InfusionChecked", FIRST.stream, container=bag)
        assert {one.signer for one in checks} == {"nora", "nils"}
    first, second = FIRST.doses
    assert told.one("InfusionCompleted", container=first).position < told.one(
        "InfusionStarted", container=second).position  # fmt: skip
    assert f"go first? Finish first: {first}" in told.said


def test_nobody_is_prepared_without_a_dose(told: Told) -> None:
    for patient in PATIENTS:
        steps = ("ConsentRecorded", "PatientFitnessConfirmed", "AvailabilityConfirmed",
                 "LymphodepletionAuthorised", "LymphodepletionStarted", "ThawStarted")  # fmt: skip
        places = [told.find(event, patient.stream)[0].position for event in steps]
        assert places == sorted(places)


# --- what waits for visitors -----------------------------------------------------------


def test_two_fresh_bags_are_on_offer_to_the_courier(told: Told) -> None:
    offered = told.one("CustodyReleased", THIRD.stream).payload
    assert (offered["containers"], offered["receiver"]) == (list(OFFERED), VISITORS["kit"].at)
    assert told.find("CustodyAccepted", THIRD.stream) == []


def test_a_released_dose_of_two_bags_waits_on_the_ward(told: Told) -> None:
    assert told.one("Released", FOURTH.stream).payload["containers"] == list(FOURTH.doses)
    assert told.find("CustodyAccepted", FOURTH.stream)[-1].payload["receiver"] == VISITORS["nora"].at
    assert told.one("LymphodepletionStarted", FOURTH.stream)
    for event in ("ThawStarted", "InfusionChecked", "InfusionAuthorised", "DeviationRaised"):
        assert told.find(event, FOURTH.stream) == []


def test_what_waits_is_labelled_and_its_labels_can_be_scanned(told: Told) -> None:
    for patient, bags in ((THIRD, OFFERED), (FOURTH, FOURTH.doses)):
        for bag in bags:
            applied = told.one("LabelApplied", patient.stream, container=bag)
            label, code = (
                texts_in((told.things / folder / f"{bag}.png").read_bytes()) for folder in ("labels", "codes")
            )
            assert label == code
            link = parse_link(code[0])
            assert (link.container, link.serial) == (bag, applied.payload["serial"])


def test_badges_and_a_wristband_can_be_scanned(told: Told) -> None:
    for agent in VISITORS:
        assert texts_in((told.things / "badges" / f"{agent}.png").read_bytes()) == [badge(agent)]
    (band,) = (told.things / "wristbands").iterdir()
    assert texts_in(band.read_bytes()) == [wristband(FOURTH)] == ["MRN 01011|1949-07-30"]
    assert texts_in(qr_png("x")) == ["x"]


def test_the_sheet_shows_every_code_and_what_to_type(told: Told) -> None:
    sheet = (told.things / "index.html").read_text(encoding="utf-8")
    shown = set(re.findall(r'<img src="([^"]+)"', sheet))
    assert shown == {
        str(path.relative_to(told.things))
        for path in told.things.rglob("*.png")
        if path.stem not in FIRST.doses  # their labels lie in the folder, but nobody scans them any more
    }
    for text in (*OFFERED, *FOURTH.doses, wristband(FOURTH), *map(badge, VISITORS), PASSPHRASE):
        assert text in sheet
    assert (told.things / "labels" / "shipper-sheet.pdf").read_bytes().startswith(b"%PDF-")


def test_the_log_names_the_app_that_is_served_or_the_demo_says_that_it_is_missing(told: Told) -> None:
    if not (DIST / LIST).is_file():
        assert told.find("AppPublished") == []
        assert "There is no app to open in a browser" in told.said
        return
    published = told.one("AppPublished")
    assert published.payload["digest"] == FileList.parse((DIST / LIST).read_bytes()).digest
    assert f"is what entry {published.position} of the log names" in told.said


@pytest.mark.skipif(not (DIST / LIST).is_file(), reason="the app is not built")
def test_the_table_says_who_one_can_be_and_where(told: Told) -> None:
    for agent, visitor in VISITORS.items():
        row = rf"{agent.capitalize()}, {visitor.role} +http://{agent}\.localhost:\d+/app/demo\.html#{agent}\n"
        assert re.search(row, told.text)
        assert visitor.task in told.said
    assert f"Passphrase {PASSPHRASE}" in told.said
    assert str(told.things / "index.html") in told.text


# --- the proof -------------------------------------------------------------------------


def test_the_copy_that_it_leaves_passes_an_audit(told: Told) -> None:
    report = audit(DirectorySource(told.folder / "log"), (told.folder / "log.vkey").read_text().strip())
    assert report.ok, report.text()
    assert report.size == len(told.log)


def test_both_lineages_lead_from_vein_to_vein(told: Told) -> None:
    handed_over = {
        dose: path_of(told.log, patient.stream, dose).handed_over
        for patient in PATIENTS
        for dose in patient.doses
    }
    assert handed_over == {FIRST.doses[0]: 4, FIRST.doses[1]: 4, SECOND.doses[0]: 6}
    assert told.said.count("the server tells the same lineage") == len(handed_over)


@pytest.mark.parametrize(
    "event", ["PatientIdentified", "CustodyReleased", "CustodyAccepted", "InfusionCompleted"]
)
def test_a_path_with_a_hole_is_not_believed(told: Told, event: str) -> None:
    lost = next(
        one for one in told.log if one.type == event and RESERVE not in one.payload.get("containers", ())
    )
    rest = [one for one in told.log if one is not lost]
    with pytest.raises(Broken):
        path_of(rest, FIRST.stream, FIRST.doses[0])


def test_a_dose_checked_against_another_wristband_is_not_believed(told: Told) -> None:
    (other,) = (one for one in told.find("PatientIdentified", SECOND.stream))
    swapped = [one._replace(payload={**one.payload, "patient": other.payload["patient"]})
               if one.type == "InfusionChecked" else one for one in told.log]  # fmt: skip
    with pytest.raises(Broken, match="another wristband"):
        path_of(swapped, FIRST.stream, FIRST.doses[0])


def test_the_altered_byte_is_found_and_its_entry_named(told: Told) -> None:
    (altered,) = re.findall(r"One byte of entry (\d+), with", told.said)
    assert told.log[int(altered)].type == "CustodyAccepted"
    assert f"FOUND, entry {altered}: this entry is not the one that the log committed to" in told.said


def test_the_summary_counts_what_the_log_holds(told: Told) -> None:
    raised = {one.id for one in told.find("DeviationRaised")}
    closed = {one.payload["deviation"] for one in told.find("DeviationDispositioned")}
    assert raised == closed
    signed = [one for one in told.log if one.signer != "ledger"]
    for name, count in {
        "Entries in the log": len(told.log),
        "Statements signed by people and devices": len(signed),
        "Deviations raised by the ledger": len(raised),
        "Deviations closed by Quality": len(closed),
        "Lineages verified from outside": len(PATIENTS),
    }.items():
        assert re.search(rf"^ *{name} +{count}\b", told.text, re.MULTILINE), name


def test_names_and_birth_dates_stay_out_of_the_log(told: Told) -> None:
    everything = json.dumps([dict(one.payload) for one in told.log])
    for patient in (*PATIENTS, *WAITING):
        for value in patient.identifiers.values():
            assert value not in everything


def test_the_readme_shows_the_hard_stop_as_it_is_printed(told: Told) -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown in told.text


def test_its_lines_fit_a_hundred_columns(told: Told) -> None:
    lines = [line for line in told.text.splitlines() if str(told.folder) not in line]  # to be copied whole
    assert max(map(len, lines)) <= 100


def test_a_folder_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--exit", "--keep", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "name a new folder" in done.stdout) == (2, True)


def test_without_exit_it_goes_on_serving_its_visitors_and_leaves_nothing() -> None:
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = ""
        while "To end" not in said:
            said += demo.stdout.readline()
        address = re.findall(r"^ *Ledger +(\S+)", said, re.MULTILINE)[0]
        log = httpx.get(f"{address}/v1/log").json()
        visitors = [asked_at(address, agent) for agent in VISITORS]
        folder = re.findall(r"^ *To scan +(\S+)/to-scan/index.html", said, re.MULTILINE)
        time.sleep(0.2)
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()
    assert log["origin"] == "ledger.example/demo"
    assert visitors == [*VISITORS]
    assert demo.returncode == 0
    assert not any(Path(one).exists() for one in folder)


def asked_at(address: str, agent: str) -> str:
    """The visitor whom the door names, at the origin that is printed for them."""
    headers = {"host": f"{agent}.localhost:{address.rpartition(':')[2]}"}
    said = httpx.get(f"{address}/demo/person/{agent}", headers=headers).raise_for_status().json()
    page = httpx.get(f"{address}/app/demo.html", headers=headers)
    assert page.status_code == (200 if (DIST / LIST).is_file() else 404)
    return str(said["agent"])
