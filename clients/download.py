"""A copy of the whole log in a folder, for an audit that needs no server.

    DIR/checkpoint            the newest head, written last: a folder that has it is complete
    DIR/checkpoints/<size>    every head that the log ever signed
    DIR/timestamps/<size>-<n>.ers  what authorities outside say of some heads (RFC 4998)
    DIR/tile/<L>/<N>[.p/<W>]  hashes        (c2sp.org/tlog-tiles)
    DIR/tile/entries/<N>…     the statements themselves

Resumable: a full tile never changes, so what is there is kept, and a file appears only
whole. Nothing here is believed because it was downloaded: `unbroken verify` audits it.
"""

from __future__ import annotations

import base64
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.remote import HASH_SIZE, Remote
from ledger.errors import Fault, NotFound, ProofInvalid
from ledger.proof.checkpoint import SignedCheckpoint, open_checkpoint, stamp_name
from ledger.proof.note import VerifierKey, parse_note
from ledger.proof.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    decode_bundle,
    encode_bundle,
    entries_path,
    tile_path,
)
from ledger.proof.witnesses import Policy

CHECKPOINTS_A_PAGE = 1000
WORKERS = 8  # the wait is the network's, not this machine's
Progress = Callable[[int, int], None]  # files done, files in all


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What stands in the folder now. `fetched` files came over the network, `kept` were there."""

    folder: Path
    size: int
    root: bytes
    fetched: int
    kept: int
    checkpoints: int
    left: int  # entries behind a head that meets the policy, where one was asked for


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the log: `level` is a number, or None for a bundle of entries."""

    level: int | None
    index: int
    width: int

    def path(self, width: int | None = None) -> str:
        wide = width or self.width
        return (
            entries_path(self.index, wide) if self.level is None else tile_path(self.level, self.index, wide)
        )


def download_log(
    remote: Remote,
    vkey: VerifierKey,
    folder: Path,
    progress: Progress | None = None,
    policy: Policy | None = None,
) -> Downloaded:
    """Copy the log as of its newest checkpoint into `folder`, or bring a copy up to date.

    With a policy: as of the newest that meets it, unless the copy is beyond that already. Raises
    `ProofInvalid`: `log_went_back` where the copy is newer than the server, `wrong_tile`,
    `bad_checkpoint`, `policy_not_met`; `Malformed` `malformed_policy` where a witness has the log's
    own key; `Fault` `unreachable`: call again, it goes on from there.
    """
    if policy is not None:
        policy.must_watch(vkey)
    newest = open_checkpoint(remote.public("/log/checkpoint").content, vkey)
    _no_way_back(folder / "checkpoint", newest, vkey)
    end = newest.checkpoint.size
    if policy is not None:
        newest = _cosigned(remote, vkey, policy, folder, newest)
    for left in folder.glob(".fresh-*"):
        left.unlink()
    size = newest.checkpoint.size
    wanted = [piece for piece in pieces(size) if not (folder / piece.path()).exists()]
    kept = sum(1 for _ in pieces(size)) - len(wanted)
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, _ in enumerate(pool.map(lambda piece: _fetch(remote, folder, piece), wanted), 1):
            if progress:
                progress(done, len(wanted))
    heads = _checkpoints(remote, folder, size)
    _write(folder, folder / "checkpoint", newest.note)
    _complete(remote, vkey, folder, size)
    _time_stamps(remote, folder, size)
    return Downloaded(folder, size, newest.checkpoint.root, len(wanted), kept, heads, end - size)


def _cosigned(
    remote: Remote, vkey: VerifierKey, policy: Policy, folder: Path, newest: SignedCheckpoint
) -> SignedCheckpoint:
    """The newest head that enough of the policy's witnesses cosigned; a copy never shrinks to it."""
    found = _witnessed(remote, vkey)
    if found is None or not policy.met_by(policy.cosigners(parse_note(found.note))):
        raise ProofInvalid("policy_not_met", "the server shows no head that enough witnesses cosigned")
    there = folder / "checkpoint"
    mine = open_checkpoint(there.read_bytes(), vkey).checkpoint.size if there.exists() else 0
    return found if mine <= found.checkpoint.size <= newest.checkpoint.size else newest


def _witnessed(remote: Remote, vkey: VerifierKey) -> SignedCheckpoint | None:
    """The head that the server's own policy is met by; None where there is none."""
    try:
        return open_checkpoint(remote.public("/log/checkpoint.witnessed").content, vkey)
    except NotFound:
        return None


def _complete(remote: Remote, vkey: VerifierKey, folder: Path, size: int) -> None:
    """Cosignatures come after their head: put those of the newest that has enough into its file.

    Raises `ProofInvalid` (`fork_detected`) where the log has signed another head of that size.
    """
    found = _witnessed(remote, vkey)
    path = folder / "checkpoints" / str(found.checkpoint.size) if found else None
    if found is None or path is None or found.checkpoint.size > size or not path.exists():
        return
    before = open_checkpoint(path.read_bytes(), vkey)
    if before.checkpoint != found.checkpoint:
        detail = f"the log signed two different heads of {found.checkpoint.size} entries: one is {path}"
        raise ProofInvalid("fork_detected", detail)
    if before.note != found.note:
        _write(folder, path, found.note)


