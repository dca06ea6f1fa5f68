"""`unbroken verify BUNDLE` with what its reader brings: a policy, and a head from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clients.cli.main import run
from clients.cli.screen import REFUSED, UNFINISHED, USAGE
from tests.unit.documents import ROOT
from tests.witness_stage import policy_text

FOLDER = ROOT / "tests" / "vectors" / "bundles" / "0002-cosigned"
KEY = (FOLDER / "log.vkey").read_text().strip()


def verify(*more: str, of: Path = FOLDER / "bundle.zip") -> int:
    return run(["verify", str(of), "--log-key", KEY, *more])


def verdicts(capsys: pytest.CaptureFixture[str]) -> dict[int, Any]:
    return {step["number"]: step["ok"] for step in json.loads(capsys.readouterr().out)["steps"]}


def test_the_policy_and_the_head_are_numbered_steps(capsys: pytest.CaptureFixture[str]) -> None:
    brought = ["--policy", str(FOLDER / "policy"), "--checkpoint", str(FOLDER / "checkpoint")]
    assert verify(*brought, "--json") == 0
    assert verdicts(capsys) == dict.fromkeys(range(1, 11), True)


def test_without_a_policy_it_says_so_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify() == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "NO WITNESS POLICY WAS GIVEN" in said
    assert "meets the operator's own policy" in said


def test_a_policy_that_only_a_smaller_head_meets_is_not_wholly_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "all").write_text(policy_text(3, 11, 12, 13))
    assert verify("--policy", str(tmp_path / "all"), "--json") == UNFINISHED
    assert verdicts(capsys)[8] is None


def test_a_policy_that_nobody_meets_and_a_head_of_another_log_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "others").write_text(policy_text(1, 14))
    assert verify("--policy", str(tmp_path / "others")) == REFUSED
    (tmp_path / "note").write_text((FOLDER / "checkpoint").read_text().replace("unbroken\n", "another\n", 1))
    assert verify("--checkpoint", str(tmp_path / "note")) == REFUSED


def test_a_head_is_for_bundles(tmp_path: Path) -> None:
    assert verify("--checkpoint", str(FOLDER / "checkpoint"), of=tmp_path) == USAGE
