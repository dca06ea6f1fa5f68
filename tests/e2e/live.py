"""A real server in its own process, and three companies' devices that talk to it over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from clients.cli.device import pem
from clients.drafts import event_type
from clients.keys import Device
from clients.patients import commitments
from clients.sdk import Client
from clients.sending import Answer, to_base64
from ledger.domain.parts import ChainDecision

ROOT = Path(__file__).parents[2]
ORIGIN = "ledger.example/live"
PASSPHRASE = "of a test"
COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"
APHERESIS = {"site": "st-mary", "department": "apheresis"}
WARD = {"site": "st-mary", "department": "ward-5"}
VAN = {"site": "swift-depot", "department": "van-2"}
CLEANROOM = {"site": "northcell-1", "department": "cleanroom"}
FRESH, DOSE = "A9999-F1", "A9999-D1"
ADMINISTRATORS = {"ada": "st-mary-trust", "ben": "northcell", "cleo": "swift-cryo"}
SITES = {
    "st-mary": ("ada", "care"),
    "northcell-1": ("ben", "manufacturing"),
    "swift-depot": ("cleo", "courier"),
}
PEOPLE = {  # agent: who enrols, role, site, qualification
    "carl": ("ada", "coordinator", "st-mary", ""),
    "anna": ("ada", "apheresis", "st-mary", ""),
    "nora": ("ada", "nurse", "st-mary", "bedside"),
    "nils": ("ada", "nurse", "st-mary", "bedside"),
    "phil": ("ada", "physician", "st-mary", "bedside"),
    "audrey": ("ada", "auditor", "st-mary", ""),
    "kit": ("cleo", "courier", "swift-depot", ""),
    "mia": ("ben", "manufacturer", "northcell-1", ""),
    "quinn": ("ben", "quality", "northcell-1", "batch_release"),
}
PRODUCT: dict[str, Any] = {
    "version": 1,
    "name": "Decentra-CAR made up",
    "window_starts": "thaw_started",
    "window_s": 3600,
    "claim_limit_s": 86_400,
    "countries": ["GB"],
    "sites": ["northcell-1"],
}
ORDER: dict[str, Any] = {
    "product": {"product": "decentra-car", "version": 1},
    "protocol": "UB-001",
    "country": "GB",
    "sites": {
        "collection": "st-mary",
        "manufacturing": ["northcell-1"],
        "treatment": "st-mary",
        "couriers": ["swift-depot"],
    },
}
IDENTIFIERS = {"birth_date": "1961-04-23", "record_number": "00-1234"}
LATER = "2099-01-01T00:00:00.000Z"


class Live:
    """The server and the devices' homes. `client` opens one; close it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "server"
        self.url = ""
        self.vkey = ""
        self.process: subprocess.Popen[str] | None = None
        self._devices: dict[str, Device] = {}
        self._clients: dict[str, Client] = {}
        self.patient_keys = {field: bytes([number]) * 32 for number, field in enumerate(sorted(IDENTIFIERS))}

    @property
    def patient(self) -> list[dict[str, str]]:
        return commitments(IDENTIFIERS, self.patient_keys)

    def home(self, agent: str) -> Path:
        return self.folder / "devices" / agent

    def device(self, agent: str) -> Device:
        """One for each agent, for opening a key file takes long, on purpose."""
        if agent not in self._devices:
            self._devices[agent] = Device(self.home(agent), PASSPHRASE.encode())
        return self._devices[agent]

    def client(self, agent: str) -> Client:
        return Client(self.device(agent))

    def begin(self) -> None:
        """Draw the administrators' keys and begin the log."""
        words = ["init", "--data", str(self.data), "--origin", ORIGIN]
        for agent, organisation in ADMINISTRATORS.items():
            path = self.folder / f"{agent}.pem"
            path.write_text(pem(self.device(agent).make_key()))
            words += ["--admin", f"{agent}:{organisation}:{path}"]
        subprocess.run(self._command(words), env=environment(), cwd=ROOT, check=True, capture_output=True)

    def serve(self, port: int = 0, *options: str) -> None:
        words = ["serve", "--data", str(self.data), "--port", str(port), "--log-level", "WARNING"]
        words += ["--label-host", "ledger.example", *options]
        self.process = subprocess.Popen(
            self._command(words), env=environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.url = line.rpartition(" at ")[2].strip()
        assert self.url.startswith("http://"), f"the server said {line!r}"
        self.vkey = str(self._get("/v1/log")["vkey"])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
            assert self.process.stdout
            self.process.stdout.close()
            self.process = None

    def enrol_all(self, people: Iterable[str]) -> None:
        """Sites, people, qualifications and the product, each said by whoever may."""
        for agent in ADMINISTRATORS:
            self.introduce(agent)
        for site, (by, kind) in SITES.items():
            fields = {"organisation": ADMINISTRATORS[by], "site_kind": kind, "country": "GB"}
            self.say(by, "SiteOnboarded", f"site/{site}", **fields)
        for agent in people:
            self.enrol(agent)
        self.say("quinn", "ProductVersionDefined", "product/decentra-car", **PRODUCT)

    def introduce(self, agent: str) -> None:
        self.device(agent).set_profile(agent=agent, server=self.url, log_key=self.vkey)

    def enrol(self, agent: str) -> None:
        by, role, site, qualification = PEOPLE[agent]
        key = to_base64(self.device(agent).make_key().spki)
        self.introduce(agent)
        roles = [{"role": role, "site": site}]
        fields = {"organisation": ADMINISTRATORS[by], "roles": roles, "key": key}
        enrolled = self.say(by, "AgentEnrolled", f"agent/{agent}", **fields)
        if role == "quality":
            self.say("ada", "EnrolmentApproved", f"agent/{agent}", enrolment=enrolled.statement_id)
        if qualification:
            fields = {"qualification": qualification, "expires_at": LATER}
            self.say(by, "QualificationGranted", f"agent/{agent}", **fields)

    def say(self, agent: str, event: str, stream: str = CHAIN, **fields: Any) -> Answer:
        """Record one event and insist that it was recorded; decisions look at the therapy first."""
        client = self._talking(agent)
        if issubclass(event_type(event), ChainDecision):
            client.chain(stream.removeprefix("chain/"))
        answer = client.record({"type": event} | fields, stream)
        assert isinstance(answer, Answer), answer
        return answer

    def hand_over(
        self, container: str, giver: tuple[str, dict[str, str]], to: tuple[str, dict[str, str]]
    ) -> None:
        parties = {"containers": [container], "giver": giver[1], "receiver": to[1], "condition": "intact"}
        released = self.say(giver[0], "CustodyReleased", **parties)
        self.say(to[0], "CustodyAccepted", release=released.statement_id, **parties)

    def order_and_collect(self) -> None:
        self.say("carl", "TherapyOrdered", patient=self.patient, **ORDER)
        self.say("carl", "ConsentRecorded", site="st-mary", form="CONSENT v3")
        self.say(
            "anna", "PatientIdentified", site="st-mary", patient=self.patient, method="scan", outcome="match"
        )
        fresh = [{"container": FRESH, "volume_ul": 200_000}]
        self.say(
            "anna", "CollectionCompleted", at=APHERESIS, containers=fresh, ended_at="2026-03-01T09:00:00.000Z"
        )

    def make_and_release(self) -> None:
        self.say("mia", "ManufacturingStarted", at=CLEANROOM, batch="B-1", platform="P-1", containers=[FRESH])
        dose = {"container": DOSE, "volume_ul": 50_000, "expires_at": LATER}
        parents = [{"container": FRESH, "volume_ul": 200_000}]
        self.say("mia", "ContainersDerived", at=CLEANROOM, how="fill", parents=parents, children=[dose])
        fields: dict[str, Any] = {"site": "northcell-1", "containers": [DOSE], "certificate": "ab" * 32}
        self.say("quinn", "Released", countries=["GB"], protocols=["UB-001"], **fields)

    def prepare(self) -> None:
        """The patient is fit, the dose is here, the body is made ready for it."""
        fit = {"site": "st-mary", "outcome": "fit", "valid_until": LATER}
        self.say("phil", "PatientFitnessConfirmed", **fit)
        self.say("carl", "AvailabilityConfirmed", site="st-mary", containers=[DOSE])
        self.say("phil", "LymphodepletionAuthorised", site="st-mary")
        self.say("nora", "LymphodepletionStarted", site="st-mary", regimen="flu_cy")

    def _talking(self, agent: str) -> Client:
        if agent not in self._clients:
            self._clients[agent] = self.client(agent)
        return self._clients[agent]

    def _get(self, path: str) -> Any:
        deadline = time.monotonic() + 30
        while True:
            try:
                return httpx.get(f"{self.url}{path}").raise_for_status().json()
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    @staticmethod
    def _command(words: list[str]) -> list[str]:
        return [sys.executable, "-m", "api.server", *words]


def environment() -> dict[str, str]:
    return os.environ | {"UNBROKEN_PASSPHRASE": PASSPHRASE, "COLUMNS": "100"}


def program(live: Live, agent: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `unbroken` as this person, in a process of its own."""
    command = [sys.executable, "-m", "clients.cli", *words]
    home = {"UNBROKEN_HOME": str(live.home(agent))}
    return subprocess.run(
        command, env=environment() | home, cwd=ROOT, capture_output=True, text=True, check=False
    )


@contextmanager
def running(folder: Path, people: Iterable[str] = tuple(PEOPLE)) -> Iterator[Live]:
    """A log that has begun, served, its people enrolled, or those who are needed."""
    live = Live(folder)
    live.begin()
    live.serve()
    try:
        live.enrol_all(people)
        yield live
    finally:
        live.stop()
