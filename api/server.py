"""`unbroken-server`: begin a log, serve it, check it, rebuild its read models.

What can be expected to go wrong ends with one line that says what, and what to do about it.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from api import stamps_program
from api.administrators import administrator
from api.authorities import Authorities
from api.bar import Bar
from api.certificate import self_signed
from api.home import Home
from api.live import options
from api.qr_pictures import qr_png
from api.recording import Data, DatabaseUrl, recorder_of
from api.serving import config_of, opened, serving
from api.settings import Settings
from api.starting import passphrase, run
from api.vault import options as vaults
from api.vault.program import app as vault
from api.webhooks import program
from api.webhooks.endpoints import read_endpoints
from api.witness.program import app as witness
from clients.demo import story
from clients.demo.codes import Codes
from clients.logger.links import password_of
from clients.mqtt_broker import CLIENT, PREFIX, broker_at
from ledger.application import Ledger
from ledger.domain.parts import Seen
from ledger.errors import Malformed
from ledger.labels.link import check_host
from ledger.labels.message import ISBT128, check_format
from ledger.labels.scanback import texts_in
from ledger.proof.ml_dsa import SecondKey
from ledger.proof.witnesses import Policy, parse_policy
from ledger.store.engines import migrate
from ledger.store.fsck import fsck
from ledger.views.runner import Projector

DAY_S = 86_400

app = typer.Typer(
    help="The server of a chain-of-custody ledger.", no_args_is_help=True, pretty_exceptions_enable=False
)

app.add_typer(witness, name="witness")
app.add_typer(vault, name="vault")
stamps = typer.Typer(help="What authorities outside say about the heads.", no_args_is_help=True)
app.add_typer(stamps, name="time-stamps")

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
    post_quantum: Annotated[
        bool,
        typer.Option("--post-quantum", help="With a second key, ML-DSA-44, that signs each head too"),
    ] = False,
) -> None:
    """Begin a log: draw its keys and record its root administrators, of two organisations."""
    administrators = [administrator(one) for one in admin]
    before = _continued(continues)
    home = Home(data)
    secret = passphrase(passphrase_file)
    keys = home.make_keys(origin, secret)
    if post_quantum:
        home.make_second_key(secret)
        keys = home.open_keys(secret)
    ledger = Ledger.create(config_of(home, keys, database_url), administrators, before)
    try:
        ledger.announce_second_key()
    finally:
        ledger.close()
    typer.echo(f"The log {origin} has begun. Its verifier key, which everybody pins:")
    typer.echo(str(ledger.vkey))
    if keys.second_key:
        _tell_second(keys.second_key.public)


@app.command("post-quantum")
def post_quantum_key(
    data: Data, database_url: DatabaseUrl = "", passphrase_file: PassphraseFile = None
) -> None:
    """Give a log its second key, for ML-DSA-44, which signs each head from then on; or show it.

    No node may serve the log meanwhile. Copy the new file in keys/ to the other nodes before they start.
    """
    home, secret = Home(data), passphrase(passphrase_file)
    with home.locked():
        home.make_second_key(secret)
        keys = home.open_keys(secret)
        ledger = opened(config_of(home, keys, database_url))
        try:
            ledger.announce_second_key()
        finally:
            ledger.close()
    assert keys.second_key
    _tell_second(keys.second_key.public)


def _tell_second(key: SecondKey) -> None:
    typer.echo("The second key, for ML-DSA-44 (one line; pin it beside the first):")
    typer.echo(str(key))


@app.command()
def serve(
    data: Data,
    database_url: DatabaseUrl = "",
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one")] = 8000,
    passphrase_file: PassphraseFile = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR")] = "INFO",
    checkers: Annotated[
        int | None,
        typer.Option(
            envvar="UNBROKEN_CHECKERS",
            min=0,
            help="Processes that check signatures; 0: the server itself; left out: one or two by its cores",
        ),
    ] = None,
    contact: Annotated[
        str, typer.Option(envvar="UNBROKEN_CONTACT", help="Whom to call about a bag, day and night")
    ] = "",
    label_host: Annotated[
        str, typer.Option(envvar="UNBROKEN_LABEL_HOST", help="In labels' links; without it none is drawn")
    ] = "",
    label_datamatrix: Annotated[
        str, typer.Option(envvar="UNBROKEN_LABEL_DATAMATRIX", help="What the DataMatrix of a label says")
    ] = ISBT128,
    label_checks: Annotated[
        int,
        typer.Option(
            envvar="UNBROKEN_LABEL_CHECKS", min=1, help="How many labels one address may check in a minute"
        ),
    ] = Settings.label_checks_a_minute,
    trusted_proxies: Annotated[
        str,
        typer.Option(
            envvar="UNBROKEN_TRUSTED_PROXIES", help="Whose X-Forwarded-For is believed; several by commas"
        ),
    ] = Settings.trusted_proxies,
    mqtt: options.Mqtt = "",
    mqtt_password_file: options.PasswordFile = None,
    mqtt_ca: options.Authority = None,
    mqtt_certificate: options.Certificate = None,
    mqtt_key: options.Key = None,
    mqtt_client: options.ClientName = CLIENT,
    mqtt_prefix: options.Prefix = PREFIX,
    mqtt_version: options.Version = "5",
    seal_after: Annotated[
        int,
        typer.Option(envvar="UNBROKEN_SEAL_AFTER", min=1, help="Seconds until live readings go into the log"),
    ] = Settings.seal_after_s,
    keep_unpacked: Annotated[
        int,
        typer.Option(
            envvar="UNBROKEN_KEEP_UNPACKED", min=1, help="Days that readings of a logger nobody packed stay"
        ),
    ] = Settings.keep_unpacked_s // DAY_S,
    webhooks: Annotated[
        Path | None,
        typer.Option(envvar="UNBROKEN_WEBHOOKS", help="TOML file that names who is told of alarms"),
    ] = None,
    witness: Annotated[
        Path | None,
        typer.Option(envvar="UNBROKEN_WITNESS", help="c2sp.org/tlog-policy: who cosigns the heads"),
    ] = None,
    vault_keys: vaults.Keys = None,
    vault_master: vaults.Master = "",
    time_stamp_authority: stamps_program.Urls = None,
    time_stamp_roots: stamps_program.Roots = None,
    time_stamp_every: stamps_program.Every = Authorities.every_s,
    time_stamp_hash: stamps_program.Hash = "sha256",
) -> None:
    """Serve the log over HTTP until told to stop."""
    broker = mqtt and broker_at(
        mqtt,
        password_of(mqtt_password_file),
        ca=mqtt_ca,
        certificate=mqtt_certificate,
        key=mqtt_key,
        client=mqtt_client,
        prefix=mqtt_prefix,
        version=mqtt_version,
    )
    settings = Settings(
        contact=contact,
        label_host=check_host(label_host) if label_host else "",
        label_datamatrix=check_format(label_datamatrix),
        label_checks_a_minute=label_checks,
        trusted_proxies=_named(trusted_proxies),
        mqtt=broker or None,
        seal_after_s=seal_after,
        keep_unpacked_s=keep_unpacked * DAY_S,
        webhooks=read_endpoints(webhooks, os.environ) if webhooks else (),
        witnesses=_witnesses(witness, Home(data)) if witness else None,
        vault_keys=vault_keys,
        vault_master=vault_master,
        authorities=stamps_program.authorities_of(
            time_stamp_authority, time_stamp_roots, time_stamp_hash, time_stamp_every
        ),
    )
    where = (host, port)
    serving(Home(data), where, settings, database_url, passphrase_file, log_level, checkers=checkers)


def _named(proxies: str) -> str:
    """Raises `Malformed` (`bad_proxies`) for `*`: then each stranger writes their own address."""
    if "*" in proxies:
        raise Malformed("bad_proxies", "name the proxies whose X-Forwarded-For is believed; * is no address")
    return proxies


def _witnesses(path: Path, home: Home) -> Policy:
    """Raises `Malformed` (`malformed_policy`) where nobody else would be asked about this log."""
    policy, vkey = parse_policy(path.read_bytes()), home.vkey()
    policy.must_watch(vkey)
    if not policy.knows_log(vkey):
        raise Malformed("malformed_policy", f"{path} names other logs, and not {str(vkey)!r}")
    if not any(each.url for each in policy.witnesses.values()):
        raise Malformed("malformed_policy", f"{path} says of no witness at which URL it is asked")
    return policy


@app.command()
def certificate(
    data: Data,
    name: Annotated[str, typer.Option(help="The organisation that gives the reports out", min=1)],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a self-signed certificate for the reports' signatures; an authority's goes into the same place."""
    home = Home(data)
    home.vkey()
    now = datetime.datetime.now(datetime.UTC)
    home.keep_certificate(self_signed(name, now, passphrase(passphrase_file)))
    typer.echo(f"Reports are signed from the next start on, with {home.certificate}")


