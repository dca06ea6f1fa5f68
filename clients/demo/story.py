"""The demo's story: two therapies from vein to vein, told hand-off by hand-off.

Everything is real: the server, the keys, the signatures, the proofs. Only the patients,
the companies, the product and the readings of the logger are made up.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console

from clients.demo import bedside, beginning, ending, identity, looking_back, making, road, visiting, waiting
from clients.demo.cast import FIRST, PATIENTS, WAITING
from clients.demo.codes import Codes, draw_codes
from clients.demo.contact_sheet import contact_sheet
from clients.demo.page import WIDTH, Page
from clients.demo.stage import PATIENT_KEYS, DemoFailed, Stage
from clients.demo.tale import Tale
from clients.patients import commitments, new_keys


def tell(exit_at_end: bool, codes: Codes, keep: Path | None = None) -> int:
    """Play the demo; the exit code. With `exit_at_end` false it goes on serving.

    `keep`: a new folder for the copy of the log, its public key and the things to scan; without it these
    end with the demo.
    """
    console = Console(width=WIDTH, highlight=False)
    if keep and keep.exists():
        console.print(f"{keep} is there already: name a new folder.", soft_wrap=True)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="unbroken-demo-"))
    try:
        with Stage(folder, Page(console), (keep or folder) / "to-scan") as stage:
            tale = begin(stage)
            play(tale, codes, keep, goes_on=not exit_at_end)
            if not exit_at_end:
                ending.keep_serving(tale)
    except DemoFailed as failure:
        console.print(f"[bold red]The demo failed:[/] {failure}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def begin(stage: Stage) -> Tale:
    """What is read on the wristbands becomes commitments: no name leaves the hospital."""
    keys = new_keys(stage.folder / PATIENT_KEYS)
    read = {patient.coi: commitments(patient.identifiers, keys) for patient in (*PATIENTS, *WAITING)}
    return Tale(stage, stage.page, read)


def play(tale: Tale, codes: Codes, keep: Path | None, goes_on: bool) -> None:
    """The chapters, in order."""
    started = time.monotonic()
    beginning.companies_meet(tale)
    beginning.collection(tale)
    road.offline_courier(tale)
    making.two_bags(tale)
    making.held_back(tale)
    making.fails(tale)
    road.basement(tale)
    making.starts_again(tale)
    road.way_back(tale)
    bedside.readiness(tale)
    bedside.wrong_bag(tale)
    bedside.two_bags(tale)
    bedside.one_bag(tale)
    waiting.waits_for_you(tale)
    identity.erased(tale)
    has_app = visiting.is_published(tale)
    copy = tale.stage.folder / "copied-log"
    ending.taken_away(tale, (keep or tale.stage.folder) / "taken-away")
    log = ending.verify_from_outside(tale, copy)
    looking_back.looks_back(tale, log, copy)
    found = ending.lineages(tale, log)
    altered = ending.tamper(tale, log)
    ending.summary(tale, log, found, altered, time.monotonic() - started)
    if keep:
        shutil.copytree(copy, keep / "log")
        (keep / "log.vkey").write_text(tale.stage.log_key + "\n")
        key = f'"$(cat {keep / "log.vkey"})"'
        tale.page.command("Audit the copy yourself:", f"unbroken verify {keep / 'log'} --log-key {key}")
        bundle = f"{FIRST.coi.partition(':')[2]}-evidence.zip"
        words = f"unbroken verify {keep / 'taken-away' / bundle} --log-key {key}"
        tale.page.command("Or the evidence of one therapy:", words)
    sheet = contact_sheet(draw_codes(tale.stage.things, codes), tale.stage.port)
    (tale.stage.things / visiting.SHEET).write_text(sheet, encoding="utf-8")
    visiting.your_turn(tale, has_app, goes_on)
