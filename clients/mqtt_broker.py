"""Where the loggers' MQTT broker is, and how a server and a logger come in there.

PREFIX/readings/<logger>   what a logger sends: packets, one or a CBOR sequence of some
PREFIX/have/<logger>       what the server has of a recording, so that the rest is sent again
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ledger.errors import Malformed

if TYPE_CHECKING:
    from urllib.parse import SplitResult

PORTS = {"mqtt": 1883, "mqtts": 8883}  # as IANA has them
VERSIONS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
PREFIX = "unbroken/v1"
CLIENT = "unbroken"
MAX_MESSAGE = 1024 * 1024  # bytes: fifteen of the largest packets
WAITING = 1_000  # messages that the broker may hand over before the first is acknowledged
SESSION_S = 7 * 86_400  # as long as the broker keeps what came while nobody was here
KEEPALIVE_S = 30


@dataclass(frozen=True)
class Broker:
    """How to reach it. `client`: the name of the session that it keeps, of one server only."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    version: str = "5"
    prefix: str = PREFIX
    client: str = CLIENT

    @property
    def readings(self) -> str:
        """The topics of all loggers."""
        return self.readings_of("+")

    def readings_of(self, logger: str) -> str:
        return f"{self.prefix}/readings/{logger}"

    def have(self, logger: str) -> str:
        return f"{self.prefix}/have/{logger}"

    def new_client(self, *, kept: bool = True) -> Client:
        """A client that comes back by itself.

        `kept`: the broker keeps its session and what came meanwhile, and each message is acknowledged by
        hand. Otherwise each connection begins anew, as for a logger, whose own disk keeps everything.
        """
        client = self._client(kept)
        if self.user:
            client.username_pw_set(self.user, self.password or None)
        if self.tls:
            client.tls_set_context(self.tls)
        new: dict[str, Any] = {"clean_start": not kept, "properties": _wishes() if kept else None}
        client.connect_async(self.host, self.port, KEEPALIVE_S, **({} if self._is_old else new))
        return client

    @property
    def _is_old(self) -> bool:
        """MQTT 3.1.1: what the broker keeps is said when a client is made, not when it connects."""
        return self.version != "5"

    def _client(self, kept: bool) -> Client:
        return Client(
            CallbackAPIVersion.VERSION2,
            self.client,
            clean_session=not kept if self._is_old else None,
            protocol=VERSIONS[self.version],
            manual_ack=kept,
        )


def _wishes() -> Properties:
    """MQTT 5.0, section 3.1.2.11."""
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.SessionExpiryInterval = SESSION_S
    wishes.ReceiveMaximum = WAITING
    wishes.MaximumPacketSize = MAX_MESSAGE + 1024  # topic and properties
    return wishes


def broker_at(
    url: str,
    password: str = "",
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    version: str = "5",
    prefix: str = PREFIX,
    client: str = CLIENT,
) -> Broker:
    """The broker at `mqtt[s]://[user@]host[:port]`. Raises `Malformed` (`bad_mqtt`).

    `ca`: who vouches for it, else the system's authorities. `certificate` and `key`: PEM files of our own.
    """
    parts, port = _parts(url)
    _check(version, prefix)
    return Broker(
        host=parts.hostname or "",
        port=port,
        user=unquote(parts.username or ""),
        password=password,
        tls=_tls(parts.scheme, ca, certificate, key),
        version=version,
        prefix=prefix,
        client=client,
    )


def _check(version: str, prefix: str) -> None:
    if version not in VERSIONS:
        raise _bad(f"MQTT {version} is not spoken here; {' and '.join(VERSIONS)} are")
    if not prefix.strip("/") or prefix.strip("/") != prefix or set(prefix) & set("+#$\0"):
        raise _bad(f"{prefix!r} is no beginning of a topic: no wildcards, no slash at its ends")


def _parts(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise _bad("it is written as mqtt[s]://[user@]host[:port]") from None
    if parts.password is not None:
        raise _bad("a password in an address is seen by everybody on the machine: give it apart")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise _bad("it is written as mqtt[s]://[user@]host[:port]")
    return parts, port


def _tls(scheme: str, ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if scheme == "mqtts":
        return _context(ca, certificate, key)
    if ca or certificate or key:
        raise _bad("certificates are for mqtts://")
    return None


def _context(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    if key and not certificate:
        raise _bad("a key is of no use without its certificate")
    try:
        context = ssl.create_default_context(cafile=ca)
        if certificate:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(str(path) for path in (ca, certificate, key) if path)
        raise _bad(f"{named}: {error.strerror or error}") from None
    return context


def _bad(what: str) -> Malformed:
    return Malformed("bad_mqtt", f"the MQTT broker cannot be reached as given: {what}")
