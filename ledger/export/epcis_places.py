"""Where the members of our events stand in an EPCIS event, and how they are read back.

A place takes its members out of the payload that is being written, and puts them back into the one
that is being read. What no place takes goes into members of our own namespace, under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Malformed
from ledger.export.epcis_hash import utc
from ledger.export.names import Names, digest_uri, read_digest

Members = dict[str, Any]
PREFIX = "unbroken:"
NO_READING = "ERROR_CONDITION"  # CBV: the sensor gave no value


class Place(NamedTuple):
    """`members` of an event, `where` they stand in EPCIS."""

    members: tuple[str, ...]
    where: str
    write: Callable[[Names, Members, Members], None]  # names, from the payload, into the event
    read: Callable[[Names, Members, Members], None]  # names, from the event, into the payload


def own(value: Any) -> Any:
    """The value with our prefix on every member inside it; what is null is left out."""
    if isinstance(value, dict):
        return {f"{PREFIX}{name}": own(one) for name, one in value.items() if one is not None}
    return [own(one) for one in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """The inverse of `own`."""
    if isinstance(value, dict):
        return {name.removeprefix(PREFIX): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _value(member: str, at: str, to: Callable[..., Any], back: Callable[..., Any]) -> Place:
    """One member in one place."""

    def write(names: Names, payload: Members, event: Members) -> None:
        if payload.get(member) is not None:
            event[at] = to(names, payload.pop(member))

    def read(names: Names, event: Members, payload: Members) -> None:
        if at in event:
            payload[member] = back(names, event[at])

    return Place((member,), f"`{at}`", write, read)


def listed(at: str, member: str = "containers") -> Place:
    """Containers as a list of EPCs, each once."""
    return _value(
        member,
        at,
        lambda names, found: [names.of("container", one) for one in dict.fromkeys(found)],
        lambda names, uris: [names.read("container", one) for one in _list(at, uris)],
    )


def single(at: str, member: str = "container") -> Place:
    """One container as a list of one EPC."""

    def back(names: Names, uris: Any) -> str:
        if len(_list(at, uris)) != 1:
            raise Malformed("invalid_epcis", f"{at}: expected one container")
        return names.read("container", uris[0])

    return _value(member, at, lambda names, found: [names.of("container", found)], back)


def detailed(member: str, at: str, many: bool = True) -> Place:
    """Containers with what is said of each: their EPCs in the standard's list, the rest in ours."""
    details = f"{PREFIX}{member}"

    def write(names: Names, payload: Members, event: Members) -> None:
        said = payload.pop(member)
        found = said if many else [said]
        event[at] = [names.of("container", one) for one in dict.fromkeys(one["container"] for one in found)]
        event[details] = [own(one) for one in found if len(one) > 1]

    def read(names: Names, event: Members, payload: Members) -> None:
        known = {one.get("container"): one for one in map(plain, _list(details, event.get(details, [])))}
        read_names = [names.read("container", one) for one in _list(at, event.get(at))]
        found = [known.get(name, {"container": name}) for name in read_names]
        payload[member] = found if many else next(iter(found), None)

    return Place((member,), f"`{at}`, `{details}`", write, read)


def party(member: str = "at") -> Place:
    return _value(
        member,
        "readPoint",
        lambda names, found: {"id": names.party(found)},
        lambda names, point: names.read_party(_id("readPoint", point)),
    )


def site(member: str = "site") -> Place:
    return _value(
        member,
        "readPoint",
        lambda names, found: {"id": names.of("site", found)},
        lambda names, point: names.read("site", _id("readPoint", point)),
    )


def location() -> Place:
    return _value(
        "location",
        "bizLocation",
        lambda names, found: {"id": names.of("location", found)},
        lambda names, point: names.read("location", _id("bizLocation", point)),
    )


def shipper(member: str = "shipper") -> Place:
    return _value(
        member,
        "parentID",
        lambda names, found: names.shipper(found),
        lambda names, uri: names.read_shipper(uri),
    )


def possessor(member: str, at: str, key: str, is_here: bool = False) -> Place:
    """The giver or the receiver of a hand-over (CBV: possessing_party); `is_here`: the one who says it."""

    def back(names: Names, found: Any) -> Members:
        parties = [one[key] for one in _list(at, found) if _type_of(one) == "possessing_party" and key in one]
        if len(parties) != 1:
            raise Malformed("invalid_epcis", f"{at}: expected one possessing_party")
        return names.read_party(parties[0])

    def write(names: Names, payload: Members, event: Members) -> None:
        uri = names.party(payload.pop(member))
        event[at] = [{"type": "possessing_party", key: uri}]
        if is_here:
            event["readPoint"] = {"id": uri}

    def read(names: Names, event: Members, payload: Members) -> None:
        if at in event:
            payload[member] = back(names, event[at])
        elif f"{PREFIX}{member}" in event:  # see `unpossessed`
            payload[member] = plain(event[f"{PREFIX}{member}"])

    where = f"`{at}`, possessing_party" + (", and `readPoint`" if is_here else "")
    return Place((member,), where, write, read)


