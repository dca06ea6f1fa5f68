"""A stored event reads as it was parsed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from ledger.domain.events import EVENTS, parse_event, read_event, to_payload
from ledger.errors import Malformed
from ledger.proof import canonical
from tests.event_strategies import events

NAMES = sorted({event.__name__ for event in EVENTS})
FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
SAID = {
    "type": "Packed", "v": 1, "occurred_at": "2026-09-21T12:00:00.000Z", "seen": None, "seq": 7,
    "prev": "ab" * 32, "at": {"site": "st-mary", "department": "ward-5"}, "containers": ["BAG-1"],
    "shipper": "BOX 1",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_quick_reader_makes_of_stored_bytes_the_event_that_the_strict_parser_made(name: str) -> None:
    @FEW
    @given(events(name))
    def law(event: object) -> None:
        said = to_payload(event)  # type: ignore[arg-type]
        parsed, found = parse_event(said), read_event(canonical.encode(said))
        assert type(found) is type(parsed)
        assert found == parsed
        assert to_payload(found) == said

    law()


WRONG = {
    "a member too many": SAID | {"more": 1},
    "a member missing": {name: value for name, value in SAID.items() if name != "shipper"},
    "another kind of value": SAID | {"seq": "7"},
    "a part of another kind": SAID | {"at": "ward-5"},
    "no containers": SAID | {"containers": []},
    "another event": SAID | {"type": "Lost"},
    "another version": SAID | {"v": 2},
    "no day of the calendar": SAID | {"occurred_at": "2026-02-31T12:00:00.000Z"},
}


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG.keys())
def test_what_has_not_the_form_of_an_event_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="invalid_event"):
        read_event(canonical.encode(said))
