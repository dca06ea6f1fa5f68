"""`unbroken events`: what can be recorded, and which members each event has."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Json
from clients.cli.screen import rows, show
from clients.drafts import event_type
from clients.forms import Shape, shape_of
from clients.words import pattern
from ledger.domain.events import VERSIONS
from ledger.errors import Malformed


def events(
    event: Annotated[str | None, typer.Argument(metavar="EVENT_TYPE", help="Explain this one.")] = None,
    as_json: Json = False,
) -> None:
    """List what can be recorded, or explain one event and its members."""
    if event:
        found = explained(known_event(event))
        show(found, lambda console: _draw_one(console, found), as_json)
    else:
        listed = [explained(name) for name in VERSIONS]
        show({"events": listed}, lambda console: _draw_all(console, listed), as_json)


def known_event(event: str) -> str:
    """The event's name, whatever its capitals. Raises `Malformed` `unknown_event` with what is near."""
    names = {name.lower(): name for name in VERSIONS}
    if event.lower() in names:
        return names[event.lower()]
    near = [name for lower, name in names.items() if event.lower()[:6] in lower]
    hint = f"did you mean {' or '.join(near)}?" if near else "see `unbroken events`"
    raise Malformed("unknown_event", f"there is no event type {event!r}: {hint}")


def explained(name: str) -> dict[str, Any]:
    """{"type", "kind", "says", "members": [{"name", "how", "optional"}]}."""
    event = event_type(name)
    members = [
        {"name": path, "how": shape.hint, "optional": shape.nullable or not shape.required}
        for path, shape in _flat("", shape_of(event))
    ]
    return {"type": name, "kind": event.kind, "says": pattern(name), "members": members}


def _flat(name: str, shape: Shape) -> list[tuple[str, Shape]]:
    """Every member that can be `--set`, with its dotted path; parts with a short form count as one."""
    if name and (shape.kind != "object" or shape.short):
        return [(name, shape)]
    return [each for part, inner in shape.parts for each in _flat(f"{name}.{part}".lstrip("."), inner)]


def _draw_all(console: Console, listed: list[dict[str, Any]]) -> None:
    for kind, title in (("fact", "Facts: what has happened"), ("decision", "Decisions: allowed or refused")):
        console.print(Text(f"{title}\n", style="bold"))
        table = rows("Event", "What it says", narrow=1)
        for each in listed:
            if each["kind"] == kind:
                table.add_row(each["type"], Text(each["says"], style="dim"))
        console.print(table)
        console.print()
    console.print("One of them, member by member: unbroken events CustodyReleased")


def _draw_one(console: Console, found: dict[str, Any]) -> None:
    console.print(Text.assemble((found["type"], "bold"), f", a {found['kind']}: {found['says']}\n"))
    table = rows("Member", "How to write it", "", narrow=1)
    for member in found["members"]:
        table.add_row(member["name"], Text(member["how"]), "optional" if member["optional"] else "")
    console.print(table)
