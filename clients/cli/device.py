"""`unbroken key …` and `unbroken profile …`: this device's key, and whom it trusts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from clients.cli.options import Home, Json, PassphraseFile, device, passphrase
from clients.cli.screen import facts, show
from clients.keys import Device, default_home
from clients.remote import Remote
from ledger.errors import Conflict, Malformed
from ledger.proof.keys import ED25519, ES256, PublicKey

ALGORITHMS = {"ed25519": ED25519, "es256": ES256}
Algorithm = Annotated[Literal["ed25519", "es256"], typer.Option("--alg", help="es256 for secure elements.")]

key = typer.Typer(no_args_is_help=True, help="This device's signing key.")
profile = typer.Typer(no_args_is_help=True, help="Who signs here, and which log is believed.")


@key.command("new")
def new(
    alg: Algorithm = "ed25519",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the public key here, for enrolment.")
    ] = None,
    following: Annotated[bool, typer.Option("--next", help="Make the key that replaces this one.")] = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Make a key, encrypted under a passphrase. Never overwrites one."""
    made = Device(home or default_home(), passphrase(passphrase_file, twice=True))
    public = made.make_key(ALGORITHMS[alg], following=following)
    _tell(public, out, as_json, "Made the next key" if following else "Made a key")


@key.command("show")
def show_key(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the public key here, for enrolment.")
    ] = None,
    following: Annotated[
        bool, typer.Option("--next", help="Show the key that is to replace this one.")
    ] = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show the public part of the key: what an administrator needs to enrol it."""
    mine = device(home, passphrase_file)
    _tell(mine.next_public() if following else mine.key.public, out, as_json, "This device's key")


@key.command("switch")
def switch(home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False) -> None:
    """Sign with the next key from now on; the old one stays in the folder."""
    _tell(device(home, passphrase_file).switch(), None, as_json, "Signing with")


@key.command("retire-hint")
def retire_hint(home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False) -> None:
    """Say, step by step, how to replace this key by a new one."""
    mine = device(home, passphrase_file)
    kid, agent = mine.key.public.kid.hex(), mine.profile.agent or "AGENT"
    steps = [
        "unbroken outbox send        # nothing may wait under the old key",
        "unbroken key new --next     # the new key, beside the old one",
        f"unbroken record KeyAdded agent/{agent} --set key=@next",
        "unbroken key switch",
        f"unbroken record KeyRetired agent/{agent} --set kid={kid} --set reason=replaced",
    ]
    lost = f"Lost, or known to others? An administrator records KeyRevoked for {kid}."
    show(
        {"kid": kid, "agent": agent, "steps": steps, "if_lost": lost},
        lambda console: console.print("\n".join([*steps, "", lost]), soft_wrap=True, markup=False),
        as_json,
    )


@profile.command("set")
def set_profile(
    agent: Annotated[str | None, typer.Option("--agent", help="Who signs here, e.g. anna.")] = None,
    server: Annotated[str | None, typer.Option("--server", help="Where the ledger answers.")] = None,
    origin: Annotated[str | None, typer.Option("--origin", help="The log's name.")] = None,
    log_key: Annotated[str | None, typer.Option("--log-key", help="The log's verifier key, to pin.")] = None,
    trust_server: Annotated[
        bool, typer.Option("--trust-server", help="Pin the log key that the server itself names, this once.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say who signs here, which server to ask, and which log key to believe."""
    mine = Device(home or default_home())
    given = {"agent": agent, "server": server, "origin": origin, "log_key": log_key}
    changes = {name: value for name, value in given.items() if value is not None}
    if trust_server:
        changes |= named_by(server or mine.profile.server, mine)
    mine.set_profile(**changes)
    _tell_profile(mine, as_json)


@profile.command("show")
def show_profile(home: Home = None, as_json: Json = False) -> None:
    """Show who signs here and which log is believed."""
    _tell_profile(Device(home or default_home()), as_json)


def named_by(server: str, mine: Device) -> dict[str, str]:
    """Trust on first use, asked for by name; a key that is pinned already is never replaced."""
    if not server:
        raise Malformed("incomplete_profile", "say which server to trust: --server …")
    if mine.profile.log_key:
        raise Conflict("other_log", "a log key is pinned already; compare with `unbroken profile show`")
    remote = Remote(server, lambda challenge: b"")
    try:
        told = remote.public("/v1/log").json()
    finally:
        remote.close()
    return {"log_key": str(told["vkey"]), "origin": str(told["origin"])}


def _tell_profile(mine: Device, as_json: bool) -> None:
    document = {"home": str(mine.home), "has_key": mine.has_key} | asdict(mine.profile)
    pairs: dict[str, Any] = {
        "agent": mine.profile.agent or "not set",
        "server": mine.profile.server or "not set",
        "log": mine.profile.origin or "not set",
        "log key": mine.profile.log_key or "not set",
        "key": "made" if mine.has_key else "none yet: unbroken key new",
        "home": mine.home,
    }
    show(document, lambda console: console.print(facts(pairs)), as_json)


def _tell(public: PublicKey, out: Path | None, as_json: bool, what: str) -> None:
    text = pem(public)
    if out:
        out.write_text(text, encoding="ascii")
    document = {"kid": public.kid.hex(), "alg": _name(public), "public_key": text, "file": str(out or "")}
    pairs = {"id": public.kid.hex(), "algorithm": _name(public), "public key": out or text.strip()}

    def draw(console: Any) -> None:
        console.print(f"{what}:")
        console.print(facts(pairs))

    show(document, draw, as_json)


def pem(public: PublicKey) -> str:
    """SubjectPublicKeyInfo as PEM: what every other program reads too."""
    key = load_der_public_key(public.spki)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _name(public: PublicKey) -> str:
    return next((name for name, alg in ALGORITHMS.items() if alg == public.alg), "unknown")
