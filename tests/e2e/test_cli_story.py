"""One therapy through the program `unbroken` and a real server, from order to audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.live import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    DOSE,
    FRESH,
    IDENTIFIERS,
    VAN,
    WARD,
    Live,
    program,
    running,
)

WORDS = {"anna": "apheresis", "kit": "van-2", "nora": "ward-5", "mia": "cleanroom"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The therapy is made, released and at the bedside; nothing is thawed."""
    with running(tmp_path_factory.mktemp("live")) as live:
        live.order_and_collect()
        live.hand_over(FRESH, ("anna", APHERESIS), ("kit", VAN))
        live.hand_over(FRESH, ("kit", VAN), ("mia", CLEANROOM))
        live.make_and_release()
        live.hand_over(DOSE, ("mia", CLEANROOM), ("kit", VAN))
        live.hand_over(DOSE, ("kit", VAN), ("nora", WARD))
        live.prepare()
        (live.folder / "patient.json").write_text(json.dumps(IDENTIFIERS))
        (live.folder / "wrong.json").write_text(json.dumps(IDENTIFIERS | {"birth_date": "1961-04-24"}))
        keys = {field: key.hex() for field, key in live.patient_keys.items()}
        (live.folder / "patient-keys.json").write_text(json.dumps(keys))
        yield live


