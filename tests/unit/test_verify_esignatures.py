"""A ledger that lets a wrong e-signature in: the offline audit names the entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.proof import statement
from ledger.verify import DirectorySource, Problem, Report, audit
from tests.authenticator import UP, Authenticator
from tests.esigning import esigned, record, signed
from tests.scenario import WARD, Scenario, b64, open_scenario
from tests.unit.verify_book import CHAIN, COI, Book

PASSKEY = Authenticator()
FIT: dict[str, Any] = {"site": "st-mary", "outcome": "fit", "valid_until": "2030-01-01T00:00:00.000Z"}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """Phil has a passkey and e-signed once; the test signs on from there, past the ledger."""
    folder = tmp_path_factory.mktemp("told")
    opened = open_scenario(f"sqlite:///{folder}/ledger.db")
    opened.order(COI)
    opened.say("ada", "agent/phil", "PasskeyAdded", **PASSKEY.enrolment)
    fields = FIT | {"chain_version": opened.version(COI)}
    record(opened, "phil", esigned(opened, PASSKEY, "phil", CHAIN, "PatientFitnessConfirmed", **fields))
    yield opened
    opened.ledger.close()


@pytest.fixture
def payload(scenario: Scenario) -> dict[str, Any]:
    """Phil's next decision."""
    fields = FIT | {"chain_version": scenario.version(COI)}
    return scenario.payload("phil", "PatientFitnessConfirmed", **fields)


def audited(scenario: Scenario, folder: Path, *raws: bytes) -> Report:
    book = Book.of(scenario).appended(*raws) if raws else Book.of(scenario)
    return audit(DirectorySource(book.write(folder)), book.vkey)


def named(scenario: Scenario, folder: Path, raw: bytes) -> Problem:
    """What is wrong with the last entry, and with nothing before it."""
    report = audited(scenario, folder, raw)
    problems = [one for step in report.steps for one in step.problems]
    assert {one.position for one in problems} == {scenario.ledger.store.head()[0]}, report.text()
    return problems[0]


def test_what_is_right_is_right(scenario: Scenario, payload: dict[str, Any], tmp_path: Path) -> None:
    raw = signed(scenario, "phil", CHAIN, PASSKEY.esign(payload))
    report = audited(scenario, tmp_path, raw)
    assert report.ok, report.text()


def test_a_wrong_assertion_is_found(scenario: Scenario, payload: dict[str, Any], tmp_path: Path) -> None:
    raw = signed(scenario, "phil", CHAIN, PASSKEY.esign(payload, flags=UP))
    wrong = named(scenario, tmp_path, raw)
    assert (wrong.step, wrong.statement_id) == (5, statement.parse(raw).id.hex())
    assert "user verification" in wrong.what


def test_an_assertion_from_another_payload_is_found(
    scenario: Scenario, payload: dict[str, Any], tmp_path: Path
) -> None:
    raw = signed(scenario, "phil", CHAIN, PASSKEY.esign(payload) | {"outcome": "unfit"})
    assert "made for another one" in named(scenario, tmp_path, raw).what


def test_an_unknown_passkey_is_found(scenario: Scenario, payload: dict[str, Any], tmp_path: Path) -> None:
    stranger = Authenticator(id=b"never enrolled")
    wrong = named(scenario, tmp_path, signed(scenario, "phil", CHAIN, stranger.esign(payload)))
    assert "was enrolled in this log" in wrong.what


def test_somebody_elses_passkey_is_found(scenario: Scenario, tmp_path: Path) -> None:
    thaw = scenario.payload("nora", "ThawStarted", at=WARD, containers=["BAG-1"])
    wrong = named(scenario, tmp_path, signed(scenario, "nora", CHAIN, PASSKEY.esign(thaw)))
    assert (wrong.step, "is not 'nora'" in wrong.what) == (6, True)


def test_a_passkey_that_was_revoked_is_found(
    scenario: Scenario, payload: dict[str, Any], tmp_path: Path
) -> None:
    fields = {"credential": PASSKEY.credential, "reason": "lost"}
    revoked = scenario.sign("ada", "agent/phil", "PasskeyRevoked", **fields)
    report = audited(scenario, tmp_path, revoked, signed(scenario, "phil", CHAIN, PASSKEY.esign(payload)))
    (wrong,) = [one for step in report.steps for one in step.problems]
    assert (wrong.step, wrong.position) == (6, scenario.ledger.store.head()[0] + 1)
    assert "was revoked at position" in wrong.what


def test_a_passkey_counts_only_from_its_enrolment_on(scenario: Scenario, tmp_path: Path) -> None:
    """The audit reads ahead; what is enrolled behind an entry does not prove it."""
    later = Authenticator(id=b"enrolled later")
    thaw = scenario.payload("phil", "ThawStarted", at=WARD, containers=["BAG-1"])
    early = signed(scenario, "phil", CHAIN, later.esign(thaw))
    enrolled = scenario.sign("ada", "agent/phil", "PasskeyAdded", **later.enrolment)
    report = audited(scenario, tmp_path, early, enrolled)
    wrong = report.steps[4].problems[0]
    assert (wrong.position, "enrolled in this log" in wrong.what) == (
        scenario.ledger.store.head()[0],
        True,
    )


def test_a_wrong_assertion_inside_a_late_statement_is_found(scenario: Scenario, tmp_path: Path) -> None:
    thaw = scenario.payload("phil", "ThawStarted", at=WARD, containers=["BAG-1"])
    inner = signed(scenario, "phil", CHAIN, PASSKEY.esign(thaw, flags=UP))
    kid = scenario.signer("phil").key.public.kid.hex()
    revoked = scenario.sign("ada", "agent/phil", "KeyRevoked", kid=kid, reason="lost")
    fields = {"chain_version": scenario.version(COI), "reason": "lost", "statement": b64(inner)}
    late = scenario.sign("quinn", CHAIN, "LateStatementAttested", **fields)
    report = audited(scenario, tmp_path, revoked, late)
    (wrong,) = [one for step in report.steps for one in step.problems]
    assert (wrong.step, "user verification" in wrong.what) == (6, True)


def test_a_ledger_that_e_signs_a_deviation_is_found(tmp_path: Path) -> None:
    """Its deviations are exact: an e-signature would be a member that no rule gives."""
    opened = open_scenario(f"sqlite:///{tmp_path}/ledger.db")
    opened.order(COI)
    pack = {"at": {"site": "st-mary", "department": "apheresis"}, "containers": ["BAG-1"]}
    opened.say("anna", CHAIN, "Packed", shipper="S-1", **pack)  # of a bag that nobody collected
    book = Book.of(opened)
    opened.ledger.close()
    at = book.position_of("DeviationRaised")
    asked = {"meaning": "approval", "method": "passphrase", "signed_at": book.says(at)["occurred_at"]}
    forged = book.with_entry(at, book.by_ledger(at, esignature=asked))
    report = audit(DirectorySource(forged.write(tmp_path / "log")), forged.vkey)
    assert report.first_wrong is not None
    assert "it makes no e-signature" in report.first_wrong.what
