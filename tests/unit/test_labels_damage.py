"""How much a printed link can take; `tests/labels_damage.py` says how it is simulated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.labels_damage import ALL, FRAMES, rates

PAGE = Path(__file__).resolve().parents[2] / "docs" / "labels.md"
ROW = re.compile(r"^\| (.+?) \| (\d+) % \| (\d+) % \|$", re.MULTILINE)
LEAST = {"none": 100, "rotated by any angle": 100, "15 % covered by one patch": 80, "DataMatrix, none": 100}
SLACK = 5  # percent: another version of the reader may differ a little


def documented() -> dict[str, tuple[int, int]]:
    return {name: (int(first), int(ever)) for name, first, ever in ROW.findall(PAGE.read_text("utf-8"))}


@pytest.mark.parametrize("name", ALL)
def test_what_is_read_of_a_damaged_label_is_what_the_page_says(name: str) -> None:
    """In the first frame and in three. Rotated: all. Covered to 15 %: at least 80 %, as issue 4 asks."""
    assert FRAMES == 3
    first, ever = rates(*ALL[name])
    said_first, said_ever = documented()[name]
    assert ever >= LEAST.get(name, 0)
    assert abs(first - said_first) <= SLACK
    assert abs(ever - said_ever) <= SLACK


def test_the_page_has_a_row_for_each_damage() -> None:
    assert list(documented()) == list(ALL)
