"""Whether this node works, and its numbers. Both are public and name nobody."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.describing import problems, shown
from api.examples import HEALTH, METRICS
from api.metrics import MEDIA_TYPE
from api.node import Node, TheNode
from api.stamping import StampStanding
from api.web import standing
from api.witnessing import Standing
from ledger.store.live_rows import LiveRecording

router = APIRouter(tags=["operation"])
DAY_MS = 86_400_000


class WitnessHealth(BaseModel):
    """`log_size` of the newest head that it cosigned; `state`: `new`, `cosigns`, or the code of what
    fails: `witness_unreachable`, `witness_refuses`, `witness_ahead`, …"""

    name: str
    log_size: int
    state: str


class AuthorityHealth(BaseModel):
    """`log_size` of the newest head that it stamped; `state`: `new`, `stamps`, or the code of what
    fails: `authority_unreachable`, `time_stamp_refused`, `bad_time_stamp`, …"""

    authority: str
    log_size: int
    state: str


class Health(BaseModel):
    """`projection_lag`: entries that the read models have not taken in yet. `app`: `published` where
    the app that is served is the newest that the log names, else `unpublished`, or `not_built`.
    `witnessed_size`: entries of the newest head whose cosignatures meet this node's policy, null
    where none does or nobody is asked."""

    status: str
    log_size: int
    projection_lag: int
    app: str
    witnessed_size: int | None
    witnesses: list[WitnessHealth]
    authorities: list[AuthorityHealth]


@router.get(
    "/v1/health",
    summary="Is this node well?",
    responses=shown(HEALTH, "It reads its database") | problems(503),
)
def get_health(node: TheNode) -> Health:
    size, _ = node.ledger.store.head()
    app = standing(node.app, node.ledger.world_at(size).log())
    witnessed = node.witnessing.newest()
    return Health(
        status="ok",
        log_size=size,
        projection_lag=node.projector.lag(),
        app=app,
        witnessed_size=witnessed.size if witnessed else None,
        witnesses=[
            WitnessHealth(name=one.name, log_size=one.size, state=one.state)
            for one in node.witnessing.standings()
        ],
        authorities=[
            AuthorityHealth(authority=one.url, log_size=one.size, state=one.state)
            for one in node.stamping.standings()
        ],
    )


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses=shown(METRICS, "Text format 0.0.4", media_type=MEDIA_TYPE) | problems(503),
)
async def get_metrics(node: TheNode) -> Response:
    return Response(node.metrics.text(*await run_in_threadpool(_numbers, node)), media_type=MEDIA_TYPE)


def _numbers(
    node: Node,
) -> tuple[int, int, list[LiveRecording], list[Standing], int, list[StampStanding]]:
    lately = node.live.store.lately(node.ledger.config.clock_ms() - DAY_MS)
    size, witnessed = node.ledger.store.head()[0], node.witnessing.newest()
    standings = node.witnessing.standings()
    met = witnessed.size if witnessed else 0
    return size, node.projector.lag(), lately, standings, met, node.stamping.standings()
