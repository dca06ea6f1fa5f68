"""`unbroken quality`: what was tested in a therapy, what is missing, and what Quality decided."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clients.cli.options import At, Before, Coi, Home, Json, PassphraseFile, as_of, client, coi_of
from clients.cli.screen import facts, rows, show
from clients.sentences import PURPOSES
from clients.words import bags, clock, decimal, esigned, listed

Document = dict[str, Any]
RED = "bold red"
VERDICTS = {"passed": "✓ passes", "outstanding": "does not count", "outside": "✗ OUT OF SPECIFICATION"}
KINDS = {
    "full": "released",
    "pending_results": "released WITHOUT WAITING for",
    "out_of_specification": "released OUT OF SPECIFICATION in",
}


def quality(
    coi: Coi,
    at: At = None,
    before: Before = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show what was tested, what is missing, and what Quality decided."""
    with client(home, passphrase_file) as reader:
        document = reader.quality(coi_of(coi), before=before, at=as_of(at))
    show(document, lambda console: draw_quality(console, document), as_json)


def draw_quality(console: Console, document: Document) -> None:
    checks = listed([_plain(check) for check in document["required_checks"]])
    about = {"therapy": document["coi"], "specification for": document["country"], "also asked for": checks}
    console.print(facts(about))
    for alert in document["alerts"]:
        said = f"a dose was infused and a test of it has failed: {bags(alert['containers'])}"
        console.print(Text(f"  TELL THE PHYSICIAN: {said} (#{alert['position']})", style=RED))
    for one in document["containers"]:
        console.print()
        _draw_container(console, one)
    if document["samples"]:
        console.print()
        console.print(_samples(document["samples"]))
    for one in document["requests"]:
        said = f"{one['signer']} asked for {bags(one['containers'])} although out of specification in"
        why = f"{_names(one['tests'])}, {_plain(one['reason'])}{_esigned(one)}"
        console.print(Text(f"  #{one['position']}: {said} {why}"))


def _draw_container(console: Console, one: Document) -> None:
    console.print(Text(one["container"], style="bold"))
    for name, style in (("outstanding", "yellow"), ("out_of_specification", RED)):
        if one[name]:
            console.print(Text(f"  {_plain(name).upper()}: {_names(one[name])}", style=style))
    for said, style in _decided(one):
        console.print(Text(f"  {said}", style=style))
    if one["results"]:
        console.print(_results(one["results"]))


def _decided(one: Document) -> list[tuple[str, str]]:
    """Identity tests, confirmations, releases and rejections, each with its style."""
    confirmed = [f"confirmed by {by['signer']} for {by['site']}{_esigned(by)}" for by in one["confirmations"]]
    rejected = [
        f"REJECTED by {by['signer']}, {_plain(by['reason'])}{_esigned(by)}" for by in one["rejections"]
    ]
    return [
        *map(_identity, one["identity_tests"]),
        *((said, "") for said in [*confirmed, *map(_release, one["releases"])]),
        *((said, RED) for said in rejected),
    ]


def _identity(test: Document) -> tuple[str, str]:
    differs = test["outcome"] == "mismatch"
    outcome = "THE CELLS ARE NOT THIS PATIENT'S" if differs else test["outcome"]
    return f"identity by {test['method']}: {outcome} (#{test['position']})", RED if differs else ""


def _release(each: Document) -> str:
    kind = " ".join(filter(None, [KINDS[each["kind"]], _names(each["tests"])]))
    scope = f"{listed(each['countries'])} under {listed(each['protocols'])}"
    return f"{kind}, by {each['signer']}, for {scope} (#{each['position']}){_esigned(each)}"


def _esigned(one: Document) -> str:
    """21 CFR 11.50: who signed stands above it; here how, what it means, and when."""
    signed = one.get("esignature")
    if not signed:
        return ""
    return f"\n    {esigned(signed).removeprefix(', and ')}, {clock(signed['signed_at'])} UTC"


def _results(results: list[Document]) -> Table:
    table = rows("  #", "Reported (UTC)", "Test", "Value", "Laboratory", "Against the limits", narrow=2)
    for one in results:
        value = "-" if one["value_milli"] is None else decimal(one["value_milli"])
        table.add_row(
            f"  {one['position']}",
            clock(one["occurred_at"]),
            _plain(one["test"]),
            f"{value} {_plain(one['unit'] or '')}".rstrip(),
            f"{one['outcome']} ({one['site']})",
            _verdict(one),
        )
    return table


def _verdict(one: Document) -> Text:
    if not one["counts"]:
        return Text("replaced by a later result", style="dim")
    said = VERDICTS.get(one["verdict"] or "", "not specified")
    return Text(said, style=RED if one["verdict"] == "outside" else "")


def _samples(samples: list[Document]) -> Table:
    table = rows("Sample", "Of", "Purpose", "Taken at", "#", narrow=1)
    for one in samples:
        purpose = PURPOSES.get(one["purpose"], one["purpose"])
        table.add_row(one["sample"], one["of"], purpose, one["site"], str(one["position"]))
    return table


def _names(codes: list[str]) -> str:
    return listed([_plain(code) for code in codes])


def _plain(code: str) -> str:
    return "e-signature" if code == "esignature" else code.replace("_", " ")
