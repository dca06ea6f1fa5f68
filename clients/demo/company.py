"""One company of the demo: a process of its own, with its own people's keys.

It obeys one JSON command a line on standard input and answers with one line, so that
the storyteller never holds a key. What a person does goes through the same `Client` that
the `unbroken` program uses.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clients.drafts import needs_version, now
from clients.evidence_files import fetch_files
from clients.keys import Device
from clients.labels import Job, Labels, read_back
from clients.outbox import Held
from clients.sdk import Client, Pending
from clients.sending import Answer, to_base64
from ledger.errors import UnbrokenError
from ledger.proof import canonical, statement

Document = dict[str, Any]


class Company:
    """The people of one company, each with a device of their own under `home`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._passphrase = secrets.token_hex(16).encode()
        self._devices: dict[str, Device] = {}
        self._clients: dict[str, Client] = {}
        self._loggers: dict[str, subprocess.Popen[str]] = {}

    def make_key(self, agent: str) -> Document:
        """Draw the person's key on their device; only the public part leaves it."""
        device = self._devices[agent] = Device(self._home / agent, self._passphrase)
        return {"key": to_base64(device.make_key().spki)}

    def connect(self, origin: str, log_key: str, server: str) -> Document:
        """Tell every device which log to trust, by its public key, and where it is served."""
        for agent, device in self._devices.items():
            if agent not in self._clients:
                device.set_profile(agent=agent, origin=origin, log_key=log_key, server=server)
                self._clients[agent] = Client(device)
        return {"people": sorted(self._clients)}

    def record(self, agent: str, stream: str, fields: Document, offline: bool = False) -> Document:
        """Sign and send; a decision on a therapy looks at it first, as its signer does."""
        client = self._clients[agent]
        if needs_version(fields["type"]):
            client.chain(stream.removeprefix("chain/"))
        signed_at = now()
        done = client.record(fields, stream, occurred_at=signed_at, offline=offline)
        if isinstance(done, Pending):
            return {"waiting": done.held.id.hex(), "why": done.why, "signed_at": signed_at}
        return _told(done, signed_at)

    def print_label(
        self, agent: str, coi: str, container: str, serial: str, at: dict[str, str], template: str, file: str
    ) -> Document:
        """Issue a label, draw it through the server, write it to a file and say that it is printed."""
        client, path = self._clients[agent], Path(file)
        labels = Labels(client)
        fields, _ = labels.issue(coi, at, container=container, serials=[serial])
        done = [client.record(fields, f"chain/{coi}", occurred_at=now())]
        job = Job(template, 300, "pdf" if path.suffix == ".pdf" else "png")
        done.append(labels.save(serial, job, path))
        return {"told": [_told(one, now()) for one in done if isinstance(one, Answer)]}

    def read_label(self, agent: str, coi: str, file: str, serial: str, container: str) -> Document:
        """Compare a picture of this therapy's label with what was printed: what is to be said of it."""
        return read_back(Labels(self._clients[agent]).scan_back(Path(file), coi), serial, container)

    def send(self, agent: str) -> Document:
        """Send what waits on the phone, in the order in which it was signed."""
        outcomes = self._clients[agent].flush()
        return {"sent": [_told(one.answer, _signed_at(one.held)) for one in outcomes if one.answer]}

    def ask(self, agent: str, what: str, **words: Any) -> Document:
        """Read as that person: custody, lineage, timeline, infusion_check …"""
        answer: Document = getattr(self._clients[agent], what)(**words)
        return answer

    def take_away(self, agent: str, coi: str, folder: str, stem: str) -> Document:
        """The therapy's report, its two standard exports and its bundle: file names and their bytes."""
        client, there = self._clients[agent], Path(folder)
        made = {
            f"{stem}-report.pdf": client.report(coi),
            f"{stem}-epcis.json": client.exported(coi, "epcis"),
            f"{stem}-fhir.json": client.exported(coi, "fhir"),
        }
        told = {name: (there / name).write_bytes(data) for name, data in made.items()}
        bundle = there / f"{stem}-evidence.zip"
        why = ["--why", "inspection", "--yes"]
        answer = self._program(agent, "export", "bundle", coi, "--out", str(bundle), *why)
        return answer if "problem" in answer else {"files": told | {bundle.name: answer["bytes"]}}

    def check_app(self, agent: str, server: str) -> Document:
        """What `unbroken app check` says on that person's device, with the log key that it pins."""
        return self._program(agent, "app", "check", server)

    def import_file(self, agent: str, file: str, containers: list[str], options: dict[str, str]) -> Document:
        """`unbroken temperature import`: a logger's own file becomes evidence about containers."""
        said = [f"--{name}={value}" for name, value in options.items()]
        said += [f"--container={name}" for name in containers]
        answer = self._program(agent, "temperature", "import", file, *said, "--yes")
        if "problem" in answer:
            return answer
        return {"told": [one | {"signed_at": now(), "id": one["statement_id"]} for one in answer["recorded"]]}

    def start_logger(self, agent: str, to: str) -> Document:
        """`unbroken logger run`: from now on the device signs and sends each reading that it is fed."""
        words = ["logger", "run", "--range=-200..60", "--interval", "1", "--to", to]
        self._loggers[agent] = subprocess.Popen(
            self._command(agent, *words), env=self._environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return {}

    def measure(self, agent: str, line: str) -> Document:
        """One reading: degrees, battery, tilt."""
        feed = self._loggers[agent].stdin
        assert feed
        feed.write(f"{line}\n")
        feed.flush()
        return {}

    def stop_logger(self, agent: str) -> Document:
        """All is measured: what the device says of its buffer when it has sent it."""
        out, _ = self._loggers.pop(agent).communicate(timeout=60)
        found: Document = json.loads(out)
        return found

    def _program(self, agent: str, *words: str) -> Document:
        """What the `unbroken` program answers as JSON, run with that person's device."""
        done = subprocess.run(
            self._command(agent, *words), env=self._environment(), text=True, capture_output=True, check=False
        )
        if not done.stdout:
            return {"problem": {"code": words[0], "detail": done.stderr}}
        found: Document = json.loads(done.stdout)
        return {"problem": found["error"]} if "error" in found else found

    def _command(self, agent: str, *words: str) -> list[str]:
        return [sys.executable, "-m", "clients.cli", *words, "--home", str(self._home / agent), "--json"]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"UNBROKEN_PASSPHRASE": self._passphrase.decode()}

    def download(self, agent: str, folder: str) -> Document:
        """The whole log, and the loggers' files that it names."""
        client = self._clients[agent]
        found = client.download_log(Path(folder))
        return {"size": found.size, "files": fetch_files(client.evidence, Path(folder), found.size).files}

    def obey(self, command: Document) -> Document:
        action: Callable[..., Document] = getattr(self, command.pop("do"))
        try:
            return action(**command)
        except UnbrokenError as error:
            return {"problem": {"code": error.code, "detail": error.detail} | error.extra}


def _told(answer: Answer, signed_at: str) -> Document:
    return {
        "position": answer.position,
        "id": answer.statement_id,
        "signed_at": signed_at,
        "recorded_at": answer.recorded_at,
        "deviations": [asdict(raised) for raised in answer.deviations],
    }


def _signed_at(held: Held) -> str:
    said: Document = canonical.decode(statement.parse(held.raw).payload)
    return str(said["occurred_at"])


def main() -> None:
    """Serve commands until the storyteller closes the pipe."""
    company = Company(Path(sys.argv[1]))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(company.obey(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
