"""What is known of one printed label, and of the labels on a container.

As everywhere, statements may arrive in any order: a label may be applied, by what the log
says so far, before it was issued. `issued` is then None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from ledger.domain.container import Moment

if TYPE_CHECKING:
    from ledger.domain.chain import Chain


End = Literal["voided", "destroyed", "returned", "replaced"]
LabelState = Literal["issued", "printed", "scanned_back", "applied", "voided", "destroyed", "returned"]


class Printing(NamedTuple):
    """A printer or a file took it."""

    template: str
    medium: str
    dpi: int
    digest: str
    moment: Moment


class Application(NamedTuple):
    """It was put on this container."""

    container: str
    moment: Moment


class Scan(NamedTuple):
    """It was read back, from this container; None: from its backing, before it was on any."""

    container: str | None
    outcome: str
    moment: Moment


@dataclass(slots=True)
class PrintedLabel:
    """`container`: what it was issued for; None: ahead of need. `replaces`: the serial before it.

    `check`: the commitment to the check in its link; None: it has no link.
    """

    serial: str
    issued: Moment | None = None
    container: str | None = None
    replaces: str | None = None
    check: str | None = None
    reprints: set[str] = field(default_factory=set)  # serials that were issued to replace it
    printings: list[Printing] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    voided: Moment | None = None
    destroyed: Moment | None = None
    fate: str = ""  # of what is destroyed: destroyed, or returned_unused

    @property
    def state(self) -> LabelState:
        """How far it has come, by what is said of the label itself."""
        if self.destroyed:
            return "returned" if self.fate == "returned_unused" else "destroyed"
        if self.voided:
            return "voided"
        if self.applications:
            return "applied"
        return "scanned_back" if self.scans else "printed" if self.printings else "issued"

    @property
    def is_out(self) -> bool:
        return bool(self.voided or self.destroyed)

    @property
    def uses(self) -> list[Application | Scan]:
        return [*self.applications, *self.scans]

    @property
    def is_astray(self) -> bool:
        """Issued, and neither applied nor voided nor destroyed: nobody knows where it is."""
        return self.issued is not None and not (self.applications or self.is_out)

    @property
    def printed_ahead_at(self) -> str | None:
        """The site that printed it for no container yet."""
        return self.issued.site if self.issued and self.container is None else None

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
        return latest(self.scans) if self.scans else None


def latest(scans: Sequence[Scan]) -> Scan:
    """The latest; of two at one moment the worse counts."""
    return max(scans, key=lambda one: (one.moment.occurred_at, one.outcome))


def void_since(label: PrintedLabel, chain: Chain) -> str | None:
    """When it was voided, destroyed, or replaced by a reprint that took effect; None: it stands."""
    ends = [one.occurred_at for one in (label.voided, label.destroyed) if one]
    known = (chain.labels.get(serial) for serial in label.reprints)
    ends += [when for one in known if one and (when := _in_effect_since(one))]
    return min(ends, default=None)


def end_of(label: PrintedLabel, chain: Chain) -> End | None:
    """Why it must not be used again; None: it stands."""
    if void_since(label, chain) is None:
        return None
    return cast("End", label.state) if label.is_out else "replaced"


def is_in_effect(label: PrintedLabel) -> bool:
    """Applied; a reprint by somebody else than its issuer."""
    return _in_effect_since(label) is not None


def _in_effect_since(label: PrintedLabel) -> str | None:
    issuer = label.issued.signer if label.issued and label.replaces else None
    times = [one.moment.occurred_at for one in label.applications if one.moment.signer != issuer]
    return min(times, default=None)


def labels_of(container: str, chain: Chain) -> Iterator[PrintedLabel]:
    """Every label that was issued for the container or put on it."""
    for label in chain.labels.values():
        if label.container == container or any(one.container == container for one in label.applications):
            yield label


def label_on(container: str, chain: Chain) -> PrintedLabel | None:
    """The label in force on the container: the one that was applied last, of those not void."""
    here = [one for one in labels_of(container, chain) if one.on == container and is_in_effect(one)]
    standing = [one for one in here if void_since(one, chain) is None]
    return max(standing, key=lambda one: (_applied_at(one), one.serial), default=None)


def _applied_at(label: PrintedLabel) -> str:
    return max(one.moment.occurred_at for one in label.applications)


def unaccounted(containers: set[str], chain: Chain) -> list[PrintedLabel]:
    """Labels for these containers, or printed ahead of need where they were made, that are nowhere."""
    known = (chain.containers.get(name) for name in containers)
    made_at = {one.custody.origin.site for one in known if one and one.custody.origin}
    return [
        label
        for label in chain.labels.values()
        if label.is_astray and (label.container in containers or label.printed_ahead_at in made_at)
    ]
