"""Answers about the past, drawn for people."""

from __future__ import annotations

import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from clients.cli.chains import Document, draw_chain, draw_custody, draw_timeline
from clients.cli.screen import rows
from clients.past import When
from clients.points import about, said
from clients.words import clock

NOT_SHOWN = "The ledger would have answered that there is no such therapy"
WHYS = {
    "came_later": "came to the log after it",
    "recorded_meanwhile": "was recorded while they decided",
}


def draw_then(console: Console, document: Document, then: When) -> None:
    """A therapy or a site as it stood, and to whom."""
    when = f"at {clock(then.at)} UTC" if then.at else f"before position {then.position}"
    account = document.get("account")
    shown = f", as shown to {account['seen_by']}" if account else ""
    if "holdings" in document:
        console.print(Text(f"As it stood {when}: {document['as_of_position']} entries\n", style="bold"))
        draw_custody(console, document)
        return
    if account and document["state"] is None:
        _draw_hidden(console, account, when)
        return
    size = document["state"]["as_of_position"]
    console.print(Text(f"As it stood {when}{shown}: {size} entries in the log\n", style="bold"))
    draw_timeline(console, document["timeline"])
    console.print()
    draw_chain(console, document["state"])
    if account:
        _draw_gates(console, account["points"])


def _draw_hidden(console: Console, account: Document, when: str) -> None:
    told = f"{account['seen_by']} was not shown this therapy {when}. {NOT_SHOWN}."
    console.print(Text(told, style="bold yellow"))


def _draw_gates(console: Console, points: Document) -> None:
    """What was in the way then; how many gates were open is only counted."""
    gates = {point: value for point, value in points.items() if point.startswith("gate/")}
    closed = {point: value for point, value in gates.items() if value["outcome"] != "passed"}
    console.print(Text(f"\n{len(gates) - len(closed)} of {len(gates)} gates were open.", style="bold"))
    if closed:
        _draw_points(console, closed)


def draw_account(console: Console, document: Document) -> None:
    """Point by point; of gates that were open only the count."""
    moment, seen_by = document["moment"], document["seen_by"]
    when = f"at {clock(moment['at'])} UTC, {moment['position']} entries in the log"
    if not moment["shown"]:
        _draw_hidden(console, document, when)
        return
    shown = f"As shown to {seen_by} " if seen_by else "As it stood "
    console.print(Text(f"{shown}{when}\n", style="bold"))
    _draw_points(console, {name: one for name, one in document["points"].items() if name[:5] != "gate/"})
    _draw_gates(console, document["points"])


def _draw_points(console: Console, points: Document) -> None:
    table = rows("What", "How it stood", narrow=1)
    for point, value in points.items():
        table.add_row(about(point), said(point, value))
    console.print(table if points else "  Nothing was shown.")


def draw_changes(console: Console, document: Document) -> None:
    """Each change under the entry that made it."""
    start, end = document["start"], document["end"]
    since = f"{clock(start['at'])} ({start['position']} entries)" if start["position"] else "the beginning"
    until = f"{clock(end['at'])} UTC ({end['position']} entries)"
    console.print(Text(f"From {since} to {until}\n", style="bold"))
    if document["seen_by"] and not (start["shown"] and end["shown"]):
        _draw_sight(console, document)
    makers = {one["position"]: one for one in document["entries"]}
    ordered = sorted(document["changes"], key=lambda one: (one["at"], one["position"] or 0, one["point"]))
    table = rows("By", "What", "Before", "After", narrow=1)
    last: Any = ()
    for one in ordered:
        by = (one["position"], one["at"] if one["position"] is None else "")
        table.add_row(_by(one, makers) if by != last else "", about(one["point"]), *_both(one))
        last = by
    console.print(table if ordered else "  Nothing changed.")


def _draw_sight(console: Console, document: Document) -> None:
    words = {True: "shown", False: "not shown"}
    before, after = words[document["start"]["shown"]], words[document["end"]["shown"]]
    told = f"To {document['seen_by']} it was {before} at first, and {after} at the end.\n"
    console.print(Text(told, style="bold yellow"))


def _both(change: Document) -> tuple[Text, Text]:
    before, after = (said(change["point"], change[name]) for name in ("before", "after"))
    return Text(before, style="dim"), Text(after)


def _by(change: Document, makers: dict[int, Document]) -> Text:
    maker = makers.get(change["position"])
    if maker is None:
        return Text(f"time alone, by {clock(change['at'])}", style="yellow")
    return Text(f"#{maker['position']} {maker['type']}, {maker['signer']}")


def draw_order(console: Console, document: Document) -> None:
    """What is late, impossible or out of order; then what decisions could not see."""
    odd = [one for one in document["entries"] if one["late_ms"] or one["outside"]]
    table = rows("#", "Event", "Claimed (UTC)", "Proved between", "", narrow=2)
    for one in odd:
        bounds = f"{clock(one['proved_after'] or '') or 'any time'} and {clock(one['proved_before'])}"
        who = f"{one['type']}, {one['signer']}"
        table.add_row(str(one["position"]), who, clock(one["occurred_at"]), bounds, _odd(one))
    console.print(Text("Late, or claimed outside what is proved\n", style="bold"))
    console.print(table if odd else "  Nothing.")
    _draw_pairs(console, document)
    _draw_unseen(console, document["unseen"])


def _odd(one: Document) -> Text:
    if one["outside"] == "after":
        return Text(f"claims {_span(one['outside_ms'])} after its own recording", style="bold red")
    said_ = f"recorded {_span(one['late_ms'])} later" if one["late_ms"] else ""
    before = "claims a time before the head that its device had seen" if one["outside"] else ""
    return Text("; ".join(filter(None, (said_, before))), style="yellow")


def _draw_pairs(console: Console, document: Document) -> None:
    pairs, more = document["pairs"], document["more_pairs"]
    console.print(Text("\nOut of order\n", style="bold"))
    for one in pairs[:20]:
        seen = "; its signer had seen the other" if one["seen"] else ""
        text = f"#{one['earlier']} claims to be {_span(one['by_ms'])} before #{one['later']}{seen}."
        console.print(f"  {text}")
    hidden = len(pairs) + more - 20
    console.print(f"  and {hidden} more (--json)" if hidden > 0 else "" if pairs else "  Nothing.")


def _draw_unseen(console: Console, unseen: list[Document]) -> None:
    console.print(Text("\nWhat a decision's signer could not have seen\n", style="bold"))
    for one in unseen:
        what = f"#{one['entry']} {one['entry_type']} {WHYS[one['why']]}"
        touches = ", ".join(one["matters"])
        style = "bold red" if touches else ""
        told = f"touches what the decision rests on: {touches}" if touches else "touches none of its gates"
        who = f"#{one['decision']} {one['decision_type']} by {one['signer']}"
        console.print(Text(f"  {who}: {what}; it {told}.", style=style), soft_wrap=True)
    if not unseen:
        console.print("  Nothing.")


def _span(ms: int) -> str:
    return str(datetime.timedelta(seconds=round(ms / 1000)))
