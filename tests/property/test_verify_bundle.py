"""Whatever becomes of a bundle is found, or carries no meaning; what was left out is never assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.application import Answer, Ledger
from ledger.domain.world import log_tag
from ledger.export.choosing import Choice
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from ledger.verify.manifest import README, SCHEMAS, Therapies
from tests.bundling import OTHER, ask, audited, choice_of, files_of, made, resigned, saying, stage, zipped
from tests.domain_supply import LOT
from tests.scenario import ORIGIN, Scenario
from tests.unit.verify_book import CHAIN, COI

WITHOUT_MEANING = {
    README,
    SCHEMAS,
    "report/000000.txt",
}  # for reading; the signature covers them all the same
some = settings(max_examples=40, deadline=None)


@dataclass(frozen=True)
class Told:
    """A therapy's bundle and its log, which has two patients."""

    scenario: Scenario
    raw: bytes
    choice: Choice
    position: int

    @property
    def ledger(self) -> Ledger:
        return self.scenario.ledger

    @property
    def key(self) -> SigningKey:
        return self.ledger.config.log_key

    def wrong(self, raw: bytes) -> int | None:
        """The step that finds the first thing wrong."""
        first = audited(raw, self.ledger.vkey).first_wrong
        return None if first is None else first.step


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    scenario = stage(tmp_path_factory.mktemp("ledger"))
    asked = ask(scenario)
    choice = choice_of(scenario.ledger, asked)
    yield Told(scenario, made(scenario.ledger, asked, choice), choice, asked.position)
    scenario.ledger.close()


def test_it_verifies_and_is_judged_as_a_whole(told: Told) -> None:
    report = audited(told.raw, told.ledger.vkey)
    assert report.ok, report.text()
    assert f"{len(told.choice.positions)} entries judged" in report.steps[5].detail


def test_most_of_the_log_stands_as_hashes(told: Told) -> None:
    assert OTHER.encode() not in told.raw
    assert len(told.choice.positions) < told.ledger.store.head()[0]


def test_without_a_key_from_outside_it_says_that_nothing_pins_the_log(told: Told) -> None:
    report = audited(told.raw, None)
    assert (report.ok, report.first_wrong, report.steps[0].ok) == (False, None, None)
    assert "NOTHING PINS THE LOG" in report.steps[0].detail
    assert report.proved.startswith("Only that the bundle agrees with itself.")


def test_the_key_of_another_log_opens_nothing(told: Told) -> None:
    other = log_vkey(ORIGIN, new_key().public)
    assert audited(told.raw, other).first_wrong is not None
    assert audited(told.raw, other).proved.startswith("Nothing")


@some
@given(st.data())
def test_an_altered_byte_is_found(told: Told, data: st.DataObject) -> None:
    raw = bytearray(told.raw)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert told.wrong(bytes(raw)) is not None


@some
@given(st.data())
def test_an_altered_byte_is_found_although_the_archive_was_packed_again(
    told: Told, data: st.DataObject
) -> None:
    files = files_of(told.raw)
    name = data.draw(st.sampled_from(sorted(files)))
    altered = bytearray(files[name])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert told.wrong(zipped(files | {name: bytes(altered)})) is not None


@some
@given(st.data())
def test_whoever_holds_the_logs_key_alters_no_entry_head_or_hash(told: Told, data: st.DataObject) -> None:
    files = files_of(told.raw)
    name = data.draw(st.sampled_from(["entries/000000", "checkpoints/000000"]))
    altered = bytearray(files[name])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert told.wrong(resigned(files | {name: bytes(altered)}, told.key)) in (1, 2, 3)


def test_what_is_only_for_reading_carries_no_proof(told: Told) -> None:
    """The log's key covers it, so only its holder could alter it; the entries stand as they are."""
    files = files_of(told.raw)
    for name in WITHOUT_MEANING:
        assert told.wrong(zipped(files | {name: b"other words"})) == 9
        assert told.wrong(resigned(files | {name: b"other words"}, told.key)) is None


def test_every_file_that_is_missing_added_or_moved_is_found(told: Told) -> None:
    files = files_of(told.raw)
    for name in files:
        assert told.wrong(zipped({one: data for one, data in files.items() if one != name})) is not None, name
        assert told.wrong(zipped(files | {f"{name}x": files[name]})) is not None, name
        moved = {name: files[name]} | {one: data for one, data in files.items() if one != name}
        assert list(moved) == list(files) or told.wrong(zipped(moved)) == 9, name


def test_every_two_files_that_change_places_are_found(told: Told) -> None:
    files = files_of(told.raw)
    names = list(files)
    for first, second in pairwise(names):
        swapped = files | {first: files[second], second: files[first]}
        assert told.wrong(zipped(swapped)) is not None, (first, second)


def test_a_bundle_that_ends_anywhere_is_found(told: Told) -> None:
    for at in range(0, len(told.raw), 997):
        assert told.wrong(told.raw[:at]) == 9


