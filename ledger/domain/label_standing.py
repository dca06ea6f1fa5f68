"""What a label that somebody reads off a bag is worth now: genuine, and still in force?

The check in its link, or rather the commitment to it, leads to the entry that issued it.
Of a provisional chain that was linked, what either chain says of the label counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.domain.label_state import is_in_effect, label_on, latest, void_since
from ledger.domain.provisional import before_order

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.label_events import LabelIssued
    from ledger.domain.label_state import LabelState, PrintedLabel
    from ledger.domain.world import Entry, World

Status = Literal[
    "issued", "printed", "scanned_back", "applied", "not_applied",
    "voided", "destroyed", "returned", "replaced", "doubtful",
]  # fmt: skip
_HOW_FAR: tuple[LabelState, ...] = (
    "issued", "printed", "scanned_back", "applied", "voided", "destroyed", "returned",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """`current`: nothing ended it, and no other label is in force on the container.

    `not_applied`: it was issued for a container that has another label in force, and nobody has said
    that it was put on: a reprint on its way, or one too many.
    `doubtful`: two labels were issued under its serial, it was read back with wrong content,
    it is said to be on two containers or on another than its link names, or it is a reprint that
    only its own issuer put on.
    `position`: the entry that issued it.
    """

    status: Status
    current: bool
    position: int


def commits(event: LabelIssued, container: str | None, serial: str, check: str) -> bool:
    """True if the entry issued this serial with this commitment, for this container."""
    return event.container == container and (serial, check) in zip(
        event.serials, event.checks or (), strict=False
    )


def standing_of(issued: Entry, serial: str, world: World) -> Standing:
    """How the label stands that this `LabelIssued` entry issued under this serial."""
    chains = _chains_of(issued, world)
    known = [(chain.labels[serial], chain) for chain in chains if serial in chain.labels]
    first = known[0][0] if known else None
    if first is None or first.issued is None or first.issued.position != issued.position:
        return Standing("doubtful", False, issued.position)
    if any(void_since(label, chain) for label, chain in known):
        return Standing(_ended(known), False, issued.position)
    if not (_says_what_it_should(known) and _is_where_it_should(first, known) and _is_in_force(*known[-1])):
        return Standing("doubtful", False, issued.position)
    if _is_one_too_many(first, known):
        return Standing("not_applied", False, issued.position)
    return Standing(max((one.state for one, _ in known), key=_HOW_FAR.index), True, issued.position)


def _chains_of(issued: Entry, world: World) -> list[Chain]:
    """The chain that issued it, and the therapy that took a provisional chain's containers."""
    coi = issued.stream.removeprefix("chain/")
    chain = world.chain(coi)
    own = before_order(chain) if issued.position < chain.order_position else chain
    source = own or chain
    taken = world.chain(source.linked_to) if source.linked_to else None
    return [one for one in (source, taken) if one is not None]


def _ended(known: list[tuple[PrintedLabel, Chain]]) -> Status:
    state = max((one.state for one, _ in known), key=_HOW_FAR.index)
    return state if any(one.is_out for one, _ in known) else "replaced"


def _is_in_force(label: PrintedLabel, chain: Chain) -> bool:
    """On no container yet; or there the one that was applied last, and put on by who may."""
    on = label_on(label.on, chain) if label.on else None
    return not label.applications or (on is label and is_in_effect(label))


def _is_one_too_many(first: PrintedLabel, known: list[tuple[PrintedLabel, Chain]]) -> bool:
    """Issued for a container that has a label, and not said to be on it."""
    applied = any(label.applications for label, _ in known)
    named = first.container
    return not applied and named is not None and any(label_on(named, chain) for _, chain in known)


def _is_where_it_should(first: PrintedLabel, known: list[tuple[PrintedLabel, Chain]]) -> bool:
    """Never said to be on a second container, nor on another than its link names."""
    places = {use.container for label, _ in known for use in label.applications}
    return len(places | ({first.container} - {None})) <= 1


def _says_what_it_should(known: list[tuple[PrintedLabel, Chain]]) -> bool:
    """By the latest scan, whichever chain it is in: a link does not make wrong content right."""
    scans = [label.last_scan for label, _ in known if label.last_scan]
    return not scans or latest(scans).outcome != "wrong_content"


def check_of(coi: str, serial: str, world: World) -> tuple[PrintedLabel, str] | None:
    """A label that this therapy issued with a check, itself or before it was linked.

    Returns what is known of the label where it was issued, and the commitment; None: no such.
    """
    chain = world.chain(coi)
    sources = [before_order(world.chain(one)) for one in chain.taken_from]
    for one in (chain, *filter(None, sources)):
        label = one.labels.get(serial)
        if label and label.issued and label.check:
            return label, label.check
    return None
