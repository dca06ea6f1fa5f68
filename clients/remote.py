"""One server over HTTP: sessions opened by a signed sign-in, problems turned into errors.

A network that fails is a `Fault` `unreachable`: it says nothing about what was asked. The
session is opened by the first request that needs one, and again when it has run out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from clients.problems import error_of
from ledger.errors import Fault, NotFound
from ledger.proof.merkle import NodeReader
from ledger.proof.tiles import TILE_HEIGHT, TILE_WIDTH, tile_path, tile_reader

HASH_SIZE = 32
TIMEOUT = httpx.Timeout(30.0, connect=5.0)  # a dock without a network must not hold up a courier
BRIEFLY_S = 2.0
SILENCE = httpx.Timeout(45.0, connect=5.0)  # three heartbeats of a feed: then its connection is dead
PATIENCE = httpx.Timeout(600.0, connect=5.0)  # a bundle is chosen before its first byte comes
KEPT_TILES = 1024  # 8 MB of full tiles, which never change
ONE = "application/cose"
JSON = "application/json"
EVENTS = "text/event-stream"
MANY = "application/cbor-seq"  # RFC 8742
Verdict = tuple[int, dict[str, Any]]  # status, answer or problem


class Remote:
    """The HTTP side of a client. Safe to use from several threads."""

    def __init__(
        self, server: str, sign_in: Callable[[str], bytes], transport: httpx.BaseTransport | None = None
    ) -> None:
        """`sign_in` signs the statement that answers a challenge."""
        self._http = httpx.Client(base_url=server, transport=transport, timeout=TIMEOUT)
        self._sign_in = sign_in
        self._session = threading.Lock()
        self._token = ""
        self._tiles: dict[tuple[int, int], bytes] = {}

    def close(self) -> None:
        self._http.close()

    @contextmanager
    def briefly(self) -> Iterator[None]:
        """Meanwhile, wait for no answer longer than `BRIEFLY_S`: somebody wants to sign."""
        self._http.timeout = httpx.Timeout(BRIEFLY_S)
        try:
            yield
        finally:
            self._http.timeout = TIMEOUT

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request as it is, whatever the answer. Raises `Fault` `unreachable`."""
        try:
            return self._http.request(method, path, **options)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error

    def public(self, path: str, **options: Any) -> httpx.Response:
        """GET what needs no session. Raises the error that the server named."""
        return _checked(self.send("GET", path, **options))

    def read(
        self, path: str, *, method: str = "GET", accept: str = "application/json", **options: Any
    ) -> Any:
        """Ask within a session: parsed JSON, or bytes where `accept` is another type.

        Raises the error that the server named.
        """
        response = self.answer(path, method=method, accept=accept, **options)
        return _json(response) if accept == JSON else response.content

    def answer(self, path: str, *, method: str, accept: str = "*/*", **options: Any) -> httpx.Response:
        """As `read`, with the answer's headers."""
        response = self._within_session(method, path, accept, options)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token = ""  # run out, or the server has restarted: once more, then it is an answer
            response = self._within_session(method, path, accept, options)
        return _checked(response)

    @contextmanager
    def streaming(self, path: str, headers: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        """GET within a session an answer that goes on; a session that ran out is forgotten.

        Raises the error that the server named; `Fault` `unreachable` also where it breaks off.
        """
        with self.streamed(path, {**headers, "accept": EVENTS}, SILENCE) as response:
            yield response.iter_bytes()

    @contextmanager
    def streamed(
        self, path: str, headers: Mapping[str, str], timeout: httpx.Timeout = PATIENCE
    ) -> Iterator[httpx.Response]:
        """The same with the answer's own status and headers; its body is read as it comes."""
        own = {"authorization": f"Bearer {self._signed_in()}"}
        try:
            with self._http.stream("GET", path, headers={**headers, **own}, timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                if response.status_code == httpx.codes.UNAUTHORIZED:
                    self._token = ""
                yield _checked(response)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error

    def sign_in(self) -> dict[str, Any]:
        """Open a session: {"token", "agent", "expires_at"}. Raises what the server says."""
        challenge = _json(self.public("/v1/session/challenge"))["challenge"]
        body = self._sign_in(challenge)
        response = self.send("POST", "/v1/session", content=body, headers={"content-type": ONE})
        session: dict[str, Any] = _json(_checked(response))
        self._token = session["token"]
        return session

    def post(self, statements: Sequence[bytes]) -> list[Verdict]:
        """Send statements, one as itself, several as a CBOR sequence: a verdict for each.

        Raises `Fault` or `TooMany` where the server says nothing about the statements, and
        `Malformed` where it refuses a body of several as a whole.
        """
        kind = ONE if len(statements) == 1 else MANY
        response = self.send(
            "POST", "/v1/statements", content=b"".join(statements), headers={"content-type": kind}
        )
        if kind == ONE:
            return [(response.status_code, _json(response))]
        answers: list[dict[str, Any]] = _json(_checked(response)).get("answers", [])
        if len(answers) != len(statements):
            raise Fault("bad_answer", f"{len(statements)} statements got {len(answers)} answers")
        return [(int(answer.get("status", 500)), answer) for answer in answers]

    def nodes(self, size: int) -> NodeReader:
        """The complete subtrees of the log's tree of `size` entries, from its public tiles."""
        return tile_reader(lambda level, index: self._tile(level, index, size))

    def file(self, path: str, full_path: str, *, session: bool = False) -> bytes:
        """A file of the log; a partial tile may be gone once the full one is there (tlog-tiles)."""
        try:
            return self._file(path, session)
        except NotFound:
            return self._file(full_path, session)

    def _file(self, path: str, session: bool) -> bytes:
        content: bytes = self.read(path, accept="*/*") if session else self.public(path).content
        return content

    def _tile(self, level: int, index: int, size: int) -> bytes:
        width = min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
        if (level, index) in self._tiles:
            return self._tiles[level, index][: width * HASH_SIZE]
        data = self.file(f"/log/{tile_path(level, index, width)}", f"/log/{tile_path(level, index)}")
        if len(data) == TILE_WIDTH * HASH_SIZE and len(self._tiles) < KEPT_TILES:
            self._tiles[level, index] = data
        return data[: width * HASH_SIZE]

    def _within_session(
        self, method: str, path: str, accept: str, options: Mapping[str, Any]
    ) -> httpx.Response:
        own = {"authorization": f"Bearer {self._signed_in()}", "accept": accept}
        headers = {**options.get("headers", {}), **own}
        return self.send(method, path, **{**options, "headers": headers})

    def _signed_in(self) -> str:
        with self._session:
            if not self._token:
                self.sign_in()
            return self._token

    def _unreachable(self, error: Exception) -> Fault:
        text = str(error) or type(error).__name__
        return Fault("unreachable", f"no answer from {self._http.base_url}: {text}")


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"detail": f"{response.url.path}: the server answered {response.status_code}"}
    raise error_of(problem, response.status_code)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Fault("bad_answer", f"{response.url.path}: the server's answer is not a JSON object")
    return document
