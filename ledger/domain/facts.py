"""What is wrong with a fact: nothing is refused here, everything becomes a finding.

Two phones come online in any order, so a fact may precede what it rests on. A party that
*claims* a container (it accepted, the release has not arrived) may act on it without a
finding: if the release never comes, the claim itself becomes one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ledger.domain import (
    bedside,
    corrections,
    handling,
    hold_time,
    labels,
    manufacture,
    materials,
    out_of_storage,
    readiness_facts,
    temperature_rules,
    testing,
)
from ledger.domain.custody import Handover
from ledger.domain.evolve import handover_of
from ledger.domain.naming import containers_of, sites_of
from ledger.domain.questions import held_by, known_here, newly_made, order_sites, planned
from ledger.domain.window import product_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.findings import Found
    from ledger.domain.handling_events import (
        ContainerDamaged,
        ContainerFound,
        ContainerLost,
        CustodyRefused,
        Packed,
        Quarantined,
        Retrieved,
        SealChecked,
        Stored,
        Unpacked,
    )
    from ledger.domain.therapy_events import (
        CollectionCompleted,
        CustodyAccepted,
        CustodyReleased,
        PatientIdentified,
    )
    from ledger.domain.world import Entry, World


def find_faults(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """All that the fact itself breaks. The chain is open, the signer has a part in it."""
    event = entry.event
    if chain.closed is not None:
        found.add("chain_closed", *containers_of(event))
    for name in sites_of(event):
        site = world.site(name)
        if site is None:
            found.add("unknown_site", *containers_of(event))
        elif not site.in_force:
            found.add("site_not_in_force", *containers_of(event))
    materials.find_unfit(entry, world, found)
    hold_time.find_used_up(entry, chain, world, found)
    out_of_storage.find_too_long(entry, chain, world, found)
    rule = _RULES.get(event.type)
    if rule:
        rule(entry, event, chain, world, found)
    if chain.corrections:
        corrections.awaited(entry, chain, world, found)


def find_overdue(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """Hand-overs that have waited past the product's limit, found at the next entry, once."""
    product = product_of(chain, world)
    if product is None:
        return
    since = entry.recorded_ms - product.rules.claim_limit_s * 1000
    for name in sorted(chain.waiting):
        custody = chain.container(name).custody
        for code, waiting in (("claim_unanswered", custody.claims), ("release_unanswered", custody.releases)):
            if code not in custody.alarmed and any(one.recorded_ms < since for one in waiting.values()):
                found.add(code, name)


def _patient(_: Entry, event: PatientIdentified, chain: Chain, __: World, found: Found) -> None:
    sites = order_sites(chain)
    planned(event.site, (sites.collection, sites.treatment), (), found)
    if event.outcome == "mismatch" or (chain.is_open and not chain.matches(event.patient)):
        found.add("patient_mismatch")
    if event.method == "typed" and event.typed_reason is None:
        found.add("typed_without_reason")


def _collected(_: Entry, event: CollectionCompleted, chain: Chain, world: World, found: Found) -> None:
    planned(event.at.site, (order_sites(chain).collection,), containers_of(event), found)
    readiness_facts.without_consent(chain, found, *containers_of(event))
    newly_made(event.containers, chain, world, found)


def _released(entry: Entry, event: CustodyReleased, chain: Chain, world: World, found: Found) -> None:
    release = handover_of(entry, event)
    containers = known_here(event.containers, chain, world, found)
    handling.kept_together(containers, chain, found)
    for container in containers:
        if container.holder != release.giver and not container.custody.claimed_by(release.giver):
            found.add("release_by_non_holder", container.id)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)
    for answer in chain.answers.get(entry.statement_id, ()):
        if answer in chain.handovers:
            _compare(release, chain.handovers[answer], found)


def _accepted(entry: Entry, event: CustodyAccepted, chain: Chain, world: World, found: Found) -> None:
    handling.kept_together(known_here(event.containers, chain, world, found), chain, found)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)
    release = chain.handovers.get(event.release) if event.release else None
    if release:
        _compare(release, handover_of(entry, event), found)
    handling.answered_twice(entry, event, chain, found)
    labels.read(event.labels or (), event.containers, entry, chain, found)


def _refused(entry: Entry, event: CustodyRefused, chain: Chain, world: World, found: Found) -> None:
    handling.refused(entry, event, chain, world, found)
    release = chain.handovers.get(event.release)
    if release:
        _compare(release, handover_of(entry, event), found)


