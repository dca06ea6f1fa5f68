"""The conditions that labels must meet: the one on the bag, and the count of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.conditions import CHECKS_NEEDED, Outcome, checks_here
from ledger.domain.label_state import label_on, labels_of, unaccounted

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.conditions import Look
    from ledger.domain.label_state import PrintedLabel


def label_valid(look: Look) -> Outcome:
    """The label in force on the bag is the one that both people read from it."""
    if look.container is None:
        return Outcome(False, f"No label of {look.name} is known.")
    known = list(labels_of(look.name, look.chain))
    if not known:
        return Outcome(True, f"No label serial was issued for {look.name}: there is none to compare.")
    label = label_on(look.name, look.chain)
    if label is None:
        detail = f"No valid label is known to be on {look.name}: have a new one printed and applied."
        return Outcome(False, detail, _proof(*known))
    if label.last_scan and label.last_scan.outcome == "wrong_content":
        detail = f"Label {label.serial} does not say what it should: void it, ask Quality."
        return Outcome(False, detail, _proof(label))
    return _read_by_both(look, label)


def _read_by_both(look: Look, label: PrintedLabel) -> Outcome:
    """What one blind check read is not told before there are two."""
    checks = checks_here(look)
    proof = (*_proof(label), *(check.position for check in checks))
    if len(checks) < CHECKS_NEEDED:
        detail = f"Label {label.serial} is on {look.name}: two people must read it, each alone."
        return Outcome(look.patient is not None, detail, _proof(label))
    if any(check.label != label.serial for check in checks):
        detail = f"Both people must read label {label.serial} from {look.name}; not so: stop, look again."
        return Outcome(False, detail, proof)
    return Outcome(True, f"Both people read label {label.serial}, which is in force.", proof)


def labels_reconciled(look: Look) -> Outcome:
    """Each label for the container and those made with it was applied, voided or destroyed."""
    container = look.container
    if container is None:
        return Outcome(False, f"The labels of {look.name} are not known.")
    batch = {one.id for one in look.chain.containers.values() if one.position == container.position}
    astray = unaccounted(batch, look.chain)
    if astray:
        names = ", ".join(sorted(label.serial for label in astray))
        detail = f"Nobody knows where these labels are: {names}. Record where each went."
        return Outcome(False, detail, _proof(*astray))
    issued = _issued_for(batch, look.chain)
    if not issued:
        return Outcome(True, f"No label serial was issued for {look.name} or its batch.")
    return Outcome(True, f"All {len(issued)} labels of the batch are accounted for.", _proof(*issued))


def _issued_for(containers: set[str], chain: Chain) -> list[PrintedLabel]:
    return [label for label in chain.labels.values() if label.issued and label.belongs_to in containers]


def _proof(*labels: PrintedLabel) -> tuple[int, ...]:
    """The entries that say what became of them."""
    moments = [
        moment
        for label in labels
        for moment in (label.issued, label.voided, label.destroyed, *(use.moment for use in label.uses))
        if moment
    ]
    return tuple(sorted(moment.position for moment in moments))
