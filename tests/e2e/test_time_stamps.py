"""The how-to of time stamps: a second key, an authority that stamps, evidence that says when."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.authorities import RESPONSE
from ledger.domain.times import timestamp
from ledger.proof.checkpoint import own_part
from ledger.proof.evidence_record import check_record, decode
from ledger.proof.ml_dsa import SecondKey
from tests.e2e.live import Live, environment
from tests.e2e.test_witness import until
from tests.e2e.test_witness_program import program, run
from tests.stamped_stage import record as record_by
from tests.tsa import DAY, authority, served

RSA = authority("Old TSA", until=datetime.now(UTC) + 300 * DAY)
CURVE = authority("New TSA", "sha512", elliptic=True, until=datetime.now(UTC) + 3650 * DAY)


class Stage:
    """A log that ran with one key, then got a second one, and a server that asks one authority."""

    def __init__(self, folder: Path, first: str, second: str) -> None:
        self.live, self.first, self.second = Live(folder), first, second
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(RSA.pem + CURVE.pem)
        self.live.begin()
        self.vkey = (self.live.data / "keys" / "log.vkey").read_text().strip()
        told = run("post-quantum", "--data", str(self.live.data))
        self.key = SecondKey.parse(told.split()[-1])
        asked = [
            "--time-stamp-authority",
            first,
            "--time-stamp-roots",
            str(self.roots),
            "--time-stamp-every",
            "600",
        ]
        self.live.serve(0, *asked)
        self.live.introduce("ada")
        self.live.say("ada", "SiteOnboarded", "site/st-mary", organisation="st-mary-trust", site_kind="care",
                      country="GB")  # fmt: skip
        self.live.enrol("audrey")
        (folder / "log-keys").write_text(f"{self.vkey}\n{self.key}\n")
        self.keys = f"@{folder / 'log-keys'}"

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.live.url + path)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name in ("UNBROKEN_PASSPHRASE", "COLUMNS"):
            patch.setenv(name, environment()[name])
        patch.setenv("UNBROKEN_HOME", "")
        urls = [
            stack.enter_context(served(lambda request, by=by: (200, RESPONSE, by.answer(request))))  # type: ignore[misc]
            for by in (RSA, CURVE)
        ]
        found = Stage(tmp_path_factory.mktemp("stamps"), *urls)
        yield found
        found.live.stop()


def test_the_log_names_its_second_key_and_every_head_since_carries_its_line(stage: Stage) -> None:
    assert stage.get("/v1/log").json()["second_vkey"] == str(stage.key)
    head = stage.get("/log/checkpoint").text
    assert head.count(f"— {stage.key.name} ") == 3
    again = run("post-quantum", "--data", str(stage.live.data), code=2)
    assert "another server runs" in again


def test_the_server_stamps_its_head_and_says_so(stage: Stage) -> None:
    until(lambda: stage.get("/log/time-stamps").json()["time_stamps"], "not stamped")
    (first, *_) = stage.get("/log/time-stamps").json()["time_stamps"]
    assert first["authority"] == stage.first
    note = stage.get(f"/log/checkpoint.{first['size']}").content
    found = check_record(decode(base64.b64decode(first["record"])), note, [RSA.root])
    assert found.first.authority == "CN=Old TSA"
    assert first["time"] == timestamp(found.first.by_ms)  # a second behind what the token says: its accuracy
    (standing,) = stage.get("/v1/health").json()["authorities"]
    assert (standing["authority"], standing["state"]) == (stage.first, "stamps")
    assert f'unbroken_stamped_size{{authority="{stage.first}"}} {first["size"]}' in stage.get("/metrics").text
    assert stage.get(f"/log/time-stamps?after={first['size']}").json()["time_stamps"] == []


def test_a_bundle_is_stamped_under_its_own_head_and_verifies_with_what_its_reader_brings(
    stage: Stage, tmp_path: Path
) -> None:
    bundle = tmp_path / "log.zip"
    words = ("export", "bundle", "log", "--out", str(bundle), "--why", "inspection", "--yes", "--json")
    code, out, err = program(stage.live, "audrey", *words)
    assert code == 0, err or out
    asked = ("verify", str(bundle), "--log-key", stage.keys, "--tsa-root", str(stage.roots))
    code, out, err = program(stage.live, "audrey", *asked, "--json")
    report = json.loads(out)
    assert code == 0, report
    assert [step["number"] for step in report["steps"]] == [1, 2, 3, 4, 5, 6, 7, 9, 11, 12]
    assert report["time_stamps"][-1]["size"] == report["size"]
    code, out, _ = program(stage.live, "audrey", *asked)
    assert f"Time: Entries 0 to {report['size'] - 1} existed before" in out
    assert "by the word of CN=Old TSA" in " ".join(out.split())
    code, out, _ = program(stage.live, "audrey", "verify", str(bundle), "--log-key", stage.vkey)
    assert code == 0
    assert "there are time stamps here" in " ".join(out.split())


def test_a_copy_renewed_by_another_authority_and_algorithm_verifies(stage: Stage, tmp_path: Path) -> None:
    told = run("time-stamps", "state", "--data", str(stage.live.data))
    assert f"by {stage.first}  1 stamp, sha256, holds until" in told
    renew = ("time-stamps", "renew", "--data", str(stage.live.data), "--time-stamp-authority", stage.second)
    told = run(*renew, "--time-stamp-roots", str(stage.roots), "--time-stamp-hash", "sha512")
    assert "0 not." in told
    listed = json.loads(run("time-stamps", "state", "--data", str(stage.live.data), "--json"))["time_stamps"]
    assert {(one["stamps"], one["hash"], one["newest_by"]) for one in listed} == {(2, "sha512", stage.second)}
    copy = tmp_path / "copy"
    assert program(stage.live, "audrey", "log", "download", str(copy))[0] == 0
    asked = ("verify", str(copy), "--log-key", stage.keys, "--tsa-root", str(stage.roots), "--json")
    code, out, _ = program(stage.live, "audrey", *asked)
    report = json.loads(out)
    assert (code, report["time_stamps"][0]["stamps"]) == (0, 2)
    assert "12" in {str(step["number"]) for step in report["steps"]}


def test_one_heads_stamp_verifies_alone(stage: Stage, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert program(stage.live, "audrey", "log", "download", str(copy))[0] == 0
    record = min((copy / "timestamps").iterdir())
    note = copy / "checkpoints" / record.name.partition("-")[0]
    words = ("log", "time-stamp", str(note), str(record), "--log-key", stage.vkey, "--tsa-root")
    code, out, _ = program(stage.live, "audrey", *words, str(stage.roots))
    assert (code, "✓ Stamped" in out, "CN=Old TSA" in out) == (0, True, True)
    token = tmp_path / "token"
    token.write_bytes(decode(record.read_bytes())[0][0])
    words = ("log", "time-stamp", str(note), str(token), "--log-key", stage.vkey, "--json", "--tsa-root")
    code, out, _ = program(stage.live, "audrey", *words, str(stage.roots))
    assert (code, json.loads(out)["authority"]) == (0, "CN=Old TSA")
    (tmp_path / "other.pem").write_bytes(CURVE.pem)
    code, out, _ = program(stage.live, "audrey", *words, str(tmp_path / "other.pem"))
    assert (code, json.loads(out)["error"]["code"]) == (1, "unknown_authority")
    own = own_part(note.read_bytes())
    for away in (-DAY / 24, DAY):  # as `unbroken verify` does: the head says another time, or it is to come
        moved = record_by(own, (RSA, int((datetime.now(UTC) + away).timestamp() * 1000)))
        token.write_bytes(decode(moved)[0][0])
        code, out, _ = program(stage.live, "audrey", *words, str(stage.roots))
        assert (code, json.loads(out)["error"]["code"]) == (1, "bad_time_stamp")
