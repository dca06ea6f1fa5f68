"""The log asks its witnesses to cosign its heads, behind everybody's back: no answer waits for it.

One thread picks a head, at most once a second, and hands it to one thread for each witness. It is the
newest, or the one under which somebody asked for evidence meanwhile: their bundle ends with it. So all
witnesses are asked about the same heads, and a slow one leaves out some. What they answer is kept. A
witness that fails is asked again, later and later, and shown as failing.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx

from ledger.application import node_reader
from ledger.errors import Conflict, Fault, ProofInvalid, UnbrokenError
from ledger.proof.add_checkpoint import (
    MAX_BODY,
    PATH,
    SIZE_TYPE,
    Submission,
    parse_conflict,
    parse_cosignatures,
)
from ledger.proof.merkle import consistency_proof

if TYPE_CHECKING:
    from ledger.proof.witnesses import Named, Policy
    from ledger.store.cosignatures import CosignatureStore
    from ledger.store.reading import StoredCheckpoint
    from ledger.store.recorder import LedgerRecorder

PAUSE_S = 1.0  # between two heads: under load, what comes meanwhile is cosigned together
TIMEOUT = httpx.Timeout(5.0)
PATIENCE_S = 10.0  # for a whole answer, however slowly it trickles
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
LATE = 100  # heads: a cosignature that comes after those of so many newer heads is not waited for
EXPORTS = ("TherapyExportRequested", "ExportRequested")
TURNS = 3  # a witness may know another size than we think, once; twice where another node asks too

log = logging.getLogger("unbroken.witnesses")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one witness stands. `size`: of the newest head whose cosignature by it is kept; `state`:
    `new`, `cosigns`, or the code of what fails; `failures`: in a row."""

    name: str
    size: int = 0
    state: str = "new"
    failures: int = 0


