"""The reference pages say what the code says."""

from __future__ import annotations

import pytest

from docs.generate import pages
from tests.unit.documents import ROOT

REFERENCE = ROOT / "docs" / "reference"
PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name], "run: make docs"


def test_no_page_is_left_over() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == {*PAGES, "README.md"}


def test_the_same_code_makes_the_same_pages() -> None:
    assert pages() == PAGES
