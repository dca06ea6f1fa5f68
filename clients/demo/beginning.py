"""The first chapters: three companies meet, and two patients' cells are collected."""

from __future__ import annotations

from collections.abc import Sequence

from clients.demo import cast, identity
from clients.demo.cast import APHERESIS, PATIENTS, SECOND, Fields, Patient
from clients.demo.tale import Tale, carried, later
from clients.words import listed

SHIPMENT, SEAL = "shipment/ub-101", "SEAL-31"


def companies_meet(tale: Tale) -> None:
    tale.page.chapter(
        "Three companies, each with its own keys in its own process",
        "A hospital, a manufacturer with two small sites, a courier. They share no computer but the ledger.",
    )
    keys = _open(tale)
    for site, (who, kind) in cast.SITES.items():
        fields: Fields = {"organisation": cast.ADMINISTRATORS[who], "site_kind": kind, "country": "GB"}
        tale.says(who, f"site/{site}", "SiteOnboarded", **fields)
    for agent in cast.ENROLLED:
        _enrol(tale, agent, keys[agent])
    people = [one for one in cast.ENROLLED if one != "logger-12"]
    tale.page.note(
        f"{len(people)} people and 1 temperature logger were enrolled, each by their own company."
        " Quinn's and Petra's roles in Quality took a second signature, each from the other's company."
    )
    _supply(tale)
    tale.says("quinn", "product/decentra-car", "ProductVersionDefined", **cast.PRODUCT)


def _open(tale: Tale) -> dict[str, str]:
    """Start the companies and the log. Returns the public keys."""
    keys = tale.stage.open_companies(cast.COMPANIES)
    for company, people in cast.COMPANIES.items():
        process = tale.stage.process_of(company)
        who = ", ".join(one.capitalize() for one in people)
        tale.page.note(f"{company} runs as process {process}: own keys drawn there by {who}.")
    administrators = {who: (company, keys[who]) for who, company in cast.ADMINISTRATORS.items()}
    tale.stage.open_log(cast.ORIGIN, administrators)
    tale.stage.connect(cast.ORIGIN)
    return keys


def _enrol(tale: Tale, agent: str, key: str) -> None:
    by, second, role, sites, qualification = cast.ENROLLED[agent]
    stream = f"agent/{agent}"
    roles = [{"role": role, "site": site} for site in sites]
    fields: Fields = {"organisation": cast.ADMINISTRATORS[by], "roles": roles, "key": key}
    told = tale.says(by, stream, "AgentEnrolled", quiet=True, **fields)
    if second:
        tale.says(second, stream, "EnrolmentApproved", quiet=True, enrolment=told["id"])
    if qualification:
        fields = {"qualification": qualification, "expires_at": later(365)}
        tale.says(by, stream, "QualificationGranted", quiet=True, **fields)


def _supply(tale: Tale) -> None:
    """Equipment that statements will name, and the lot of vector that goes into the doses."""
    for name, (by, site, kind, model, serial) in cast.EQUIPMENT.items():
        stream, owner = f"equipment/{name}", cast.ADMINISTRATORS[by]
        fields: Fields = {"organisation": owner, "site": site, "equipment_kind": kind, "model": model,
                          "serial": serial}  # fmt: skip
        tale.says(by, stream, "EquipmentRegistered", quiet=True, **fields)
        tale.says(by, stream, "EquipmentQualified", quiet=True, until=later(365))
        if kind == "logger":
            tale.says(by, stream, "EquipmentCalibrated", quiet=True, until=later(180))
    tale.page.note(f"{listed(list(cast.EQUIPMENT))} were registered and qualified.")
    tale.says("mia", f"lot/{cast.LOT}", "LotReceived", **cast.LOT_RECEIVED)
    tale.says("quinn", f"lot/{cast.LOT}", "LotReleased")


def collection(tale: Tale) -> None:
    tale.page.chapter(
        "The hospital collects two patients' cells",
        "Names and birth dates never leave the hospital: the ledger gets pseudonyms and commitments.",
    )
    for patient in PATIENTS:
        tale.page.scene(patient.called, "St Mary's, apheresis")
        if patient is SECOND:
            identity.entered(tale, patient)
        ordered(tale, patient)
        collected(tale, patient, [patient.fresh])


def ordered(tale: Tale, patient: Patient) -> None:
    tale.says("carl", patient.stream, "TherapyOrdered", patient=tale.wristbands[patient.coi],
              product={"product": "decentra-car", "version": 1}, protocol="UB-001", country="GB",
              sites=cast.PLANNED)  # fmt: skip
    tale.says("carl", patient.stream, "ConsentRecorded", site="st-mary", form="CONSENT v3")


def collected(tale: Tale, patient: Patient, names: Sequence[str]) -> None:
    tale.says("anna", patient.stream, "PatientIdentified", site="st-mary", method="scan", outcome="match",
              patient=tale.wristbands[patient.coi])  # fmt: skip
    new = [{"container": name, "volume_ul": 200_000, "din": name.partition("-")[0]} for name in names]
    tale.says("anna", patient.stream, "CollectionCompleted", at=APHERESIS, containers=new,
              ended_at=later(0))  # fmt: skip


def packed(tale: Tale) -> None:
    """One shipper for both patients: one statement, of which each therapy sees its own share."""
    both = [patient.fresh for patient in PATIENTS]
    tale.says("anna", SHIPMENT, "Packed", at=APHERESIS, **carried(SHIPMENT, both), shipper="SHIPPER-7",
              seal=SEAL, logger="logger-12")  # fmt: skip