@app.command("fsck")
def check(
    data: Data,
    database_url: DatabaseUrl = "",
    workers: Annotated[int, typer.Option(help="Processes that check signatures")] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON")] = False,
) -> None:
    """Verify everything that is stored; a server may run meanwhile. Status 1: something is wrong."""
    home = Home(data)
    vkey = str(home.vkey())
    with recorder_of(home, database_url) as recorder, Bar("Checking entries") as bar:
        report = fsck(recorder, vkey, workers=workers, progress=bar.show)
    typer.echo(json.dumps(report.to_json(), indent=2) if as_json else report.text())
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def rebuild(data: Data, database_url: DatabaseUrl = "") -> None:
    """Throw the read models away and make them again from the log."""
    home = Home(data)
    home.vkey()
    with home.locked(), recorder_of(home, database_url) as recorder:
        migrate(recorder.engine)
        size = Projector(recorder.engine, recorder).rebuild()
    typer.echo(f"The read models were made again from {size} entries.")


@app.command("webhooks")
def undelivered(
    data: Data,
    database_url: DatabaseUrl = "",
    resend: Annotated[str, typer.Option(metavar="NAME", help="Try what is dead of this endpoint again")] = "",
    event: Annotated[int | None, typer.Option(min=0, help="Of --resend: this event alone")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Show the alarms that an endpoint did not take; a server may run meanwhile."""
    home = Home(data)
    home.vkey()
    with recorder_of(home, database_url) as recorder:
        if resend:
            typer.echo(f"{program.resend(recorder, resend, event)} wait again.")
        else:
            found = program.undelivered(recorder)
            typer.echo(program.as_json(found) if as_json else program.text(found))


@stamps.command("state")
def stamps_state(
    data: Data,
    database_url: DatabaseUrl = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Show which heads are stamped, by whom, and until when; a server may run meanwhile."""
    home = Home(data)
    home.vkey()
    with recorder_of(home, database_url) as recorder:
        migrate(recorder.engine)
        found = stamps_program.state(recorder)
    typer.echo(stamps_program.as_json(found) if as_json else stamps_program.text(found))


@stamps.command("renew")
def stamps_renew(
    data: Data,
    time_stamp_authority: stamps_program.Urls = None,
    time_stamp_roots: stamps_program.Roots = None,
    time_stamp_hash: stamps_program.Hash = "sha256",
    within_days: Annotated[
        int | None, typer.Option(min=0, help="What ends within so many days; else whatever still holds")
    ] = None,
    database_url: DatabaseUrl = "",
) -> None:
    """Have stamps renewed by another authority or hash before theirs age. Status 1: some were not."""
    asked = stamps_program.authorities_of(time_stamp_authority, time_stamp_roots, time_stamp_hash)
    if asked is None:
        raise Malformed("bad_authority", "name the authority with --time-stamp-authority")
    home = Home(data)
    home.vkey()
    with recorder_of(home, database_url) as recorder:
        migrate(recorder.engine)
        done, failed = stamps_program.renew_all(recorder, asked, within_days)
    typer.echo("\n".join([*failed, f"{done} renewed, {len(failed)} not."]))
    raise typer.Exit(1 if failed else 0)


@app.command()
def demo(
    exit_at_end: Annotated[bool, typer.Option("--exit", help="End after the story")] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Leave the copy of the log and the things to scan in this folder")
    ] = None,
) -> None:
    """Two therapies of three companies on a real server, told hand-off by hand-off."""
    raise typer.Exit(story.tell(exit_at_end, Codes(qr_png, texts_in), keep))


def main() -> None:
    """The program. Expected errors end with one line and status 2."""
    run(app)


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
