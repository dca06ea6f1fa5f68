"""How each event changes a chain: fast, total, and judging nothing.

What a fact says is taken as said, because it happened; the deviation that the ledger raises
right behind a fact that breaks a rule is what stops a release or an infusion. One
exception: a hand-over signed by somebody who does not act for its party is taken out of
custody again by that deviation.

The order in which facts arrive does not matter to what they make of a container: custody
resolves itself, drawn volumes add up, and what is said of a container before it came to be
is kept for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ledger.domain import handled, happened, labelled, provisional, readiness, tested
from ledger.domain.container import (
    Batch,
    Container,
    Making,
)
from ledger.domain.custody import Handover, Holder
from ledger.domain.deviation import Deviation, Quarantine
from ledger.domain.erasure import Erased
from ledger.domain.registry import LEDGER

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.erasure_events import PersonalDataErased
    from ledger.domain.handling_events import CustodyRefused, Quarantined, QuarantineLifted
    from ledger.domain.parts import NewContainer, Party
    from ledger.domain.quality_events import SampleTaken
    from ledger.domain.therapy_events import (
        ChainLinked,
        CollectionCompleted,
        ContainersDerived,
        CustodyAccepted,
        CustodyReleased,
        DeviationDispositioned,
        DeviationRaised,
        ManufacturingFailed,
        PatientIdentified,
        TherapyClosed,
        TherapyOrdered,
    )
    from ledger.domain.world import Entry

ALARMS = frozenset({"claim_unanswered", "release_unanswered"})
VOIDS_CUSTODY = "role_not_permitted"


def _ordered(chain: Chain, entry: Entry, event: TherapyOrdered) -> None:
    if chain.provisional:
        provisional.set_aside(chain)
    sites = event.sites
    chain.order = event
    chain.order_position = entry.position
    chain.ordered_by = entry.signer
    chain.commitments = {one.field: one.commitment for one in event.patient}
    chain.planned = frozenset([sites.collection, sites.treatment, *sites.manufacturing, *sites.couriers])
    chain.touched["order"] = chain.version


def _linked(chain: Chain, entry: Entry, event: ChainLinked) -> None:
    """The entry stands in both chains: the provisional one gives, the therapy takes."""
    therapy = entry.stream.removeprefix("chain/")
    source = provisional.before_order(chain) if chain.coi == event.provisional else None
    if source:
        provisional.taken(source, therapy)
    if chain.coi == therapy:
        for new in event.containers:
            _come_to_be(chain, entry, new, new.at, "collection", ())
            labelled.linked(chain, entry, new)
        chain.taken_from.append(event.provisional)


def _identified(chain: Chain, _: Entry, event: PatientIdentified) -> None:
    chain.wristbands.append(event.patient)


def _collected(chain: Chain, entry: Entry, event: CollectionCompleted) -> None:
    for new in event.containers:
        _come_to_be(chain, entry, new, event.at, "collection", ())


def _derived(chain: Chain, entry: Entry, event: ContainersDerived) -> None:
    for drawn in event.parents:
        chain.container(drawn.container).drawn_ul += drawn.volume_ul
    parents = tuple(dict.fromkeys(drawn.container for drawn in event.parents))
    for new in event.children:
        _come_to_be(chain, entry, new, event.at, event.how, parents)
    chain.touched["container"] = chain.version


def _sampled(chain: Chain, entry: Entry, event: SampleTaken) -> None:
    chain.container(event.of.container).drawn_ul += event.of.volume_ul
    tested.sampled(chain, entry, event)
    _come_to_be(chain, entry, event.sample, event.at, "sample", (event.of.container,))
    chain.touched["container"] = chain.version


def _come_to_be(
    chain: Chain, entry: Entry, new: NewContainer, at: Party, made_by: Making, parents: tuple[str, ...]
) -> None:
    """The first entry that makes a container counts; a second one only raises a deviation."""
    if new.container in chain.containers:
        return
    made = chain.mentioned.pop(new.container, None) or Container(new.container)
    made.position, made.made_by, made.parents = entry.position, made_by, parents
    made.made_at = entry.event.occurred_at
    made.din, made.product_code, made.division = new.din, new.product_code, new.division
    made.volume_ul, made.expires_at, made.bag, made.of = new.volume_ul, new.expires_at, new.bag, new.of
    made.component, made.inside = new.component, new.inside
    chain.containers[made.id] = made
    made.custody.begin(Holder(at.site, at.department), entry.position)
    chain.touched["container"] = chain.version
    _custody_changed(chain, made)


def _released_custody(chain: Chain, entry: Entry, event: CustodyReleased) -> None:
    _hand_over(chain, handover_of(entry, event))


def _answered_custody(chain: Chain, entry: Entry, event: CustodyAccepted | CustodyRefused) -> None:
    if event.release:
        chain.answers.setdefault(event.release, []).append(entry.statement_id)
    _hand_over(chain, handover_of(entry, event))


def handover_of(entry: Entry, event: Any) -> Handover:
    """One side of a hand-over, as custody keeps it: a release, an acceptance or a refusal."""
    giver, receiver = event.giver, event.receiver
    accepts, refuses = event.type == "CustodyAccepted", event.type == "CustodyRefused"
    return Handover(
        entry.statement_id,
        Holder(giver.site, giver.department),
        Holder(receiver.site, receiver.department),
        tuple(event.containers),
        None if refuses else event.seal,
        entry.position,
        entry.recorded_ms,
        accepts,
        event.release if accepts or refuses else None,
        event.occurred_at,
        refuses,
        event.seen.size if event.seen else None,
    )


def _hand_over(chain: Chain, statement: Handover) -> None:
    chain.handovers[statement.id] = statement
    for name in dict.fromkeys(statement.containers):
        container = chain.container(name)
        moved = dict(container.custody.moved)
        container.custody.add(statement)
        if container.custody.moved != moved:
            chain.touched["temperature"] = chain.version  # a leg that may ask for evidence
        _custody_changed(chain, container)


def _custody_changed(chain: Chain, container: Container) -> None:
    chain.touched["custody"] = chain.version
    if container.custody.waits:
        chain.waiting.add(container.id)
    else:
        chain.waiting.discard(container.id)


def _manufacturing(chain: Chain, entry: Entry, event: Any) -> None:
    """Started, or started again. The first entry of a batch counts; a second one is a deviation."""
    replaces = event.failed_batch if event.type == "ManufacturingRestarted" else None
    chain.batches.setdefault(
        event.batch, Batch(event.batch, event.at.site, event.platform, entry.position, replaces)
    )
    happened.in_batch(chain, entry, event.batch, event.containers)
    for name in event.containers:
        container = chain.container(name)
        container.in_manufacture = entry.position
        container.into_manufacture.append(happened.moment(entry, event.at.site))


def _batch_failed(chain: Chain, entry: Entry, event: ManufacturingFailed) -> None:
    chain.failed_batches.setdefault(event.batch, entry.position)
    happened.in_batch(chain, entry, event.batch, event.containers)


def _closed(chain: Chain, entry: Entry, event: TherapyClosed) -> None:
    if chain.closed is None:
        chain.closed, chain.closed_at = entry.position, event.occurred_at
        chain.closed_ms = entry.recorded_ms
    chain.touched["order"] = chain.version


def _erased(chain: Chain, entry: Entry, event: PersonalDataErased) -> None:
    if chain.erased is None:
        chain.erased = Erased(
            entry.position, entry.statement_id, entry.signer, event.basis, entry.recorded_ms
        )


def _deviation(chain: Chain, entry: Entry, event: DeviationRaised) -> None:
    deviation = chain.deviations[entry.statement_id] = Deviation(
        entry.statement_id,
        event.code,
        event.severity,
        event.blocking,
        tuple(event.containers),
        event.cause,
        entry.signer,
        entry.position,
        chain.version,
    )
    if deviation.blocking:
        chain.touched["deviation"] = chain.version
    if entry.signer == LEDGER:
        _ledger_raised(chain, deviation)


def _ledger_raised(chain: Chain, deviation: Deviation) -> None:
    if deviation.code in ALARMS:
        # An alarm found by the very statement that ended the waiting leaves no mark.
        for name in deviation.containers or chain.waiting:
            if name in chain.waiting:
                chain.container(name).custody.alarmed.add(deviation.code)
    elif deviation.code == VOIDS_CUSTODY and deviation.cause in chain.handovers:
        statement = chain.handovers.pop(deviation.cause)
        for name in statement.containers:
            chain.container(name).custody.void(statement.id)
            _custody_changed(chain, chain.container(name))


def _dispositioned(chain: Chain, entry: Entry, event: DeviationDispositioned) -> None:
    deviation = chain.deviations.get(event.deviation)
    if deviation and deviation.is_open:
        deviation.disposition = event.disposition
        deviation.disposition_position = entry.position
        about_a_lot = deviation.raised_by != LEDGER or deviation.code.startswith("lot_")
        if event.disposition == "corrected" and deviation.cause and about_a_lot:
            chain.put_right.add(deviation.cause)
        chain.touched["deviation"] = chain.version


def _quarantined(chain: Chain, entry: Entry, event: Quarantined) -> None:
    chain.quarantines[entry.statement_id] = Quarantine(
        entry.statement_id,
        event.reason,
        tuple(event.containers),
        entry.signer,
        entry.position,
        chain.version,
    )
    chain.touched["quarantine"] = chain.version


def _quarantine_lifted(chain: Chain, entry: Entry, event: QuarantineLifted) -> None:
    quarantine = chain.quarantines.get(event.quarantine)
    if quarantine and quarantine.holds:
        quarantine.lifted = entry.position
        chain.touched["quarantine"] = chain.version


# What changes a provisional chain only: a wristband that was read ties its bags to a patient.
ONLY_BEFORE_ORDER = frozenset({"PatientIdentified"})

# An event that is not here counts in the version and changes nothing else: what it says is
# kept by the log, and what is wrong with it comes as a deviation.
HANDLERS: dict[str, Callable[[Chain, Entry, Any], None]] = {
    "TherapyOrdered": _ordered,
    "ConsentRecorded": readiness.consent_recorded,
    "ConsentWithdrawn": readiness.consent_withdrawn,
    "ChainLinked": _linked,
    "PatientIdentified": _identified,
    "CollectionCompleted": _collected,
    "CustodyReleased": _released_custody,
    "CustodyAccepted": _answered_custody,
    "CustodyRefused": _answered_custody,
    "LabelIssued": labelled.issued,
    "LabelPrinted": labelled.printed,
    "LabelApplied": labelled.applied,
    "LabelScannedBack": labelled.scanned_back,
    "LabelVoided": labelled.voided,
    "LabelDestroyed": labelled.destroyed,
    "ReceiptInspected": handled.inspected,
    "Packed": handled.packed,
    "ShipperSwapped": handled.packed,
    "Unpacked": handled.unpacked,
    "Stored": happened.stored,
    "Retrieved": happened.retrieved,
    "TemperatureEvidenceAttached": happened.temperature_attached,
    "ManufacturingStarted": _manufacturing,
    "StepCompleted": happened.step_completed,
    "MaterialConsumed": happened.material_consumed,
    "ManufacturingFailed": _batch_failed,
    "ManufacturingRestarted": _manufacturing,
    "TherapyClosed": _closed,
    "PersonalDataErased": _erased,
    "ContainersDerived": _derived,
    "DeviationRaised": _deviation,
    "DeviationDispositioned": _dispositioned,
    "Quarantined": _quarantined,
    "QuarantineLifted": _quarantine_lifted,
    "ContainerLost": happened.lost,
    "ContainerFound": happened.found,
    "PatientFitnessConfirmed": readiness.fitness_confirmed,
    "AvailabilityConfirmed": readiness.availability_confirmed,
    "LymphodepletionAuthorised": readiness.lymphodepletion_authorised,
    "LymphodepletionStarted": readiness.lymphodepletion_started,
    "EmergencyOverride": readiness.override_made,
    "OverrideConfirmed": readiness.override_confirmed,
    "SampleTaken": _sampled,
    "ResultReported": tested.reported,
    "IdentityTested": tested.identity_tested,
    "BatchConfirmed": tested.confirmed,
    "Released": tested.released,
    "ReleasedPendingResults": tested.released_pending_results,
    "OutOfSpecificationRequested": tested.requested,
    "ReleasedOutOfSpecification": tested.released_out_of_specification,
    "Rejected": tested.rejected,
    "Corrected": tested.corrected,
    "Returned": handled.returned,
    "Destroyed": handled.destroyed,
    "DestructionWitnessed": handled.witnessed,
    "ThawStarted": happened.thaw_started,
    "ThawCompleted": happened.thaw_completed,
    "InfusionChecked": happened.checked,
    "InfusionAuthorised": happened.authorised,
    "InfusionStarted": happened.infusion_started,
    "InfusionPaused": happened.infusion_paused,
    "InfusionResumed": happened.infusion_resumed,
    "InfusionStopped": happened.infusion_completed,
    "InfusionCompleted": happened.infusion_completed,
}
