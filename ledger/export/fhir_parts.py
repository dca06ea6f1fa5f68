"""The small pieces that FHIR resources are made of, and how each is read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ledger.errors import Malformed
from ledger.export.names import Names

Resource = dict[str, Any]

TERMS = "https://unbroken.example/ns/fhir"  # code systems and extensions of ours: TERMS/<name>
UCUM = "http://unitsofmeasure.org"
DIN = "https://www.isbt128.org/uri/DonationIdentificationNumber"
HL7 = "http://hl7.org/fhir"
PRODUCT, SPECIMEN = "BiologicallyDerivedProduct", "Specimen"


def coding(system: str, code: str, **more: str) -> Resource:
    return {"system": system, "code": code} | more


def concept(system: str, code: str) -> Resource:
    return {"coding": [coding(system, code)]}


def own(name: str, code: str) -> Resource:
    """A concept of ours."""
    return concept(f"{TERMS}/{name}", code)


def code_of(found: Resource | None, system: str) -> str | None:
    """The code that a concept has in a system."""
    codes = (one.get("code") for one in (found or {}).get("coding", ()) if one.get("system") == system)
    return next(codes, None)


def own_code(found: Resource | None, name: str) -> str | None:
    return code_of(found, f"{TERMS}/{name}")


def microlitres(value: int) -> Resource:
    return {"value": value, "unit": "uL", "system": UCUM, "code": "uL"}


def celsius(centi_c: int) -> Resource:
    return {"value": centi_c / 100, "unit": "degrees C", "system": UCUM, "code": "Cel"}


def centi_c(quantity: Resource) -> int:
    """The inverse of `celsius`. Raises `Malformed` (`malformed_fhir`)."""
    if quantity.get("code") != "Cel":
        raise Malformed("malformed_fhir", "temperature: expected UCUM code Cel")
    return round(float(quantity["value"]) * 100)


def without_none(resource: Resource) -> Resource:
    """FHIR has no null and no empty list: what is not said has no member."""
    return {name: value for name, value in resource.items() if value is not None and value not in ([], ())}


@dataclass(frozen=True, slots=True)
class References:
    """References within one bundle, and to what stands in no resource: those name an identifier."""

    names: Names
    here: frozenset[str] = frozenset()  # containers that have a resource
    samples: frozenset[str] = frozenset()

    def identifier(self, kind: str, name: str) -> Resource:
        return {"system": f"{self.names.base}/{kind}", "value": name}

    def logical(self, type_: str, kind: str, name: str) -> Resource:
        return {"type": type_, "identifier": self.identifier(kind, name)}

    def signer(self, name: str, by_device: bool = False) -> Resource:
        return self.logical("Device" if by_device else "Practitioner", "agent", name)

    def place(self, site: str, department: str) -> Resource:
        return self.logical("Location", "site", f"{site}/{department}")

    def container(self, name: str) -> Resource:
        """A product or a sample, wherever one may stand."""
        if name in self.samples:
            return {"reference": f"{SPECIMEN}/{name}"}
        return self.product(name)

    def product(self, name: str) -> Resource:
        """Where only a product may stand; a sample, or what never came to be, by its identifier."""
        if name in self.here and name not in self.samples:
            return {"reference": f"{PRODUCT}/{name}"}
        return self.logical(PRODUCT, "container", name)

    def read(self, kind: str, reference: Resource | None) -> str:
        """The name behind a reference of this kind. Raises `Malformed` (`malformed_fhir`)."""
        if reference and kind == "container" and "reference" in reference:
            return str(reference["reference"]).rpartition("/")[2]
        return self.read_identifier(kind, (reference or {}).get("identifier"))

    def read_identifier(self, kind: str, found: Resource | None) -> str:
        expected = f"{self.names.base}/{kind}"
        if not found or found.get("system") != expected or not isinstance(found.get("value"), str):
            raise Malformed("malformed_fhir", f"expected an identifier of {expected}, got {found!r}")
        return str(found["value"])

    def read_place(self, reference: Resource | None) -> tuple[str, str]:
        site, _, department = self.read("site", reference).partition("/")
        return site, department


def of_type(bundle: Resource, type_: str) -> Iterator[Resource]:
    """The bundle's resources of a type, in its order."""
    entries: Iterable[Any] = bundle.get("entry", ())
    resources = (one.get("resource") for one in entries if isinstance(one, dict))
    return (one for one in resources if isinstance(one, dict) and one.get("resourceType") == type_)
