"""Custody as of a moment: folded from the log, therapy by therapy, for no read model keeps the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from api.pages import after_of, cursor_of
from ledger.views.chains import therapies
from ledger.views.custody import Held, container_rows
from ledger.views.paging import Page

if TYPE_CHECKING:
    from api.moments import Moment
    from api.reading import Reader


LOOKS = 200  # therapies folded before a short page goes out


class Question(Protocol):
    """What is asked for; all that is given must fit."""

    container: str | None
    chain: str | None
    site: str | None
    department: str | None
    offered_to: str | None
    used_up: bool


def held_at(reader: Reader, moment: Moment, question: Question, cursor: str | None, limit: int) -> Page[Held]:
    """Containers as the entries before the moment made them, by therapy; whole therapies a page."""
    found: list[Held] = []
    last = None
    for looked, coi in enumerate(_therapies(reader, question, after_of(reader, cursor))):
        if len(found) >= limit or looked == LOOKS:
            return Page(found, cursor_of(reader, last) if last else None, moment.position)
        last = coi
        found += [one for one in _containers(reader, moment, coi) if _fits(one, question)]
    return Page(found, None, moment.position)


def _therapies(reader: Reader, question: Question, after: str) -> Iterator[str]:
    if question.container or question.chain:
        coi = question.chain or reader.world.chain_of_container(question.container or "")
        if coi and coi > after:
            yield coi
        return
    while True:
        page = therapies(reader.node.ledger.store.engine, after=after or None)
        yield from (one.chain for one in page.items)
        if page.next is None:
            return
        after = page.next


def _containers(reader: Reader, moment: Moment, coi: str) -> list[Held]:
    if not reader.may_read(coi):
        return []
    return [Held(*row) for row in container_rows(reader.chain(coi, moment.position))]


def _fits(one: Held, question: Question) -> bool:
    wanted = (
        (question.container, one.container),
        (question.site, one.site),
        (question.department, one.department),
        (question.offered_to, one.offered_site),
    )
    used_up = question.used_up or bool(question.container)
    return (used_up or not one.used_up) and all(value in (None, held) for value, held in wanted)
