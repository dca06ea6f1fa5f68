"""The program `unbroken`.

Every command has `--json`; every answer that a person sees is drawn from that document.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from rich.console import Console

from clients.cli import (
    carriers,
    chains,
    device,
    events,
    evidence,
    export_bundle,
    export_events,
    follow,
    infusion,
    labels,
    lineage,
    live_logger,
    lookups,
    outbox,
    passkey,
    patient,
    product,
    quality,
    record,
    registry,
    replay,
    report,
    standards,
    temperature,
    time_stamp,
    web,
)
from clients.cli.screen import EXITS, USAGE, complain
from ledger.errors import Fault, Malformed, UnbrokenError

HELP = """Who held which bag of cells, for which patient, and the proof of it.

Sign what you do on your own device, look up where a bag is, and verify the whole history
without trusting the server."""
EPILOG = (
    "The key's passphrase comes from UNBROKEN_PASSPHRASE, --passphrase-file, or a prompt. Exit codes: "
    + "; ".join(f"{code} {meaning}" for code, meaning in EXITS.items())
    + "."
)

app = typer.Typer(
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
SET_UP, SAY, ASK, PROVE = "Set up this device", "Say something", "Ask", "Prove"

app.add_typer(device.key, name="key", rich_help_panel=SET_UP)
app.add_typer(device.profile, name="profile", rich_help_panel=SET_UP)
app.command("enrol", rich_help_panel=SET_UP)(record.enrol)
app.command("approve", rich_help_panel=SET_UP)(record.approve)
app.add_typer(live_logger.logger, name="logger", rich_help_panel=SAY)
app.add_typer(passkey.passkey, name="passkey", rich_help_panel=SET_UP)
app.add_typer(patient.patient, name="patient", rich_help_panel=ASK)
app.command("record", rich_help_panel=SAY)(record.record)
app.command("events", rich_help_panel=SAY)(events.events)
app.add_typer(labels.label, name="label", rich_help_panel=SAY)
app.add_typer(product.product, name="product", rich_help_panel=SAY)
app.add_typer(outbox.outbox, name="outbox", rich_help_panel=SAY)
app.command("chain", rich_help_panel=ASK)(chains.chain)
app.command("custody", rich_help_panel=ASK)(chains.custody)
app.command("shipment", rich_help_panel=ASK)(carriers.shipment)
app.command("tank", rich_help_panel=ASK)(carriers.tank)
app.command("timeline", rich_help_panel=ASK)(chains.timeline)
app.command("follow", rich_help_panel=ASK)(follow.follow)
app.command("replay", rich_help_panel=ASK)(replay.replay)
app.command("lineage", rich_help_panel=ASK)(lineage.lineage)
app.command("deviations", rich_help_panel=ASK)(chains.deviations)
app.command("check-lymphodepletion", rich_help_panel=ASK)(infusion.check_lymphodepletion)
app.add_typer(temperature.app, name="temperature", rich_help_panel=ASK)
app.command("quality", rich_help_panel=ASK)(quality.quality)
app.command("search", rich_help_panel=ASK)(lookups.search)
app.command("reach", rich_help_panel=ASK)(lookups.reach)
app.command("lots", rich_help_panel=ASK)(registry.lots)
app.command("equipment", rich_help_panel=ASK)(registry.equipment)
app.command("sites", rich_help_panel=ASK)(registry.sites)
app.command("people", rich_help_panel=ASK)(registry.people)
app.command("qualifications", rich_help_panel=ASK)(registry.qualifications)
app.command("check-infusion", rich_help_panel=ASK)(infusion.check_infusion)
app.command("report", rich_help_panel=PROVE)(report.report)
standards.app.command("bundle")(export_bundle.export_bundle)
standards.app.command("events")(export_events.export_events)
app.add_typer(standards.app, name="export", rich_help_panel=ASK)
app.add_typer(evidence.receipt, name="receipt", rich_help_panel=PROVE)
evidence.log.command("time-stamp")(time_stamp.time_stamp)
app.add_typer(evidence.log, name="log", rich_help_panel=PROVE)
app.command("verify", rich_help_panel=PROVE)(evidence.verify)
app.add_typer(web.app, name="app", rich_help_panel=PROVE)


def run(arguments: Sequence[str]) -> int:
    """One command; the exit code. Prints, and raises nothing."""
    as_json = "--json" in arguments
    try:
        app(list(arguments), prog_name="unbroken", standalone_mode=True)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else USAGE
    except UnbrokenError as error:
        return complain(error, as_json)
    except OSError as error:
        return complain(Malformed("file_failed", str(error)), as_json)
    except Exception as error:  # a defect of ours: say so, and never as if the evidence were wrong
        Console(stderr=True).print_exception()
        return complain(Fault("defect", f"this program has a defect: {error!r}"), as_json)
    return 0


def main() -> None:
    sys.exit(run(sys.argv[1:]))
