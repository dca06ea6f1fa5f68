"""What capture takes: an EPCISDocument in JSON, with the members that our mapping knows.

GS1's own JSON schema is not ours to ship, so this is a stricter one of our own: whatever it lets
through, GS1's schema lets through, with formats on (a test compares the two). Members of another
namespace, master data and quantities are refused here by name, and never dropped in silence.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ledger.errors import Malformed
from ledger.export.epcis import CONTEXT, GS1_CONTEXT, NAMESPACE
from ledger.export.epcis_hash import utc
from ledger.export.epcis_places import PREFIX, Members
from ledger.export.epcis_table import ROWS

MAX_EVENTS = 1_000  # of one document: as many as statements of one body
_CHARS = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?://[A-Za-z0-9._~-]*(?::[0-9]+)?(?:/{_CHARS}*)?|(?!//){_CHARS}+)"
                  rf"(?:\?(?:{_CHARS}|\?)*)?(?:#{_CHARS}*)?")  # fmt: skip
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_CBV = ("urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/")


def _uri(text: str) -> str:
    """RFC 3986 with a scheme, and no address in brackets."""
    if not _URI.fullmatch(text):
        raise ValueError("expected a URI")
    return text


def _time(text: str) -> str:
    """RFC 3339, with its zone."""
    if not _TIME.fullmatch(text):
        raise ValueError("expected a time such as 2026-09-21T12:00:00.000Z")
    datetime.fromisoformat(text)
    try:
        utc(text)
    except OverflowError:
        raise ValueError("expected a time that has a year in UTC") from None
    return text


def _word(words: set[str]) -> BeforeValidator:
    """A word of the CBV that our mapping uses, or a URI that is not one of its old ones."""

    def check(value: Any) -> Any:
        if value in words if isinstance(value, str) else False:
            return value
        if not isinstance(value, str) or not _URI.fullmatch(value) or value.startswith(_CBV):
            raise ValueError(f"expected {', '.join(sorted(words))}, or a URI")
        return value

    return BeforeValidator(check)


Uri = Annotated[str, AfterValidator(_uri)]
Time = Annotated[str, AfterValidator(_time)]
Uris = Annotated[list[Uri], Field(max_length=200)]
_STEPS = {row.step for row in ROWS if ":" not in row.step} | {"installing"}  # the part of Packed
_DISPOSITIONS = {
    word
    for row in ROWS
    if row.disposition
    for word in ([row.disposition] if isinstance(row.disposition, str) else row.disposition[1].values())
}
Step = Annotated[str, _word(_STEPS)]
Disposition = Annotated[str, _word(_DISPOSITIONS)]


class Shape(BaseModel):
    """Strict, and closed but for our own namespace where `extra` says so."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, found: Any) -> Any:
        """In JSON-LD null is nothing, and GS1's schema knows none."""
        for name, value in found.items() if isinstance(found, dict) else ():
            if value is None:
                raise ValueError(f"{name}: leave it out instead of null")
        return found


class Place(Shape):
    id: Uri


class Transaction(Shape):
    type: Annotated[str, _word({"prodorder", "desadv"})] | None = None
    bizTransaction: Uri  # noqa: N815 - the standard's name


class Source(Shape):
    type: Annotated[str, _word({"possessing_party"})]
    source: Uri


class Destination(Shape):
    type: Annotated[str, _word({"possessing_party"})]
    destination: Uri


class SensorMetadata(Shape):
    startTime: Time | None = None  # noqa: N815
    endTime: Time | None = None  # noqa: N815
    deviceID: Uri  # noqa: N815
    rawData: Uri  # noqa: N815


# What a reading may be, as `CentiC` has it; neither infinite nor NaN.
Celsius = Annotated[float | int, Field(ge=-273, le=200, allow_inf_nan=False)]


class SensorReport(Shape):
    type: Literal["Temperature"]
    time: Time
    value: Celsius | None = None
    uom: Literal["CEL"] | None = None
    exception: Literal["ERROR_CONDITION"] | None = None


class SensorElement(Shape):
    sensorMetadata: SensorMetadata  # noqa: N815
    sensorReport: Annotated[list[SensorReport], Field(min_length=1, max_length=8_000)]  # noqa: N815


