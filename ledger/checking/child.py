"""The process that checks signatures: questions in, a verdict for each, until nobody asks any more.

python -m ledger.checking.child, with a socket as its standard input.

It imports what a check needs and no more: it starts soon, and takes little memory. It holds no
secret, and reads nothing but the socket.
"""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from functools import lru_cache

from ledger.checking.wire import READY, question_in, receive
from ledger.proof import statement
from ledger.proof.keys import PublicKey

MAX_KEYS = 10_000

_public = lru_cache(maxsize=MAX_KEYS)(PublicKey.from_spki)


def verdict(spki: bytes, raw: bytes) -> bool:
    """True if the key signed the statement. Never raises."""
    try:
        statement.verify(statement.parse(raw), _public(spki))
    except Exception:  # whatever it was, the asker finds it again, and says it
        return False
    return True


def main() -> None:
    # both come to the whole group, or to the whole service; the server ends us when it has no more to ask
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    with socket.socket(fileno=0) as asker, suppress(OSError):  # whoever asked has gone: so do we
        asker.sendall(READY)
        while frame := receive(asker):
            nonce, ones = question_in(frame)
            asker.sendall(nonce + bytes([verdict(*one) for one in ones]))


if __name__ == "__main__":
    main()
