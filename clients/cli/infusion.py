"""`unbroken check-infusion`: may this bag be given to this patient, here, now?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.align import Align
from rich.box import DOUBLE
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from clients.cli.options import Coi, Home, Json, PassphraseFile, client, coi_of
from clients.cli.record import PATIENT_KEYS, PatientFile, PatientKeys
from clients.cli.screen import STOP, gates_table, show
from clients.patients import commitments, load_identifiers, load_keys

Document = dict[str, Any]


def check_infusion(
    coi: Coi,
    container: Annotated[str, typer.Option("--container", help="The bag in your hand.")],
    site: Annotated[str, typer.Option("--site", help="Where you are.")],
    patient_file: PatientFile = None,
    patient_keys: PatientKeys = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Try every gate before an infusion. Records nothing, permits nothing; exit code 3 means STOP."""
    with client(home, passphrase_file) as reader:
        patient = _patient(patient_file, patient_keys or reader.device.home / PATIENT_KEYS)
        document = reader.infusion_check(coi_of(coi), container, site, patient)
    show(document, lambda console: draw_gates(console, document), as_json)
    if not passed(document):
        raise typer.Exit(STOP)


def passed(document: Document) -> bool:
    """Only a list of gates that all passed is a pass: an empty one is not."""
    gates = document.get("gates") or []
    return document.get("verdict") == "go" and bool(gates) and all(gate["passed"] is True for gate in gates)


def draw_gates(console: Console, document: Document) -> None:
    """Every gate, then one word that nobody can overlook."""
    console.print(Text(f"Bag {document['container']} at {document['site']}, therapy {document['coi']}\n"))
    console.print(gates_table(document["gates"]))
    console.print()
    failed = [gate for gate in document["gates"] if not gate["passed"]]
    if passed(document):
        console.print(_banner("EVERY GATE PASSED", "This is a check, not the permission to infuse.", "green"))
        return
    count = f"{len(failed)} of {len(document['gates'])} gates failed"
    console.print(_banner("S T O P", f"Do not infuse this bag. {count}.", "bold red"))


def _banner(word: str, below: str, style: str) -> Panel:
    return Panel(
        Align.center(Text(f"{word}\n{below}", justify="center")), box=DOUBLE, style=style, padding=(1, 2)
    )


def _patient(file: Path | None, keys: Path) -> list[dict[str, str]] | None:
    return commitments(load_identifiers(file), load_keys(keys)) if file else None
