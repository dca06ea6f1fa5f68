"""A Mosquitto for tests: the program that `UNBROKEN_TEST_MQTT` names, else the first that is there.

Without one, these tests are skipped and say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clients.demo.broker import CONFIG, Mosquitto, find_mosquitto

MISSING = "no Mosquitto: install it (Debian: apt-get install mosquitto), or name it in UNBROKEN_TEST_MQTT"


def program() -> str:
    """Skips where there is none."""
    named = os.environ.get("UNBROKEN_TEST_MQTT")
    found = named if named and os.access(named, os.X_OK) else None if named else find_mosquitto()
    if not found:
        pytest.skip(MISSING)
    return found


@contextmanager
def mosquitto(folder: Path, config: str = CONFIG) -> Iterator[Mosquitto]:
    """A broker that runs, and ends with the test. `config`: as `Mosquitto` takes it."""
    broker = Mosquitto(program(), folder, config)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
