"""How a logger's file is refused.

    Malformed
    ├── Unreadable   the file is damaged, or no format that is known: `line`, `column` where known
    └── Ambiguous    the file leaves something open that only a person can answer

Whoever catches `Ambiguous` asks `question` with `choices`, and reads again with the answer in
`Told`. Nothing that a file leaves open is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.errors import Malformed

MOST_OF_A_VALUE = 64  # characters of a temperature or a time; a pattern's cost may grow with their square


class Unreadable(Malformed):
    """`what` is wrong with the file, `do` is what helps. Lines count from 1, as editors do."""

    def __init__(self, what: str, do: str, line: int | None = None, column: str | None = None) -> None:
        place = ", ".join(
            part for part in (f"line {line}" if line else "", f"column {column!r}" if column else "") if part
        )
        detail = f"{place}: {what}; {do}" if place else f"{what}; {do}"
        super().__init__("unreadable_logger_file", detail, line=line, column=column)
        self.what, self.do, self.line, self.column = what, do, line, column


class Ambiguous(Malformed):
    """`question` is the name of the missing answer (a member of `Told`, or of `Instrument`)."""

    def __init__(self, question: str, why: str, choices: Iterable[str] = ()) -> None:
        self.question, self.why, self.choices = question, why, tuple(choices)
        options = f" ({', '.join(self.choices)})" if self.choices else ""
        super().__init__(
            "ambiguous_logger_file",
            f"{why}: say {question}{options}",
            question=question,
            choices=list(self.choices),
        )


class Bad(Exception):
    """One cell that does not parse. The caller knows its line and column."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__(what)
        self.text, self.what = text, what


def bare(text: str) -> str:
    """A cell without the blanks around it. Raises `Bad` for one longer than any value, unread."""
    found = text.strip()
    if len(found) > MOST_OF_A_VALUE:
        raise Bad(text, f"{found[:20]!r} and {len(found) - 20} characters more are no value")
    return found
