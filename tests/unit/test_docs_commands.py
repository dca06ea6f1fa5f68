"""What the documents tell people to run exists, and runs."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from tests.unit.documents import DOCUMENTS, ROOT, blocks, name_of

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
EXAMPLES = [
    (path, number, block.text)
    for path in DOCUMENTS
    for number, block in enumerate(blocks(path))
    if block.language == "python" and "run" in block.words
]


@pytest.mark.parametrize("target", ["demo", "test", "app", "check", "bench", "faults", "docs", "clean"])
def test_make_has_the_target(target: str) -> None:
    assert target in TARGETS


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_make_command_exists(path: Path) -> None:
    named = re.findall(r"^(?:\$ |    )?make ([a-z]+)|`make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE)
    assert {one or other for one, other in named} <= TARGETS


def test_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^ *make demo\b", readme, re.MULTILINE)
    assert re.search(r"^ *make test\b", readme, re.MULTILINE)


def test_ci_runs_what_the_readme_says() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.index("make check") < script.index("make test")
    assert "set -euo pipefail" in script


@pytest.mark.parametrize(
    "script", [".ci/run", ".ci/make_venv.sh", ".ci/find_chromium.sh", ".ci/find_mosquitto.sh"]
)
def test_scripts_are_sound_shell(script: str) -> None:
    shell = "bash" if script.endswith("run") else "sh"
    assert subprocess.run([shell, "-n", str(ROOT / script)], check=False).returncode == 0


@pytest.mark.parametrize(("path", "number", "text"), EXAMPLES, ids=lambda value: str(value)[-20:])
def test_example_runs(path: Path, number: int, text: str, tmp_path: Path) -> None:
    script = tmp_path / f"{path.stem}_{number}.py"
    script.write_text(text, encoding="utf-8")
    runpy.run_path(str(script), run_name="__main__")


def test_there_are_examples() -> None:
    assert {path.name for path, _, _ in EXAMPLES} >= {"formats.md"}
