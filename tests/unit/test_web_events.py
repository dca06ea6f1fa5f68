"""The app's event types and table are made from the schema, and current."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import create_model

from docs.web_events import Vocabulary, pages, table, types
from ledger.domain.events import EVENTS, VERSIONS
from ledger.domain.handling_events import Packed
from ledger.domain.parts import Count


def test_the_committed_files_are_what_the_schema_says_now() -> None:
    for path, text in pages():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run make docs"


def test_every_event_has_its_row_and_its_interface() -> None:
    rows, interfaces = (text for _, text in pages())
    for event in EVENTS:
        assert f'  {event.__name__}: "{event.kind} ' in rows
        assert f"export interface {event.__name__} {{" in interfaces


def test_no_two_patterns_share_a_name() -> None:
    known = Vocabulary()
    for schema in known.schemas.values():
        known.line(schema)
    assert not [name for name in known.texts if name.endswith("_")]


def test_an_event_of_two_versions_is_signed_in_the_newest_and_read_in_both() -> None:
    newer: Any = create_model("Packed", __base__=Packed, v=(Literal[2], ...), tilt=(Count, ...))
    known = Vocabulary(VERSIONS | {"Packed": {1: Packed, 2: newer}})
    written = table(known)
    signed, read = written.split("export const OLDER")
    (row,) = [line for line in signed.splitlines() if line.startswith("  Packed: ")]
    assert row.startswith('  Packed: "fact 2 ')
    assert "tilt:Count" in row
    (old,) = [line for line in read.splitlines() if "Packed" in line]
    assert old.startswith('  "Packed 1": "fact 1 ')
    assert "tilt" not in old
    assert types(known).count("export interface Packed {") == 1
    assert "tilt: number;" in types(known)
