"""Bundles that were signed once verify for ever; they are added to, never edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.proof.note import VerifierKey
from ledger.proof.witnesses import parse_policy
from tests.bundling import audited
from tests.unit.documents import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "tests" / "vectors" / "bundles").glob("*/bundle.zip"))

COSIGNED = [folder for folder in FOLDERS if (folder / "policy").exists()]


def test_there_is_one_of_each_form() -> None:
    assert [folder.name for folder in FOLDERS][:2] == ["0001-therapy", "0002-cosigned"]
    assert [folder.name for folder in COSIGNED][:1] == ["0002-cosigned"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_still_verifies(folder: Path) -> None:
    vkey = VerifierKey.parse((folder / "log.vkey").read_text().strip())
    report = audited((folder / "bundle.zip").read_bytes(), vkey)
    assert report.ok, report.text()
    assert report.steps[5].ok


@pytest.mark.parametrize("folder", COSIGNED, ids=lambda folder: folder.name)
def test_it_still_meets_the_policy_and_continues_the_head_of_its_day(folder: Path) -> None:
    vkey = VerifierKey.parse((folder / "log.vkey").read_text().strip())
    policy, note = parse_policy((folder / "policy").read_bytes()), (folder / "checkpoint").read_bytes()
    report = audited((folder / "bundle.zip").read_bytes(), vkey, policy, note)
    assert report.ok, report.text()
    assert [step.number for step in report.steps] == list(range(1, 11))
    assert report.witnessed_size == report.size
