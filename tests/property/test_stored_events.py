"""A stored event reads as it was parsed, by either reader."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.domain.events import EVENTS, fold_event, parse_event, read_event, to_payload
from ledger.domain.parts import CarriedFact
from ledger.errors import Malformed
from ledger.proof import canonical
from tests.event_strategies import events

NAMES = sorted({event.__name__ for event in EVENTS})
CARRIED = sorted({event.__name__ for event in EVENTS if issubclass(event, CarriedFact)})
FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
SAID = {
    "type": "Packed", "v": 1, "occurred_at": "2026-09-21T12:00:00.000Z", "seen": None, "seq": 7,
    "prev": "ab" * 32, "at": {"site": "st-mary", "department": "ward-5"}, "containers": ["BAG-1"],
    "shipper": "BOX 1",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_both_readers_make_of_stored_bytes_the_event_that_the_strict_parser_made(name: str) -> None:
    @FEW
    @given(events(name))
    def law(event: object) -> None:
        said = to_payload(event)  # type: ignore[arg-type]
        raw, parsed = canonical.encode(said), parse_event(said)
        for found in (read_event(raw), fold_event(raw)):
            assert type(found) is type(parsed)
            assert found == parsed
            assert to_payload(found) == said

    law()


def test_a_fold_does_not_look_at_patterns_again() -> None:
    raw = canonical.encode(SAID | {"occurred_at": "yesterday"})
    assert fold_event(raw).occurred_at == "yesterday"
    with pytest.raises(Malformed, match="invalid_event"):
        read_event(raw)


WRONG = {
    "a member too many": SAID | {"more": 1},
    "a member missing": {name: value for name, value in SAID.items() if name != "shipper"},
    "another kind of value": SAID | {"seq": "7"},
    "a part of another kind": SAID | {"at": "ward-5"},
    "no containers": SAID | {"containers": []},
    "another event": SAID | {"type": "Lost"},
    "another version": SAID | {"v": 2},
}


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG.keys())
def test_what_has_not_the_form_of_an_event_is_refused_by_either_reader(said: dict[str, object]) -> None:
    for reader in (read_event, fold_event):
        with pytest.raises(Malformed, match="invalid_event"):
            reader(canonical.encode(said))


@given(st.sampled_from(CARRIED))
def test_only_what_refuses_was_left_out(name: str) -> None:
    """The names of members, which stand in the same schema as the patterns, are all there."""
    (event, *_) = [one for one in EVENTS if one.__name__ == name]
    with pytest.raises(Malformed, match="invalid_event"):
        fold_event(canonical.encode({"type": name, "v": 1}))
    assert event.model_fields
