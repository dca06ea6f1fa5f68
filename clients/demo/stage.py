"""The stage of the demo: a real server, three companies' processes, and what their people do."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from clients.demo.broker import free_port, own_broker
from clients.demo.codes import LABELS
from clients.demo.desk import Desk
from clients.demo.page import WIDTH, Page
from clients.demo.visitors import VISITORS
from clients.words import sentence

Document = dict[str, Any]

PASSPHRASE = "UNBROKEN_PASSPHRASE"  # noqa: S105  the variable's name
PATIENT_KEYS = "patient-keys.json"  # the hospital's, in the stage's folder
ADDED_BEFORE = "key_in_use"  # the browser asked before, and did not hear the answer
CONTACT = "+44 20 7946 0000 (made up)"
REPORTER = "The demo's ledger (made up)"  # whose signature the reports carry
START_S = 120  # a busy machine takes long to begin


class DemoFailed(Exception):
    """Something that the story relies on did not happen; the message says what."""


class Stage:
    """Owns the processes. Use as a context manager: it ends them all."""

    def __init__(self, folder: Path, page: Page, things: Path) -> None:
        self.folder = folder
        self.things = things  # what visitors scan, and a page that shows it
        self.labels = things / LABELS
        self.labels.mkdir(parents=True)
        self.page = page
        self.server = ""
        self.port = 0
        self.log_key = ""
        self._environment = os.environ | {
            PASSPHRASE: secrets.token_hex(16),
            "COLUMNS": str(WIDTH),
            "UNBROKEN_CONTACT": CONTACT,
        }
        self._one_at_a_time = threading.Lock()  # the story and its visitors speak to the same processes
        self._processes: list[subprocess.Popen[str]] = []
        self._companies: dict[str, subprocess.Popen[str]] = {}
        self._employer: dict[str, str] = {}
        self._desk = Desk(self.approves)
        self._ends = ExitStack()
        self.broker = os.environ.get("UNBROKEN_MQTT", "")  # where the live readings go; empty: by HTTP

    def __enter__(self) -> Stage:
        if not self.broker:
            own = self._ends.enter_context(own_broker(self.folder / "broker"))
            self.broker = own.url if own else ""
        return self

    def __exit__(self, *_: object) -> None:
        self._desk.close()
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(10)
        self._ends.close()

    # --- processes ---------------------------------------------------------------------

    def open_companies(self, companies: Mapping[str, list[str]]) -> dict[str, str]:
        """Start each company's process; its people draw their keys there. Returns the public keys."""
        for name, people in companies.items():
            home = self.folder / "devices" / name
            self._companies[name] = self._start([sys.executable, "-m", "clients.demo.company", str(home)])
            self._employer |= dict.fromkeys(people, name)
        return {agent: self._command(name, do="make_key", agent=agent)["key"]
                for agent, name in self._employer.items()}  # fmt: skip

    def process_of(self, company: str) -> int:
        return self._companies[company].pid

    def open_log(self, origin: str, administrators: dict[str, tuple[str, str]]) -> None:
        """`unbroken-server init` with each administrator's (organisation, public key), then serve."""
        words = ["init", "--data", str(self.data), "--origin", origin]
        for agent, (organisation, key) in administrators.items():
            path = self.folder / f"{agent}.pub"
            path.write_bytes(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
            words += ["--admin", f"{agent}:{organisation}:{path}"]
        self.run_program("api.server", *words)
        self.run_program("api.server", "certificate", "--data", str(self.data), "--name", REPORTER)
        self.run_program("api.server", "vault", "init", *self._vault)
        self._serve()

    def connect(self, origin: str) -> None:
        for name in self._companies:
            self._command(name, do="connect", origin=origin, log_key=self.log_key, server=self.server)

    @property
    def data(self) -> Path:
        return self.folder / "server"

    @property
    def _vault(self) -> list[str]:
        """The hospital's: its keys lie beside the server's directory, not in it."""
        keys, master = self.folder / "vault-keys.db", self.folder / "vault-master.key"
        return ["--vault-keys", str(keys), "--vault-master", f"file:{master}"]

    def run_program(self, module: str, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """Run one of our own programs to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            env=self._environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode not in ok:
            raise DemoFailed(
                f"{module} {words[0]} ended with {done.returncode}: {done.stderr or done.stdout}"
            )
        return done.stdout

    def wait(self) -> None:
        """Until somebody ends the server."""
        self._processes[-1].wait()

    def _serve(self) -> None:
        self.port = free_port()
        self.server = f"http://127.0.0.1:{self.port}"
        words = ["--data", str(self.data), "--port", str(self.port), "--desk", self._desk.url, *self._vault]
        words += ["--mqtt", self.broker] if self.broker else []
        with (self.folder / "server.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "api.demo", *words],
                env=self._environment, text=True, stdout=log, stderr=log,
            )  # fmt: skip
        self._processes.append(process)
        self.log_key = self._first_answer(process)["vkey"]

    def _first_answer(self, process: subprocess.Popen[str]) -> Document:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                found: Document = httpx.get(f"{self.server}/v1/log").raise_for_status().json()
                return found
            except httpx.HTTPError:
                time.sleep(0.1)
        raise DemoFailed(f"the server did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def approves(self, agent: str, key: str) -> Document:
        """The administrator of a visitor's company adds the key of the visitor's browser."""
        visitor = VISITORS[agent]
        told = self.tries(visitor.approver, f"agent/{agent}", "KeyAdded", key=key)
        if told.get("problem", {}).get("code") == ADDED_BEFORE:
            told = {}
        keys = (self.folder / PATIENT_KEYS).read_text() if visitor.reads_wristbands else None
        return told | {"patient_keys": keys}

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=self._environment, text=True, stdin=pipe, stdout=pipe)
        self._processes.append(process)
        return process

    def _command(self, company: str, **command: Any) -> Document:
        process = self._companies[company]
        assert process.stdin is not None
        assert process.stdout is not None
        with self._one_at_a_time:
            process.stdin.write(json.dumps(command) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise DemoFailed(f"the process of {company} ended")
        answer: Document = json.loads(line)
        return answer

    # --- what people do ----------------------------------------------------------------

    def says(self, agent: str, stream: str, event: str, *, quiet: bool = False, **fields: Any) -> Document:
        """The person signs and sends; prints the sentence and the entry's number."""
        told = self.tries(agent, stream, event, **fields)
        if "problem" in told:
            raise DemoFailed(f"{agent} {event}: {told['problem']['code']}: {told['problem']['detail']}")
        if not quiet:
            said = sentence({"type": event} | fields, agent.capitalize(), stream)
            self.page.recorded(said, told)
        return told

    def tries(self, agent: str, stream: str, event: str, offline: bool = False, **fields: Any) -> Document:
        """As `says`, but a refusal is an answer: {"problem": …}; prints nothing."""
        payload = {"type": event, "v": 1} | fields
        return self._command(
            self._employer[agent], do="record", agent=agent, stream=stream, fields=payload, offline=offline
        )

    def prints(self, agent: str, **label: Any) -> list[Document]:
        """The person issues a label and prints it into a file: what the log said to both."""
        answer = self._command(self._employer[agent], do="print_label", agent=agent, **label)
        if "problem" in answer:
            raise DemoFailed(f"{agent} could not print a label: {answer['problem']['detail']}")
        told: list[Document] = answer["told"]
        return told

    def reads_back(self, agent: str, coi: str, file: Path, serial: str, container: str) -> Document:
        """What the picture of a label shows beside what was printed."""
        words = {"coi": coi, "file": str(file), "serial": serial, "container": container}
        answer = self._command(self._employer[agent], do="read_label", agent=agent, **words)
        if "problem" in answer or answer["outcome"] != "readable":
            raise DemoFailed(f"{agent} could not read label {serial} back: {answer}")
        return answer

    def sends(self, agent: str) -> list[Document]:
        """The phone is back in the network: what waited goes out in order."""
        answer = self._command(self._employer[agent], do="send", agent=agent)
        if "problem" in answer:
            raise DemoFailed(f"{agent} could not send: {answer['problem']['detail']}")
        sent: list[Document] = answer["sent"]
        return sent

    def asks(self, agent: str, what: str, **words: Any) -> Document:
        answer = self._command(self._employer[agent], do="ask", agent=agent, what=what, **words)
        if "problem" in answer:
            raise DemoFailed(f"{agent} asks {what}: {answer['problem']['detail']}")
        return answer

    def asks_in_vain(self, agent: str, what: str, **words: Any) -> Document:
        """{"problem": …}: what somebody is told who is told nothing else."""
        answer = self._command(self._employer[agent], do="ask", agent=agent, what=what, **words)
        if "problem" not in answer:
            raise DemoFailed(f"{agent} asks {what} and is told")
        return answer

    def checks_app(self, agent: str) -> Document:
        answer = self._command(self._employer[agent], do="check_app", agent=agent, server=self.server)
        if not answer.get("ok"):
            raise DemoFailed(f"the app is not what the log says: {answer}")
        return answer

    def imports(
        self, agent: str, file: Path, containers: Sequence[str], options: Mapping[str, str]
    ) -> list[Document]:
        """A logger's file becomes evidence: what the log said to each statement about it."""
        words = {"file": str(file), "containers": list(containers), "options": dict(options)}
        answer = self._command(self._employer[agent], do="import_file", agent=agent, **words)
        if "problem" in answer:
            raise DemoFailed(f"{agent} could not import {file.name}: {answer['problem']['detail']}")
        told: list[Document] = answer["told"]
        return told

    def starts_logger(self, agent: str) -> str:
        """The logger measures and sends from now on; the address to which it does."""
        to = self.broker or self.server
        self._command(self._employer[agent], do="start_logger", agent=agent, to=to)
        return to

    def measures(self, agent: str, line: str) -> None:
        self._command(self._employer[agent], do="measure", agent=agent, line=line)

    def stops_logger(self, agent: str) -> Document:
        """What the logger says of what it measured and sent."""
        answer = self._command(self._employer[agent], do="stop_logger", agent=agent)
        if "error" in answer or answer["missing"]:
            raise DemoFailed(f"{agent} could not send what it measured: {answer}")
        return answer

    def logger_file(self, name: str) -> Path:
        """Where the logger's own program writes the file about this journey."""
        folder = self.folder / "loggers"
        folder.mkdir(exist_ok=True)
        return folder / f"{re.sub('[^a-zA-Z0-9]+', '-', name)}.csv"

    def takes_away(self, agent: str, coi: str, folder: Path, stem: str) -> dict[str, int]:
        """What is given out about a therapy, in files of that name: each with its bytes."""
        words = {"coi": coi, "folder": str(folder), "stem": stem}
        answer = self._command(self._employer[agent], do="take_away", agent=agent, **words)
        if "problem" in answer:
            raise DemoFailed(f"{agent} could not take evidence away: {answer['problem']['detail']}")
        files: dict[str, int] = answer["files"]
        return files

    def downloads(self, agent: str, folder: Path) -> tuple[int, int]:
        """How many entries, and how many loggers' files."""
        answer = self._command(self._employer[agent], do="download", agent=agent, folder=str(folder))
        if "problem" in answer:
            raise DemoFailed(f"{agent} could not download the log: {answer['problem']['detail']}")
        return answer["size"], answer["files"]
