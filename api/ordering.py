"""The order that signers claim, beside the log's: the documents of `ledger/domain/order.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from ledger.domain.order import order_of
from ledger.domain.shares import share_of
from ledger.domain.world import chain_tag
from ledger.errors import Malformed
from ledger.store.decode import entry_of

if TYPE_CHECKING:
    from api.reading import Reader
    from ledger.domain.order import HeadTime


MAX_ENTRIES = 3_000  # that are held against each other; a downloaded log has no such bound


class PlacedDocument(BaseModel):
    """Signed after `proved_after` (null: its device had never met the log, or the head is not known) and
    before `proved_before`. `outside`: its claim lies `before` or `after` these, by `outside_ms`. `late_ms`:
    recorded so long after it is said to have happened; 0: within what clocks differ by."""

    position: int
    statement_id: str
    type: str
    signer: str
    occurred_at: str
    proved_after: str | None
    proved_before: str
    seen_size: int | None
    rank: int
    claimed_rank: int
    outside: str | None
    outside_ms: int
    late_ms: int


class PairDocument(BaseModel):
    """`earlier` claims to have happened `by_ms` before `later`, and stands behind it in the log. `seen`: its
    signer's device had seen the other one."""

    earlier: int
    later: int
    by_ms: int
    seen: bool


class UnseenDocument(BaseModel):
    """The decision was signed without the entry: it `came_later`, or was `recorded_meanwhile`. `matters`:
    what of the decision's gates it touches. `raised`: codes of the deviations that it brought."""

    decision: int
    decision_type: str
    signer: str
    entry: int
    entry_type: str
    why: str
    recorded_after_ms: int
    matters: list[str]
    raised: list[str]


class OrderDocument(BaseModel):
    """Entries in the log's order. `pairs`: those furthest apart first; `more_pairs` are not listed."""

    coi: str
    as_of_position: int
    entries: list[PlacedDocument]
    pairs: list[PairDocument]
    more_pairs: int
    unseen: list[UnseenDocument]


def order_document(reader: Reader, coi: str, position: int) -> OrderDocument:
    """Of the entries before the position that the reader may see. Raises `NotFound` (`no_such_chain`),
    `Malformed` (`invalid_request`): more than `MAX_ENTRIES`."""
    reader.chain(coi, position)
    stored = reader.node.ledger.store.by_tag(chain_tag(coi), before=position, limit=MAX_ENTRIES + 1)
    if len(stored) > MAX_ENTRIES:
        raise Malformed(
            "invalid_request", f"a therapy of at most {MAX_ENTRIES} entries has its order told here"
        )
    entries = [entry_of(one.position, one.data, one.recorded_ms) for one in stored]
    mine = [(n, share_of(one, coi)) for n, one in enumerate(entries) if reader.shows(coi, one)]
    found = order_of(coi, [one for _, one in mine], _head_time(reader), [n for n, _ in mine])
    return OrderDocument(coi=coi, as_of_position=position, **found.as_dict())


def _head_time(reader: Reader) -> HeadTime:
    def found(size: int) -> int | None:
        head = reader.world.checkpoint(size)
        return None if head is None else head[1]

    return found
