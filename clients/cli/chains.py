"""`unbroken chain`, `custody`, `timeline`, `deviations`: how things stand, and how they came to."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import At, Before, Coi, Home, Json, PassphraseFile, as_of, client, coi_of
from clients.cli.screen import facts, rows, show
from clients.words import bags, clock, listed, millilitres, party, sentence, subject

Document = dict[str, Any]
LATE_MIN = 2  # less is the network, and clocks


def chain(coi: Coi, home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False) -> None:
    """Show a therapy: its order, its bags and who holds them, its deviations."""
    with client(home, passphrase_file) as reader:
        document = reader.chain(coi_of(coi))
    show(document, lambda console: draw_chain(console, document), as_json)


def timeline(
    coi: Coi,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Tell a therapy's story, entry by entry, in plain words."""
    with client(home, passphrase_file) as reader:
        document = reader.timeline(coi_of(coi), before=before, at=as_of(at))
    show(document, lambda console: draw_timeline(console, document), as_json)


def deviations(
    coi: Coi, home: Home = None, passphrase_file: PassphraseFile = None, as_json: Json = False
) -> None:
    """List what went wrong in a therapy, and what Quality said about it."""
    with client(home, passphrase_file) as reader:
        document = reader.deviations(coi_of(coi))
    show(document, lambda console: _draw_deviations(console, document), as_json)


