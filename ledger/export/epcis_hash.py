"""An EPCIS event's hash id: the same event has the same id, whoever writes it down.

CBV 2.0 section 8.9: the members in their canonical order, without white space, identifiers in
canonical form, times in UTC with milliseconds, extensions behind them in lexical order; of that
text the SHA-256. It finds a duplicate. It proves nothing: the proof of an entry is its receipt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from ledger.export.gs1_uris import canonical

Event = Mapping[str, Any]
Namespaces = Mapping[str, str]

# What stands in GS1's own context.
STANDARD = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
_COMMENT = "{http://www.w3.org/2000/01/rdf-schema#}comment"  # says nothing that a machine should compare
_LEFT_OUT = {"type", "@context", "eventID", "recordTime", "errorDeclaration"}
_QUANTITY = ("epcClass", "quantity", "uom")
_REPORT = ("type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time",
           "microorganism", "chemicalSubstance", "value", "component", "stringValue", "booleanValue",
           "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank",
           "percValue", "uom", "coordinateReferenceSystem")  # fmt: skip
_METADATA = ("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData",
             "dataProcessingMethod", "bizRules")  # fmt: skip
_ORDER = ("eventTime", "eventTimeZoneOffset", "certificationInfo", "epcList", "parentID", "childEPCs",
          "quantityList", "childQuantityList", "inputEPCList", "inputQuantityList", "outputEPCList",
          "outputQuantityList", "action", "transformationID", "bizStep", "disposition",
          "persistentDisposition", "readPoint", "bizLocation", "bizTransactionList", "destinationList",
          "sourceList", "sensorElementList", "ilmd")  # fmt: skip
_EPC_LISTS = {"epcList", "childEPCs", "inputEPCList", "outputEPCList"}
_QUANTITY_LISTS = {"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"}
_TIMES = {"eventTime", "time", "startTime", "endTime"}
_TYPED = {
    "bizTransactionList": ("type", "bizTransaction"),
    "sourceList": ("type", "source"),
    "destinationList": ("type", "destination"),
}
_CBV = "https://ref.gs1.org/cbv/"
_VOCABULARIES = {  # member: lead of a bare word, old URN
    "bizStep": (f"{_CBV}BizStep-", "urn:epcglobal:cbv:bizstep:"),
    "disposition": (f"{_CBV}Disp-", "urn:epcglobal:cbv:disp:"),
    "set": (f"{_CBV}Disp-", "urn:epcglobal:cbv:disp:"),
    "unset": (f"{_CBV}Disp-", "urn:epcglobal:cbv:disp:"),
    "component": (f"{_CBV}Comp-", "urn:epcglobal:cbv:comp:"),
    "exception": ("https://gs1.org/voc/", "https://gs1.org/voc/"),
    "bizTransactionList": (f"{_CBV}BTT-", "urn:epcglobal:cbv:btt:"),
    "sourceList": (f"{_CBV}SDT-", "urn:epcglobal:cbv:sdt:"),
    "destinationList": (f"{_CBV}SDT-", "urn:epcglobal:cbv:sdt:"),
    "sensorReport": ("https://gs1.org/voc/", "https://gs1.org/voc/"),
}


def hash_id(event: Event, namespaces: Namespaces, ignored: Iterable[str] = ()) -> str:
    """The event's id, `ni:///sha-256;<hex>?ver=CBV2.0`.

    `namespaces` are the document's own prefixes (see `namespaces_of`), `ignored` members, written
    as in the document, that an owner of a repository added for itself.
    """
    text = prehash(event, namespaces, ignored)
    return f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def namespaces_of(document: Event) -> dict[str, str]:
    """The prefixes that a document's or an event's context defines, GS1's own included."""
    context = document.get("@context", [])
    found = dict(STANDARD)
    for one in context if isinstance(context, list) else [context]:
        if isinstance(one, dict):
            found |= {name: uri for name, uri in one.items() if isinstance(uri, str)}
    return found


def prehash(event: Event, namespaces: Namespaces, ignored: Iterable[str] = ()) -> str:
    """The text that is hashed."""
    out_of_it = {*_LEFT_OUT, *ignored}
    kept = {name: value for name, value in event.items() if name not in out_of_it}
    parts = [f"eventType={event['type']}"]
    parts += (_member(name, kept[name], namespaces) for name in _ORDER if kept.get(name) is not None)
    return "".join((*parts, *_extensions(kept, namespaces)))


