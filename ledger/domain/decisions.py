"""Decisions on a therapy: order, disposition, release, blind check, authorisation.

A decision names the chain version that its signer saw. If an entry that touches its gates
came later, it is refused as stale: nobody's signature is put under what they did not see.
A blind check reads nothing but the order, so that the first person's check never makes the
second's stale, nor tells what it found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ledger.domain import handling, labels, quality_decisions
from ledger.domain.chain import Chain, Group
from ledger.domain.erasure import check_erasure
from ledger.domain.esignatures import require_esignature
from ledger.domain.gates import (
    Gate,
    availability_gates,
    infusion_gates,
    lymphodepletion_gates,
)
from ledger.domain.linking import check_link
from ledger.domain.overrides import NEEDED, require_overridable
from ledger.domain.parts import ChainDecision
from ledger.domain.policy import POLICY, is_qualified
from ledger.domain.registry_rules import require_permission, require_sites
from ledger.domain.standing import has_part_in, may_read_chain
from ledger.domain.times import timestamp
from ledger.errors import Conflict, GateFailed, NotPermitted, Refused, StaleView

if TYPE_CHECKING:
    from ledger.domain.bedside_events import InfusionAuthorised, InfusionChecked
    from ledger.domain.findings import Found
    from ledger.domain.handling_events import QuarantineLifted
    from ledger.domain.readiness_events import (
        AvailabilityConfirmed,
        EmergencyOverride,
        LymphodepletionAuthorised,
        OverrideConfirmed,
    )
    from ledger.domain.registry import Agent
    from ledger.domain.therapy_events import DeviationDispositioned, TherapyClosed, TherapyOrdered
    from ledger.domain.world import Entry, World

# What gates of a dose read, wherever it is; and what those at the bedside read beside it.
_OF_DOSE: tuple[Group, ...] = (
    "order",
    "container",
    "label",
    "deviation",
    "quarantine",
    "temperature",
    "result",
    "identity",
    "material",
    "release",
    "infusion",
)
_AT_BEDSIDE: tuple[Group, ...] = (*_OF_DOSE, "custody", "thaw", "consent", "fitness", "override")
# What each decision's gates read: an entry that touches one of these makes the view stale.
READS: dict[str, tuple[Group, ...]] = {
    "ChainLinked": ("order",),  # what it takes, it restates
    "DeviationDispositioned": (),  # reads one deviation, which must be in view
    "QuarantineLifted": (),  # reads one quarantine, which must be in view
    "BatchConfirmed": ("order", "container", "release"),
    "Released": _OF_DOSE,
    "ReleasedPendingResults": _OF_DOSE,
    "OutOfSpecificationRequested": ("order", "container", "result", "release"),
    "ReleasedOutOfSpecification": _OF_DOSE,
    "Rejected": (),  # nothing that comes later makes it wrong
    "PatientFitnessConfirmed": ("order", "fitness"),
    "AvailabilityConfirmed": (*_OF_DOSE, "custody"),
    "LymphodepletionAuthorised": (*_OF_DOSE, "custody", "consent", "fitness", "availability"),
    "EmergencyOverride": _AT_BEDSIDE,
    "OverrideConfirmed": _AT_BEDSIDE,
    "InfusionChecked": ("order",),
    "InfusionAuthorised": (*_AT_BEDSIDE, "check"),
    "TherapyClosed": ("infusion",),
    "LateStatementAttested": (),
    "PersonalDataErased": ("order", "container", "release", "infusion"),
    "TherapyExportRequested": (),  # names the very version, or is refused: `check_export`
}
# What Quality still has to finish when a therapy is over; and its evidence is taken away.
AFTER_THE_END = frozenset(
    {
        "DeviationDispositioned",
        "QuarantineLifted",
        "Rejected",
        "LateStatementAttested",
        "TherapyExportRequested",
        "PersonalDataErased",
    }
)


WITHOUT_AN_ORDER = frozenset({"PersonalDataErased"})  # also of a provisional chain


def check_order(entry: Entry, agent: Agent, world: World) -> None:
    """Raises `Conflict` `chain_exists`, `NotPermitted`, `Refused` (what does not fit)."""
    event: Any = entry.event
    require_permission(entry, agent, world)  # first: what exists is for those to know who may ask
    if world.chain(_coi(entry)).is_open:
        raise Conflict("chain_exists", f"{entry.stream} was ordered before")
    _require_product(event, world)
    sites = event.sites
    require_sites((sites.collection, sites.treatment, *sites.manufacturing, *sites.couriers), world)
    if len({one.field for one in event.patient}) < len(event.patient):
        raise Refused("identifiers_repeat", "each patient identifier may be given once")


def _require_product(event: TherapyOrdered, world: World) -> None:
    product = world.product(event.product.product)
    version = product.versions.get(event.product.version) if product else None
    if version is None:
        wanted = f"{event.product.product} version {event.product.version}"
        raise Refused("unknown_product_version", f"{wanted} was never defined")
    if event.country not in version.rules.countries:
        raise Refused("country_not_covered", f"{version.rules.name} may not be given in {event.country}")
    inactive = sorted(set(event.sites.manufacturing) - set(version.rules.sites))
    if inactive:
        detail = f"{', '.join(inactive)} may not make {version.rules.name}"
        raise Refused("site_not_active_for_product", detail)


def check_chain_decision(entry: Entry, agent: Agent, world: World, found: Found) -> None:
    """Everything that a `ChainDecision` needs; what a mismatched check finds goes to `found`.

    Raises `Refused` `chain_not_opened`, `chain_closed`, `esignature_required`, `passkey_required`;
    `NotPermitted` `not_permitted`, `not_qualified`; `Conflict` `unknown_checkpoint`;
    `StaleView` `stale_view`, `view_from_future`; and what the decision's own check raises.
    """
    event: Any = entry.event
    chain = world.chain(_coi(entry))
    opened = chain.is_open or (event.type in WITHOUT_AN_ORDER and chain.provisional is not None)
    if not opened or not has_part_in(agent, chain, world):  # a stranger learns nothing
        raise Refused("chain_not_opened", f"no therapy of yours was ordered under {_coi(entry)!r}")
    require_permission(entry, agent, world)
    if chain.closed is not None and event.type not in AFTER_THE_END:
        raise Refused("chain_closed", f"this therapy was closed at position {chain.closed}")
    if not is_qualified(entry, agent, timestamp(entry.recorded_ms)):
        needed = POLICY[event.type].qualification
        raise NotPermitted("not_qualified", f"{event.type} needs the qualification {needed!r}, not run out")
    require_esignature(entry, chain, world)
    if event.seen is None:
        raise Conflict("unknown_checkpoint", "a decision on a therapy names the checkpoint that it saw")
    _require_fresh_view(event, chain)
    _CHECKS[event.type](entry, event, world, found)


def check_export(entry: Entry, agent: Agent, world: World) -> None:
    """Who reads a therapy may take its evidence away. The request counts the entries exactly, so
    that nobody who passes the evidence on can leave one out unseen.

    Raises `Refused` `chain_not_opened`; `NotPermitted`; `Conflict` `unknown_checkpoint`; `StaleView`.
    """
    event: Any = entry.event
    chain = world.chain(_coi(entry))
    if not chain.version or not may_read_chain(agent, world, chain):  # a stranger learns nothing
        raise Refused("chain_not_opened", f"no therapy of yours was ordered under {_coi(entry)!r}")
    require_permission(entry, agent, world)
    if event.seen is None:
        raise Conflict("unknown_checkpoint", "a decision on a therapy names the checkpoint that it saw")
    if event.chain_version > chain.version:
        raise _from_future(event, chain)
    if event.chain_version < chain.version:
        raise _stale(event, chain)


def _require_fresh_view(event: ChainDecision, chain: Chain) -> None:
    if event.chain_version > chain.version:
        raise _from_future(event, chain)
    if chain.touched_since(event.chain_version, READS[event.type]):
        raise _stale(event, chain)


def _from_future(event: ChainDecision, chain: Chain) -> StaleView:
    detail = f"this therapy has {chain.version} entries, not {event.chain_version}"
    return StaleView("view_from_future", detail, chain_version=chain.version)


def _stale(event: ChainDecision, chain: Chain) -> StaleView:
    detail = f"entries after {event.chain_version} change what this decision rests on: look again"
    return StaleView("stale_view", detail, chain_version=chain.version)


def _dispositioned(entry: Entry, event: DeviationDispositioned, world: World, _: Found) -> None:
    chain = world.chain(_coi(entry))
    deviation = chain.deviations.get(event.deviation)
    if deviation is None:
        raise Refused("unknown_deviation", f"{event.deviation} is no deviation of this therapy")
    if deviation.version > event.chain_version:
        raise _stale(event, chain)
    if not deviation.is_open:
        raise Conflict("already_dispositioned", f"{event.deviation} was {deviation.disposition} before")


def _quarantine_lifted(entry: Entry, event: QuarantineLifted, world: World, _: Found) -> None:
    chain = world.chain(_coi(entry))
    quarantine = chain.quarantines.get(event.quarantine)
    if quarantine is None:
        raise Refused("unknown_quarantine", f"{event.quarantine} is no quarantine of this therapy")
    if quarantine.version > event.chain_version:
        raise _stale(event, chain)
    if not quarantine.holds:
        raise Conflict("already_lifted", f"{event.quarantine} was lifted at position {quarantine.lifted}")


def _gated(check: Callable[[Entry, Any, World], list[Gate]]) -> Callable[[Entry, Any, World, Found], None]:
    """Quality's decisions answer with their gates."""
    return lambda entry, event, world, _: _require_gates(check(entry, event, world))


