"""Where the broker is, as people say it: what is understood, and what is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.mqtt_broker import broker_at
from ledger.errors import Malformed


@pytest.mark.parametrize(
    ("url", "host", "port", "user"),
    [
        ("mqtt://broker.example", "broker.example", 1883, ""),
        ("mqtts://unbroken@broker.example", "broker.example", 8883, "unbroken"),
        ("mqtt://a%40b@[::1]:1884/", "::1", 1884, "a@b"),
    ],
)
def test_an_address_says_host_port_and_user(url: str, host: str, port: int, user: str) -> None:
    broker = broker_at(url)
    assert (broker.host, broker.port, broker.user) == (host, port, user)
    assert (broker.tls is not None) == url.startswith("mqtts:")


def test_a_password_shows_nowhere() -> None:
    assert "geheim" not in repr(broker_at("mqtt://unbroken@broker.example", "geheim"))


def test_topics_begin_as_they_are_told_to() -> None:
    broker = broker_at("mqtt://broker.example", prefix="ward/5")
    assert (broker.readings, broker.have("logger-7")) == ("ward/5/readings/+", "ward/5/have/logger-7")


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("http://broker.example", {}, "mqtt[s]://"),
        ("mqtt://", {}, "mqtt[s]://"),
        ("mqtt://broker.example:99999", {}, "mqtt[s]://"),
        ("mqtt://broker.example/topic", {}, "mqtt[s]://"),
        ("mqtt://broker.example?x=1", {}, "mqtt[s]://"),
        ("mqtt://user:word@broker.example", {}, "password"),
        ("mqtt://broker.example", {"version": "3.1"}, "3.1 is not spoken"),
        ("mqtt://broker.example", {"prefix": ""}, "beginning of a topic"),
        ("mqtt://broker.example", {"prefix": "/ward"}, "beginning of a topic"),
        ("mqtt://broker.example", {"prefix": "ward/+"}, "beginning of a topic"),
        ("mqtt://broker.example", {"prefix": "$share/ward"}, "beginning of a topic"),
        ("mqtt://broker.example", {"ca": Path("ca.pem")}, "are for mqtts"),
        ("mqtts://broker.example", {"ca": Path("/nowhere/ca.pem")}, "/nowhere/ca.pem"),
        ("mqtts://broker.example", {"key": Path("key.pem")}, "without its certificate"),
        ("mqtts://broker.example", {"certificate": Path(__file__)}, Path(__file__).name),
    ],
)
def test_what_cannot_be_meant_is_refused_and_says_why(
    url: str, options: dict[str, object], says: str
) -> None:
    with pytest.raises(Malformed) as caught:
        broker_at(url, **options)  # type: ignore[arg-type]
    assert caught.value.code == "bad_mqtt"
    assert says in caught.value.detail
