"""Who may say what: the whole product of event, role and relation against a written table.

`ALLOWED` is written by hand from the design, not from `POLICY`: a row that is missing or
was changed on one side only fails.
"""

from __future__ import annotations

from typing import Any, get_args

import pytest

from ledger.domain.events import EVENTS
from ledger.domain.parts import Role
from ledger.domain.policy import POLICY, RELATION_MEANINGS, permits, policy_markdown
from ledger.domain.registry import Agent
from ledger.domain.standing import has_part_in, may_read_all, may_read_chain
from ledger.domain.world import LEDGER
from tests.domain_refusing import SECOND
from tests.domain_scene import (
    ADMINISTRATORS,
    APHERESIS,
    CHAIN,
    CLEANROOM,
    CONSENT,
    DOSE,
    FAR_VAN,
    FRESH,
    ORDER,
    ORIGIN,
    PRODUCT,
    RELEASED,
    VAN,
    WARD,
    Scene,
    collection,
    enrol,
    filled,
    fit,
    genesis_fields,
    key_of,
    kid,
    patient,
    scene_at,
)
from tests.domain_supply import LOT, PLATFORM, receive, register
from tests.domain_warm import evidence

ROLES = get_args(Role)
HOLDERS = "apheresis cell_lab coordinator courier manufacturer nurse physician quality"
PARTICIPANTS = f"{HOLDERS} device"
PRINTERS = "apheresis cell_lab coordinator manufacturer nurse quality"
DESTROYERS = "apheresis cell_lab manufacturer nurse physician quality"
# event: roles; where those roles count among the places of RELATIONS
ALLOWED: dict[str, tuple[str, str]] = {
    "LogOpened": ("", ""),
    "RuleSetAdopted": ("", ""),
    "CheckpointKeyAdded": ("", ""),
    "AppPublished": ("administrator", "here sponsor planned stranger"),
    "SiteOnboarded": ("administrator", "here sponsor"),
    "SiteSuspended": ("administrator quality", "here sponsor"),
    "SiteResumed": ("administrator quality", "here sponsor"),
    "SiteClosed": ("administrator", "here sponsor"),
    "AgentEnrolled": ("administrator", "here sponsor"),
    "EnrolmentApproved": ("administrator", "here sponsor planned stranger"),
    "AgentRolesChanged": ("administrator", "here sponsor"),
    "QualificationGranted": ("administrator quality", "here sponsor"),
    "QualificationWithdrawn": ("administrator quality", "here sponsor"),
    "KeyAdded": ("administrator", "here sponsor"),
    "KeyRetired": ("administrator", "here sponsor"),
    "KeyRevoked": ("administrator", "here sponsor"),
    "PasskeyAdded": ("administrator", "here sponsor"),
    "PasskeyRevoked": ("administrator", "here sponsor"),
    "ProductVersionDefined": ("administrator quality", "here sponsor"),
    "LotReceived": ("administrator manufacturer quality", "here sponsor"),
    "LotReleased": ("quality", "here sponsor"),
    "LotRecalled": ("quality", "here sponsor"),
    "EquipmentRegistered": ("administrator manufacturer quality", "here sponsor"),
    "EquipmentQualified": ("administrator manufacturer quality", "here sponsor"),
    "EquipmentCalibrated": ("administrator manufacturer quality", "here sponsor"),
    "ShipperCharged": ("administrator cell_lab courier manufacturer quality", "here sponsor"),
    "EquipmentRetired": ("administrator manufacturer quality", "here sponsor"),
    "TherapyOrdered": ("coordinator physician", "here sponsor"),
    "ConsentRecorded": ("coordinator nurse physician", "here"),
    "ConsentWithdrawn": ("coordinator nurse physician", "here"),
    "ChainLinked": ("coordinator quality", "here"),
    "PatientIdentified": ("apheresis nurse physician", "here"),
    "CollectionCompleted": ("apheresis", "here"),
    "LabelIssued": (PRINTERS, "here"),
    "LabelPrinted": (PRINTERS, "here"),
    "LabelApplied": (PRINTERS, "here"),
    "LabelScannedBack": (PRINTERS, "here"),
    "LabelVoided": (PRINTERS, "here"),
    "LabelDestroyed": (PRINTERS, "here"),
    "CustodyReleased": (HOLDERS, "here"),
    "CustodyAccepted": (HOLDERS, "here"),
    "CustodyRefused": (HOLDERS, "here"),
    "ReceiptInspected": (HOLDERS, "here"),
    "Packed": (HOLDERS, "here"),
    "Unpacked": (HOLDERS, "here"),
    "SealChecked": (HOLDERS, "here"),
    "ShipperSwapped": (HOLDERS, "here"),
    "Stored": (HOLDERS, "here"),
    "Retrieved": (HOLDERS, "here"),
    "TemperatureEvidenceAttached": (PARTICIPANTS, "here"),
    "ManufacturingStarted": ("manufacturer", "here"),
    "StepCompleted": ("cell_lab manufacturer", "here"),
    "MaterialConsumed": ("cell_lab manufacturer", "here"),
    "ManufacturingFailed": ("manufacturer", "here"),
    "ManufacturingRestarted": ("manufacturer", "here"),
    "ContainersDerived": ("cell_lab manufacturer", "here"),
    "SampleTaken": ("apheresis cell_lab manufacturer quality", "here"),
    "ResultReported": ("cell_lab manufacturer quality", "here"),
    "IdentityTested": ("cell_lab manufacturer quality", "here"),
    "DeviationRaised": (PARTICIPANTS, "here sponsor planned"),
    "DeviationDispositioned": ("quality", "here sponsor"),
    "Quarantined": ("cell_lab manufacturer nurse quality", "here sponsor planned"),
    "QuarantineLifted": ("quality", "here sponsor"),
    "ContainerDamaged": (HOLDERS, "here"),
    "ContainerLost": (HOLDERS, "here"),
    "ContainerFound": (HOLDERS, "here"),
    "BatchConfirmed": ("quality", "here"),
    "Returned": (HOLDERS, "here"),
    "Destroyed": (DESTROYERS, "here"),
    "DestructionWitnessed": (DESTROYERS, "here"),
    "Released": ("quality", "here"),
    "PatientFitnessConfirmed": ("physician", "here"),
    "AvailabilityConfirmed": ("coordinator nurse physician quality", "here"),
    "LymphodepletionAuthorised": ("physician", "here"),
    "LymphodepletionStarted": ("nurse physician", "here"),
    "EmergencyOverride": ("physician", "here"),
    "OverrideConfirmed": ("nurse physician quality", "here sponsor"),
    "ReleasedPendingResults": ("quality", "here"),
    "OutOfSpecificationRequested": ("physician", "here"),
    "ReleasedOutOfSpecification": ("quality", "here"),
    "Rejected": ("quality", "here sponsor"),
    "ThawStarted": ("cell_lab manufacturer nurse physician", "here"),
    "ThawCompleted": ("cell_lab manufacturer nurse physician", "here"),
    "InfusionChecked": ("nurse physician", "here"),
    "InfusionAuthorised": ("nurse physician", "here"),
    "InfusionStarted": ("nurse physician", "here"),
    "InfusionPaused": ("nurse physician", "here"),
    "InfusionResumed": ("nurse physician", "here"),
    "InfusionStopped": ("nurse physician", "here"),
    "InfusionCompleted": ("nurse physician", "here"),
    "TherapyClosed": ("coordinator physician", "here sponsor"),
    "Corrected": (PARTICIPANTS, "here sponsor planned"),
    "LateStatementAttested": ("quality", "here sponsor planned"),
    "TherapyExportRequested": ("coordinator physician quality", "here sponsor"),
    "ExportRequested": ("auditor quality", "here sponsor planned stranger"),
    "PersonalDataErased": ("quality", "here"),
}
AUDITORS_MAY = {"TherapyExportRequested", "ExportRequested"}  # to say that they take evidence away
QUALIFICATIONS = {
    "Released": "batch_release",
    "LymphodepletionAuthorised": "bedside",
    "EmergencyOverride": "bedside",
    "ReleasedPendingResults": "batch_release",
    "ReleasedOutOfSpecification": "batch_release",
    "InfusionChecked": "bedside",
    "InfusionAuthorised": "bedside",
    "InfusionStarted": "bedside",
    "InfusionResumed": "bedside",
}
RELATIONS = ("here", "planned", "sponsor", "stranger")
NORTHCELL: dict[str, Any] = {"organisation": "northcell"}
# event: stream, fields, and the site that is "here" for it
EXAMPLES: dict[str, tuple[str, dict[str, Any], str]] = {
    "LogOpened": (f"log/{ORIGIN}", genesis_fields(), "northcell-1"),
    "RuleSetAdopted": (f"log/{ORIGIN}", {"rule_set": 2}, "northcell-1"),
    "CheckpointKeyAdded": (f"log/{ORIGIN}", {"vkey": SECOND}, "northcell-1"),
    "AppPublished": (
        f"log/{ORIGIN}",
        {"version": "0.1.0", "digest": "ab" * 32, "files": 9},
        "northcell-1",
    ),
    "SiteOnboarded": (
        "site/north",
        NORTHCELL | {"site_kind": "care", "country": "GB"},
        "northcell-1",
    ),
    "SiteSuspended": ("site/northcell-1", {"reason": "why"}, "northcell-1"),
    "SiteResumed": ("site/northcell-1", {"reason": "why"}, "northcell-1"),
    "SiteClosed": ("site/northcell-1", {"reason": "why"}, "northcell-1"),
    "AgentEnrolled": (
        "agent/newby",
        NORTHCELL | {"roles": [{"role": "courier", "site": "northcell-1"}], "key": key_of("newby")},
        "northcell-1",
    ),
    "EnrolmentApproved": ("agent/quinn", {"enrolment": "00" * 32}, "northcell-1"),
    "AgentRolesChanged": (
        "agent/mia",
        {"roles": [{"role": "courier", "site": "northcell-1"}], "reason": "why"},
        "northcell-1",
    ),
    "QualificationWithdrawn": ("agent/mia", {"qualification": "bedside", "reason": "why"}, "northcell-1"),
    "QualificationGranted": (
        "agent/mia",
        {"qualification": "bedside", "expires_at": "2030-01-01T00:00:00.000Z"},
        "northcell-1",
    ),
    "KeyAdded": ("agent/mia", {"key": key_of("newby")}, "northcell-1"),
    "KeyRetired": ("agent/mia", {"kid": kid("mia"), "reason": "why"}, "northcell-1"),
    "KeyRevoked": ("agent/mia", {"kid": kid("mia"), "reason": "why"}, "northcell-1"),
    "PasskeyAdded": (
        "agent/mia",
        {"credential": "bWlh", "key": key_of("passkey"), "rp_id": "ledger.example"},
        "northcell-1",
    ),
    "PasskeyRevoked": ("agent/mia", {"credential": "bWlh", "reason": "why"}, "northcell-1"),
    "ProductVersionDefined": ("product/decentra-car", PRODUCT | {"version": 2}, "northcell-1"),
    "LotReceived": ("lot/lv-1", NORTHCELL | LOT, "northcell-1"),
    "LotReleased": ("lot/lv-9", {}, "northcell-1"),
    "LotRecalled": ("lot/lv-9", {"reason": "why"}, "northcell-1"),
    "EquipmentRegistered": ("equipment/p-1", NORTHCELL | PLATFORM, "northcell-1"),
    "EquipmentQualified": ("equipment/p-9", {"until": "2030-01-01T00:00:00.000Z"}, "northcell-1"),
    "EquipmentCalibrated": ("equipment/p-9", {"until": "2030-01-01T00:00:00.000Z"}, "northcell-1"),
    "ShipperCharged": ("equipment/p-9", {"charged_at": "2026-03-01T06:00:00.000Z"}, "northcell-1"),
    "EquipmentRetired": ("equipment/p-9", {"reason": "why"}, "northcell-1"),
    "TherapyOrdered": ("chain/acme:NEW-ORDER", ORDER, "st-mary"),
    "ConsentRecorded": (CHAIN, CONSENT, "st-mary"),
    "ConsentWithdrawn": (CHAIN, {"site": "st-mary", "reason": "why"}, "st-mary"),
    "ChainLinked": (
        CHAIN,
        {
            "chain_version": 0,
            "provisional": "acme:PROV-1",
            "containers": [{"container": FRESH, "volume_ul": 200_000, "at": APHERESIS}],
        },
        "st-mary",
    ),
    "PatientIdentified": (
        CHAIN,
        {"site": "st-mary", "patient": patient(), "method": "scan", "outcome": "match"},
        "st-mary",
    ),
    "CollectionCompleted": (CHAIN, collection(Scene(), FRESH), "st-mary"),
    "LabelIssued": (CHAIN, {"at": APHERESIS, "serials": ["L-0001"], "container": FRESH}, "st-mary"),
    "LabelPrinted": (
        CHAIN,
        {
            "at": APHERESIS,
            "serial": "L-0001",
            "template": "cryobag",
            "medium": "zpl",
            "dpi": 300,
            "digest": "ab" * 32,
        },
        "st-mary",
    ),
    "LabelApplied": (CHAIN, {"at": APHERESIS, "serial": "L-0001", "container": FRESH}, "st-mary"),
    "LabelScannedBack": (
        CHAIN,
        {"at": APHERESIS, "serial": "L-0001", "container": FRESH, "outcome": "readable"},
        "st-mary",
    ),
    "LabelVoided": (CHAIN, {"at": APHERESIS, "serial": "L-0001", "reason": "why"}, "st-mary"),
    "LabelDestroyed": (CHAIN, {"at": APHERESIS, "serials": ["L-0001"], "fate": "destroyed"}, "st-mary"),
    "CustodyReleased": (
        CHAIN,
        {"containers": [FRESH], "giver": APHERESIS, "receiver": FAR_VAN, "condition": "intact"},
        "st-mary",
    ),
    "CustodyAccepted": (
        CHAIN,
        {
            "containers": [FRESH],
            "giver": FAR_VAN,
            "receiver": APHERESIS,
            "release": None,
            "condition": "intact",
        },
        "st-mary",
    ),
    "CustodyRefused": (
        CHAIN,
        {
            "containers": [FRESH],
            "giver": FAR_VAN,
            "receiver": APHERESIS,
            "release": "00" * 32,
            "reason": "why",
        },
        "st-mary",
    ),
    "ReceiptInspected": (
        CHAIN,
        {
            "at": WARD,
            "containers": [DOSE],
            "shipper": "S-1",
            "condition": "intact",
            "expected": 1,
            "received": 1,
            "outcome": "accepted",
        },
        "st-mary",
    ),
    "Packed": (CHAIN, {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}, "st-mary"),
    "Unpacked": (CHAIN, {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}, "st-mary"),
    "SealChecked": (
        CHAIN,
        {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1", "outcome": "intact"},
        "st-mary",
    ),
    "ShipperSwapped": (
        CHAIN,
        {"at": APHERESIS, "containers": [FRESH], "old_shipper": "S-1", "shipper": "S-2", "reason": "why"},
        "st-mary",
    ),
    "Stored": (CHAIN, {"at": APHERESIS, "containers": [FRESH], "location": "TANK-1"}, "st-mary"),
    "Retrieved": (CHAIN, {"at": APHERESIS, "containers": [FRESH], "location": "TANK-1"}, "st-mary"),
    "TemperatureEvidenceAttached": (CHAIN, evidence(Scene(), at=APHERESIS), "st-mary"),
    "ManufacturingStarted": (
        CHAIN,
        {"at": CLEANROOM, "batch": "B-1", "platform": "P-1", "containers": [FRESH]},
        "northcell-1",
    ),
    "StepCompleted": (
        CHAIN,
        {"at": CLEANROOM, "batch": "B-1", "step": "activation", "containers": [FRESH]},
        "northcell-1",
    ),
    "MaterialConsumed": (
        CHAIN,
        {"at": CLEANROOM, "batch": "B-1", "containers": [FRESH], "lots": ["lv-1"]},
        "northcell-1",
    ),
    "ManufacturingFailed": (
        CHAIN,
        {"at": CLEANROOM, "batch": "B-1", "reason": "why", "containers": [FRESH]},
        "northcell-1",
    ),
    "ManufacturingRestarted": (
        CHAIN,
        {"at": CLEANROOM, "failed_batch": "B-1", "batch": "B-2", "platform": "P-1", "containers": [FRESH]},
        "northcell-1",
    ),
    "ContainersDerived": (CHAIN, filled(Scene(), DOSE), "northcell-1"),
    "SampleTaken": (
        CHAIN,
        {
            "at": CLEANROOM,
            "of": {"container": DOSE, "volume_ul": 1},
            "sample": {"container": "SAMPLE-1", "volume_ul": 1},
            "purpose": "release",
        },
        "northcell-1",
    ),
    "ResultReported": (
        CHAIN,
        {"at": CLEANROOM, "sample": "SAMPLE-1", "containers": [DOSE], "test": "sterility", "outcome": "pass"},
        "northcell-1",
    ),
    "IdentityTested": (
        CHAIN,
        {"at": CLEANROOM, "containers": [DOSE], "method": "str", "reference": "code", "outcome": "match"},
        "northcell-1",
    ),
    "DeviationRaised": (
        CHAIN,
        {"code": "bag_leaks", "severity": "major", "blocking": True, "containers": [], "cause": None},
        "st-mary",
    ),
    "DeviationDispositioned": (
        CHAIN,
        {"chain_version": 0, "deviation": "00" * 32, "disposition": "accepted", "reason": "why"},
        "st-mary",
    ),
    "Quarantined": (CHAIN, {"containers": [FRESH], "reason": "why"}, "st-mary"),
    "QuarantineLifted": (CHAIN, {"chain_version": 0, "quarantine": "00" * 32, "reason": "why"}, "st-mary"),
    "ContainerDamaged": (CHAIN, {"at": WARD, "containers": [DOSE], "damage": "leak"}, "st-mary"),
    "ContainerLost": (CHAIN, {"at": WARD, "containers": [DOSE]}, "st-mary"),
    "ContainerFound": (CHAIN, {"at": WARD, "containers": [DOSE], "condition": "intact"}, "st-mary"),
    "BatchConfirmed": (
        CHAIN,
        {"chain_version": 0, "site": "northcell-1", "containers": [DOSE], "confirmation": "00" * 32},
        "northcell-1",
    ),
    "Returned": (CHAIN, {"at": WARD, "containers": [DOSE], "reason": "why"}, "st-mary"),
    "Destroyed": (
        CHAIN,
        {"at": WARD, "containers": [DOSE], "method": "incineration", "reason": "why"},
        "st-mary",
    ),
    "DestructionWitnessed": (
        CHAIN,
        {"at": WARD, "containers": [DOSE], "destruction": "00" * 32},
        "st-mary",
    ),
    "Released": (CHAIN, {"chain_version": 0, "containers": [DOSE]} | RELEASED, "northcell-1"),
    "PatientFitnessConfirmed": (CHAIN, {"chain_version": 0} | fit(Scene()), "st-mary"),
    "AvailabilityConfirmed": (
        CHAIN,
        {"chain_version": 0, "site": "st-mary", "containers": [DOSE]},
        "st-mary",
    ),
    "LymphodepletionAuthorised": (CHAIN, {"chain_version": 0, "site": "st-mary"}, "st-mary"),
    "LymphodepletionStarted": (CHAIN, {"site": "st-mary", "regimen": "flu_cy"}, "st-mary"),
    "EmergencyOverride": (
        CHAIN,
        {"chain_version": 0, "site": "st-mary", "container": DOSE, "gates": ["released"], "reason": "why"},
        "st-mary",
    ),
    "OverrideConfirmed": (CHAIN, {"chain_version": 0, "override": "00" * 32}, "st-mary"),
    "ReleasedPendingResults": (
        CHAIN,
        {"chain_version": 0, "containers": [DOSE], "outstanding": ["sterility"]} | RELEASED,
        "northcell-1",
    ),
    "OutOfSpecificationRequested": (
        CHAIN,
        {"chain_version": 0, "site": "st-mary", "containers": [DOSE], "tests": ["x"], "reason": "why"},
        "st-mary",
    ),
    "ReleasedOutOfSpecification": (
        CHAIN,
        {"chain_version": 0, "containers": [DOSE], "tests": ["x"], "request": "00" * 32} | RELEASED,
        "northcell-1",
    ),
    "Rejected": (CHAIN, {"chain_version": 0, "containers": [DOSE], "reason": "why"}, "st-mary"),
    "ThawStarted": (CHAIN, {"at": WARD, "containers": [DOSE]}, "st-mary"),
    "ThawCompleted": (CHAIN, {"at": WARD, "containers": [DOSE]}, "st-mary"),
    "InfusionChecked": (
        CHAIN,
        {"chain_version": 0, "site": "st-mary", "container": DOSE, "patient": patient(), "method": "scan"},
        "st-mary",
    ),
    "InfusionAuthorised": (CHAIN, {"chain_version": 0, "site": "st-mary", "container": DOSE}, "st-mary"),
    "InfusionStarted": (CHAIN, {"site": "st-mary", "container": DOSE}, "st-mary"),
    "InfusionPaused": (CHAIN, {"site": "st-mary", "container": DOSE, "reason": "why"}, "st-mary"),
    "InfusionResumed": (CHAIN, {"site": "st-mary", "container": DOSE}, "st-mary"),
    "InfusionStopped": (
        CHAIN,
        {"site": "st-mary", "container": DOSE, "dose_given_ul": 1, "reason": "why"},
        "st-mary",
    ),
    "InfusionCompleted": (CHAIN, {"site": "st-mary", "container": DOSE, "dose_given_ul": 1}, "st-mary"),
    "TherapyClosed": (CHAIN, {"chain_version": 0, "reason": "why"}, "st-mary"),
    "Corrected": (
        CHAIN,
        {"corrects": "00" * 32, "member": "seal", "was": "S-1", "right": "S-2", "reason": "why"},
        "st-mary",
    ),
    "LateStatementAttested": (CHAIN, {"chain_version": 0, "statement": "AA", "reason": "why"}, "st-mary"),
    "TherapyExportRequested": (CHAIN, {"chain_version": 0, "reason": "why"}, "st-mary"),
    "ExportRequested": (f"log/{ORIGIN}", {"scope": "log", "reason": "why"}, "northcell-1"),
    "PersonalDataErased": (CHAIN, {"chain_version": 0, "site": "st-mary", "basis": "objection"}, "st-mary"),
}
ORGANISATION_OF = {
    "st-mary": "st-mary-trust",
    "northcell-1": "northcell",
    "northcell-hq": "northcell",
    "swift-depot": "swift-cryo",
    "far-clinic": "faraway",
}


@pytest.fixture(scope="module")
def scene() -> Scene:
    scene = scene_at("checked")
    receive(scene, "lv-9")
    register(scene, "p-9")
    return scene


def somebody(role: str, site: str) -> Agent:
    """An enrolled, approved agent with one role at one site."""
    return Agent(
        "somebody",
        organisation=ORGANISATION_OF[site],
        roles_at={site: frozenset({role})},
        is_administrator=role == "administrator",
    )


def site_of(relation: str, here: str) -> str:
    """`sponsor`: another site of the product's organisation; `planned`: another site of the order."""
    if relation == "planned":
        return "swift-depot"
    return {"here": here, "sponsor": "northcell-hq", "stranger": "far-clinic"}[relation]


def test_every_event_has_a_row_here_and_there() -> None:
    events = {event.__name__ for event in EVENTS}
    assert events == POLICY.keys() == ALLOWED.keys() == EXAMPLES.keys()
    assert {row.relation for row in POLICY.values()} == RELATION_MEANINGS.keys()


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("event", sorted(ALLOWED))
def test_the_whole_product(scene: Scene, event: str, role: str, relation: str) -> None:
    stream, fields, here = EXAMPLES[event]
    entry = scene.entry("mia", stream, event, **fields)
    roles, relations = ALLOWED[event]
    allowed = role in roles.split() and relation in relations.split()
    allowed |= role == "auditor" and event == "TherapyExportRequested"  # they read every therapy
    assert permits(entry, somebody(role, site_of(relation, here)), scene.world) == allowed


@pytest.mark.parametrize("event", sorted(ALLOWED))
def test_qualifications_are_asked_where_a_patient_depends_on_them(event: str) -> None:
    assert POLICY[event].qualification == QUALIFICATIONS.get(event)


@pytest.mark.parametrize("event", sorted(ALLOWED.keys() - AUDITORS_MAY))
def test_an_auditor_writes_nothing_but_what_they_take_away(scene: Scene, event: str) -> None:
    stream, fields, here = EXAMPLES[event]
    own = "agent/somebody" if stream.startswith("agent/") else stream
    entry = scene.entry("mia", own, event, **fields)
    assert not permits(entry, somebody("auditor", here), scene.world)


@pytest.mark.parametrize("event", ["KeyAdded", "KeyRetired", "KeyRevoked", "PasskeyRevoked"])
def test_everybody_else_looks_after_their_own_keys(scene: Scene, event: str) -> None:
    entry = scene.entry("mia", "agent/somebody", event, **EXAMPLES[event][1])
    for role in set(ROLES) - {"auditor"}:
        assert permits(entry, somebody(role, "far-clinic"), scene.world)


def test_only_the_ledger_speaks_for_the_log(scene: Scene) -> None:
    entry = scene.entry(LEDGER, f"log/{ORIGIN}", "RuleSetAdopted", rule_set=2)
    assert permits(entry, Agent(LEDGER), scene.world)


def test_quality_at_the_sponsors_headquarters_may_release(scene: Scene) -> None:
    fields = EXAMPLES["Released"][1] | {"site": "northcell-hq"}
    entry = scene.entry("quinn", CHAIN, "Released", **fields)
    assert permits(entry, somebody("quality", "northcell-hq"), scene.world)
    assert not permits(entry, somebody("quality", "northcell-1"), scene.world)
    elsewhere = scene.entry("quinn", CHAIN, "Released", **fields | {"site": "far-clinic"})
    assert not permits(elsewhere, somebody("quality", "far-clinic"), scene.world)


def test_a_pending_role_counts_nowhere() -> None:
    scene = scene_at("made")
    enrol(scene, "quentin", "ben", ("quality", "northcell-1"))
    entry = scene.entry("quentin", CHAIN, "Released", **EXAMPLES["Released"][1])
    pending = scene.world.agent("quentin")
    assert pending is not None
    assert not permits(entry, pending, scene.world)
    assert not has_part_in(pending, scene.chain, scene.world)
    scene.say("cleo", "agent/quentin", "EnrolmentApproved", enrolment=pending.enrolment)
    assert permits(entry, pending, scene.world)


# --- who has a part in a therapy, and who may read it -----------------------------------

READERS_ALWAYS = {"carl", "phil", "anna", "nora", "nils", "nell", "mia", "lea", "quinn", "hugo", "aud"}


def readers(scene: Scene) -> set[str]:
    named = ["carl", "phil", "anna", "nora", "nils", "nell", "aud", "kit", "mia", "lea", "quinn", "hugo",
             "olga", "otto", *ADMINISTRATORS]  # fmt: skip
    agents = {name: scene.world.agent(name) for name in named}
    return {
        name for name, agent in agents.items() if agent and may_read_chain(agent, scene.world, scene.chain)
    }


def test_the_orders_sites_and_the_sponsor_read_a_therapy() -> None:
    assert readers(scene_at("collected")) == READERS_ALWAYS


def test_a_courier_reads_a_therapy_only_while_a_bag_is_theirs_or_offered() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    assert readers(scene) == READERS_ALWAYS | {"kit"}
    scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    assert readers(scene) == READERS_ALWAYS | {"kit"}
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    assert readers(scene) == READERS_ALWAYS


def test_a_courier_who_is_not_planned_reads_and_acts_once_the_holder_offers_a_bag() -> None:
    scene = scene_at("collected")
    otto = scene.world.agent("otto")
    assert otto is not None
    assert not has_part_in(otto, scene.chain, scene.world)
    scene.release("anna", APHERESIS, FAR_VAN, FRESH)
    assert has_part_in(otto, scene.chain, scene.world)
    scene.accept("otto", APHERESIS, FAR_VAN, FRESH)
    assert readers(scene) == READERS_ALWAYS | {"otto"}
    scene.hand_over(("otto", FAR_VAN), ("mia", CLEANROOM), FRESH)
    assert readers(scene) == READERS_ALWAYS
    assert has_part_in(otto, scene.chain, scene.world)  # late facts of their time still count


def test_nobody_is_let_in_by_a_release_of_what_the_giver_does_not_hold() -> None:
    scene = scene_at("collected")
    scene.release("kit", VAN, FAR_VAN, FRESH)
    assert readers(scene) == READERS_ALWAYS


def test_a_therapy_that_was_never_ordered_is_read_by_auditors_only(scene: Scene) -> None:
    chain = scene.world.chain("acme:NEVER-ORDERED")
    agents = [scene.world.agent(name) for name in ("aud", "nora", "hugo", "kit")]
    assert [bool(one and may_read_chain(one, scene.world, chain)) for one in agents] == [
        True,
        False,
        False,
        False,
    ]


def test_only_auditors_read_everything(scene: Scene) -> None:
    agents = [scene.world.agent(name) for name in ("aud", "quinn", "ada", "nora")]
    assert [bool(one and may_read_all(one)) for one in agents] == [True, False, False, False]


def test_the_reference_page_has_a_line_for_every_event() -> None:
    page = policy_markdown()
    for event, row in POLICY.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{event}` ")]
        assert ", ".join(sorted(row.roles)) in line
        assert RELATION_MEANINGS[row.relation] in line
