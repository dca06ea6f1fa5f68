"""`unbroken replay`: what the ledger showed to whom at a moment, and what changed between two."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from clients.cli.chains import Document
from clients.cli.evidence import LogKey
from clients.cli.options import At, Before, Home, Json, PassphraseFile, as_of, client
from clients.cli.replay_drawn import draw_account, draw_changes, draw_order, draw_then
from clients.cli.replay_offline import answered_offline, draw_audit, leave
from clients.cli.screen import show
from clients.past import Past, Subject, When, subject_of, when
from clients.sdk import Client
from ledger.errors import Malformed

Of = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A therapy (its COI), a bag, or a site: site/NAME.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="WHEN", help="What changed since: a position, or a moment."),
]
To = Annotated[
    str | None, typer.Option("--to", metavar="WHEN", help="What changed until then; else until now.")
]
For = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="AGENT", help="As shown to this person then: for auditors and their Quality."
    ),
]
InOrder = Annotated[
    bool, typer.Option("--order", help="The order that signers claim, beside the one that the log proves.")
]
In = Annotated[
    Path | None,
    typer.Option("--in", metavar="DIR_OR_BUNDLE", help="Without a server: from these files.", exists=True),
]


class Asked(NamedTuple):
    """What the command line asks: `then` of one moment, or `start` and `end`; or the order until `end`."""

    kind: str
    name: str
    start: When
    end: When
    seen_by: str | None
    order: bool
    changes: bool


def replay(
    subject: Of,
    at: At = None,
    before: Before = None,
    from_: From = None,
    to: To = None,
    seen_by: For = None,
    order: InOrder = False,
    files: In = None,
    log_key: LogKey = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Show what stood at a moment, as it was shown to somebody; or what changed between two moments.

    With --at or --before: a therapy, a bag or a site as it stood then. With --from and --to: each change,
    and the entry that made it. With --order: which entries claim another order than the log proves, and
    what a decision's signer could not have seen.

    With --in, from a downloaded log or a bundle and without any server. The files are audited on the way:
    exit code 1 or 6, as `unbroken verify` has them, says that the answer is not proved whole.
    """
    asked = _asked(subject, (before, at), (from_, to), seen_by, order)
    if files is not None:
        document, report = answered_offline(asked, files, log_key, home, as_json)
        show(document, lambda console: _draw_offline(console, document, asked), as_json)
        leave(report, document)
        return
    with client(home, passphrase_file) as reader:
        document = _answered(reader, asked)
    show(document, lambda console: _draw(console, document, asked), as_json)


def _asked(
    subject: str,
    moment: tuple[int | None, str | None],
    between: tuple[str | None, str | None],
    seen_by: str | None,
    order: bool,
) -> Asked:
    """Raises `Malformed` (`bad_moment`, `bad_subject`)."""
    kind, name = subject_of(subject)
    before, at = moment
    changes = any(one is not None for one in between)
    if order and kind != "chain":
        raise Malformed("bad_subject", "--order is about a therapy")
    if order and between[0] is not None:
        raise Malformed("bad_moment", "--order begins at the therapy's first entry: say --to, not --from")
    if (before is not None or at is not None) and changes:
        raise Malformed("bad_moment", "say a moment (--at, --before), or two (--from, --to), not both")
    if not (changes or order) and (at is None) == (before is None):
        raise Malformed("bad_moment", "say either --at MOMENT or --before POSITION, or --from and --to")
    then = When(before, as_of(at))
    start, end = (when(one) for one in between) if changes else (then, then)
    return Asked(kind, name, start, end, seen_by, order, changes)


def _answered(reader: Client, asked: Asked) -> Document:
    past = Past(reader.remote)
    if asked.order:
        return past.order(asked.name, asked.end, asked.seen_by)
    subject = _subject(reader, asked)
    if asked.changes:
        return past.changes(subject, asked.start, asked.end, asked.seen_by)
    if subject.site:
        return past.custody(subject.site, asked.end, asked.seen_by)
    if subject.container is not None:
        return past.account(subject, asked.end, asked.seen_by)
    return _therapy(reader, past, subject, asked)


def _therapy(reader: Client, past: Past, subject: Subject, asked: Asked) -> Document:
    """State, story and account; without the first two where it was not shown."""
    moment: Mapping[str, Any] = {"before": asked.end.position, "at": asked.end.at, "seen_by": asked.seen_by}
    account = past.account(subject, asked.end, asked.seen_by) if asked.seen_by else None
    if account is not None and not account["moment"]["shown"]:
        return {"state": None, "timeline": None, "account": account}
    state, story = reader.chain(subject.coi, **moment), reader.timeline(subject.coi, **moment)
    return {"state": state, "timeline": story} | ({"account": account} if account else {})


def _subject(reader: Client, asked: Asked) -> Subject:
    if asked.kind == "site":
        return Subject(site=asked.name)
    if asked.kind == "container":
        return Subject(str(reader.container(asked.name)["chain"]), asked.name)
    return Subject(asked.name)


def _draw_offline(console: Console, document: Document, asked: Asked) -> None:
    _draw(console, document, asked)
    draw_audit(console, document)


def _draw(console: Console, document: Document, asked: Asked) -> None:
    if asked.order:
        draw_order(console, document)
    elif asked.changes:
        draw_changes(console, document)
    elif "points" in document:
        draw_account(console, document)
    else:
        draw_then(console, document, asked.end)
