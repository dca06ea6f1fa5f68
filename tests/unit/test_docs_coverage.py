"""Every event, gate, role, finding and refusal is named by a test, and the count can fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from api import codes
from docs.coverage import counted, coverage_markdown, subjects, unnamed, words_of
from ledger.domain.findings import FINDINGS
from ledger.domain.policy import POLICY
from ledger.domain.standing import ALL_ROLES

COUNTS = counted()


@pytest.mark.parametrize("title", sorted(subjects()))
def test_every_word_is_named_by_a_test(title: str) -> None:
    assert unnamed({title: COUNTS[title]}) == []


def test_the_words_are_those_of_the_rules() -> None:
    found = subjects()
    assert set(found["Events"]) == set(POLICY)
    assert set(found["Findings"]) == set(FINDINGS)
    assert set(found["Roles"]) == ALL_ROLES
    assert set(found["Refusals"]) == codes.SIGNERS.keys() | codes.DECISIONS.keys()


def test_a_word_that_no_test_names_is_told(tmp_path: Path) -> None:
    helper = tmp_path / "helpers.py"
    helper.write_text("def test_in_no_file_of_tests():\n    'LogOpened'\n")
    (tmp_path / "test_one.py").write_text("def helper():\n    'LogOpened'\n\ndef test_it():\n    'Packed'\n")
    counts = counted(tmp_path)
    assert (counts["Events"]["Packed"], counts["Events"]["LogOpened"]) == (1, 0)
    assert "Events: LogOpened" in unnamed(counts)
    assert "Events: Packed" not in unnamed(counts)


def test_a_test_names_a_word_in_each_of_the_four_ways(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        "CASES = ['no_consent']\n"
        "def test_finding_seal_broken(): pass\n"
        "def test_strings(): 'lot_recalled', 'nurse physician'\n"
        "def test_identifiers(): Packed(consent)\n"
        "@mark(CASES)\n"
        "def test_cases(): pass\n"
    )
    counts = counted(tmp_path)
    named = {word for found in counts.values() for word, number in found.items() if number}
    assert named >= {"no_consent", "seal_broken", "lot_recalled", "nurse", "physician", "Packed", "consent"}
    assert "label_unknown" not in named


def test_a_word_counts_once_for_a_test_that_says_it_twice() -> None:
    (test,) = ast.parse("def test_it():\n    'Packed'\n    'Packed'\n").body
    assert words_of(test) >= {"Packed"}


def test_the_page_says_no_more_than_it_is_asked_to() -> None:
    words = sum(len(found) for found in COUNTS.values())
    assert coverage_markdown(most=1).count("1 or more") == words + len(COUNTS)
