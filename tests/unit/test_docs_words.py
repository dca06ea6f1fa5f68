"""The words of the documents: each term once, and nothing of any one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.documents import DOCUMENTS, ROOT, name_of

TERM = re.compile(r"^- \*\*(.+?)\*\*", re.MULTILINE)
ABSOLUTE = re.compile(r"(?<![\w.)<>:/~$}*-])/([A-Za-z][\w.-]*)")
# Addresses of the API and of a deployed server: the only absolute paths that documents may name.
PATHS = {
    "v1",
    "log",
    "app",
    "B",
    "metrics",
    "openapi.json",
    "path",
    "var",
    "etc",
    "srv",
    "run",
    "add-checkpoint",
}


def terms() -> list[str]:
    return TERM.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))


def test_each_term_is_defined_once() -> None:
    found = [term.casefold() for term in terms()]
    assert len(found) > 50
    assert {term for term in found if found.count(term) > 1} == set()


def test_terms_are_in_order() -> None:
    assert terms() == sorted(terms(), key=str.casefold)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_no_path_of_any_one_machine(path: Path) -> None:
    found = set(ABSOLUTE.findall(path.read_text(encoding="utf-8")))
    assert found <= PATHS


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_nothing_is_left_to_be_written(path: Path) -> None:
    assert re.findall(r"\b(?:TODO|FIXME|TBD|XXX)\b|\[\?\]", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_no_conformance_is_claimed(path: Path) -> None:
    claim = re.compile(r"\b(?:is|are|fully) (?:compliant|certified|conformant|validated)\b|GxP-ready")
    assert claim.findall(path.read_text(encoding="utf-8")) == []
