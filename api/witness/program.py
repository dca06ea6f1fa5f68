"""`unbroken-server witness`: begin one, say which logs it follows, run it, look at what it saw."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from api.durable import locked
from api.logs import log_to_stderr
from api.starting import listening, passphrase
from api.witness.home import WitnessHome
from api.witness.register import Register, Witness
from api.witness.serving import Application
from ledger.errors import Malformed
from ledger.proof.note import VerifierKey

app = typer.Typer(
    help="A witness: cosigns a log's heads, so that the log can show nobody another history.",
    no_args_is_help=True,
)

Data = Annotated[Path, typer.Option("--data", help="The witness's directory")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File with the passphrase of the key; else UNBROKEN_PASSPHRASE")
]


@app.command()
def init(
    data: Data,
    name: Annotated[str, typer.Option(help="Its name for ever, for instance witness.example/one")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Draw a witness's key, begin its register, and print its verifier key, which logs and policies
    name it by."""
    typer.echo(str(WitnessHome(data).begin(name, passphrase(passphrase_file))))


@app.command()
def follow(
    data: Data,
    vkey: Annotated[list[str], typer.Argument(help="Verifier keys of logs, as they hand them out")],
) -> None:
    """Cosign the heads of these logs from the next start on."""
    home = WitnessHome(data)
    for each in vkey:
        home.follow(VerifierKey.parse(each))
    typer.echo(f"The witness {home.vkey().name} follows {', '.join(home.logs())}")


@app.command()
def serve(
    data: Data,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one")] = 8100,
    passphrase_file: PassphraseFile = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR")] = "INFO",
) -> None:
    """Cosign until told to stop."""
    home = WitnessHome(data)
    vkey, logs = home.vkey(), home.logs()
    if not logs:
        raise Malformed("no_log_followed", f"{home.path} names no log to follow")
    key = home.open_key(passphrase(passphrase_file))
    log_to_stderr(log_level)
    with locked(home.path), listening(host, port) as listener:
        register = Register(home.register)
        application = Application(Witness(register, vkey, key, logs, lambda: int(time.time())))
        address, number = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in host else address
        typer.echo(f"The witness {vkey.name} follows {len(logs)} logs at http://{shown}:{number}")
        try:
            uvicorn.Server(_config(application)).run(sockets=[listener])
        finally:
            application.close()
            register.close()


def _config(application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=200,  # a log has one connection; more is somebody who wants to be in the way
        timeout_keep_alive=65,
        timeout_graceful_shutdown=10,
    )


@app.command()
def status(
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, with the heads")] = False,
) -> None:
    """What was cosigned, and what was refused. Status 1: a log has shown two histories."""
    home = WitnessHome(data)
    found = _seen(home)
    typer.echo(json.dumps(found, indent=2) if as_json else _told(found))
    raise typer.Exit(1 if any(each["fork"] for each in found["refused"]) else 0)


def _seen(home: WitnessHome) -> dict[str, Any]:
    vkey, register = str(home.vkey()), Register(home.register)
    try:
        heads = [each._asdict() | {"note": each.note.decode()} for each in register.heads()]
        refused = [
            each._asdict() | {"note": each.note.decode(), "known": each.known.decode()}
            for each in register.refused()
        ]
        refusals = register.refusals()
    finally:
        register.close()
    return {"witness": vkey, "heads": heads, "refused": refused, "refusals": refusals}


def _told(found: dict[str, Any]) -> str:
    lines = [f"The witness {found['witness']}"]
    lines += [
        f"  {each['origin']}: {each['size']} entries, cosigned at {_at(each['time_s'])}"
        for each in found["heads"]
    ]
    for each in found["refused"]:
        what = (
            "ANOTHER HISTORY of the same size" if each["fork"] else "not shown to continue what was cosigned"
        )
        lines.append(f"  {each['origin']}: refused a head of {each['size']} at {_at(each['seen_s'])}: {what}")
    lines += [f"  {origin}: refused {count} times in all" for origin, count in found["refusals"].items()]
    return "\n".join(lines)


def _at(time_s: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(time_s))
