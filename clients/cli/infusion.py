"""`unbroken check-infusion`: may this bag be given to this patient, here, now?

And before that `unbroken check-lymphodepletion`: may this patient be prepared for it?
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.align import Align
from rich.box import DOUBLE
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from clients.cli.identifying import Commitments, Identifying, PatientFile, PatientKeys
from clients.cli.options import Coi, Home, Json, PassphraseFile, client, coi_of
from clients.cli.screen import STOP, gates_table, show
from clients.sdk import Client

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
        patient = _patient(reader, coi_of(coi), patient_file, patient_keys)
        document = reader.infusion_check(coi_of(coi), container, site, patient)
    show(document, lambda console: draw_gates(console, document), as_json)
    if not passed(document):
        raise typer.Exit(STOP)


def check_lymphodepletion(
    coi: Coi,
    site: Annotated[str, typer.Option("--site", help="Where you are.")],
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Try every gate before lymphodepletion. Records nothing, permits nothing; exit code 3 means STOP."""
    with client(home, passphrase_file) as reader:
        document = reader.lymphodepletion_check(coi_of(coi), site)
    show(document, lambda console: draw_gates(console, document), as_json)
    if not passed(document):
        raise typer.Exit(STOP)


def passed(document: Document) -> bool:
    """Only a list of gates that all passed, or are overridden, is a pass: an empty one is not."""
    gates = document.get("gates") or []
    return document.get("verdict") == "go" and bool(gates) and not any(map(_stops, gates))


def _stops(gate: Document) -> bool:
    return gate["passed"] is not True and gate.get("overridden") is not True


def draw_gates(console: Console, document: Document) -> None:
    """Every gate, then one word that nobody can overlook."""
    bag = document.get("container")
    what = f"Bag {bag}" if bag else "Lymphodepletion"
    console.print(Text(f"{what} at {document['site']}, therapy {document['coi']}\n"))
    console.print(gates_table(document["gates"]))
    console.print()
    act = "infuse this bag" if bag else "start lymphodepletion"
    console.print(_verdict(document["gates"], passed(document), act))


def _verdict(gates: list[Document], go: bool, act: str) -> Panel:
    overridden = sum(gate.get("overridden") is True for gate in gates)
    if not go:
        count = f"{sum(map(_stops, gates))} of {len(gates)} gates failed"
        return _banner("S T O P", f"Do not {act}. {count}.", "bold red")
    if overridden:
        below = f"{overridden} of {len(gates)} gates did not pass: two people overrode them. Read why."
        return _banner("GATES OVERRIDDEN", below, "bold yellow")
    permission = "infuse" if act.startswith("infuse") else act
    return _banner("EVERY GATE PASSED", f"This is a check, not the permission to {permission}.", "green")


def _banner(word: str, below: str, style: str) -> Panel:
    return Panel(
        Align.center(Text(f"{word}\n{below}", justify="center")), box=DOUBLE, style=style, padding=(1, 2)
    )


def _patient(reader: Client, coi: str, file: Path | None, keys: Path | None) -> Commitments | None:
    return Identifying(reader, coi, "InfusionChecked", keys).read(file) if file else None
