"""The picture itself: well formed, small, alone, readable without eyes; and the vectors of thinning."""

from __future__ import annotations

import json
import re
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
import resvg_py

from docs.chart_samples import FRESH, MINUTE, START_MS, a_fresh_journey, a_whole_journey, series
from ledger.charts.axes import clock_ticks, degrees, lasting, moment, offset
from ledger.charts.beneath import remaining
from ledger.charts.chart import Chart, HandOver
from ledger.charts.drawing import draw, letter_of
from ledger.charts.therapy import panel_of
from ledger.domain.times import milliseconds
from tests import charts_vectors
from tests.charts_stage import many

BERLIN = ZoneInfo("Europe/Berlin")
SVG = "{http://www.w3.org/2000/svg}"
VECTORS = Path(__file__).with_name("charts_thinning.json")
SMALL = 300_000


def chart(*panels: object, handovers: tuple[HandOver, ...] = ()) -> Chart:
    window = panels[0].window if panels else (0, 0)  # type: ignore[attr-defined]
    return Chart("C1", "A9999-F1", 99, window, panels, handovers)  # type: ignore[arg-type]


def words(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_vectors_are_what_the_code_keeps() -> None:
    assert json.loads(VECTORS.read_text())["cases"] == json.loads(json.dumps(charts_vectors.cases()))


def test_a_picture_of_a_hundred_thousand_readings_is_small() -> None:
    assert len(draw(chart(many()), BERLIN).encode()) < SMALL


def test_the_worst_that_can_be_attached_is_small_as_well() -> None:
    """In and out of band with each reading, gaps everywhere, twenty loggers."""
    evidence = [
        series([[500, 900, None, -100][n % 4] for n in range(5_000)], START_MS, logger=f"LOG-{number}")
        for number in range(20)
    ]
    panel = panel_of(("A9999-F1",), FRESH, "fresh", tuple(evidence), None, ())
    svg = draw(chart(panel), BERLIN)
    assert len(svg.encode()) < SMALL
    assert any(re.fullmatch(r"and \d+ more", said) for said in words(svg))  # loggers, where no room is left


@pytest.mark.parametrize("made", [a_fresh_journey, a_whole_journey])
def test_a_picture_is_well_formed_and_alone(made: object) -> None:
    svg = draw(made(), BERLIN)  # type: ignore[operator]
    names = {one.tag.removeprefix(SVG) for one in ET.fromstring(svg).iter()}
    assert names <= {
        "svg", "title", "desc", "defs", "pattern", "rect", "path", "line", "text", "tspan", "polygon",
        "polyline",
    }  # fmt: skip
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert svg == draw(made(), BERLIN)  # type: ignore[operator]
    assert bytes(resvg_py.svg_to_bytes(svg_string=svg)).startswith(b"\x89PNG")


def test_whoever_cannot_see_it_is_told_what_it_shows() -> None:
    root = ET.fromstring(draw(a_fresh_journey(), BERLIN))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Temperature of A9999-F1"
    said = root.findtext(f"{SVG}desc") or ""
    assert "A9999-F1, fresh: OUT OF LIMITS" in said
    assert "Band from 2 °C up to 8 °C. Loggers: LOG-1, LOG-22 (lid)" in said
    assert "Excursion 1: 2026-03-27 11:15 to 12:20, 1 h 5 min, peak 11.75 °C (#7, #9)" in said
    assert "Gap 1: 2026-03-27 18:15 to 18:55, 40 min, unknown (#7)" in said
    assert "2026-03-27 08:25  st-mary/apheresis → swift/van (#12)" in said


def test_excursions_gaps_hand_overs_loggers_and_limits_have_their_names_in_the_picture() -> None:
    found = words(draw(a_fresh_journey(), BERLIN))
    for one in (
        "Excursion 1: 11.75 °C", "Excursion 2: 0 °C", "Gap 1", "upper limit 8 °C", "lower limit 2 °C",
        "LOG-1", "LOG-22 (lid)", "A: st-mary/apheresis → swift/van", "Europe/Berlin", "UTC", "OUT OF LIMITS",
    ):  # fmt: skip
        assert one in found


def test_what_people_wrote_is_text_and_never_markup() -> None:
    evidence = (series([500] * 3, logger='<script>&"'),)
    panel = panel_of(("A",), FRESH, "fresh", evidence, None, ())
    given = (HandOver(START_MS, "<b>", "c&d", 1),)
    found = words(draw(chart(panel, handovers=given), UTC))
    assert '<script>&"' in found
    assert "2026-03-27 07:00  <b> → c&d (#1)" in found


def test_without_evidence_the_picture_says_so() -> None:
    assert "No temperature evidence." in words(draw(chart(), UTC))


def test_without_a_profile_nothing_is_judged_and_a_missing_reading_is_still_no_line() -> None:
    panel = panel_of(("A",), None, "thawed", (series([500, None, 500]),), None, ())
    assert panel.unknown == ((START_MS, START_MS + 10 * MINUTE),)
    assert "not judged: no profile" in words(draw(chart(panel), UTC))


def test_an_instrument_at_its_end_is_marked() -> None:
    at_end = panel_of(("A",), FRESH, "fresh", (series([500, 8_000, 500]),), None, ())
    below = panel_of(("A",), FRESH, "fresh", (series([500, 7_999, 500]),), None, ())
    assert draw(chart(at_end), UTC).count("h8l-4") - draw(chart(below), UTC).count("h8l-4") == 1


def test_a_logger_whose_record_was_interrupted_keeps_its_name_and_its_dash() -> None:
    parts = (series([500] * 5), series([500] * 5, START_MS + 600 * MINUTE), series([490] * 9, logger="LOG-2"))
    svg = draw(chart(panel_of(("A",), FRESH, "fresh", parts, None, ())), UTC)
    assert words(svg).count("LOG-1") == words(svg).count("LOG-2") == 1
    lines = [one for one in ET.fromstring(svg).iter(f"{SVG}path") if one.get("fill") == "none"]
    assert [one.get("stroke-dasharray") for one in lines] == [None, None, "7 3"]


def test_the_budget_runs_down_while_it_is_out_of_band() -> None:
    panel = panel_of(("A",), FRESH, "fresh", (series([500, 900, 500, 500, 900, 500]),), None, ())
    assert panel.judgement
    points = [((at - START_MS) // MINUTE, left // MINUTE) for at, left in remaining(panel.judgement)]
    assert points == [(0, 60), (10, 50), (15, 50), (25, 40)]


def test_a_leg_shows_its_own_time_and_what_was_spent_before() -> None:
    evidence = (series([900] * 3 + [500] * 20),)
    leg = START_MS + 60 * MINUTE, START_MS + 90 * MINUTE
    panel = panel_of(("A",), FRESH, "fresh", evidence, leg, ())
    assert START_MS < panel.window[0] < leg[0] < leg[1] < panel.window[1]
    assert panel.judgement
    assert panel.judgement.left_ms == 45 * MINUTE


def test_midnight_and_noon_stay_round_when_the_clocks_change() -> None:
    """29 March 2026: in Berlin, 02:00 to 03:00 is left out."""
    window = milliseconds("2026-03-28T22:00:00.000Z"), milliseconds("2026-03-30T10:00:00.000Z")
    hours = [moment(one, BERLIN).hour for one in clock_ticks(window, BERLIN, 6)]
    assert hours == [0, 6, 12, 18, 0, 6, 12]
    assert (offset(window[0], BERLIN), offset(window[1], BERLIN)) == ("UTC+1", "UTC+2")
    assert offset(window[0], ZoneInfo("Asia/Kolkata")) == "UTC+5:30"


def test_a_logger_that_lives_in_another_age_has_its_picture() -> None:
    start_ms = milliseconds("9999-12-31T20:00:00.000Z")
    panel = panel_of(
        ("A",), FRESH, "fresh", (series([500] * 20, start_ms), series([500] * 20, -(10**13))), None, ()
    )
    assert draw(chart(panel), BERLIN).startswith("<svg")


@pytest.mark.parametrize(
    ("ms", "said"), [(0, "0 min"), (1, "1 s"), (5_400_000, "1 h 30 min"), (90_061_000, "1 d 1 h")]
)
def test_a_time_is_told_in_its_two_largest_units(ms: int, said: str) -> None:
    assert lasting(ms) == said


def test_degrees_and_letters() -> None:
    assert [degrees(one) for one in (-15_000, 1_250, 0)] == ["\N{MINUS SIGN}150 °C", "12.5 °C", "0 °C"]
    assert [letter_of(one) for one in (0, 25, 26)] == ["A", "Z", "A2"]
