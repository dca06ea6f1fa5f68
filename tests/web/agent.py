"""The app's core in Node, asked from Python: `clients/web/tests/agent.ts` behind a pipe."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[2] / "clients" / "web"
Question = dict[str, Any]


class Said(Exception):
    """The core's refusal: its code and detail."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Agent:
    """One Node process. Bytes in questions become hex."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def many(self, questions: list[Question]) -> list[dict[str, Any]]:
        """An answer each: {"ok": …} or {"code": …, "detail": …}; a crash of the core fails the test."""
        self.begin(questions)
        return self.answers()

    def begin(self, questions: list[Question]) -> None:
        """Ask, and don't wait: `answers` fetches what `many` would have given."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(questions, default=_hex) + "\n")
        self._process.stdin.flush()

    def answers(self) -> list[dict[str, Any]]:
        assert self._process.stdout
        answers: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        crashed = [answer for answer in answers if answer.get("code") == "crashed"]
        assert not crashed, crashed[:3]
        return answers

    def ask(self, op: str, **asked: Any) -> Any:
        """Raises `Said`."""
        (answer,) = self.many([{"op": op} | asked])
        if "code" in answer:
            raise Said(answer["code"], answer["detail"])
        return answer["ok"]

    def codes(self, questions: list[Question]) -> list[str]:
        """`ok` or the code of the refusal, for each."""
        return [answer.get("code", "ok") for answer in self.many(questions)]


def _hex(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} is no JSON")


def must_have_node() -> None:
    """Skips where the app's packages are not installed: `npm ci` in clients/web."""
    if shutil.which("node") is None:
        pytest.skip("no node on this machine: the app's core is not tested")
    if not (WEB / "node_modules" / ".bin" / "vitest").exists():
        pytest.skip("clients/web/node_modules is not there: npm ci, then the app's core is tested")


@contextmanager
def running(folder: Path) -> Iterator[Agent]:
    """Bundle the agent into `folder` and run it."""
    must_have_node()
    command = [WEB / "node_modules" / ".bin" / "rolldown", "tests/agent.ts", "--format", "esm"]
    command += ["--platform", "node", "--dir", str(folder)]
    built = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (folder / "package.json").write_text('{"type": "module"}')
    with subprocess.Popen(
        ["node", str(folder / "agent.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Agent(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(30)
