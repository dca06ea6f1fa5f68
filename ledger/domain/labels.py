"""What is wrong with a fact about labels, and with a label that was read from a bag.

A label may be printed and applied before its container comes to be: that alone is no fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.domain.label_state import void_since

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.findings import Found
    from ledger.domain.label_events import (
        LabelApplied,
        LabelDestroyed,
        LabelIssued,
        LabelScannedBack,
        LabelVoided,
    )
    from ledger.domain.label_state import PrintedLabel
    from ledger.domain.world import Entry, World


def issued(entry: Entry, event: LabelIssued, chain: Chain, world: World, found: Found) -> None:
    names = (event.container,) if event.container else ()
    _not_elsewhere(names, chain, world, found)
    known = [label for serial in event.serials if (label := chain.labels.get(serial))]
    repeated = len(set(event.serials)) < len(event.serials)
    if repeated or any(label.issued for label in known):
        found.add("label_serial_reused", *names)
    for label in known:
        _fits(label, names, found)
    if event.replaces:
        _reprinted(entry, event.replaces.serial, known, chain, found)


def _reprinted(
    entry: Entry, replaced: str, known: Sequence[PrintedLabel], chain: Chain, found: Found
) -> None:
    old = chain.labels.get(replaced)
    if old is None or old.issued is None:
        found.add("unknown_label_ended")
    applied = [one for label in known for one in label.applications]
    alone = [one.container for one in applied if one.moment.signer == entry.signer]
    if alone:
        found.add("same_signer", *alone)


def applied(entry: Entry, event: LabelApplied, chain: Chain, world: World, found: Found) -> None:
    _used(entry, event, chain, world, found)
    label = chain.labels.get(event.serial)
    if label and label.replaces and label.issued and label.issued.signer == entry.signer:
        found.add("same_signer", event.container)


def scanned_back(entry: Entry, event: LabelScannedBack, chain: Chain, world: World, found: Found) -> None:
    _used(entry, event, chain, world, found)
    if event.outcome == "unreadable":
        found.add("label_unreadable", event.container)
    if event.outcome == "wrong_content":
        found.add("label_wrong_content", event.container)


def voided(_: Entry, event: LabelVoided, chain: Chain, __: World, found: Found) -> None:
    _ended((event.serial,), event.occurred_at, chain, found)


def destroyed(_: Entry, event: LabelDestroyed, chain: Chain, __: World, found: Found) -> None:
    _ended(event.serials, event.occurred_at, chain, found)


def _ended(serials: Sequence[str], when: str, chain: Chain, found: Found) -> None:
    """Use after the end is told by whichever of the two arrives last."""
    for serial in serials:
        label = chain.labels.get(serial)
        if label is None or label.issued is None:
            found.add("unknown_label_ended")
        late = [use.container for use in (label.uses if label else ()) if use.moment.occurred_at > when]
        if late:
            found.add("label_voided", *late)


def _used(
    entry: Entry, event: LabelApplied | LabelScannedBack, chain: Chain, world: World, found: Found
) -> None:
    names = (event.container,)
    _not_elsewhere(names, chain, world, found)
    read((event.serial,), names, entry, chain, found)


def read(serials: Sequence[str], containers: Sequence[str], entry: Entry, chain: Chain, found: Found) -> None:
    """Serials that somebody read from these containers: issued here, not voided, and theirs.

    A bag's cassette has a label of its own, which may be read in its place.
    """
    cassettes = {one.inside for name in containers if (one := chain.containers.get(name)) and one.inside}
    for serial in serials:
        label = chain.labels.get(serial)
        if label is None or label.issued is None:
            found.add("label_unknown", *containers)
        if label:
            since = void_since(label, chain)
            if since and since <= entry.event.occurred_at:
                found.add("label_voided", *containers)
            if label.belongs_to not in cassettes:
                _fits(label, containers, found)


def _fits(label: PrintedLabel, containers: Sequence[str], found: Found) -> None:
    """A label that is on one container, or meant for one, is not used on another."""
    places = {one.container for one in label.applications} or {label.container} - {None}
    if containers and not places <= set(containers):
        found.add("label_on_other_container", *containers, *sorted(filter(None, places)))


def _not_elsewhere(names: Sequence[str], chain: Chain, world: World, found: Found) -> None:
    for name in names:
        if world.chain_of_container(name) not in (None, chain.coi):
            found.add("container_known_elsewhere", name)


def find_astray(chain: Chain, found: Found) -> None:
    """Asked when the therapy is closed: every label has come to an end that is on record."""
    astray = [label for label in chain.labels.values() if label.is_astray]
    if astray:
        found.add("labels_unreconciled")
