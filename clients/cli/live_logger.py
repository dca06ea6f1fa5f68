"""`unbroken logger`: this machine is a temperature logger that sends as it measures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from clients.cli.device import ALGORITHMS, Algorithm, named_by, pem
from clients.cli.logger_answers import range_of
from clients.cli.options import Home, Json, PassphraseFile, device, passphrase
from clients.cli.screen import DONE, REFUSED, WAITING, exit_code, facts, rows, show
from clients.keys import Device, default_home
from clients.logger.buffer import FILE, FOLDER, MOST_BYTES, Buffer, Measuring
from clients.logger.links import link_to, password_of
from clients.logger.recorder import Recorder
from clients.logger.running import Running
from clients.logger.source import STDIN
from clients.logger.uplink import Link, Uplink
from clients.words import clock
from ledger.errors import Conflict
from ledger.proof.keys import PublicKey

logger = typer.Typer(no_args_is_help=True, help="This machine is a temperature logger that sends live.")
Option = typer.Option
To = Annotated[
    str | None, Option("--to", metavar="URL", help="https://… or mqtts://…; else the profile's server.")
]
PasswordFile = Annotated[
    Path | None,
    Option("--mqtt-password-file", help="The broker's password; else UNBROKEN_MQTT_PASSWORD.", exists=True),
]
Authority = Annotated[
    Path | None, Option("--ca", help="PEM: who vouches for the broker, if not the system.", exists=True)
]
Certificate = Annotated[
    Path | None, Option("--certificate", help="PEM: this logger's own, for the broker.", exists=True)
]
CertificateKey = Annotated[
    Path | None, Option("--certificate-key", help="PEM: its key, if not in the same file.", exists=True)
]
Prefix = Annotated[
    str | None, Option("--topic-prefix", help="How the broker's topics begin, if not unbroken/v1.")
]
Room = Annotated[int, Option("--buffer-mb", min=1, help="The most that the buffer takes of the disk.")]


@logger.command("new")
def new(
    agent: Annotated[str, typer.Argument(help="The logger's name in the log, e.g. logger-7.")],
    server: Annotated[str | None, Option("--server", help="Where the ledger answers.")] = None,
    log_key: Annotated[str | None, Option("--log-key", help="The log's verifier key, to pin.")] = None,
    trust_server: Annotated[
        bool, Option("--trust-server", help="Pin the log key that the server itself names, this once.")
    ] = False,
    alg: Algorithm = "ed25519",
    out: Annotated[Path | None, Option("--out", help="The public key; else AGENT.pem.")] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Make this machine a logger: a key of its own, and what an administrator does to enrol it."""
    mine = Device(home or default_home(), passphrase(passphrase_file, twice=True))
    if mine.has_key:
        raise Conflict("key_exists", f"{mine.home} has a key already: a logger has a home of its own, --home")
    given = {"agent": agent, "server": server, "log_key": log_key}
    pinned = named_by(server or "", mine) if trust_server else {}
    mine.set_profile(**_given(given) | pinned)
    document = _made(mine.make_key(ALGORITHMS[alg]), agent, out or Path(f"{agent}.pem"))
    show(document, lambda console: _draw_new(console, document), as_json)