def as_json(live: Live, agent: str, *words: str, code: int = 0) -> Any:
    done = program(live, agent, *words, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def bedside(live: Live, patient: str = "patient.json") -> list[str]:
    return [
        "--patient-file",
        str(live.folder / patient),
        "--patient-keys",
        str(live.folder / "patient-keys.json"),
    ]


def test_the_story_reads_as_it_happened(live: Live) -> None:
    done = program(live, "nora", "timeline", COI)
    said = " ".join(done.stdout.split())
    steps = [
        "carl ordered decentra-car (version 1)",
        f"carl recorded at st-mary that the patient of {COI} consents (form CONSENT v3)",
        "anna scanned the patient's wristband at st-mary: it matches.",
        f"anna finished the collection at apheresis at st-mary: bag {FRESH}",
        f"kit took bag {FRESH} over from apheresis at st-mary for van-2 at swift-depot",
        f"mia filled bag {FRESH} into bag {DOSE}",
        f"quinn released bag {DOSE}",
        f"nora took bag {DOSE} over from van-2 at swift-depot for ward-5 at st-mary",
        "phil found the patient fit to go on at st-mary, until 2099-01-01 00:00 UTC",
        f"carl confirmed that bag {DOSE} may be used at st-mary",
        "phil gave permission to start lymphodepletion at st-mary",
        "nora started lymphodepletion at st-mary, regimen flu cy",
    ]
    places = [said.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


def test_the_tree_of_bags_is_drawn(live: Live) -> None:
    lines = program(live, "nora", "lineage", COI).stdout.splitlines()
    assert [line.split("#")[0].rstrip(" ,") for line in lines] == [
        f"patient of {COI}",
        f"└── {FRESH}  collected from the patient",
        f"    └── {DOSE}  by filling",
    ]
    up = as_json(live, "nora", "lineage", DOSE, "--up")
    assert [node["container"] for node in up["ancestors"]] == [FRESH]


def test_history_is_replayed_as_of_a_position_and_a_moment(live: Live) -> None:
    story = as_json(live, "nora", "timeline", COI)["entries"]
    taken = next(entry for entry in story if entry["type"] == "CustodyAccepted")
    before = as_json(live, "nora", "replay", COI, "--before", str(taken["position"]))
    after = as_json(live, "nora", "replay", COI, "--before", str(taken["position"] + 1))
    assert [replayed["state"]["containers"][0]["holder"] for replayed in (before, after)] == [APHERESIS, VAN]
    assert len(after["timeline"]["entries"]) == len(before["timeline"]["entries"]) + 1
    at = as_json(live, "nora", "replay", COI, "--at", story[-1]["recorded_at"])
    assert at["timeline"]["entries"] == story


def test_couriers_read_only_what_they_hold(live: Live) -> None:
    assert as_json(live, "kit", "chain", COI, code=1)["error"]["code"] == "no_such_chain"


def test_a_wrong_patient_is_stopped_and_the_right_one_treated(live: Live) -> None:
    check = ["check-infusion", COI, "--container", DOSE, "--site", "st-mary"]
    stopped = program(live, "nora", *check, *bedside(live, "wrong.json"))
    assert stopped.returncode == 3
    assert "S T O P" in stopped.stdout
    event = ["--set", "at=st-mary/ward-5", "--set", f"containers={DOSE}", "--yes"]
    as_json(live, "nora", "record", "ThawStarted", COI, *event)
    read = ["--set", "site=st-mary", "--set", f"container={DOSE}", "--yes"]
    early = as_json(live, "phil", "record", "InfusionAuthorised", COI, *read, code=1)["error"]
    failed = {gate["name"] for gate in early["gates"] if not gate["passed"]}
    assert early["code"] == "gate_failed"
    assert "checks_agree" in failed
    for nurse in ("nora", "nils"):
        checked = ["record", "InfusionChecked", COI, *read, "--set", "method=scan", *bedside(live)]
        as_json(live, nurse, *checked)
    ready = program(live, "nora", *check, *bedside(live))
    assert (ready.returncode, "EVERY GATE PASSED" in ready.stdout) == (0, True)
    as_json(live, "phil", "record", "InfusionAuthorised", COI, *read)
    assert as_json(live, "nora", "record", "InfusionStarted", COI, *read)["deviations"] == []


def test_a_fact_against_the_rules_is_recorded_with_its_deviations(live: Live) -> None:
    event = ["--set", "site=st-mary", "--set", f"container={FRESH}", "--yes"]
    done = program(live, "nora", "record", "InfusionStarted", COI, *event)
    assert done.returncode == 0
    assert "! Deviation, critical" in done.stdout
    shown = program(live, "nora", "deviations", COI).stdout
    assert "BLOCKS release and infusion" in shown


def test_custody_is_answered(live: Live) -> None:
    bag = as_json(live, "nora", "chain", COI)["containers"][1]
    assert (bag["container"], bag["holder"]) == (DOSE, WARD)
    holdings = as_json(live, "nora", "custody", "--container", DOSE)["holdings"]
    assert [held["holder"] for held in holdings] == [WARD]


def test_a_receipt_outlives_the_server(live: Live, tmp_path: Path) -> None:
    story = as_json(live, "nora", "timeline", COI)["entries"]
    for form in ("cose", "tlog-proof"):
        words = ["receipt", "get", story[3]["statement_id"], "--out", str(tmp_path), "--form", form]
        files = as_json(live, "nora", *words)
        assert files["position"] == story[3]["position"]
        verify = ["receipt", "verify", files["statement"], files["receipt"], "--log-key", live.vkey]
        assert "✓ Proved" in program(live, "nobody", *verify).stdout
        altered = Path(files["statement"])
        data = bytearray(altered.read_bytes())
        data[len(data) // 2] ^= 1
        altered.write_bytes(data)
        assert program(live, "nobody", *verify).returncode == 1
        altered.unlink()


def test_the_whole_log_is_audited_offline_and_one_altered_byte_is_named(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    done = as_json(live, "audrey", "log", "download", str(folder))
    assert as_json(live, "audrey", "log", "download", str(folder))["fetched"] == 0
    verify = ["verify", str(folder), "--log-key", live.vkey]
    report = as_json(live, "nobody", *verify)
    assert (report["ok"], report["size"]) == (True, done["log_size"])
    story = as_json(live, "nora", "timeline", COI)["entries"]
    victim = next(entry for entry in story if entry["type"] == "CustodyAccepted")
    (bundle,) = folder.glob("tile/entries/000.p/*")
    data = bytearray(bundle.read_bytes())
    data[data.index(b"van-2", data.index(CHAIN.encode()))] ^= 1
    bundle.write_bytes(data)
    wrong = program(live, "nobody", *verify)
    assert wrong.returncode == 1
    assert "First wrong" in wrong.stdout
    first = as_json(live, "nobody", *verify, code=1)["first_wrong"]
    assert first["position"] is not None
    assert first["position"] <= victim["position"]


def test_only_auditors_and_entitled_readers_download_entries(live: Live, tmp_path: Path) -> None:
    assert (
        as_json(live, "kit", "log", "download", str(tmp_path / "log"), code=1)["error"]["code"] == "not_yours"
    )


def test_verifying_nothing_is_no_success(live: Live, tmp_path: Path) -> None:
    assert program(live, "nobody", "verify", str(tmp_path), "--log-key", live.vkey).returncode == 1
    assert program(live, "nobody", "verify", str(tmp_path / "none"), "--log-key", live.vkey).returncode == 2
    assert program(live, "nobody", "verify", str(tmp_path)).returncode == 2


def test_evidence_is_taken_away_and_verified_without_the_server(live: Live, tmp_path: Path) -> None:
    bundle = tmp_path / "evidence.zip"
    words = ["export", "bundle", DOSE, "--out", str(bundle), "--why", "inspection", "--yes"]
    taken = as_json(live, "audrey", *words)
    assert taken["bytes"] == bundle.stat().st_size
    stranger = ["verify", str(bundle), "--home", str(tmp_path / "nowhere")]
    report = as_json(live, "audrey", *stranger, "--log-key", live.vkey)
    assert (report["ok"], len(report["steps"])) == (True, 8)
    assert as_json(live, "audrey", *stranger, code=6)["first_wrong"] is None  # nothing pins the log
    damaged = bytearray(bundle.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    bundle.write_bytes(damaged)
    assert as_json(live, "audrey", *stranger, "--log-key", live.vkey, code=1)["first_wrong"] is not None


def test_a_bundle_that_broke_off_goes_on_under_the_same_request(live: Live, tmp_path: Path) -> None:
    bundle, part = tmp_path / "whole.zip", tmp_path / "whole.zip.part"
    words = ["export", "bundle", "log", "--out", str(bundle), "--why", "inspection", "--yes"]
    first = as_json(live, "audrey", *words)
    whole = bundle.read_bytes()
    part.write_bytes(whole[: len(whole) // 2])
    bundle.unlink()
    with live.client("audrey") as client:
        found = client.entry(first["request"]).payload
        response = client.remote.answer(f"/v1/exports/{first['request']}", method="GET")
    assert found["type"] == "ExportRequested"
    asked = {"scope": "log", "why": "inspection", "since": None, "until": None}
    notes = {"position": first["request"], "asked": asked, "tag": response.headers["etag"]}
    (tmp_path / "whole.zip.part.json").write_text(json.dumps(notes))
    assert as_json(live, "audrey", *words) == first
    assert bundle.read_bytes() == whole
    assert not part.exists()
