"""A real server for browsers, on one port throughout; its build of the app can be exchanged.

It runs in this process, beside the scenario that signs into the same ledger: keys of people who
are no browser need no sealed files, which take long to open on purpose.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.app import create_app
from api.settings import Settings
from api.vault.vault import Vault
from ledger.domain.world import timestamp
from ledger.proof import canonical
from tests.e2e.api_stage import COI, OTHER, enrol
from tests.scenario import APHERESIS, Clock, Scenario, open_scenario, therapy

SEEDING_MS = 2 * 3_600_000


class RealClock(Clock):
    """The time of day, as the browser has it; `behind` while the past is being told."""

    def __init__(self, behind: bool = False) -> None:
        super().__init__(0)
        self.behind = behind
        self._began = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self._began - SEEDING_MS + self.now_ms if self.behind else time.time_ns() // 1_000_000


def seeded(folder: Path) -> Scenario:
    """People of three companies, an auditor (audrey) and a courier who holds nothing (otto); a whole
    therapy (`COI`), ended just now, and one whose cells were collected (`OTHER`: OTHER-F1, with anna).
    """
    clock = RealClock(behind=True)
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, clock)
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
    therapy(scenario, COI)
    scenario.order(OTHER, "patient-2")
    fresh = [{"container": "OTHER-F1", "volume_ul": 100_000}]
    scenario.say("anna", f"chain/{OTHER}", "CollectionCompleted", at=APHERESIS, containers=fresh,
                 ended_at=timestamp(clock()))  # fmt: skip
    clock.behind = False
    return scenario


class House:
    """`open` serves a build, `close` ends that; both as often as needed. `host`: how browsers name it;
    a passkey is bound to a domain, and an address of numbers is none."""

    def __init__(self, scenario: Scenario, host: str = "127.0.0.1", vault: Vault | None = None) -> None:
        self.scenario, self.vault = scenario, vault
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://{host}:{self.port}"
        self.build: Path = Path()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def open(self, build: Path) -> None:
        self.close()
        self.build = build
        app = create_app(self.scenario.ledger, Settings(app_folder=build), vault=self.vault)
        config = uvicorn.Config(app, port=self.port, log_config=None, access_log=False, ws="none",
                                timeout_graceful_shutdown=1)  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)

    def close(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(20)
            self._server = None


@contextmanager
def open_house(
    scenario: Scenario, build: Path, host: str = "127.0.0.1", vault: Vault | None = None
) -> Iterator[House]:
    """The scenario's house with a build in it; server and ledger end behind it."""
    house = House(scenario, host, vault)
    house.open(build)
    yield house
    house.close()
    scenario.ledger.close()


def altered(build: Path, into: Path, name: str, content: bytes) -> Path:
    """The build with another `name`, as if it had been built so: worker and list agree with it."""
    shutil.copytree(build, into)
    (into / name).write_bytes(content)
    digests = json.loads((into / "files.json").read_bytes())["files"]
    old, new = digests[name], hashlib.sha256(content).hexdigest()
    worker = (into / "sw.js").read_text(encoding="utf-8")
    assert worker.count(old) == 1
    worker = re.sub(r'"?build"?:\s*(["`])[0-9a-f]{16}\1', f'build:"{new[:16]}"', worker).replace(old, new)
    (into / "sw.js").write_text(worker, encoding="utf-8")
    digests |= {name: new, "sw.js": hashlib.sha256(worker.encode()).hexdigest()}
    (into / "files.json").write_bytes(canonical.encode({"files": digests, "v": 1, "version": "0.1.1"}))
    return into
