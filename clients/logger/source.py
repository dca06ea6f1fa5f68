"""Where `unbroken logger run` gets its lines: standard input, or a command that measures once."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from time import monotonic, sleep

from clients.logger.lines import NOTHING
from ledger.errors import Malformed

STDIN = "-"


def lines_of(source: str, interval_s: int, tell: Callable[[str], None]) -> Iterator[str]:
    """Lines of standard input until it ends, or the last line of a command, each interval, for ever.

    A command that fails, says nothing or takes longer than the interval has measured nothing: `tell` why.
    """
    if source == STDIN:
        # Noise on a line is no reading, and the lines after it are.
        yield from (line.decode(errors="replace") for line in sys.stdin.buffer)
        return
    words = _words(source)
    begun = monotonic()
    while True:
        yield _measured_by(words, interval_s, tell)
        due = interval_s - (monotonic() - begun) % interval_s
        sleep(due)


def _words(source: str) -> list[str]:
    try:
        words = shlex.split(source)
    except ValueError as error:
        raise Malformed("bad_value", f"--source {source!r:.80}: {error}") from None
    if not words:
        raise Malformed("bad_value", "--source is - or a command that measures")
    return words


def _measured_by(words: list[str], longest_s: int, tell: Callable[[str], None]) -> str:
    try:
        done = subprocess.run(  # noqa: S603  the person's own command, without a shell
            words, capture_output=True, text=True, timeout=longest_s, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        tell(f"nothing was measured: {error}")
        return NOTHING
    lines = done.stdout.split("\n")
    found = next((line for line in reversed(lines) if line.strip()), None)
    if found is None:
        tell(f"nothing was measured: {words[0]} said nothing")
    return found or NOTHING
