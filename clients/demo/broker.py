"""A Mosquitto of one's own on the loopback, where the machine has one.

There is no broker in Python that this would fall back to: the one that is kept up pins libraries
that the server needs newer. Without Mosquitto, loggers send over HTTP, which says the same.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto")
# The limits are what the how-to asks for: nothing is dropped because it waits. Packets prove
# themselves, so on the loopback anybody may send some.
CONFIG = """listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages 1000
persistence true
persistence_location {folder}/
user root
"""
START_S = 10


def find_mosquitto() -> str | None:
    """The program, where it usually is."""
    return next((path for path in map(shutil.which, PLACES) if path), None)


class BrokerFailed(Exception):
    """It did not start; the message is what it said."""


class Mosquitto:
    """One broker, on the same port and with the same memory each time it starts."""

    def __init__(self, program: str, folder: Path, config: str = CONFIG) -> None:
        """`config`: with `{port}` and `{folder}` where these belong."""
        self.folder = folder
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "mosquitto.conf"
        path.write_text(config.format(port=self.port, folder=folder))
        self._command = [program, "-c", str(path)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Its log since it was made."""
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Returns when it takes connections. Raises `BrokerFailed`."""
        with (self.folder / "mosquitto.log").open("a") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BrokerFailed(self.said[-500:])
            time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """With SIGTERM it writes down what it holds for whoever comes back."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(START_S)
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@contextmanager
def own_broker(folder: Path) -> Iterator[Mosquitto | None]:
    """A broker that runs; None where the machine has no Mosquitto. Raises `BrokerFailed`."""
    program = find_mosquitto()
    broker = Mosquitto(program, folder) if program else None
    try:
        if broker:
            broker.start()
        yield broker
    finally:
        if broker:
            broker.stop()


def free_port() -> int:
    """One of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
