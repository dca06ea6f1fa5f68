"""`unbroken patient`: who a patient is, kept in the hospital's vault and nowhere in the log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.identifying import PatientFile
from clients.cli.options import Coi, Home, Json, PassphraseFile, client, coi_of
from clients.cli.prompts import asked_identifiers
from clients.cli.record import Yes, confirm_and_record
from clients.cli.screen import REFUSED, facts, rows, show
from clients.patients import DEFAULT_FIELDS, keep_keys, load_identifiers
from clients.vault import BEDSIDE
from clients.words import clock
from ledger.domain.erasure_events import ErasureBasis, RetentionOverride
from ledger.errors import Malformed

Document = dict[str, Any]

patient = typer.Typer(no_args_is_help=True, help="Who a patient is, in the hospital's vault.")

Reason = Annotated[
    str,
    typer.Option("--reason", help="Why you look; it is kept. E.g. bedside_check, contact, patient_request."),
]
Reference = Annotated[
    str | None, typer.Option("--reference", help="Number of a ticket or deviation; nothing of a patient.")
]


@patient.command("enter")
def enter(
    coi: Coi,
    patient_file: PatientFile = None,
    correction: Annotated[
        str | None,
        typer.Option(
            "--correction",
            help="Why they contradict the order: entered_in_error, changed, keyed_elsewhere.",
        ),
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Enter a patient's identifiers, before the order or to put them right; shows the commitments."""
    identifiers = load_identifiers(patient_file) if patient_file else asked_identifiers(DEFAULT_FIELDS)
    with client(home, passphrase_file) as signer:
        document = signer.enter_patient(coi_of(coi), identifiers, correction)
    show(document, lambda console: _draw_entered(console, document), as_json)


@patient.command("withdraw")
def withdraw(
    coi: Coi, home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False
) -> None:
    """Take back who was entered, where no order came of it: the keys are destroyed."""
    with client(home, passphrase_file) as signer:
        signer.withdraw_patient(coi_of(coi))
    said = f"Taken back. Order under another name than {coi_of(coi)}, unless a provisional chain shared it."
    show({"coi": coi_of(coi)}, lambda console: console.print(Text(said)), as_json)


@patient.command("show")
def show_patient(
    coi: Coi,
    reason: Reason,
    reference: Reference = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show who the patient of a therapy is. That you looked, and why, is kept."""
    with client(home, passphrase_file) as reader:
        document = reader.patient(coi_of(coi), reason, reference)
    told = {name.replace("_", " "): text for name, text in document["identifiers"].items()}
    kept = f"That you looked is kept under number {document['access']}."
    show(document, lambda console: console.print(facts(told), Text(kept, style="dim"), sep="\n"), as_json)


@patient.command("match")
def match(
    site: Annotated[str, typer.Option("--site", help="Where you are.")],
    patient_file: PatientFile = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Find the therapies of whoever wears this wristband."""
    identifiers = load_identifiers(patient_file) if patient_file else asked_identifiers(DEFAULT_FIELDS)
    with client(home, passphrase_file) as reader:
        found = reader.patient_commitments(identifiers)
        matched = [reader.match_patient(site, one["patient"]) for one in found]
    therapies = [each for one in matched for each in one["therapies"]]
    document = {"site": site, "therapies": list({one["coi"]: one for one in therapies}.values())}
    show(document, lambda console: _draw_matched(console, document), as_json)
    if not therapies:
        raise typer.Exit(REFUSED)


@patient.command("keys")
def keys(
    coi: Coi,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="For --patient-keys; destroy it after.")],
    reason: Reason = BEDSIDE,
    reference: Reference = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Fetch the keys of one patient's commitments, for a bedside without a network."""
    if out.exists():
        raise Malformed("file_exists", f"{out} is there already")
    with client(home, passphrase_file) as reader:
        document = reader.patient_keys(coi_of(coi), reason, reference)
    keep_keys(out, {field: bytes.fromhex(key) for field, key in document["keys"].items()})
    told = {"coi": document["coi"], "file": str(out), "fields": sorted(document["keys"])}
    said = f"Wrote the keys of {', '.join(told['fields'])} to {out}: destroy it when the shift ends."
    show(told, lambda console: console.print(Text(said)), as_json)


@patient.command("erase")
def erase(
    coi: Coi,
    site: Annotated[
        str, typer.Option("--site", help="The collection or treatment site; you are its Quality.")
    ],
    basis: Annotated[
        str, typer.Option("--basis", help=f"With which right: {', '.join(get_args(ErasureBasis))}.")
    ],
    overrides: Annotated[
        str | None,
        typer.Option(
            "--overrides-retention",
            help=f"What stands above the 30 years, while they run: {', '.join(get_args(RetentionOverride))}.",
        ),
    ] = None,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Have the keys to a patient's identifiers destroyed, for good. The log and its proofs stay."""
    fields: Document = {"type": "PersonalDataErased", "site": site, "basis": basis}
    if overrides:
        fields["overrides_retention"] = overrides
    stream = f"chain/{coi_of(coi)}"
    with client(home, passphrase_file) as signer:
        confirm_and_record(signer, fields, stream, None, False, yes, as_json)


@patient.command("accesses")
def accesses(
    coi: Annotated[str | None, typer.Argument(metavar="COI", help="Of one therapy; all without it.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 100,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Go on from an earlier answer.")] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show who looked into the vault, and why (auditors)."""
    subject = f"chain/{coi_of(coi)}" if coi else None
    with client(home, passphrase_file) as reader:
        document = reader.vault_accesses(subject=subject, limit=limit, cursor=cursor)
    show(document, lambda console: _draw_accesses(console, document), as_json)


def _draw_entered(console: Console, document: Document) -> None:
    console.print(Text(f"Kept for {document['coi']}. Only these commitments get into the log:"))
    console.print(facts({one["field"]: one["commitment"] for one in document["patient"]}))
    for name in document["differs"]:
        said = f"! The order says another {name.replace('_', ' ')}: a wristband no longer matches there."
        console.print(Text(said, style="bold red"))


def _draw_matched(console: Console, document: Document) -> None:
    if not document["therapies"]:
        console.print(
            Text(f"No therapy at {document['site']} is this patient's: STOP, and ask.", style="bold red")
        )
    for one in document["therapies"]:
        state = "open" if one["open"] else "closed"
        console.print(Text(f"{one['coi']}  {one['product']} version {one['product_version']}, {state}"))


def _draw_accesses(console: Console, document: Document) -> None:
    table = rows("When (UTC)", "Who", "What", "Why", "About", "Fields")
    for one in document["accesses"]:
        why = " ".join(filter(None, [(one["reason"] or "").replace("_", " "), one["reference"]]))
        about = (one["subject"] or "nobody").removeprefix("chain/")
        table.add_row(clock(one["at"]), one["agent"], one["what"], why, about, ", ".join(one["fields"]))
    console.print(table)
    if document["next_cursor"]:
        console.print(Text(f"There are older ones: --cursor {document['next_cursor']}", style="dim"))