class Extended(Shape):
    """With members of our own namespace."""

    model_config = ConfigDict(strict=True, extra="allow")

    @model_validator(mode="after")
    def _only_ours(self) -> Self:
        for name in self.model_extra or ():
            if not name.startswith(PREFIX) or not _URI.fullmatch(name):
                raise ValueError(f"{name!r} has no place in what this log records")
        return self


class ErrorDeclaration(Extended):
    declarationTime: Time  # noqa: N815
    reason: Literal["incorrect_data"] | None = None


class _Event(Extended):
    eventID: Uri | None = None  # noqa: N815
    eventTime: Time  # noqa: N815
    recordTime: Time | None = None  # noqa: N815
    eventTimeZoneOffset: Annotated[str, Field(pattern=r"^[+-](0[0-9]|1[0-3]):[0-5][0-9]$|^[+-]14:00$")]  # noqa: N815
    bizStep: Step  # noqa: N815
    disposition: Disposition | None = None
    readPoint: Place | None = None  # noqa: N815
    bizTransactionList: Annotated[list[Transaction], Field(max_length=20)]  # noqa: N815
    errorDeclaration: ErrorDeclaration | None = None  # noqa: N815


class ObjectEvent(_Event):
    type: Literal["ObjectEvent"]
    action: Literal["ADD", "OBSERVE", "DELETE"]
    epcList: Uris  # noqa: N815
    bizLocation: Place | None = None  # noqa: N815
    sourceList: Annotated[list[Source], Field(max_length=5)] | None = None  # noqa: N815
    destinationList: Annotated[list[Destination], Field(max_length=5)] | None = None  # noqa: N815
    sensorElementList: Annotated[list[SensorElement], Field(max_length=5)] | None = None  # noqa: N815
    certificationInfo: Uri | None = None  # noqa: N815

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.epcList)) < len(self.epcList):
            raise ValueError("epcList: each EPC may be named once")
        return self


class _Joined(_Event):
    action: Literal["ADD", "OBSERVE", "DELETE"]
    parentID: Uri  # noqa: N815
    childEPCs: Annotated[list[Uri], Field(min_length=1, max_length=200)]  # noqa: N815

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.childEPCs)) < len(self.childEPCs):
            raise ValueError("childEPCs: each EPC may be named once")
        return self


class AggregationEvent(_Joined):
    type: Literal["AggregationEvent"]


class AssociationEvent(_Joined):
    type: Literal["AssociationEvent"]


class TransformationEvent(_Event):
    type: Literal["TransformationEvent"]
    inputEPCList: Annotated[list[Uri], Field(min_length=1, max_length=200)]  # noqa: N815
    outputEPCList: Annotated[list[Uri], Field(min_length=1, max_length=200)]  # noqa: N815

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for found in (self.inputEPCList, self.outputEPCList):
            if len(set(found)) < len(found):
                raise ValueError("inputEPCList, outputEPCList: each EPC may be named once")
        return self


AnyEvent = Annotated[
    ObjectEvent | AggregationEvent | AssociationEvent | TransformationEvent, Field(discriminator="type")
]


class Body(Shape):
    eventList: Annotated[list[AnyEvent], Field(max_length=MAX_EVENTS)]  # noqa: N815


class Document(Shape):
    """`context`: GS1's, and ours where a member needs it."""

    context: Annotated[Any, Field(alias="@context")]
    id: Uri | None = None
    type: Literal["EPCISDocument"]
    schemaVersion: Literal["2.0"]  # noqa: N815
    creationDate: Time  # noqa: N815
    epcisBody: Body  # noqa: N815

    @model_validator(mode="after")
    def _known_context(self) -> Self:
        given = self.context if isinstance(self.context, list) else [self.context]
        if GS1_CONTEXT not in given or any(one not in CONTEXT for one in given) or len(given) > len(CONTEXT):
            raise ValueError(f"@context: expected {GS1_CONTEXT} and {{{PREFIX.rstrip(':')}: {NAMESPACE}}}")
        return self


def read_document(raw: bytes) -> list[Members]:
    """The events of a document, as they were sent.

    Raises `Malformed`: `malformed_json`, `invalid_epcis` naming the first member that is wrong.
    """
    try:
        document = Document.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        code = "malformed_json" if first["type"] == "json_invalid" else "invalid_epcis"
        where = ".".join(str(step) for step in first["loc"])
        raise Malformed(code, f"{where}: {first['msg']}" if where else first["msg"]) from None
    return [one.model_dump(exclude_unset=True) for one in document.epcisBody.eventList]
