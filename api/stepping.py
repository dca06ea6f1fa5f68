"""Along a stretch of the log: what is looked at after each entry that can change it, and the documents
of what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from api.moments import time_of
from ledger.domain.difference import Step, net, trail
from ledger.domain.world import timestamp
from ledger.errors import Malformed
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from api.moments import Moment
    from api.reading import Reader
    from ledger.domain.account import Account
    from ledger.domain.difference import Change
    from ledger.domain.world import World

    Look = Callable[[World, int, int], Account]  # of a world, at its position, as of a time (ms)


class MomentDocument(BaseModel):
    """`at`: the ledger's time as of which gates and windows were judged. `shown`: it was shown then to
    the one who was asked about, or to whoever asks."""

    position: int
    at: str
    shown: bool


class ChangeDocument(BaseModel):
    """`before`, `after` null: there was no such point. `position`: the entry that made it last; null: time
    alone, by `at`. `through`: every entry that touched the point on the way."""

    point: str
    before: Any
    after: Any
    position: int | None
    at: str
    through: list[int]


class MakerDocument(BaseModel):
    """An entry that made one of the changes; none of which the reader may not know."""

    position: int
    statement_id: str
    type: str
    signer: str
    stream: str
    occurred_at: str
    recorded_at: str


class Changed(BaseModel):
    """What is different at the end. Applied to the points at the start, the changes give those at the end."""

    seen_by: str | None
    start: MomentDocument
    end: MomentDocument
    changes: list[ChangeDocument]
    entries: list[MakerDocument]


def require_order(reader: Reader, start: Moment, end: Moment) -> None:
    """Raises `Malformed` (`invalid_request`) where the moments are the wrong way round."""
    if (start.position, time_of(reader, start)) > (end.position, time_of(reader, end)):
        raise Malformed("invalid_request", "the first moment lies behind the second one")


def changes(reader: Reader, start: Moment, end: Moment, positions: Iterable[int], look: Look) -> list[Change]:
    """The difference of what is looked at, with the entries that made it."""
    world = reader.node.ledger.world_at(start.position)
    before = look(world, start.position, time_of(reader, start))
    return net(trail(before, _steps(reader, start, end, positions, look)))


def _steps(
    reader: Reader, start: Moment, end: Moment, positions: Iterable[int], look: Look
) -> Iterator[Step]:
    """After each entry, and along the clock before it; at the end the whole world is folded anew."""
    ledger, now_ms = reader.node.ledger, time_of(reader, start)
    world = ledger.world_at(start.position)
    for position in positions:
        ((stored, tags),) = ledger.store.entries_with_tags(position, position + 1)
        if stored.recorded_ms > now_ms:
            now_ms = stored.recorded_ms
            yield Step(None, now_ms, look(world, position, now_ms))
        world.apply(LazyEntry(stored), tuple(tags))
        yield Step(position, now_ms, look(world, position + 1, now_ms))
    end_ms = max(now_ms, time_of(reader, end))
    yield Step(None, end_ms, look(ledger.world_at(end.position), end.position, end_ms))


def told(reader: Reader, found: list[Change], ends: tuple[MomentDocument, MomentDocument]) -> dict[str, Any]:
    """The members that every document of changes has."""
    made = sorted({one.position for one in found if one.position is not None})
    store = reader.node.ledger.store
    makers = (LazyEntry(store.entries(at, at + 1)[0]) for at in made)
    return {
        "start": ends[0],
        "end": ends[1],
        "changes": [ChangeDocument(**one.as_dict()) for one in found],
        "entries": [_maker(one) for one in makers if reader.knows_of(one)],
    }


def _maker(entry: LazyEntry) -> MakerDocument:
    return MakerDocument(
        position=entry.position,
        statement_id=entry.statement_id,
        type=entry.type,
        signer=entry.signer,
        stream=entry.stream,
        occurred_at=entry.event.occurred_at,
        recorded_at=timestamp(entry.recorded_ms),
    )
