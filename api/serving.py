"""A server of one log, from its directory and settings until it is told to stop."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from api.app import create_app
from api.cores import cores
from api.home import Home, Keys
from api.logs import log_to_stderr
from api.node import Node
from api.settings import Settings
from api.starting import listening, passphrase
from api.vault.options import open_vault
from ledger.application import Ledger, LedgerConfig
from ledger.errors import Malformed

if TYPE_CHECKING:
    from ledger.export.seal import Seal

Before = Callable[[ASGIApp], ASGIApp]
# One core decides. One interpreter cannot decide as much as two processes check.
CHECKERS = min(2, cores() - 1)


def serving(
    home: Home,
    where: tuple[str, int],
    settings: Settings,
    database_url: str = "",
    passphrase_file: Path | None = None,
    log_level: str = "INFO",
    before: Before = lambda app: app,
    checkers: int | None = None,
) -> None:
    """Serve until told to stop. `before`: what stands before the ledger's application, if anything;
    `checkers`: processes that check signatures, `CHECKERS` if None."""
    secret = passphrase(passphrase_file)
    keys = home.open_keys(secret)
    seal = _seal(home, secret)
    log_to_stderr(log_level)
    with home.locked(), listening(*where) as listener:
        config = config_of(home, keys, database_url)
        ledger = opened(replace(config, checkers=CHECKERS if checkers is None else checkers))
        try:
            ledger.announce_second_key()
            vault = open_vault(
                settings.vault_keys, settings.vault_master, ledger.store, ledger.config.clock_ms
            )
            _run(create_app(ledger, settings, seal, vault), ledger.origin, listener, before)
        finally:
            ledger.close()


def _seal(home: Home, passphrase: bytes) -> Seal | None:
    """What signs the reports. Raises `Malformed` (`bad_certificate`)."""
    if not home.certificate.exists():
        return None
    from ledger.export.seal import Seal  # its library takes long to load, and few commands need it

    return Seal(home.certificate, passphrase)


def opened(config: LedgerConfig) -> Ledger:
    """The ledger of a log that has begun. Raises `Malformed` (`no_log_here`) and as `Ledger`."""
    ledger = Ledger(config)
    if ledger.store.head()[0]:
        return ledger
    ledger.close()
    raise Malformed("no_log_here", "the database holds no log yet")


def config_of(home: Home, keys: Keys, database_url: str) -> LedgerConfig:
    """Where the log lies, and what signs for it; the clock is this computer's."""
    return LedgerConfig(
        database_url=database_url or home.database_url,
        origin=keys.origin,
        log_key=keys.log_key,
        event_key=keys.event_key,
        high_water=home.high_water,
        clock_ms=lambda: time.time_ns() // 1_000_000,
        second_key=keys.second_key,
    )


def _run(app_: FastAPI, origin: str, listener: socket.socket, before: Before) -> None:
    host, port = listener.getsockname()[:2]
    typer.echo(f"Unbroken serves {origin} at http://{f'[{host}]' if ':' in host else host}:{port}")
    proxies = app_.state.node.settings.trusted_proxies
    config = uvicorn.Config(
        before(app_),
        log_config=None,
        access_log=False,  # it would write addresses, which name therapies
        server_header=False,
        proxy_headers=bool(proxies),  # whose limit of label checks it is
        forwarded_allow_ips=proxies,
        lifespan="on",
        ws="none",
        timeout_keep_alive=65,  # longer than the proxies in front of it
        timeout_graceful_shutdown=30,
    )
    Program(config, app_).run(sockets=[listener])


class Program(uvicorn.Server):
    """Ends the feeds before it waits for open answers: by themselves they would not end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._node: Node = app.state.node

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._node.close_feeds()
        await super().shutdown(sockets)
