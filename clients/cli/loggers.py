"""`unbroken temperature import`: a logger's own file becomes evidence about containers.

What the file leaves open is asked for, never guessed. What was read is shown beside what the file
itself prints, then signed. The file itself is handed in first, so that whoever may read the therapy
can read it again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from clients.cli.logger_answers import FLAGS, Answers, answered
from clients.cli.logger_options import BerlingerRoot, Mapping, about_a_file, pin
from clients.cli.logger_summary import draw_file, file_document
from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.record import OccurredAt, Yes, agreed, document_of, tell
from clients.cli.screen import DONE, WAITING, show
from clients.drafts import event_type, is_carrier
from clients.forms import filled, moment, shape_of
from clients.sdk import Client, Fields, Pending
from clients.sending import Answer
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.cold_chain.evidence import evidence
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import LoggerFile
from ledger.cold_chain.mapped import mapping_of
from ledger.cold_chain.refusals import Ambiguous
from ledger.errors import Malformed

EVENT = "TemperatureEvidenceAttached"


@about_a_file
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The logger's own file.", exists=True)],
    *,
    container: Annotated[
        list[str] | None, typer.Option("--container", help="What it was with. Repeat.")
    ] = None,
    phase: Annotated[str | None, typer.Option("--phase", help="fresh, frozen or thawed.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Where it was read out: site/department.")] = None,
    stream: Annotated[
        str | None, typer.Option("--stream", help="shipment/… or tank/…; else the therapy.")
    ] = None,
    told: Answers,
    mapping: Mapping = None,
    berlinger_root: BerlingerRoot = ROOT,
    occurred_at: OccurredAt = None,
    look: Annotated[
        bool, typer.Option("--look", help="Only show what is read; sign and send nothing.")
    ] = False,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Read a temperature logger's own file, and record it as evidence about containers.

    The format is found by the file's content. What it leaves open (unit, zone, decimal mark, order of
    the date) is asked for, or refused with the option that says it.
    """
    files = [file.read_bytes(), *([mapping.read_bytes()] if mapping else [])]
    may_ask = sys.stdin.isatty() and not yes
    found, told, parts = read_file(files, told, pin(berlinger_root), look, may_ask)
    draw_file(Console(highlight=False, quiet=as_json), found, told.channel)
    results: list[Answer | Pending] = []
    if not look:
        common = _common(container, phase, at) | {"type": EVENT, "read_as": told.read_as(found, files[1:])}
        with client(home, passphrase_file) as signer:
            events = _placed(signer, [common | part for part in parts], stream)
            if not yes and not agreed(as_json):
                raise typer.Exit(DONE)
            results = _record(signer, events, files, occurred_at)
    document = {"file": file_document(found, told.channel), "recorded": list(map(document_of, results))}
    show(document, lambda screen: _tell(screen, results), as_json)
    if any(isinstance(result, Pending) for result in results):
        raise typer.Exit(WAITING)


def read_file(
    files: list[bytes], told: Answers, root: str, look: bool, may_ask: bool
) -> tuple[LoggerFile, Answers, list[dict[str, Any]]]:
    """The file and its evidence. Asks until nothing is open, or names the option that answers."""
    mapping = mapping_of(files[1].decode("utf-8", "replace")) if files[1:] else None
    while True:
        try:
            found = read(files[0], told.told, mapping, root)
            return found, told, [] if look else evidence(found, told.instrument)
        except Ambiguous as open_:
            if not may_ask or open_.question not in FLAGS:
                raise _with_option(open_) from None
            told = answered(told, open_)


def _with_option(open_: Ambiguous) -> Ambiguous:
    flag = FLAGS.get(open_.question)
    return Ambiguous(open_.question, f"{open_.why} (option {flag})" if flag else open_.why, open_.choices)


def _common(container: list[str] | None, phase: str | None, at: str | None) -> dict[str, Any]:
    """What the file cannot know, checked by the event's own schema."""
    given = {"--container": container, "--phase": phase, "--at": at}
    if missing := [name for name, value in given.items() if not value]:
        raise Malformed("bad_value", f"say {', '.join(missing)}, or only look with --look")
    pairs = [f"containers={','.join(container or [])}", f"phase={phase}", f"at={at}"]
    return filled(shape_of(event_type(EVENT)), pairs)


def _placed(signer: Client, parts: list[dict[str, Any]], stream: str | None) -> list[tuple[Fields, str]]:
    """Each statement with its stream: the containers' therapy, or the carrier that was named."""
    therapies = signer.therapies(parts[0]["containers"])
    if stream is None and len(therapies) != 1:
        raise Malformed("bad_value", "these containers are of several therapies: say --stream shipment/…")
    stream = stream or f"chain/{therapies[0]['coi']}"
    added = {"therapies": therapies} if is_carrier(stream) else {}
    return [(part | added, stream) for part in parts]


def _record(
    signer: Client, events: list[tuple[Fields, str]], files: list[bytes], occurred_at: str | None
) -> list[Answer | Pending]:
    """Hand the files in for each therapy, then sign and send each statement."""
    fields, stream = events[0]
    cois = [one["coi"] for one in fields.get("therapies", ())] or [stream.removeprefix("chain/")]
    for coi in cois:
        for raw in files:
            signer.keep_evidence(coi, raw)
    when = moment(occurred_at) if occurred_at else None
    return [signer.record(fields, stream, occurred_at=when) for fields, stream in events]


def _tell(screen: Console, results: list[Answer | Pending]) -> None:
    for result in results:
        tell(screen, result)
