"""A way to the ledger from an address: `http[s]://` to the server, `mqtt[s]://` to a broker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from clients.logger.http import HttpLink
from clients.logger.uplink import Link
from ledger.errors import Malformed


def link_to(address: str, logger: str, password: str = "", **mqtt: Any) -> Link:
    """Reaches nothing yet. `mqtt`: as `clients.mqtt_broker.broker_at` takes them.

    Raises `Malformed` `bad_value` for another kind of address, `bad_mqtt`.
    """
    if address.startswith(("http://", "https://")):
        return HttpLink(address)
    if address.startswith(("mqtt://", "mqtts://")):
        from clients.logger.mqtt import MqttLink  # the library: only loggers at a broker need it
        from clients.mqtt_broker import broker_at

        return MqttLink(broker_at(address, password, client="", **mqtt), logger)
    raise Malformed("bad_value", f"{address!r:.80}: write https://HOST or mqtts://HOST")


def password_of(path: Path | None) -> str:
    """The broker's, from a file, else from UNBROKEN_MQTT_PASSWORD; empty where neither gives one."""
    if path:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    return os.environ.get("UNBROKEN_MQTT_PASSWORD", "")
