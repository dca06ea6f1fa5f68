"""What an outsider makes of a downloaded log: the path of a dose, from one vein to the other.

It reads the signed statements themselves and asks nobody. That they are the log's, signed by
whom it enrolled, is what `unbroken verify` shows first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clients.words import bags, party
from ledger.proof import canonical, statement
from ledger.proof.tiles import TILE_WIDTH, decode_bundle, entries_path

Payload = Mapping[str, Any]


class Said(NamedTuple):
    """One entry of the log, as its bytes say it."""

    position: int
    id: str
    signer: str
    stream: str
    payload: Payload

    @property
    def type(self) -> str:
        return str(self.payload["type"])


class Broken(Exception):
    """The path has a hole; the message says where."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """`steps`: entry and sentence, in the order in which they happened. `made_of`: the bags before it."""

    dose: str
    steps: tuple[tuple[int, str], ...]
    made_of: tuple[str, ...]
    handed_over: int


def read_log(folder: Path) -> list[Said]:
    """Every entry of a complete copy of a log."""
    size = int((folder / "checkpoint").read_text().splitlines()[1])
    raws: list[bytes] = []
    while len(raws) < size:
        index = len(raws) // TILE_WIDTH
        width = min(TILE_WIDTH, size - len(raws))
        raws += decode_bundle((folder / entries_path(index, width)).read_bytes())
    return [_said(position, raw) for position, raw in enumerate(raws)]


def _said(position: int, raw: bytes) -> Said:
    envelope = statement.parse(raw)
    payload = canonical.decode(envelope.payload)
    return Said(position, envelope.id.hex(), envelope.iss, envelope.sub, payload)


def path_of(log: Sequence[Said], stream: str, dose: str) -> Lineage:
    """Raises `Broken`: a bag that was never collected, or held by another than the last receiver."""
    bag_line = tuple(_line(log, dose))
    holder: Payload | None = None
    steps, handed_over = [], 0
    told = sorted(_about(log, stream, bag_line), key=lambda one: (one.payload["occurred_at"], one.position))
    for one in told:
        holder = _held_on(log, one, holder)
        handed_over += one.type == "CustodyAccepted"
        steps.append((one.position, _step(one, dose)))
    if not told or told[0].type != "PatientIdentified" or told[-1].type != "InfusionCompleted":
        raise Broken(f"the path of {dose} does not lead from a wristband to an infusion")
    return Lineage(dose, tuple(steps), bag_line[:-1], handed_over)


def _line(log: Sequence[Said], bag: str) -> Iterator[str]:
    """The bags that it was made of, the collected one first, then itself."""
    for one in log:
        if one.type == "ContainersDerived" and bag in _names(one.payload["children"]):
            for parent in _names(one.payload["parents"]):
                yield from _line(log, parent)
    yield bag


def _about(log: Sequence[Said], stream: str, line: Sequence[str]) -> Iterator[Said]:
    """The wristband at the collection, and what moved or changed one of these bags."""
    collected = False
    for one in log:
        if one.type == "PatientIdentified" and one.stream == stream and not collected:
            yield one
        elif one.type == "CollectionCompleted" and line[0] in _names(one.payload["containers"]):
            collected = True
            yield one
        elif not set(line).isdisjoint(_changed(one)):
            yield one


def _changed(one: Said) -> Sequence[str]:
    """The bags that it moves, makes or gives."""
    if one.type == "CustodyAccepted":
        return [str(name) for name in one.payload["containers"]]
    if one.type == "ContainersDerived":
        return _names(one.payload["children"])
    if one.type in ("InfusionStarted", "InfusionCompleted"):
        return [str(one.payload["container"])]
    return []


def _held_on(log: Sequence[Said], one: Said, holder: Payload | None) -> Payload | None:
    """Who holds it after this: each giver must be the last receiver, each acceptance has its release."""
    said = one.payload
    if one.type == "CollectionCompleted":
        return dict(said["at"])
    if one.type == "CustodyAccepted":
        _require_release(log, one)
        _require(holder == said["giver"], one, "was handed over by somebody who did not hold it")
        return dict(said["receiver"])
    if one.type == "ContainersDerived":
        _require(holder == said["at"], one, "was made of a bag that was not there")
    if one.type.startswith("Infusion"):
        _require(holder is not None and holder["site"] == said["site"], one, "was infused where it was not")
    return holder


def _require_release(log: Sequence[Said], accepted: Said) -> None:
    named = [one for one in log if one.id == accepted.payload["release"]]
    members = ("giver", "receiver", "containers")
    same = named and all(named[0].payload[name] == accepted.payload[name] for name in members)
    _require(bool(same), accepted, "was accepted without the release that it names")


def _require(holds: bool, one: Said, what: str) -> None:
    if not holds:
        raise Broken(f"entry {one.position}: the bag {what}")


def _step(one: Said, dose: str) -> str:
    said, who = one.payload, one.signer.capitalize()
    if one.type == "PatientIdentified":
        return f"{who} read the patient's wristband: {said['outcome']}"
    if one.type == "CollectionCompleted":
        return f"{who} collected {bags(said['containers'])}"
    if one.type == "CustodyAccepted":
        return f"{party(said['giver'])} → {party(said['receiver'])}, taken over by {who}"
    if one.type == "ContainersDerived":
        return f"{who} made {bags(said['children'])} of {bags(said['parents'])} ({said['how']})"
    verb = "began to infuse" if one.type == "InfusionStarted" else "finished infusing"
    return f"{who} {verb} {bags([dose])}"


def _names(containers: Sequence[Payload]) -> list[str]:
    return [str(one["container"]) for one in containers]
