"""The last chapters: both lineages from outside, one altered byte, and what was shown."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from clients.demo.cast import PATIENTS, Patient
from clients.demo.outside import Broken, Lineage, Said, path_of, read_log
from clients.demo.stage import DemoFailed, Document, Stage
from clients.demo.tale import Tale

LEDGER = "ledger"
PARTLY = 6  # of `unbroken verify`: nothing is wrong, and not everything is there to be checked


def verify_from_outside(tale: Tale, copy: Path) -> list[Said]:
    """The program that anybody can run, with a copy of the log and the public key."""
    tale.page.chapter("An outsider verifies the whole log, given only its public key")
    size, files = tale.stage.downloads("audrey", copy)
    tale.page.note(f"{size} entries and {files} loggers' files were copied. From here on no server is asked.")
    report = _verified(tale, copy)
    for step in report["steps"]:
        tale.page.checked(f"{step['number']}. {step['name']}", step["ok"])
    tale.page.note(f"Proved: {report['proved']}")
    return read_log(copy)


KINDS = {
    "report.pdf": "a report for whoever files it, signed",
    "epcis.json": "EPCIS 2.0, for a partner's system",
    "fhir.json": "FHIR R5, for a hospital's",
    "evidence.zip": "evidence that verifies without us",
}


def taken_away(tale: Tale, folder: Path) -> None:
    """What an auditor takes along about each therapy, and what the evidence shows of itself."""
    tale.page.chapter("Evidence to take away: a report, two standards, a bundle that needs no server")
    folder.mkdir(parents=True)
    for patient in PATIENTS:
        stem = patient.coi.partition(":")[2]
        for name, size in tale.stage.takes_away("audrey", patient.coi, folder, stem).items():
            kind = KINDS[name.removeprefix(f"{stem}-")]
            tale.page.looked(f"{patient.called}: {name}, {max(size // 1000, 1)} kB: {kind}")
        report = _verified(tale, folder / f"{stem}-evidence.zip", ok=(0, PARTLY))
        _holds(tale, f"{stem}-evidence.zip", report)


def _holds(tale: Tale, name: str, report: Document) -> None:
    """What rests on another patient's entries, which are hashes here, is said and not assumed."""
    open_ = [step for step in report["steps"] if step["ok"] is None]
    tale.page.checked(f"{name}: {len(report['steps']) - len(open_)} steps hold, none fails", True)
    for step in open_:
        tale.page.note(f"Not all of step {step['number']} can be shown by it: {step['detail']}.")


def _verified(tale: Tale, path: Path, ok: tuple[int, ...] = (0,)) -> Document:
    """By the program that anybody can run, given the log's public key. It fails where a step does."""
    words = ("verify", str(path), "--log-key", tale.stage.log_key, "--json")
    report: Document = json.loads(tale.stage.run_program("clients.cli", *words, ok=ok))
    return report


def lineages(tale: Tale, log: Sequence[Said]) -> list[Lineage]:
    """Each dose's path is walked on the copy, and compared with what the ledger's server says."""
    tale.page.chapter("From vein to vein: the path of each dose, read from the copy alone")
    return [_lineage(tale, log, patient, dose) for patient in PATIENTS for dose in patient.doses]


def _lineage(tale: Tale, log: Sequence[Said], patient: Patient, dose: str) -> Lineage:
    try:
        found = path_of(log, patient.stream, dose)
    except Broken as error:
        raise DemoFailed(str(error)) from None
    told = tale.stage.asks("audrey", "lineage", container=dose)["ancestors"]
    if {one["container"] for one in told} != set(found.made_of):
        raise DemoFailed(f"the server tells another lineage of {dose} than the log")
    if dose == patient.doses[0]:
        tale.page.tree(f"{patient.called}, bag {dose}", found.steps)
    verdict = f"bag {dose}: {found.handed_over} hand-offs, each signed by giver and receiver, no hole;"
    tale.page.checked(f"{verdict} the server tells the same lineage", True)
    return found


def tamper(tale: Tale, log: Sequence[Said]) -> int:
    """Alter one byte of one entry in a copy of the database, and let the audit find it."""
    stage = tale.stage
    tale.page.chapter("Somebody alters one byte of a copied database")
    copy = stage.folder / "copied-server"
    shutil.copytree(stage.data, copy, ignore=shutil.ignore_patterns("ledger.db*", "high-water"))
    position = _alter(stage.data / "ledger.db", copy / "ledger.db")
    who = log[position].signer.capitalize()
    tale.page.note(f"One byte of entry {position}, with which {who} took the bags over, is changed in the"
                   " copy. The audit of the copy says:")  # fmt: skip
    report: Document = json.loads(
        stage.run_program("api.server", "fsck", "--data", str(copy), "--json", ok=(1,))
    )
    for step in report["steps"]:
        tale.page.checked(f"{step['number']}. {step['name']}", step["ok"])
    wrong = report["first_wrong"]
    if wrong["position"] != position:
        raise DemoFailed("the audit did not name the entry")
    tale.page.checked(f"FOUND, entry {wrong['position']}: {wrong['what']}", True)
    tale.page.note(f"Proved all the same: {report['proved']}")
    return position


def _alter(source: Path, target: Path) -> int:
    """Copy the live database and flip one bit in the middle of a hand-over."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        position, data = copy.execute(
            "SELECT position, data FROM entry WHERE type = 'CustodyAccepted' ORDER BY position LIMIT 1"
        ).fetchone()
        altered = bytearray(data)
        altered[len(altered) // 2] ^= 1
        copy.execute("UPDATE entry SET data = ? WHERE position = ?", (bytes(altered), position))
        copy.commit()
    return int(position)


def summary(tale: Tale, log: Sequence[Said], found: Sequence[Lineage], altered: int, seconds: float) -> None:
    """What was shown, counted in the copy of the log."""
    signers = [one.signer for one in log if one.signer != LEDGER]
    raised, closed = _deviations(log)
    tale.page.chapter("What was shown")
    tale.page.summary([
        ("Entries in the log", f"{len(log)}"),
        ("Statements signed by people and devices", f"{len(signers)}, by {len(set(signers))} of them"),
        ("Hand-offs, each signed by giver and receiver", f"{_count(log, 'CustodyAccepted')}"),
        ("Deviations raised by the ledger", f"{len(raised)}"),
        ("Deviations closed by Quality", f"{len(closed)}"),
        ("Lineages verified from outside", f"{len(PATIENTS)} patients, {len(found)} bags"),
        ("The altered byte", f"found, in entry {altered}"),
        ("Time for the whole story", f"{seconds:.0f} seconds"),
    ])  # fmt: skip


def _count(log: Sequence[Said], event: str) -> int:
    return sum(one.type == event for one in log)


def _deviations(log: Sequence[Said]) -> tuple[set[str], set[str]]:
    """Statement ids of those that the ledger raised, and of those that Quality closed."""
    raised = {one.id for one in log if one.type == "DeviationRaised" and one.signer == LEDGER}
    closed = {str(one.payload["deviation"]) for one in log if one.type == "DeviationDispositioned"}
    return raised, closed & raised


def keep_serving(tale: Tale) -> None:
    stage: Stage = tale.stage
    tale.page.fact("Ledger", f"{stage.server}   (its description: {stage.server}/openapi.json)")
    tale.page.fact("Log key", stage.log_key)
    tale.page.fact("To end", "Ctrl-C. It removes everything that the demo made, but for a --keep folder.")
    stage.wait()