@logger.command("run")
def run(
    range_: Annotated[str, Option("--range", help="What it can measure: -196..50 (°C).")],
    source: Annotated[
        str,
        Option("--source", help="- (lines of standard input), or a command that measures once."),
    ] = STDIN,
    interval: Annotated[int, Option("--interval", min=1, max=86_400, help="Seconds between readings.")] = 60,
    per_packet: Annotated[int, Option("--per-packet", min=1, max=8_000, help="Readings in a packet.")] = 1,
    packet_s: Annotated[int, Option("--packet-after", min=1, help="Seconds that a packet spans.")] = 600,
    to: To = None,
    buffer_mb: Room = MOST_BYTES >> 20,
    mqtt_password_file: PasswordFile = None,
    ca: Authority = None,
    certificate: Certificate = None,
    certificate_key: CertificateKey = None,
    topic_prefix: Prefix = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Keep each reading, sign it, and send it as long as it takes.

    A line is `[MOMENT] CELSIUS [BATTERY% [TILT°]]`; `none` where nothing could be measured. What was
    kept survives the loss of power. Exit code 5: all is kept, and not all of it has arrived.
    """
    mine = device(home, passphrase_file)
    mine.profile.need("agent", "origin")
    low, high = range_of(range_)
    measuring = Measuring(mine.profile.agent, mine.profile.origin, interval, low, high)
    mqtt = _mqtt(mqtt_password_file, ca, certificate, certificate_key, topic_prefix)
    with opened(mine, buffer_mb) as buffer, _linked(mine, to, mqtt) as link:
        recorder = Recorder(buffer, mine.key, measuring, per_packet, packet_s)
        done = Running(recorder, Uplink(buffer, link), _complaint).measure(source, interval)
        document = _told(mine, buffer) | {"kept": done.kept, "not_kept": done.not_kept}
    problem = exit_code(done.first_problem) if done.first_problem else DONE
    _end(document, problem or (WAITING if document["missing"] else DONE), as_json)


@logger.command("send")
def send(
    everything: Annotated[
        bool, Option("--all", help="Also what the ledger said that it has: it tells anew what that is.")
    ] = False,
    to: To = None,
    mqtt_password_file: PasswordFile = None,
    ca: Authority = None,
    certificate: Certificate = None,
    certificate_key: CertificateKey = None,
    topic_prefix: Prefix = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send once what is signed and the ledger does not have, also what it refused before."""
    mine = device(home)
    mqtt = _mqtt(mqtt_password_file, ca, certificate, certificate_key, topic_prefix)
    with opened(mine) as buffer, _linked(mine, to, mqtt) as link:
        sent = Uplink(buffer, link).send(everything=everything)
        document = _told(mine, buffer) | {"sent": sent._asdict()}
    _end(document, REFUSED if sent.refused else WAITING if document["missing"] else DONE, as_json)


@logger.command("state")
def state(home: Home = None, as_json: Json = False) -> None:
    """Show what was measured here, and what of it the ledger has."""
    mine = device(home)
    with opened(mine) as buffer:
        document = _told(mine, buffer)
    _end(document, DONE, as_json)


@contextmanager
def opened(mine: Device, buffer_mb: int = MOST_BYTES >> 20) -> Iterator[Buffer]:
    """This device's buffer."""
    buffer = Buffer(mine.home / FOLDER / FILE, buffer_mb << 20)
    try:
        yield buffer
    finally:
        buffer.close()


@contextmanager
def _linked(mine: Device, to: str | None, mqtt: dict[str, Any]) -> Iterator[Link]:
    mine.profile.need("agent", *([] if to else ["server"]))
    link = link_to(to or mine.profile.server, mine.profile.agent, **mqtt)
    try:
        yield link
    finally:
        link.close()


def _mqtt(
    password_file: Path | None,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    prefix: str | None,
) -> dict[str, Any]:
    given = {"ca": ca, "certificate": certificate, "key": key, "prefix": prefix}
    return {"password": password_of(password_file)} | _given(given)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _complaint(what: str) -> None:
    with suppress(OSError, ValueError):  # a terminal that was closed ends no measuring
        sys.stderr.write(f"{what}\n")


def _end(document: dict[str, Any], code: int, as_json: bool) -> None:
    show(document, lambda console: _draw(console, document), as_json)
    if code != DONE:
        raise typer.Exit(code)


def _made(public: PublicKey, agent: str, file: Path) -> dict[str, Any]:
    file.write_text(pem(public), encoding="ascii")
    steps = _enrolling(agent, file)
    return {"agent": agent, "kid": public.kid.hex(), "public_key": str(file), "steps": steps}


def _enrolling(agent: str, file: Path) -> list[str]:
    """What an administrator of the logger's organisation does, once."""
    said = "organisation=ORGANISATION site=SITE equipment_kind=logger model=MODEL serial=SERIAL"
    registered = " ".join(f"--set {pair}" for pair in said.split())
    return [
        f"unbroken enrol {agent} --key-file {file} --organisation ORGANISATION --role device@SITE",
        f"unbroken record EquipmentRegistered equipment/{agent} {registered}",
        f"unbroken record EquipmentQualified equipment/{agent} --set until=MOMENT",
        f"unbroken record EquipmentCalibrated equipment/{agent} --set until=MOMENT",
    ]


def _told(mine: Device, buffer: Buffer) -> dict[str, Any]:
    recordings = buffer.state()
    return {
        "agent": mine.profile.agent,
        "readings": sum(one["readings"] for one in recordings),
        "acknowledged": sum(one["acknowledged"] for one in recordings),
        "missing": sum(last - first + 1 for one in recordings for first, last in one["missing"]),
        "refused": sum(one["refused"] for one in recordings),
        "recordings": recordings,
    }


def _draw_new(console: Console, document: dict[str, Any]) -> None:
    console.print("Made a key for this logger. An administrator of its organisation enrols it:\n")
    console.print("\n".join(document["steps"]), soft_wrap=True, markup=False)
    console.print()
    console.print(facts({"logger": document["agent"], "key id": document["kid"]}))


def _draw(console: Console, document: dict[str, Any]) -> None:
    missing = document["missing"]
    said = f"{document['readings']} readings; the ledger has {document['acknowledged']} of them."
    console.print(f"{said} {missing} wait here: unbroken logger send" if missing else said)
    table = rows("Recording", "Began (UTC)", "Every", "Readings", "At the ledger", "Missing", "Refused")
    for one in document["recordings"]:
        spans = ", ".join(f"{first} to {last}" for first, last in one["missing"][:5])
        refused = ", ".join(one["refused_codes"])
        began, every = clock(one["started_at"]), f"{one['interval_s']} s"
        counts = str(one["readings"]), str(one["acknowledged"])
        table.add_row(one["recording"], began, every, *counts, spans or "none", refused or "none")
    if document["recordings"]:
        console.print(table)
