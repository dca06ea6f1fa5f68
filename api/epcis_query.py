"""GET /v1/epcis/events: the simple event query's main parameters (EPCIS 2.0 section 8.2.7.1).

Events come in the log's order. Several values stand beside each other with `|`. What stands for
something else in EPCIS and is not answered here is refused, not overlooked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request

from api.pages import after_of, cursor_of
from api.standards import names_of, seen_by, told_to
from ledger.domain.parts import MAX_INT
from ledger.domain.times import milliseconds
from ledger.errors import Malformed
from ledger.export.epcis import NAMESPACES, events_of
from ledger.export.epcis_hash import utc, word
from ledger.export.epcis_places import Members
from ledger.export.epcis_table import MAPPED
from ledger.export.gs1_uris import canonical
from ledger.store.decode import entry_of

if TYPE_CHECKING:
    from api.reading import Reader
    from ledger.domain.entry import Entry
    from ledger.export.epcis_seen import Seen
    from ledger.store.reading import StoredEntry

LOOKS = 5_000  # entries looked at for one page; a page may be short and still not be the last
STRIDE = 500  # entries fetched at once
MAX_PAGE = 1_000
_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")

Words = Annotated[
    str | None,
    Query(
        max_length=2000, description="One or several, with | between them", examples=["shipping|receiving"]
    ),
]
Moment = Annotated[str | None, Query(max_length=40, examples=["2026-09-21T12:00:00.000Z"])]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What every answer fits: each part is a set of values of which one is enough."""

    types: frozenset[str]
    steps: frozenset[str]
    dispositions: frozenset[str]
    locations: frozenset[str]
    points: frozenset[str]
    epcs: frozenset[str]  # in epcList or childEPCs
    any_epcs: frozenset[str]  # anywhere, as parent, too
    occurred: tuple[str, str]  # from, until, the second excluded
    recorded_ms: tuple[int, int]
    per_page: int
    token: str | None

    def fits(self, event: Members) -> bool:
        of_type = not self.types or event["type"] in self.types
        return (
            of_type
            and _one_of(self.steps, word("bizStep", event["bizStep"], NAMESPACES))
            and _one_of(self.dispositions, word("disposition", event.get("disposition", ""), NAMESPACES))
            and _one_of(self.locations, event.get("bizLocation", {}).get("id"))
            and _one_of(self.points, event.get("readPoint", {}).get("id"))
            and _meets(self.epcs, _epcs(event, _LISTS[:2]))
            and _meets(self.any_epcs, _epcs(event, _LISTS) | {canonical(event.get("parentID", ""))})
            and self.occurred[0] <= event["eventTime"] < self.occurred[1]
        )


def _one_of(wanted: frozenset[str], found: str | None) -> bool:
    return not wanted or found in wanted


def _meets(wanted: frozenset[str], found: set[str]) -> bool:
    return not wanted or not wanted.isdisjoint(found)


def _epcs(event: Members, lists: tuple[str, ...]) -> set[str]:
    return {canonical(one) for name in lists for one in event.get(name, ())}


def query_of(
    request: Request,
    eventType: Words = None,  # noqa: N803 - the standard's names
    GE_eventTime: Moment = None,  # noqa: N803
    LT_eventTime: Moment = None,  # noqa: N803
    GE_recordTime: Moment = None,  # noqa: N803
    LT_recordTime: Moment = None,  # noqa: N803
    EQ_bizStep: Words = None,  # noqa: N803
    EQ_disposition: Words = None,  # noqa: N803
    EQ_bizLocation: Words = None,  # noqa: N803
    EQ_readPoint: Words = None,  # noqa: N803
    MATCH_epc: Words = None,  # noqa: N803
    MATCH_anyEPC: Words = None,  # noqa: N803
    perPage: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,  # noqa: N803
    nextPageToken: Annotated[str | None, Query(max_length=600, examples=["8Qm0uHb5X1mYV2zq0nD0aw"])] = None,  # noqa: N803
) -> EventQuery:
    """Raises `Malformed`: `unknown_query_parameter`, `invalid_request` naming the parameter."""
    _must_know(request)
    return EventQuery(
        types=_values(eventType),
        steps=frozenset(word("bizStep", one, NAMESPACES) for one in _values(EQ_bizStep)),
        dispositions=frozenset(word("disposition", one, NAMESPACES) for one in _values(EQ_disposition)),
        locations=_values(EQ_bizLocation),
        points=_values(EQ_readPoint),
        epcs=frozenset(map(canonical, _values(MATCH_epc))),
        any_epcs=frozenset(map(canonical, _values(MATCH_anyEPC))),
        occurred=(_moment("GE_eventTime", GE_eventTime, ""), _moment("LT_eventTime", LT_eventTime, "~")),
        recorded_ms=(_ms("GE_recordTime", GE_recordTime, 0), _ms("LT_recordTime", LT_recordTime, MAX_INT)),
        per_page=perPage,
        token=nextPageToken,
    )