def _authorised(entry: Entry, event: InfusionAuthorised, world: World, _: Found) -> None:
    _require_gates(infusion_gates(world, _coi(entry), event.container, event.site, entry.recorded_ms))


def _available(entry: Entry, event: AvailabilityConfirmed, world: World, _: Found) -> None:
    _require_gates(availability_gates(world, _coi(entry), event.containers, event.site, entry.recorded_ms))


def _lymphodepletion(entry: Entry, event: LymphodepletionAuthorised, world: World, _: Found) -> None:
    _require_gates(lymphodepletion_gates(world, _coi(entry), event.site, entry.recorded_ms))


def _overridden(entry: Entry, event: EmergencyOverride, world: World, _: Found) -> None:
    """Only what stops the bag now may be overridden: nobody overrides what they cannot see."""
    coi = _coi(entry)
    require_overridable(world.chain(coi), event.container, event.gates)
    gates = infusion_gates(world, coi, event.container, event.site, entry.recorded_ms)
    _require_gates([gate for gate in gates if gate.name in NEEDED])
    idle = [gate.name for gate in gates if gate.name in event.gates and not gate.stops]
    if idle:
        raise Refused("gate_not_failed", f"{', '.join(idle)}: override only a gate that stops the bag")


def _override_confirmed(entry: Entry, event: OverrideConfirmed, world: World, found: Found) -> None:
    chain = world.chain(_coi(entry))
    override = chain.readiness.overrides.get(event.override)
    if override is None:
        raise Refused("unknown_override", f"{event.override} is no override of this therapy")
    if override.version > event.chain_version:
        raise _stale(event, chain)
    if override.confirmed is not None:
        raise Conflict("already_confirmed", f"{event.override} was confirmed by {override.confirmed_by}")
    if override.signer == entry.signer:
        raise NotPermitted("same_signer", "another person than the one who overrides has to confirm it")
    found.add("emergency_override", override.container)


