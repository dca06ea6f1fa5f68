"""One container: who holds it, and what it came from and became. Read from the log itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.documents import BedsideContainer, bedside_container
from api.examples import BEDSIDE_CONTAINER, CONTAINER_LINEAGE, DOSE
from api.lineage import LineageNode, nodes, reached
from api.moments import Moment, time_of
from api.reading import Reader
from api.shown_to import TheView
from ledger.domain.chain import Chain
from ledger.errors import NotFound

router = APIRouter(tags=["containers"])

ContainerId = Annotated[str, Path(description="The container's id", examples=[DOSE])]
PROBLEMS = problems(400, 401, 403, 404, 503)


class ContainerLineage(BaseModel):
    """Direct `parents` and `children`; all `ancestors` and `descendants`, the nearest first."""

    container: str
    chain: str
    as_of_position: int
    parents: list[LineageNode]
    children: list[LineageNode]
    ancestors: list[LineageNode]
    descendants: list[LineageNode]


@router.get(
    "/v1/containers/{container}",
    summary="A container's state and holder",
    response_model=BedsideContainer,
    responses=shown(BEDSIDE_CONTAINER, "The container") | PROBLEMS,
)
def get_container(request: Request, view: TheView, container: ContainerId) -> Response:
    reader, moment = view
    chain = chain_with(reader, moment, container)
    world = reader.world_before(moment.position)
    found = bedside_container(
        chain.containers[container], chain, world, moment.position, time_of(reader, moment)
    )
    return document(request, found)


@router.get(
    "/v1/containers/{container}/lineage",
    summary="What a container came from, and became",
    response_model=ContainerLineage,
    responses=shown(CONTAINER_LINEAGE, "Up and down") | PROBLEMS,
)
def get_lineage(request: Request, view: TheView, container: ContainerId) -> Response:
    reader, moment = view
    chain = chain_with(reader, moment, container)
    found = nodes(chain)
    this = found[container]
    lineage = ContainerLineage(
        container=container,
        chain=chain.coi,
        as_of_position=moment.position,
        parents=[found[name] for name in this.parents if name in found],
        children=[found[name] for name in this.children],
        ancestors=reached(found, container, "parents"),
        descendants=reached(found, container, "children"),
    )
    return document(request, lineage)


def chain_with(reader: Reader, moment: Moment, container: str) -> Chain:
    """The therapy that the container belongs to. Raises `NotFound` (`no_such_container`)."""
    coi = reader.world.chain_of_container(container)
    if coi is not None and reader.may_read(coi):
        chain = reader.chain(coi, moment.position)
        if container in chain.containers:
            return chain
    raise NotFound("no_such_container", "there is no such container that you may read")
