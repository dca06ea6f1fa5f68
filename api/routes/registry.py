"""Sites, people and devices, their qualifications, and products."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples_registry import (
    AGENT,
    AGENT_REACH,
    AGENTS,
    PRODUCTS,
    QUALIFICATIONS,
    SITE,
    SITE_REACH,
    SITES,
)
from api.listing import Limit
from api.pages import Cursor
from api.reaching import Reach, reach_of
from api.reading import Reader, TheReader
from api.registry import (
    AgentDocument,
    Counted,
    KeyRowDocument,
    PasskeyDocument,
    ProductDocument,
    QualificationDocument,
    SiteDocument,
    found,
    listed,
)
from ledger.domain.parts import Code, Country, Name, SiteKind, Timestamp
from ledger.domain.registry import kid_of
from ledger.views import registered

router = APIRouter(tags=["registry"])

SiteName = Annotated[Name, Path(examples=["northcell-1"])]
AgentName = Annotated[Name, Path(examples=["kit"])]
PAGED, ONE = problems(400, 401, 503), problems(400, 401, 404, 503)


class Sites(Counted):
    sites: list[SiteDocument]


class Agents(Counted):
    agents: list[AgentDocument]


class Qualifications(Counted):
    qualifications: list[QualificationDocument]


class Products(Counted):
    products: list[ProductDocument]


class AgentFound(AgentDocument):
    """With all that they were ever granted, their keys and passkeys: look at these before you
    approve roles."""

    qualifications: list[QualificationDocument]
    keys: list[KeyRowDocument]
    passkeys: list[PasskeyDocument]


@router.get(
    "/v1/sites",
    summary="Sites",
    response_model=Sites,
    responses=shown(SITES, "A page, by name") | PAGED,
)
def get_sites(
    request: Request,
    reader: TheReader,
    kind: Annotated[SiteKind | None, Query(examples=["care"])] = None,
    country: Annotated[Country | None, Query(examples=["GB"])] = None,
    status: Annotated[
        Literal["in force", "suspended", "closed"] | None, Query(examples=["suspended"])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    wanted = {"kind": kind, "country": country, "status": status}
    page = listed(reader, registered.sites, SiteDocument, cursor, limit, **wanted)
    return document(request, Sites(sites=page.pop("rows"), **page))


@router.get(
    "/v1/sites/{site}",
    summary="A site, and whether it is in force",
    response_model=SiteDocument,
    responses=shown(SITE, "The site") | ONE,
)
def get_site(request: Request, reader: TheReader, site: SiteName) -> Response:
    return document(request, found(reader, "site", site))


@router.get(
    "/v1/sites/{site}/reach",
    summary="Every therapy that plans the site, and every container that it handled",
    response_model=Reach,
    responses=shown(SITE_REACH, "A page of therapies, with their containers") | ONE,
)
def get_site_reach(
    request: Request, reader: TheReader, site: SiteName, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    status = found(reader, "site", site).status
    return document(request, reach_of(reader, ("site", site, status), ("site",), cursor, limit))


@router.get(
    "/v1/agents",
    summary="People and devices",
    response_model=Agents,
    responses=shown(AGENTS, "A page, by name") | PAGED,
)
def get_agents(request: Request, reader: TheReader, cursor: Cursor = None, limit: Limit = 100) -> Response:
    page = listed(reader, registered.agents, AgentDocument, cursor, limit)
    return document(request, Agents(agents=page.pop("rows"), **page))


@router.get(
    "/v1/agents/{agent}",
    summary="A person or device: roles, qualifications, keys, passkeys",
    response_model=AgentFound,
    responses=shown(AGENT, "The agent") | ONE,
)
def get_agent(request: Request, reader: TheReader, agent: AgentName) -> Response:
    about = found(reader, "agent", agent)
    keys = listed(reader, registered.keys, KeyRowDocument, None, 1000, agent=agent)["rows"]
    granted = _granted(reader, agent, about.organisation)
    passkeys = _passkeys(reader, agent)
    told = AgentFound(**about.model_dump(), qualifications=granted, keys=keys, passkeys=passkeys)
    return document(request, told)


def _passkeys(reader: Reader, name: str) -> list[PasskeyDocument]:
    agent = reader.world.agent(name)
    known = [reader.world.passkey(one) for one in (agent.passkeys if agent else ())]
    return [
        PasskeyDocument(
            credential=one.credential,
            kid=kid_of(one.key),
            rp_id=one.rp_id,
            status=one.status,
            position=one.position,
            added_position=one.added,
        )
        for one in known
        if one is not None
    ]


def _granted(reader: Reader, name: str, organisation: str) -> list[QualificationDocument]:
    """From the agent itself: what was granted or withdrawn a moment ago counts."""
    agent = reader.world.agent(name)
    held = agent.qualifications if agent else {}
    return [
        QualificationDocument(
            agent=name,
            qualification=qualification,
            organisation=organisation,
            expires_at=one.expires_at,
            position=one.position,
        )
        for qualification, one in sorted(held.items())
    ]


@router.get(
    "/v1/agents/{agent}/reach",
    summary="Every therapy that they signed for, and every container in what they signed",
    response_model=Reach,
    responses=shown(AGENT_REACH, "A page of therapies, with their containers") | ONE,
)
def get_agent_reach(
    request: Request, reader: TheReader, agent: AgentName, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    about = found(reader, "agent", agent)
    status = ", ".join(about.roles) or ("administrator" if about.administrator else "no role in effect")
    return document(request, reach_of(reader, ("agent", agent, status), ("agent",), cursor, limit))


@router.get(
    "/v1/qualifications",
    summary="Qualifications, those that end first in front",
    response_model=Qualifications,
    responses=shown(QUALIFICATIONS, "A page") | PAGED,
)
def get_qualifications(
    request: Request,
    reader: TheReader,
    expiring_before: Annotated[Timestamp | None, Query(examples=["2027-01-01T00:00:00.000Z"])] = None,
    agent: Annotated[Name | None, Query(examples=["nora"])] = None,
    qualification: Annotated[Code | None, Query(examples=["bedside"])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    wanted = {"expiring_before": expiring_before, "agent": agent, "qualification": qualification}
    page = listed(reader, registered.qualifications, QualificationDocument, cursor, limit, **wanted)
    return document(request, Qualifications(qualifications=page.pop("rows"), **page))


@router.get(
    "/v1/products",
    summary="Products, version by version",
    response_model=Products,
    responses=shown(PRODUCTS, "A page, by name and version") | PAGED,
)
def get_products(
    request: Request,
    reader: TheReader,
    product: Annotated[Name | None, Query(examples=["decentra-car"])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    page = listed(reader, registered.products, ProductDocument, cursor, limit, product=product)
    return document(request, Products(products=page.pop("rows"), **page))
