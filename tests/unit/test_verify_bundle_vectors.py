"""Bundles that were signed once verify for ever; they are added to, never edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.proof.note import VerifierKey
from tests.bundling import audited
from tests.unit.documents import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "tests" / "vectors" / "bundles").glob("*/bundle.zip"))


def test_there_is_one() -> None:
    assert [folder.name for folder in FOLDERS][:1] == ["0001-therapy"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_still_verifies(folder: Path) -> None:
    vkey = VerifierKey.parse((folder / "log.vkey").read_text().strip())
    report = audited((folder / "bundle.zip").read_bytes(), vkey)
    assert report.ok, report.text()
    assert report.steps[5].ok
