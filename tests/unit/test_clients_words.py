"""Every event has one sentence that a nurse understands."""

from __future__ import annotations

import re
import string

import pytest

from clients.sentences import SENTENCES
from clients.words import clock, duration, listed, millilitres, sentence, subject
from ledger.domain.events import EVENTS
from ledger.domain.parts import Event

ENVELOPE = {"type", "v", "occurred_at", "seen", "seq", "prev"}
HAND_OVER = {
    "type": "CustodyAccepted",
    "containers": ["BAG-1", "BAG-2"],
    "giver": {"site": "st-mary", "department": "apheresis"},
    "receiver": {"site": "swift-depot", "department": "van-2"},
    "condition": "intact",
    "release": None,
}


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_event_type_has_a_sentence_and_no_sentence_lacks_its_event() -> None:
    assert set(SENTENCES) == {event.__name__ for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_a_sentence_names_its_signer_and_only_members_of_its_event(event: type[Event]) -> None:
    named = placeholders(SENTENCES[event.__name__])
    assert "who" in named
    assert named - {"who", "subject"} <= set(event.model_fields) - ENVELOPE


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_a_sentence_reads_as_plain_words(event: type[Event]) -> None:
    spoken = re.sub(r"{\w+}", "x", SENTENCES[event.__name__])
    assert "_" not in spoken
    assert not spoken.endswith(".")


def test_an_acceptance_says_who_took_what_from_whom_and_that_it_is_only_claimed() -> None:
    assert sentence(HAND_OVER, "kit", "chain/x") == (
        "kit took bags BAG-1 and BAG-2 over from apheresis at st-mary for van-2 at swift-depot,"
        " in good condition (CLAIMED: without the giver's statement)"
    )


def test_an_acceptance_that_names_its_release_is_not_called_claimed() -> None:
    assert "CLAIMED" not in sentence(HAND_OVER | {"release": "ab" * 32, "seal": "S-9"}, "kit")


def test_a_mismatch_is_shouted() -> None:
    payload = {"type": "PatientIdentified", "site": "st-mary", "method": "typed", "outcome": "mismatch"}
    assert sentence(payload, "nora") == "nora typed the patient's wristband at st-mary: IT DOES NOT MATCH"


def test_the_ledger_and_the_subject_of_a_stream_are_named() -> None:
    payload = {"type": "SiteSuspended", "reason": "failed_audit"}
    assert sentence(payload, "ledger", "site/st-mary") == "The ledger suspended site st-mary (failed audit)"
    assert sentence(payload, "ada") == "ada suspended it (failed audit)"


@pytest.mark.parametrize(
    ("named", "ending"), [([], "about the whole therapy"), (["BAG-1"], "about bag BAG-1")]
)
def test_a_deviation_says_what_it_is_about(named: list[str], ending: str) -> None:
    payload = {
        "type": "DeviationRaised",
        "code": "wrong_site",
        "severity": "minor",
        "blocking": False,
        "containers": named,
    }
    assert sentence(payload, "ledger") == f"The ledger raised a deviation, minor: wrong site, {ending}"


def test_an_event_of_a_newer_ledger_is_named_and_not_hidden() -> None:
    assert sentence({"type": "MoonLanded"}, "ada") == (
        "ada recorded MoonLanded (this program is too old to explain it)"
    )


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        (duration(1800), "30 minutes"),
        (duration(3600), "1 hour"),
        (duration(90), "90 seconds"),
        (duration(172_800), "2 days"),
        (millilitres(68_500), "68.5 ml"),
        (millilitres(200_000), "200 ml"),
        (millilitres(7), "0.007 ml"),
        (clock("2026-03-01T09:30:12.345Z"), "2026-03-01 09:30"),
        (listed([]), ""),
        (listed(["a"]), "a"),
        (listed(["a", "b", "c"]), "a, b and c"),
        (listed([f"B{n}" for n in range(9)]), "B0 to B8 (9 in all)"),
        (subject("chain/isbt128:CHA1"), "the patient of isbt128:CHA1"),
        (subject(""), "it"),
    ],
)
def test_quantities_are_spoken_in_units_that_people_use(spoken: str, expected: str) -> None:
    assert spoken == expected


def test_evidence_says_how_warm_it_was_and_what_is_missing() -> None:
    payload = {
        "type": "TemperatureEvidenceAttached",
        "at": {"site": "northcell-1", "department": "cleanroom"},
        "containers": ["BAG-1"],
        "phase": "fresh",
        "logger": "LOG-3",
        "started_at": "2026-03-01T09:30:00.000Z",
        "readings_centi_c": [512, None, -1_005],
        "device_signature": "failed",
    }
    assert sentence(payload, "mia") == (
        "mia attached 3 readings from -10.05 °C to 5.12 °C, 1 of them MISSING of logger LOG-3 for bag BAG-1"
        " at cleanroom at northcell-1, fresh, from 2026-03-01 09:30 UTC; THE LOGGER'S SIGNATURE DOES NOT FIT"
    )
    assert "attached 1 reading, 1 of them MISSING of" in sentence(payload | {"readings_centi_c": [None]}, "m")
