"""What a container may be used for now, and what its readings and checks are worth: as the gates say it.

The same conditions that stop a release or an infusion, so that a partner's system is not told of an
available bag that this one would not let through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.conditions import (
    CHECKS_NEEDED,
    Look,
    no_blocking_deviation,
    not_expired,
    not_quarantined,
    released,
)
from ledger.domain.label_state import label_on, labels_of, void_since
from ledger.domain.materials import lots_in_force
from ledger.domain.readings import holds_band, is_sound
from ledger.domain.temperature_rules import profiles_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Check, Container
    from ledger.domain.readings import Series
    from ledger.domain.world import World

AVAILABLE = "available"


class Outlook(NamedTuple):
    """The world beside the therapy, and the ledger time of what is told."""

    world: World
    now_ms: int


def state_of(one: Container, chain: Chain, outlook: Outlook) -> str:
    """`available`, or the first thing that keeps anybody from using it."""
    if one.is_gone or one.is_lost:
        return one.status if one.is_gone else "lost"
    if chain.is_rejected(one.id):
        return "rejected"
    look = Look(outlook.world, chain, one.id, "", outlook.now_ms)
    stops = {
        "quarantined": not_quarantined,
        "stopped by a deviation": no_blocking_deviation,
        "expired": not_expired,
        "made with a recalled lot": lots_in_force,
    } | ({"not released": released} if chain.made_at(one.id) is not None else {})
    return next((state for state, condition in stops.items() if not condition(look).passed), AVAILABLE)


def is_fit(series: Series, chain: Chain, outlook: Outlook) -> bool:
    """Its instrument can prove what it says, about the product's band where there is one."""
    profiles = [one for one in profiles_of(chain, outlook.world) if one.phase == series.phase]
    in_reach = all(holds_band(series.range, one) for one in profiles)
    return in_reach and is_sound(series) and series.signature != "failed"


def is_matched(one: Container, chain: Chain) -> bool | None:
    """Two people read this patient and this bag, and its label was in force. None: nobody read yet."""
    checks = list(one.checks.values())
    if not checks:
        return None
    site = checks[-1].site
    here = [check for check in checks if check.site == site]
    right = all(check.matches and check.component in (None, one.component) for check in checks)
    return right and len(here) >= CHECKS_NEEDED and _read_its_label(one, checks, chain)


def _read_its_label(one: Container, checks: list[Check], chain: Chain) -> bool:
    """As `label_conditions.label_valid`; of a bag that was given, as it was when the infusion began."""
    known, read = list(labels_of(one.id, chain)), {check.label for check in checks}
    if not known:
        return read == {None}
    label = next((label for label in known if read == {label.serial}), None)
    if (
        label is None
        or label.on != one.id
        or (label.last_scan and label.last_scan.outcome == "wrong_content")
    ):
        return False
    ended = void_since(label, chain)
    if ended is None:
        return label_on(one.id, chain) is label or one.infusion_start is not None
    return one.infusion_start is not None and ended > one.infusion_start.occurred_at
