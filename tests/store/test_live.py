"""Live packets on both databases: kept once, counted right, whatever the order they arrive in."""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ledger.errors import Conflict, Fault
from ledger.live.packet import Packet, parse_packet
from ledger.live.ranges import count, touches, with_range
from ledger.store import live, live_taking
from ledger.store.live import LiveStore
from ledger.store.live_rows import LiveRecording
from ledger.store.recorder import LedgerRecorder
from tests.live_packets import LOGGER, packet

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW_MS = 1_790_000_000_000
Make = Callable[..., Packet]


@pytest.fixture
def store(engine: Engine, recorder: LedgerRecorder) -> LiveStore:
    return LiveStore(engine, recorder.turn)


@cache
def _signed(first: int, size: int) -> Packet:
    return parse_packet(packet([400 + at for at in range(size)], first, recording="ab" * 16))


def of_one_recording(name: str | None = None) -> Make:
    """Packets of a recording that no other test has. Their signatures are not looked at here."""
    name = name or secrets.token_hex(16)

    def make(first: int, size: int = 5, **more: Any) -> Packet:
        if more:
            return parse_packet(packet([400] * size, first, recording=name, **more))
        signed = _signed(first, size)
        return Packet(signed.statement, name, signed.readings, signed.started_ms)

    return make


def what_came(found: LiveRecording) -> tuple[Any, ...]:
    """What must not depend on the order of arrival."""
    return (
        found.have,
        found.highest,
        found.packets,
        found.readings,
        found.first_ms,
        found.last_ms,
        found.missing,
    )


@given(data=st.data())
@settings(max_examples=25)
def test_numbers_that_are_there_make_the_fewest_ranges(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))))
    ranges: list[tuple[int, int]] = []
    numbers: set[int] = set()
    for first, more in pieces:
        ranges = with_range(ranges, first, first + more)
        numbers |= set(range(first, first + more + 1))
    assert {one for first, last in ranges for one in range(first, last + 1)} == numbers
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(ranges))
    assert count(ranges) == len(numbers)
    asked = data.draw(st.tuples(st.integers(0, 70), st.integers(0, 9)))
    assert touches(ranges, asked[0], sum(asked)) == any(asked[0] <= one <= sum(asked) for one in numbers)


@given(data=st.data())
@settings(max_examples=15)
def test_any_order_and_repetition_leaves_the_same_packets_and_counts(
    both: tuple[LiveStore, ...], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.integers(0, 12), unique=True, min_size=1))
    again = data.draw(st.lists(st.sampled_from(kept), max_size=6))
    arriving = data.draw(st.permutations([*kept, *again]))
    cuts = data.draw(st.lists(st.integers(1, 4), min_size=len(arriving), max_size=len(arriving)))
    for store in both:
        straight, shuffled = of_one_recording(), of_one_recording()
        in_order = store.put([straight(5 * one) for one in sorted(kept)], NOW_MS)
        at = 0
        for size in cuts:
            if batch := arriving[at : at + size]:
                result = store.put([shuffled(5 * one) for one in batch], NOW_MS)
            at += size
        (expected,), (found,) = in_order.recordings.values(), result.recordings.values()
        assert what_came(found) == what_came(expected)
        assert (found.duplicates, expected.duplicates) == (len(again), 0)
        assert (found.replays, found.refused, expected.disorder) == (0, 0, 0)
        assert store.recording(found.run) == found
        stored = [(one.first, one.packed) for one in store.packets(found.run)]
        assert stored == [(one.first, one.packed) for one in store.packets(expected.run)]
        assert found.missing == max(kept) * 5 + 5 - 5 * len(kept)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Any:
    """A store on each engine, shared by the examples: their recordings are their own."""
    from ledger.store.engines import migrate, open_engine

    urls = [f"sqlite:///{tmp_path_factory.mktemp('live')}/ledger.db", postgres_url]
    engines = [open_engine(url) for url in urls]
    for engine in engines:
        migrate(engine)
    yield tuple(LiveStore(engine, LedgerRecorder(engine).turn) for engine in engines)
    for engine in engines:
        engine.dispose()


