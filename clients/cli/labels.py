"""`unbroken label`: issued, read back, put on, counted; and what a scanned label is worth.

Printing is in `printing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Coi, Home, Json, PassphraseFile, client, coi_of
from clients.cli.printing import print_labels
from clients.cli.record import Yes, confirm_and_record, confirmed, document_of, tell
from clients.cli.screen import REFUSED, WAITING, facts, mark, rows, show
from clients.drafts import event_type
from clients.forms import filled, shape_of
from clients.label_serials import serial_of
from clients.label_store import Kept
from clients.labels import Labels, fate_of, read_back
from clients.sdk import Client, Pending
from clients.words import clock, wrong_modules
from ledger.errors import UnbrokenError

label = typer.Typer(help="Issue, print, read back, put on and account for labels.", no_args_is_help=True)
label.command("print")(print_labels)

Where = Annotated[str, typer.Option("--at", metavar="SITE/DEPARTMENT", help="The department that does it.")]
Container = Annotated[
    str | None, typer.Option("--container", help="The bag that it is for; without: ahead of need.")
]
Bag = Annotated[str, typer.Argument(metavar="CONTAINER", help="The bag.")]
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="The label's serial, or its scanned link.")]
Reason = Annotated[str, typer.Option("--reason", metavar="CODE", help="E.g. smeared.")]


@label.command()
def issue(
    coi: Coi,
    at: Where,
    container: Container = None,
    count: Annotated[int, typer.Option("--count", help="How many, each with a serial.", min=1, max=200)] = 1,
    serials: Annotated[
        list[str] | None, typer.Option("--serial", help="One of your own in place of a drawn one. Repeat.")
    ] = None,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Draw serials for a therapy's labels, and say that they are issued. Then: label print."""
    with client(home, passphrase_file) as signer:
        wanted = {"container": container, "count": count, "serials": serials or []}
        _issue(signer, coi_of(coi), at, wanted, yes, as_json)


