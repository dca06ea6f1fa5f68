"""What the demo prints: chapters, one line for each hand-off, what the ledger says, the hard stop.

Good and bad are told by sign and word, colour only adds to them.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.box import HEAVY
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from clients.words import listed
from ledger.domain.findings import FINDINGS

Document = Mapping[str, Any]

WIDTH = 100
_UNBROKEN = "\u00a0"  # a space at which no line breaks
INDENT = 14  # a time and a sign stand before each text
FACT = 18  # the names of facts and people stand in so many columns
PAUSE_S = 0.2  # between lines on a terminal, so that they can be read; a script does not wait
WEIGHTS = {True: "blocks release and infusion until Quality decides", False: "blocks nothing"}


class Page:
    """Prints on one console. A line's time is when its signer signed it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._chapter = 0
        self._aside = False

    def chapter(self, title: str, where: str = "") -> None:
        self._chapter += 1
        self.console.print(f"\n[bold]{'─' * 3} {self._chapter}. {escape(title)}[/]")
        for line in textwrap.wrap(where, WIDTH - 4):
            self.console.print(f"    [dim]{escape(line)}[/]")
        self._pause()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What happens meanwhile is signed and recorded as ever, and not told line by line."""
        self._aside = True
        try:
            yield
        finally:
            self._aside = False

    def scene(self, whose: str, where: str) -> None:
        """A patient's name and a place: what follows happens to them, there."""
        self.console.print(f"\n  [bold]{escape(whose)}[/] · {escape(where)}")

    def recorded(self, text: str, *told: Document) -> None:
        """What was signed, and the entries under which it stands; then what the ledger raised."""
        places = [str(one["position"]) for one in told if "position" in one]
        where = _entries(places) if places else "on the phone, not yet sent"
        self._print(_clock(told[-1]), "✓" if places else "…", f"{text} ({where})", "green")
        raised = [raised for one in told for raised in one.get("deviations", ())]
        for code in dict.fromkeys(str(one["code"]) for one in raised):
            self._raised(code, [str(one["position"]) for one in raised if one["code"] == code])

    def _raised(self, code: str, entries: Sequence[str]) -> None:
        """The deviation that the ledger itself put on record; for two patients there are two."""
        meaning = FINDINGS[code]
        self._print("", "!", f"THE LEDGER RAISES {code.replace('_', ' ').upper()}: {meaning.sentence}"
                    f" {meaning.severity.capitalize()}, {WEIGHTS[meaning.blocking]} ({_entries(entries)})",
                    "bold yellow")  # fmt: skip

    def alarm(self, text: str) -> None:
        """What subscribers are told while a logger sends live."""
        self._print("", "!", f"ALARM: {text}", "bold yellow")

    def looked(self, text: str) -> None:
        """What somebody read in the ledger, without signing anything."""
        self._print("", "?", text, "cyan")

    def refused(self, text: str) -> None:
        self._print("", "✗", f"REFUSED: {text}", "bold red")

    def checked(self, text: str, holds: bool) -> None:
        self._print(
            "", "✓" if holds else "✗", text if holds else f"FAILED: {text}", "green" if holds else "bold red"
        )

    def note(self, text: str) -> None:
        self._print("", " ", text)

    def command(self, text: str, line: str) -> None:
        """A line to copy: however long, it stays one."""
        self.console.print(f"\n  {escape(text)}\n    {escape(line)}", soft_wrap=True)

    def stop(self, title: str, lines: Sequence[str]) -> None:
        """What a nurse sees: nothing else on the screen is as large."""
        inner = WIDTH - 8
        said = [part.center(inner).rstrip() for line in lines for part in textwrap.wrap(line, inner)]
        loud = "\n\n".join(part.center(inner).rstrip() for part in ("S T O P", title))
        body = "\n".join([f"[bold red]{escape(loud)}[/]", "", *map(escape, said)])
        panel = Panel(body, box=HEAVY, border_style="bold red", width=WIDTH, padding=(1, 3))
        self.console.print(panel)
        self._pause()

    def tree(self, title: str, steps: Iterable[tuple[int, str]]) -> None:
        """From one vein to the other, each step with its entry, below the one before it."""
        self.console.print(f"\n  [bold]{escape(title)}[/]")
        for position, text in steps:
            self._print(f"{position:>8}", "│", text)

    def people(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Who, and under it: where, and what to do there."""
        self.console.print()
        for who, address, task in rows:
            self.console.print(f"  [bold]{escape(who):{FACT}}[/]{escape(address)}", soft_wrap=True)
            self.console.print(f"  {'':{FACT}}[dim]{escape(task)}[/]")
        self.console.print()

    def fact(self, name: str, value: str) -> None:
        """A name and what belongs to it; further lines stand under its first word."""
        wrapped = textwrap.TextWrapper(WIDTH - FACT - 2, break_long_words=False, break_on_hyphens=False)
        first, *rest = wrapped.wrap(value)
        self.console.print(f"  [bold]{escape(name):{FACT}}[/]{escape(first)}", soft_wrap=True)
        for line in rest:
            self.console.print(f"  {'':{FACT}}{escape(line)}", soft_wrap=True)

    def summary(self, rows: Sequence[tuple[str, str]]) -> None:
        table = Table(show_header=False, box=None, padding=(0, 2), pad_edge=True)
        for name, value in rows:
            table.add_row(escape(name), f"[bold]{escape(value)}[/]")
        self.console.print(table)

    def _print(self, clock: str, mark: str, text: str, style: str = "none") -> None:
        """The text's further lines stand under its first word."""
        if self._aside:
            return
        lines = textwrap.wrap(text, WIDTH - INDENT, break_long_words=False, break_on_hyphens=False) or [""]
        lines = [line.replace(_UNBROKEN, " ") for line in lines]
        self.console.print(f"  {clock:8}  [{style}]{mark}[/] {escape(lines[0])}")
        for rest in lines[1:]:
            self.console.print(f"{'':{INDENT}}{escape(rest)}")
        self._pause()

    def _pause(self) -> None:
        if self.console.is_terminal:
            time.sleep(PAUSE_S)


def _entries(positions: Sequence[str]) -> str:
    words = f"{'entry' if len(positions) == 1 else 'entries'} {listed(positions)}"
    return words.replace(" ", _UNBROKEN) if len(positions) < 3 else words


def _clock(told: Document) -> str:
    """`2026-03-01T09:30:00.000Z` -> `09:30:00`."""
    return str(told["signed_at"])[11:19]
