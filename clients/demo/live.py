"""The leg that is watched while it lasts: a logger that signs and sends each reading as it measures it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from clients.demo.cast import Patient
from clients.demo.stage import DemoFailed, Document
from clients.demo.tale import Tale, timestamp

LOGGER = "logger-12"
# What it measures on the way, second by second: degrees, battery in percent, degrees from upright. In the
# middle the shipper lies on its side for two seconds: a dry shipper that lies loses its cold.
UPRIGHT, LYING = 3, 74
WAY = (
    (-151.8, UPRIGHT),
    (-151.6, UPRIGHT),
    (-151.2, LYING),
    (-150.9, LYING),
    (-151.0, UPRIGHT),
    (-151.2, UPRIGHT),
)
BATTERY = 83
PATIENCE_S = 60  # a busy machine
Found = TypeVar("Found")


def begins(tale: Tale) -> None:
    """The logger is switched on; its first reading comes before anything is packed."""
    to = tale.stage.starts_logger(LOGGER)
    how = f"over MQTT, by the broker at {to}" if to == tale.stage.broker else f"over HTTP, to {to}"
    tale.page.note(f"{LOGGER} in the shipper signs a reading each second with its own key. It sends {how}.")
    _measure(tale, *WAY[0])


def drive(tale: Tale, patient: Patient) -> None:
    """An alarm on the way reaches whoever may read the therapy."""
    for one in WAY:
        _measure(tale, *one)
    alarm = _awaited(partial(_tilted, tale, patient), "an alarm")
    tale.page.alarm(f"{alarm['logger']} is tilted by {alarm['tilt_deg']}° (with bags of {patient.called})")
    tale.page.note("Kit hears it on his phone, and sets the shipper upright.")


def sealed(tale: Tale, patients: Sequence[Patient]) -> None:
    """At the end of the leg the ledger puts what the logger signed into the log, and judges it."""
    tale.stage.stops_logger(LOGGER)
    tale.page.note(f"{LOGGER} is switched off. The ledger has all that it measured.")
    for patient in patients:
        entry, count = _awaited(partial(_sealed, tale, patient), "the sealed readings")
        tale.page.looked(f"{patient.called}: the ledger sealed {count} of them as evidence (entry {entry})")


def _measure(tale: Tale, celsius: float, tilt: int) -> None:
    tale.stage.measures(LOGGER, f"{timestamp(time.time())} {celsius} {BATTERY} {tilt}")
    time.sleep(1)


def _tilted(tale: Tale, patient: Patient) -> Document | None:
    found = tale.stage.asks("kit", "alarms", chain=patient.coi)["alarms"]
    return next((one for one in found if one["kind"] == "tilt"), None)


def _sealed(tale: Tale, patient: Patient) -> tuple[int, int] | None:
    """The last entry of live evidence about the patient's first dose, and how many readings there are."""
    found = tale.stage.asks("audrey", "temperature", coi=patient.coi)["containers"]
    attached = [each for one in found if one["container"] == patient.doses[0] for each in one["evidence"]]
    live = [one for one in attached if one["logger"] == LOGGER]
    return (live[-1]["position"], sum(one["readings"] for one in live)) if live else None


def _awaited(look: Callable[[], Found | None], what: str) -> Found:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise DemoFailed(f"{what} did not come")
