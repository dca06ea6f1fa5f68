"""The composition root: one ledger and its settings become an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.alarming import open_alarms
from api.challenges import cursor_key
from api.describing import describe
from api.feeds import Feeds
from api.intake import Intake
from api.label_documents import LabelWanted
from api.live import open_live
from api.live.subscriber import Subscriber
from api.metrics import Metrics
from api.node import Node
from api.observed import CODE, Observed
from api.pace import Pace
from api.problems import problem_of
from api.routes import (
    alarms,
    carriers,
    chains,
    chart,
    containers,
    custody,
    deviations,
    entries,
    evidence,
    exports,
    feed,
    health,
    infusion,
    keys,
    labels,
    log,
    patients,
    persons,
    quality,
    quarantines,
    readiness,
    readings,
    registry,
    release,
    replay,
    report,
    search,
    session,
    signed,
    standards,
    statements,
    supply,
    temperature,
    time_stamps,
    vault,
    web,
)
from api.routes.patients import PatientQuestion
from api.routes.release import ReleaseQuestion
from api.sessions import Sessions
from api.settings import VERSION, Settings
from api.stamping import Stamping
from api.tries import Tries
from api.vault.documents import CommitmentQuestion, PatientEntry, PersonEntry
from api.vault.erasing import Erasing
from api.web import App
from api.witnessing import Witnessing
from ledger.errors import Malformed, NotFound, UnbrokenError
from ledger.store.captures import CaptureStore
from ledger.store.cosignatures import CosignatureStore
from ledger.store.evidence import EvidenceStore
from ledger.store.time_stamps import TimeStampStore
from ledger.views.runner import Projector

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.vault.vault import Vault
    from ledger.application import Ledger
    from ledger.export.seal import Seal

DESCRIPTION = """Who held which bag of cells, for which patient, and the proof of it.

Writing needs a signature by an enrolled key, reading a session opened by a signed sign-in. The
log's own paths under `/log/` are C2SP's (tlog-tiles, tlog-checkpoint). Every problem is
an RFC 9457 document with a stable `code`."""
ROUTERS = (
    session, log, time_stamps, entries, readings, feed, chains, infusion, containers, carriers, readiness,
    custody, deviations, quarantines, temperature, alarms, chart, report, evidence, exports, quality, release,
    supply, registry, keys, labels, patients, persons, vault, replay, search, signed, standards, health, web,
)  # fmt: skip
QUESTIONS = (
    infusion.InfusionQuestion, LabelWanted, PatientQuestion, ReleaseQuestion, PatientEntry, PersonEntry,
    CommitmentQuestion,
)  # fmt: skip  # bodies read by hand


class Server(FastAPI):
    """FastAPI, but for the busiest path, which goes straight to the intake."""

    straight: ASGIApp
    recording: BaseRoute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == statements.PATH and scope["method"] == "POST":
            scope["route"] = self.recording  # for the log line
            await self.straight(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    ledger: Ledger,
    settings: Settings | None = None,
    seal: Seal | None = None,
    vault: Vault | None = None,
) -> FastAPI:
    """The server of one ledger. The caller keeps the ledger, and closes it after the server.

    `seal` signs the reports; `vault` knows who people are.
    """
    node = _node(ledger, settings or Settings(), seal, vault)
    app = Server(
        title="Unbroken",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,  # both pages load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.node = node
    _put_routes(app, node)
    app.add_middleware(Observed, metrics=node.metrics)
    _say_problems(app)
    app.openapi = lambda: describe(app, *QUESTIONS)  # type: ignore[method-assign]
    return app


def _node(ledger: Ledger, settings: Settings, seal: Seal | None, vault: Vault | None) -> Node:
    metrics = Metrics()
    cosignatures = CosignatureStore(ledger.store)
    time_stamps_kept = TimeStampStore(ledger.store)
    projector = Projector(ledger.store.engine, ledger.store)
    evidence_store = EvidenceStore(ledger.store.engine)
    live = open_live(ledger, evidence_store, projector, metrics, settings)
    return Node(
        ledger=ledger,
        settings=settings,
        app=App(settings.app_folder),
        sessions=Sessions(ledger, settings),
        intake=Intake(ledger, metrics),
        feeds=Feeds(ledger, settings),
        metrics=metrics,
        projector=projector,
        cursor_key=cursor_key(ledger.config.event_key),
        tries=Tries(settings.max_patient_tries),
        evidence=evidence_store,
        captures=CaptureStore(ledger.store.engine),
        label_checks=Pace(settings.label_checks_a_minute),
        cosignatures=cosignatures,
        witnessing=Witnessing(ledger.store, cosignatures, settings.witnesses),
        time_stamps=time_stamps_kept,
        stamping=Stamping(ledger.store, time_stamps_kept, settings.authorities, ledger.config.clock_ms),
        seal=seal,
        vault=vault,
        erasing=Erasing(vault, ledger.store, ledger.world_at),
        live=live,
        alarms=open_alarms(ledger, live, settings),
    )


def _put_routes(app: Server, node: Node) -> None:
    intake = statements.Statements(node.intake, node.settings)
    app.straight, app.recording = Observed(intake, node.metrics), statements.route(intake)
    app.router.routes.append(app.recording)
    for module in ROUTERS:
        app.include_router(module.router)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The read models follow the log for as long as this process serves."""
    node: Node = app.state.node
    await run_in_threadpool(node.erasing.start)
    node.projector.start()
    node.witnessing.start()
    node.stamping.start()
    sealing = asyncio.create_task(node.live.sealer.run())
    async with node.alarms.running(), _hearing(node):
        yield
        await node.close_feeds()
    await node.live.intake.close()
    node.live.sealer.close()
    await sealing
    await run_in_threadpool(node.stamping.close)
    await run_in_threadpool(node.erasing.close)
    await run_in_threadpool(node.witnessing.close)
    await run_in_threadpool(node.projector.close)


@asynccontextmanager
async def _hearing(node: Node) -> AsyncIterator[None]:
    """Loggers are heard by MQTT, where a broker is named."""
    if not node.settings.mqtt:
        yield
        return
    node.metrics.mqtt = subscriber = Subscriber(node.settings.mqtt, node.live.intake)
    subscriber.open()
    try:
        yield
    finally:
        await subscriber.close()


def _say_problems(app: FastAPI) -> None:
    app.add_exception_handler(UnbrokenError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnbrokenError)
    request.scope[CODE] = error.code
    return problem_of(error).response()


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Name the first part that is wrong, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"][1:])
    return await _on_error(request, Malformed("invalid_request", f"{where}: {first['msg']}"))


async def _on_http(request: Request, error: Exception) -> Response:
    """What the router itself refuses."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        refusal: UnbrokenError = Malformed("method_not_allowed", f"{request.method} is not done here")
    else:
        refusal = NotFound("no_such_resource", "there is nothing at this address")
    response = await _on_error(request, refusal)
    response.headers.update(error.headers or {})
    return response