def _require_gates(gates: list[Gate]) -> None:
    failed = [gate for gate in gates if gate.stops]
    if failed:
        names = ", ".join(gate.name for gate in failed)
        raise GateFailed(
            "gate_failed", f"{names}: {failed[0].detail}", gates=[one.as_dict() for one in gates]
        )


def _checked(entry: Entry, event: InfusionChecked, world: World, found: Found) -> None:
    """A mismatch is recorded, not refused: it is the finding that matters most."""
    chain = world.chain(_coi(entry))
    if event.method == "typed" and event.typed_reason is None:
        raise Refused("typed_without_reason", "say why it was typed instead of scanned")
    container = chain.containers.get(event.container)
    if container is None:
        found.add("identity_mismatch")  # a stranger's bag is at this patient's bed: all stops
    elif not chain.matches(event.patient) or event.component not in (None, container.component):
        found.add("identity_mismatch", event.container)
    labels.read((event.label,) if event.label else (), (event.container,), entry, chain, found)


def _closed(entry: Entry, _: TherapyClosed, world: World, found: Found) -> None:
    """Not while something runs into the patient's arm. What was left undone is told."""
    chain = world.chain(_coi(entry))
    running = sorted(one.id for one in chain.containers.values() if one.status in ("infusing", "paused"))
    if running:
        raise Refused("infusion_under_way", f"{', '.join(running)}: record how the infusion ended first")
    labels.find_astray(chain, found)
    handling.find_unwitnessed(chain, found)


def _nothing_more(_: Entry, __: Any, ___: World, ____: Found) -> None:
    """A physician's finding rests on no gate; an attestation has no authority of its own."""


_CHECKS: dict[str, Callable[[Entry, Any, World, Found], None]] = {
    "ChainLinked": check_link,
    "DeviationDispositioned": _dispositioned,
    "QuarantineLifted": _quarantine_lifted,
    "PatientFitnessConfirmed": _nothing_more,
    "AvailabilityConfirmed": _available,
    "LymphodepletionAuthorised": _lymphodepletion,
    "EmergencyOverride": _overridden,
    "OverrideConfirmed": _override_confirmed,
    "BatchConfirmed": _gated(quality_decisions.confirmed),
    "Released": _gated(quality_decisions.released),
    "ReleasedPendingResults": _gated(quality_decisions.released_pending),
    "OutOfSpecificationRequested": _gated(quality_decisions.requested),
    "ReleasedOutOfSpecification": _gated(quality_decisions.released_out_of_specification),
    "Rejected": _gated(quality_decisions.rejected),
    "InfusionChecked": _checked,
    "InfusionAuthorised": _authorised,
    "TherapyClosed": _closed,
    "LateStatementAttested": _nothing_more,
    "PersonalDataErased": check_erasure,
}


def _coi(entry: Entry) -> str:
    return entry.stream.removeprefix("chain/")
