"""Before Quality releases: which doses wait for it, and every gate, before anybody decides anything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.bodies import read_json
from api.conditional import document
from api.describing import problems, sent_json, shown
from api.documents import Place
from api.listing import Limit, readable
from api.node import node_of
from api.pages import Cursor
from api.quality_examples import RELEASE_CHECK, RELEASE_QUESTION, UNRELEASED
from api.reading import Reader, TheReader
from api.routes.chains import Coi
from api.routes.infusion import GateDocument, gate_document, verdict
from ledger.domain.gates import release_gates
from ledger.domain.parts import Containers, Country, Name
from ledger.views.custody import Held, held
from ledger.views.paging import Page

router = APIRouter(tags=["chains"])


class ReleaseQuestion(BaseModel):
    """May these doses be released at this site for these countries, now?"""

    model_config = ConfigDict(extra="forbid", strict=True)

    containers: Containers
    site: Name
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]


class ReleaseCheck(BaseModel):
    """`verdict` is "go" only if every gate of a full release passed. It binds nobody: the release decides."""

    verdict: str
    coi: str
    containers: list[str]
    site: str
    countries: list[str]
    chain_version: int
    as_of_position: int
    gates: list[GateDocument]


class UnreleasedDocument(BaseModel):
    """A finished container that Quality has neither released nor rejected. `position`: what made it.

    `blocking`: the open deviations that stop it.
    """

    container: str
    chain: str
    bag: int | None
    of: int | None
    holder: Place
    expires_at: str | None
    blocking: int
    position: int


class Unreleased(BaseModel):
    """As the entries before `as_of_position` made it; `lag` more are in the log. A page may be
    short, even empty, while `next_cursor` says that there is more."""

    as_of_position: int
    lag: int
    doses: list[UnreleasedDocument]
    next_cursor: str | None


async def question_in(request: Request) -> ReleaseQuestion:
    """Raises as `read_json`."""
    return await read_json(request, ReleaseQuestion, node_of(request).settings.max_question)


@router.post(
    "/v1/chains/{coi}/release-check",
    summary="Try every gate before a full release; records nothing",
    responses=shown(RELEASE_CHECK, "The gates") | problems(400, 401, 404, 413, 415, 503),
    openapi_extra=sent_json(ReleaseQuestion, RELEASE_QUESTION),
)
def check_release(
    reader: TheReader, coi: Coi, question: Annotated[ReleaseQuestion, Depends(question_in)]
) -> ReleaseCheck:
    chain = reader.chain(coi)
    asked = (question.containers, question.site, question.countries)
    gates = release_gates(reader.world, coi, *asked, reader.node.ledger.config.clock_ms())
    return ReleaseCheck(
        verdict=verdict(gates),
        coi=coi,
        **question.model_dump(),
        chain_version=chain.version,
        as_of_position=reader.size,
        gates=[gate_document(reader, gate) for gate in gates],
    )


@router.get(
    "/v1/unreleased",
    summary="Doses at a site that wait for Quality's release, across therapies",
    response_model=Unreleased,
    responses=shown(UNRELEASED, "A page, by container") | problems(400, 401, 503),
)
def get_unreleased(
    request: Request,
    reader: TheReader,
    site: Annotated[Name, Query(description="That holds them", examples=["northcell-1"])],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    def look(after: str | None, count: int) -> Page[Held]:
        page = held(reader.node.ledger.store.engine, site=site, after=after, limit=count)
        return Page([row for row in page.items if _waits(reader, row)], page.next, page.position)

    page = readable(reader, look, cursor, limit)
    found = Unreleased(
        as_of_position=page.position,
        lag=max(reader.size - page.position, 0),
        doses=[_dose(reader, row) for row in page.items],
        next_cursor=page.next,
    )
    return document(request, found)


def _waits(reader: Reader, row: Held) -> bool:
    """By the log itself, which may be ahead of the read model."""
    chain = reader.world.chain(row.chain)
    known = chain.containers.get(row.container)
    if known is None or chain.order is None or chain.closed is not None or not chain.is_finished(known.id):
        return False
    return not known.quality_releases and not chain.is_rejected(known.id)


def _dose(reader: Reader, row: Held) -> UnreleasedDocument:
    chain = reader.world.chain(row.chain)
    known = chain.containers[row.container]
    return UnreleasedDocument(
        container=row.container,
        chain=row.chain,
        bag=known.bag,
        of=known.of,
        holder=Place(site=row.site or "", department=row.department or ""),
        expires_at=row.expires_at,
        blocking=len(list(chain.blocking(row.container))),
        position=row.position,
    )
