"""The program `unbroken-server`, run as an operator runs it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.home import Home
from api.server import main
from ledger.application.high_water import HighWater, Mark
from ledger.proof import canonical, checkpoint, statement
from ledger.proof.keyfile import new_key
from tests.scenario import Signer
from tests.sqlite_file import opened

ORIGIN = "ledger.example/program"
PASSPHRASE = "open sesame"
ENVIRONMENT = os.environ | {"UNBROKEN_PASSPHRASE": PASSPHRASE}
ADA, BEN = Signer("ada", new_key()), Signer("ben", new_key())
START_S = 30


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the program finds, and what it may change."""
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("UNBROKEN_DATABASE_URL", raising=False)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A log that has begun."""
    folder = tmp_path / "server"
    assert run(*init(folder)) == 0
    return folder


def test_a_certificate_is_made_once_and_a_file_that_is_none_stops_the_start(data: Path) -> None:
    words = ["certificate", "--data", str(data), "--name", "St Mary's"]
    assert run(*words) == 0
    kept = (data / "keys" / "report.p12").read_bytes()
    assert run(*words) == 2
    assert (data / "keys" / "report.p12").read_bytes() == kept
    (data / "keys" / "report.p12").write_bytes(kept[:-1])
    assert run("serve", "--data", str(data), "--port", "0") == 2


def test_a_log_may_begin_with_a_second_key_and_serves_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "server"
    assert run(*init(folder, "--post-quantum")) == 0
    told = capsys.readouterr().out.split()[-1]
    second = Home(folder).open_keys(PASSPHRASE.encode()).second_key
    assert second
    assert told == str(second.public)
    kept = (folder / "keys" / "log-ml-dsa.pem").read_bytes()
    assert run("post-quantum", "--data", str(folder)) == 0
    assert capsys.readouterr().out.split()[-1] == told
    assert (folder / "keys" / "log-ml-dsa.pem").read_bytes() == kept
    assert run("fsck", "--data", str(folder)) == 0
    (folder / "keys" / "log-ml-dsa.pem").unlink()
    assert run("serve", "--data", str(folder), "--port", "0") == 2
    assert "lacks the second key" in capsys.readouterr().err


def init(folder: Path, *more: str) -> list[str]:
    words = ["init", "--data", str(folder), "--origin", ORIGIN, *more]
    for signer, organisation in ((ADA, "st-mary-trust"), (BEN, "northcell")):
        path = folder.parent / f"{signer.agent}.pub"
        path.write_bytes(signer.key.public.spki)
        words += ["--admin", f"{signer.agent}:{organisation}:{path}"]
    return words


def run(*words: str) -> int:
    """The program in this process; its exit status."""
    before, sys.argv = sys.argv, ["unbroken-server", *words]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        sys.argv = before
    return 0


@contextmanager
def server(data: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server process; yields its address, once it answers."""
    command = [sys.executable, "-m", "api.server", "serve", "--data", str(data), "--port", "0", *more]
    process = subprocess.Popen(
        command, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        assert "http://" in line, process.communicate()[1]
        address = line.split()[-1]
        until_it_answers(address)
        yield address, process
    finally:
        process.terminate()
        process.communicate(timeout=START_S)


def until_it_answers(address: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            httpx.get(f"{address}/v1/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")


def onboarded(site: str, seq: int, prev: str | None) -> bytes:
    payload = {
        "type": "SiteOnboarded", "v": 1, "occurred_at": "2026-01-01T00:00:00.000Z", "seen": None, "seq": seq,
        "prev": prev, "organisation": "st-mary-trust", "site_kind": "care", "country": "GB",
    }  # fmt: skip
    named = {"iss": "ada", "sub": f"site/{site}", "aud": ORIGIN, "cti": os.urandom(16)}
    return statement.sign(ADA.key, payload=canonical.encode(payload), **named)  # type: ignore[arg-type]


def post(address: str, raw: bytes) -> httpx.Response:
    return httpx.post(f"{address}/v1/statements", content=raw, headers={"content-type": "application/cose"})


# --- a log's life -------------------------------------------------------------------------


def test_init_prints_the_key_that_everybody_pins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*init(tmp_path / "server")) == 0
    told = capsys.readouterr().out
    assert str(Home(tmp_path / "server").vkey()) in told


def test_a_server_records_and_keeps_what_it_acknowledged_through_a_kill(data: Path) -> None:
    raw = onboarded("st-mary", 0, None)
    with server(data) as (address, process):
        first = post(address, raw)
        assert first.status_code == 201, first.text
        process.send_signal(signal.SIGKILL)
        process.wait()
    with server(data) as (address, _):
        assert post(address, raw).content == first.content
        note = httpx.get(f"{address}/log/checkpoint").content
    size = first.json()["log_size"]
    assert checkpoint.open_checkpoint(note, Home(data).vkey()).checkpoint.size == size
    assert run("fsck", "--data", str(data), "--workers", "1") == 0


def test_a_server_stops_when_told_and_says_nothing_unstructured(data: Path) -> None:
    with server(data) as (address, process):
        httpx.get(f"{address}/v1/chains/isbt128:CHA999926000001", headers={"x-request-id": "mine"})
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=START_S)[1]
    assert process.returncode in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in told.splitlines()]
    assert "/v1/chains/{coi}" in [line.get("route") for line in lines]
    assert "CHA999926000001" not in told


