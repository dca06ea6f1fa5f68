"""What the ledger says of a segment: its readings, as evidence about the containers that it was with.

One statement for each run of readings and each lot of containers that share their place, phase and
time with the logger. Readings from before a container was packed, or after, are not about it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ledger.cold_chain.evidence import Instrument, evidence
from ledger.cold_chain.refusals import Unreadable
from ledger.domain.custody import Holder
from ledger.domain.times import milliseconds, timestamp
from ledger.live.sealed import READ_AS

if TYPE_CHECKING:
    from ledger.cold_chain.logger_file import LoggerFile
    from ledger.domain.parts import Phase
    from ledger.domain.placements import Placement

ROOM = 63_000  # bytes of a statement, but for its envelope and what else it says
LONGEST = len("-27300,")
Lot = tuple[int, int | None, "Phase", Holder]  # since, until, phase, at


def statements(
    file: LoggerFile, placements: Iterable[Placement], calibrated_until: str | None, carrier: bool
) -> list[dict[str, Any]]:
    """Members of `TemperatureEvidenceAttached`, but for what the batch adds. The placements are of one
    packing, whose statement stands on a shipment's or tank's stream if `carrier`.
    """
    lots: dict[Lot, list[Placement]] = defaultdict(list)
    for one in placements:
        lots[one.since_ms, one.until_ms, one.phase, one.at].append(one)
    return [
        said for lot, inside in lots.items() for said in _of_lot(file, lot, inside, calibrated_until, carrier)
    ]


def _of_lot(
    file: LoggerFile, lot: Lot, inside: Sequence[Placement], calibrated_until: str | None, carrier: bool
) -> Iterator[dict[str, Any]]:
    since_ms, until_ms, phase, at = lot
    known = Instrument(
        calibrated_until_ms=milliseconds(calibrated_until) if calibrated_until else None,
        since_ms=since_ms,
        until_ms=None if until_ms is None else until_ms - 1,
    )
    try:
        measured = evidence(file, known)
    except Unreadable:  # no reading falls into that time
        return
    members = {"type": "TemperatureEvidenceAttached", "v": 1, "at": at._asdict(), "phase": phase}
    members |= _containers(inside, carrier) | {"read_as": READ_AS}
    most = (ROOM - len(json.dumps(members))) // LONGEST
    for one in measured:
        yield from (members | piece for piece in _pieces(one, most))


def _pieces(measured: dict[str, Any], most: int) -> Iterator[dict[str, Any]]:
    """A statement with many containers has room for fewer readings. The pieces are one track again."""
    values, started_ms = measured["readings_centi_c"], milliseconds(measured["started_at"])
    for first in range(0, len(values), most):
        started_at = timestamp(started_ms + first * measured["interval_s"] * 1000)
        yield measured | {"started_at": started_at, "readings_centi_c": values[first : first + most]}


def _containers(inside: Sequence[Placement], carrier: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"containers": sorted(one.container for one in inside)}
    if carrier:
        mine: dict[str, list[str]] = defaultdict(list)
        for one in inside:
            mine[one.coi].append(one.container)
        found["therapies"] = [{"coi": coi, "containers": sorted(mine[coi])} for coi in sorted(mine)]
    return found
