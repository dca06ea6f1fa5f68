"""How what is said of labels changes a chain. As everything in `evolve.py`: fast, total, judging nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.happened import moment
from ledger.domain.label_state import Application, PrintedLabel, Printing, Scan

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Moment
    from ledger.domain.label_events import (
        LabelApplied,
        LabelDestroyed,
        LabelIssued,
        LabelPrinted,
        LabelScannedBack,
        LabelVoided,
    )
    from ledger.domain.parts import LinkedContainer
    from ledger.domain.world import Entry


def issued(chain: Chain, entry: Entry, event: LabelIssued) -> None:
    """The first entry that issues a serial counts; a second one only raises a deviation."""
    checks: list[str | None] = [*event.checks] if event.checks else [None] * len(event.serials)
    for serial, check in zip(event.serials, checks, strict=True):
        label = _label(chain, serial)
        if label.issued is None:
            label.issued, label.container = moment(entry, event.at.site), event.container
            label.check = check
            if event.replaces:
                label.replaces = event.replaces.serial
                _label(chain, label.replaces).reprints.add(serial)


def printed(chain: Chain, entry: Entry, event: LabelPrinted) -> None:
    """No gate rests on it: nobody who looked before has to look again."""
    label = chain.labels.setdefault(event.serial, PrintedLabel(event.serial))
    now = moment(entry, event.at.site)
    label.printings.append(Printing(event.template, event.medium, event.dpi, event.digest, now))


def applied(chain: Chain, entry: Entry, event: LabelApplied) -> None:
    told = Application(event.container, moment(entry, event.at.site))
    _label(chain, event.serial).applications.append(told)


def scanned_back(chain: Chain, entry: Entry, event: LabelScannedBack) -> None:
    told = Scan(event.container, event.outcome, moment(entry, event.at.site))
    _label(chain, event.serial).scans.append(told)


def voided(chain: Chain, entry: Entry, event: LabelVoided) -> None:
    label = _label(chain, event.serial)
    label.voided = _earlier(label.voided, moment(entry, event.at.site))


def destroyed(chain: Chain, entry: Entry, event: LabelDestroyed) -> None:
    for serial in event.serials:
        label = _label(chain, serial)
        now = moment(entry, event.at.site)
        first = (now.occurred_at, event.fate)
        if label.destroyed is None or first < (label.destroyed.occurred_at, label.fate):
            label.destroyed, label.fate = now, event.fate


def linked(chain: Chain, entry: Entry, new: LinkedContainer) -> None:
    """The label that a container of a provisional chain brought along."""
    if new.label:
        label, now = _label(chain, new.label), moment(entry, new.at.site)
        label.issued, label.container = label.issued or now, label.container or new.container
        label.applications.append(Application(new.container, now))


def _earlier(known: Moment | None, new: Moment) -> Moment:
    """A label ends once: of two ends the first counts."""
    return new if known is None or new.occurred_at < known.occurred_at else known


def _label(chain: Chain, serial: str) -> PrintedLabel:
    chain.touched["label"] = chain.version
    return chain.labels.setdefault(serial, PrintedLabel(serial))