def test_no_entry_of_the_therapy_can_be_hidden_even_by_the_logs_own_key(told: Told) -> None:
    """The request counts them, and a deviation that is missing is missed."""
    chain = {one.position for one in told.ledger.store.by_tag(CHAIN)}
    asked = next(one for one in told.ledger.store.by_tag(CHAIN) if one.position == told.position)
    assert asked.type == "TherapyExportRequested"
    for position in chain:
        rest = [one for one in told.choice.positions if one != position]
        raw = made(told.ledger, answer_at(told), Choice(rest, told.choice.whole))
        assert told.wrong(raw) in (6, 9), position


def test_what_rests_on_what_was_left_out_is_counted_and_not_assumed(told: Told) -> None:
    whole = frozenset(tag for tag in told.choice.whole or () if tag != CHAIN)
    report = audited(
        made(told.ledger, answer_at(told), Choice(told.choice.positions, whole)), told.ledger.vkey
    )
    assert (report.ok, report.first_wrong, report.steps[5].ok) == (False, None, None)
    assert "NOT judged" in report.steps[5].detail
    assert "NOT WHOLE" in report.steps[7].detail


def test_a_manifest_that_claims_the_whole_log_and_hides_some_of_it_is_found(told: Told) -> None:
    """The log's own key signed the lie; a manifest that says what is there holds in the same way."""
    assert told.wrong(saying(files_of(told.raw), told.key)) is None
    first = audited(saying(files_of(told.raw), told.key, whole=None), told.ledger.vkey).steps[7].problems[0]
    assert "the whole log is given, and some of it stands as hashes" in first.what


@pytest.fixture(scope="module")
def asked_for_the_log(told: Told) -> Answer:
    return told.scenario.say("audrey", f"log/{ORIGIN}", "ExportRequested", scope="log", reason="inspection")


@pytest.fixture(scope="module")
def asked_for_a_lot(told: Told) -> Answer:
    told.scenario.say("mia", "lot/lv-7", "LotReceived", organisation="northcell", **LOT)
    return told.scenario.say(
        "audrey", f"log/{ORIGIN}", "ExportRequested", scope="lot", which="lv-7", reason="inspection"
    )


def test_who_asked_for_the_whole_log_is_not_given_some_of_it(told: Told, asked_for_the_log: Answer) -> None:
    some_of_it = choice_of(told.ledger, asked_for_the_log, log_tag(ORIGIN))
    (problem,) = audited(made(told.ledger, asked_for_the_log, some_of_it), told.ledger.vkey).steps[7].problems
    assert (problem.position, "asks for the whole log" in problem.what) == (asked_for_the_log.position, True)
    size = told.ledger.store.checkpoint_covering(asked_for_the_log.position).size
    assert audited(made(told.ledger, asked_for_the_log, Choice(range(size), None)), told.ledger.vkey).ok


@pytest.mark.parametrize(
    ("tags", "therapies", "short"),
    [
        (("lot/lv-7", CHAIN), Therapies(given=[COI], unreadable=0), None),
        (("lot/lv-7",), Therapies(given=[], unreadable=0), None),
        (("lot/lv-7",), Therapies(given=[COI], unreadable=0), f"asked for {CHAIN} may not"),
        (("lot/lv-7", CHAIN), Therapies(given=[COI], unreadable=2), "may not read 2 therapies"),
        (("lot/lv-7", CHAIN), None, "does not say which therapies"),
    ],
)
def test_a_lot_is_whole_with_its_therapies_or_said_not_to_be(
    told: Told, asked_for_a_lot: Answer, tags: tuple[str, ...], therapies: Therapies | None, short: str | None
) -> None:
    choice = choice_of(told.ledger, asked_for_a_lot, *tags)._replace(therapies=therapies)
    step = audited(made(told.ledger, asked_for_a_lot, choice), told.ledger.vkey).steps[7]
    assert (step.ok, step.problems) == (True if short is None else None, [])
    assert (short or "left out") in step.detail


def test_a_lot_of_which_something_is_hidden_is_said_not_to_be_whole(
    told: Told, asked_for_a_lot: Answer
) -> None:
    choice = choice_of(told.ledger, asked_for_a_lot, "lot/lv-7")
    short = Choice(
        choice.positions, (choice.whole or frozenset()) - {"lot/lv-7"}, Therapies(given=[], unreadable=0)
    )
    step = audited(made(told.ledger, asked_for_a_lot, short), told.ledger.vkey).steps[7]
    assert step.ok is None
    assert "NOT WHOLE: who asked for lot/lv-7 may not read all of it" in step.detail


def test_a_bundle_of_another_request_is_found(told: Told) -> None:
    later = ask(told.scenario)
    raw = made(told.ledger, later, told.choice)
    assert told.wrong(raw) == 9  # its own request is not among the entries


def answer_at(told: Told) -> Answer:
    return told.ledger.answer_at(told.position)