def _time_stamps(remote: Remote, folder: Path, size: int) -> None:
    """Evidence records of heads up to `size`: all anew, for they grow when they are renewed."""
    after: int | None = 0
    while after is not None:
        try:
            page = remote.public("/log/time-stamps", params={"after": after}).json()
        except NotFound:  # a server from before there were any
            return
        for name, number, record in _records(page):
            if number <= size:
                _write(folder, folder / name, record)
        before, after = after, page["next_after"]
        if after is not None and after <= before:
            raise Fault("bad_answer", "the list of time stamps does not go on")


def _records(page: Any) -> list[tuple[str, int, bytes]]:
    """(name of the file, size of the head, record), numbered within each head."""
    seen: Counter[int] = Counter()
    found = []
    try:
        for item in page["time_stamps"]:
            size = int(item["size"])
            found.append(
                (stamp_name(size, seen[size]), size, base64.b64decode(item["record"], validate=True))
            )
            seen[size] += 1
    except (KeyError, TypeError, ValueError) as error:
        raise Fault("bad_answer", f"the list of time stamps cannot be read: {error!r}") from error
    return found


def pieces(size: int) -> Iterator[Piece]:
    """Every file of a log of `size` entries: bundles, then tiles from the leaves up."""
    for index, width in _widths(size):
        yield Piece(None, index, width)
    level = 0
    while size >> (TILE_HEIGHT * level):
        for index, width in _widths(size >> (TILE_HEIGHT * level)):
            yield Piece(level, index, width)
        level += 1


def _widths(count: int) -> Iterator[tuple[int, int]]:
    full, rest = divmod(count, TILE_WIDTH)
    yield from ((index, TILE_WIDTH) for index in range(full))
    if rest:
        yield full, rest


def _fetch(remote: Remote, folder: Path, piece: Piece) -> None:
    path, full = f"/log/{piece.path()}", f"/log/{piece.path(TILE_WIDTH)}"
    if piece.level is None:
        data = _cut_bundle(remote.file(path, full, session=True), piece.width)
    else:
        data = remote.file(path, full)[: piece.width * HASH_SIZE]
        if len(data) != piece.width * HASH_SIZE:
            raise ProofInvalid("wrong_tile", f"{path} has {len(data)} bytes instead of {piece.width} hashes")
    target = folder / piece.path()
    _write(folder, target, data)
    _drop_narrower(folder / f"{piece.path(TILE_WIDTH)}.p", target)


def _cut_bundle(data: bytes, width: int) -> bytes:
    entries = decode_bundle(data)
    if len(entries) < width:
        raise ProofInvalid("wrong_tile", f"a bundle has {len(entries)} entries instead of {width}")
    return data if len(entries) == width else encode_bundle(entries[:width])


def _drop_narrower(partials: Path, target: Path) -> None:
    """Partial tiles that a wider one has replaced."""
    for old in partials.iterdir() if partials.is_dir() else ():
        if old != target:
            old.unlink()
    if partials.is_dir() and target.parent != partials:
        shutil.rmtree(partials)


def _checkpoints(remote: Remote, folder: Path, size: int) -> int:
    """Fetch the heads up to `size` that are not there yet; return how many there are."""
    there = folder / "checkpoints"
    there.mkdir(parents=True, exist_ok=True)
    after = max((int(path.name) for path in there.iterdir()), default=0)
    while after < size:
        page = _page(
            remote.public("/v1/checkpoints", params={"after": after, "limit": CHECKPOINTS_A_PAGE}).json()
        )
        fitting = [(number, note) for number, note in page if after < number <= size]
        if not fitting:
            break
        for number, note in fitting:
            _write(folder, folder / "checkpoints" / str(number), note)
        after = fitting[-1][0]
    return sum(1 for _ in there.iterdir())


def _page(document: Any) -> list[tuple[int, bytes]]:
    listed: list[Any] = document.get("checkpoints", []) if isinstance(document, dict) else document
    try:
        return sorted((int(item["size"]), str(item["note"]).encode()) for item in listed)
    except (KeyError, TypeError, ValueError) as error:
        raise Fault("bad_answer", f"the list of checkpoints cannot be read: {error!r}") from error


def _no_way_back(path: Path, newest: SignedCheckpoint, vkey: VerifierKey) -> None:
    if not path.exists():
        return
    mine = open_checkpoint(path.read_bytes(), vkey).checkpoint
    if mine.size > newest.checkpoint.size:
        raise ProofInvalid(
            "log_went_back",
            f"this copy has {mine.size} entries, the server shows only {newest.checkpoint.size}",
        )


def _write(folder: Path, path: Path, data: bytes) -> None:
    """A file that is there is complete, even after a crash half-way.

    What a crash leaves lies in `folder` itself, where an audit looks for no tiles.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".fresh-{os.getpid()}-{threading.get_ident()}"
    fresh.write_bytes(data)
    fresh.replace(path)
