"""What is longer than the house likes: `python -m tests.architecture` lists it.

A report, not a rule: a table of gates may be long and plain. Counted are lines of code,
without the docstring, comments and blank lines.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ledger", "api", "clients")
MAX_FUNCTION = 17
MAX_FILE = 300

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Long(NamedTuple):
    """A file (`name` empty) or function with more lines than the house likes."""

    path: str
    name: str
    lines: int

    def __str__(self) -> str:
        return f"{self.lines:5}  {self.path}{f': {self.name}' if self.name else ''}"


def long_parts(path: Path, source: str) -> Iterator[Long]:
    """The file if it is too long, and each of its functions that is."""
    total = len(source.splitlines())
    if total > MAX_FILE:
        yield Long(str(path), "", total)
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and (count := lines_of_code(node, lines)) > MAX_FUNCTION:
            yield Long(str(path), node.name, count)


def lines_of_code(function: Function, lines: list[str]) -> int:
    """Lines from `def` to the end, without docstring, comments and blank lines."""
    skipped: set[int] = set()
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        skipped = set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    numbers = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    texts = [lines[number - 1].strip() for number in numbers if number not in skipped]
    return sum(bool(text) and not text.startswith("#") for text in texts)


def report(root: Path = ROOT) -> list[Long]:
    """Everything too long in the three packages, the longest first."""
    paths = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    found = [one for path in paths for one in long_parts(path.relative_to(root), path.read_text())]
    return sorted(found, key=lambda one: -one.lines)


if __name__ == "__main__":
    sys.stdout.write("".join(f"{one}\n" for one in report()))
