"""The ledger: authenticate, load, decide, append, and answer with the proof.

`Ledger` is an `eventsourcing` application on the dynamic consistency boundary (ADR-0001):
one statement is one event, tagged with all that it concerns, and one leaf of the tree.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, cast

from eventsourcing.dcb.application import DCBApplication

from ledger.application.answer import Answer, RaisedDeviation
from ledger.application.batch import Answers, Draft, Fields, must_be_same
from ledger.application.commit import Commit
from ledger.application.genesis import open_log
from ledger.application.high_water import HighWater, Mark
from ledger.application.intake import KeyRing
from ledger.application.reviews import Reviews
from ledger.application.world import StoredWorld
from ledger.application.writer import Writer
from ledger.checking.checkers import Checkers
from ledger.collector import search_seldom
from ledger.domain.therapy_events import DeviationRaised
from ledger.errors import Fault, UnbrokenError
from ledger.proof import checkpoint, merkle, statement, tiles
from ledger.store.decode import entry_of
from ledger.store.recorder import LedgerRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ledger.domain.parts import Administrator, Seen
    from ledger.domain.registry import LogState
    from ledger.proof.keys import SigningKey
    from ledger.proof.ml_dsa import SecondSigner
    from ledger.proof.note import VerifierKey
    from ledger.proof.statement import Statement
    from ledger.store.recorder import Seal, Writing

__all__ = ["Answer", "Ledger", "LedgerConfig", "RaisedDeviation"]


@dataclass(frozen=True)
class LedgerConfig:
    """What a node needs. Keys are this log's own; `clock_ms` is the only clock.

    `high_water` is a file outside the database; None is for tests and tools that only read.
    `second_key` signs the heads too, where the log has one (ADR-0019).
    `checkers`: processes that check signatures; with none, the writer's thread does.
    """

    database_url: str
    origin: str
    log_key: SigningKey
    event_key: SigningKey
    high_water: Path | None
    clock_ms: Callable[[], int]
    second_key: SecondSigner | None = None
    checkers: int = 0


class Ledger(DCBApplication):
    """One node of the ledger. Many nodes may share a PostgreSQL database.

    Safe to call from any thread. `record` and `submit` return only what is durable.
    Raises `Fault` at start: `wrong_log` when the database belongs to another log,
    `lossy_restore` or `history_differs` when it lacks what this node already let out.
    """

    env = {"PERSISTENCE_MODULE": "ledger.store.factory"}  # noqa: RUF012  the library's own form

    def __init__(self, config: LedgerConfig) -> None:
        search_seldom()
        super().__init__({"UNBROKEN_DATABASE_URL": config.database_url})
        self.config = config
        self.origin = config.origin
        self.vkey: VerifierKey = checkpoint.log_vkey(config.origin, config.log_key.public)
        self.event_kid = config.event_key.public.kid.hex()
        self.store = cast("LedgerRecorder", self.recorder)
        self.world = StoredWorld(config.origin, self.store)
        self.keys = KeyRing(self.store)
        self.reviews = Reviews()
        self._world_size = 0
        self._closed = False
        self._mark = HighWater(config.high_water) if config.high_water else None
        try:
            self._check_start()
        except BaseException:
            self._let_go()
            raise
        self.checkers = Checkers(config.checkers)
        self._writer = Writer(self, Commit(self))

    @classmethod
    def create(
        cls, config: LedgerConfig, administrators: Sequence[Administrator], continues: Seen | None = None
    ) -> Ledger:
        """Open a new log in an empty database. Raises `Conflict` (`log_exists`), `Malformed`."""
        ledger = cls(config)
        open_log(ledger, administrators, continues)
        return ledger

    # --- writing -----------------------------------------------------------------------

    def record(self, raw: bytes) -> Answer:
        """Record one statement; returns when it is durable, with its receipt.

        Raises `Malformed`, `Unauthentic`, `Refused`, `TooMany` or `Fault`: then nothing
        was recorded, except after a `Fault` `commit_unknown`: send the same bytes again.
        """
        answered: SimpleQueue[list[Answer | UnbrokenError]] = SimpleQueue()
        self._writer.enter([raw], answered.put)
        (result,) = answered.get()
        if isinstance(result, UnbrokenError):
            raise result
        return result

    def submit(self, raws: Sequence[bytes]) -> Future[list[Answer | UnbrokenError]]:
        """Record some, each answered on its own, decided in the order given.

        Callbacks of the future run in the writer's thread: they must be short.
        """
        future: Future[list[Answer | UnbrokenError]] = Future()
        future.set_running_or_notify_cancel()  # whoever goes away now: it will be recorded
        self._writer.enter(raws, future.set_result)
        return future

    def attest(self, facts: Sequence[tuple[str, Fields, str]]) -> list[Answer | UnbrokenError]:
        """Record what the ledger itself says, signed with its event key: stream, the event's own
        members (see `Draft`), and a text that names what it is about. Each is said once, ever, for its
        text.

        Returns when all is durable, with their answers. The rules judge it as they judge any fact.
        """
        drafts = [Draft(stream, fields, self.own(about)) for stream, fields, about in facts]
        answered: SimpleQueue[list[Answer | UnbrokenError]] = SimpleQueue()
        self._writer.enter(drafts, answered.put)
        return answered.get()

    def announce_second_key(self) -> None:
        """Name the second key in the log, where this node has one and the log names none yet. From that
        entry's head on, every head carries its line. Raises as `attest`, and what the rules refuse."""
        if self.config.second_key is None or self.world_at().log().second_key is not None:
            return
        fields = {"type": "CheckpointKeyAdded", "v": 1, "vkey": str(self.config.second_key.public)}
        (answer,) = self.attest([(f"log/{self.origin}", fields, "CheckpointKeyAdded")])
        if isinstance(answer, UnbrokenError):
            raise answer

    def own(self, about: str) -> bytes:
        """The event key's id and the cti under which the ledger says something about this."""
        return bytes.fromhex(self.event_kid) + hashlib.sha256(about.encode()).digest()[:16]

    def recorded(self, position: int, signed: Statement) -> Answer | None:
        """The answer that the statement at `position` got, if it has the same to-be-signed bytes."""
        first = statement.parse(self.store.entries(position, position + 1)[0].data)
        return self.answer_at(position) if first.tbs == signed.tbs else None

    # --- answers -----------------------------------------------------------------------

    def answer_again(self, position: int, signed: Statement) -> Answer:
        """The first answer, for equal to-be-signed bytes. Raises `Conflict` (`cti_reused`)."""
        first = statement.parse(self.store.entries(position, position + 1)[0].data)
        must_be_same(first, signed)
        return self.answer_at(position)

    def answer_at(self, position: int) -> Answer:
        """The answer that the statement at `position` got when it was recorded."""
        seal = StoredSeal(self.store, position)
        (stored,) = self.store.entries(position, position + 1)
        statement_id = hashlib.sha256(stored.data).digest()
        return Answers(self, seal).at(
            position, statement_id, self._raised_by(position, statement_id, seal.size)
        )

    def _raised_by(self, position: int, cause: bytes, end: int) -> tuple[RaisedDeviation, ...]:
        """The ledger's deviations stand right behind the fact that caused them."""
        raised = []
        for at in range(position + 1, end):
            (stored,) = self.store.entries(at, at + 1)
            event = entry_of(at, stored.data, stored.recorded_ms).event
            if not isinstance(event, DeviationRaised) or event.cause != cause.hex():
                break
            found = hashlib.sha256(stored.data).digest()
            raised.append(RaisedDeviation(at, found, event.code, event.severity, event.blocking))
        return tuple(raised)

    # --- reading -----------------------------------------------------------------------

    def world_at(self, position: int | None = None) -> StoredWorld:
        """The world as the entries before `position` made it; None: all that is stored now."""
        return StoredWorld(self.origin, self.store, position)

    # --- for the writer ----------------------------------------------------------------

    def seal_at(self, time_ms: int) -> Seal:
        """What signs a batch's head, as a checkpoint with the batch's time."""

        def seal(size: int, root: bytes) -> tuple[bytes, int]:
            head = checkpoint.Checkpoint(self.origin, size, root)
            second = self.config.second_key
            return checkpoint.sign_checkpoint(head, self.config.log_key, time_ms // 1000, second), time_ms

        return seal

    def refresh(self, writing: Writing) -> None:
        """Under the lock: forget what another node's entries touched since the last look."""
        if writing.size != self._world_size:
            self.world.forget(writing.tags_since(self._world_size - 1))
            self._world_size = writing.size
            self._must_hold_second_key(self.world.log())

    def committed(self, mark: Mark) -> None:
        """After the commit, before the first answer."""
        self.world.settle()
        self._world_size = mark.size
        if self._mark:
            self._mark.write(mark)

    def opened(self, mark: Mark) -> None:
        """After genesis: this log's keys must be the ones that entry 0 names."""
        self.committed(mark)
        self._check_genesis(self.world.log())

    def close(self) -> None:
        """Let the queue run dry, then let go of the database. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self.checkers.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._mark:
            self._mark.close()
        super().close()

    # --- start -------------------------------------------------------------------------

    def _check_start(self) -> None:
        size, _ = self.store.head()
        mark = self._mark.read() if self._mark else None
        if mark:
            check_history(self.store, size, mark)
        if size:
            self._check_genesis(self.world.log())
            self._world_size = size

    def _check_genesis(self, log: LogState) -> None:
        if log.log_key != str(self.vkey):
            raise Fault(
                "wrong_log", f"the database holds the log of {log.log_key!r}, not of {str(self.vkey)!r}"
            )
        if log.event_kid != self.event_kid:
            raise Fault("wrong_log", "the event key is not the one that this log's genesis names")
        self._must_hold_second_key(log)

    def _must_hold_second_key(self, log: LogState) -> None:
        """A head without its line would look like one that somebody else signed."""
        mine = self.config.second_key
        if log.second_key is not None and (mine is None or str(mine.public) != log.second_key):
            raise Fault("wrong_log", "this node lacks the second key that the log names for its heads")


class StoredSeal:
    """The checkpoint that first covered a position, with proofs from the stored tiles."""

    def __init__(self, store: LedgerRecorder, position: int) -> None:
        covering = store.checkpoint_covering(position)
        self.size, self.root, self.time_ms = covering.size, covering.root, covering.time_ms
        self._read = node_reader(store)

    def inclusion(self, position: int) -> list[bytes]:
        return merkle.inclusion_proof(position, self.size, self._read)


def node_reader(store: LedgerRecorder) -> merkle.NodeReader:
    """Nodes of the stored tree; a missing tile is `ProofInvalid` (`no_such_tile`)."""
    return tiles.tile_reader(lambda level, index: store.tile(level, index) or b"")


def check_history(store: LedgerRecorder, size: int, mark: Mark) -> None:
    """Refuse to sign on from a database that lacks what this node let out before."""
    if size < mark.size:
        raise Fault(
            "lossy_restore",
            f"the database ends at {size} entries, but {mark.size} were acknowledged before. Don't sign "
            "on: end this log and open a new one whose genesis names the last head (init --continues).",
        )
    if mark.size and merkle.root(mark.size, node_reader(store)) != mark.root:
        raise Fault("history_differs", f"the first {mark.size} entries aren't those that were acknowledged")
