"""`unbroken passkey …`: the second component of somebody's e-signatures."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.record import Yes, confirm_and_record, from_file, with_keys
from clients.cli.screen import facts
from clients.drafts import event_type
from clients.forms import filled, shape_of
from ledger.errors import Malformed
from ledger.verify.base64url import unbase64url

passkey = typer.Typer(no_args_is_help=True, help="Passkeys, the second component of e-signatures.")
FINGERPRINT = 32  # hex digits of the key's id, in groups of four as the app shows them
Agent = Annotated[str, typer.Argument(help="Whose passkey, e.g. quinn.")]


@passkey.command("add")
def add(
    agent: Agent,
    file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="As their app saves it: credential, key, rp_id.",
            exists=True,
        ),
    ] = None,
    credential: Annotated[str | None, typer.Option("--credential", help="Its id, base64url.")] = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", help="Its public key (PEM).")] = None,
    rp_id: Annotated[str | None, typer.Option("--rp-id", help="The domain that it is bound to.")] = None,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Add a passkey to a person of your organisation (administrators; never to yourself).

    Compare the fingerprint with the one that their own device shows before you sign.
    """
    given = {"credential": credential, "key": f"@{key_file}" if key_file else None, "rp_id": rp_id}
    pairs = [f"{name}={value}" for name, value in given.items() if value]
    with client(home, passphrase_file) as signer:
        members = filled(shape_of(event_type("PasskeyAdded")), with_keys(pairs, signer.device))
        fields = from_file(file) | members
        _tell_key(fields, as_json)
        stream = f"agent/{agent}"
        confirm_and_record(signer, {"type": "PasskeyAdded"} | fields, stream, None, False, yes, as_json)


@passkey.command("revoke")
def revoke(
    agent: Agent,
    credential: Annotated[str, typer.Argument(help="Its id, as `unbroken people NAME` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="A code, e.g. lost.")],
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Revoke a passkey: your own, or of a person of your organisation (administrators)."""
    fields = {"type": "PasskeyRevoked", "credential": credential, "reason": reason}
    with client(home, passphrase_file) as signer:
        confirm_and_record(signer, fields, f"agent/{agent}", None, False, yes, as_json)


def _tell_key(fields: dict[str, Any], as_json: bool) -> None:
    """The key's fingerprint, for a look at the other device. Raises `Malformed` `bad_value`."""
    missing = [name for name in ("credential", "key", "rp_id") if not isinstance(fields.get(name), str)]
    if missing:
        raise Malformed("bad_value", f"a passkey needs {', '.join(missing)}: --from FILE, or each by itself")
    kid = hashlib.sha256(unbase64url(fields["key"])).hexdigest()
    console = Console(highlight=False, quiet=as_json)
    groups = " ".join(kid[at : at + 4] for at in range(0, FINGERPRINT, 4))
    console.print(facts({"fingerprint": groups, "key's id": kid, "bound to": fields["rp_id"]}))
    console.print("Compare the fingerprint with the one that their own device shows.\n")
