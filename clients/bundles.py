"""A bundle of evidence, fetched into a file: what was begun goes on where it was.

FILE.part         what came so far
FILE.part.json    of which request, and the entity tag under which the server gave it
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import httpx

from clients.remote import Remote
from ledger.errors import Fault, Malformed, ProofInvalid, Unauthorised, UnbrokenError
from ledger.proof.archive import Read, open_archive
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.note import parse_note

ZIP = "application/zip"
PATIENCE_S, LOOK_S = 5.0, 0.25  # for witnesses: a server hands a head out within one second
TRIES = 3  # in one run; the next run goes on as well
Progress = Callable[[int, int | None], None]
"""(bytes there, bytes in all or None)"""


class Begun(NamedTuple):
    """A download that is on its way: the request's position, what it asked for, the bytes' tag."""

    position: int
    asked: dict[str, Any]
    tag: str


def begun(path: Path) -> Begun | None:
    """What was begun for this file and not finished."""
    try:
        said = json.loads(_notes(path).read_bytes())
        return Begun(int(said["position"]), dict(said["asked"]), str(said["tag"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def await_witnesses(remote: Remote, position: int, patience_s: float = PATIENCE_S) -> bool:
    """Give the server's witnesses some seconds to cosign the entry's head, so that the bundle carries their
    lines. False: they did not, or the server asks none."""
    until = time.monotonic() + patience_s
    while True:
        try:
            note = remote.public("/log/checkpoint.witnessed").content
            if parse_checkpoint(parse_note(note).text).size > position:
                return True
        except UnbrokenError:  # the bundle itself is asked for next, and says what is wrong
            return False
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_S)


def fetch_bundle(remote: Remote, position: int, asked: dict[str, Any], path: Path, progress: Progress) -> int:
    """Fetch the bundle that the entry at `position` asked for into `path`; its length.

    Raises what the server says; `Fault` `unreachable` after some tries, and what came stays;
    `ProofInvalid` `damaged_bundle`, and what came goes. Whether it holds, `unbroken verify` says.
    """
    known = begun(path)
    if known is None or known.position != position:
        _part(path).unlink(missing_ok=True)
        known = Begun(position, asked, "")
    _write(_notes(path), known)
    for left in reversed(range(TRIES)):
        try:
            _go_on(remote, known, path, progress)
            break
        except (Fault, Unauthorised) as error:
            if not left or error.code not in ("unreachable", "no_session"):
                raise
            known = begun(path) or known
    return _finish(path)


def _go_on(remote: Remote, known: Begun, path: Path, progress: Progress) -> None:
    """One connection. The server sends all of it again if the bytes would not be the same."""
    part = _part(path)
    there = part.stat().st_size if known.tag and part.exists() else 0
    headers = {"accept": ZIP}
    if there:
        headers |= {"range": f"bytes={there}-", "if-range": known.tag}
    with remote.streamed(f"/v1/exports/{quote(str(known.position))}", headers) as response:
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            there = 0
        _write(_notes(path), known._replace(tag=response.headers.get("etag", "")))
        total = _total(response)
        with part.open("r+b" if there else "wb") as file:
            file.seek(there)
            for piece in response.iter_bytes():
                file.write(piece)
                there += len(piece)
                progress(there, total)


def _finish(path: Path) -> int:
    part = _part(path)
    length = part.stat().st_size
    try:
        with part.open("rb") as file:
            open_archive(reader_of(file), length)
    except Malformed as error:
        part.unlink()
        _notes(path).unlink(missing_ok=True)
        raise ProofInvalid("damaged_bundle", f"what came is no bundle: {error.detail}") from None
    part.replace(path)
    _notes(path).unlink(missing_ok=True)
    return length


def reader_of(file: BinaryIO) -> Read:
    """Reads an open file anywhere, as an archive is read."""

    def read(offset: int, length: int) -> bytes:
        file.seek(offset)
        return file.read(length)

    return read


def _total(response: httpx.Response) -> int | None:
    total = response.headers.get("content-range", "").rpartition("/")[2]
    return int(total) if total.isdecimal() else None


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _notes(path: Path) -> Path:
    return path.with_name(f"{path.name}.part.json")


def _write(path: Path, known: Begun) -> None:
    fresh = path.with_name(f".fresh-{path.name}")
    fresh.write_text(json.dumps(known._asdict()), encoding="utf-8")
    fresh.replace(path)
