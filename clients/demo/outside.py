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

AT_BEDSIDE = {
    "InfusionChecked": "read the same wristband again, and",
    "InfusionStarted": "began to infuse",
    "InfusionCompleted": "finished infusing",
}


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
    """Raises `Broken`: a bag that was never collected, held by another than the last receiver, or
    given to another wristband than the one that was read at the collection."""
    line = tuple(_line(log, dose))
    told = sorted(_about(log, stream, line), key=lambda one: (one.payload["occurred_at"], one.position))
    walk = _Walk({one.id: one for one in log})
    for one in told:
        walk.take(one)
    if not told or told[0].type != "PatientIdentified" or told[-1].type != "InfusionCompleted":
        raise Broken(f"the path of {dose} does not lead from a wristband to an infusion")
    steps = tuple((one.position, _step(one)) for one in told)
    return Lineage(dose, steps, line[:-1], sum(one.type == "CustodyAccepted" for one in told))


def _line(log: Sequence[Said], bag: str) -> Iterator[str]:
    """The bags that it was made of, the collected one first, then itself."""
    for one in log:
        if one.type == "ContainersDerived" and bag in _names(one.payload["children"]):
            for parent in _names(one.payload["parents"]):
                yield from _line(log, parent)
    yield bag


def _about(log: Sequence[Said], stream: str, line: Sequence[str]) -> Iterator[Said]:
    """The wristband as it was read at the collection, and what moved, changed or gave these bags."""
    return (one for one in log if _concerns(one, stream, line))


def _concerns(one: Said, stream: str, line: Sequence[str]) -> bool:
    if one.type == "PatientIdentified":
        return one.stream == stream
    if one.type in AT_BEDSIDE:
        return one.stream == stream and one.payload["container"] == line[-1]
    return not set(line).isdisjoint(_moved(one))


def _moved(one: Said) -> Sequence[str]:
    """The bags that it collects, hands over or makes."""
    if one.type == "CollectionCompleted":
        return _names(one.payload["containers"])
    if one.type == "CustodyAccepted":
        return [str(name) for name in one.payload["containers"]]
    return _names(one.payload["children"]) if one.type == "ContainersDerived" else []


@dataclass(slots=True)
class _Walk:
    """Follows one dose: who holds it, and whose it is."""

    by_id: Mapping[str, Said]
    holder: Payload | None = None
    wristband: Any = None

    def take(self, one: Said) -> None:
        said = one.payload
        if one.type == "PatientIdentified":
            self.wristband = said["patient"]
        elif one.type == "CollectionCompleted":
            self.holder = said["at"]
        elif one.type == "CustodyAccepted":
            self._handed_over(one)
        elif one.type == "ContainersDerived":
            _require(self.holder == said["at"], one, "was made of a bag that was not there")
        elif one.type == "InfusionChecked":
            _require(said["patient"] == self.wristband, one, "was checked against another wristband")
        else:
            here = self.holder is not None and self.holder["site"] == said["site"]
            _require(here, one, "was infused where it was not")

    def _handed_over(self, accepted: Said) -> None:
        """Each giver is the last receiver, and each acceptance has its release."""
        said = accepted.payload
        released = self.by_id.get(said["release"])
        members = ("giver", "receiver", "containers")
        paired = released is not None and all(released.payload[name] == said[name] for name in members)
        _require(paired, accepted, "was accepted without the release that it names")
        _require(self.holder == said["giver"], accepted, "was handed over by somebody who did not hold it")
        self.holder = said["receiver"]


def _require(holds: bool, one: Said, what: str) -> None:
    if not holds:
        raise Broken(f"entry {one.position}: the bag {what}")


def _step(one: Said) -> str:
    said, who = one.payload, one.signer.capitalize()
    if one.type == "PatientIdentified":
        return f"{who} read the patient's wristband"
    if one.type == "CollectionCompleted":
        return f"{who} collected {bags(said['containers'])}"
    if one.type == "CustodyAccepted":
        return f"{party(said['giver'])} → {party(said['receiver'])}, taken over by {who}"
    if one.type == "ContainersDerived":
        return f"{who} made {bags(said['children'])} of {bags(said['parents'])} ({said['how']})"
    return f"{who} {AT_BEDSIDE[one.type]} {bags([said['container']])}"


def _names(containers: Sequence[Payload]) -> list[str]:
    return [str(one["container"]) for one in containers]
