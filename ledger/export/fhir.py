"""Out: a therapy as a FHIR R5 Bundle of resources.

A container is a BiologicallyDerivedProduct, a sample a Specimen, a hand-over a Transport, what happens
at the bedside a BiologicallyDerivedProductDispense, a deviation an AuditEvent. Every entry is a
Provenance, with the signed statement as its signature: what the resources say can be proved there.
Patients, people, sites and the ledger have no resource here: references name their identifiers, and
a patient's is the chain of identity.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from ledger.domain.times import timestamp
from ledger.export.fhir_parts import (
    DIN,
    HL7,
    PRODUCT,
    SPECIMEN,
    TERMS,
    References,
    Resource,
    celsius,
    coding,
    concept,
    microlitres,
    own,
    without_none,
)
from ledger.export.names import Names
from ledger.export.story import Dose, Finding, Leg, Product, Signed, Story, Warmth

STATEMENT = "application/cose"
PAYLOAD = "application/vnd.unbroken.event+json"
FINISHED = ("transform", "fill")
SEVERITIES = {"review": "notice", "minor": "warning", "major": "error", "critical": "critical"}
OUTCOMES = {True: "error", False: "information"}  # issue-severity: does it block?
# ASTM E1762-95: "the signature of the primary or sole author"
AUTHOR = coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1")


def bundle(story: Story, names: Names, made_ms: int) -> Resource:
    """The Bundle (type collection); `made_ms` the ledger time of the state that it shows."""
    refs = References(
        names,
        frozenset(one.container for one in story.products),
        frozenset(one.container for one in story.products if one.is_sample),
    )
    return without_none(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "identifier": refs.identifier("chain", story.coi),
            "timestamp": timestamp(made_ms),
            "entry": [_entry(one, names) for one in _resources(story, refs)],
        }
    )


def _entry(resource: Resource, names: Names) -> Resource:
    address = f"{names.base}/fhir/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource}


def _resources(story: Story, refs: References) -> Iterator[Resource]:
    patient = refs.logical("Patient", "chain", story.coi)
    for one in story.products:
        yield _sample(one, refs) if one.is_sample else _product(one, story, patient, refs)
    yield from (_transport(one, patient, refs) for one in story.legs)
    yield from (_dispense(one, patient, refs) for one in story.doses)
    yield from (_audit(one, patient, refs) for one in story.findings)
    yield from (_provenance(one, patient, refs) for one in story.signed)


# --- containers -------------------------------------------------------------------------------


def _product(one: Product, story: Story, patient: Resource, refs: References) -> Resource:
    return without_none(
        {
            "resourceType": PRODUCT,
            "id": one.container,
            "productCategory": coding(f"{HL7}/product-category", "cells"),
            "productCode": _codes(one, story, refs),
            "parent": [refs.product(name) for name in one.parents],
            "identifier": [refs.identifier("container", one.container)],
            "biologicalSourceEvent": {"system": DIN, "value": one.din} if one.din else None,
            "processingFacility": [refs.logical("Organization", "site", one.site)] if one.site else None,
            "division": one.division,
            "productStatus": _availability(one),
            "expirationDate": one.expires_at,
            "collection": _collection(one, patient, refs) if one.made_by == "collection" else None,
            "property": [*_properties(one, refs), *map(_warmth, one.temperature)],
        }
    )


def _availability(one: Product) -> Resource:
    return coding(
        f"{HL7}/biologicallyderived-product-status", "available" if one.available else "unavailable"
    )


def _codes(one: Product, story: Story, refs: References) -> Resource | None:
    """The ISBT 128 code as the label has it (HL7's own example gives it no system), and the product."""
    found: list[Resource] = [{"code": one.product_code}] if one.product_code else []
    if story.product and one.made_by in FINISHED:
        found.append(coding(f"{refs.names.base}/product", story.product, version=str(story.version)))
    return {"coding": found} if found else None


def _collection(one: Product, patient: Resource, refs: References) -> Resource:
    return {"collector": refs.signer(one.signer), "source": patient, "collectedDateTime": one.made_at}


def _properties(one: Product, refs: References) -> Iterator[Resource]:
    """What the standard has no element for."""
    yield _property("state", valueString=one.state)
    yield _property("made-by", valueString=one.made_by)
    yield _property("made-at", valuePeriod={"start": one.made_at})
    yield _property("made-by-signer", valueString=one.signer)
    yield _property("volume", valueQuantity=microlitres(one.volume_ul))
    for name, said in (("bag", one.bag), ("of", one.of)):
        if said is not None:
            yield _property(name, valueInteger=said)
    for name, text in (("component", one.component), ("inside", one.inside)):
        if text is not None:
            yield _property(name, valueString=text)


def _property(name: str, **value: Any) -> Resource:
    return {"type": own("product-property", name)} | value


def _warmth(one: Warmth) -> Resource:
    """The lowest and the highest reading, and what they are worth; every one stands in the entry."""
    said: dict[str, Resource] = {
        "phase": {"valueCode": one.phase},
        "logger": {"valueString": one.logger},
        "period": {"valuePeriod": {"start": one.started_at, "end": one.ended_at}},
        "entry": {"valueInteger64": str(one.position)},  # a string in JSON: FHIR R5, datatypes
        "device-signature": {"valueCode": one.device_signature},
        "fit": {"valueBoolean": one.fit},
    }
    if one.calibrated_until is not None:
        said["calibrated-until"] = {"valueDateTime": one.calibrated_until}
    extension = [{"url": name} | value for name, value in said.items()]
    low_high = {"low": celsius(one.low_centi_c), "high": celsius(one.high_centi_c)}
    outer = {"url": f"{TERMS}/temperature-evidence", "extension": extension}
    return {"extension": [outer]} | _property("temperature", valueRange=low_high)


def _sample(one: Product, refs: References) -> Resource:
    said: dict[str, list[Resource]] = {
        "state": [{"valueString": one.state}],
        "made-from": [{"valueReference": refs.container(name)} for name in one.parents],
        "sample-purpose": [{"valueCode": one.purpose}] if one.purpose else [],
        "site": [{"valueString": one.site}] if one.site else [],
        "expires-at": [{"valueDateTime": one.expires_at}] if one.expires_at else [],
    }
    return without_none(
        {
            "resourceType": SPECIMEN,
            "id": one.container,
            "extension": [
                {"url": f"{TERMS}/{name}"} | each for name, found in said.items() for each in found
            ],
            "identifier": [refs.identifier("container", one.container)],
            "status": "available" if one.available else "unavailable",
            "subject": refs.product(one.parents[0]) if one.parents else None,
            "collection": {
                "collector": refs.signer(one.signer),
                "collectedDateTime": one.made_at,
                "quantity": microlitres(one.volume_ul),
            },
        }
    )


# --- what was done with them ------------------------------------------------------------------


def _transport(one: Leg, patient: Resource, refs: References) -> Resource:
    named = [_input("container", valueReference=refs.container(name)) for name in one.containers]
    answered = _input("acceptance", valueIdentifier=refs.identifier("statement", one.acceptance or ""))
    return without_none(
        {
            "resourceType": "Transport",
            "id": f"leg-{one.position}",
            "identifier": [refs.identifier("statement", one.release)],
            "status": one.status,
            "intent": "order",
            "focus": refs.container(one.containers[0]),
            "for": patient,
            "authoredOn": one.released_at,
            "completionTime": one.accepted_at,
            "owner": refs.logical("Organization", "site", one.receiver[0]),
            "input": [*named, _input("giver", valueReference=refs.place(*one.giver))],
            "output": [answered] if one.acceptance else None,
            "requestedLocation": refs.place(*one.receiver),
            "currentLocation": refs.place(*(one.receiver if one.acceptance else one.giver)),
        }
    )


def _input(name: str, **value: Any) -> Resource:
    return {"type": own("transport", name)} | value


def _dispense(one: Dose, patient: Resource, refs: References) -> Resource:
    return without_none(
        {
            "resourceType": "BiologicallyDerivedProductDispense",
            "id": one.container,
            "status": one.status,
            "originRelationshipType": concept(
                f"{HL7}/CodeSystem/biologicallyderivedproductdispense-origin-relationship", "autologous"
            ),
            "product": refs.product(one.container),
            "patient": patient,
            "matchStatus": None if one.matched is None else _match(one.matched),
            "performer": [{"actor": refs.signer(name)} for name in one.performers],
            "location": refs.logical("Location", "site", one.site) if one.site else None,
            "quantity": None if one.given_ul is None else microlitres(one.given_ul),
            "preparedDate": one.prepared_at,
            "whenHandedOver": one.started_at,
        }
    )


def _match(matched: bool) -> Resource:
    """HL7's words are about blood groups; ours says that the bag is this patient's."""
    return own("match-status", "same-patient" if matched else "other-patient")


def _audit(one: Finding, patient: Resource, refs: References) -> Resource:
    disposition = [own("disposition", one.disposition)] if one.disposition else None
    outcome = {"code": coding(f"{HL7}/issue-severity", OUTCOMES[one.blocking]), "detail": disposition}
    return without_none(
        {
            "resourceType": "AuditEvent",
            "id": f"deviation-{one.position}",
            "category": [own("audit", "deviation")],
            "code": own("finding", one.code),
            "action": "C",
            "severity": SEVERITIES[one.severity],
            "recorded": one.recorded_at,
            "outcome": without_none(outcome),
            "patient": patient,
            "agent": [{"who": refs.signer(one.raised_by, one.by_device)}],
            "source": {"observer": refs.logical("Device", "log", refs.names.origin)},
            "entity": [
                {"what": {"identifier": refs.identifier("statement", one.statement)}},
                *({"what": refs.container(name)} for name in one.containers),
            ],
        }
    )


def _provenance(one: Signed, patient: Resource, refs: References) -> Resource:
    who = refs.signer(one.signer, one.by_device)
    source = {"role": "source", "what": {"identifier": refs.identifier("statement", one.statement)}}
    return without_none(
        {
            "resourceType": "Provenance",
            "id": f"entry-{one.position}",
            "target": [refs.container(name) for name in one.containers] or [patient],
            "occurredDateTime": one.occurred_at,
            "recorded": one.recorded_at,
            "activity": own("event", one.type),
            "patient": patient,
            "agent": [{"type": own("agent", "signer"), "who": who}],
            "entity": [source],
            "signature": [_signature(one, who, refs)],
        }
    )


def _signature(one: Signed, who: Resource, refs: References) -> Resource:
    key = {"url": f"{TERMS}/key", "valueIdentifier": refs.identifier("key", one.key)}
    return without_none(
        {
            "extension": [key],
            "type": [AUTHOR],
            "when": one.occurred_at,
            "who": who,
            "targetFormat": PAYLOAD,
            "sigFormat": STATEMENT,
            "data": b64encode(one.raw).decode() if one.raw is not None else None,
        }
    )
