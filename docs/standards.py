"""The tables of the two standards' mappings, made from the mappings themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from ledger.domain.events import EVENTS
from ledger.domain.naming import STREAM_KINDS
from ledger.export import fhir
from ledger.export.epcis import ABOUT, GS1_CONTEXT, NAMESPACE
from ledger.export.epcis_places import PREFIX, Place
from ledger.export.epcis_table import MAPPED, ROWS, Row
from ledger.export.fhir_parts import TERMS
from ledger.export.story import Dose, Finding, Leg, Product, Signed, Warmth

PARTS: tuple[tuple[type, str, str], ...] = (
    (Product, "BiologicallyDerivedProduct; a sample: Specimen", "one for each container"),
    (Warmth, "`property` of the product, with an extension", "one for each logger's statement"),
    (Leg, "Transport", "one for each release of custody"),
    (Dose, "BiologicallyDerivedProductDispense", "one for each container that came to the bedside"),
    (Finding, "AuditEvent", "one for each deviation"),
    (Signed, "Provenance", "one for each entry"),
)

_NOTES = (
    "`Corrected` by the corrected entry's own signer or by Quality is the corrected event once more,",
    "with the same id and an `errorDeclaration`; so is one that Quality accepted. Any other is as in the",
    "table. `QuarantineLifted` has no disposition where something else still held the container.",
    "A hand-over that moved no custody (refused, void, without its other half) has no",
    "`possessing_party`: who says so between whom stands in `unbroken:giver` and `unbroken:receiver`.",
)


def epcis_markdown() -> str:
    """Event by event, and what has no row."""
    titles = "Event | EPCIS event | Business step | Disposition | Members in standard places"
    prefix = PREFIX.rstrip(":")
    return "\n".join([
        f"| {titles} |", "|---|---|---|---|---|", *map(_row, ROWS), "",
        *_NOTES, f"The `epcList` of {_beside()} is of what they are about.", "",
        "## What is no EPCIS event\n", f"{_unmapped()}, and what else is said of the registry.", "",
        "## Our namespace\n", f'Context: `{GS1_CONTEXT}` and `{{"{prefix}": "{NAMESPACE}"}}`.',
        "Where an event came from: " + ", ".join(f"`{PREFIX}{name}`" for name in ABOUT[:-1]) + ".",
        "`unbroken:findings`: the codes of what the ledger found wrong with the entry.",
    ])  # fmt: skip


def _beside() -> str:
    return ", ".join(f"`{row.event}`" for row in ROWS if row.names_none)


def _unmapped() -> str:
    of_therapies = (event.__name__ for event in EVENTS if STREAM_KINDS[event.__name__] == "chain")
    return ", ".join(f"`{name}`" for name in sorted(of_therapies) if name not in MAPPED)


def _row(row: Row) -> str:
    action = f", {row.action}" if row.action else ""
    places = "; ".join(f"{_named(place)} in {place.where}" for place in row.places)
    return f"| `{row.event}` | {row.kind}{action} | `{row.step}` | {_disposition(row)} | {places} |"


def _named(place: Place) -> str:
    return ", ".join(f"`{member}`" for member in place.members)


def _disposition(row: Row) -> str:
    if isinstance(row.disposition, tuple):
        member, of_value = row.disposition
        return f"by `{member}`: " + ", ".join(f"{value} → `{said}`" for value, said in of_value.items())
    return f"`{row.disposition}`" if row.disposition else ""


def fhir_markdown() -> str:
    """Resource by resource, with the facts that each carries and reads back."""
    parts = ["| FHIR | Made | Facts that read back |", "|---|---|---|"]
    parts += [f"| {resource} | {how_many} | {_facts(part)} |" for part, resource, how_many in PARTS]
    return "\n".join(
        [*parts, "", f"Own code systems and extensions: `{TERMS}/…`.", "", "## Codes\n", *_codes()]
    )


def _facts(part: type) -> str:
    return ", ".join(f"`{name}`" for name in inspect.signature(part).parameters)


def _codes() -> Iterator[str]:
    yield "| Ours | FHIR |\n|---|---|"
    for ours, theirs in fhir.SEVERITIES.items():
        yield f"| severity {ours} | `{theirs}` |"
    for blocks, outcome in fhir.OUTCOMES.items():
        yield f"| {'blocks' if blocks else 'blocks nothing'} | outcome `{outcome}` |"
