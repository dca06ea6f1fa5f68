"""One log line and one count for every request, and an answer even where we fail.

A line has the request's id, the route's template, the status, the time and the code. Never
the address, the query, a body or the text of an exception: they could name a patient's
therapy, and logs are read by people who may not.
"""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from api.problems import problem_of
from ledger.errors import Fault

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.metrics import Metrics

CODE = "unbroken.code"  # where the error handler leaves the code in the scope
WENT_AWAY = 499  # no answer was sent, for nobody was there to get it

log = logging.getLogger("unbroken.requests")


class Observed:
    """Pure ASGI middleware; the outermost of ours."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        observed = _Request(scope, send)
        try:
            await self._app(scope, receive, observed.send)
        except ClientDisconnect:
            observed.status = WENT_AWAY
        except Exception as error:
            await observed.fail(error, receive)
        observed.report(self._metrics)
        return None


class _Request:
    __slots__ = ("_answered", "_scope", "_send", "_started", "id", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._started = time.perf_counter()
        self._answered = 0.0
        self.id = secrets.token_hex(8)
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._answered = time.perf_counter()  # a feed then goes on for hours
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.id.encode())]
        await self._send(message)

    async def fail(self, error: Exception, receive: Receive) -> None:
        """Say where it happened, not what it said."""
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        log.error("failed", extra={"request_id": self.id, "error": type(error).__name__, "where": where})
        if not self.status:
            problem = problem_of(Fault("internal", f"the ledger failed; tell its operator {self.id}"))
            self._scope[CODE] = problem.code
            await problem.response()(self._scope, receive, self.send)

    def report(self, metrics: Metrics) -> None:
        seconds = (self._answered or time.perf_counter()) - self._started
        route = getattr(self._scope.get("route"), "path", "none")
        method = self._scope["method"]
        metrics.request(method, route, self.status, seconds)
        if log.isEnabledFor(logging.INFO):
            line = {"request_id": self.id, "method": method, "route": route, "status": self.status}
            code = self._scope.get(CODE)
            log.info(
                "request", extra=line | {"ms": round(seconds * 1000, 2)} | ({"code": code} if code else {})
            )
