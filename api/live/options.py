"""How the program is told of the broker: options of `unbroken-server serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Mqtt = Annotated[
    str,
    typer.Option(
        envvar="UNBROKEN_MQTT", help="Loggers' broker, mqtt[s]://[user@]host[:port]; none by default"
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option(help="File with the broker's password; else UNBROKEN_MQTT_PASSWORD")
]
Authority = Annotated[
    Path | None,
    typer.Option(envvar="UNBROKEN_MQTT_CA", help="PEM: who vouches for the broker, if not the system"),
]
Certificate = Annotated[
    Path | None,
    typer.Option(envvar="UNBROKEN_MQTT_CERTIFICATE", help="PEM: this server's own, for the broker"),
]
Key = Annotated[
    Path | None,
    typer.Option(envvar="UNBROKEN_MQTT_KEY", help="PEM: its key, where it is not in the same file"),
]
ClientName = Annotated[
    str,
    typer.Option(
        envvar="UNBROKEN_MQTT_CLIENT", help="This server's session at the broker; another for each node"
    ),
]
Prefix = Annotated[str, typer.Option(envvar="UNBROKEN_MQTT_PREFIX", help="How the topics begin")]
Version = Annotated[str, typer.Option(envvar="UNBROKEN_MQTT_VERSION", help="5 or 3.1.1")]
