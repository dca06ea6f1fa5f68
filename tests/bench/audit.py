"""The audit of a downloaded log: its cryptographic pass beside bare signature checks."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest.mock import patch

from ledger.proof import statement
from ledger.proof.keys import PublicKey
from ledger.verify import DirectorySource, audit
from ledger.verify.steps import Audit
from tests.bench.load import chains, statements
from tests.bench.table import RUNS, Row, at_least, at_most
from tests.scenario import open_scenario
from tests.unit.verify_book import Book

ENTRIES = 12_000
CORES = os.cpu_count() or 1
Job = tuple[bytes, int, bytes, bytes]  # key, algorithm, signature, to-be-signed bytes


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        scenario = open_scenario(f"sqlite:///{directory}/ledger.db", Path(directory))
        each = ENTRIES // 64
        for chain in chains(scenario):
            results = scenario.ledger.submit(statements(scenario, chain, each)).result()
            assert not any(isinstance(result, Exception) for result in results)
        ledger = scenario.ledger
        jobs = _jobs(ledger)
        log = DirectorySource(Book.of(scenario).write(Path(directory) / "log"))
        bare, crypto, replay = [], [], []
        for _ in range(RUNS):
            bare.append(len(jobs) / _bare(jobs))
            with patch.object(Audit, "_judge", return_value=[]):  # the rules are replayed beside it
                crypto.append(audit(log, str(ledger.vkey), workers=CORES).crypto_seconds)
            report = audit(log, str(ledger.vkey))
            assert report.first_wrong is None, report.first_wrong
            replay.append(report.replay_seconds)
        ledger.close()
    rate = len(jobs) / statistics.median(crypto)
    return [
        at_least(
            f"cryptographic pass, {CORES} cores, beside bare Ed25519 checks",
            rate,
            statistics.median(bare),
            0.8,
        ),
        at_most(
            "replay of policy, gates and deviations, beside that pass",
            statistics.median(replay) * 1000,
            statistics.median(crypto) * 1000,
            1.0,
        ),
    ]


def _jobs(ledger: object) -> list[Job]:
    store, keys = ledger.store, ledger.keys  # type: ignore[attr-defined]
    made = []
    for stored in store.entries(0, store.head()[0]):
        signed = statement.parse(stored.data)
        made.append((keys.get(signed.kid).raw, signed.alg, signed.signature, signed.tbs))
    return made


def _bare(jobs: list[Job]) -> float:
    """The same checks on the same number of cores, with nothing around them."""
    size = -(-len(jobs) // CORES)
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(_nothing, range(CORES)))
        start = time.perf_counter()
        list(pool.map(_check, [jobs[at : at + size] for at in range(0, len(jobs), size)]))
        return time.perf_counter() - start


def _nothing(_: int) -> None:
    """Start the processes before the clock."""


def _check(jobs: list[Job]) -> None:
    keys: dict[bytes, PublicKey] = {}
    for raw, alg, signature, tbs in jobs:
        key = keys.get(raw) or keys.setdefault(raw, PublicKey.from_raw(raw))
        key.verify(alg, signature, tbs)
