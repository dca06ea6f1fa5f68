"""Architecture is a lint: imports point one way, each module has a name of its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import MAX_FUNCTION, PACKAGES, ROOT, lines_of_code, long_parts

PURE = ("domain", "proof")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_imports_point_one_way() -> None:
    """In a process of its own: the linter sets up logging anew, which would silence later tests."""
    program = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "misc", "common"])
def test_no_module_is_a_drawer_for_everything(name: str) -> None:
    assert [path for path in MODULES if path.stem == name] == []


@pytest.mark.parametrize("package", PURE)
def test_the_core_reads_no_clock_and_no_environment(package: str) -> None:
    called = {
        f"{node.func.value.id}.{node.func.attr}"
        for path in (ROOT / "ledger" / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    }
    assert (
        called & {"datetime.now", "datetime.today", "date.today", "time.time", "os.environ", "os.getenv"}
        == set()
    )
    assert "open" not in called


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_report_counts_code_and_not_words() -> None:
    source = 'def f():\n    """Two\n    lines."""\n    # why\n\n    return 1\n'
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert lines_of_code(function, source.splitlines()) == 2


def test_the_report_names_what_is_too_long() -> None:
    body = "".join(f"    x = {number}\n" for number in range(MAX_FUNCTION))
    assert [one.name for one in long_parts(Path("a.py"), f"def long():\n{body}")] == ["long"]
    assert list(long_parts(Path("a.py"), "def short():\n    return 1\n")) == []
