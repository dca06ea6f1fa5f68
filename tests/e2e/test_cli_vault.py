"""The vault from the command line: a real server, people with their devices, and no file of keys."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.patients import commitments, load_keys
from clients.sending import to_base64
from tests.e2e.live import CHAIN, COI, IDENTIFIERS, ORDER, ROOT, Live, environment, program

PERSON = IDENTIFIERS | {"family_name": "Quillfeather", "given_name": "Honora"}
PEOPLE = ("carl", "nora", "nils", "audrey", "quinn", "mia")
SCANNED = ["--set", "site=st-mary", "--set", "method=scan", "--set", "outcome=match"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("vault")
    live = Live(folder)
    live.begin()
    vault = ["--vault-keys", f"{folder}/keys.db", "--vault-master", f"file:{folder}/master.key"]
    command = [sys.executable, "-m", "api.program", "vault", "init", *vault]
    subprocess.run(command, env=environment(), cwd=ROOT, check=True, capture_output=True)
    live.serve(0, *vault)
    try:
        live.enrol_all(PEOPLE)
        hire_quality(live)
        (folder / "person.json").write_text(json.dumps(PERSON))
        yield live
    finally:
        live.stop()


def hire_quality(live: Live) -> None:
    key = to_base64(live.device("petra").make_key().spki)
    live.introduce("petra")
    fields = {"organisation": "st-mary-trust", "roles": [{"role": "quality", "site": "st-mary"}], "key": key}
    enrolled = live.say("ada", "AgentEnrolled", "agent/petra", **fields)
    live.say("ben", "EnrolmentApproved", "agent/petra", enrolment=enrolled.statement_id)


def run(live: Live, agent: str, *words: str, status: int = 0) -> str:
    done = program(live, agent, *words)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def as_json(live: Live, agent: str, *words: str) -> Any:
    return json.loads(run(live, agent, *words, "--json"))


def test_a_patient_from_the_order_to_the_erasure(live: Live) -> None:
    person, folder = str(live.folder / "person.json"), live.folder
    order = folder / "order.json"
    order.write_text(json.dumps(ORDER))
    ordering = ["--from", str(order), "--patient-file", person, "--yes"]
    said = run(live, "carl", "record", "TherapyOrdered", COI, *ordering)
    assert "Recorded and proved" in said
    assert "1961" not in said

    matched = as_json(live, "nora", "patient", "match", "--site", "st-mary", "--patient-file", person)
    assert [one["coi"] for one in matched["therapies"]] == [COI]
    shown = run(live, "nora", "patient", "show", COI, "--reason", "bedside_check", "--reference", "WARD-5")
    assert "Quillfeather" in shown
    assert "kept under number" in shown
    assert "no_such_person" in run(live, "mia", "patient", "show", COI, "--reason", "contact", status=1)

    keys = folder / "one-patient.json"
    run(live, "nils", "patient", "keys", COI, "--out", str(keys))
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    with live.client("nils") as nils:
        asked = nils.patient_commitments(PERSON, COI)
    assert commitments(PERSON, load_keys(keys)) == asked[0]["patient"]
    identified = [*SCANNED, "--patient-file", person]
    for more in ([], ["--patient-keys", str(keys), "--offline"]):  # by the vault; with the network down
        run(live, "nils", "record", "PatientIdentified", COI, *identified, "--yes", *more)
    run(live, "nils", "outbox", "send")
    assert as_json(live, "nils", "deviations", COI)["open"] == []

    run(live, "carl", "record", "TherapyClosed", COI, "--set", "reason=cancelled", "--yes")
    erasing = ["--site", "st-mary", "--basis", "consent_withdrawn", "--yes"]
    assert "not_permitted" in run(live, "quinn", "patient", "erase", COI, *erasing, status=1)
    said = run(live, "petra", "patient", "erase", COI, *erasing)
    assert "that the keys to the patient's identifiers be destroyed" in said
    gone = run(live, "nora", "patient", "show", COI, "--reason", "contact", status=1)
    assert "personal_data_erased" in gone
    seen = as_json(live, "audrey", "patient", "accesses", COI)["accesses"]
    assert {one["what"] for one in seen} == {"entered", "matched", "read", "keys", "commitments"}
    assert "WARD-5" in run(live, "audrey", "patient", "accesses")
    assert PERSON["family_name"] not in json.dumps(seen)
    assert CHAIN in {one["subject"] for one in seen}


def test_a_file_of_keys_is_used_where_there_is_one_and_a_missing_patient_is_said(live: Live) -> None:
    other = "isbt128:CHA999926000002"
    person = str(live.folder / "person.json")
    identified = [*SCANNED, "--patient-file", person]
    said = run(live, "nora", "record", "PatientIdentified", other, *identified, "--yes", status=1)
    assert "no_such_person" in said
    entered = as_json(live, "carl", "patient", "enter", other, "--patient-file", person)
    assert [one["field"] for one in entered["patient"]] == sorted(PERSON)


def test_no_value_is_in_the_served_database_or_the_key_database(live: Live) -> None:
    stored = b"".join(
        path.read_bytes() for path in (*live.data.glob("ledger.db*"), *live.folder.glob("keys.db*"))
    )
    for value in PERSON.values():
        assert value.encode() not in stored
    assert Path(live.data / "ledger.db").stat().st_size > 0
