"""The how-to of a witness, word for word: begin one, follow a log, serve it, audit with a policy."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import httpx
import pytest

from api.program import main
from clients.cli.main import run as clients
from tests.e2e.live import Live, environment
from tests.e2e.test_witness import until
from tests.witness_stage import LOG, ROOT

NAME = "witness.regulator.example/w1"
LEDGER = (
    "sqlalchemy",
    "alembic",
    "eventsourcing",
    "fastapi",
    "starlette",
    "psycopg",
    "numpy",
    "PIL",
    "pikepdf",
)


def run(*words: str, code: int = 0) -> str:
    """`unbroken-server` with these words, in this process; what it printed, or complained of."""
    found, out, err = called(main, ["unbroken-server", *words])
    assert found == code, err
    return out if code == 0 else err or out


def program(live: Live, agent: str, *words: str) -> tuple[int, str, str]:
    """`unbroken` as this person, in this process: exit code, output, complaints."""
    os.environ["UNBROKEN_HOME"] = str(live.home(agent))
    return called(lambda: sys.exit(clients(words)), ["unbroken", *words])


def called(function: Callable[[], object], words: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", words)
        try:
            function()
        except SystemExit as done:
            return int(done.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("UNBROKEN_PASSPHRASE", "COLUMNS"):
            patch.setenv(name, environment()[name])
        patch.setenv("UNBROKEN_HOME", "")
        yield


class Witness:
    """One that was begun by its own commands."""

    def __init__(self, folder: Path) -> None:
        self.data = str(folder / "witness")
        self.vkey = run("witness", "init", "--data", self.data, "--name", NAME).strip()
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def serve(self) -> None:
        words = ["witness", "serve", "--data", self.data, "--port", "0", "--log-level", "ERROR"]
        self._process = subprocess.Popen([sys.executable, "-m", "api.program", *words], cwd=ROOT, text=True,
                                         env=environment(), stdout=subprocess.PIPE)  # fmt: skip
        assert self._process.stdout
        self.url = self._process.stdout.readline().rpartition(" at ")[2].strip()
        assert self.url.startswith("http://127.0.0.1:")

    def stop(self) -> int:
        assert self._process
        assert self._process.stdout
        self._process.terminate()
        code = self._process.wait(20)
        self._process.stdout.close()
        return code


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, Witness, Path]]:
    folder = tmp_path_factory.mktemp("how-to")
    live, witness = Live(folder), Witness(folder)
    live.begin()
    vkey = (live.data / "keys" / "log.vkey").read_text().strip()
    told = run("witness", "follow", "--data", witness.data, vkey, vkey)
    assert vkey.partition("+")[0] in told
    witness.serve()
    policy = folder / "policy"
    policy.write_text(f"log {vkey}\nwitness regulator {witness.vkey} {witness.url}\nquorum regulator\n")
    live.serve(0, "--witness", str(policy))
    live.introduce("ada")
    live.say(
        "ada", "SiteOnboarded", "site/st-mary", organisation="st-mary-trust", site_kind="care", country="GB"
    )
    live.enrol("audrey")
    yield live, witness, policy
    live.stop()
    assert witness.stop() in (0, -15)


def health(live: Live) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{live.url}/v1/health").json()
    return found


def test_an_audit_with_a_policy_passes_and_one_without_says_that_nobody_was_asked(
    stage: tuple[Live, Witness, Path],
) -> None:
    live, _, policy = stage
    until(lambda: health(live)["witnessed_size"] == health(live)["log_size"], "not cosigned")
    copy = live.folder / "copy"
    code, out, err = program(live, "audrey", "log", "download", str(copy), "--policy", str(policy), "--json")
    assert code == 0, err
    assert json.loads(out)["not_yet_cosigned"] == 0
    words = ("verify", str(copy), "--log-key", live.vkey)
    asked = json.loads(program(live, "audrey", *words, "--policy", str(policy), "--json")[1])
    assert (asked["ok"], asked["witnessed_size"], asked["steps"][-1]["number"]) == (True, asked["size"], 8)
    code, out, _ = program(live, "audrey", *words)
    assert code == 0
    assert "No witness was asked" in out
    assert "--policy FILE" in out


def test_an_audit_fails_that_asks_for_a_witness_who_never_cosigned(
    stage: tuple[Live, Witness, Path], tmp_path: Path
) -> None:
    live, witness, policy = stage
    stranger = Witness(tmp_path)
    theirs = tmp_path / "policy"
    theirs.write_text(f"{policy.read_text().splitlines()[1]}\nwitness s {stranger.vkey}\n"
                      "group both all regulator s\nquorum both\n")  # fmt: skip
    copy = tmp_path / "copy"
    code, out, _ = program(live, "audrey", "log", "download", str(copy), "--policy", str(theirs), "--json")
    assert (code, json.loads(out)["error"]["code"]) == (1, "policy_not_met")
    assert program(live, "audrey", "log", "download", str(copy))[0] == 0
    words = ("verify", str(copy), "--log-key", live.vkey, "--policy", str(theirs))
    code, out, _ = program(live, "audrey", *words)
    assert (code, "First wrong: step 8" in out) == (1, True)
    assert witness.vkey in theirs.read_text()


def test_a_single_proof_meets_the_policy_without_any_server(
    stage: tuple[Live, Witness, Path], tmp_path: Path
) -> None:
    live, _, policy = stage
    for form in ("tlog-proof", "cose"):
        words = ("receipt", "get", "1", "--form", form, "--out", str(tmp_path))
        assert program(live, "audrey", *words)[0] == 0
    verify = ("receipt", "verify", str(tmp_path / "1.cose"))
    asked = ("--log-key", live.vkey, "--policy", str(policy), "--json")
    _, out, _ = program(live, "audrey", *verify, str(tmp_path / "1.tlog-proof"), *asked)
    assert json.loads(out)["witnesses"] == ["regulator"]
    assert program(live, "audrey", *verify, str(tmp_path / "1.receipt.cose"), *asked)[0] == 1


def test_status_tells_what_was_cosigned_while_it_serves(stage: tuple[Live, Witness, Path]) -> None:
    live, witness, _ = stage
    until(lambda: health(live)["witnessed_size"] == health(live)["log_size"], "not cosigned")
    told = run("witness", "status", "--data", witness.data)
    assert f"{live.vkey.partition('+')[0]}: {health(live)['log_size']} entries, cosigned at" in told
    assert json.loads(run("witness", "status", "--data", witness.data, "--json"))["refused"] == []
    assert "already_running" not in run("witness", "serve", "--data", witness.data, "--port", "0", code=2)


def test_it_runs_without_any_of_the_ledgers_dependencies(tmp_path: Path) -> None:
    """As `pip install unbroken[witness]` leaves it: whatever imports one of them stops here."""
    block = f"import sys; sys.modules.update(dict.fromkeys({LEDGER!r})); from api.program import main; main()"

    def without(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", block, *words], cwd=ROOT, env=environment(),
                              capture_output=True, text=True, check=False)  # fmt: skip

    made = without("witness", "init", "--data", str(tmp_path / "w"), "--name", NAME)
    assert made.stdout.startswith(f"{NAME}+"), made.stderr
    assert "names no log" in without("witness", "serve", "--data", str(tmp_path / "w")).stderr
    server = without("serve", "--data", str(tmp_path))
    assert (server.returncode, "pip install 'unbroken[server]'" in server.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["init", "--data", "{}", "--name", "a b"], "makes no verifier key"),
        (["init", "--data", "{}/w", "--name", NAME], "is the witness"),
        (["follow", "--data", "{}/none", "x+y+z"], "is not an Ed25519 verifier key"),
        (["serve", "--data", "{}/none"], "holds no witness"),
        (["serve", "--data", "{}/w"], "names no log to follow"),
        (["status", "--data", "{}/none"], "holds no witness"),
        (["status", "--data", "{}/lost"], "Never serve on without it"),
        (["serve", "--data", "{}/lost", "--port", "0"], "Never serve on without it"),
    ],
)
def test_what_is_wrong_ends_with_one_line(
    words: list[str], told: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "one-line"
    if not folder.exists():
        folder.mkdir()
        for each in ("w", "lost"):
            run("witness", "init", "--data", str(folder / each), "--name", NAME)
        run("witness", "follow", "--data", str(folder / "lost"), str(LOG))
        (folder / "lost" / "register.db").unlink()
    complaint = run("witness", *(word.format(folder) for word in words), code=2)
    assert told in complaint
    assert complaint.count("\n") == 1


def test_the_passphrase_is_asked_for_and_opens_the_key(tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    (Path(witness.data) / "logs").write_text(f"log {'ledger.example+00000000+AA=='}\n")
    assert "line 1" in run("witness", "serve", "--data", witness.data, code=2)
    assert (Path(witness.data) / "witness.pem").stat().st_mode & 0o077 == 0
