"""The server that the HTTP benchmark loads: the real application, and one empty POST beside it.

python -m tests.bench.served DIRECTORY DATABASE_URL PORT
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uvicorn

from api.app import create_app
from api.serving import CHECKERS
from api.settings import Settings
from ledger.application import Ledger, LedgerConfig
from ledger.proof.keyfile import open_key
from tests.scenario import ORIGIN

PASSPHRASE = b"bench"


async def empty() -> dict[str, bool]:
    """What an ordinary POST route of this server costs when it does nothing at all."""
    return {"done": True}


def main() -> None:
    directory, url, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    log_key, event_key = (
        open_key((directory / name).read_bytes(), PASSPHRASE) for name in ("log.pem", "event.pem")
    )
    config = LedgerConfig(
        url, ORIGIN, log_key, event_key, None, lambda: time.time_ns() // 1_000_000, checkers=CHECKERS
    )
    app = create_app(Ledger(config), Settings())
    app.post("/empty", status_code=201)(empty)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
