"""Questions made from an event's schema: asked until answered in a way that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from clients.dins import SCANNED, entered
from clients.forms import Shape, value
from ledger.errors import UnbrokenError

Ask = Callable[[str], str]


def asked(shape: Shape, known: Mapping[str, Any], ask: Ask | None = None) -> dict[str, Any]:
    """Ask for every member that is not `known`; an optional one is skipped by an empty answer."""
    console = Console(stderr=True, highlight=False)
    ask = ask or (lambda question: console.input(Text(question)))
    given = {name: _member(name, part, ask, console) for name, part in shape.parts if name not in known}
    optional = {name for name, part in shape.parts if not part.required}
    return {name: found for name, found in given.items() if found is not None or name not in optional}


def asked_identifiers(fields: Iterable[str], ask: Ask | None = None) -> dict[str, str]:
    """Ask for each identifier; an empty answer leaves it out."""
    console = Console(stderr=True, highlight=False)
    ask = ask or (lambda question: console.input(Text(question)))
    given = {
        field: ask(f"patient's {field.replace('_', ' ')} (empty: not known): ") for field in sorted(fields)
    }
    return {field: text for field, text in given.items() if text.strip()}


def _member(name: str, shape: Shape, ask: Ask, console: Console) -> Any:
    if shape.kind == "object" and not shape.short:
        return {part: _member(f"{name}.{part}", inner, ask, console) for part, inner in shape.parts}
    if shape.kind == "array" and shape.item and shape.item.kind == "object" and not shape.item.short:
        found = _several(name, shape.item, ask, console)
        return found or (None if shape.nullable else found)
    return _answer(name, shape, ask, console)


def _several(name: str, item: Shape, ask: Ask, console: Console) -> list[Any]:
    """Parts that have no short form, one after the other until an empty first answer."""
    found: list[Any] = []
    (first, first_shape), *rest = (part for part in item.parts if part[0] != SCANNED)
    while True:
        label = f"{name}.{len(found)}"
        opening = ask(f"{label}.{first} (empty: no more): ").strip()
        if not opening:
            return found
        parts = {first: value(first_shape, opening, label)}
        told = {part: _member(f"{label}.{part}", inner, ask, console) for part, inner in rest}
        silent = {part for part, inner in rest if told[part] is None and not inner.nullable}
        found.append(entered(parts | {part: said for part, said in told.items() if part not in silent}))


def _answer(name: str, shape: Shape, ask: Ask, console: Console) -> Any:
    optional = shape.nullable or not shape.required
    notes = [note for note in (shape.hint, "empty: none" if optional else "") if note]
    how = f" ({'; '.join(notes)})" if notes else ""
    question = f"{name.replace('_', ' ')}{how}: "
    while True:
        try:
            text = ask(question).strip()
            if text or optional:
                return value(shape, text, name)
        except UnbrokenError as error:
            console.print(Text(f"  {error.detail}", style="yellow"))
