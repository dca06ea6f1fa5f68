"""What else a therapy has to last: a shipper's hold time, time out of storage; and whose clock is off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from clients.cli.screen import rows
from clients.words import clock
from ledger.domain.times import milliseconds

Document = dict[str, Any]


def draw_budgets(console: Console, document: Document, now: str) -> None:
    """`now`: the moment (text) for which the document was asked."""
    told = [
        *(_held(one, now) for one in document["holds"]),
        *(_out(one, now) for one in document["out_of_storage"]),
        *_clocks(document["clocks"]),
    ]
    if told:
        console.print()
    for line in told:
        console.print(line)


def _held(one: Document, now: str) -> Text:
    """`left` by the moment asked for: the document itself only says until when."""
    where = f"{one['container']} in shipper {one['shipper']}"
    if one["ends_at"] is None:
        return Text(f"HOLD TIME UNKNOWN: {where}, no charge of it is known", style="bold red")
    left_s = (milliseconds(one["ends_at"]) - milliseconds(now)) // 1000
    words = f"{where}, charged {clock(one['charged_at'])}, keeps cold until {clock(one['ends_at'])} UTC"
    if left_s < 0:
        return Text(f"HOLD TIME USED UP: {words}", style="bold red")
    return Text(f"{words}: {hours(left_s)} left")


def _out(one: Document, now: str) -> Text:
    """Where it is still out, the time since then until the moment asked for counts."""
    since = f", and again since {clock(one['since'])} UTC" if one["since"] else ""
    if one["spent_s"] is None:
        spent = "for a time without a bound"
    else:
        spent = f"for {hours(one['spent_s'])} at the worst ({hours(one['claimed_s'])} by what people say)"
    said = f"{one['container']} was out of storage {spent}{since}"
    if one["limit_s"] is None:
        return Text(f"{said}; the product sets no limit")
    left_s = _left(one, now)
    if left_s is None or left_s < 0:
        return Text(f"OUT OF STORAGE TOO LONG: {said}; {hours(one['limit_s'])} at most", style="bold red")
    return Text(f"{said}; {hours(left_s)} of {hours(one['limit_s'])} left")


def _left(one: Document, now: str) -> int | None:
    left_s: int | None = one["left_s"]
    if one["since"] is not None and one["spent_s"] is not None:
        since_s = (milliseconds(now) - milliseconds(one["since"])) // 1000
        left_s = int(one["limit_s"]) - int(one["spent_s"]) - max(0, since_s)
    return left_s


def _clocks(found: list[Document]) -> Iterator[Any]:
    if not found:
        return
    table = rows("Logger", "Its clock", "As told by", narrow=1)
    for one in found:
        proof = ", ".join(f"#{position}" for position in one["proof"])
        table.add_row(one["logger"], _offset(one), Text(proof, style="dim"))
    yield table


def _offset(one: Document) -> Text:
    if one["low_s"] is None:
        said = "nothing can be said: its readings don't step where its shipper was opened"
    else:
        said = f"{_ahead(one['low_s'])} to {_ahead(one['high_s'])}, by {one['openings']} openings"
    if one["ahead_s"]:
        said += f"; ahead by {hours(one['ahead_s'])} at least, for it was recorded before its last reading"
    return Text(f"! OFF: {said}", style="bold yellow") if one["off"] else Text(said)


def _ahead(seconds: int) -> str:
    if seconds == 0:
        return "right"
    return f"{hours(abs(seconds))} {'ahead' if seconds > 0 else 'behind'}"


def hours(seconds: int | None) -> str:
    """`5400` -> `1 h 30 min`; empty for nothing known."""
    if seconds is None:
        return ""
    if seconds < 0:
        return f"-{hours(-seconds)}"
    whole, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((whole, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"
