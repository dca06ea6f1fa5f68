"""The app as it is served: one build in memory, compressed once, under a strict policy.

Read when the server starts: whatever happens to the files on disk later, what is served is one
build, the one that `/v1/app` names.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from starlette.responses import Response

from api.conditional import FOR_EVER, REVALIDATE, matches
from clients.built import Built, read_build
from ledger.errors import UnbrokenError

if TYPE_CHECKING:
    from starlette.requests import Request

    from ledger.domain.registry import LogState, PublishedApp

BASE = "/app/"
PAGE = "index.html"
WORKER = "sw.js"
HASHED = "assets/"  # their names change with their content
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
PACKED_ALREADY = (".png", ".woff2")
# Nothing inline, nothing from elsewhere, no text that becomes markup or code. `wasm-unsafe-eval`
# is for the scanner; the one Trusted Types policy is `src/core/trusted.ts`.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "font-src": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "default",
}
_FEATURES = "camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
SECURITY_HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": _FEATURES,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Unbroken</title>
<h1>This server has no app</h1>
<p>The ledger runs, and programs reach it as ever. The app was not built when this server was set up:
neither Node 20.19 nor a package registry was in reach.</p>
<p>Whoever runs it: build the app with <code>make app</code>, or install a wheel that has it, and start the
server again.</p>
"""

log = logging.getLogger("unbroken.app")


@dataclass(frozen=True, slots=True)
class WebFile:
    """One file, and its gzip form where that is smaller."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


class App:
    """The build that this server serves; none, where there is none or its files are damaged."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, WebFile] = {}
        self.version = self.digest = ""
        try:
            self._take(read_build(folder))
        except UnbrokenError as error:
            log.warning("there is no app to serve", extra={"code": error.code, "detail": error.detail})

    @property
    def is_built(self) -> bool:
        return bool(self._files)

    @property
    def count(self) -> int:
        """Files that the build's list names."""
        return max(len(self._files) - 1, 0)

    def page(self, request: Request) -> Response:
        """The shell, for whichever of its addresses was asked for."""
        if not self.is_built:
            headers = SECURITY_HEADERS | {"cache-control": "no-store"}
            return Response(NOT_BUILT, 503, headers, MEDIA_TYPES[".html"])
        return self._answer(request, PAGE)

    def file(self, request: Request, path: str) -> Response | None:
        """None: the build has no such file."""
        return self._answer(request, path) if path in self._files else None

    def _take(self, built: Built) -> None:
        self.version, self.digest = built.named.version, built.named.digest
        self._files = {path: _web_file(path, body) for path, body in built.contents.items()}

    def _answer(self, request: Request, path: str) -> Response:
        found = self._files[path]
        headers = SECURITY_HEADERS | {
            "cache-control": FOR_EVER if path.startswith(HASHED) else REVALIDATE,
            "etag": found.etag,
            "vary": "accept-encoding",
        }
        if path == WORKER:
            headers["service-worker-allowed"] = "/"  # a label's link, /B/…, opens without a network too
        if matches(request.headers.get("if-none-match", ""), found.etag):
            return Response(status_code=304, headers=headers)
        body = found.body
        if found.packed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
            body, headers["content-encoding"] = found.packed, "gzip"
        return Response(body, headers=headers, media_type=found.media_type)


def published(app: App, state: LogState) -> PublishedApp | None:
    """The newest entry that names the build that is served; None: no entry does."""
    return next((one for one in reversed(state.apps) if one.digest == app.digest), None)


def standing(app: App, state: LogState) -> str:
    """In one word: is what people are served what the log says they should be?"""
    if not app.is_built:
        return "not_built"
    return "published" if state.apps and state.apps[-1].digest == app.digest else "unpublished"


def _web_file(path: str, body: bytes) -> WebFile:
    kind = PurePosixPath(path).suffix
    packed = None if kind in PACKED_ALREADY else gzip.compress(body, 9, mtime=0)
    smaller = packed if packed is not None and len(packed) < len(body) else None
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'  # weak: the same for both forms
    return WebFile(body, smaller, MEDIA_TYPES.get(kind, "application/octet-stream"), etag)


def _takes_gzip(header: str) -> bool:
    """RFC 9110 section 12.5.3, as far as browsers use it."""
    return re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", header) is not None
