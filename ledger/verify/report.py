"""What an audit found, step by step, for people and for programs.

A report names entries by position and statement id, files and rows by name. It never
holds a payload: pseudonyms stay where they are.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ledger.errors import UnbrokenError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PROBLEMS = 100  # listed per step; the rest is counted

NOBODY = (
    "No witness was asked: without a witness policy from outside, another history"
    " may have been shown to somebody else."
)

STEPS = {
    1: "The log's key opens the latest checkpoint",
    2: "Every stored checkpoint opens, and they only grow",
    3: "Entries and tiles give the root of every checkpoint",
    4: "Every entry is a strict statement of this log",
    5: "Every signature is by a key that the log enrolled",
    6: "The rules, replayed, allow every decision and raise exactly the recorded deviations",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `position` and `statement_id` (hex) name an entry, `where` a file or row."""

    step: int
    position: int | None
    what: str
    statement_id: str | None = None
    where: str | None = None

    def __str__(self) -> str:
        named = [] if self.where is None else [self.where]
        if self.position is not None:
            named.append(f"entry {self.position}")
        if self.statement_id is not None:
            named.append(f"statement {self.statement_id}")
        return f"{', '.join(named)}: {self.what}" if named else self.what


@dataclass(slots=True)
class Step:
    """One numbered step: `ok` is None where it could not be done, or not whole. `seconds`: how long,
    by the clock, the audit was held up by it; processes check signatures (5) while others go on."""

    number: int
    name: str
    ok: bool | None = None
    detail: str = "not reached"
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    uncounted: int = 0  # problems beyond MAX_PROBLEMS

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "FAILED", None: "not done"}[self.ok]


@dataclass(slots=True)
class Report:
    """The outcome of an audit. `size` and `root` (hex) are those of the last checkpoint that opened.

    `proved` says, in a sentence, what stays proved whatever failed; `witnessed` what witnesses
    say of it, and that none was asked where none was; `witnessed_size` is that of the newest head that
    the policy is met by. `stamped` is by whose word the entries existed when, `stamps` the same head by
    head; `second` what the log's second key says. `seconds` is the whole wall time:
    the steps and, with several workers, the start of their processes.
    """

    origin: str
    steps: list[Step]
    size: int = 0
    root: str = ""
    proved: str = "Nothing is proved."
    witnessed: str = NOBODY
    witnessed_size: int = 0
    stamped: str = "Nobody was asked."
    stamps: list[dict[str, Any]] = field(default_factory=list)
    second: str = "It was not asked for."
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps)

    @property
    def first_wrong(self) -> Problem | None:
        """The first problem of the earliest step that failed."""
        return next((problem for step in self.steps for problem in step.problems), None)

    @property
    def crypto_seconds(self) -> float:
        """Seconds that tree, envelopes and signatures held the audit up."""
        return sum(step.seconds for step in self.steps if step.number in (3, 5))

    @property
    def replay_seconds(self) -> float:
        """Seconds for payloads, policy, gates and deviations."""
        return sum(step.seconds for step in self.steps if step.number in (4, 6))

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        wrong = self.first_wrong
        return {
            "ok": self.ok,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "first_wrong": asdict(wrong) if wrong else None,
            "proved": self.proved,
            "witnessed": self.witnessed,
            "witnessed_size": self.witnessed_size,
            "stamped": self.stamped,
            "time_stamps": self.stamps,
            "second_key": self.second,
            "seconds": round(self.seconds, 6),
            "crypto_seconds": round(self.crypto_seconds, 6),
            "replay_seconds": round(self.replay_seconds, 6),
            "steps": [_step_json(step) for step in self.steps],
        }

    def text(self) -> str:
        """The report for people: numbered steps, then what is wrong first and what stays proved."""
        lines = [f"Audit of the log {self.origin}: {self.size} entries", ""]
        for step in self.steps:
            lines.append(f" {step.number}. {step.verdict:<12}{step.seconds:8.3f} s  {step.name}")
            lines.append(f"    {step.detail}")
            lines += [f"      - {problem}" for problem in step.problems[:10]]
            hidden = len(step.problems) + step.uncounted - 10
            lines += [f"      - and {hidden} more"] if hidden > 0 else []
        lines += (
            ["", f"First wrong: step {self.first_wrong.step}: {self.first_wrong}"]
            if self.first_wrong
            else [""]
        )
        said = [f"Proved: {self.proved}", f"Witnesses: {self.witnessed}", f"Time: {self.stamped}"]
        return "\n".join([*lines, *said, f"Second key: {self.second}"])


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "name": step.name,
        "ok": step.ok,
        "detail": step.detail,
        "seconds": round(step.seconds, 6),
        "problems": [asdict(problem) for problem in step.problems],
        "more_problems": step.uncounted,
    }


def told(error: Exception) -> str:
    """What an error says, in one sentence."""
    return error.detail if isinstance(error, UnbrokenError) else f"{type(error).__name__} while reading it"


def moment(time_s: int) -> str:
    """Seconds since the epoch as a date and time, UTC."""
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):  # a note may say any number below 2^63
        return f"{time_s} s"


class Findings:
    """Where the steps write down what they see. One per audit; not shared between threads."""

    def __init__(self, names: dict[int, str] = STEPS) -> None:
        self.steps = {number: Step(number, name) for number, name in names.items()}

    def add(self, number: int, name: str) -> None:
        """A step that only some audits have, in its place."""
        self.steps[number] = Step(number, name)
        self.steps = dict(sorted(self.steps.items()))

    def wrong(
        self,
        step: int,
        position: int | None,
        what: str,
        *,
        statement_id: str | None = None,
        where: str | None = None,
    ) -> None:
        """Note a problem; beyond `MAX_PROBLEMS` a step only counts them."""
        noted = self.steps[step]
        noted.ok = False
        if len(noted.problems) < MAX_PROBLEMS:
            noted.problems.append(Problem(step, position, what, statement_id, where))
        else:
            noted.uncounted += 1

    def done(self, step: int, detail: str, *, whole: bool = True) -> None:
        """The step came to its end: it is ok if it saw the whole, and nothing was wrong."""
        noted = self.steps[step]
        if noted.ok is None and whole:
            noted.ok = True
        noted.detail = detail

    def stopped(self, step: int, detail: str) -> None:
        """The step could not be finished, and why."""
        self.steps[step].detail = detail

    def first_position(self, steps: tuple[int, ...], size: int) -> int:
        """The first entry that one of the steps found wrong, else `size`."""
        found = [problem.position for step in steps for problem in self.steps[step].problems]
        return min((position for position in found if position is not None), default=size)

    @contextmanager
    def timed(self, step: int) -> Iterator[None]:
        """Add the wall time of the block to the step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.steps[step].seconds += time.perf_counter() - start
