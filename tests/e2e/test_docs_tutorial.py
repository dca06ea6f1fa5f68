"""The tutorial, line by line, against a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.unit.documents import ROOT, blocks

TUTORIAL = ROOT / "docs" / "tutorial.md"
PROGRAMS = {"unbroken": "clients.cli.main", "unbroken-server": "api.server"}


def script() -> str:
    parts = [block.text for block in blocks(TUTORIAL) if block.language == "sh" and "run" in block.words]
    return "set -euo pipefail\n" + "".join(parts)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def programs_in(folder: Path) -> str:
    """A folder for PATH with both programs, as an installation would put them there."""
    folder.mkdir()
    for name, module in PROGRAMS.items():
        program = folder / name
        program.write_text(f"#!{sys.executable}\nfrom {module} import main\nmain()\n")
        program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_the_tutorial_runs_as_it_stands(tmp_path: Path) -> None:
    environment = os.environ | {
        "PATH": programs_in(tmp_path / "bin"),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "120",
    }
    folder = tmp_path / "tutorial"
    folder.mkdir()
    text = script().replace("8000", str(free_port()))
    done = subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert done.stdout.count("S T O P") == 3  # both wrong bags, and no dose at hand
    assert done.stdout.count("EVERY GATE PASSED") == 2
    assert "First wrong: step 3" in done.stdout
    assert "results_in_specification" in done.stderr  # the release before the test was refused
