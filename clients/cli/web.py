"""`unbroken app`: name a build of the app in the log, and check what a server hands out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.built import DIST, FileList, read_build
from clients.cli.options import Home, Json, PassphraseFile, client, device
from clients.cli.screen import REFUSED, facts, show
from clients.published import Verdict, check_served, proved_by
from clients.remote import Remote
from clients.sdk import Client
from clients.sending import Answer
from ledger.errors import Fault, Malformed

app = typer.Typer(no_args_is_help=True, help="The app that people's browsers are served.")

Build = Annotated[
    Path,
    typer.Option(
        "--build", metavar="DIR", help="A built app.", show_default="the one that came with this program"
    ),
]


@app.command("publish")
def publish(
    build: Build = DIST, home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False
) -> None:
    """Put the digest of a build into the log (administrators).

    What is signed comes from the files here, never from what a server says that it serves.
    """
    named = read_build(build).named
    fields = {"version": named.version, "digest": named.digest, "files": len(named.digests)}
    with client(home, passphrase_file) as author:
        served = author.remote.public("/v1/app").json()
        answer = author.record({"type": "AppPublished"} | fields, f"log/{author.vkey.name}")
    if not isinstance(answer, Answer):
        raise Fault("not_recorded_yet", "the log has not answered yet; it is kept: unbroken outbox send")
    document = fields | {"position": answer.position, "served": served.get("digest") == named.digest}
    show(document, lambda console: _draw_published(console, document), as_json)


@app.command("check")
def check(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server, e.g. https://ledger.example.")],
    build: Annotated[
        Path | None, typer.Option("--build", metavar="DIR", help="Compare with a build of your own, too.")
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Fetch every file of the app and compare it with what the log says should be served.

    With this device's profile the entry in the log is proved; without one, it is the server's word.
    Exit code 0: all is as published. 1: something differs, and it is named.
    """
    own = read_build(build).named if build else None
    profiled = _profiled(home, passphrase_file, url)
    remote = profiled.remote if profiled else Remote(url, _nobody)
    try:
        found = check_served(remote, proved_by(profiled), own)
    finally:
        (profiled or remote).close()
    show(found.to_json(), lambda console: _draw_verdict(console, found), as_json)
    if not found.ok:
        raise typer.Exit(REFUSED)


def _profiled(home: Path | None, passphrase_file: Path | None, url: str) -> Client | None:
    """A client of that server, where this device has a profile; its pinned key is what proves."""
    try:
        mine = device(home, passphrase_file)
        mine.profile.need("agent")
        return Client(mine, url)
    except Malformed:
        return None


def _nobody(_: str) -> bytes:
    raise Malformed("incomplete_profile", "this device has no profile to sign in with")


def _draw_published(console: Console, document: dict[str, Any]) -> None:
    console.print(f"Entry {document['position']} publishes version {document['version']} of the app.")
    console.print(facts({"digest": document["digest"], "files": document["files"]}))
    if not document["served"]:
        console.print("The server serves another build: install this one there, and start it again.")


def _draw_verdict(console: Console, found: Verdict) -> None:
    word = ("✓ As published", "bold green") if found.ok else ("✗ NOT as published", "bold red")
    console.print(Text.assemble(word, f": {found.summary}"))
    console.print(facts(_pairs(found.served, found)))
    for line in found.differences:
        console.print(Text(f"- {line}", style="red"))
    if found.position is not None and not found.proved:
        console.print("That the log says so is the server's word: set up a profile to have it proved.")


def _pairs(served: FileList, found: Verdict) -> dict[str, object]:
    return {
        "version": served.version,
        "digest": served.digest,
        "files": len(served.digests),
        "published": "" if found.position is None else f"entry {found.position}",
        "proved": "against the pinned log key" if found.proved else "",
    }
