"""How the programs of a server begin: passphrase, socket, and one line about what went wrong.

Knows no framework and no database, so that a witness starts without them.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import typer

from ledger.errors import Fault, Malformed, UnbrokenError

HINTS = {
    "already_running": "Stop that server first, or give this one a directory of its own.",
    "bad_authority": "Check --time-stamp-authority and --time-stamp-roots.",
    "bad_certificate": "It is PKCS #12 with key and certificate, under the passphrase of the log's keys.",
    "bad_webhooks": "Put the file of --webhooks right; see docs/how-to/live.md.",
    "bad_label_link": "Check --label-host or UNBROKEN_LABEL_HOST.",
    "bad_label_message": "Check --label-datamatrix or UNBROKEN_LABEL_DATAMATRIX.",
    "bad_mqtt": "Check --mqtt and what begins with it, or UNBROKEN_MQTT.",
    "bad_master_key": "Check --vault-master or UNBROKEN_VAULT_MASTER; see docs/how-to/vault.md.",
    "bad_proxies": "Check --trusted-proxies or UNBROKEN_TRUSTED_PROXIES.",
    "bad_administrator": "Give --admin name:organisation:keyfile for each, at least two.",
    "certificate_exists": "Move it away first, and keep it: it is what earlier reports are checked with.",
    "history_differs": "Restore the newest backup, or end this log and begin one that continues it.",
    "log_exists": "Serve it with: unbroken-server serve",
    "malformed_key_file": "Restore the keys directory from its backup.",
    "no_log_here": "Check --data, or begin a log with: unbroken-server init",
    "malformed_roots": "Give --time-stamp-roots a PEM file with the authorities' root certificates.",
    "malformed_policy": "Its lines are those of c2sp.org/tlog-policy.",
    "no_vault_here": "Check --vault-keys, or begin one with: unbroken-server vault init",
    "no_log_followed": "Name one with: unbroken-server witness follow",
    "no_witness_here": "Check --data, or begin one with: unbroken-server witness init",
    "no_register": "Never serve on without it: begin a new witness with another name, and tell everybody.",
    "no_passphrase": "Set UNBROKEN_PASSPHRASE, or give --passphrase-file.",
    "one_organisation": "Name administrators of at least two organisations.",
    "port_taken": "Choose another with --port.",
    "store_unavailable": "Check --database-url and that the database runs, then start again.",
    "unsupported_key": "Keys are Ed25519 or P-256, as PEM, DER or base64url.",
    "vault_exists": "Serve it: give --vault-keys and --vault-master to serve.",
    "wrong_master_key": "Check --vault-master: after a rotation it is the new one.",
    "witness_exists": "Serve it with: unbroken-server witness serve",
    "wrong_log": "Check that --data, its keys and --database-url belong together.",
    "wrong_register": "Check that --data holds one witness's own files; never mix them.",
    "wrong_passphrase": "Check UNBROKEN_PASSPHRASE or --passphrase-file.",
}


def run(app: typer.Typer) -> None:
    """The program. Expected errors end with one line and status 2."""
    try:
        app(prog_name="unbroken-server")
    except (UnbrokenError, OSError) as error:
        sys.stderr.write(explain(error) + "\n")
        raise SystemExit(2) from None


def explain(error: UnbrokenError | OSError) -> str:
    """One line: what went wrong, and what to do."""
    if isinstance(error, UnbrokenError):
        return f"unbroken-server: {error.detail}. {HINTS.get(error.code, f'({error.code})')}".strip()
    return f"unbroken-server: {error.filename or 'the system'}: {error.strerror}."


def passphrase(path: Path | None) -> bytes:
    """Raises `Malformed` (`no_passphrase`)."""
    found = path.read_bytes().rstrip(b"\r\n") if path else os.environb.get(b"UNBROKEN_PASSPHRASE", b"")
    if not found:
        raise Malformed("no_passphrase", "the keys are encrypted, and there is no passphrase")
    return found


def listening(host: str, port: int) -> socket.socket:
    """Raises `Fault` (`port_taken`)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise Fault("port_taken", f"cannot listen on {host} port {port}: {error.strerror}") from None
