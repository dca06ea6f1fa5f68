"""`unbroken log time-stamp`: by when a head existed, by an authority's word, without any server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.options import Home, Json
from clients.cli.screen import REFUSED, facts, show
from ledger.domain.times import timestamp
from ledger.errors import Malformed
from ledger.proof.checkpoint import open_checkpoint, own_part

if TYPE_CHECKING:
    from ledger.proof.evidence_record import Chains, Evidence


def time_stamp(
    checkpoint: Annotated[
        Path, typer.Argument(help="A head of the log, a signed note.", exists=True, dir_okay=False)
    ],
    record: Annotated[
        Path,
        typer.Argument(
            metavar="STAMP",
            help="Its time stamp: an evidence record (RFC 4998), or a token (RFC 3161), DER.",
            exists=True,
            dir_okay=False,
        ),
    ],
    tsa_root: Annotated[
        list[Path],
        typer.Option(
            "--tsa-root",
            metavar="FILE",
            help="Root certificates (PEM) of authorities.",
            exists=True,
            dir_okay=False,
        ),
    ],
    log_key: Annotated[
        str | None,
        typer.Option("--log-key", metavar="VKEY", help="The log's verifier key; else the pinned one."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Verify one head's time stamp, offline, under roots that you bring.

    It says that the head, and every entry before its end, existed by then, by that authority's word. Exit
    code 1: it does not, or contradicts the head's own time, or its newest certificate has run out without a
    renewal.
    """
    from clients.cli.evidence import pinned
    from ledger.proof.time_stamp import read_roots
    from ledger.verify.time_stamps import check_stamp

    signed = open_checkpoint(checkpoint.read_bytes(), pinned(log_key, home))
    roots = [root for path in tsa_root for root in read_roots(path.read_bytes())]
    now_ms = time.time_ns() // 1_000_000
    evidence = check_stamp(_chains(record.read_bytes()), own_part(signed.note), signed.time_s, roots, now_ms)
    document = _told(evidence, signed.checkpoint.size, now_ms)
    show(document, lambda console: _draw(console, document), as_json)
    if not document["holds"]:
        raise typer.Exit(REFUSED)


def _chains(data: bytes) -> Chains:
    from ledger.proof.evidence_record import decode

    try:
        return decode(data)
    except Malformed:
        return ((data,),)  # a token alone, as an authority gives it


def _told(evidence: Evidence, size: int, now_ms: int) -> dict[str, Any]:
    return {
        "log_size": size,
        "before": timestamp(evidence.first.by_ms),
        "authority": evidence.first.authority,
        "until": timestamp(evidence.until_ms),
        "holds": evidence.holds_at(now_ms),
        "stamps": [
            {"time": timestamp(one.at_ms), "authority": one.authority, "hash": one.hash_name}
            for one in evidence.stamps
        ],
    }


def _draw(console: Console, document: dict[str, Any]) -> None:
    said = f": entries 0 to {document['log_size'] - 1} existed before {document['before']}"
    if document["holds"]:
        console.print(Text.assemble(("✓ Stamped", "bold green"), said))
    else:
        console.print(
            Text.assemble(("✗ Expired", "bold red"), ", not renewed, and proof of nothing any more", said)
        )
    console.print(facts({"by the word of": document["authority"], "holds until": document["until"]}))
    for one in document["stamps"][1:]:
        console.print(f"Renewed at {one['time']} by {one['authority']} ({one['hash']})")
