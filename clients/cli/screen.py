"""What a person sees, and what a script reads: the same document, drawn or as JSON.

Good and bad are told by word and sign, never by colour alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ledger.errors import Fault, Malformed, TooMany, UnbrokenError

DONE, REFUSED, USAGE, STOP, FAULT, WAITING, UNFINISHED = range(7)
EXITS = {
    DONE: "done",
    REFUSED: "the ledger refused, or the evidence is wrong",
    USAGE: "the command or this device's set-up is wrong",
    STOP: "STOP: a gate before infusion or lymphodepletion failed",
    FAULT: "the server, the network or this program failed; repeating is safe",
    WAITING: "signed and kept here, not recorded yet: `unbroken outbox send`",
    UNFINISHED: "nothing is wrong with the evidence, but not all of it could be checked",
}
_SETUP = {"no_device_key", "wrong_passphrase", "key_exists", "other_log", "file_exists", "not_in_outbox"}
# What to do about a refusal that this program, or another one, can do something about.
_NEXT = {
    "esignature_required": "Say --sign-again; where the product asks for a passkey, sign in the app.",
    "passkey_required": "This program holds no passkey. Sign in the app: Quality under 'Release and "
    "deviations', at the bedside under 'Bedside'.",
}

Draw = Callable[[Console], None]
Document = Mapping[str, Any]


def show(document: Document, draw: Draw, as_json: bool) -> None:
    """Print the document as JSON, or draw it."""
    if as_json:
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        draw(Console(highlight=False))


def complain(error: UnbrokenError, as_json: bool) -> int:
    """Print an error, as JSON to standard output or in words to standard error; its exit code."""
    code = exit_code(error)
    if as_json:
        document = {"error": {"code": error.code, "detail": error.detail} | error.extra}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
        return code
    console = Console(stderr=True, highlight=False)
    word = "FAILED" if code == FAULT else "NOT DONE"
    console.print(Text.assemble((f"{word}: ", "bold red"), error.detail))
    if error.code in _NEXT:
        console.print(_NEXT[error.code])
    if gates := error.extra.get("gates"):
        console.print(gates_table(gates))
    if heads := error.extra.get("heads"):
        console.print(facts({f"head of {head['size']}": head["root"] for head in heads}))
    console.print(f"({error.code}, exit {code})", style="dim")
    return code


def exit_code(error: UnbrokenError) -> int:
    if isinstance(error, Fault | TooMany):
        return FAULT
    return USAGE if isinstance(error, Malformed) or error.code in _SETUP else REFUSED


def facts(pairs: Mapping[str, object]) -> Padding:
    """Names and values in two columns; an empty value is left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs.items():
        if value not in ("", None):
            table.add_row(name, Text(str(value)))
    return Padding(table, (0, 0, 0, 2))


def spoken(said: str) -> Padding:
    """A sentence that stands out from what is around it."""
    return Padding(Text(f"{said}.", style="bold"), (0, 2, 1, 2))


def rows(*headings: str, narrow: int = 0) -> Table:
    """An empty table without boxes; the first `narrow` columns keep their words on one line."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, no_wrap=number < narrow, overflow="fold")
    return table


def gates_table(gates: list[dict[str, Any]]) -> Table:
    """Every gate with its sign, word and sentence."""
    table = rows("", "Gate", "What was found", "Proved by", narrow=2)
    for gate in gates:
        name = str(gate.get("gate") or gate.get("name")).replace("_", " ")
        proof = ", ".join(_position(item) for item in gate.get("proof", ()))
        sign = OVERRIDDEN if gate.get("overridden") else mark(gate["passed"])
        table.add_row(sign, name, Text(str(gate["detail"])), Text(proof, style="dim"))
    return table


def _position(item: Any) -> str:
    return f"#{item['position'] if isinstance(item, Mapping) else item}"


OVERRIDDEN = Text("! OVERRIDDEN", style="bold yellow")


def mark(passed: bool) -> Text:
    return Text("✓ pass", style="green") if passed else Text("✗ FAIL", style="bold red")


@contextmanager
def progress(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while something takes long; silent when piped or `quiet`."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