def test_a_log_begins_only_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*init(data)) == 2
    assert "unbroken-server serve" in capsys.readouterr().err


def test_two_nodes_share_a_postgresql_database_and_the_keys(fresh_postgres_url: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    where = ("--database-url", fresh_postgres_url)
    assert run(*init(first, *where)) == 0
    second.mkdir()
    (first / "keys").rename(second / "keys")
    (first / "keys").symlink_to(second / "keys")
    with server(first, *where) as (one, _), server(second, *where) as (two, _):
        raw = onboarded("st-mary", 0, None)
        answer = post(one, raw)
        assert post(two, raw).content == answer.content
        later = onboarded("st-jude", 1, answer.json()["statement_id"])
        assert post(two, later).json()["position"] == answer.json()["position"] + 1
    assert run("fsck", "--data", str(first), *where, "--workers", "1") == 0


def test_rebuild_makes_the_read_models_again(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rebuild", "--data", str(data)) == 0
    assert "2 entries" in capsys.readouterr().out


def test_fsck_names_the_entry_that_was_altered(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(data / "ledger.db") as database:
        (stored,) = database.execute("SELECT data FROM entry WHERE position = 1").fetchone()
        altered = stored[:-1] + bytes([stored[-1] ^ 1])
        database.execute("UPDATE entry SET data = ? WHERE position = 1", (altered,))
    database.close()
    capsys.readouterr()
    assert run("fsck", "--data", str(data), "--workers", "1") == 1
    assert "entry 1" in capsys.readouterr().out
    assert run("fsck", "--data", str(data), "--workers", "1", "--json") == 1
    assert json.loads(capsys.readouterr().out)["first_wrong"]["position"] == 1


# --- what can be expected to go wrong ---------------------------------------------------------


def told_and_refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that the program said before it gave up."""
    capsys.readouterr()
    assert run(*words) == 2
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    assert line.startswith("unbroken-server: ")
    assert "Traceback" not in told.err + told.out
    return line


def test_a_directory_without_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("serve", "fsck", "rebuild"):
        assert "init" in told_and_refused(capsys, command, "--data", str(tmp_path))


def test_no_passphrase(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNBROKEN_PASSPHRASE")
    assert "UNBROKEN_PASSPHRASE" in told_and_refused(capsys, "serve", "--data", str(data))


def test_a_wrong_passphrase(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text("open simsim\n")
    line = told_and_refused(capsys, "serve", "--data", str(data), "--passphrase-file", str(path))
    assert "Check UNBROKEN_PASSPHRASE" in line


def test_a_passphrase_file_that_is_not_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = told_and_refused(capsys, "serve", "--data", str(data), "--passphrase-file", "/nowhere/file")
    assert "/nowhere/file" in line


def test_the_keys_of_another_log(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert run(*init(other)) == 0
    (data / "keys").rename(data / "own")
    (other / "keys").rename(data / "keys")
    assert "belong together" in told_and_refused(capsys, "serve", "--data", str(data))


def test_a_restored_backup_that_lacks_acknowledged_entries(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = HighWater(data / "high-water")
    mark.write(Mark(4711, b"\x01" * 32))
    mark.close()
    assert "4711" in told_and_refused(capsys, "serve", "--data", str(data))


def test_a_host_that_no_label_can_name(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = told_and_refused(capsys, "serve", "--data", str(data), "--label-host", "https://ledger.example")
    assert "HOST or HOST:PORT" in line
    assert "UNBROKEN_LABEL_HOST" in line


def test_a_broker_that_cannot_be_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "serve", "--data", str(tmp_path), "--mqtt", "mqtt://unbroken:password@broker.example"
    line = told_and_refused(capsys, *words)
    assert "Check --mqtt" in line
    assert ":password" not in line


def test_proxies_that_are_not_named_are_refused_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told_and_refused(capsys, "serve", "--data", str(tmp_path), "--trusted-proxies", "*")
    assert "UNBROKEN_TRUSTED_PROXIES" in line


def checked(address: str, claimed: str) -> int:
    """By whom the proxy says that it is."""
    path = f"{address}/v1/labels/-.L1.{'0' * 16}"
    return httpx.get(path, headers={"x-forwarded-for": claimed}).status_code


def test_the_limit_of_label_checks_is_for_who_is_behind_the_proxy(data: Path) -> None:
    with server(data, "--label-checks", "1") as (address, _):
        told = [checked(address, claimed) for claimed in ("192.0.2.1", "192.0.2.1", "192.0.2.2")]
    assert told == [200, 429, 200]


def test_who_is_no_proxy_of_ours_cannot_say_to_be_somebody_else(data: Path) -> None:
    with server(data, "--label-checks", "1", "--trusted-proxies", "192.0.2.9") as (address, _):
        told = [checked(address, claimed) for claimed in ("192.0.2.1", "192.0.2.2")]
    assert told == [200, 429]


def test_a_lost_database(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in data.glob("ledger.db*"):
        path.unlink()
    assert "--continues" in told_and_refused(capsys, "serve", "--data", str(data))


def test_a_database_that_is_not_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql://127.0.0.1:1/ledger"
    line = told_and_refused(capsys, "serve", "--data", str(data), "--database-url", url)
    assert "--database-url" in line


def test_a_database_url_that_is_none(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("nonsense", "mysql://127.0.0.1/ledger"):
        assert told_and_refused(capsys, "serve", "--data", str(data), "--database-url", url)


def test_a_port_that_is_taken(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "--port" in told_and_refused(capsys, "serve", "--data", str(data), "--port", port)


def test_a_server_that_runs_already(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Home(data).locked():
        assert "Stop that server" in told_and_refused(capsys, "serve", "--data", str(data), "--port", "0")


def test_administrators_of_one_organisation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word.replace("northcell", "st-mary-trust") for word in init(tmp_path / "server")]
    assert "two organisations" in told_and_refused(capsys, *words)
    assert run(*init(tmp_path / "server")) == 0  # the keys are taken up again


def test_a_head_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "size:root" in told_and_refused(capsys, *init(tmp_path / "server", "--continues", "7"))


def test_a_new_log_names_the_head_that_it_continues(tmp_path: Path) -> None:
    root = "ab" * 32
    assert run(*init(tmp_path / "server", "--continues", f"7:{root}")) == 0
    with server(tmp_path / "server") as (address, _):
        assert httpx.get(f"{address}/v1/log").json()["size"] == 2


def test_a_file_in_place_of_the_database(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in data.glob("ledger.db*"):
        path.unlink()
    (data / "ledger.db").write_bytes(b"this is no database" * 1000)
    assert told_and_refused(capsys, "serve", "--data", str(data))