KNOWN = frozenset(query_of.__annotations__) - {"request", "return"}


def _must_know(request: Request) -> None:
    for name in request.query_params:
        if name not in KNOWN:
            known = ", ".join(sorted(KNOWN))
            raise Malformed("unknown_query_parameter", f"{name!r} is not answered here; known are {known}")


def _values(said: str | None) -> frozenset[str]:
    return frozenset(one for one in (said or "").split("|") if one)


def _moment(name: str, said: str | None, default: str) -> str:
    if not said:
        return default
    try:
        if not said.endswith("Z") and said[-6] not in "+-":
            raise ValueError
        return utc(said)
    except (ValueError, IndexError, OverflowError):
        raise Malformed(
            "invalid_request", f"{name}: expected a time with its zone, such as 2026-09-21T12:00:00Z"
        ) from None


def _ms(name: str, said: str | None, default: int) -> int:
    return milliseconds(_moment(name, said, "")) if said else default


# --- answering --------------------------------------------------------------------------------


def page_of(reader: Reader, query: EventQuery) -> tuple[list[Members], str | None]:
    """The events of a page, and the token of the next one."""
    start, skip = _begin(reader, query)
    found: list[Members] = []
    looked = start - 1
    seen = cache(lambda coi: seen_by(reader, coi))
    for stored, tags in islice(_stored(reader, query, start), LOOKS):
        looked = stored.position
        fitting = [event for event in _events(reader, stored, tags, seen) if query.fits(event)]
        for index, event in enumerate(fitting):
            if stored.position == start and index < skip:
                continue
            if len(found) == query.per_page:
                return found, cursor_of(reader, f"{stored.position} {index}")
            found.append(event)
    more = looked + 1 < reader.size and not _is_past(reader, query, looked)
    return found, cursor_of(reader, f"{looked + 1} 0") if more else None


def _begin(reader: Reader, query: EventQuery) -> tuple[int, int]:
    """The position to begin with, and how many fitting events of it were told before."""
    if query.token is not None:
        position, _, index = after_of(reader, query.token).partition(" ")
        if not (position.isdecimal() and index.isdecimal()):
            raise Malformed("invalid_request", "nextPageToken: not one of this query")
        return int(position), int(index)
    before = reader.node.ledger.store.checkpoint_before_ms(query.recorded_ms[0] - 1)
    return (before.size if before else 0), 0


def _stored(reader: Reader, query: EventQuery, start: int) -> Iterator[tuple[StoredEntry, list[str]]]:
    """Entries from there on, as long as they were recorded in time: ledger time never decreases."""
    store = reader.node.ledger.store
    for at in range(start, reader.size, STRIDE):
        for stored, tags in store.entries_with_tags(at, min(at + STRIDE, reader.size)):
            if stored.recorded_ms >= query.recorded_ms[1]:
                return
            yield stored, tags


def _is_past(reader: Reader, query: EventQuery, looked: int) -> bool:
    ahead = reader.node.ledger.store.entries(looked + 1, looked + 2)
    return bool(ahead) and ahead[0].recorded_ms >= query.recorded_ms[1]


def _events(
    reader: Reader, stored: StoredEntry, tags: list[str], seen: Callable[[str], Seen]
) -> Iterator[Members]:
    """An entry's events, as each therapy that the reader may read sees it."""
    if stored.type in MAPPED:
        entry: Entry = entry_of(stored.position, stored.data, stored.recorded_ms)
        names = names_of(reader)
        for coi in told_to(reader, entry, tags):
            yield from events_of(entry, seen(coi), names)
