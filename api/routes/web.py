"""The app's files and pages, and which build this server serves."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from api.describing import problems, shown
from api.examples import APP
from api.node import TheNode
from api.web import BASE, HASHED, SECURITY_HEADERS, published
from ledger.domain.registry import PublishedApp
from ledger.errors import NotFound

router = APIRouter()
READ = ["GET", "HEAD"]


class PublishedDocument(BaseModel):
    """A build that the entry at `position` publishes."""

    version: str
    digest: str
    files: int
    position: int


class AppDocument(BaseModel):
    """The build that is served; `version` and `digest` are null where the app was not built.

    `position`: the newest entry that publishes it; null: the log does not name it. `newest`: what
    the log says should be served.
    """

    version: str | None
    digest: str | None
    files: int
    position: int | None
    newest: PublishedDocument | None


@router.get(
    "/v1/app",
    tags=["operation"],
    summary="Which build of the app is served, and does the log name it?",
    responses=shown(APP, "The build") | problems(503),
)
def get_app(node: TheNode) -> AppDocument:
    size, _ = node.ledger.store.head()
    state = node.ledger.world_at(size).log()
    app, served = node.app, published(node.app, state)
    return AppDocument(
        version=app.version or None,
        digest=app.digest or None,
        files=app.count,
        position=served.position if served else None,
        newest=_document(state.apps[-1]) if state.apps else None,
    )


@router.api_route("/", methods=READ, include_in_schema=False)
def get_root(request: Request) -> Response:
    """A person who typed the host's name wants the app; a program is told that nothing is here."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(BASE, 307, SECURITY_HEADERS)
    raise _nothing()


@router.api_route("/app", methods=READ, include_in_schema=False)
def get_app_without_slash() -> Response:
    return RedirectResponse(BASE, 308, SECURITY_HEADERS)


@router.api_route("/app/{path:path}", methods=READ, include_in_schema=False)
def get_app_file(request: Request, node: TheNode, path: str) -> Response:
    """A file, or the shell for an address inside the app. A file that went is never the shell."""
    if found := node.app.file(request, path):
        return found
    if path.startswith(HASHED) or "." in path.rpartition("/")[2]:
        raise _nothing()
    return node.app.page(request)


@router.api_route("/B/{token}", methods=READ, include_in_schema=False)
@router.api_route("/b/{token}", methods=READ, include_in_schema=False)
def get_label_page(request: Request, node: TheNode, token: str) -> Response:
    """Where a label's link leads: the shell, which asks what there is to know of the label."""
    return node.app.page(request)


def _document(one: PublishedApp) -> PublishedDocument:
    return PublishedDocument(version=one.version, digest=one.digest, files=one.files, position=one.position)


def _nothing() -> NotFound:
    return NotFound("no_such_resource", "there is nothing at this address")
