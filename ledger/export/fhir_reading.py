"""In: a therapy's story out of a FHIR bundle that this log exported.

Reading takes what our mapping writes, and refuses what it does not understand instead of guessing:
`Malformed` (`malformed_fhir`), naming the resource. It does not verify signatures; `unbroken verify`
does, with the statements that the Provenances carry.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ledger.errors import Malformed
from ledger.export.fhir import OUTCOMES, SEVERITIES
from ledger.export.fhir_parts import (
    PRODUCT,
    SPECIMEN,
    TERMS,
    References,
    Resource,
    centi_c,
    of_type,
    own_code,
)
from ledger.export.names import Names
from ledger.export.story import Dose, Finding, Leg, Product, Signed, Story, Warmth

_SEVERITIES = {fhir: ours for ours, fhir in SEVERITIES.items()}
_OUTCOMES = {fhir: ours for ours, fhir in OUTCOMES.items()}


def read_bundle(found: Any, names: Names) -> Story:
    """The story. Raises `Malformed` (`malformed_fhir`)."""
    if not isinstance(found, dict) or (found.get("resourceType"), found.get("type")) != (
        "Bundle",
        "collection",
    ):
        raise Malformed("malformed_fhir", "expected a Bundle of type collection")
    refs = References(names)
    with _reading("Bundle"):
        coi = refs.read_identifier("chain", found.get("identifier"))
    products = [_product(one, refs) for one in _containers(found)]
    product, version = _ordered(found, names)
    return Story(
        coi, product, version, tuple(products),
        tuple(_leg(one, refs) for one in of_type(found, "Transport")),
        tuple(_dose(one, refs) for one in of_type(found, "BiologicallyDerivedProductDispense")),
        tuple(_finding(one, refs) for one in of_type(found, "AuditEvent")),
        tuple(_signed(one, refs) for one in of_type(found, "Provenance")),
    )  # fmt: skip


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """What is missing or of another kind in a resource becomes one clear refusal."""
    try:
        yield
    except Malformed as error:
        raise Malformed("malformed_fhir", f"{what}: {error.detail}") from None
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
        raise Malformed("malformed_fhir", f"{what}: {error!r} is missing or of another kind") from None


def _label(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _containers(found: Resource) -> Iterator[Resource]:
    """Products and samples, in the bundle's order."""
    resources = (one.get("resource") for one in found.get("entry", ()) if isinstance(one, dict))
    return (
        one for one in resources if isinstance(one, dict) and one.get("resourceType") in (PRODUCT, SPECIMEN)
    )


def _ordered(found: Resource, names: Names) -> tuple[str | None, int | None]:
    for one in of_type(found, PRODUCT):
        for code in one.get("productCode", {}).get("coding", ()):
            if code.get("system") == f"{names.base}/product":
                with _reading(_label(one)):
                    return code["code"], int(code["version"])
    return None, None


def _product(one: Resource, refs: References) -> Product:
    with _reading(_label(one)):
        return _read_sample(one, refs) if one["resourceType"] == SPECIMEN else _read_product(one, refs)


def _read_product(one: Resource, refs: References) -> Product:
    said = {own_code(each["type"], "product-property"): each for each in one.get("property", ())}
    facility = one.get("processingFacility")
    codes = one.get("productCode", {}).get("coding", ())
    return Product(
        container=refs.read_identifier("container", one["identifier"][0]),
        made_by=said["made-by"]["valueString"],
        made_at=said["made-at"]["valuePeriod"]["start"],
        signer=said["made-by-signer"]["valueString"],
        site=refs.read("site", facility[0]) if facility else None,
        parents=tuple(refs.read("container", each) for each in one.get("parent", ())),
        volume_ul=said["volume"]["valueQuantity"]["value"],
        available=one["productStatus"]["code"] == "available",
        state=said["state"]["valueString"],
        din=one.get("biologicalSourceEvent", {}).get("value"),
        product_code=next((each["code"] for each in codes if "system" not in each), None),
        division=one.get("division"),
        expires_at=one.get("expirationDate"),
        bag=said.get("bag", {}).get("valueInteger"),
        of=said.get("of", {}).get("valueInteger"),
        component=said.get("component", {}).get("valueString"),
        inside=said.get("inside", {}).get("valueString"),
        temperature=tuple(_warmth(each) for each in one.get("property", ()) if "valueRange" in each),
    )


