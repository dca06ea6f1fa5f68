"""The traceability page names tests that exist, says plainly what is not met, and leaves no rule out."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import pytest

from tests.unit.documents import ROOT

PAGE = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
VERDICTS = ("met", "in part", "not met")
# Every rule that this project set out to trace, and how many lines speak of it.
RULES = {
    "11.10": 11,
    "11.50": 1,
    "11.70": 1,
    "11.200": 1,
    "1271.290": 2,
    "Reg. 1394/2007, Art. 15": 3,
    "Annex 11": 1,
    "EDPB on blockchains": 1,
}
ALCOA = "Attributable Legible Contemporaneous Original Accurate Complete Consistent Enduring Available"
SECTIONS = {"FACT-JACIE": 1, "UK SI 2025/87": 3, "ALCOA+": 9, "ISO 21973": 5}
NOT_BUILT = ("retention schedule",)


class Line(NamedTuple):
    clause: str
    asks: str
    verdict: str
    does: str
    shown: str


def lines(text: str = PAGE) -> list[Line]:
    cells = [
        [cell.strip() for cell in row[1:-1].split("|")] for row in text.splitlines() if row.startswith("| ")
    ]
    assert {len(row) for row in cells} == {5}
    return [Line(*row) for row in cells if row[0] not in ("Clause", "Letter", "Subject")]


LINES = lines()


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.clause}: {line.asks}")
def test_each_test_that_is_named_exists(line: Line) -> None:
    named = NAMED.findall(line.shown)
    assert len(named) == line.shown.count("`") // 2
    assert [f"{file}::{test}" for file, test in named if test not in functions_of(file)] == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.clause}: {line.asks}")
def test_what_is_met_is_shown_and_what_is_not_is_said(line: Line) -> None:
    assert line.verdict in VERDICTS
    assert bool(NAMED.search(line.shown)) == (line.verdict != "not met")
    assert len(line.does) > 40


def test_no_rule_is_left_out() -> None:
    found = Counter(line.clause.removesuffix(", not read") for line in LINES)
    assert {rule: found[rule] for rule in RULES} == RULES
    assert [line.clause for line in LINES if line.clause in ALCOA.split()] == ALCOA.split()
    parts = PAGE.split("\n## ")
    for section, number in SECTIONS.items():
        (part,) = [part for part in parts if part.startswith(section)]
        assert len(lines(part)) == number


def test_clauses_that_nobody_read_are_marked() -> None:
    marked = {line.clause for line in LINES if line.clause.endswith(", not read")}
    assert marked == {"11.50, not read", "11.70, not read", "1271.290, not read"}


def test_the_page_is_no_assessment_and_counts_itself() -> None:
    assert "This page is no assessment and claims nothing." in PAGE
    found = Counter(line.verdict for line in LINES)
    met, part, unmet = (found[verdict] for verdict in VERDICTS)
    assert f"Of {len(LINES)} lines {met} are met, {part} in part, {unmet} not." in PAGE


@pytest.mark.parametrize("words", NOT_BUILT)
def test_what_is_not_built_is_said(words: str) -> None:
    assert words in PAGE