def custody(
    container: Annotated[str | None, typer.Option("--container", help="One bag.")] = None,
    site: Annotated[str | None, typer.Option("--site", help="All that a site holds.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="Of that site.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 100,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Go on from an earlier answer.")] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show who holds which bag now."""
    where = {"container": container, "site": site, "department": department, "limit": limit, "cursor": cursor}
    with client(home, passphrase_file) as reader:
        document = reader.custody(**where)
    show(document, lambda console: draw_custody(console, document), as_json)


def draw_chain(console: Console, document: Document) -> None:
    """A therapy at a glance: the order, its bags, and what still stands in the way."""
    console.print(facts({"therapy": document["coi"], "version": document["version"]} | _order(document)))
    console.print()
    _draw_readiness(console, document)
    table = rows("Bag", "Label", "State", "Held by", "On the way to", "Volume", narrow=3)
    for bag in document["containers"]:
        holder, offered = _place(bag["holder"]), _place(bag["offered_to"])
        table.add_row(_bag(bag), bag.get("label") or "-", _state(bag), holder, offered, _volume(bag))
    console.print(table if document["containers"] else "  No bags yet.")
    console.print()
    standing = [one for one in document["deviations"] if one["blocks"] or not one["disposition"]]
    if standing:
        _deviations_table(console, standing)
    else:
        console.print("  No open deviations.")
    for one in document["quarantines"]:
        if one["lifted_position"] is None:
            said = f"{bags(one['containers'])} since #{one['position']}, {one['reason'].replace('_', ' ')}"
            console.print(Text(f"  QUARANTINE: {said}", style="bold red"))


def _draw_readiness(console: Console, document: Document) -> None:
    """Only what was said; a withdrawal and overrides stand out."""
    readiness = document.get("readiness")
    if readiness:
        console.print(facts(_readiness(readiness)))
        console.print()
    if readiness and readiness["consent"]["withdrawn_position"] and not readiness["consent"]["stands"]:
        at = readiness["consent"]["withdrawn_position"]
        console.print(Text(f"  CONSENT WITHDRAWN: #{at}\n", style="bold red"))
    for one in document.get("overrides", ()):
        by = f"{one['signer']} and {one['confirmed_by']}" if one["confirmed_by"] else f"{one['signer']} alone"
        names = listed([name.replace("_", " ") for name in one["gates"]])
        said = f"{names} of bag {one['container']}, by {by} (#{one['position']})"
        console.print(Text(f"  OVERRIDE: {said}\n", style="bold yellow"))


def _readiness(readiness: Document) -> Document:
    consent, fitness = readiness["consent"], readiness["fitness"]
    doses, prepared = readiness["availability"], readiness["lymphodepletion"]
    return {
        "consent": f"form {consent['form']}" if consent["stands"] else "does not stand",
        "fitness": fitness and ("fit until " + clock(fitness["valid_until"]) if fitness["fit"] else "UNFIT"),
        "doses at hand": doses and bags(doses["containers"]),
        "lymphodepletion": "started" if prepared["started_position"] is not None else None,
    }


def _bag(bag: Document) -> str:
    """Its id, which part of the dose it is, and the cassette that it is in."""
    component, cassette = bag.get("component"), bag.get("inside")
    notes = [component, f"in {cassette}" if cassette else None]
    said = ", ".join(filter(None, notes))
    return f"{bag['container']} ({said})" if said else str(bag["container"])


def _state(bag: Document) -> Text:
    """Its state, and in words whatever forbids to use it."""
    names = {"QUARANTINE": "quarantined", "LOST": "lost", "REJECTED": "rejected"}
    alarms = [word for word, name in names.items() if bag[name]]
    return Text(", ".join([bag["status"], *alarms]), style="bold red" if alarms else "")


def _order(document: Document) -> Document:
    order = document["order"]
    if not order:
        return {"product": "not ordered yet"} | _provisional(document)
    product = f"{order['product']} (version {order['product_version']})"
    return {"product": product, "protocol": order["protocol"], "treatment": order["treatment_site"]} | (
        _provisional(document)
    )


def _provisional(document: Document) -> Document:
    """What was collected before the order, and whether a therapy took it."""
    before = document.get("provisional")
    if not before:
        return {}
    waiting = bags(before["containers"]) if before["containers"] else "nothing"
    what = f"linked to {before['linked_to']}" if before["linked_to"] else f"{waiting} to be linked"
    return {"provisional": f"opened by {before['opened_by']} at {before['site']}: {what}"}


def draw_timeline(console: Console, document: Document) -> None:
    """One line per entry; the signer's claim and the ledger's time where they differ."""
    table = rows("#", "Happened (UTC)", "What happened", narrow=2)
    for entry in document["entries"]:
        said = sentence(entry["event"], entry["signer"], entry["stream"])
        table.add_row(str(entry["position"]), clock(entry["occurred_at"]), _story(entry, said))
    about = document.get("coi") or subject(document["carrier"])
    console.print(Text(f"The story of {about}\n", style="bold"))
    console.print(table if document["entries"] else "  Nothing is recorded.")


def _story(entry: Document, said: str) -> Text:
    style = ""
    if entry["type"] == "DeviationRaised":
        style = "bold red" if entry["event"]["blocking"] else "yellow"
        said = f"! {said}"
    text = Text(f"{said}.", style=style)
    for position in entry.get("corrected_by", ()):
        text.append(f" CORRECTED by #{position}.", style="yellow")
    if _late(entry):
        text.append(f" Recorded later, {clock(entry['recorded_at'])}.", style="dim")
    return text


def _late(entry: Document) -> bool:
    """True when it reached the ledger minutes after it happened: sent later, or by a wrong clock."""
    happened, recorded = (
        datetime.datetime.fromisoformat(entry[name]) for name in ("occurred_at", "recorded_at")
    )
    return abs(recorded - happened) > datetime.timedelta(minutes=LATE_MIN)


def draw_custody(console: Console, document: Document) -> None:
    table = rows("Bag", "State", "Held by", "On the way to", "Therapy", narrow=2)
    for held in document["holdings"]:
        offered = _place(held["offered_to"])
        table.add_row(held["container"], held["status"], _place(held["holder"]), offered, held["chain"])
    console.print(table if document["holdings"] else "  Nothing is held there that you may see.")
    if document.get("lag"):
        console.print(
            Text(f"\n  {document['lag']} newer entries are not counted yet: ask again.", style="yellow")
        )
    if document.get("next_cursor"):
        console.print(f"\n  There is more: --cursor {document['next_cursor']}")


def _draw_deviations(console: Console, document: Document) -> None:
    for title in ("open", "closed"):
        console.print(Text(f"{title.capitalize()} deviations", style="bold"))
        if document[title]:
            _deviations_table(console, document[title])
        else:
            console.print("  None.")
        console.print()
    if document["reviews"]:
        console.print(
            Text("For review (signers with no part in this therapy; they block nothing)", style="bold")
        )
        draw_timeline(console, document | {"entries": document["reviews"]})


def _deviations_table(console: Console, deviations: list[Document]) -> None:
    table = rows("#", "Severity", "Deviation", "About", "", narrow=2)
    for one in deviations:
        about = ", ".join(one["containers"]) or "the whole therapy"
        state = "BLOCKS release and infusion" if one["blocks"] else one["disposition"] or ""
        style = "bold red" if one["blocks"] else ""
        table.add_row(
            str(one["position"]),
            one["severity"],
            one["code"].replace("_", " "),
            about,
            Text(state, style=style),
        )
    console.print(table)


def _place(holder: dict[str, str] | None) -> str:
    return party(holder) if holder else "-"


def _volume(bag: Document) -> str:
    left, whole = bag["left_ul"], bag["volume_ul"]
    return millilitres(whole) if left == whole else f"{millilitres(left)} of {millilitres(whole)}"
