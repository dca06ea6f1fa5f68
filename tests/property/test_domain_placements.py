"""Which containers a logger was with: whatever order the statements arrive in, and as people say it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.chain import Chain
from ledger.domain.container import Container
from ledger.domain.custody import Holder
from ledger.domain.entry import Entry
from ledger.domain.events import parse_event
from ledger.domain.evolve import HANDLERS
from ledger.domain.placements import Placement, placements, settled
from ledger.domain.times import timestamp

COI, OTHER = "isbt128:CHA999926000001", "isbt128:CHA999926000002"
START_MS = 1_790_000_000_000
MINUTE_MS = 60_000
AT = {"site": "st-mary", "department": "ward-5"}
KINDS = st.sampled_from(["Packed", "ShipperSwapped", "Unpacked", "ThawStarted"])
STEPS = st.lists(
    st.tuples(KINDS, st.sampled_from(["BAG-1", "BAG-2"]), st.sampled_from(["logger-1", "logger-2", None])),
    min_size=1,
    max_size=9,
)


def told(position: int, minute: int, kind: str, bag: str, logger: str | None) -> Entry:
    """A statement about one bag; the shipper goes with the logger."""
    said: dict[str, Any] = {
        "type": kind, "v": 1, "occurred_at": timestamp(START_MS + minute * MINUTE_MS), "seen": None,
        "seq": 0, "prev": None, "at": AT, "containers": [bag],
    }  # fmt: skip
    shipper = f"SHIPPER-{logger or 0}"
    more: dict[str, dict[str, Any]] = {
        "Packed": {"shipper": shipper, "logger": logger},
        "Unpacked": {"shipper": shipper},
        "ShipperSwapped": {"old_shipper": "S", "shipper": shipper, "logger": logger, "reason": "broken"},
        "ThawStarted": {},
    }
    event = parse_event(said | more[kind])
    return Entry(position, f"{position:064x}", "ab" * 32, "anna", f"chain/{COI}", event, START_MS)


def folded(entries: list[Entry]) -> Chain:
    chain = Chain(COI)
    for name in ("BAG-1", "BAG-2"):
        chain.containers[name] = Container(name, 0, "collection", timestamp(START_MS))

    for entry in entries:
        HANDLERS[entry.type](chain, entry, entry.event)
    return chain


def seen(chain: Chain) -> set[tuple[Any, ...]]:
    """Without positions, which the order of arrival decides."""
    return {(one.logger, one.container, one.phase, one.since_ms, one.until_ms) for one in placements(chain)}


@given(STEPS, st.data())
@settings(max_examples=60)
def test_the_order_of_arrival_changes_nothing(steps: list[Any], data: st.DataObject) -> None:
    said = [(minute, *step) for minute, step in enumerate(steps)]
    shuffled = data.draw(st.permutations(said))
    first = folded([told(position, *one) for position, one in enumerate(said)])
    second = folded([told(position, *one) for position, one in enumerate(shuffled)])
    assert seen(first) == seen(second)


@given(STEPS)
@settings(max_examples=60)
def test_at_every_moment_it_is_as_the_last_word_about_the_bag_has_it(steps: list[Any]) -> None:
    """The same, told minute by minute instead of by intervals."""
    chain = folded([told(minute, minute, *step) for minute, step in enumerate(steps)])
    for minute in range(len(steps) + 1):
        at_ms = START_MS + minute * MINUTE_MS + 1
        for bag in ("BAG-1", "BAG-2"):
            mine = [(kind, logger) for kind, of, logger in steps[: minute + 1] if of == bag]
            packing = [one for one in mine if one[0] != "ThawStarted"]
            logger = packing[-1][1] if packing and packing[-1][0] != "Unpacked" else None
            phase = "thawed" if any(kind == "ThawStarted" for kind, _ in mine) else "fresh"
            expected = [(logger, phase)] if logger else []
            found = [one for one in placements(chain) if one.container == bag and one.overlaps(at_ms, at_ms)]
            assert [(one.logger, one.phase) for one in found] == expected


def test_a_phase_that_was_said_goes_on_over_a_swap_until_the_thaw() -> None:
    entries = [
        told(0, 0, "Packed", "BAG-1", "logger-1"),
        told(1, 5, "ShipperSwapped", "BAG-1", "logger-2"),
        told(2, 9, "ThawStarted", "BAG-1", None),
    ]
    said = entries[0].event.model_copy(update={"phase": "frozen"})
    entries[0] = Entry(0, "00" * 32, "ab" * 32, "anna", f"chain/{COI}", said, START_MS)
    found = [(one.logger, one.phase) for one in placements(folded(entries))]
    assert found == [("logger-1", "frozen"), ("logger-2", "frozen"), ("logger-2", "thawed")]


def placement(coi: str, minute: int, shipper: str, until: int | None = None, position: int = 0) -> Placement:

    ends_ms = None if until is None else START_MS + until * MINUTE_MS
    at = Holder("st-mary", "ward-5")
    return Placement(
        "l", coi, "BAG-1", position, shipper, at, "fresh", START_MS + minute * MINUTE_MS, ends_ms
    )


def test_a_logger_that_goes_into_another_shipper_has_left_the_first_whoever_says_so() -> None:
    left, here = placement(COI, 0, "S-1"), placement(OTHER, 10, "S-2", position=1)
    assert settled([here, left]) == [left._replace(until_ms=here.since_ms), here]


def test_two_therapies_in_one_shipper_share_its_logger() -> None:
    both = [placement(COI, 0, "S-1"), placement(OTHER, 10, "S-1", position=1)]
    assert settled(both) == both


def test_what_had_ended_before_stays_as_it_was() -> None:
    ended, later = placement(COI, 0, "S-1", until=5), placement(OTHER, 10, "S-2", position=1)
    assert settled([ended, later]) == [ended, later]
