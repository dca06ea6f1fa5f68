"""How a verdict on loggers' files is told: the word first, then the rule and the readings behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from clients.cli.budgets import hours
from clients.cli.screen import facts, rows
from clients.judging import IN_LIMITS, NOT_JUDGED, OUT_OF_LIMITS
from clients.words import clock, degrees

Document = dict[str, Any]
_MOST = 12  # lines of a kind
_EDGES = ("low_centi_c", "high_centi_c")
_WORDS = {
    IN_LIMITS: ("✓ IN LIMITS", "bold green"),
    OUT_OF_LIMITS: ("✗ OUT OF LIMITS", "bold red"),
    NOT_JUDGED: ("? NOT JUDGED", "bold yellow"),
}


def draw_verdict(console: Console, document: Document) -> None:
    word, style = _WORDS[document["verdict"]]
    console.print(Text(word, style=style))
    for reason in _reasons(document):
        console.print(Text(f"  {reason}"))
    console.print(facts(_figures(document)))
    _draw_excursions(console, document["excursions"])
    for one in document["unknown"][:_MOST]:
        console.print(Text(f"UNKNOWN: nothing proves how warm it was, {_span(one)}", style="bold yellow"))
    for one in document["disagreements"][:_MOST]:
        console.print(Text(f"Loggers disagree: {_span(one)}; the worst counts", style="yellow"))
    hidden = sum(max(0, len(document[name]) - _MOST) for name in ("excursions", "unknown", "disagreements"))
    if hidden:
        console.print(Text(f"{hidden} lines more, with --json", style="dim"))
    for one in document["files"]:
        console.print(_of_file(one))


def _reasons(document: Document) -> Iterator[str]:
    """One sentence for each limit that does not hold, with what was found."""
    profile, broken = document["profile"], document["broken"]
    if any(profile[name] == 0 for name in broken):
        yield "The profile forbids every excursion."
        return
    if "longest_excursion_s" in broken:
        allowed = hours(profile["longest_excursion_s"])
        yield f"One excursion lasted {hours(document['longest_s'])}: more than {allowed}."
    if "cumulative_excursion_s" in broken:
        allowed = hours(profile["cumulative_excursion_s"])
        yield f"Excursions lasted {hours(document['spent_s'])} in all: more than {allowed}."
    if "excursions" in broken:
        yield f"There were {len(document['excursions'])} excursions: more than {profile['excursions']}."
    if document["verdict"] == NOT_JUDGED:
        yield "What is known breaks no limit. What is unknown is never in range."


def _figures(document: Document) -> dict[str, object]:
    kinetic = document["mean_kinetic_centi_c"]
    return {
        "band": band(document["profile"]),
        "from": f"{clock(document['started_at'])} UTC",
        "to": f"{clock(document['ended_at'])} UTC",
        "out of band": hours(document["spent_s"]),
        "left": hours(document["left_s"]),
        "mean kinetic": degrees(kinetic) if kinetic is not None else None,
    }


def band(one: Document) -> str:
    """Of a profile, or of whatever has its edges; either may be open."""
    low, high = (degrees(edge) if edge is not None else "" for edge in map(one.get, _EDGES))
    if not (low or high):
        return "no profile"
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"


def _span(one: Document) -> str:
    return f"{clock(one['started_at'])} to {clock(one['ended_at'])} UTC"


def _draw_excursions(console: Console, found: list[Document]) -> None:
    if not found:
        return
    table = rows("Out of band (UTC)", "For", "Peak", "Readings outside the band", narrow=1)
    for one in found[:_MOST]:
        shown = "\n".join(_lines(each) for each in one["readings"])
        table.add_row(_span(one), hours(one["lasted_s"]), degrees(one["peak_centi_c"]), Text(shown))
    console.print(table)


def _lines(one: Document) -> str:
    """Lines count as editors do."""
    first, last = one["first_line"], one["last_line"]
    where = f"line {first}" if first == last else f"lines {first} to {last}"
    return f"{one['file']}, {where}: {one['count']} of logger {one['logger']}"


def _of_file(one: Document) -> Text:
    said = f"{one['file']}: logger {one['logger']}, {one['readings']} readings, {_span(one)}"
    said += f", device's signature {one['device_signature']}"
    if one["fit"]:
        return Text(said, style="dim")
    return Text(f"{said}. PROVES NOTHING IN BAND: {'; '.join(one['unfit_because'])}", style="yellow")