@label.command()
def reprint(
    coi: Coi,
    serial: Serial,
    at: Where,
    reason: Reason,
    container: Container = None,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Issue a label in place of another, with a serial of its own; a second person has to apply it."""
    with client(home, passphrase_file) as signer:
        replaces = {"serial": _meant(signer, coi, serial), "reason": reason}
        wanted = {"container": container, "replaces": replaces}
        _issue(signer, coi_of(coi), at, wanted, yes, as_json)


@label.command("scan-back")
def scan_back(
    coi: Coi,
    photo: Annotated[Path, typer.Argument(help="A photo of the label: .jpg, .png or .webp.", exists=True)],
    serial: Annotated[str, typer.Option("--serial", help="Which label it should be.")],
    at: Where,
    container: Annotated[
        str | None, typer.Option("--container", help="The bag that it is on; without: on none yet.")
    ] = None,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Compare a photo of a label with what was printed, and say what was read.

    How many modules differ tells a worn print head from a good one. It is no print-quality grade
    of ISO/IEC 15415.
    """
    with client(home, passphrase_file) as signer:
        meant = _meant(signer, coi, serial)
        found = Labels(signer).scan_back(photo, coi_of(coi))
        fields = read_back(found, meant, container) | _parts("LabelScannedBack", f"at={at}")
        Console(highlight=False, quiet=as_json).print(_comparison(found))
        confirm_and_record(signer, fields, f"chain/{coi_of(coi)}", None, False, yes, as_json)


@label.command()
def apply(
    coi: Coi,
    serial: Serial,
    container: Bag,
    at: Where,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Say that a label is on a bag."""
    with client(home, passphrase_file) as signer:
        pairs = [f"at={at}", f"serial={_meant(signer, coi, serial)}", f"container={container}"]
        _record(signer, "LabelApplied", pairs, coi, yes, as_json)


@label.command()
def void(
    coi: Coi,
    serial: Serial,
    at: Where,
    reason: Reason,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Declare that a label must never be used again: wherever it is scanned, all stops."""
    with client(home, passphrase_file) as signer:
        pairs = [f"at={at}", f"serial={_meant(signer, coi, serial)}", f"reason={reason}"]
        _record(signer, "LabelVoided", pairs, coi, yes, as_json)


@label.command()
def destroy(
    coi: Coi,
    serials: Annotated[list[str], typer.Argument(metavar="SERIAL", help="The labels, or their links.")],
    at: Where,
    returned: Annotated[
        bool, typer.Option("--returned", help="Given back unused to whoever keeps the blanks.")
    ] = False,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Say that labels are gone: destroyed, or given back unused."""
    with client(home, passphrase_file) as signer:
        named = ",".join(_meant(signer, coi, one) for one in serials)
        pairs = [f"at={at}", f"serials={named}", f"fate={fate_of(returned)}"]
        _record(signer, "LabelDestroyed", pairs, coi, yes, as_json)


@label.command()
def reconcile(
    coi: Coi, home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False
) -> None:
    """Count a therapy's labels. Exit 1: some are neither applied, voided, destroyed nor returned."""
    with client(home, passphrase_file) as reader:
        document = Labels(reader).reconcile(coi_of(coi))
    show(document, lambda console: draw_reconciliation(console, document), as_json)
    if not document["reconciled"]:
        raise typer.Exit(REFUSED)


@label.command()
def check(
    link: Annotated[str, typer.Argument(metavar="LINK", help="What a scanner reads off the label.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ask, as any stranger may, whether a label is genuine and current. Exit 1: it is not."""
    with client(home) as reader:
        document = Labels(reader).check(link)
    show(document, lambda console: draw_check(console, document), as_json)
    if not document["current"]:
        raise typer.Exit(REFUSED)


# --- what they share -------------------------------------------------------------------------


def _meant(signer: Client, coi: str, text: str) -> str:
    return serial_of(Labels(signer), coi_of(coi), text)


def _issue(signer: Client, coi: str, at: str, wanted: dict[str, Any], yes: bool, as_json: bool) -> None:
    labels = Labels(signer)
    fields, kept = labels.issue(coi, _parts("LabelIssued", f"at={at}")["at"], **wanted)
    with _kept_if_signed(labels, kept):
        result = confirmed(signer, fields, f"chain/{coi}", None, False, yes, as_json)
    serials = [one.serial for one in kept]

    def draw(console: Console) -> None:
        tell(console, result)
        console.print(facts({"to print": f"unbroken label print {' '.join(serials)}"}))

    show(document_of(result) | {"serials": serials}, draw, as_json)
    if isinstance(result, Pending):
        raise typer.Exit(WAITING)


@contextmanager
def _kept_if_signed(labels: Labels, kept: list[Kept]) -> Iterator[None]:
    """Where nothing was signed, or the log refused it, no check is kept."""
    try:
        yield
    except (typer.Exit, UnbrokenError, KeyboardInterrupt):
        if not any(held.type == "LabelIssued" for held in labels.client.outbox.unsent()):
            labels.drop(kept)
        raise


def _record(signer: Client, event: str, pairs: list[str], coi: str, yes: bool, as_json: bool) -> None:
    fields = {"type": event} | _parts(event, *pairs)
    confirm_and_record(signer, fields, f"chain/{coi_of(coi)}", None, False, yes, as_json)


def _parts(event: str, *pairs: str) -> dict[str, Any]:
    return filled(shape_of(event_type(event)), pairs)


def _comparison(found: dict[str, Any]) -> Text:
    if found["text"] is None:
        return Text("No code can be read in this photo.", style="bold red")
    said = f"It says {found['text']}"
    if found["modules"] is None:
        return Text(f"{said}, which is no label of this ledger.", style="bold red")
    counted = wrong_modules(found["wrong_modules"], found["modules"])
    return Text(f"{said}; {counted}.")


def draw_reconciliation(console: Console, document: dict[str, Any]) -> None:
    """Each serial, then those that nobody can account for."""
    table = rows("Label", "State", "Bag", "Printed", "In place of", narrow=2)
    for one in document["labels"]:
        state = str(one["ended"] or one["state"]).replace("_", " ")
        state = f"{state}, in force" if one["in_force"] else state
        table.add_row(
            one["serial"], state, one["container"] or "", str(one["printed"]), one["replaces"] or ""
        )
    console.print(table if document["labels"] else "No label was issued for this therapy.")
    if document["astray"]:
        names = ", ".join(document["astray"])
        console.print(Text(f"\nNOT ACCOUNTED FOR: {names}", style="bold red"))
    else:
        console.print(Text("\n✓ every label is accounted for", style="green"))


def draw_check(console: Console, document: dict[str, Any]) -> None:
    """Genuine and current, each by word and sign."""
    console.print(Text("genuine: ").append_text(mark(document["genuine"])))
    console.print(Text("current: ").append_text(mark(document["current"])))
    status = str(document["status"] or "not of this ledger").replace("_", " ")
    as_of = f"{clock(document['as_of'])} UTC, entry {document['position']}"
    console.print(facts({"status": status, "as of": as_of, "call": document["contact"] or ""}))
