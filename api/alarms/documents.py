"""What is said of an alarm: ids and measures, nothing about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from ledger.domain.times import timestamp
from ledger.store.alarms import What

if TYPE_CHECKING:
    from ledger.store.alarms import Noted, Told


class AlarmDocument(BaseModel):
    """`container` null: about the logger, while it is with the therapy's containers. `began_at` and
    `ended_at` are the readings' time, `raised_at` and `closed_at` the ledger's. `closed_at` null: it
    is open. `late`: it was of the past when it was raised. Of `peak_centi_c` (the furthest out of
    band), `step_pct` (of the budget), `tilt_deg`, `battery_pct` and `clock_s` (how far the logger's clock is
    ahead; below zero: behind) it has the one that is its kind's. Of kind `clock` all is the ledger's time."""

    alarm: int
    chain: str
    container: str | None
    phase: str | None
    kind: str
    logger: str
    recording: str
    began_at: str
    ended_at: str | None
    raised_at: str
    closed_at: str | None
    late: bool
    peak_centi_c: int | None
    step_pct: int | None
    tilt_deg: int | None
    battery_pct: int | None
    clock_s: int | None
    acknowledged_by: str | None
    acknowledged_at: str | None


class AlarmTold(AlarmDocument):
    """What became of an alarm, and the alarm as it is now. `event`: the number of this in the feed."""

    event: int
    what: What
    at: str


def alarm_document(one: Noted) -> AlarmDocument:
    return AlarmDocument(
        alarm=one.number,
        chain=one.chain,
        container=one.container or None,
        phase=one.phase or None,
        kind=one.kind,
        logger=one.logger,
        recording=one.recording.hex(),
        began_at=timestamp(one.began_ms),
        ended_at=_moment(one.ended_ms),
        raised_at=timestamp(one.raised_ms),
        closed_at=_moment(one.closed_ms),
        late=one.late,
        peak_centi_c=one.peak if one.kind == "excursion" else None,
        step_pct=one.step if one.kind == "budget" else None,
        tilt_deg=one.peak if one.kind == "tilt" else None,
        battery_pct=one.peak if one.kind == "battery" else None,
        clock_s=one.peak if one.kind == "clock" else None,
        acknowledged_by=one.acknowledged_by,
        acknowledged_at=_moment(one.acknowledged_ms),
    )


def told_document(told: Told) -> AlarmTold:
    about = alarm_document(told.alarm).model_dump()
    return AlarmTold(**about, event=told.seq, what=told.what, at=timestamp(told.at_ms))


def _moment(ms: int | None) -> str | None:
    return None if ms is None else timestamp(ms)
