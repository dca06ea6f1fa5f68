"""Who is told of alarms, by the operator's file. TOML, one table for each:

    [[webhook]]
    name = "northcell-alerts"                      # kept: what waits is kept under it
    url = "https://alerts.northcell.example/hook"  # http only to this machine
    organisation = "northcell"                     # whose therapies it hears of; or sites = ["northcell-1"]
    kinds = ["excursion", "budget"]                # all, where it says nothing
    secret_file = "northcell.secret"               # beside this file; or secret_env = "VARIABLE"

A secret is 24 to 64 random bytes in base64 behind `whsec_`.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self, get_args
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ledger.domain.parts import Name
from ledger.errors import Malformed
from ledger.live.alarms import Kind

PREFIX = "whsec_"
SECRET_SIZE = range(24, 65)  # bytes; Standard Webhooks, "Signature scheme": between 24 and 64

EndpointName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


@dataclass(frozen=True)
class Endpoint:
    """`organisation` empty: `sites` alone count."""

    name: str
    url: str
    secret: str = field(repr=False)
    organisation: str
    sites: frozenset[str]
    kinds: frozenset[str]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: EndpointName
    url: str
    organisation: Name | None = None
    sites: Annotated[list[Name], Field(min_length=1)] | None = None
    kinds: Annotated[list[Kind], Field(min_length=1)] = list(get_args(Kind))
    secret_file: Path | None = None
    secret_env: str | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.organisation is None) == (self.sites is None):
            raise ValueError("name either its organisation or its sites")
        if (self.secret_file is None) == (self.secret_env is None):
            raise ValueError("name either secret_file or secret_env")
        _check_url(self.url)
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    webhook: list[_Table]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.name for one in self.webhook}) < len(self.webhook):
            raise ValueError("each name may be given once")
        return self


def read_endpoints(path: Path, environment: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """Raises `Malformed` (`bad_webhooks`), which never repeats a secret, and `OSError`."""
    try:
        tables = _File.model_validate(tomllib.loads(path.read_text())).webhook
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _bad(f"{path}: {where}: {first['msg']}") from None
    return tuple(_endpoint(one, path.parent, environment) for one in tables)


def _endpoint(one: _Table, folder: Path, environment: Mapping[str, str]) -> Endpoint:
    if one.secret_file is not None:
        secret = (folder / one.secret_file).read_text().strip()
    else:
        secret = environment.get(one.secret_env or "", "").strip()
    _check_secret(one.name, secret)
    sites = frozenset(one.sites or ())
    return Endpoint(one.name, one.url, secret, one.organisation or "", sites, frozenset(one.kinds))


def _check_secret(name: str, secret: str) -> None:
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not secret.startswith(PREFIX) or size not in SECRET_SIZE:
        least, most = SECRET_SIZE[0], SECRET_SIZE[-1]
        raise _bad(f"the secret of {name} is not {PREFIX} and {least} to {most} bytes in base64")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("url must begin with https:// and name a host")
    _check_sendable(url)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("url must have no user, password or fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("url must begin with https://; http is only for this machine's own address")


def _check_sendable(url: str) -> None:
    """As it will be sent: no attempt should find out that its host or port cannot be written down."""
    try:
        _ = urlsplit(url).port
        host = httpx.Request("POST", url).url.host
        host.encode("idna")  # as `socket` does: no label is empty or too long
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"url cannot be called: {error}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad(what: str) -> Malformed:
    return Malformed("bad_webhooks", what)
