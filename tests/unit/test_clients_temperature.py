"""`unbroken temperature`: what a person sees of budgets, excursions, gaps and legs without proof."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from api.examples import TEMPERATURE
from clients.cli.temperature import draw

PHASE: dict[str, Any] = TEMPERATURE["containers"][0]


def drawn(**changed: Any) -> str:
    screen = io.StringIO()
    draw(Console(file=screen, width=140, highlight=False), TEMPERATURE | changed)
    return screen.getvalue()


def test_a_budget_is_told_with_its_band_and_mean_kinetic_temperature() -> None:
    said = drawn()
    for words in ("2.00 °C to 8.00 °C", "✓ in limits", "15 min", "45 min", "6.12 °C", "#4630", "11.40 °C"):
        assert words in said


def test_what_is_out_of_limits_unknown_or_not_judged_is_told_by_word_and_sign() -> None:
    gap = {"started_at": "2026-09-21T09:00:00.000Z", "ended_at": "2026-09-21T09:45:00.000Z", "proof": [7]}
    unjudged = {"within_limits": None, "spent_s": None, "left_s": None, "mean_kinetic_centi_c": None}
    band = {"low_centi_c": None, "high_centi_c": None}
    said = drawn(
        containers=[
            PHASE | {"within_limits": False, "left_s": -600},
            PHASE | {"gaps": [gap]},
            PHASE | unjudged | band,
            PHASE | {"low_centi_c": None, "high_centi_c": -15_000},
        ]
    )
    for words in ("✗ OUT OF LIMITS", "-10 min", "? GAP", "not judged", "no profile", "at most -150.00 °C"):
        assert words in said
    assert "2026-09-21 09:45" in said


def test_a_leg_that_nothing_proves_stands_out() -> None:
    said = " ".join(drawn().split())
    assert "NOT PROVED: A9999-26-000001-D1 with van-2 at swift-depot, 2026-09-20 08:00 to 2026" in said


def test_a_therapy_without_evidence_says_so() -> None:
    assert "No temperature evidence" in drawn(containers=[])
