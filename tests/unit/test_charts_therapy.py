"""Which evidence, judgement and legs belong into a therapy's chart, and how it says them."""

from __future__ import annotations

from datetime import UTC
from xml.etree import ElementTree as ET

from ledger.charts.chart import Chart
from ledger.charts.drawing import draw, verdict_of
from ledger.charts.therapy import chart_of
from ledger.domain.temperature_rules import legs
from ledger.domain.world import timestamp
from tests.domain_scene import APHERESIS, CLEANROOM, COI, FRESH, VAN, Scene
from tests.domain_warm import attach, warm_scene

SVG = "{http://www.w3.org/2000/svg}"


def words(chart: Chart) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(draw(chart, UTC)).iter(f"{SVG}text")]


def spoken(chart: Chart) -> str:
    return ET.fromstring(draw(chart, UTC)).findtext(f"{SVG}desc") or ""


def chart(scene: Scene, container: str | None = None, leg: int | None = None) -> Chart:
    return chart_of(scene.chain, scene.world, 99, container, leg)


def split(scene: Scene, name: str) -> None:
    scene.on_chain("lea", "ContainersDerived", at=CLEANROOM, how="split",
                   parents=[{"container": FRESH, "volume_ul": 1_000}],
                   children=[{"container": name, "volume_ul": 1_000}])  # fmt: skip


def twice_by_van() -> Scene:
    """Ninety minutes to the cleanroom, a day there, and ninety minutes on the road again."""
    scene = warm_scene("collected", required=True)
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    scene.forward(5_400)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    scene.forward(86_400)
    scene.hand_over(("mia", CLEANROOM), ("kit", VAN), FRESH)
    scene.forward(5_400)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    return scene


def first_leg_is_proved(scene: Scene) -> None:
    first, _ = legs(scene.chain.containers[FRESH].custody, scene.world)
    attach(scene, *[500] * 20, started_at=timestamp(first.start_ms))


def test_what_was_split_off_shows_the_excursion_that_a_statement_about_both_has_after_the_split() -> None:
    scene = warm_scene("at_cleanroom")
    split(scene, "PART-1")
    begun = timestamp(scene.now_ms - 60 * 60_000)
    scene.forward(86_400)
    warm = [*[500] * 20, *[1_200] * 12, *[500] * 8]
    attach(scene, *warm, started_at=begun, containers=[FRESH, "PART-1"])
    (panel,) = chart(scene, "PART-1").panels
    assert panel.containers == (FRESH, "PART-1")
    assert verdict_of(panel) == "OUT OF LIMITS"
    assert list(panel.traces[0].line.values) == warm


def test_a_leg_after_all_evidence_is_drawn_crossed_and_named() -> None:
    scene = twice_by_van()
    first_leg_is_proved(scene)
    _, second = legs(scene.chain.containers[FRESH].custody, scene.world)
    found = chart(scene)
    (panel,) = found.panels
    assert panel.unknown[-1][1] == second.end_ms < panel.window[1]
    assert verdict_of(panel) == "in limits where known"
    assert "NOT PROVED" in words(found)
    said = f"NOT PROVED: {FRESH} with swift-depot/van-2, "
    assert any(one.startswith(said) for one in words(found))
    assert said in spoken(found)


def test_a_leg_of_a_container_without_any_evidence_is_told_at_the_top() -> None:
    scene = twice_by_van()
    found = chart(scene)
    assert found.panels == ()
    assert len(found.unproved) == 2
    assert "No temperature evidence. NOT PROVED: " in spoken(found)
    assert sum(one.startswith("NOT PROVED: ") for one in words(found)) == 2


def test_a_chart_of_one_leg_names_no_other_leg() -> None:
    scene = twice_by_van()
    first_leg_is_proved(scene)
    first, second = legs(scene.chain.containers[FRESH].custody, scene.world)
    assert "NOT PROVED" not in spoken(chart(scene, leg=first.began))
    assert f"(#{second.began}, #{second.ended})" in spoken(chart(scene, leg=second.began))


def test_where_nothing_is_required_no_leg_is_called_unproved() -> None:
    scene = warm_scene("at_cleanroom")
    attach(scene, 500, 500)
    assert scene.chain.coi == COI
    (panel,) = chart(scene).panels
    assert (verdict_of(panel), panel.unproved) == ("in limits", ())