def _member(name: str, value: Any, namespaces: Namespaces) -> str:
    if name in _EPC_LISTS:
        return _listed(name, (f"epc={canonical(str(one).strip())}" for one in value))
    if name in _QUANTITY_LISTS:
        return _listed(name, (f"quantityElement{_ordered(one, _QUANTITY, namespaces)}" for one in value))
    if name in _TYPED:
        return _listed(name, (_typed(one, name, namespaces) for one in value))
    if name == "sensorElementList":
        return _listed(name, (f"sensorElement{_sensor(one, namespaces)}" for one in value))
    if name == "persistentDisposition":
        return name + _ordered(value, ("set", "unset"), namespaces)
    if isinstance(value, Mapping):
        return name + _ordered(value, ("id",), namespaces)
    return _ordered({name: value}, (name,), namespaces)


def _listed(name: str, items: Iterable[str]) -> str:
    """An empty list says nothing; order and repetition in a list say nothing either."""
    found = "".join(sorted(items))
    return name + found if found else ""


def _typed(one: Event, of: str, namespaces: Namespaces) -> str:
    first, second = _TYPED[of]
    said = f"{first}={word(of, one[first], namespaces)}" if first in one else ""
    return f"{said}{second}={canonical(str(one[second]).strip())}"


def _sensor(element: Event, namespaces: Namespaces) -> str:
    metadata = element.get("sensorMetadata")
    said = "sensorMetadata" + _ordered(metadata, _METADATA, namespaces) if metadata else ""
    reports = sorted(f"sensorReport{_report(one, namespaces)}" for one in element.get("sensorReport", ()))
    return "".join((said, *reports, *_extensions(element, namespaces)))


def _report(one: Event, namespaces: Namespaces) -> str:
    kind = {"type": word("sensorReport", one["type"], namespaces)} if "type" in one else {}
    return _ordered({**one, **kind}, _REPORT, namespaces)


def _ordered(value: Event, order: Iterable[str], namespaces: Namespaces) -> str:
    """The members in this order, then what else there is."""
    said: list[str] = []
    for name in order:
        found = value.get(name)
        if found is not None:
            many = found if isinstance(found, list) else [found]
            said += sorted(f"{name}={_text(name, one, namespaces)}" for one in many)
    return "".join((*said, *_extensions(value, namespaces)))


def _extensions(value: Event, namespaces: Namespaces) -> list[str]:
    """What has a prefix of its own, in the order of the whole texts."""
    found: list[str] = []
    for name, one in value.items():
        prefix, colon, local = name.partition(":")
        if colon and prefix in namespaces:
            full = f"{{{namespaces[prefix]}}}{local}"
            found += _extension(full, one, namespaces) if full != _COMMENT else ()
    return sorted(found)


def _extension(name: str, value: Any, namespaces: Namespaces) -> Iterator[str]:
    if isinstance(value, list):
        yield from (text for one in value for text in _extension(name, one, namespaces))
    elif isinstance(value, Mapping):
        yield name + "".join(_extensions(value, namespaces))
    elif value is not None:
        yield f"{name}={_plain(value)}"


def _text(name: str, value: Any, namespaces: Namespaces) -> str:
    if name in _TIMES:
        return utc(value)
    if name in _VOCABULARIES:
        return word(name, value, namespaces)
    return canonical(value.strip()) if isinstance(value, str) else _plain(value)


def word(of: str, value: str, namespaces: Namespaces) -> str:
    """A term of a vocabulary as its full URI."""
    lead, old = _VOCABULARIES[of]
    prefix, colon, local = value.partition(":")
    if not colon:
        return lead + value
    return namespaces[prefix] + local if prefix in namespaces else value.replace(old, lead)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@lru_cache(maxsize=1024)
def utc(moment: str) -> str:
    """A time in UTC with milliseconds, halves rounded up."""
    if len(moment) == 24 and moment.endswith("Z"):
        return moment
    whole, dot, rest = moment.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest[len(digits) :] if dot else ""
    exact = datetime.fromisoformat(whole + zone).astimezone(UTC)
    ms = int((Decimal(f"0.{digits or 0}") * 1000).quantize(Decimal(1), ROUND_HALF_UP))
    shown = (exact + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")
