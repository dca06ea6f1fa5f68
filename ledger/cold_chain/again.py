"""A statement about a logger's file, checked against the file: read again as it was read then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.cold_chain.berlinger_signature import ROOT
from ledger.cold_chain.evidence import disagreement
from ledger.cold_chain.formats import read
from ledger.cold_chain.logger_file import Told
from ledger.cold_chain.mapped import mapping_of
from ledger.cold_chain.refusals import Ambiguous, Unreadable

_MARKS = {"point": ".", "comma": ","}


def told_by(read_as: Mapping[str, Any]) -> Told:
    """The answers that a statement carries as `read_as`."""
    return Told(
        unit=read_as.get("unit"),
        zone=read_as["zone"],
        decimal=_MARKS.get(read_as.get("decimal") or ""),  # type: ignore[arg-type]
        date_order=read_as.get("date_order"),
    )


def differs(
    event: Mapping[str, Any], raw: bytes, mapping: bytes | None = None, berlinger_root: str = ROOT
) -> str | None:
    """What the file does not bear out of a `TemperatureEvidenceAttached`; None: it bears out all.

    `mapping`: the bytes whose SHA-256 is `read_as.mapping`, which the caller has checked. A statement
    without `read_as` (its readings were typed, or sent by a program) cannot be checked, and says so.
    """
    read_as = event.get("read_as")
    if read_as is None:
        return "the statement does not say how its file was read"
    if read_as.get("mapping") and mapping is None:
        return "the file was read by a mapping, which is not here"
    try:
        known = mapping_of(mapping.decode("utf-8", "replace")) if mapping is not None else None
        told = None if known else told_by(read_as)  # a mapping leaves nothing to answer
        file = read(raw, told, known, berlinger_root)
        if file.format != read_as["format"]:
            return f"the file is read as {file.format}, not as {read_as['format']}"
        return disagreement(file, dict(event), read_as.get("channel"))
    except (Unreadable, Ambiguous) as refused:
        return f"the file is not read like this: {refused.detail}"
