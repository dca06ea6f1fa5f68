"""A process that serves a log under load until somebody kills it.

Each answer goes out as one line, only after the ledger gave it: what the other side reads
was acknowledged.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from ledger.application import Ledger
from ledger.errors import UnbrokenError
from tests.fault.stage import Acknowledged, Phone, Scanner, Stage


def main(stage_file: str) -> None:
    stage = Stage.load(Path(stage_file))
    ledger = stage.open()
    threads = [threading.Thread(target=write, args=(ledger, phone, 1)) for phone in stage.phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write(ledger: Ledger, phone: Phone, out: int, count: int | None = None) -> None:
    """Record one by one, and now and then some together; `count` answers, or for ever."""
    scans = Scanner(phone, ledger).scans()
    done = 0
    while count is None or done < count:
        raws = [next(scans) for _ in range(5 if done % 4 == 3 else 1)]
        for answer in ledger.submit(raws).result():
            if isinstance(answer, UnbrokenError):
                raise answer
            os.write(out, Acknowledged.of(answer).line())
        done += 1


if __name__ == "__main__":
    main(sys.argv[1])
