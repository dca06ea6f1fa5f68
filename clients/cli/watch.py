"""`unbroken temperature watch`: alarms as they begin and end, and a therapy's readings as they come."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client, coi_of
from clients.sdk import Client
from clients.words import clock, degrees
from ledger.domain.times import milliseconds, timestamp
from ledger.errors import UnbrokenError

Document = dict[str, Any]

LOOK_S = 2.0  # between two questions for readings
WHAT = {"begun": "ALARM", "ended": "over", "acknowledged": "seen"}
STYLES = {"begun": "bold red", "ended": "green", "acknowledged": "yellow"}


def watch(
    coi: Annotated[
        str | None, typer.Argument(metavar="[COI]", help="Only this therapy; its readings are told, too.")
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Tell alarms of live readings as they begin and end, those that stand first, until Ctrl-C.

    With --json it prints one document a line.
    """
    of = coi_of(coi) if coi else None
    with client(home, passphrase_file) as reader, suppress(KeyboardInterrupt), ExitStack() as beside:
        screen = Screen(as_json)
        if of is not None:
            reader.chain(of)  # says so where there is no such therapy
            beside.enter_context(Readings(reader, of, screen))
        last = _standing(reader, of, screen)
        for told in reader.alarm_feed(last):
            if of in (None, told["chain"]):
                screen.alarm(told)


def _standing(reader: Client, of: str | None, screen: Screen) -> int:
    """Tell the open ones, the oldest first; the last event that they are as of."""
    where = {"chain": of} if of else {}
    found = reader.alarms(open=True, **where)
    for one in reversed(found["alarms"]):
        what = "begun" if one["acknowledged_by"] is None else "acknowledged"
        screen.alarm(one | {"what": what, "at": one["raised_at"], "event": one["alarm"]})
    return int(found["last_event"])


class Screen:
    """One line for each thing that is told. Any thread may tell."""

    def __init__(self, as_json: bool) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._as_json = as_json
        self._turn = threading.Lock()

    def alarm(self, told: Document) -> None:
        text = Text(alarm_sentence(told), style=STYLES[told["what"]])
        self._say(told, text.append(_about(told), style="dim"))

    def reading(self, told: Document) -> None:
        value = "no reading" if told["centi_c"] is None else degrees(told["centi_c"])
        self._say(told, Text(f"{clock(told['at'])}  {told['logger']}  {value}", style="dim"))

    def _say(self, told: Document, text: Text) -> None:
        with self._turn:
            self._console.print(Text(json.dumps(told, ensure_ascii=False)) if self._as_json else text)
            sys.stdout.flush()


class Readings:
    """Asks for a therapy's live readings again and again, in a thread, while the block lasts."""

    def __init__(self, reader: Client, coi: str, screen: Screen) -> None:
        self._reader, self._coi, self._screen = reader, coi, screen
        self._after: dict[
            tuple[str, str], int
        ] = {}  # logger and recording: number of the last reading that was told
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Readings:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(LOOK_S)  # no longer: it may wait for the network

    def _follow(self) -> None:
        while not self._over.is_set():
            # The network, or a bag that changed hands: the feed says so if somebody must know.
            with suppress(UnbrokenError):
                self.look()
            self._over.wait(LOOK_S)

    def look(self) -> None:
        """Tell what is new. A recording is first told from its last reading on."""
        for one in self._reader.recordings(chain=self._coi)["recordings"]:
            name, run = one["recording"], (one["logger"], one["recording"])
            after = self._after.setdefault(run, one["highest"] - 1)
            found = self._reader.live_readings(name, one["logger"], after)
            for reading in _each(found):
                if reading["number"] > after:
                    self._screen.reading(reading)
            self._after[run] = max(after, found["after"])


def _each(found: Document) -> Iterator[Document]:
    about = {"recording": found["recording"], "logger": found["logger"]}
    for packet in found["packets"]:
        start_ms, step_ms = milliseconds(packet["started_at"]), packet["interval_s"] * 1000
        for at, value in enumerate(packet["readings_centi_c"]):
            moment = timestamp(start_ms + at * step_ms)
            yield about | {"number": packet["first"] + at, "at": moment, "centi_c": value}


def alarm_sentence(told: Document) -> str:
    """`2026-03-01 12:01  ALARM  A9999-D1 (frozen) is out of band: -142.10 °C`."""
    late = " (late: it was over, or long begun, when it was heard of)" if told["late"] else ""
    seen = f" by {told['acknowledged_by']}" if told["what"] == "acknowledged" else ""
    return f"{clock(told['at'])}  {WHAT[told['what']]}{seen}  {_what(told)}{late}"


def _what(told: Document) -> str:
    bag, logger = f"{told['container']} ({told['phase']})", told["logger"]
    if told["kind"] == "excursion":
        return f"{bag} is out of band: {degrees(told['peak_centi_c'])}"
    if told["kind"] == "budget":
        return f"{bag} has spent {told['step_pct']} % of the time that it may be out of band"
    if told["kind"] == "tilt":
        return f"{logger} lies tilted by {told['tilt_deg']}°"
    if told["kind"] == "battery":
        return f"{logger} has {told['battery_pct']} % of its battery left"
    if told["kind"] == "clock":
        way = "ahead" if told["clock_s"] > 0 else "behind"
        return f"{logger} has a wrong clock, {way} by {abs(told['clock_s'])} s"
    return f"{logger} is silent since {clock(told['began_at'])}"


def _about(told: Document) -> str:
    return f"  {told['chain']}, {told['logger']}, alarm {told['alarm']}"
