"""The points of an account in plain words: what each is about, and what its value says."""

from __future__ import annotations

from typing import Any

from clients.words import clock, duration, listed, millilitres

NAMES = {
    "holder": "held by",
    "offered_to": "on the way to",
    "claimed_by": "claimed by",
    "left_ul": "volume left",
    "expires_at": "keeps until",
    "dose_given_ul": "dose given",
    "fit_until": "fit until",
    "available": "doses at hand",
    "closed_at": "closed",
}
_TIMES = frozenset({"expires_at", "fit_until", "closed_at"})
_VOLUMES = frozenset({"left_ul", "dose_given_ul"})


def about(point: str) -> str:
    """`custody/BAG-1/holder` → `BAG-1: held by`."""
    kind, *rest = point.split("/")
    if kind == "gate":
        return f"{rest[1]}: gate {_spaced(rest[2])} ({rest[0]})"
    if kind in ("deviation", "quarantine"):
        return f"{kind} {rest[0][:8]}…"
    if kind == "role":
        return f"{rest[0]}: {'roles at' if rest[1] == 'at' else 'qualified for'} {rest[2]}"
    if kind == "temperature":
        return f"{rest[0]}: temperature, {_spaced(rest[1])}"
    if kind in ("custody", "container"):
        return f"{rest[0]}: {NAMES.get(rest[1], _spaced(rest[1]))}"
    return f"{kind} {NAMES.get(rest[0], _spaced(rest[0]))}"


def said(point: str, value: Any) -> str:
    """What the value of a point says; `-` where there is none."""
    name = point.rpartition("/")[2]
    if value is None:
        return "-"
    if isinstance(value, dict):
        return _told(point.partition("/")[0], value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed([str(one) for one in value]) if value else "-"
    if name in _VOLUMES:
        return millilitres(value)
    return clock(value) if name in _TIMES or "/qualified/" in point else str(value)


def _told(kind: str, value: dict[str, Any]) -> str:
    if kind == "gate":
        return f"{value['outcome']}: {value['detail']}"
    if kind == "temperature":
        return _temperature(value)
    bags = listed(value["containers"]) if value["containers"] else "the whole therapy"
    stops = ", blocks" if value.get("blocks") else ""
    return f"{_spaced(value.get('code') or value['reason'])} ({bags}): {_spaced(value['state'])}{stops}"


def _temperature(value: dict[str, Any]) -> str:
    verdict = "within its limits" if value["within_limits"] else f"broken: {listed(value['broken'])}"
    found = f"{value['excursions']} excursions, {value['gaps']} gaps"
    return f"{verdict}; {duration(value['spent_s'])} spent, {found}"


def _spaced(text: str) -> str:
    return text.replace("_", " ")