def _compare(release: Handover, answer: Handover, found: Found) -> None:
    """Two sides of one hand-over, whichever arrived last."""
    (handling.refusal_fits if answer.refuses else _acceptance_fits)(release, answer, found)


def _acceptance_fits(release: Handover, acceptance: Handover, found: Found) -> None:
    if release.accepts or release.refuses or not acceptance.has_parties_of(release):
        found.add("accepted_by_other_than_named", *acceptance.containers)
    unlisted = [name for name in acceptance.containers if name not in release.containers]
    if unlisted:
        found.add("accepted_not_offered", *unlisted)
    if release.seal and acceptance.seal and release.seal != acceptance.seal:
        found.add("seal_differs", *acceptance.containers)


def _packed(_: Entry, event: Packed, chain: Chain, world: World, found: Found) -> None:
    held_by(known_here(event.containers, chain, world, found), event.at, found)


def _quarantined(_: Entry, event: Quarantined, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)


def _damaged(_: Entry, event: ContainerDamaged, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    found.add("container_damaged", *event.containers)


def _lost(_: Entry, event: ContainerLost, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    found.add("container_lost", *event.containers)


def _found_again(_: Entry, event: ContainerFound, chain: Chain, world: World, found: Found) -> None:
    known_here(event.containers, chain, world, found)
    if event.condition != "intact":
        found.add("condition_not_intact", *event.containers)


def _unpacked(_: Entry, event: Unpacked, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    handling.same_seal(containers, event.shipper, event.seal, found)


def _seal_checked(_: Entry, event: SealChecked, chain: Chain, world: World, found: Found) -> None:
    containers = known_here(event.containers, chain, world, found)
    held_by(containers, event.at, found)
    handling.same_seal(containers, event.shipper, event.seal, found)
    if event.outcome != "intact":
        found.add("seal_broken", *event.containers)


def _stored(_: Entry, event: Stored | Retrieved, chain: Chain, world: World, found: Found) -> None:
    held_by(known_here(event.containers, chain, world, found), event.at, found)


# `DeviationRaised` has no rule: it says itself what is wrong.
_RULES: dict[str, Callable[[Entry, Any, Chain, World, Found], None]] = {
    "ConsentRecorded": readiness_facts.consent,
    "ConsentWithdrawn": readiness_facts.consent,
    "PatientIdentified": _patient,
    "CollectionCompleted": _collected,
    "LabelIssued": labels.issued,
    "LabelPrinted": labels.printed,
    "LabelApplied": labels.applied,
    "LabelScannedBack": labels.scanned_back,
    "LabelVoided": labels.voided,
    "LabelDestroyed": labels.destroyed,
    "CustodyReleased": _released,
    "CustodyAccepted": _accepted,
    "CustodyRefused": _refused,
    "ReceiptInspected": handling.inspected,
    "Packed": _packed,
    "Unpacked": _unpacked,
    "SealChecked": _seal_checked,
    "ShipperSwapped": handling.swapped,
    "Stored": _stored,
    "Retrieved": _stored,
    "TemperatureEvidenceAttached": temperature_rules.attached,
    "ManufacturingStarted": manufacture.started,
    "StepCompleted": manufacture.step_completed,
    "MaterialConsumed": materials.consumed,
    "ManufacturingFailed": manufacture.failed,
    "ManufacturingRestarted": manufacture.restarted,
    "ContainersDerived": manufacture.derived,
    "SampleTaken": testing.sampled,
    "ResultReported": testing.reported,
    "IdentityTested": testing.identity_tested,
    "Corrected": corrections.corrected,
    "Quarantined": _quarantined,
    "ContainerDamaged": _damaged,
    "ContainerLost": _lost,
    "ContainerFound": _found_again,
    "LymphodepletionStarted": readiness_facts.lymphodepletion_started,
    "Returned": handling.returned,
    "Destroyed": handling.destroyed,
    "DestructionWitnessed": handling.witnessed,
    "ThawStarted": bedside.thaw_started,
    "ThawCompleted": bedside.thaw_completed,
    "InfusionStarted": bedside.infusion_started,
    "InfusionPaused": bedside.infusion_paused,
    "InfusionResumed": bedside.infusion_resumed,
    "InfusionStopped": bedside.infusion_stopped,
    "InfusionCompleted": bedside.infusion_completed,
}
