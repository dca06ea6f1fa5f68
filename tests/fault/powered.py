"""A process that writes to a log for a while, with all that wears on a disk: many small
checkpoints of the WAL, a clean end and a new start in between."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from ledger.store import engines
from tests.fault.serving import write
from tests.fault.stage import Stage

LIVES = 3
ANSWERS = 6  # calls a phone makes in one life


def main(stage_file: str, acks: str) -> None:
    engines._SQLITE = (*engines._SQLITE, "PRAGMA wal_autocheckpoint=24")
    stage = Stage.load(Path(stage_file))
    out = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for _ in range(LIVES):
        ledger = stage.open()
        threads = [
            threading.Thread(target=write, args=(ledger, phone, out, ANSWERS)) for phone in stage.phones
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ledger.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
