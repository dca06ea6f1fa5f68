"""A law of charts: what is out of limits or unproved for a container is shown in its chart."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.charts.chart import Chart, Panel
from ledger.charts.drawing import draw, verdict_of
from ledger.charts.therapy import chart_of
from ledger.domain.intervals import common, holds
from ledger.domain.temperature_rules import evidence_of, judgement_of, profiles_of, unproved
from ledger.domain.world import timestamp
from tests.domain_scene import APHERESIS, CLEANROOM, FRESH, VAN, Scene
from tests.domain_warm import MINUTE_MS, attach, warm_scene

PART = "PART-1"
VALUES = st.lists(st.sampled_from([None, 500, 500, 500, 900, 1_200]), min_size=1, max_size=30)
ABOUT = st.sampled_from([[FRESH], [PART], [FRESH, PART]])
LOGGERS = st.sampled_from(["LOG-1", "LOG-2"])
CALIBRATED = st.sampled_from([None, 100, 100_000])  # minutes since the story began
PHASES = st.sampled_from(
    ["fresh", "fresh", "fresh", "frozen", "thawed"]
)  # nothing is required of a thawed one
STATEMENT = st.tuples(ABOUT, VALUES, st.integers(0, 400), LOGGERS, CALIBRATED, PHASES)
Statement = tuple[list[str], list[int | None], int, str, int | None, str]


def scene_of(statements: list[Statement], legs: list[str]) -> Scene:
    """The fresh bag goes by van for two hours, then a part is split off, then these go by van again."""
    scene = warm_scene("collected", required=True)
    begun_ms = scene.now_ms
    by_van(scene, ("anna", APHERESIS), FRESH)
    scene.on_chain("mia", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": FRESH, "volume_ul": 1_000}],
                   children=[{"container": PART, "volume_ul": 1_000}])  # fmt: skip
    for name in legs:
        by_van(scene, ("mia", CLEANROOM), name)
    for about, values, start, logger, calibrated, phase in statements:
        until = timestamp(begun_ms + calibrated * MINUTE_MS) if calibrated else None
        started = timestamp(begun_ms + start * MINUTE_MS)
        attach(scene, *values, containers=about, started_at=started, logger=logger,
               calibrated_until=until, phase=phase, range_low_centi_c=-20_000)  # fmt: skip
    return scene


def by_van(scene: Scene, giver: tuple[str, Any], name: str) -> None:
    scene.forward(600)
    scene.hand_over(giver, ("kit", VAN), name)
    scene.forward(7_200)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), name)


def shows(panel: Panel, span: tuple[int, int]) -> bool:
    return panel.window[0] <= span[0] and span[1] <= panel.window[1]


def assert_judgement_is_shown(scene: Scene, chart: Chart, name: str) -> None:
    for phase in ("fresh", "frozen", "thawed"):
        evidence = evidence_of(scene.chain, name, phase)
        found = [one for one in chart.panels if name in one.containers and one.phase == phase]
        assert len(found) == bool(evidence)
        for panel in found:
            drawn = {
                one
                for trace in panel.traces
                for one in zip(trace.line.moments, trace.line.values, strict=True)
            }
            assert {reading for one in evidence for reading in one.readings} == drawn
    for profile in profiles_of(scene.chain, scene.world):
        judgement = judgement_of(scene.chain, name, profile)
        for panel in chart.panels:
            if name in panel.containers and panel.phase == profile.phase:
                assert panel.judgement == judgement
                assert (verdict_of(panel) == "OUT OF LIMITS") == (not judgement.is_within_limits)
                assert all(shows(panel, one[:2]) for one in (*judgement.excursions, *judgement.gaps))
                assert all(holds(panel.unknown, one[:2]) for one in judgement.gaps)


def assert_unproved_is_shown(scene: Scene, chart: Chart, name: str, svg: str) -> None:
    for leg in unproved(scene.chain, name, scene.world):
        span = leg.start_ms, leg.end_ms
        panels = [
            panel for panel in chart.panels
            for one in panel.unproved if name in one.containers and one.span == span
        ]  # fmt: skip
        assert len(panels) == 1 or any(name in one.containers and one.span == span for one in chart.unproved)
        for panel in panels:
            assert shows(panel, span)
            assert any(start < end for start, end in common(panel.unknown, [span]))
            assert verdict_of(panel) != "in limits"
        assert chart.window[0] <= span[0] < span[1] <= chart.window[1]
        assert f"(#{leg.began}, #{leg.ended})" in svg
        assert "NOT PROVED: " in svg


@settings(max_examples=60, deadline=None)
@given(st.lists(STATEMENT, max_size=5), st.lists(st.sampled_from([FRESH, PART]), max_size=2))
@example([([FRESH, PART], [500] * 40 + [1_200] * 12 + [500] * 9, 30, "LOG-1", 100_000, "fresh")], [])
@example([([FRESH, PART], [500] * 40, 0, "LOG-1", 100, "fresh")], [FRESH])
@example([([FRESH], [500] * 30, 0, "LOG-1", 100_000, "thawed")], [PART])
@example([], [PART])
def test_what_is_out_of_limits_or_unproved_is_shown_in_the_container_s_chart(
    statements: list[Statement], legs: list[str]
) -> None:
    scene = scene_of(statements, legs)
    for container in (None, FRESH, PART):
        chart = chart_of(scene.chain, scene.world, 99, container)
        svg = draw(chart, UTC)
        for name in scene.chain.lineage(container) if container else (FRESH, PART):
            assert_judgement_is_shown(scene, chart, name)
            assert_unproved_is_shown(scene, chart, name, svg)