def test_disorder_is_counted_where_a_later_number_was_here_before(store: LiveStore) -> None:
    make = of_one_recording()
    store.put([make(10)], NOW_MS)
    found = store.put([make(0), make(15), make(5)], NOW_MS).recordings.popitem()[1]
    assert (found.disorder, found.duplicates, found.missing) == (2, 0, 0)
    assert found.have == ((0, 19),)


def test_a_packet_keeps_its_bytes_and_its_readings(store: LiveStore) -> None:
    name = secrets.token_hex(16)
    raw = packet([400, None, 500], 7, recording=name, battery_pct=80, tilt_deg=12)
    store.put([parse_packet(raw)], NOW_MS)
    (found,) = store.packets((LOGGER, name))
    assert found.raw == raw
    assert array("h", found.packed).tolist() == [400, -32_768, 500]
    assert (found.first, found.last, found.battery, found.tilt) == (7, 9, 80, 12)
    assert (found.received_ms, found.segment) == (NOW_MS, None)


def test_who_asks_behind_a_number_gets_the_packet_that_holds_the_next(store: LiveStore) -> None:
    make = of_one_recording()
    store.put([make(0), make(5), make(10)], NOW_MS)
    name = LOGGER, make(0).recording
    assert [one.first for one in store.packets(name, after=6)] == [5, 10]
    assert [one.first for one in store.packets(name, after=9)] == [10]
    assert [one.first for one in store.packets(name, after=9, limit=1)] == [10]
    assert store.packets(name, after=14) == []


def test_another_packet_of_the_same_number_and_moment_is_refused_and_counted(store: LiveStore) -> None:
    make = of_one_recording()
    (_, refused) = store.put([make(0), make(0, cti=b"\x07" * 16)], NOW_MS).outcomes
    assert isinstance(refused, Conflict)
    assert refused.code == "packet_contradicts"
    (again,) = store.put([make(0, cti=b"\x07" * 16)], NOW_MS).outcomes
    assert isinstance(again, Conflict)
    found = store.recording((LOGGER, make(0).recording))
    assert found is not None
    assert (found.packets, found.refused, found.duplicates) == (1, 2, 0)


def test_no_logger_can_take_over_the_recording_of_another(store: LiveStore) -> None:
    make = of_one_recording()
    name = make(0).recording
    store.put([make(0, logger="logger-8"), make(100, logger="logger-8")], NOW_MS)
    assert store.put([make(0), make(5)], NOW_MS + 1).outcomes == ["stored", "stored"]
    assert [(one.logger, one.have) for one in store.named(name)] == [
        ("logger-8", ((0, 4), (100, 104))),
        (LOGGER, ((0, 9),)),
    ]
    assert [one.first for one in store.packets((LOGGER, name))] == [0, 5]
    assert store.drop(NOW_MS + 1, [("logger-8", name)]) == 2
    assert [one.logger for one in store.named(name)] == [LOGGER]


def test_a_recording_in_too_many_pieces_takes_only_what_makes_no_more_of_them(
    store: LiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_taking, "MOST_RANGES", 3)
    make = of_one_recording()
    (*stored, refused) = store.put([make(10 * one) for one in range(4)], NOW_MS).outcomes
    assert stored == ["stored"] * 3
    assert isinstance(refused, Conflict)
    assert refused.code == "too_scattered"
    assert store.put([make(5), make(25), make(30)], NOW_MS).outcomes == ["stored"] * 3
    found = store.recording((LOGGER, make(0).recording))
    assert found is not None
    assert (found.have, found.packets, found.refused) == (((0, 14), (20, 34)), 6, 1)


