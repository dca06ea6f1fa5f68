"""On which line of a TOML text each key and each item of a list stands.

`tomllib` keeps no positions. This reads a text that `tomllib` has accepted, and only to tell
a person where to look: what it cannot place is found at what contains it.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_SCALAR = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^,\]}\n#]+''',
    re.DOTALL,
)


def lines_of(text: str) -> dict[Path, int]:
    """Paths such as `("specifications", 1, "tests", 0, "min")`, each with its line, from 1."""
    reader = _Reader(text)
    reader.document()
    return reader.lines


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of the path, or of the nearest thing that contains it; line 1 contains all."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.last: dict[Path, int] = {}  # of an array of tables: the number of its last table

    def document(self) -> None:
        table: Path = ()
        while self._more():
            before = self.at
            if self._takes("["):
                table = self._header()
            else:
                self._pair(table)
            if self.at == before:  # not as this reader expects: place nothing further
                return

    def _more(self) -> bool:
        """Skip blanks, line ends and comments; False at the end."""
        self.at = self._matched(_BLANK)
        return self.at < len(self.text)

    def _matched(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        return found.end() if found else self.at

    def _takes(self, what: str) -> bool:
        found = self.text.startswith(what, self.at)
        self.at += len(what) if found else 0
        return found

    def _mark(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)

    def _header(self) -> Path:
        """`[a.b]`, or `[[a.b]]`, which begins the next table of an array."""
        start, many = self.at, self._takes("[")
        keys = self._keys()
        path = self._resolved((), keys[:-1], start)
        path = (*path, *keys[-1:])
        self._mark(path, start)
        if many:
            self.last[path] = self.last.get(path, -1) + 1
            path = (*path, self.last[path])
            self._mark(path, start)
        self._takes("]]" if many else "]")
        return path

    def _resolved(self, path: Path, keys: Path, at: int) -> Path:
        """Below an array of tables, a key belongs to its last table."""
        for key in keys:
            path = (*path, key)
            self._mark(path, at)
            if path in self.last:
                path = (*path, self.last[path])
        return path

    def _keys(self) -> Path:
        keys: list[str] = []
        while found := _KEY.match(self.text, self.at):
            keys.append(next(one for one in found.groups() if one is not None))
            self.at = found.end()
            if not self._takes("."):
                break
        return tuple(keys)

    def _pair(self, table: Path) -> None:
        start = self.at
        path = self._resolved(table, self._keys(), start)
        self._takes("=")
        self.at = self._matched(_BLANK)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._takes("["):
            self._items(path)
        elif self._takes("{"):
            while self._more() and not self._takes("}"):
                before = self.at
                self._pair(path)
                self.at = self._matched(_BLANK)
                if not self._takes(",") and self.at == before:
                    return
        else:
            self.at = self._matched(_SCALAR)

    def _items(self, path: Path) -> None:
        number = 0
        while self._more() and not self._takes("]"):
            before = self.at
            self._mark((*path, number), before)
            self._value((*path, number))
            self.at = self._matched(_BLANK)
            if not self._takes(",") and self.at == before:
                return
            number += 1