def _warmth(one: Resource) -> Warmth:
    outer = next(each for each in one["extension"] if each["url"] == f"{TERMS}/temperature-evidence")
    said = {each["url"]: each for each in outer["extension"]}
    period, found = said["period"]["valuePeriod"], one["valueRange"]
    return Warmth(
        said["phase"]["valueCode"], said["logger"]["valueString"], period["start"], period["end"],
        centi_c(found["low"]), centi_c(found["high"]), int(said["entry"]["valueInteger64"]),
        said["device-signature"]["valueCode"], said.get("calibrated-until", {}).get("valueDateTime"),
        said["fit"]["valueBoolean"],
    )  # fmt: skip


def _read_sample(one: Resource, refs: References) -> Product:
    said: dict[str, list[Resource]] = {}
    for each in one.get("extension", ()):
        said.setdefault(each["url"].removeprefix(f"{TERMS}/"), []).append(each)
    taken = one["collection"]
    return Product(
        container=refs.read_identifier("container", one["identifier"][0]),
        made_by="sample",
        made_at=taken["collectedDateTime"],
        signer=refs.read("agent", taken["collector"]),
        site=said["site"][0]["valueString"] if "site" in said else None,
        parents=tuple(refs.read("container", each["valueReference"]) for each in said.get("made-from", ())),
        volume_ul=taken["quantity"]["value"],
        available=one["status"] == "available",
        state=said["state"][0]["valueString"],
        purpose=said["sample-purpose"][0]["valueCode"] if "sample-purpose" in said else None,
        expires_at=said["expires-at"][0]["valueDateTime"] if "expires-at" in said else None,
    )


def _leg(one: Resource, refs: References) -> Leg:
    with _reading(_label(one)):
        inputs = [(own_code(each["type"], "transport"), each) for each in one["input"]]
        named = [each["valueReference"] for name, each in inputs if name == "container"]
        giver = next(each["valueReference"] for name, each in inputs if name == "giver")
        answered = [each["valueIdentifier"] for each in one.get("output", ())]
        return Leg(
            refs.read_identifier("statement", one["identifier"][0]),
            _position(one), one["status"], tuple(refs.read("container", each) for each in named),
            refs.read_place(giver), refs.read_place(one["requestedLocation"]), one["authoredOn"],
            refs.read_identifier("statement", answered[0]) if answered else None, one.get("completionTime"),
        )  # fmt: skip


def _position(one: Resource) -> int:
    """Of the entry; resources about one entry are called by it."""
    return int(one["id"].rpartition("-")[2])


def _dose(one: Resource, refs: References) -> Dose:
    with _reading(_label(one)):
        match = own_code(one.get("matchStatus"), "match-status")
        location, given = one.get("location"), one.get("quantity")
        return Dose(
            refs.read("container", one["product"]), one["status"],
            None if match is None else match == "same-patient",
            tuple(refs.read("agent", each["actor"]) for each in one.get("performer", ())),
            refs.read("site", location) if location else None,
            one.get("preparedDate"), one.get("whenHandedOver"), given["value"] if given else None,
        )  # fmt: skip


def _finding(one: Resource, refs: References) -> Finding:
    with _reading(_label(one)):
        who, (statement, *named) = one["agent"][0]["who"], (each["what"] for each in one["entity"])
        details = one["outcome"].get("detail")
        code = own_code(one["code"], "finding")
        if code is None:
            raise Malformed("malformed_fhir", "code: names no finding")
        return Finding(
            refs.read_identifier("statement", statement["identifier"]), _position(one), code,
            _SEVERITIES[one["severity"]], _OUTCOMES[one["outcome"]["code"]["code"]],
            tuple(refs.read("container", each) for each in named), refs.read("agent", who),
            who["type"] == "Device", one["recorded"],
            own_code(details[0], "disposition") if details else None,
        )  # fmt: skip


def _signed(one: Resource, refs: References) -> Signed:
    with _reading(_label(one)):
        who, signature = one["agent"][0]["who"], one["signature"][0]
        type_ = own_code(one["activity"], "event")
        if type_ is None:
            raise Malformed("malformed_fhir", "activity: names no event")
        named = [each for each in one["target"] if each.get("type") != "Patient"]
        raw = signature.get("data")
        return Signed(
            _position(one), refs.read_identifier("statement", one["entity"][0]["what"]["identifier"]), type_,
            refs.read("agent", who), who["type"] == "Device",
            refs.read_identifier("key", signature["extension"][0]["valueIdentifier"]),
            one["occurredDateTime"], one["recorded"],
            tuple(refs.read("container", each) for each in named), None if raw is None else b64decode(raw),
        )  # fmt: skip