class Witnessing:
    """All witnesses of one node. Without a policy it does nothing, and says so."""

    def __init__(
        self,
        recorder: LedgerRecorder,
        kept: CosignatureStore,
        policy: Policy | None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._recorder = recorder
        self._kept = kept
        self._policy = policy
        self._names = {str(each.vkey): name for name, each in policy.witnesses.items()} if policy else {}
        self._met = 0  # size of the newest head that met the policy
        self._floor = 0  # no smaller one is looked at again: where nobody answers, the tail grows long
        self._stopped = threading.Event()
        asked = policy.witnesses.items() if policy else ()
        self._asking = [
            Asking(name, each, recorder, kept, self._stopped, transport) for name, each in asked if each.url
        ]
        self._threads = [threading.Thread(target=one.run, daemon=True) for one in self._asking]
        self._threads.append(threading.Thread(target=self._run, name="witnessing", daemon=True))

    def start(self) -> None:
        for thread in self._threads if self._asking else ():
            thread.start()

    def close(self) -> None:
        """A witness that is being asked right now may take its time-out."""
        self._stopped.set()
        self._recorder.arrivals.wake()
        for one in self._asking:
            one.wake()
        for thread in self._threads if self._asking else ():
            thread.join()

    def standings(self) -> list[Standing]:
        return [one.standing for one in self._asking]

    def newest(self) -> StoredCheckpoint | None:
        """The newest head whose cosignatures meet the policy; None where none does, or without one."""
        if self._policy is None or not self._names:
            return None
        size = self._kept.newest_with(self._enough, self._floor)
        self._met = size or self._met
        self._floor = max(self._met, self._kept.recent(LATE))
        return self._recorder.checkpoint(self._met) if self._met else None

    def _enough(self, vkeys: set[str]) -> bool:
        assert self._policy is not None
        return self._policy.met_by({self._names[vkey] for vkey in vkeys if vkey in self._names})

    def _run(self) -> None:
        size = 0
        while not self._stopped.is_set():
            try:
                if not self._recorder.arrivals.wait(size, self._stopped.is_set):
                    return
                head = self._pick(size)
            except Exception as error:  # whatever it is: the next look may do
                log.warning("no head for the witnesses: %s", getattr(error, "code", type(error).__name__))
            else:
                size = head.size if head else 0
                if head:
                    self._hand_out(head)
            self._stopped.wait(PAUSE_S)

    def _pick(self, size: int) -> StoredCheckpoint | None:
        """What to hand out after a head of `size` entries; 0: nothing was handed out yet."""
        head = self._recorder.latest_checkpoint()
        asked = self._recorder.newest_of(size, head.size, *EXPORTS) if head and size else None
        return head if asked is None else self._recorder.checkpoint_covering(asked)

    def _hand_out(self, head: StoredCheckpoint) -> None:
        for one in self._asking:
            one.ask(head)


class Asking:
    """One witness: the head that it is to cosign next, and how it stands."""

    def __init__(
        self,
        name: str,
        witness: Named,
        recorder: LedgerRecorder,
        kept: CosignatureStore,
        stopped: threading.Event,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._witness = witness
        self._vkey = str(witness.vkey)
        self._recorder = recorder
        self._kept = kept
        self._stopped = stopped
        self._changed = threading.Condition()
        self._head: StoredCheckpoint | None = None
        self._http = httpx.Client(timeout=TIMEOUT, transport=transport, follow_redirects=False)
        self._known: int | None = None  # size of the newest head whose cosignature is kept; None: not looked
        self.standing = Standing(name)

    def ask(self, head: StoredCheckpoint) -> None:
        """Have this head cosigned next, in the place of one that still waits."""
        with self._changed:
            self._head = head
            self._changed.notify_all()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def run(self) -> None:
        """Until stopped."""
        while not self._stopped.is_set():
            self.once()
            self._stopped.wait(self.pause_s())
        self._http.close()

    def once(self) -> None:
        """Wait for a head and try to have it cosigned; afterwards `standing` says what became of it."""
        head = self._next()
        if head is not None:
            self._try(head)

    def _next(self) -> StoredCheckpoint | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped.is_set() or self._head is not None)
            head, self._head = self._head, None
        return None if self._stopped.is_set() else head

    def pause_s(self) -> float:
        """How long to leave the witness in peace."""
        failures = self.standing.failures
        return min(FIRST_RETRY_S * 2 ** (failures - 1), LAST_RETRY_S) if failures else 0.0

    def _try(self, head: StoredCheckpoint) -> None:
        try:
            self.cosign(head)
        except Exception as error:  # one witness's trouble is nobody else's
            self._failed(head, error)
        else:
            self.standing = replace(self.standing, size=self._known or 0, state="cosigns", failures=0)

    def _failed(self, head: StoredCheckpoint, error: Exception) -> None:
        state = error.code if isinstance(error, UnbrokenError) else "internal"
        if state != self.standing.state:
            log.warning("witness %s: %s", self.standing.name, error, extra={"code": state})
        self.standing = replace(self.standing, state=state, failures=self.standing.failures + 1)
        with self._changed:
            self._head = self._head or head  # it stays to be cosigned, unless a newer one came

    def cosign(self, head: StoredCheckpoint) -> None:
        """Have one head cosigned and keep what the witness answers.

        Raises `Fault` (`witness_unreachable`), `Conflict` (`witness_ahead`), `ProofInvalid`
        (`witness_refuses`, `bad_cosignature`, …), and the store's faults.
        """
        named = self._known if self._known is not None else self._look()
        for _ in range(TURNS):
            if named > head.size:
                if self._look() >= named:
                    return  # another node of this log had a newer head cosigned
                head = self._newer(named)
            answered = self._submit(named, head)
            if answered is None:
                return
            named = answered  # a witness's word alone, which is forgotten if no cosignature follows
        raise Conflict("witness_ahead", "the witness names another size each time: somebody else asks it too")

    def _look(self) -> int:
        """The size of the newest head of which this witness's cosignature is kept, by any node."""
        self._known = self._kept.newest_of(self._vkey)
        self.standing = replace(self.standing, size=self._known)
        return self._known

    def _submit(self, old: int, head: StoredCheckpoint) -> int | None:
        """None where the head is cosigned and kept; else the size that the witness says it knows."""
        proof = consistency_proof(old, head.size, node_reader(self._recorder)) if old else []
        status, media_type, body = self._post(Submission(old, tuple(proof), head.note).encode())
        if status == httpx.codes.CONFLICT and media_type == SIZE_TYPE:
            return parse_conflict(body)
        if status != httpx.codes.OK:
            told = body[:200].decode("utf-8", "replace").strip()
            raise ProofInvalid("witness_refuses", f"it answers {status} to the head of {head.size}: {told!r}")
        line, time_s = parse_cosignatures(body, head.note, self._witness.vkey)
        self._kept.keep(head.size, self._vkey, time_s, line)
        self._known = head.size
        return None

    def _newer(self, named: int) -> StoredCheckpoint:
        """The log's newest head, where the witness names a size beyond the one it was asked about: the
        answer to another node may have been lost. Raises `Conflict` (`witness_ahead`)."""
        newest = self._recorder.latest_checkpoint()
        if newest is not None and newest.size >= named:
            return newest
        size = newest.size if newest else 0
        detail = f"the witness says that it cosigned a head of {named} entries, and this log has {size}"
        raise Conflict("witness_ahead", f"{detail}: it lost entries, or a copy of it signs too")

    def _post(self, content: bytes) -> tuple[int, str, bytes]:
        """Status, media type and body. Raises `Fault` (`witness_unreachable`, `bad_answer`)."""
        body, until = b"", time.monotonic() + PATIENCE_S
        try:
            url = self._witness.url.rstrip("/") + PATH
            with self._http.stream("POST", url, content=content) as response:
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MAX_BODY or time.monotonic() > until:
                        raise Fault("bad_answer", "its answer has no end")
                media_type = response.headers.get("content-type", "").partition(";")[0].strip()
                return response.status_code, media_type, body
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Fault("witness_unreachable", f"{error!r}") from error
