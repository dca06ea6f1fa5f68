"""What is known of one printed label, and of the labels on a container.

As everywhere, statements may arrive in any order: a label may be applied, by what the log
says so far, before it was issued. `issued` is then None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.container import Moment

if TYPE_CHECKING:
    from ledger.domain.chain import Chain


class Application(NamedTuple):
    """It was put on this container."""

    container: str
    moment: Moment


class Scan(NamedTuple):
    """It was read back from this container after it was applied."""

    container: str
    outcome: str
    moment: Moment


@dataclass(slots=True)
class PrintedLabel:
    """`container`: what it was issued for; None: ahead of need. `replaces`: the serial before it."""

    serial: str
    issued: Moment | None = None
    container: str | None = None
    replaces: str | None = None
    reprints: set[str] = field(default_factory=set)  # serials that were issued to replace it
    applications: list[Application] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    voided: Moment | None = None
    destroyed: Moment | None = None

    @property
    def is_out(self) -> bool:
        return bool(self.voided or self.destroyed)

    @property
    def on(self) -> str | None:
        """The container that it is on: the latest said; None if two are said at one moment."""
        latest = max((one.moment.occurred_at for one in self.applications), default="")
        places = {one.container for one in self.applications if one.moment.occurred_at == latest}
        return places.pop() if len(places) == 1 else None

    @property
    def belongs_to(self) -> str | None:
        """The container that it is on, or is meant for."""
        return self.on if self.applications else self.container

    @property
    def last_scan(self) -> Scan | None:
        """The latest; of two at one moment the worse counts."""
        return max(self.scans, key=lambda one: (one.moment.occurred_at, one.outcome), default=None)


def is_void(label: PrintedLabel, chain: Chain) -> bool:
    """Voided, destroyed, or replaced by a reprint that somebody else applied."""
    if label.is_out:
        return True
    known = (chain.labels.get(serial) for serial in label.reprints)
    return any(one is not None and one.applications and not is_self_made(one) for one in known)


def is_self_made(label: PrintedLabel) -> bool:
    """A reprint that nobody but its own issuer applied: it lacks the second person."""
    if label.replaces is None or label.issued is None:
        return False
    others = {one.moment.signer for one in label.applications} - {label.issued.signer}
    return bool(label.applications) and not others


def labels_of(container: str, chain: Chain) -> Iterator[PrintedLabel]:
    """Every label that was issued for the container or put on it."""
    for label in chain.labels.values():
        if label.container == container or any(one.container == container for one in label.applications):
            yield label


def label_on(container: str, chain: Chain) -> PrintedLabel | None:
    """The label in force on the container: the one that was applied last, of those not void."""
    here = [one for one in labels_of(container, chain) if one.on == container and not is_void(one, chain)]
    return max(here, key=lambda one: (_applied_at(one), one.serial), default=None)


def _applied_at(label: PrintedLabel) -> str:
    return max(one.moment.occurred_at for one in label.applications)


def unaccounted(containers: set[str], chain: Chain) -> list[PrintedLabel]:
    """Issued for these containers or ahead of need where they were made, and nobody knows where it is.

    A label is accounted for when it was applied, voided or destroyed.
    """
    known = (chain.containers.get(name) for name in containers)
    made_at = {one.custody.origin.site for one in known if one and one.custody.origin}
    return [
        label
        for label in chain.labels.values()
        if label.issued
        and not (label.applications or label.is_out)
        and (label.container in containers if label.container else label.issued.site in made_at)
    ]
