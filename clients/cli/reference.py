"""The reference of every command, made from the program itself.

`python -m clients.cli.reference` prints it; a test compares it with what was last agreed, so
that no option changes unnoticed.
"""

from __future__ import annotations

import sys
from typing import Any

import typer

from clients.cli.main import app
from clients.cli.screen import EXITS


def reference() -> str:
    """Markdown: each command with its help, arguments and options, and the exit codes."""
    root: Any = typer.main.get_command(app)
    parts = ["# unbroken\n", f"{root.help}\n", "| Exit code | Meaning |", "|---|---|"]
    parts += [f"| {code} | {meaning} |" for code, meaning in EXITS.items()]
    for name, command in sorted(root.commands.items()):
        parts += _section(f"unbroken {name}", command)
    return "\n".join(parts) + "\n"


def _section(name: str, command: Any) -> list[str]:
    nested = getattr(command, "commands", None)
    if nested is not None:
        return [line for each, inner in sorted(nested.items()) for line in _section(f"{name} {each}", inner)]
    given = [_argument(each) for each in command.params if each.param_type_name == "argument"]
    lines = ["", f"## {' '.join([name, *given])}", "", " ".join(command.help.split()), ""]
    return lines + [_option(each) for each in command.params if each.param_type_name == "option"]


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return str(name) if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    takes = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    needed = " Required." if parameter.required else ""
    return f"- `{', '.join(parameter.opts)}{takes}`: {parameter.help}{needed}"


if __name__ == "__main__":
    sys.stdout.write(reference())
