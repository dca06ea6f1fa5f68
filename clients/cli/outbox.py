"""`unbroken outbox …`: what was signed here and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.screen import REFUSED, WAITING, rows, show
from clients.drafts import payload_of
from clients.outbox import Held
from clients.sending import Outcome
from clients.words import clock, sentence
from ledger.errors import Conflict, NotFound
from ledger.proof.sequence import split

outbox = typer.Typer(no_args_is_help=True, help="What was signed here, and what became of it.")
STATES = {
    "queued": ("waits to be sent", "yellow"),
    "sent": ("sent, not answered yet", "yellow"),
    "accepted": ("✓ recorded", "green"),
    "refused": ("✗ REFUSED", "bold red"),
}


@outbox.command("list")
def list_held(
    everything: Annotated[bool, typer.Option("--all", help="Recorded ones too.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List what waits and what was refused."""
    with client(home) as mine:
        held = [each for each in mine.outbox.held() if everything or each.state != "accepted"]
    show({"statements": [_document(each) for each in held]}, lambda console: _draw(console, held), as_json)


@outbox.command("send")
def send(
    again: Annotated[
        list[int] | None,
        typer.Option("--again", metavar="NUMBER", help="Send a refused one once more. Repeat."),
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Send what waits, in order, the same bytes until each is answered."""
    with client(home, passphrase_file) as mine:
        for number in again or ():
            mine.outbox.requeue(_numbered(mine.outbox.held(), number).id)
        outcomes = mine.flush()
        waiting = len(mine.outbox.unsent())
    refused = sum(1 for outcome in outcomes if outcome.problem)
    document = {
        "accepted": len(outcomes) - refused,
        "refused": refused,
        "waiting": waiting,
        "statements": [_outcome(outcome) for outcome in outcomes],
    }
    show(document, lambda console: _draw_sent(console, outcomes, waiting), as_json)
    if refused or waiting:
        raise typer.Exit(REFUSED if refused else WAITING)


@outbox.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A CBOR sequence of the signed statements.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Copy what waits into a file, so that another device can send it."""
    with client(home) as mine:
        waiting = mine.outbox.unsent()
    if file.exists():
        raise Conflict("file_exists", f"{file} is there already; it is not overwritten")
    file.write_bytes(b"".join(held.raw for held in waiting))
    document = {"file": str(file), "statements": len(waiting)}
    show(document, lambda console: console.print(f"{len(waiting)} statements in {file}."), as_json)


@outbox.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What another device exported.", exists=True, dir_okay=False)],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take statements that another device signed, to send them for it. They stay its own."""
    with client(home) as mine:
        statements = split(file.read_bytes())
        taken = mine.carry(statements)
    document = {"file": str(file), "statements": len(statements), "new": taken}
    text = f"{taken} of {len(statements)} statements are new here. Send them: unbroken outbox send"
    show(document, lambda console: console.print(text), as_json)


def _numbered(held: list[Held], number: int) -> Held:
    for each in held:
        if each.number == number:
            return each
    raise NotFound("not_in_outbox", f"there is no statement {number} in this outbox")


def _document(held: Held) -> dict[str, Any]:
    return {
        "number": held.number,
        "state": held.state,
        "statement_id": held.id.hex(),
        "kid": held.kid.hex(),
        "seq": held.seq,
        "type": held.type,
        "stream": held.stream,
        "made_at": held.made_at,
        "answer": held.answer,
        "problem": held.problem,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    position = outcome.answer.position if outcome.answer else None
    return {
        "number": outcome.held.number,
        "statement_id": outcome.held.id.hex(),
        "state": "refused" if outcome.problem else "accepted",
        "position": position,
        "problem": outcome.problem,
    }


def _draw(console: Console, held: list[Held]) -> None:
    table = rows("No.", "Signed (UTC)", "State", "What it says", narrow=3)
    for each in held:
        words, style = STATES[each.state]
        signer, payload = payload_of(each.raw)
        said = Text(f"{sentence(payload, signer, each.stream)}.")
        if each.problem:
            said.append(f"\n{each.problem.get('detail', '')} ({each.problem.get('code', '')})", style="red")
        table.add_row(str(each.number), clock(each.made_at), Text(words, style=style), said)
    console.print(table if held else "Nothing waits; nothing was refused.")


def _draw_sent(console: Console, outcomes: list[Outcome], waiting: int) -> None:
    table = rows("No.", "", "What it says", narrow=2)
    for outcome in outcomes:
        signer, payload = payload_of(outcome.held.raw)
        said = Text(f"{sentence(payload, signer, outcome.held.stream)}.")
        if outcome.problem:
            said.append(f"\n{outcome.problem.get('detail', '')}", style="red")
        words, style = STATES["refused" if outcome.problem else "accepted"]
        place = f"{words} #{outcome.answer.position}" if outcome.answer else words
        table.add_row(str(outcome.held.number), Text(place, style=style), said)
    console.print(table if outcomes else "Nothing waited.")
    if waiting:
        console.print(Text(f"{waiting} still wait.", style="yellow"))
