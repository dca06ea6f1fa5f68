"""Processes that check signatures for whoever asks, and what happens when one of them fails.

A process can only confirm. What it does not confirm, because it is wrong, or because the process
died, hangs or is not ready yet, the asker checks for itself, with the same code: so no answer
ever depends on a process, only how soon it comes.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from ledger.checking.wire import READY, Signature, exactly, frame_of

PATIENCE_S = 5.0  # some hundred times what the largest request takes on a slow machine
WORTH_ASKING = 2  # signatures: a lone one is checked sooner here than asked for

log = logging.getLogger("unbroken.checking")


class Checkers:
    """`count` processes, started at once; none is waited for. Safe to use from any thread."""

    def __init__(self, count: int) -> None:
        self._idle: SimpleQueue[Process] = SimpleQueue()
        self._closing = False
        for _ in range(count):
            self._start()

    def confirm(self, signatures: Sequence[Signature]) -> bytes:
        """One byte for each signature: 1 if a process verified it; 0 if it has yet to be checked."""
        process = self._take() if len(signatures) >= WORTH_ASKING else None
        if process is None:
            return bytes(len(signatures))
        try:
            verdicts = process.ask(signatures)
        except OSError as error:
            self._replace(process, error)
            return bytes(len(signatures))
        self._idle.put(process)
        return verdicts

    def close(self) -> None:
        """End the processes, when nobody is asking. Who asks later is told to check for themselves."""
        self._closing = True
        while not self._idle.empty():
            self._idle.get().close()

    def _take(self) -> Process | None:
        """One that has nothing to do. None: all are busy, or not ready yet."""
        with suppress(Empty):
            process = self._idle.get_nowait()
            if process.is_ready():
                return process
            self._idle.put(process)
        return None

    def _start(self) -> None:
        try:
            self._idle.put(Process())
        except OSError as error:
            log.warning("no process to check signatures could be started: %s", error)

    def _replace(self, process: Process, error: OSError) -> None:
        log.warning("a process that checks signatures failed, another takes its place: %s", error)
        process.close()
        if not self._closing:
            self._start()


class Process:
    """One process. Belongs to one thread at a time. Raises `OSError` where it cannot be started."""

    def __init__(self) -> None:
        self._peer, theirs = socket.socketpair()
        self._peer.setblocking(False)
        self._ready = False
        # -P: nothing that lies in the working directory can pass for a module
        command = [sys.executable, "-P", "-m", "ledger.checking.child"]
        try:
            self._popen = subprocess.Popen(command, stdin=theirs.fileno(), env=_environment())  # noqa: S603  ourselves
        except BaseException:
            self._peer.close()
            raise
        finally:
            theirs.close()

    def is_ready(self) -> bool:
        """True once it has said so. One that ended before it was never is."""
        if not self._ready:
            with suppress(OSError):
                self._ready = self._peer.recv(len(READY)) == READY
            if self._ready:
                self._peer.settimeout(PATIENCE_S)
        return self._ready

    def ask(self, signatures: Sequence[Signature]) -> bytes:
        """A verdict for each signature. Raises `OSError`: then it is of no more use."""
        self._peer.sendall(frame_of(signatures))
        verdicts = exactly(self._peer, len(signatures))
        if not verdicts:
            raise ConnectionError("it ended")
        return verdicts

    def close(self) -> None:
        """End it, and wait until it has ended. It holds nothing that would need time."""
        self._peer.close()
        self._popen.kill()
        self._popen.wait()


def _environment() -> dict[str, str]:
    """Ours, with the modules where we found them and without the server's settings: one of them may
    be the keys' passphrase."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("UNBROKEN_")}
    return own | {"PYTHONPATH": os.pathsep.join(sys.path)}
