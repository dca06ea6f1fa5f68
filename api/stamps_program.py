"""`unbroken-server time-stamps`, and how `serve` is told which authorities to ask."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.authorities import Authorities, Authority, must_be_url
from api.stamping import renew
from ledger.domain.times import timestamp
from ledger.errors import Malformed, UnbrokenError
from ledger.proof.time_stamp import read_roots
from ledger.store.time_stamps import TimeStampStore

if TYPE_CHECKING:
    from ledger.store.recorder import LedgerRecorder
    from ledger.store.time_stamps import Kept

DAY_MS = 86_400_000
HashName = Literal["sha256", "sha512"]

Urls = Annotated[
    list[str] | None,
    typer.Option(
        "--time-stamp-authority",
        metavar="URL",
        envvar="UNBROKEN_TIME_STAMP_AUTHORITY",
        help="Who stamps the heads (RFC 3161); several times for several",
    ),
]
Roots = Annotated[
    Path | None,
    typer.Option(
        "--time-stamp-roots",
        envvar="UNBROKEN_TIME_STAMP_ROOTS",
        help="PEM file with the authorities' root certificates",
        exists=True,
        dir_okay=False,
    ),
]
Every = Annotated[
    int,
    typer.Option(
        "--time-stamp-every", envvar="UNBROKEN_TIME_STAMP_EVERY", min=1, help="Seconds between two stamps"
    ),
]
Hash = Annotated[
    HashName,
    typer.Option("--time-stamp-hash", envvar="UNBROKEN_TIME_STAMP_HASH", help="What new stamps hash with"),
]


def authorities_of(
    urls: list[str] | None, roots: Path | None, hash_name: str, every_s: int = Authorities.every_s
) -> Authorities | None:
    """Raises `Malformed`: `bad_authority`, `malformed_roots`."""
    if not urls:
        return None
    if roots is None:
        raise Malformed("bad_authority", "without root certificates nobody knows whether it is the authority")
    found = tuple(read_roots(roots.read_bytes()))
    return Authorities(tuple(dict.fromkeys(map(must_be_url, urls))), found, hash_name, every_s)


def state(recorder: LedgerRecorder) -> list[dict[str, Any]]:
    """Every record, by head."""
    kept, found, after = TimeStampStore(recorder), list[dict[str, Any]](), 0
    while page := kept.records(after):
        found += map(_document, page)
        after = page[-1].size
    return found


def text(found: list[dict[str, Any]]) -> str:
    """A line for each, in words."""
    if not found:
        return "No head is stamped yet."
    return "\n".join(
        f"{one['size']:>9} entries  before {one['time']}  by {one['authority']}  "
        f"{one['stamps']} {'stamp' if one['stamps'] == 1 else 'stamps'}, {one['hash']}, {one['standing']}"
        for one in found
    )


def as_json(found: list[dict[str, Any]]) -> str:
    return json.dumps({"time_stamps": found}, indent=2)


def renew_all(
    recorder: LedgerRecorder, authorities: Authorities, within_days: int | None
) -> tuple[int, list[str]]:
    """Renew by the first authority whatever ends within so many days; None: whatever still holds. How
    many, and what could not be renewed, in words."""
    kept, authority, now_ms = TimeStampStore(recorder), Authority(authorities.urls[0], authorities), _now_ms()
    before = now_ms + within_days * DAY_MS if within_days is not None else 2**62
    done, failed = 0, []
    for record in kept.due(before):
        try:
            done += renew(recorder, kept, authority, authorities.hash_name, record, _now_ms)
        except UnbrokenError as error:
            failed.append(f"the head of {record.size} entries, by {record.record}: {error.detail}")
    authority.close()
    return done, failed


def _document(one: Kept) -> dict[str, Any]:
    return {
        "size": one.size,
        "time": timestamp(one.by_ms),
        "authority": one.record,
        "stamps": one.count,
        "hash": one.hash_name,
        "newest_by": one.authority,
        "until": timestamp(one.until_ms),
        "standing": f"holds until {timestamp(one.until_ms)}" if one.until_ms >= _now_ms() else "EXPIRED",
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
