"""A server sees how many cores it may use, not how many the machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from api import cores as module
from api.cores import cores

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Our control group `/pods/ours`, on a machine that gives us eight cores."""
    (tmp_path / "cgroup").write_text("1:cpu:/other\n0::/pods/ours\n")
    (tmp_path / "pods" / "ours").mkdir(parents=True)
    monkeypatch.setattr(module, "MEMBERSHIP", tmp_path / "cgroup")
    monkeypatch.setattr(module, "GROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    return tmp_path / "pods"


def test_without_a_limit_it_is_what_the_scheduler_gives(limit: Path) -> None:
    assert cores() == 8


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("max 100000", 8),
        ("50000 100000", 1),
        ("100000 100000", 1),
        ("199999 100000", 1),
        ("300000 100000", 3),
        ("9900000 100000", 8),
        ("", 8),
        ("1 0 0", 8),
    ],
)
def test_a_groups_limit_counts_in_whole_cores(limit: Path, said: str, found: int) -> None:
    (limit / "ours" / "cpu.max").write_text(said + "\n")
    assert cores() == found


def test_the_limit_of_a_group_around_ours_counts_too(limit: Path) -> None:
    (limit / "ours" / "cpu.max").write_text("400000 100000\n")
    (limit / "cpu.max").write_text("200000 100000\n")
    assert cores() == 2


def test_where_there_are_no_control_groups_the_scheduler_says_it(
    limit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMBERSHIP", limit / "nothing")
    assert cores() == 8


PINNED = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from api.serving import CHECKERS
print(CHECKERS)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system gives no core away")
def test_a_server_on_one_core_of_several_starts_no_checking_processes() -> None:
    command = [sys.executable, "-c", PINNED]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout == "0\n"
