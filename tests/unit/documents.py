"""The documents of the project, for the tests that keep them true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its language, the words behind it, and its text."""

    language: str
    words: tuple[str, ...]
    text: str


def blocks(path: Path) -> Iterator[Block]:
    """Every fenced block of a document, in order."""
    for language, words, text in _FENCE.findall(path.read_text(encoding="utf-8")):
        yield Block(language, tuple(words.split()), text)


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))
