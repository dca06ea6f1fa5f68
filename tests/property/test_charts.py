"""Laws of charts: thinning loses no excursion and no gap, and the axes and names stay in order."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from docs.chart_samples import MINUTE, START_MS, series
from ledger.charts.axes import Scale, clock_ticks, degree_ticks, moment
from ledger.charts.elements import placed, width_of
from ledger.charts.plot import spans
from ledger.charts.thinning import Line, column_of, line_of, strokes, thinned

VALUES = st.integers(-20_000, 5_000)
COLUMNS = st.integers(1, 60)
EDGES = st.sampled_from([(200, 800), (-30_000, -15_000), (0, 1)])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    steps = draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=200))
    moments = [START_MS + sum(steps[:n]) for n in range(1, len(steps) + 1)]
    values = draw(
        st.lists(VALUES | st.sampled_from([199, 200, 500, 801]), min_size=len(steps), max_size=len(steps))
    )
    breaks = draw(st.sets(st.integers(1, max(1, len(steps) - 1)), max_size=20))
    return Line(moments, values, sorted(one for one in breaks if one < len(steps)))


def whole(line: Line) -> tuple[int, int]:
    return line.moments[0], line.moments[-1]


def drawn_in(line: Line, kept: list[int], columns: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one in kept:
        found.setdefault(column_of(line.moments[one], whole(line), columns), []).append(line.values[one])
    return found


@given(lines(), COLUMNS, EDGES)
def test_a_reading_out_of_band_lies_in_a_column_that_is_drawn_out_of_band_as_far(
    line: Line, columns: int, edges: tuple[int, int]
) -> None:
    drawn = drawn_in(line, thinned(line, whole(line), columns), columns)
    for at, value in zip(line.moments, line.values, strict=True):
        column = drawn[column_of(at, whole(line), columns)]
        if value < edges[0] or value > edges[1]:
            assert min(column) < edges[0] or max(column) > edges[1]
        assert min(column) <= value <= max(column)


@given(lines(), COLUMNS, EDGES)
def test_where_readings_cross_an_edge_what_is_drawn_crosses_it_there(
    line: Line, columns: int, edges: tuple[int, int]
) -> None:
    drawn = drawn_in(line, thinned(line, whole(line), columns), columns)
    for (at, value), (then, other) in pairwise(zip(line.moments, line.values, strict=True)):
        both = [*drawn[column_of(at, whole(line), columns)], *drawn[column_of(then, whole(line), columns)]]
        for edge in edges:
            if min(value, other) < edge <= max(value, other):
                assert min(both) < edge <= max(both)


@given(lines(), COLUMNS)
def test_no_line_is_drawn_across_a_break_and_no_break_is_closed(line: Line, columns: int) -> None:
    kept = thinned(line, whole(line), columns)
    runs = strokes(line, kept)
    assert [one for run in runs for one in run] == kept
    for run in runs:
        assert not any(run[0] < one <= run[-1] for one in line.breaks)
    for (*_, last), (first, *_) in pairwise(runs):
        assert any(last < one <= first for one in line.breaks)


@given(lines(), COLUMNS)
def test_no_more_than_four_readings_of_a_column_are_drawn_and_so_few_are_all_drawn(
    line: Line, columns: int
) -> None:
    kept = thinned(line, whole(line), columns)
    assert kept == sorted(set(kept))
    assert kept[0] == 0
    assert kept[-1] == len(line.moments) - 1
    count: dict[int, int] = {}
    for at in line.moments:
        count[column_of(at, whole(line), columns)] = count.get(column_of(at, whole(line), columns), 0) + 1
    for column, values in drawn_in(line, kept, columns).items():
        assert len(values) == count[column] if count[column] <= 4 else len(values) <= 4
    few = Line(line.moments[:4], line.values[:4], [])
    assert thinned(few, whole(line), columns) == list(range(len(few.moments)))


@given(lines(), COLUMNS, st.integers(0, 300_000), st.integers(0, 300_000))
def test_a_zoomed_view_draws_on_to_its_edges_and_nothing_far_beyond(
    line: Line, columns: int, start: int, length: int
) -> None:
    window = START_MS + start, START_MS + start + length
    kept = thinned(line, window, columns)
    outside = [one for one in kept if not window[0] <= line.moments[one] <= window[1]]
    before = [n for n, at in enumerate(line.moments) if at < window[0]][-1:]
    after = [n for n, at in enumerate(line.moments) if at > window[1]][:1]
    assert outside == before + after


READINGS = st.lists(st.none() | st.integers(0, 1_000), min_size=2, max_size=30)


@given(READINGS, st.integers(1, 29), st.sampled_from([5 * MINUTE, 15 * MINUTE]))
def test_dividing_a_record_into_two_statements_draws_the_same_line(
    values: list[int | None], cut: int, largest_gap_ms: int
) -> None:
    cut = min(cut, len(values) - 1)
    parts = [series(values[:cut]), series(values[cut:], START_MS + cut * 5 * MINUTE)]
    assert line_of(parts, largest_gap_ms) == line_of([series(values)], largest_gap_ms)


@given(READINGS)
def test_a_missing_reading_breaks_the_line(values: list[int | None]) -> None:
    line = line_of([series(values)], 10**9)
    assert list(line.values) == [one for one in values if one is not None]
    missing = [n for n in range(1, len(line.moments)) if line.moments[n] - line.moments[n - 1] > 5 * MINUTE]
    assert list(line.breaks) == missing


STRETCHES = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50)).map(lambda one: (one[0], sum(one))))


@given(STRETCHES)
def test_every_gap_and_excursion_is_shaded_however_short_and_however_many(
    stretches: list[tuple[int, int]],
) -> None:
    x = Scale((0, 1000), 0, 40)
    found = spans(stretches, x)
    assert all(b - a > 1.99 for a, b in found)
    for start, end in stretches:
        assert any(a <= x.within(start) + 0.06 and x.within(end) - 0.06 <= b for a, b in found)


@given(st.lists(st.tuples(st.floats(0, 900), st.text("abc", min_size=1, max_size=30))), st.integers(1, 3))
def test_no_two_names_overlap_and_none_leaves_its_space(wanted: list[tuple[float, str]], rows: int) -> None:
    found = placed(wanted, rows, 76, 846)
    taken = [(at, width_of(said)) for at, (_, said) in zip(found, wanted, strict=True) if at]
    for n, ((x, row), wide) in enumerate(taken):
        assert x >= 76
        assert x + wide <= 847
        assert not any(row == r and x < left + w and left < x + wide for (left, r), w in taken[:n])


ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York")]
)
WINDOWS = st.tuples(st.integers(-(6 * 10**13), 25 * 10**13), st.integers(0, 10**13)).map(
    lambda one: (one[0], sum(one))
)


@given(WINDOWS, ZONES, st.integers(2, 12))
def test_ticks_are_within_the_window_in_order_and_not_too_many(
    window: tuple[int, int], zone: ZoneInfo, most: int
) -> None:
    ticks = clock_ticks(window, zone, most)
    assert ticks == sorted(set(ticks))
    assert all(window[0] <= one <= window[1] for one in ticks)
    assert len(ticks) <= 2 * most + 2
    assert all(moment(one, zone).second == 0 for one in ticks if one > 0)


@given(st.integers(-20_000, 10_000), st.integers(1, 40_000), st.integers(1, 8))
def test_degrees_have_round_ticks(low: int, span: int, most: int) -> None:
    ticks = degree_ticks((low, low + span), most)
    assert all(low <= one <= low + span and one % 10 == 0 for one in ticks)
    assert len(ticks) <= most + 1
