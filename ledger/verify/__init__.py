"""The offline audit of a whole log. It trusts nothing but the log's key, given from outside.

1. The log key opens the latest checkpoint: its log signature and its timestamped
   cosignature.
2. Every stored checkpoint opens, sizes strictly grow, times never decrease, and the latest
   is the last.
3. Each entry's leaf hash equals the level-0 tile, each higher tile follows from those below
   it, and the root at the size of every checkpoint is that checkpoint's root.
4. Every entry is a strict statement of this log with a canonical payload of a known event;
   entry 0 is the genesis that names this very log key; no key uses a `cti` twice.
5. Every signature verifies with a key that the log itself enrolled before; so does a passkey's
   assertion, where a statement carries one.
6. The replay: every entry judged again by the rules in force at its position. No decision
   that they refuse; exactly the deviations that they require, none omitted, none invented.
7. With the loggers' own files at hand (`FilesAudit`): each, read again, says what was recorded.
8. With a witness policy: enough of its witnesses cosigned the latest checkpoint.
11. With roots of time-stamp authorities: each time stamp that is there verifies, and says by when its
    head existed. (9 and 10 are a bundle's.)
12. With the log's second key: it signed the latest checkpoint, and every one since it was added.

What it cannot see: entries or checkpoints after the latest checkpoint that it is given; a
second history shown to others, without a witness policy; a true
statement that never reached the log, unless a later one by the same key shows the gap; a
stored checkpoint that was taken out, unless a statement names it. And whether what was
signed was so.
"""

from __future__ import annotations

from ledger.proof.note import VerifierKey
from ledger.proof.witnesses import Policy
from ledger.verify.logger_files import FilesAudit
from ledger.verify.report import Problem, Report, Step
from ledger.verify.source import DirectorySource, LogSource
from ledger.verify.steps import NOTHING, Audit, Outside, Progress

__all__ = [
    "Audit",
    "DirectorySource",
    "FilesAudit",
    "LogSource",
    "Outside",
    "Problem",
    "Progress",
    "Report",
    "Step",
    "audit",
]


def audit(
    source: LogSource,
    log_vkey: str,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    policy: Policy | None = None,
    outside: Outside = NOTHING,
) -> Report:
    """Audit a log against its key, a C2SP verifier key, and what else the reader brings.

    `workers`: processes for step 5.

    Never raises for what the source holds: that is in the report. Raises `Malformed`
    (`malformed_vkey`) for a key that is none, (`malformed_policy`) where a witness has the log's.
    """
    return Audit(source, VerifierKey.parse(log_vkey), policy=policy, outside=outside).run(workers, progress)
