"""What several chapters share: the patients as they are known, a hand-over, a logger's file."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clients.demo.cast import OFFERED, PATIENTS, RESERVE, SECOND, THIRD, TRIED, WAITING, Fields, Patient
from clients.demo.logger_file import readings_by_way_of, write_file
from clients.demo.page import Page
from clients.demo.stage import Document, Stage
from clients.sentences import CONDITIONS
from clients.words import bags, party

OWNERS: dict[str, Patient] = {name: one for one in (*PATIENTS, *WAITING) for name in (one.fresh, *one.doses)}
OWNERS |= {TRIED: SECOND, RESERVE: SECOND} | dict.fromkeys(OFFERED, THIRD)
Acting = tuple[str, Mapping[str, str]]  # who, for which department


@dataclass(frozen=True, slots=True)
class Tale:
    """The stage, the page, and what is read on the wristbands: commitments, by chain of identity."""

    stage: Stage
    page: Page
    wristbands: dict[str, list[dict[str, str]]]

    def says(self, agent: str, stream: str, event: str, *, quiet: bool = False, **fields: Any) -> Document:
        """As `Stage.says`."""
        return self.stage.says(agent, stream, event, quiet=quiet, **fields)

    def hand_over(
        self, stream: str, containers: Sequence[str], giver: Acting, receiver: Acting, seal: str = ""
    ) -> None:
        """Two statements, one by each person, told in one line."""
        parties = handing(stream, containers, giver, receiver, seal)
        released = self.says(giver[0], stream, "CustodyReleased", quiet=True, **parties)
        parties["release"] = released["id"]
        accepted = self.says(receiver[0], stream, "CustodyAccepted", quiet=True, **parties)
        text = (
            f"{_spoken(giver)} handed {bags(containers)} over to {_spoken(receiver)}, {CONDITIONS['intact']}"
        )
        self.page.recorded(text + (f", seal {seal}" if seal else ""), released, accepted)

    def reads_out(
        self, reader: Acting, stream: str, containers: Sequence[str], phase: str, since: float,
        centi_c: Sequence[int],
    ) -> None:  # fmt: skip
        """The logger's file of each second since then, by way of these values, becomes evidence."""
        who, at = reader
        time.sleep(1 - (time.time() - since) % 1)  # its last reading comes after the hand-over
        path = self.stage.logger_file(f"{stream}-{phase}")
        write_file(path, stream, since, readings_by_way_of(centi_c, int(time.time() - since) + 1))
        options = {"phase": phase, "at": f"{at['site']}/{at['department']}", "stream": stream,
                   "range": "-200..60", "interval": "1", "calibrated-until": later(180)}  # fmt: skip
        told = self.stage.imports(who, path, containers, options)
        said = f"{who.capitalize()} reads the logger out; its file {path.name}, as it is, is evidence about"
        self.page.recorded(f"{said} {bags(containers)}", *told)

    def who_holds(self, container: str) -> str:
        """As an auditor reads it."""
        return party(self.stage.asks("audrey", "container", container=container)["holder"])


def handing(
    stream: str, containers: Sequence[str], giver: Acting, receiver: Acting, seal: str = ""
) -> dict[str, Any]:
    """What release and acceptance have in common."""
    said = {"giver": giver[1], "receiver": receiver[1], "condition": "intact"}
    return carried(stream, containers) | said | ({"seal": seal} if seal else {})


def carried(stream: str, containers: Sequence[str]) -> Fields:
    """The containers; on a shipment's stream also whose each of them is."""
    names = list(containers)
    if not stream.startswith("shipment/"):
        return {"containers": names}
    cois = dict.fromkeys(OWNERS[name].coi for name in names)
    shares = [{"coi": coi, "containers": [one for one in names if OWNERS[one].coi == coi]} for coi in cois]
    return {"containers": names, "therapies": shares}


def later(days: int) -> str:
    return timestamp(time.time() + days * 86_400)


def timestamp(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _spoken(acting: Acting) -> str:
    return f"{acting[0].capitalize()} ({party(acting[1])})"
