"""The broker's configuration that we ship, in a real Mosquitto: who comes in, and what each may say."""

from __future__ import annotations

import asyncio
import base64
import datetime
import hashlib
import os
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from api.live.subscriber import Subscriber
from clients.demo.broker import Mosquitto
from clients.mqtt_broker import Broker, broker_at
from tests.live_packets import LOGGER, packet
from tests.mosquitto import mosquitto
from tests.mqtt_shelf import WAIT_S, Shelf, heard, until
from tests.unit.documents import ROOT

DOCKER = ROOT / "docker"
PASSWORDS = {"unbroken": "of the server", LOGGER: "of the logger", "logger-8": "of another"}
SERVER, OWN, ANOTHER = "unbroken", LOGGER, "logger-8"
READINGS, HAVE = f"unbroken/v1/readings/{LOGGER}", f"unbroken/v1/have/{LOGGER}"


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(folder: Path, name: str) -> None:
    """NAME.pem and NAME.key, for the loopback, which vouch for themselves."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    local = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(_name(name), _name(name), key.public_key(), x509.random_serial_number())
    made = (
        builder.not_valid_before(now - day).not_valid_after(now + day).add_extension(local, critical=False)
    ).sign(key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _hashed(password: str) -> str:
    """As `mosquitto_passwd` writes it: PBKDF2 with SHA-512."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `docker/secrets` holds for the broker; and a certificate that nobody trusts."""
    folder = tmp_path_factory.mktemp("secrets")
    _certificate(folder, "broker")
    _certificate(folder, "other")
    lines = [f"{name}:{_hashed(password)}" for name, password in PASSWORDS.items()]
    (folder / "broker-passwords").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def broker(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """With the paths of the containers turned to where things lie here, and nothing else changed."""
    config = (DOCKER / "mosquitto.conf").read_text(encoding="utf-8")
    for there, here in (
        ("listener 8883\n", "listener {port} 127.0.0.1\n"),
        ("/run/secrets/", f"{secrets}/"),
        ("/mosquitto/config/", f"{DOCKER}/"),
        ("/mosquitto/data/", "{folder}/"),
    ):
        assert there in config
        config = config.replace(there, here)
    with mosquitto(tmp_path_factory.mktemp("broker"), config + "user root\n") as running:
        yield running


def as_(name: str, broker: Mosquitto, secrets: Path, ca: str = "broker.pem") -> Broker:
    return broker_at(
        f"mqtts://{name}@127.0.0.1:{broker.port}", PASSWORDS.get(name, "guessed"),
        ca=secrets / ca, client=f"as-{name}",
    )  # fmt: skip


def publishes(name: str, topic: str, broker: Mosquitto, secrets: Path) -> str:
    """What the broker says to a message of this user: `Success`, or why not."""
    said: list[str] = []
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(name, PASSWORDS[name])
    client.tls_set_context(ssl.create_default_context(cafile=secrets / "broker.pem"))
    client.on_publish = lambda _client, _data, _mid, reason, _properties: said.append(str(reason))
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(topic, packet(), qos=1).wait_for_publish(WAIT_S)
    client.disconnect()
    client.loop_stop()
    return said[0]


def test_the_server_hears_a_logger_through_the_broker_that_we_ship(broker: Mosquitto, secrets: Path) -> None:
    async def story() -> None:
        shelf = Shelf()
        async with heard(as_(SERVER, broker, secrets), shelf):
            assert await asyncio.to_thread(publishes, OWN, READINGS, broker, secrets) == "Success"
            await until(lambda: shelf.kept)
        assert shelf.kept == [packet()]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("name", "topic"), [(ANOTHER, READINGS), (ANOTHER, HAVE), (OWN, HAVE), (SERVER, READINGS)]
)
def test_nobody_speaks_for_a_logger_or_for_the_server(
    broker: Mosquitto, secrets: Path, name: str, topic: str
) -> None:
    assert publishes(name, topic, broker, secrets) == "Not authorized"


def test_a_logger_hears_no_loggers(broker: Mosquitto, secrets: Path) -> None:
    """Mosquitto grants it the subscription, and delivers nothing."""

    async def story() -> None:
        own, servers = Shelf(), Shelf()
        async with heard(as_(OWN, broker, secrets), own), heard(as_(SERVER, broker, secrets), servers):
            await asyncio.to_thread(publishes, OWN, READINGS, broker, secrets)
            await until(lambda: servers.kept)
        assert not own.kept

    asyncio.run(story())


@pytest.mark.parametrize(
    ("name", "ca", "says"),
    [("nobody", "broker.pem", "lets nobody in: Not authorized"), (SERVER, "other.pem", "no broker at")],
)
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")  # paho leaves it to be collected
def test_a_wrong_name_and_a_broker_that_nobody_vouches_for_are_said_in_the_log(
    broker: Mosquitto, secrets: Path, caplog: pytest.LogCaptureFixture, name: str, ca: str, says: str
) -> None:
    async def story() -> None:
        one = Subscriber(as_(name, broker, secrets, ca), Shelf())
        one.open()
        await until(lambda: says in caplog.text)
        assert not one.link.subscribed
        await one.close()

    asyncio.run(story())
