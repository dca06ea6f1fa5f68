"""`unbroken lots`, `equipment`, `sites`, `people`, `qualifications`: what the registry says now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.screen import facts, rows, show
from clients.forms import moment
from clients.sdk import Client
from clients.words import clock
from ledger.domain.times import milliseconds, timestamp

Document = dict[str, Any]
Cell = Callable[[Document], str | Text]

Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Go on from an earlier answer.")]
Site = Annotated[str | None, typer.Option("--site", help="Of this site.")]
ALARMING = {"recalled", "suspended", "closed", "retired"}


def lots(
    lot: Annotated[str | None, typer.Argument(help="One lot; all of your organisation's without it.")] = None,
    site: Site = None,
    material: Annotated[str | None, typer.Option("--material", help="E.g. vector.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="received, released or recalled.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List lots of material, and whether they may be used."""
    where = {"site": site, "material": material, "status": status, "limit": limit, "cursor": cursor}
    with client(home, passphrase_file) as reader:
        document = reader.registered(f"lot/{lot}") if lot else reader.lots(**where)
    _show(document, "lots", LOTS, as_json)


def equipment(
    name: Annotated[str | None, typer.Argument(help="One piece; all without it.")] = None,
    site: Site = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="shipper, logger, platform, tank or other.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List equipment, and until when it may be relied on."""
    where = {"site": site, "kind": kind, "limit": limit, "cursor": cursor}
    with client(home, passphrase_file) as reader:
        document = reader.registered(f"equipment/{name}") if name else reader.equipment(**where)
    _show(document, "equipment", EQUIPMENT, as_json)


def sites(
    site: Annotated[str | None, typer.Argument(help="One site; all without it.")] = None,
    status: Annotated[str | None, typer.Option("--status", help='"in force", suspended or closed.')] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List sites, and whether they are in force."""
    where = {"status": status, "limit": limit, "cursor": cursor}
    with client(home, passphrase_file) as reader:
        document = reader.registered(f"site/{site}") if site else reader.sites(**where)
    _show(document, "sites", SITES, as_json)


def people(
    agent: Annotated[str | None, typer.Argument(help="One person or device; all without it.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List people and devices with their roles; of one also qualifications, keys and passkeys."""
    with client(home, passphrase_file) as reader:
        if agent is None:
            _show(reader.agents(limit=limit, cursor=cursor), "agents", PEOPLE, as_json)
            return
        document = reader.registered(f"agent/{agent}")
    show(document, lambda console: _draw_person(console, document), as_json)


def qualifications(
    expiring_before: Annotated[
        str | None, typer.Option("--expiring-before", metavar="MOMENT", help="Only what ends by then.")
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Of this person.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List qualifications; those that end first come first."""
    by = moment(expiring_before) if expiring_before else None
    with client(home, passphrase_file) as reader:
        document = _qualifications(reader, by, agent, limit, cursor)
    _show(document, "qualifications", QUALIFICATIONS, as_json)


def _qualifications(
    reader: Client, by: str | None, agent: str | None, limit: int, cursor: str | None
) -> Document:
    return reader.qualifications(expiring_before=by, agent=agent, limit=limit, cursor=cursor)


def _show(document: Document, name: str, cells: dict[str, Cell], as_json: bool) -> None:
    """A list under `name`, or one row of it by itself."""

    def draw(console: Console) -> None:
        found = document.get(name) if isinstance(document.get(name), list) else [document]
        draw_rows(console, found or [], cells)
        draw_rest(console, document)

    show(document, draw, as_json)


def draw_rows(console: Console, found: list[Document], cells: dict[str, Cell]) -> None:
    table = rows(*cells, narrow=1)
    for one in found:
        table.add_row(*(cell(one) for cell in cells.values()))
    console.print(table if found else "  There is nothing that you may see.")


def draw_rest(console: Console, document: Document) -> None:
    """How far behind the answer is, and whether it goes on."""
    if document.get("lag"):
        said = f"\n  {document['lag']} newer entries are not counted yet: ask again."
        console.print(Text(said, style="yellow"))
    if document.get("next_cursor"):
        console.print(f"\n  There is more: --cursor {document['next_cursor']}")


def _draw_person(console: Console, document: Document) -> None:
    console.print(facts({"name": document["agent"], "organisation": document["organisation"]}))
    console.print(facts({"roles": _roles(document)}))
    console.print()
    draw_rows(console, document["qualifications"], QUALIFICATIONS)
    console.print()
    draw_rows(console, document["keys"], KEYS)
    if document.get("passkeys"):
        console.print()
        draw_rows(console, document["passkeys"], PASSKEYS)


def _text(member: str) -> Cell:
    return lambda one: str(one[member] or "-")


def _when(member: str) -> Cell:
    return lambda one: f"{clock(one[member])} UTC" if one[member] else "-"


def _status(one: Document) -> Text:
    """In words; what stops something is loud."""
    reason = f" ({one['reason'].replace('_', ' ')})" if one.get("reason") else ""
    alarming = one["status"] in ALARMING
    word = one["status"].upper() if alarming else one["status"]
    return Text(f"{word}{reason}", style="bold red" if alarming else "")


def _roles(one: Document) -> str:
    held = ", ".join(one["roles"]) or ("administrator" if one["administrator"] else "none")
    waiting = ", ".join(one["waiting_roles"])
    return f"{held}; WAITING for a second administrator: {waiting}" if waiting else held


def _retired(one: Document) -> Text:
    return Text("RETIRED", style="bold red") if one["retired_position"] is not None else Text("in use")


def _cold(one: Document) -> str:
    """Of a shipper with a hold time: until when its newest charge lasts."""
    if one["hold_time_s"] is None:
        return "-"
    if one["charged_at"] is None:
        return "not filled"
    return f"{clock(timestamp(milliseconds(one['charged_at']) + 1000 * one['hold_time_s']))} UTC"


LOTS: dict[str, Cell] = {
    "Lot": _text("lot"),
    "Material": _text("material"),
    "Status": _status,
    "Expires": _when("expires_at"),
    "Supplier's lot": _text("supplier_lot"),
    "Site": _text("site"),
}
EQUIPMENT: dict[str, Cell] = {
    "Name": _text("equipment"),
    "Kind": _text("kind"),
    "State": _retired,
    "Qualified until": _when("qualified_until"),
    "Calibrated until": _when("calibrated_until"),
    "Cold until": _cold,
    "Site": _text("site"),
}
SITES: dict[str, Cell] = {
    "Site": _text("site"),
    "Kind": _text("kind"),
    "Status": _status,
    "Organisation": _text("organisation"),
    "Country": _text("country"),
}
PEOPLE: dict[str, Cell] = {
    "Name": _text("agent"),
    "Organisation": _text("organisation"),
    "Roles": _roles,
}
QUALIFICATIONS: dict[str, Cell] = {
    "Name": _text("agent"),
    "Qualified for": _text("qualification"),
    "Until": _when("expires_at"),
}
KEYS: dict[str, Cell] = {
    "Key": _text("kid"),
    "Status": _text("status"),
    "Since entry": lambda one: f"#{one['position']}",
}
PASSKEYS: dict[str, Cell] = {
    "Passkey": _text("credential"),
    "Bound to": _text("rp_id"),
    "Status": _text("status"),
    "Since entry": lambda one: f"#{one['position']}",
}
