"""Step 5, and the envelopes of step 4: what can be checked on many cores at once.

A key's id is the hash of the key, so a signature can be checked before it is known whether
the key was enrolled early enough: that is a comparison of positions, made in order by the
caller. Nothing here knows an event.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from multiprocessing import get_context
from typing import NamedTuple, TypeAlias

from ledger.errors import Unauthentic
from ledger.proof import statement
from ledger.proof.keys import PublicKey
from ledger.verify.report import told

CHUNK = 128  # statements that one worker takes at a time: some 10 ms of work

Wrong: TypeAlias = tuple[int, str]  # step, sentence
Keys: TypeAlias = Mapping[bytes, bytes]  # kid to SubjectPublicKeyInfo


class Envelope(NamedTuple):
    """What the later steps need of a statement. `id` and `kid` have 32 bytes, `cti` 16."""

    id: bytes
    kid: bytes
    iss: str
    sub: str
    cti: bytes
    payload: bytes


Fields: TypeAlias = tuple[bytes, bytes, str, str, bytes, bytes]
Outcome: TypeAlias = tuple[Fields | None, Wrong | None]
"""What an `Envelope` has, None for bytes that are no statement; and what is wrong. Plain tuples
travel quickly between processes."""

NOTHING: Outcome = (None, None)  # the entry could not even be read


def check_chunk(origin: str, keys: Keys, raws: Sequence[bytes | None]) -> list[Outcome]:
    """Check statements, each on its own. Runs in a worker process; never raises."""
    return [NOTHING if raw is None else _check(origin, keys, raw) for raw in raws]


def _check(origin: str, keys: Keys, raw: bytes) -> Outcome:
    try:
        found = statement.parse(raw)
    except Exception as error:  # whatever hostile bytes provoke is a finding about them
        return None, (4, told(error))
    fields = (found.id, found.kid, found.iss, found.sub, found.cti, found.payload)
    if found.aud != origin:
        return fields, (4, f"signed for another log: {found.aud[:80]!r}")
    try:
        statement.verify(found, _key(keys, found.kid))
    except Exception as error:
        return fields, (5, told(error))
    return fields, None


def _key(keys: Keys, kid: bytes) -> PublicKey:
    spki = keys.get(kid)
    if spki is None:
        raise Unauthentic("unknown_key", f"signed with the key {kid.hex()}, which the log never enrolled")
    return _public(spki)


@lru_cache(maxsize=1 << 16)
def _public(spki: bytes) -> PublicKey:
    return PublicKey.from_spki(spki)


class Workers:
    """Checks chunks, here or in processes of their own."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def check(self, origin: str, keys: Keys, raws: Sequence[bytes | None]) -> Iterator[Outcome]:
        """The outcome for each statement, in order. Processes begin at once, with a copy of `keys`."""
        chunks = [raws[at : at + CHUNK] for at in range(0, len(raws), CHUNK)]
        run = map if self._pool is None else self._pool.map
        return chain.from_iterable(run(partial(check_chunk, origin, keys), chunks))


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """`count` processes, all started; one means here, in this process."""
    if count <= 1:
        yield Workers(None)
        return
    pool = ProcessPoolExecutor(count, mp_context=get_context(_start_method()))
    try:
        wait([pool.submit(check_chunk, "", {}, []) for _ in range(count)])
        yield Workers(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _start_method() -> str:
    """Fork is fast, but a copy of a process with threads can hang on a lock that one of them held."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"
