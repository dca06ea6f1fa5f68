"""A ledger that signs a false history with its own true keys: the replay finds it out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from ledger.verify import DirectorySource, Problem, Report, audit
from tests.scenario import APHERESIS, ORIGIN, WARD, Scenario, b64, open_scenario
from tests.unit.verify_book import CHAIN, Book, tell_story


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    folder = tmp_path_factory.mktemp("told")
    opened = open_scenario(f"sqlite:///{folder}/ledger.db")
    tell_story(opened)
    yield opened
    opened.ledger.close()


@pytest.fixture(scope="module")
def book(scenario: Scenario) -> Book:
    return Book.of(scenario)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def check(book: Book, folder: Path) -> Report:
    return audit(DirectorySource(book.write(folder)), book.vkey)


def first_wrong(book: Book, folder: Path) -> Problem:
    """The first thing wrong with a log whose tree and checkpoints are all in order."""
    report = check(book, folder)
    assert [step.ok for step in report.steps[:3]] == [True, True, True], report.text()
    assert report.first_wrong is not None
    return report.first_wrong


def anew(book: Book, raw: bytes) -> bytes:
    """The same statement with a new cti."""
    old = statement.parse(raw)
    return statement.sign(
        book.event_key, iss=old.iss, sub=old.sub, aud=old.aud, cti=os.urandom(16), payload=old.payload
    )


# --- what the ledger must not leave out, change or invent ------------------------------


@pytest.mark.parametrize("nth", range(5))
def test_an_omitted_deviation_is_found_at_the_fact_that_requires_it(
    book: Book, folder: Path, nth: int
) -> None:
    position = book.position_of("DeviationRaised", nth)
    cause = book.says(position)["cause"]
    wrong = first_wrong(book.without(position), folder)
    assert (wrong.step, wrong.statement_id) == (6, cause)
    assert "was omitted" in wrong.what
    assert book.says(position)["code"] in wrong.what


def test_an_omitted_deviation_at_the_end_of_the_log_is_found(book: Book, folder: Path) -> None:
    position = book.position_of("DeviationRaised")
    short = replace(book, raws=book.raws[:position])
    short = replace(short, batches=(*[b for b in book.batches if b[0] < position], (position, 2 * 10**9)))
    wrong = first_wrong(short, folder)
    assert wrong.position == position - 1
    assert "the log ends" in wrong.what


@pytest.mark.parametrize(
    "change",
    [{"severity": "review"}, {"blocking": False}, {"containers": []}, {"code": "repeated_step"}],
)
def test_a_deviation_that_says_less_than_it_should_is_found(
    book: Book, folder: Path, change: dict[str, object]
) -> None:
    position = book.position_of("DeviationRaised", 4)
    wrong = first_wrong(book.with_entry(position, book.by_ledger(position, **change)), folder)
    assert (wrong.step, wrong.position) == (6, book.position_of("ThawStarted"))
    assert "thaw_before_release" in wrong.what


def test_an_invented_deviation_is_found(book: Book, folder: Path) -> None:
    again = anew(book, book.raws[book.position_of("DeviationRaised", 4)])
    wrong = first_wrong(book.appended(again), folder)
    assert (wrong.step, wrong.position) == (6, len(book.raws))
    assert "nothing calls for" in wrong.what


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seq": 9}, "its number and predecessor"),
        ({"prev": None}, "its number and predecessor"),
        ({"occurred_at": "2020-01-01T00:00:00.000Z"}, "its time is not that of its checkpoint"),
        ({"seen": None}, "does not name the checkpoint before its batch"),
    ],
)
def test_what_the_ledger_signs_is_exact_in_every_member(
    book: Book, folder: Path, change: dict[str, object], sentence: str
) -> None:
    position = book.position_of("DeviationRaised")
    wrong = first_wrong(book.with_entry(position, book.by_ledger(position, **change)), folder)
    assert (wrong.step, wrong.position) == (6, position)
    assert sentence in wrong.what


def test_a_checkpoint_between_a_fact_and_its_deviation_is_found(book: Book, folder: Path) -> None:
    position = book.position_of("DeviationRaised")
    (time_s,) = [time_s for size, time_s in book.batches if size == position + 1]
    torn = replace(book, batches=tuple(sorted((*book.batches, (position, time_s)))))
    wrong = first_wrong(torn, folder)
    assert (wrong.step, wrong.position) == (6, position - 1)
    assert "its batch ends" in wrong.what


# --- hand-offs and keys ----------------------------------------------------------------


HANDED = {"containers": ["BAG-1"], "giver": APHERESIS, "receiver": WARD, "condition": "intact"}


def forged(scenario: Scenario, key: SigningKey, agent: str = "nora") -> bytes:
    payload = canonical.encode(scenario.payload(agent, "CustodyReleased", **HANDED))
    return statement.sign(key, iss=agent, sub=CHAIN, aud=ORIGIN, cti=os.urandom(16), payload=payload)


def test_a_hand_off_that_the_ledger_signs_in_a_nurses_name_is_found(
    scenario: Scenario, book: Book, folder: Path
) -> None:
    wrong = first_wrong(book.appended(forged(scenario, book.event_key)), folder)
    assert (wrong.step, wrong.position) == (6, len(book.raws))
    assert "is not 'nora''s" in wrong.what


def test_a_hand_off_with_a_key_that_was_never_enrolled_is_found(
    scenario: Scenario, book: Book, folder: Path
) -> None:
    wrong = first_wrong(book.appended(forged(scenario, new_key())), folder)
    assert (wrong.step, wrong.position) == (5, len(book.raws))
    assert "never enrolled" in wrong.what


def test_a_key_that_the_ledger_enrols_for_a_nurse_is_found(
    scenario: Scenario, book: Book, folder: Path
) -> None:
    key = new_key()
    payload = scenario.payload("ledger", "KeyAdded", key=b64(key.public.spki))
    adding = statement.sign(book.event_key, iss="ledger", sub="agent/nora", aud=ORIGIN, cti=os.urandom(16),
                            payload=canonical.encode(payload))  # fmt: skip
    wrong = first_wrong(book.appended(adding, forged(scenario, key)), folder)
    assert (wrong.step, wrong.position) == (6, len(book.raws))
    assert "the rules refuse this KeyAdded" in wrong.what


def test_a_key_used_before_it_was_enrolled_is_found(book: Book, folder: Path) -> None:
    first = book.position_of("CollectionCompleted")
    enrolment = next(at for at in range(first) if statement.parse(book.raws[at]).sub == "agent/anna")
    moved = book.with_entry(enrolment, book.raws[first]).with_entry(first, book.raws[enrolment])
    wrong = first_wrong(moved, folder)
    assert (wrong.step, wrong.position) == (5, enrolment)
    assert f"only enrolled later, with entry {first}" in wrong.what


def test_a_statement_by_a_revoked_key_is_found(scenario: Scenario, book: Book, folder: Path) -> None:
    raw = scenario.sign("anna", CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-9")
    wrong = first_wrong(book.appended(raw), folder)
    assert (wrong.step, wrong.position) == (6, len(book.raws))
    assert "was revoked" in wrong.what


# --- decisions and rules ---------------------------------------------------------------


def test_a_decision_through_a_failed_gate_is_found(scenario: Scenario, book: Book, folder: Path) -> None:
    raw = scenario.sign("phil", CHAIN, "InfusionAuthorised", chain_version=scenario.version(CHAIN[6:]),
                        site="st-mary", container="BAG-1")  # fmt: skip
    wrong = first_wrong(book.appended(raw), folder)
    assert (wrong.step, wrong.position) == (6, len(book.raws))
    assert "the rules refuse this InfusionAuthorised" in wrong.what
    assert wrong.statement_id == statement.parse(raw).id.hex()


def test_a_decision_by_the_wrong_role_is_found(scenario: Scenario, book: Book, folder: Path) -> None:
    raw = scenario.sign("kit", "site/st-mary", "SiteSuspended", reason="because")
    wrong = first_wrong(book.appended(raw), folder)
    assert "the rules refuse this SiteSuspended" in wrong.what


def test_a_rule_set_that_the_verifier_does_not_know_is_said_and_not_guessed(
    scenario: Scenario, book: Book, folder: Path
) -> None:
    adopting = book.by_ledger(1, rule_set=2, seq=6)
    raw = scenario.sign("nora", CHAIN, "PatientIdentified", site="st-mary", method="typed", outcome="match",
                        patient=book.says(book.position_of("TherapyOrdered"))["patient"])  # fmt: skip
    report = check(book.appended(anew(book, adopting), raw), folder)
    wrong = report.first_wrong
    assert wrong is not None
    assert (wrong.step, wrong.position) == (6, len(book.raws))
    assert "rule set 2 is in force, which this program does not know" in wrong.what
    assert len(report.steps[5].problems) == 1
    assert "Entries 0 to 35 are as the rules demand." in report.proved


# --- statements that should not be there -----------------------------------------------


def test_the_same_statement_twice_is_found(book: Book, folder: Path) -> None:
    wrong = first_wrong(book.appended(book.raws[20]), folder)
    assert (wrong.step, wrong.position) == (4, len(book.raws))
    assert "used the cti" in wrong.what


def test_a_statement_of_another_log_is_found(scenario: Scenario, book: Book, folder: Path) -> None:
    payload = canonical.encode(scenario.payload("nora", "CustodyReleased", **HANDED))
    raw = statement.sign(scenario.signer("nora").key, iss="nora", sub=CHAIN, aud="other.example/log",
                         cti=os.urandom(16), payload=payload)  # fmt: skip
    wrong = first_wrong(book.appended(raw), folder)
    assert (wrong.step, wrong.position) == (4, len(book.raws))
    assert "signed for another log" in wrong.what


@pytest.mark.parametrize("payload", [b"{", b'{"type":"Nonsense"}', b'{ "a":1}', b"[" * 9_000, b"\xff"])
def test_a_payload_that_is_no_event_is_found(book: Book, folder: Path, payload: bytes) -> None:
    raw = statement.sign(book.event_key, iss="ledger", sub=CHAIN, aud=ORIGIN, cti=bytes(16), payload=payload)
    wrong = first_wrong(book.appended(raw), folder)
    assert (wrong.step, wrong.position) == (4, len(book.raws))


def test_bytes_that_are_no_statement_are_found(book: Book, folder: Path) -> None:
    wrong = first_wrong(book.appended(b"not COSE"), folder)
    assert (wrong.step, wrong.position, wrong.statement_id) == (4, len(book.raws), None)


def test_a_log_without_its_genesis_is_found(book: Book, folder: Path) -> None:
    wrong = first_wrong(book.without(0), folder)
    assert (wrong.step, wrong.position) == (4, 0)
    assert "opens no log" in wrong.what


def test_a_genesis_that_names_another_key_is_found(book: Book, folder: Path) -> None:
    wrong = first_wrong(replace(book, log_key=new_key()), folder)
    assert (wrong.step, wrong.position) == (4, 0)
    assert "names another log or key" in wrong.what


def test_a_second_genesis_is_found(book: Book, folder: Path) -> None:
    wrong = first_wrong(book.appended(book.raws[0]), folder)
    assert wrong.position == len(book.raws)
    assert wrong.step == 4


# --- checkpoints -----------------------------------------------------------------------


def test_another_logs_key_opens_nothing(book: Book, folder: Path) -> None:
    book.write(folder)
    report = audit(DirectorySource(folder), replace(book, log_key=new_key()).vkey)
    assert [step.ok for step in report.steps] == [False, False, None, None, None, None]
    assert report.proved == "Nothing is proved."


def test_a_checkpoint_of_another_history_is_found(book: Book, folder: Path) -> None:
    """The log key signed two heads of one size: the entries belong to the other one."""
    book.write(folder)
    other = book.with_entry(20, book.raws[23]).write(folder.parent / "other")
    (folder / "checkpoints/29").write_bytes((other / "checkpoints/29").read_bytes())
    report = audit(DirectorySource(folder), book.vkey)
    assert report.first_wrong is not None
    assert (report.first_wrong.step, report.first_wrong.where) == (3, "checkpoints/29")
    assert report.proved.startswith("Entries 0 to 35 are exactly what checkpoint 36 committed to.")


def test_a_time_that_goes_back_is_found(book: Book, folder: Path) -> None:
    back = replace(book, batches=(*book.batches[:-1], (len(book.raws), 1_000)))
    report = check(back, folder)
    assert report.first_wrong is not None
    assert (report.first_wrong.step, report.first_wrong.where) == (2, "checkpoints/36")
    assert "before the smaller one" in report.first_wrong.what


# --- late statements -------------------------------------------------------------------


def attested(scenario: Scenario, book: Book, inner: bytes) -> Book:
    raw = scenario.sign("quinn", CHAIN, "LateStatementAttested", chain_version=scenario.version(CHAIN[6:]),
                        statement=b64(inner), reason="phone_lost")  # fmt: skip
    return book.appended(raw)


def test_an_attested_statement_by_a_key_that_still_signs_is_found(
    scenario: Scenario, book: Book, folder: Path
) -> None:
    inner = forged(scenario, scenario.signer("nora").key)
    wrong = first_wrong(attested(scenario, book, inner), folder)
    assert "is not revoked" in wrong.what


def test_an_attested_statement_whose_signature_is_wrong_is_found(
    scenario: Scenario, book: Book, folder: Path
) -> None:
    inner = bytearray(forged(scenario, scenario.signer("anna").key, "anna"))
    inner[-1] ^= 1
    wrong = first_wrong(attested(scenario, book, bytes(inner)), folder)
    assert (wrong.step, wrong.position) == (6, len(book.raws))


@pytest.mark.parametrize("inner", [b"x", b"\xd2\x84", bytes(range(40))])
def test_an_attestation_of_no_statement_is_found(
    scenario: Scenario, book: Book, folder: Path, inner: bytes
) -> None:
    assert first_wrong(attested(scenario, book, inner), folder).step == 6
