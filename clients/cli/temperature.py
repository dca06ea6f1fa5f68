"""`unbroken temperature`: how warm a therapy's bags were, and what is left of their budget."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from clients.cli import chart, logger_check, logger_judge, loggers, watch
from clients.cli.budgets import draw_budgets, hours
from clients.cli.logger_verdict import band
from clients.cli.options import At, Before, Coi, Home, Json, PassphraseFile, as_of, client, coi_of
from clients.cli.screen import rows, show
from clients.drafts import now
from clients.words import clock, degrees, party

Document = dict[str, Any]


class OrTherapy(TyperGroup):
    """`unbroken temperature COI` shows the therapy: what is no other command's name is one's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if named else ["show", *args])


app = typer.Typer(
    cls=OrTherapy,
    help="How warm a therapy's bags were; evidence from loggers' own files.",
    no_args_is_help=True,
)
app.command("import")(loggers.import_)
app.command("check")(logger_check.check)
app.command("judge")(logger_judge.judge)
app.command("chart")(chart.chart)
app.command("watch")(watch.watch)


@app.command("show")
def temperature(
    coi: Coi,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show how warm a therapy's bags were, and what is left of the time they may be out of band."""
    moment = as_of(at)
    with client(home, passphrase_file) as reader:
        document = reader.temperature(coi_of(coi), before=before, at=moment)
    show(document, lambda console: draw(console, document, moment or now()), as_json)


def draw(console: Console, document: Document, moment: str) -> None:
    """The budgets, then each excursion and gap, then the legs that nothing proves, at that moment."""
    if not document["containers"]:
        console.print("No temperature evidence is attached to this therapy.")
    else:
        console.print(_budgets(document["containers"], {leg["container"] for leg in document["unproved"]}))
    events = [row for one in document["containers"] for row in _events(one)]
    if events:
        table = rows("Bag", "What", "From", "To (UTC)", "Peak", "Proved by", narrow=2)
        for row in sorted(events, key=lambda row: str(row[2])):
            table.add_row(*row)
        console.print()
        console.print(table)
    for leg in document["unproved"]:
        span = f"{clock(leg['started_at'])} to {clock(leg['ended_at'])} UTC"
        words = f"NOT PROVED: {leg['container']} with {party(leg['carrier'])}, {span} (#{leg['ended']})"
        console.print(Text(words, style="bold red"))
    draw_budgets(console, document, moment)


def _budgets(found: list[Document], unproved: set[str]) -> Any:
    table = rows("Bag", "Phase", "Band", "Verdict", "Out of band", "Left", "Mean kinetic", "Last", narrow=2)
    for one in found:
        table.add_row(
            one["container"],
            one["phase"],
            band(one),
            _verdict(one, one["container"] in unproved),
            hours(one["spent_s"]),
            hours(one["left_s"]),
            degrees(one["mean_kinetic_centi_c"]) if one["mean_kinetic_centi_c"] is not None else "",
            f"#{one['last_evidence']}",
        )
    return table


def _verdict(one: Document, unproved: bool) -> Text:
    """In limits is all clear: not where a leg of the container lacks its proof, or all of it does."""
    if one["within_limits"] is None:
        return Text("not judged", style="dim")
    if not one["within_limits"]:
        return Text("✗ OUT OF LIMITS", style="bold red")
    if one["gaps"]:
        return Text("? GAP", style="bold yellow")
    if unproved or not one["proved"]:
        return Text("? NOT PROVED", style="bold red")
    return Text("✓ in limits", style="green")


def _events(one: Document) -> list[tuple[str | Text, ...]]:
    kinds = [("out of band", each) for each in one["excursions"]] + [("GAP", each) for each in one["gaps"]]
    return [
        (
            one["container"],
            what,
            clock(each["started_at"]),
            clock(each["ended_at"]),
            degrees(each["peak_centi_c"]) if "peak_centi_c" in each else "unknown",
            Text(", ".join(f"#{position}" for position in each["proof"]), style="dim"),
        )
        for what, each in kinds
    ]
