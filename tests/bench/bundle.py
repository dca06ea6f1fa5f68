"""Bundles: making one beside a plain ZIP of the same bytes, and checking one beside bare signatures."""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from clients.bundles import reader_of
from ledger.application import Answer, Ledger
from ledger.export.choosing import Choice
from ledger.verify.bundle import BundleAudit, audit_bundle
from ledger.verify.report import Report
from tests.bench.audit import _bare, _jobs
from tests.bench.load import WRITERS, chains, statements
from tests.bench.table import Row, at_least, at_most
from tests.bundling import pieces
from tests.e2e.api_stage import enrol
from tests.scenario import ORIGIN, Scenario, open_scenario

LARGE, SMALL = 100_000, 12_000
CORES = os.cpu_count() or 1
TURNS = 3


def run() -> list[Row]:
    return [*_export(LARGE), *_verification(SMALL)]


def _export(entries: int) -> list[Row]:
    """The whole log, as the server makes it, beside `zip` (deflated, as it is by itself) of its files."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        ledger, asked = _log(folder, entries)
        out = folder / "bundle.zip"
        grown = _grown(ledger, asked)
        turns = [
            (_clocks(lambda: _write(ledger, asked, out)), _clocks(lambda: _zip(out, folder / "plain.zip")))
            for _ in range(TURNS)
        ]
        ledger.close()
    (wall, plain), (processor, plainly) = (
        [_mid([turn[which][clock] for turn in turns]) for which in (0, 1)] for clock in (0, 1)
    )
    name = f"bundle of a log of {entries:,}, beside a plain ZIP of its bytes"
    return [
        at_most(f"{name}, by the clock", wall, plain, 3.0, " s"),
        at_most(f"{name}, processor time", processor, plainly, 3.0, " s"),
        at_most("memory that an entry adds, second half (beside: 1 byte)", grown, 1.0, 64.0, " B"),
    ]


def _verification(entries: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        ledger, asked = _log(folder, entries)
        out, jobs = folder / "bundle.zip", _jobs(ledger)
        _write(ledger, asked, out)
        bare, proof, whole = [], [], []
        for _ in range(TURNS):
            bare.append(_bare(jobs))
            report = _audit(out, ledger)
            assert report.first_wrong is None, report.first_wrong
            proof.append(_proof_alone(out, ledger))
            whole.append(report.seconds)
        ledger.close()
    rate, name = len(jobs) / statistics.median(bare), f"{CORES} cores, beside bare Ed25519 checks"
    return [
        at_least(f"a bundle's files, tree and signatures, {name}", len(jobs) / _mid(proof), rate, 0.8),
        at_least(f"all, the rules replayed on one core, {name}", len(jobs) / _mid(whole), rate, 0.3),
    ]


def _clocks(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor; both of one run, for other work on a machine falls on it."""
    began, worked = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - began, time.process_time() - worked


def _mid(times: list[float]) -> float:
    return statistics.median(times)


def _log(folder: Path, entries: int) -> tuple[Ledger, Answer]:
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder)
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    for chain in chains(scenario):
        _fill(scenario, chain, entries // WRITERS)
    asked = scenario.say("audrey", f"log/{ORIGIN}", "ExportRequested", scope="log", reason="inspection")
    return scenario.ledger, asked


def _fill(scenario: Scenario, chain: tuple[str, str], count: int) -> None:
    results = scenario.ledger.submit(statements(scenario, chain, count)).result()
    assert not any(isinstance(one, Exception) for one in results)


def _all(asked: Answer) -> Choice:
    return Choice(range(asked.position + 1), None)


def _write(ledger: Ledger, asked: Answer, out: Path) -> None:
    with out.open("wb") as file:
        for piece in pieces(ledger, asked, _all(asked)):
            file.write(piece)


def _zip(bundle: Path, plain: Path) -> None:
    """The bundle's files into a ZIP as the standard library makes one."""
    with zipfile.ZipFile(bundle) as files, zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as made:
        for name in files.namelist():
            made.writestr(name, files.read(name))


def _grown(ledger: Ledger, asked: Answer) -> float:
    """Bytes of memory for each entry of the second half, while nothing but the bundle is made."""
    seen = [_resident() for _ in pieces(ledger, asked, _all(asked))]
    half = len(seen) // 2
    return max(0, max(seen[half:]) - max(seen[:half])) / (asked.position / 2)


def _resident() -> int:
    resident = int(Path("/proc/self/statm").read_text().split()[1])
    return resident * resource.getpagesize()


def _audit(bundle: Path, ledger: Ledger) -> Report:
    with bundle.open("rb") as file:
        return audit_bundle(reader_of(file), bundle.stat().st_size, ledger.vkey, workers=CORES)


def _proof_alone(bundle: Path, ledger: Ledger) -> float:
    """Seconds for files, tree and signatures, by the clock, while nothing is judged beside them."""
    with bundle.open("rb") as file, patch.object(BundleAudit, "_judge", return_value=[]):
        report = audit_bundle(reader_of(file), bundle.stat().st_size, ledger.vkey, workers=CORES)
    return report.crypto_seconds + report.steps[-1].seconds
