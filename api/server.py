"""`unbroken-server`: begin a log, serve it, check it, rebuild its read models.

What can be expected to go wrong ends with one line that says what, and what to do about it.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from api.administrators import administrator
from api.app import create_app
from api.home import Home, Keys
from api.logs import log_to_stderr
from api.settings import Settings
from ledger.application import Ledger, LedgerConfig
from ledger.domain.events import Seen
from ledger.errors import Fault, Malformed, UnbrokenError

app = typer.Typer(
    help="The server of a chain-of-custody ledger.", no_args_is_help=True, pretty_exceptions_enable=False
)

HINTS = {
    "already_running": "Stop that server first, or give this one a directory of its own.",
    "bad_administrator": "Give --admin name:organisation:keyfile for each, at least two.",
    "history_differs": "Restore the newest backup, or end this log and begin one that continues it.",
    "log_exists": "Serve it with: unbroken-server serve",
    "malformed_key_file": "Restore the keys directory from its backup.",
    "no_log_here": "Check --data, or begin a log with: unbroken-server init",
    "no_passphrase": "Set UNBROKEN_PASSPHRASE, or give --passphrase-file.",
    "one_organisation": "Name administrators of at least two organisations.",
    "port_taken": "Choose another with --port.",
    "store_unavailable": "Check --database-url and that the database runs, then start again.",
    "unsupported_key": "Keys are Ed25519 or P-256, as PEM, DER or base64url.",
    "wrong_log": "Check that --data, its keys and --database-url belong together.",
    "wrong_passphrase": "Check UNBROKEN_PASSPHRASE or --passphrase-file.",
}

Data = Annotated[Path, typer.Option("--data", help="The server's directory")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        envvar="UNBROKEN_DATABASE_URL", help="postgresql://…; by default a SQLite file in the directory"
    ),
]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File with the passphrase of the keys; else UNBROKEN_PASSPHRASE")
]


@app.command()
def init(
    data: Data,
    origin: Annotated[
        str, typer.Option(help="The log's name for ever, for instance ledger.example/unbroken")
    ],
    admin: Annotated[list[str], typer.Option(help="name:organisation:public-key-file; at least two")],
    database_url: DatabaseUrl = "",
    passphrase_file: PassphraseFile = None,
    continues: Annotated[str, typer.Option(help="size:root of the log that this one replaces")] = "",
) -> None:
    """Begin a log: draw its keys and record its root administrators, of two organisations."""
    administrators = [administrator(one) for one in admin]
    before = _continued(continues)
    home = Home(data)
    keys = home.make_keys(origin, _passphrase(passphrase_file))
    ledger = Ledger.create(_config(home, keys, database_url), administrators, before)
    typer.echo(f"The log {origin} has begun. Its verifier key, which everybody pins:")
    typer.echo(str(ledger.vkey))
    ledger.close()


@app.command()
def serve(
    data: Data,
    database_url: DatabaseUrl = "",
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one")] = 8000,
    passphrase_file: PassphraseFile = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR")] = "INFO",
) -> None:
    """Serve the log over HTTP until told to stop."""
    home = Home(data)
    keys = home.open_keys(_passphrase(passphrase_file))
    log_to_stderr(log_level)
    with home.locked(), _listening(host, port) as listener:
        ledger = _open(_config(home, keys, database_url))
        try:
            _run(ledger, listener)
        finally:
            ledger.close()


def main() -> None:
    """The program. Expected errors end with one line and status 1."""
    try:
        app()
    except (UnbrokenError, OSError) as error:
        sys.stderr.write(explain(error) + "\n")
        raise SystemExit(1) from None


def explain(error: UnbrokenError | OSError) -> str:
    """One line: what went wrong, and what to do."""
    if isinstance(error, UnbrokenError):
        return f"unbroken-server: {error.detail}. {HINTS.get(error.code, f'({error.code})')}".strip()
    return f"unbroken-server: {error.filename or 'the system'}: {error.strerror}."


def _open(config: LedgerConfig) -> Ledger:
    """The ledger of a log that has begun. Raises `Malformed` (`no_log_here`) and as `Ledger`."""
    ledger = Ledger(config)
    if ledger.store.head()[0]:
        return ledger
    ledger.close()
    raise Malformed("no_log_here", "the database holds no log yet")


def _config(home: Home, keys: Keys, database_url: str) -> LedgerConfig:
    return LedgerConfig(
        database_url=database_url or home.database_url,
        origin=keys.origin,
        log_key=keys.log_key,
        event_key=keys.event_key,
        high_water=home.high_water,
        clock_ms=lambda: time.time_ns() // 1_000_000,
    )


def _listening(host: str, port: int) -> socket.socket:
    """Raises `Fault` (`port_taken`)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise Fault("port_taken", f"cannot listen on {host} port {port}: {error.strerror}") from None


def _run(ledger: Ledger, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    typer.echo(f"Unbroken serves {ledger.origin} at http://{f'[{host}]' if ':' in host else host}:{port}")
    config = uvicorn.Config(
        create_app(ledger, Settings()),
        log_config=None,
        access_log=False,  # it would write addresses, which name therapies
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_keep_alive=65,  # longer than the proxies in front of it
        timeout_graceful_shutdown=30,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _passphrase(path: Path | None) -> bytes:
    """Raises `Malformed` (`no_passphrase`)."""
    found = path.read_bytes().rstrip(b"\r\n") if path else os.environb.get(b"UNBROKEN_PASSPHRASE", b"")
    if not found:
        raise Malformed("no_passphrase", "the log's keys are encrypted, and there is no passphrase")
    return found


def _continued(text: str) -> Seen | None:
    if not text:
        return None
    size, _, root = text.partition(":")
    try:
        return Seen(size=int(size), root=root)
    except ValueError:
        raise Malformed("bad_head", f"--continues {text!r} is not written as size:root (hex)") from None


if __name__ == "__main__":
    main()
