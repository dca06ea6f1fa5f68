"""The app's event types and table are made from the schema, and current."""

from __future__ import annotations

from docs.web_events import Vocabulary, pages
from ledger.domain.events import EVENTS


def test_the_committed_files_are_what_the_schema_says_now() -> None:
    for path, text in pages():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run make docs"


def test_every_event_has_its_row_and_its_interface() -> None:
    table, types = (text for _, text in pages())
    for event in EVENTS:
        assert f'  {event.__name__}: "{event.kind} ' in table
        assert f"export interface {event.__name__} {{" in types


def test_no_two_patterns_share_a_name() -> None:
    known = Vocabulary()
    for schema in known.schemas.values():
        known.line(schema)
    assert not [name for name in known.texts if name.endswith("_")]