def test_a_months_partition_that_was_rolled_back_is_made_again(store: LiveStore) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL has partitions")
    make = of_one_recording()
    told = {"started_at": "2027-03-15T00:00:00.000Z"}
    with patch.object(live, "row_of", side_effect=Fault("disk_full", "no")), pytest.raises(Fault):
        store.put([make(0, **told)], NOW_MS)
    store.put([make(0, **told)], NOW_MS)
    with store.engine.connect() as connection:
        (where,) = connection.execute(text("SELECT tableoid::regclass::text FROM live_packet")).one()
    assert where == "live_packet_2027_03"


def test_nodes_that_take_the_same_packets_at_once_keep_each_once(engine: Engine) -> None:
    make = of_one_recording()
    packets = [make(5 * one) for one in range(40)]
    nodes = [LiveStore(engine, LedgerRecorder(engine).turn) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda store: store.put(packets, NOW_MS), nodes))
    assert sorted(one for result in results for one in result.outcomes) == ["again"] * 120 + ["stored"] * 40
    found = nodes[0].recording((LOGGER, make(0).recording))
    assert found is not None
    assert (found.packets, found.duplicates, found.have) == (40, 120, ((0, 199),))


def test_nodes_that_take_several_recordings_in_other_orders_do_not_wait_for_ever(engine: Engine) -> None:
    made = [of_one_recording() for _ in range(5)]
    nodes = [LiveStore(engine, LedgerRecorder(engine).turn) for _ in range(4)]

    def take(number: int) -> Sequence[Any]:
        order = made if number % 2 else made[::-1]
        return nodes[number].put([make(5 * number) for make in order], NOW_MS).outcomes

    with ThreadPoolExecutor(4) as pool:
        assert [one for found in pool.map(take, range(4)) for one in found] == ["stored"] * 20


def test_months_get_partitions_of_their_own_and_a_wild_clock_gets_none(store: LiveStore) -> None:
    make = of_one_recording()
    told = {"started_at": "2026-03-15T00:00:00.000Z"}, {"started_at": "2150-01-01T00:00:00.000Z"}
    packets = [make(0, **told[0]), make(5, **told[1])]
    assert store.put(packets, NOW_MS).outcomes == ["stored", "stored"]
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            where = connection.execute(
                text("SELECT tableoid::regclass::text FROM live_packet ORDER BY first")
            )
            assert [row[0] for row in where] == ["live_packet_2026_03", "live_packet_other"]
    later_ms = NOW_MS + 124 * 365 * 86_400_000  # that clock was right: its month holds packets already
    other = LiveStore(store.engine, store.turn)
    assert other.put([make(10, started_at="2150-01-01T00:10:00.000Z")], later_ms).outcomes == ["stored"]
    assert len(other.packets((LOGGER, make(0).recording))) == 3


def test_what_nobody_packed_is_dropped_once_it_is_old(store: LiveStore) -> None:
    old, kept, other = of_one_recording(), of_one_recording(), of_one_recording()
    store.put([old(0)], NOW_MS)
    store.put([other(0)], NOW_MS)
    store.put([kept(0)], NOW_MS + 1_000)
    names = [(LOGGER, make(0).recording) for make in (old, kept)]
    assert store.drop(NOW_MS + 500, names) == 1
    assert store.recording(names[0]) is None
    assert store.packets(names[0]) == []
    assert store.recording(names[1]) is not None
    assert store.recording((LOGGER, other(0).recording)) is not None


def test_recordings_are_listed_by_logger_a_page_at_a_time(store: LiveStore) -> None:
    names = sorted(secrets.token_hex(16) for _ in range(3))
    store.put([of_one_recording(name)(0) for name in names], NOW_MS)
    store.put([of_one_recording()(0, logger="logger-8")], NOW_MS)
    assert [one.recording for one in store.recordings(["logger-7"], limit=2)] == names[:2]
    assert [one.recording for one in store.recordings(["logger-7"], after=("logger-7", names[1]))] == names[
        2:
    ]
    assert len(store.recordings()) == 4
