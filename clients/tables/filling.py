"""Where the rows come from: a server, entry by entry as far as this device may read; or an audit.

Rows go out as they come: a table's memory does not grow with the log. What an audit keeps grows with the
therapies that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from clients.tables.rows import Known
from ledger.domain.events import parse_event
from ledger.domain.rules import Verdict, tags_of
from ledger.domain.times import milliseconds
from ledger.domain.world import Entry
from ledger.errors import UnbrokenError
from ledger.proof import canonical
from ledger.verify.base64url import unbase64url
from ledger.verify.entries import Enrolled
from ledger.verify.signatures import Envelope, check_chunk
from ledger.verify.watching import Watch

if TYPE_CHECKING:
    from clients.tables.files import Tables
    from ledger.verify.checkpoints import Heads
    from ledger.verify.steps import Judged

CHUNK = 500
Document = dict[str, Any]


class TableWatch(Watch):
    """Fills tables while an audit goes over a log or a bundle."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(self, heads: Heads) -> None:
        self._heads = heads

    def judged(self, position: int, judged: Judged) -> None:
        head, verdict, entry = self._heads.covering(position), judged.verdict, judged.entry
        known = Known(
            position,
            judged.envelope,
            entry,
            head.time_s * 1000 if head else None,
            head.size if head else None,
            tags_of(entry, verdict or Verdict()) if entry else (),
            judged.signed,
            judged.rules,
        )
        self._tables.put(known)


def from_server(statements: Iterable[Document], origin: str, tables: Tables) -> None:
    """Signatures are checked here, with the keys that the entries before enrolled; rules are not replayed."""
    enrolled, waiting = Enrolled(), iter(statements)
    while page := list(islice(waiting, CHUNK)):
        for known in _page(page, origin, enrolled):
            tables.put(known)


def _page(page: list[Document], origin: str, enrolled: Enrolled) -> Iterator[Known]:
    positions = [int(one["position"]) for one in page]
    raws = [unbase64url(str(one["statement"])) for one in page]
    enrolled.collect(positions, raws)
    for one, (fields, wrong) in zip(page, check_chunk(origin, enrolled.spki, raws), strict=True):
        position, envelope = int(one["position"]), Envelope(*fields) if fields else None
        recorded_ms = milliseconds(str(one["recorded_at"]))
        entry = _entry(position, envelope, recorded_ms) if envelope else None
        in_time = envelope is not None and enrolled.in_time(envelope.kid, position)
        yield Known(
            position, envelope, entry, recorded_ms, None, one["tags"], wrong is None and in_time, None
        )


def _entry(position: int, said: Envelope, recorded_ms: int) -> Entry | None:
    try:
        event = parse_event(canonical.decode(said.payload))
    except UnbrokenError:
        return None
    return Entry(position, said.id.hex(), said.kid.hex(), said.iss, said.sub, event, recorded_ms)
