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
from api.web import standing
from ledger.store.live import LiveRecording

router = APIRouter(tags=["operation"])
DAY_MS = 86_400_000


class Health(BaseModel):
    """`projection_lag`: entries that the read models have not taken in yet. `app`: `published` where
    the app that is served is the newest that the log names, else `unpublished`, or `not_built`."""

    status: str
    log_size: int
    projection_lag: int
    app: str


@router.get(
    "/v1/health",
    summary="Is this node well?",
    responses=shown(HEALTH, "It reads its database") | problems(503),
)
def get_health(node: TheNode) -> Health:
    size, _ = node.ledger.store.head()
    app = standing(node.app, node.ledger.world_at(size).log())
    return Health(status="ok", log_size=size, projection_lag=node.projector.lag(), app=app)


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses=shown(METRICS, "Text format 0.0.4", media_type=MEDIA_TYPE) | problems(503),
)
async def get_metrics(node: TheNode) -> Response:
    return Response(node.metrics.text(*await run_in_threadpool(_numbers, node)), media_type=MEDIA_TYPE)


def _numbers(node: Node) -> tuple[int, int, list[LiveRecording]]:
    lately = node.live.store.lately(node.ledger.config.clock_ms() - DAY_MS)
    return node.ledger.store.head()[0], node.projector.lag(), lately
