"""The app has a title and a sentence for every event, and plain words for every code, in each language."""

from __future__ import annotations

import json
import re

import pytest

from api import codes
from docs.sentences import GATES
from docs.web_words import WEB, code_words, event_words, example, pages, title
from ledger.domain.events import EVENTS
from ledger.domain.findings import FINDINGS

SECTIONS = {"events": event_words(), "codes": code_words()}
LINE = re.compile(r'^  "([^"]+)": (".*"),$', re.MULTILINE)


def catalogue(language: str, section: str) -> dict[str, str]:
    text = (WEB / "src" / "messages" / language / f"{section}.ts").read_text(encoding="utf-8")
    return {key: json.loads(said) for key, said in LINE.findall(text)}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_the_committed_files_are_what_the_tables_say_now() -> None:
    for path, text in pages():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run make docs"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_event_has_a_title_and_a_sentence(language: str) -> None:
    said = catalogue(language, "events")
    for event in EVENTS:
        assert said[f"event.{event.__name__}"]
        assert "{who}" in said[f"sentence.{event.__name__}"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_gate_finding_and_refusal_has_its_sentence(language: str) -> None:
    said = catalogue(language, "codes")
    wanted = [*(f"gate.{one}" for one in GATES), *(f"finding.{one}" for one in FINDINGS)]
    wanted += [f"refusal.{one}" for one in (*codes.SIGNERS, *codes.DECISIONS)]
    assert [key for key in wanted if not said.get(key)] == []


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_no_language_lacks_a_key_or_has_one_that_nobody_asks_for(section: str) -> None:
    assert catalogue("de", section).keys() == SECTIONS[section].keys()


def test_a_german_sentence_says_all_that_the_english_one_says() -> None:
    german = catalogue("de", "events")
    for key, said in SECTIONS["events"].items():
        assert placeholders(german[key]) == placeholders(said), key


def test_titles_are_words() -> None:
    assert title("OutOfSpecificationRequested") == "Out of specification requested"


def test_an_example_has_every_member_or_only_what_must_be_there() -> None:
    (accepted,) = (one for one in EVENTS if one.__name__ == "CustodyAccepted")
    full, bare = example(accepted, True, 1), example(accepted, False, 1)
    assert {"seal", "labels", "release", "therapies"} <= full.keys()
    assert bare.keys() == {"containers", "giver", "receiver", "condition", "release"}
    assert bare["release"] is None
