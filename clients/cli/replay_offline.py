"""Questions to a downloaded log or a bundle, audited on the way: `unbroken replay --in`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.bundles import reader_of
from clients.cli.evidence import perhaps_pinned, pinned
from clients.cli.screen import REFUSED, UNFINISHED, progress
from clients.past import When
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.domain.times import milliseconds
from ledger.errors import Malformed, NotFound, ProofInvalid

if TYPE_CHECKING:
    from clients.cli.replay import Asked
    from ledger.verify import Report
    from ledger.verify import replaying as offline
    from ledger.verify.watching import Watch

Document = dict[str, Any]


def watched(files: Path, log_key: str | None, home: Path | None, watch: Watch, quiet: bool) -> Report:
    """Audit a folder or a bundle, watched. A bundle may come without a key; the report then says so."""
    from ledger.verify import DirectorySource  # the rules: only these commands need them
    from ledger.verify.watching import watch_bundle, watch_log

    with progress("Auditing", quiet) as bar:
        if files.is_dir():
            return watch_log(DirectorySource(files), pinned(log_key, home), watch, bar)
        vkey = perhaps_pinned(log_key, home)
        with files.open("rb") as file:
            length = files.stat().st_size
            return watch_bundle(reader_of(file), length, vkey, watch, bar, berlinger_root=ROOT)


def answering(files: Path, log_key: str | None, home: Path | None, watch: Watch, quiet: bool) -> Report:
    """As `watched`. Raises `ProofInvalid` (`audit_broke_off`), saying what is wrong with the files."""
    report = watched(files, log_key, home, watch, quiet)
    if not watch.is_finished:
        raise ProofInvalid("audit_broke_off", f"THE EVIDENCE IS WRONG: {report.first_wrong}; nothing is told")
    return report


def answered_offline(
    asked: Asked, files: Path, log_key: str | None, home: Path | None, quiet: bool
) -> tuple[Document, Report]:
    """The server's document of the account, the changes or the order, with `not_given` and the `audit`. Of a
    therapy or a site at one moment it is the account too: state, story and custody are the server's.

    Raises `NotFound` (`no_such_chain`, `no_such_container`, `no_such_agent`, `no_such_site`,
    `not_recorded_yet`), `Malformed`, `ProofInvalid` (`audit_broke_off`).
    """
    from ledger.verify.replaying import BEGINNING, ChangesWatch, OrderWatch

    if asked.order:
        _require_plain_order(asked)
        in_order = OrderWatch(asked.name, _when(asked.end))
        report = answering(files, log_key, home, in_order, quiet)
        return in_order.told() | audited(report, ()), report
    subject = _subject(asked, files, log_key, home)
    start = BEGINNING if asked.changes and asked.start == When() else _when(asked.start)
    watch = ChangesWatch(subject, start, _when(asked.end))
    report = answering(files, log_key, home, watch, quiet)
    told = watch.changes_told() if asked.changes else watch.account_told()
    return told | audited(report, sorted(watch.not_given)), report


def _require_plain_order(asked: Asked) -> None:
    """Raises `Malformed` (`bad_moment`): whose view it was is told by a server only."""
    if asked.seen_by is not None:
        raise Malformed("bad_moment", "--order with --for is answered by a server only, not with --in")


def audited(report: Report, not_given: Any) -> Document:
    wrong = report.first_wrong
    audit = {"ok": report.ok, "first_wrong": str(wrong) if wrong else None, "proved": report.proved}
    return {"not_given": list(not_given), "audit": audit}


def _when(then: When) -> offline.When:
    from ledger.verify import replaying

    return replaying.When(then.position, milliseconds(then.at) if then.at else None)


def _subject(asked: Asked, files: Path, log_key: str | None, home: Path | None) -> offline.Subject:
    from ledger.verify.replaying import ContainerWatch, Subject

    if asked.kind == "site":
        return Subject(site=asked.name, seen_by=asked.seen_by)
    if asked.kind == "chain":
        return Subject(asked.name, seen_by=asked.seen_by)
    found = ContainerWatch(asked.name)
    answering(files, log_key, home, found, True)
    if found.coi is None:
        raise NotFound("no_such_container", f"no entry that is given makes {asked.name}")
    return Subject(found.coi, asked.name, seen_by=asked.seen_by)


def draw_audit(console: Console, document: Document) -> None:
    """How far the answer can be believed."""
    audit, missing = document["audit"], document["not_given"]
    console.print()
    if missing:
        told = f"It rests on what these files do not hold whole: {', '.join(missing)}."
        console.print(Text(told, style="bold yellow"))
    if audit["first_wrong"]:
        console.print(Text(f"THE EVIDENCE IS WRONG: {audit['first_wrong']}", style="bold red"))
    console.print(Text(f"Proved: {audit['proved']}", style="green" if audit["ok"] else ""))


def leave(report: Report, document: Document) -> None:
    """Exit codes as `unbroken verify` has them; an answer that rests on what is not given is not whole."""
    if not report.ok or document["not_given"]:
        raise typer.Exit(REFUSED if report.first_wrong else UNFINISHED)
