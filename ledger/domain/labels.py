"""What is wrong with a fact about labels, and with a label that was read from a bag.

A label may be printed and applied before its container comes to be: that alone is no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ledger.domain.label_state import Printing, void_since

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.findings import Found
    from ledger.domain.label_events import (
        LabelApplied,
        LabelDestroyed,
        LabelIssued,
        LabelPrinted,
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


def printed(entry: Entry, event: LabelPrinted, chain: Chain, _: World, found: Found) -> None:
    label = chain.labels.get(event.serial)
    if label and label.printings:
        found.add("label_printed_twice", *_meant_for(label))
    _before_use(entry, event.serial, chain, found)


def _before_use(entry: Entry, serial: str, chain: Chain, found: Found) -> None:
    """A label that was printed or tried out, and is on no container yet."""
    label = chain.labels.get(serial)
    if label is None or label.issued is None:
        found.add("label_not_issued")
    since = void_since(label, chain) if label else None
    if label and since and since <= entry.event.occurred_at:
        found.add("label_voided", *_meant_for(label))


def _meant_for(label: PrintedLabel) -> tuple[str, ...]:
    return (label.belongs_to,) if label.belongs_to else ()


def applied(entry: Entry, event: LabelApplied, chain: Chain, world: World, found: Found) -> None:
    _used(entry, event.serial, event.container, chain, world, found)
    label = chain.labels.get(event.serial)
    if label and label.replaces and label.issued and label.issued.signer == entry.signer:
        found.add("same_signer", event.container)


def scanned_back(entry: Entry, event: LabelScannedBack, chain: Chain, world: World, found: Found) -> None:
    if event.container:
        _used(entry, event.serial, event.container, chain, world, found)
    else:
        _before_use(entry, event.serial, chain, found)
    label = chain.labels.get(event.serial)
    names = (event.container,) if event.container else _meant_for(label) if label else ()
    if event.outcome == "unreadable":
        found.add("label_unreadable", *names)
    if event.outcome == "wrong_content":
        found.add("label_wrong_content", *names)


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
        for where in _used_after(when, label) if label else ():
            found.add("label_voided", *where)


def _used_after(when: str, label: PrintedLabel) -> Iterator[tuple[str, ...]]:
    """The container of each later use; empty: a label for no container yet was printed or tried."""
    for use in (*label.uses, *label.printings):
        if use.moment.occurred_at > when:
            container = None if isinstance(use, Printing) else use.container
            yield (container,) if container else _meant_for(label)


def _used(entry: Entry, serial: str, container: str, chain: Chain, world: World, found: Found) -> None:
    _not_elsewhere((container,), chain, world, found)
    read((serial,), (container,), entry, chain, found)


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
