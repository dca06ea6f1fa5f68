"""One process that checks signatures, as the one who asks it sees it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.checking.wire import NONCE, READY, Signed, frame_of

PATIENCE_S = 5.0  # some hundred times what the largest request takes on a slow machine
# What an interpreter and its libraries need to start, and OpenSSL to check as it does here.
TOLD = {"PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "OPENSSL_CONF", "OPENSSL_MODULES"}
_OURS = str(Path(__file__).parents[2])  # where the package `ledger` lies
_READ = 4_096  # bytes: the answers to more signatures than are ever asked about at once


@dataclass(slots=True, eq=False)
class Question:
    """`count` signatures that a process was asked about.

    `verdicts`: None until it answered or is given up; then a byte for each signature, 1 if the process
    verified it and anything else if it has yet to be checked.
    """

    count: int
    nonce: bytes
    verdicts: bytes | None = None

    def give_up(self) -> None:
        self.verdicts = bytes(self.count)


class Process:
    """One process, which answers in the order in which it was asked.

    Belongs to one thread. Nothing here waits for it. Raises `OSError` where it cannot be started.
    """

    def __init__(self) -> None:
        self.asked: deque[Question] = deque()
        self._unsent: deque[memoryview] = deque()
        self._unread = b""
        self._heard_s = 0.0  # of time.monotonic: when it last answered, took more in, or had nothing to do
        self._ready = False
        self._peer, theirs = socket.socketpair()
        self._peer.setblocking(False)
        # -P: the interpreter puts no working directory before the modules that we name
        command = [sys.executable, "-P", "-m", "ledger.checking.child"]
        try:
            self._popen = subprocess.Popen(command, stdin=theirs.fileno(), env=_environment())  # noqa: S603  ourselves
        except BaseException:
            self._peer.close()
            raise
        finally:
            theirs.close()

    def fileno(self) -> int:
        return self._peer.fileno()

    @property
    def has_unsent(self) -> bool:
        """Whether it has yet to take in what it was asked."""
        return bool(self._unsent)

    def is_ready(self) -> bool:
        """True once it has said so. Raises `OSError` if it ended before it did."""
        if self._ready:
            return True
        try:
            self._ready = self._peer.recv(len(READY)) == READY
        except BlockingIOError:
            if self._popen.poll() is None:
                return False
        if not self._ready:
            raise ConnectionError("it ended before it was ready")
        return True

    def ask(self, ones: Sequence[Signed]) -> Question:
        """Have them checked; `exchange` fetches the answer. Raises `OSError`: then it is of no more use."""
        question = Question(len(ones), secrets.token_bytes(NONCE))
        frame = frame_of(question.nonce, ones)
        if not self.asked:
            self._heard_s = time.monotonic()
        self.asked.append(question)
        self._unsent.append(memoryview(frame))
        self._send()
        return question

    def exchange(self) -> bool:
        """Send what is left to send, read what has come: True if a question was answered.

        Raises `OSError`: then it is of no more use.
        """
        took_in = self._send()
        self._receive()
        before = len(self.asked)
        while self.asked and len(self._unread) >= NONCE + self.asked[0].count:
            self._answered(self.asked.popleft())
        if not self.asked and self._unread:
            raise ConnectionError("it answered what nobody asked")
        answered = len(self.asked) < before
        if answered or took_in:
            self._heard_s = time.monotonic()
        elif self.asked and time.monotonic() > self._heard_s + PATIENCE_S:
            raise TimeoutError(f"it has not answered for {PATIENCE_S} s")
        return answered

    def close(self) -> None:
        """End it, and wait until it has ended. Nobody gets an answer to what it was asked any more."""
        self._peer.close()
        self._popen.kill()
        self._popen.wait()
        for question in self.asked:
            question.give_up()

    def _send(self) -> bool:
        """As much as it takes now. True if that was something."""
        took_in = False
        with suppress(BlockingIOError):
            while self._unsent:
                sent = self._peer.send(self._unsent[0])
                took_in = True
                self._unsent[0] = self._unsent[0][sent:]
                if not self._unsent[0]:
                    self._unsent.popleft()
        return took_in

    def _receive(self) -> None:
        try:
            came = self._peer.recv(_READ)
        except BlockingIOError:
            return
        if not came:
            raise ConnectionError("it ended")
        self._unread += came

    def _answered(self, question: Question) -> None:
        end = NONCE + question.count
        if self._unread[:NONCE] != question.nonce:
            self.asked.appendleft(question)  # to be given up with the others
            raise ConnectionError("it answered another question")
        question.verdicts, self._unread = self._unread[NONCE:end], self._unread[end:]


def _environment() -> dict[str, str]:
    """Nothing of ours but what is `TOLD`: any other variable may be a secret of the server's.

    The modules are where we found them, except in what a working directory happens to hold:
    relative paths are left out, and our own package's folder stands last.
    """
    told = {name: value for name, value in os.environ.items() if name in TOLD or name.startswith("LC_")}
    found = [path for path in sys.path if Path(path).is_absolute()]
    return told | {"PYTHONPATH": os.pathsep.join([*found, _OURS])}