PARTIES = (("giver", "sourceList", "source"), ("receiver", "destinationList", "destination"))


def unpossessed(event: Members, names: Names) -> Members:
    """The event of a hand-over that moved nothing: who says so between whom, and no possessing_party."""
    kept = {name: value for name, value in event.items() if name not in ("sourceList", "destinationList")}
    return kept | {
        f"{PREFIX}{member}": own(names.read_party(event[at][0][key]))
        for member, at, key in PARTIES
        if at in event
    }


def certificate(member: str) -> Place:
    return _value(
        member,
        "certificationInfo",
        lambda _, found: digest_uri(found),
        lambda _, uri: read_digest(uri[0] if isinstance(uri, list) and uri else uri),
    )


def transaction(member: str, type_: str, kind: str) -> Place:
    """What refers to a document or to another statement."""
    at = "bizTransactionList"

    def write(names: Names, payload: Members, event: Members) -> None:
        if payload.get(member) is not None:
            reference = {"type": type_, "bizTransaction": names.of(kind, payload.pop(member))}
            event.setdefault(at, []).append(reference)

    def read(names: Names, event: Members, payload: Members) -> None:
        for one in _list(at, event.get(at, [])):
            if _type_of(one) == type_:
                payload[member] = names.read(kind, one.get("bizTransaction"))

    return Place((member,), f"`{at}`, {type_}", write, read)


# --- a logger's readings --------------------------------------------------------------------


def _write_readings(names: Names, payload: Members, event: Members) -> None:
    interval_ms = payload["interval_s"] * 1000
    readings, start_ms = payload.pop("readings_centi_c"), milliseconds(payload["started_at"])
    metadata = {
        "startTime": payload.pop("started_at"),
        "endTime": timestamp(start_ms + (len(readings) - 1) * interval_ms),
        "deviceID": names.of("logger", payload.pop("logger")),
        "rawData": digest_uri(payload.pop("raw")),
    }
    moments = (timestamp(start_ms + at * interval_ms) for at in range(len(readings)))
    reports = [_report(at, centi_c) for at, centi_c in zip(moments, readings, strict=True)]
    event["sensorElementList"] = [{"sensorMetadata": metadata, "sensorReport": reports}]


def _report(at: str, centi_c: int | None) -> Members:
    if centi_c is None:
        return {"type": "Temperature", "time": at, "exception": NO_READING}
    return {"type": "Temperature", "time": at, "value": centi_c / 100, "uom": "CEL"}


def _read_readings(names: Names, event: Members, payload: Members) -> None:
    elements = _list("sensorElementList", event.get("sensorElementList"))
    if len(elements) != 1:
        raise Malformed("invalid_epcis", "sensorElementList: expected one logger")
    metadata = elements[0].get("sensorMetadata", {})
    reports = sorted(map(_reading, elements[0]["sensorReport"]))
    payload["logger"] = names.read("logger", metadata.get("deviceID"))
    payload["raw"] = read_digest(metadata.get("rawData"))
    payload["started_at"] = reports[0][0]
    payload["readings_centi_c"] = [centi_c for _, _, centi_c in reports]
    if "unbroken:interval_s" not in event and len(reports) > 1:  # a partner's own document
        payload["interval_s"] = _interval_s([at for at, _, _ in reports])


def _reading(report: Members) -> tuple[str, int, int | None]:
    """Its time, something to sort by, and the reading. Raises `Malformed` (`invalid_epcis`)."""
    if report.get("type") != "Temperature" or "time" not in report:
        raise Malformed("invalid_epcis", "sensorReport: expected a Temperature with its time")
    if "value" not in report:
        return utc(report["time"]), 0, None
    centi_c = report["value"] * 100
    if report.get("uom") != "CEL" or abs(centi_c - round(centi_c)) > 1e-6:
        raise Malformed("invalid_epcis", "sensorReport: expected hundredths of a degree in CEL")
    return utc(report["time"]), 1, round(centi_c)


def _interval_s(moments: list[str]) -> int:
    apart = {milliseconds(b) - milliseconds(a) for a, b in pairwise(moments)}
    if len(apart) != 1 or (one := apart.pop()) % 1000:
        raise Malformed("invalid_epcis", "sensorReport: expected readings at one interval of whole seconds")
    return one // 1000


READINGS = Place(
    ("logger", "started_at", "readings_centi_c", "raw"),
    "`sensorElementList`",
    _write_readings,
    _read_readings,
)


# --- what was sent may be anything ----------------------------------------------------------


def _list(at: str, found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise Malformed("invalid_epcis", f"{at}: expected a list")
    return found


def _id(at: str, point: Any) -> Any:
    if not isinstance(point, dict):
        raise Malformed("invalid_epcis", f"{at}: expected an object with an id")
    return point.get("id")


def _type_of(one: Any) -> str:
    """The word of a vocabulary, also where it is written as a URI."""
    said = str(one.get("type", "")) if isinstance(one, dict) else ""
    return said if said.startswith(PREFIX) else said.rpartition(":")[2].rpartition("-")[2]


def writes(places: Iterable[Place]) -> set[str]:
    """The members that the places take."""
    return {member for place in places for member in place.members}
