"""What visitors hold before a camera, or type: badges, wristbands, the codes of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clients.demo.cast import FOURTH, OFFERED, SECOND, THIRD, Patient
from clients.demo.visitors import VISITORS

LABELS = "labels"  # the folder of labels as they were printed


@dataclass(frozen=True, slots=True)
class Codes:
    """The server's hands: what draws a QR code as PNG, and what reads those in a picture."""

    draw: Callable[[str], bytes]
    read: Callable[[bytes], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Card:
    """One code: `text` is in it, `typed` is what one types instead. `path`, `label`: in the folder."""

    title: str
    text: str
    typed: str
    path: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Codes for one errand."""

    title: str
    about: str
    cards: Sequence[Card]


def badge(agent: str) -> str:
    return f"UBB1:{agent}"


def wristband(patient: Patient) -> str:
    """As the bedside's screens read it unless a hospital says otherwise: `record_number|birth_date`."""
    return f"{patient.identifiers['record_number']}|{patient.identifiers['birth_date']}"


def typed() -> list[tuple[str, str]]:
    """What is needed at the bed and on the road, for those without a camera."""
    return [
        (f"{THIRD.called}'s bags", "   ".join(OFFERED)),
        (f"{FOURTH.called}'s wristband", wristband(FOURTH)),
        (f"{FOURTH.called}'s bags", "   ".join(FOURTH.doses)),
        ("Nora's badge", badge("nora")),
    ]


def draw_codes(folder: Path, codes: Codes) -> list[Group]:
    """Draw every code into the folder, which has the labels already; what was drawn, group by group."""
    groups = [*_groups(folder, codes)]
    for card in (card for group in groups for card in group.cards):
        path = folder / card.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(codes.draw(card.text))
    return groups


def _groups(folder: Path, codes: Codes) -> Iterator[Group]:
    def bag(name: str) -> Card:
        """Its code says what the printed label's says, since it is read from there."""
        label = f"{LABELS}/{name}.png"
        link = next(text for text in codes.read((folder / label).read_bytes()) if "/B/" in text)
        return Card(f"Bag {name}", link, name, f"codes/{name}.png", label)

    (other,) = SECOND.doses
    third, fourth = THIRD.called, FOURTH.called
    yield Group(f"{third}: on offer to Kit", "Take both over, or refuse one.", [bag(one) for one in OFFERED])
    yield Group(
        "Badges", "At the bed, everybody scans their own badge first.", [_badge(one) for one in VISITORS]
    )
    yield Group(
        f"{fourth}: on ward 5",
        "Badge, wristband, bag, in that order; and the first bag before the second.",
        [_wristband(FOURTH), *(bag(one) for one in FOURTH.doses)],
    )
    yield Group(
        "What must stop you",
        f"{SECOND.called}'s bag, at {fourth}'s bed: scan it instead of his own.",
        [bag(other)],
    )


def _badge(agent: str) -> Card:
    return Card(agent.capitalize(), badge(agent), badge(agent), f"badges/{agent}.png")


def _wristband(patient: Patient) -> Card:
    text = wristband(patient)
    return Card(f"{patient.called}'s wristband", text, text, f"wristbands/{patient.coi[-6:]}.png")
