"""A log with its keys on the disk, so that a process can be killed and started again from nothing else.

`Stage` is what survives: the database, the high-water mark, the ledger's keys and the
phones of people who write. `python -m tests.fault.serving <file>` plays it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.application import Answer, Ledger, LedgerConfig
from ledger.domain.world import timestamp
from ledger.proof import canonical, receipt, statement
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keys import SigningKey
from tests.scenario import APHERESIS, ORIGIN, Clock, Scenario, b64, open_scenario, patient

PHONES = 6


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Phone:
    """A device that scans bags of one chain. `key`: the private key, hex."""

    agent: str
    coi: str
    key: str


@dataclass(frozen=True)
class Stage:
    """All that a process needs to serve the log, and to write to it. Keys are private ones, hex."""

    database_url: str
    high_water: str
    log_key: str
    event_key: str
    phones: tuple[Phone, ...]

    @classmethod
    def load(cls, path: Path) -> Stage:
        told = json.loads(path.read_text())
        told["phones"] = tuple(Phone(**phone) for phone in told["phones"])
        return cls(**told)

    def save(self, path: Path) -> Path:
        path.write_text(json.dumps(asdict(self)))
        return path

    @property
    def vkey(self) -> str:
        return str(log_vkey(ORIGIN, key_of(self.log_key).public))

    def open(self, clock_ms: Callable[[], int] = now_ms) -> Ledger:
        """Start a node, as a server would."""
        log_key, event_key = key_of(self.log_key), key_of(self.event_key)
        path = Path(self.high_water)
        return Ledger(LedgerConfig(self.database_url, ORIGIN, log_key, event_key, path, clock_ms, checkers=1))


def key_of(private: str) -> SigningKey:
    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)))


def private_of(key: SigningKey) -> str:
    assert isinstance(key.private, Ed25519PrivateKey)
    return key.private.private_bytes_raw().hex()


def set_up(database_url: str, folder: Path) -> Stage:
    """A new log with phones on distinct chains, closed again."""
    scenario = open_scenario(database_url, folder, Clock(now_ms() // 1000 * 1000))
    phones = tuple(_phone(scenario, number) for number in range(PHONES))
    config = scenario.ledger.config
    scenario.ledger.close()
    return Stage(database_url, str(folder / "high-water"), private_of(config.log_key),
                 private_of(config.event_key), phones)  # fmt: skip


def _phone(scenario: Scenario, number: int) -> Phone:
    coi, agent = f"isbt128:CHA9999260000{number:02}", f"phone-{number}"
    scenario.order(coi, f"patient-{number}")
    key = scenario.signer(agent).key
    roles = [{"role": "apheresis", "site": "st-mary"}]
    scenario.say("ada", f"agent/{agent}", "AgentEnrolled", organisation="st-mary-trust", roles=roles,
                 key=b64(key.public.spki))  # fmt: skip
    scenario.say(agent, f"chain/{coi}", "CollectionCompleted", at=APHERESIS,
                 ended_at=timestamp(scenario.clock()),
                 containers=[{"container": f"BAG-{number}", "volume_ul": 100_000}])  # fmt: skip
    return Phone(agent, coi, private_of(key))


class Scanner:
    """A phone at work: signs its next statements, on from what the log holds of it."""

    def __init__(self, phone: Phone, ledger: Ledger) -> None:
        self._phone = phone
        self._key = key_of(phone.key)
        last = ledger.world_at().signer(self._key.public.kid.hex())
        self._seq = 0 if last.seq is None else last.seq + 1
        self._prev = last.statement_id

    def scans(self) -> Iterator[bytes]:
        """Facts without end; now and then one for which the ledger raises a deviation behind it."""
        number = self._phone.agent.removeprefix("phone-")
        while True:
            method = {"method": "scan"} if self._seq % 3 else {"method": "typed"}
            yield self._sign(
                type="PatientIdentified", v=1, site="st-mary", patient=patient(f"patient-{number}"),
                outcome="match", **method,
            )  # fmt: skip
            yield self._sign(type="Packed", v=1, at=APHERESIS, containers=[f"BAG-{number}"],
                             shipper=f"SHIPPER-{self._seq}", seal=f"SEAL-{self._seq}")  # fmt: skip

    def _sign(self, **fields: Any) -> bytes:
        own = {"occurred_at": timestamp(now_ms()), "seen": None, "seq": self._seq, "prev": self._prev}
        raw = statement.sign(
            self._key, iss=self._phone.agent, sub=f"chain/{self._phone.coi}", aud=ORIGIN, cti=os.urandom(16),
            payload=canonical.encode(fields | own),
        )  # fmt: skip
        self._seq, self._prev = self._seq + 1, statement.parse(raw).id.hex()
        return raw


@dataclass(frozen=True)
class Acknowledged:
    """What a client was told: it may rely on this for thirty years."""

    position: int
    statement_id: str
    receipt: str

    @classmethod
    def of(cls, answer: Answer) -> Acknowledged:
        return cls(answer.position, answer.statement_id.hex(), answer.receipt.hex())

    @classmethod
    def parse(cls, line: bytes) -> Acknowledged:
        position, statement_id, token = line.decode().split(" ")
        return cls(int(position), statement_id, token)

    def line(self) -> bytes:
        return f"{self.position} {self.statement_id} {self.receipt}\n".encode()


def check_kept(ledger: Ledger, acknowledged: list[Acknowledged]) -> None:
    """Every acknowledged statement is where it was said to be, and its receipt still proves it."""
    stored = {one.position: one.data for one in ledger.store.entries(0, ledger.store.head()[0])}
    assert sorted(stored) == list(range(len(stored)))
    for one in acknowledged:
        raw = stored[one.position]
        receipt.verify_receipt(bytes.fromhex(one.receipt), raw, ledger.config.log_key.public, ORIGIN)
        assert statement.parse(raw).id.hex() == one.statement_id
