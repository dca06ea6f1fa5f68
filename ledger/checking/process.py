"""One process that checks signatures, as the one who asks it sees it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.checking.wire import NONCE, READY, Signature, exactly, frame_of

PATIENCE_S = 5.0  # some hundred times what the largest request takes on a slow machine
# What an interpreter and its libraries need to start, and OpenSSL to check as it does here.
TOLD = {"PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "OPENSSL_CONF", "OPENSSL_MODULES"}
_OURS = str(Path(__file__).parents[2])  # where the package `ledger` lies


class Process:
    """One process. Belongs to one thread at a time. Raises `OSError` where it cannot be started."""

    def __init__(self) -> None:
        self._peer, theirs = socket.socketpair()
        self._peer.setblocking(False)
        self._ready = False
        # -P: the interpreter puts no working directory before the modules that we name
        command = [sys.executable, "-P", "-m", "ledger.checking.child"]
        try:
            self._popen = subprocess.Popen(command, stdin=theirs.fileno(), env=_environment())  # noqa: S603  ourselves
        except BaseException:
            self._peer.close()
            raise
        finally:
            theirs.close()

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
        self._peer.settimeout(PATIENCE_S)
        return True

    def ask(self, signatures: Sequence[Signature]) -> bytes:
        """A verdict for each signature. Raises `OSError`: then it is of no more use."""
        nonce = secrets.token_bytes(NONCE)
        self._peer.sendall(frame_of(nonce, signatures))
        answer = exactly(self._peer, NONCE + len(signatures))
        if not answer:
            raise ConnectionError("it ended")
        if answer[:NONCE] != nonce:
            raise ConnectionError("it answered another question")
        return answer[NONCE:]

    def close(self) -> None:
        """End it, and wait until it has ended. It holds nothing that would need time."""
        self._peer.close()
        self._popen.kill()
        self._popen.wait()


def _environment() -> dict[str, str]:
    """Nothing of ours but what is `TOLD`: any other variable may be a secret of the server's.

    The modules are where we found them, except in what a working directory happens to hold:
    relative paths are left out, and our own package's folder stands last.
    """
    told = {name: value for name, value in os.environ.items() if name in TOLD or name.startswith("LC_")}
    found = [path for path in sys.path if Path(path).is_absolute()]
    return told | {"PYTHONPATH": os.pathsep.join([*found, _OURS])}
