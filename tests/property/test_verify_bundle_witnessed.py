"""What witnesses said of a bundle's heads, and heads that somebody got elsewhere: steps 8 and 10."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.errors import Malformed
from ledger.proof.witnesses import encode_policy, parse_policy
from ledger.verify.manifest import read_manifest
from ledger.verify.report import NOBODY
from tests.bundles_witnessed import (
    OWN,
    Cosigned,
    claim_cases,
    cosigned_stage,
    head_cases,
    itself,
    parsed,
    policy_cases,
)
from tests.bundling import audited, files_of


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cosigned]:
    found = cosigned_stage(tmp_path_factory.mktemp("cosigned"))
    yield found
    found.ledger.close()


def test_each_case_gets_its_verdict(told: Cosigned) -> None:
    for case in [*policy_cases(told), *claim_cases(told), *head_cases(told)]:
        note = case.note.encode() if case.note else None
        report = audited(case.raw, told.ledger.vkey, parsed(case.policy), note)
        found = {step.number: step.ok for step in report.steps}
        assert (found.get(8, "-"), found.get(9), found.get(10, "-")) == case.verdicts, case.name
        assert report.ok == all(case.verdicts)


def test_a_bundle_says_which_policy_it_meets_and_up_to_where(told: Cosigned) -> None:
    said = read_manifest(files_of(told.raw)["manifest.json"]).witnessed
    assert said
    assert (said.size, said.policy) == (told.smaller, encode_policy(OWN))
    assert "http" not in said.policy
    assert parse_policy(said.policy.encode()).met_by({"W11", "W12"})


def test_without_a_policy_the_report_says_so_and_what_the_bundle_says(told: Cosigned) -> None:
    report = audited(told.raw, told.ledger.vkey)
    assert report.ok
    assert report.witnessed.startswith(NOBODY)
    assert f"its head of {told.smaller} entries meets the operator's own policy" in report.witnessed
    assert "W11, W12, W13" in report.witnessed


def test_where_a_smaller_head_meets_the_policy_it_says_what_is_not_covered(told: Cosigned) -> None:
    report = audited(told.raw, told.ledger.vkey, OWN)
    assert (report.first_wrong, report.ok, report.witnessed_size) == (None, False, told.smaller)
    assert f"met up to {told.smaller} of {told.size} entries" in report.steps[7].detail
    assert "those behind it are not" in report.witnessed


def test_two_histories_are_named_as_what_they_are(told: Cosigned) -> None:
    (case,) = [one for one in head_cases(told) if one.name == "another history"]
    wrong = audited(case.raw, told.ledger.vkey, None, case.note.encode()).first_wrong
    assert wrong
    assert (wrong.step, "TWO HISTORIES" in wrong.what) == (10, True)


def test_a_log_is_no_witness_of_itself(told: Cosigned) -> None:
    with pytest.raises(Malformed, match="has the key of the log"):
        audited(told.raw, told.ledger.vkey, parsed(itself(told)))
