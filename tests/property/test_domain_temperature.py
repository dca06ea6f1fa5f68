"""Laws of temperature: what order, division and a second logger can and cannot change."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain import readings as reading_rules
from ledger.domain.conditions import Look
from ledger.domain.intervals import common, rest, union
from ledger.domain.kinetic import mean_kinetic_centi_c
from ledger.domain.parts import TemperatureProfile
from ledger.domain.readings import Series
from ledger.domain.temperature import Judgement, judged
from ledger.domain.temperature_rules import temperature_in_limits
from ledger.domain.world import timestamp
from tests.domain_scene import CLEANROOM, FRESH
from tests.domain_warm import attach, warm_scene

MINUTE = 60_000
NONE = -32_768
readings = st.lists(st.sampled_from([None, 150, 200, 500, 800, 801, 2_500]), min_size=1, max_size=12)
minutes = st.integers(0, 40)


def profile(**fields: Any) -> TemperatureProfile:
    band = {"phase": "fresh", "low_centi_c": 200, "high_centi_c": 800, "largest_gap_s": 900}
    limits = {"longest_excursion_s": 1800, "cumulative_excursion_s": 3600}
    return TemperatureProfile.model_validate(band | limits | fields)


PROFILES = st.sampled_from([profile(), profile(low_centi_c=None), profile(largest_gap_s=60, excursions=1)])


def series(values: list[int | None], **fields: Any) -> Series:
    packed = array("h", [NONE if value is None else value for value in values]).tobytes()
    plain = Series("", 7, "fresh", "LOG-1", (-4_000, 8_000), 10**15, "absent", 0, 5 * MINUTE, 10**15, packed)
    return plain._replace(**fields)


@st.composite
def statements(draw: st.DrawFn) -> Series:
    return series(
        draw(readings),
        position=draw(st.integers(0, 50)),
        logger=draw(st.sampled_from(["LOG-1", "LOG-2"])),
        started_ms=draw(minutes) * MINUTE,
        interval_ms=draw(st.sampled_from([MINUTE, 5 * MINUTE, 20 * MINUTE])),
        calibrated_ms=draw(st.sampled_from([None, 10**15, 30 * MINUTE])),
        signature=draw(st.sampled_from(["valid", "absent", "failed"])),
        recorded_ms=draw(st.sampled_from([0, 10**15])),
        range=draw(st.sampled_from([(-4_000, 8_000), (300, 400)])),
    )


evidences = st.lists(statements(), min_size=1, max_size=5)


def unproved(judgement: Judgement) -> Judgement:
    """Without the positions of the entries: what is so, not who said it."""
    return replace(
        judgement,
        excursions=tuple(one._replace(proof=()) for one in judgement.excursions),
        gaps=tuple(one._replace(proof=()) for one in judgement.gaps),
    )


@given(evidences, PROFILES, st.randoms())
def test_the_verdict_does_not_depend_on_the_order_in_which_evidence_arrives(
    evidence: list[Series], rules: TemperatureProfile, random: Any
) -> None:
    shuffled = list(evidence)
    random.shuffle(shuffled)
    arrived = [one._replace(position=number) for number, one in enumerate(shuffled)]
    assert unproved(judged(tuple(arrived), rules)) == unproved(judged(tuple(evidence), rules))


@given(readings, st.integers(1, 11), PROFILES, st.lists(statements(), max_size=2))
def test_dividing_a_series_into_two_statements_changes_nothing(
    values: list[int | None], cut: int, rules: TemperatureProfile, others: list[Series]
) -> None:
    others = [one._replace(logger="LOG-2") for one in others]
    whole = series(values)
    cut = min(cut, len(values))
    parts = [series(values[:cut])]
    if values[cut:]:
        parts.append(series(values[cut:], started_ms=cut * 5 * MINUTE, position=9))
    divided = judged((*parts, *others), rules)
    assert unproved(divided) == unproved(judged((whole, *others), rules))


@given(evidences, PROFILES, st.integers(0, 11))
def test_one_reading_out_of_band_is_always_found(
    evidence: list[Series], rules: TemperatureProfile, at: int
) -> None:
    """Whatever else is said, and by whomever."""
    values: list[int | None] = [500] * 12
    values[at] = 2_500
    found = judged((*evidence, series(values)), rules).excursions
    moment = at * 5 * MINUTE
    assert any(one.start_ms <= moment <= one.end_ms and one.peak_centi_c >= 2_500 for one in found)


@given(evidences, PROFILES, st.integers(1, 12), minutes)
def test_what_another_logger_shows_in_band_takes_no_excursion_away(
    evidence: list[Series], rules: TemperatureProfile, count: int, start: int
) -> None:
    before = judged(tuple(evidence), rules)
    calm = series([500] * count, logger="LOG-3", started_ms=start * MINUTE)
    after = judged((*evidence, calm), rules)
    assert [one[:3] for one in after.excursions] == [one[:3] for one in before.excursions]
    assert after.is_within_limits == before.is_within_limits


@given(evidences, statements(), PROFILES)
def test_more_evidence_never_gives_back_what_was_spent(
    evidence: list[Series], more: Series, rules: TemperatureProfile
) -> None:
    more = more._replace(logger="LOG-3")
    before, after = judged(tuple(evidence), rules), judged((*evidence, more), rules)
    assert after.spent_ms >= before.spent_ms
    assert after.left_ms <= before.left_ms
    assert common(before.disagreements, after.disagreements) == list(before.disagreements)


@given(evidences, PROFILES)
def test_the_same_evidence_attached_twice_counts_once(
    evidence: list[Series], rules: TemperatureProfile
) -> None:
    again = [one._replace(position=one.position + 1) for one in evidence]
    twice = unproved(judged((*evidence, *again), rules))
    once = unproved(judged(tuple(evidence), rules))
    assert twice.excursions == once.excursions
    assert twice.covered == once.covered


@given(evidences, PROFILES)
def test_a_gap_is_nowhere_covered_but_at_its_lone_readings(
    evidence: list[Series], rules: TemperatureProfile
) -> None:
    found = judged(tuple(evidence), rules)
    for gap in found.gaps:
        inside = common([gap[:2]], [one for one in found.covered if one[0] < one[1]])
        assert all(start == end for start, end in inside)


@given(st.lists(st.integers(-2_000, 4_000), min_size=1, max_size=50))
def test_the_mean_kinetic_temperature_lies_between_the_mean_and_the_warmest(values: list[int]) -> None:
    mean = mean_kinetic_centi_c((value, 1) for value in values)
    assert mean is not None
    assert sum(values) / len(values) - 1 <= mean <= max(values) + 1


@given(st.lists(st.integers(-27_300, 20_000), min_size=1, max_size=50))
def test_the_mean_kinetic_temperature_of_whatever_can_be_read_is_among_it(values: list[int]) -> None:
    mean = mean_kinetic_centi_c((value, 1) for value in values)
    assert mean is not None
    assert min(values) - 1 <= mean <= max(values) + 1


stretches = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple), max_size=6)


@given(stretches, stretches, st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted))
def test_stretches_join_subtract_and_intersect_as_their_moments_do(
    ones: list[Any], others: list[Any], whole: list[int]
) -> None:
    def within(found: list[Any]) -> set[int]:
        """Half moments too, so that what only touches is told from what is whole."""
        return {half for half in range(-2, 64) if any(2 * s <= half <= 2 * e for s, e in found)}

    first, second = union(ones), union(others)
    assert within(first) == within([tuple(one) for one in ones])
    assert within(common(first, second)) == within(first) & within(second)
    left = rest((whole[0], whole[1]), first)
    edges = {2 * moment for one in first for moment in one}
    assert within(left) - edges == (within([tuple(whole)]) - within(first)) - edges


LEG = [500] * 4 + [1_200] * 5 + [500] * 4 + [None] * 2 + [500] * 3


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)), st.sampled_from([1, 2, 3]))
def test_the_gate_says_the_same_in_whatever_order_the_parts_of_a_record_arrive(
    order: list[int], loggers: int
) -> None:
    """Six statements of three readings each, about a bag and what was split off it."""

    def told(arrival: list[int]) -> list[tuple[bool, str]]:
        scene = warm_scene("at_cleanroom", longest_excursion_s=600)
        start_ms = scene.now_ms - len(LEG) * 5 * MINUTE
        scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split", children=[
            {"container": "PART-1", "volume_ul": 1_000}], parents=[{"container": FRESH, "volume_ul": 1_000}],
        )  # fmt: skip
        for part in arrival:
            begun = timestamp(start_ms + part * 15 * MINUTE)
            logger = f"LOG-{part % loggers}"
            attach(scene, *LEG[3 * part : 3 * part + 3], started_at=begun, logger=logger)
        for deviation in list(scene.chain.deviations.values()):
            assert deviation.code in {"temperature_excursion", "temperature_gap", "loggers_disagree"}
        looks = [Look(scene.world, scene.chain, name, "st-mary", scene.now_ms) for name in (FRESH, "PART-1")]
        return [(found.passed, found.detail) for found in map(temperature_in_limits, looks)]

    assert told(order) == told(sorted(order))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(readings, minutes, st.sampled_from(["accept", "reject", "leave"])), max_size=4))
def test_what_fails_the_gate_always_waits_for_quality_and_passes_once_it_accepts(
    story: list[tuple[list[int | None], int, str]],
) -> None:
    """There is always a deviation to decide on; when all are accepted, nothing is left."""
    scene = warm_scene("at_cleanroom")
    for values, start, then in story:
        begun = timestamp(scene.now_ms + (start - 120) * MINUTE)
        said = attach(scene, *values, started_at=begun)
        for raised in said.deviations if then != "leave" else ():
            scene.clear(raised, f"{then}ed")
    look = Look(scene.world, scene.chain, FRESH, "st-mary", scene.now_ms)
    held = list(scene.chain.blocking(FRESH))
    assert temperature_in_limits(look).passed or held
    for one in [one for one in held if one.is_open]:
        scene.clear(next(entry for entry, _ in scene.entries if entry.statement_id == one.id))
    assert temperature_in_limits(look).passed or any(scene.chain.blocking(FRESH))


# --- readings judged at once, and one by one -------------------------------------------------

MEASURED = st.none() | st.sampled_from([-27_300, 199, 200, 500, 800, 801, 20_000])
BANDS = [{}, {"low_centi_c": None}, {"high_centi_c": None}]


@given(st.lists(MEASURED, min_size=1, max_size=40), st.sampled_from([60, 900, 1_000]), st.sampled_from(BANDS))
def test_readings_judged_at_once_are_judged_as_one_by_one(
    values: list[int | None], interval_s: int, edges: dict[str, None]
) -> None:
    assert reading_rules.numpy is not None
    one, band = series(values, interval_ms=interval_s * 1000), reading_rules.band_of(profile(**edges))
    assert reading_rules.stretches(one, band) == tuple(reading_rules.one_by_one(one, band))
