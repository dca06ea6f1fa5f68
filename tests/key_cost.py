"""What sealing a key file costs in tests: next to nothing, but where the cost is what is tested.

A tenth of a second or more for each seal and each opening, on purpose; most tests seal and open
for another reason. A file says its own cost, so whoever opens a cheap one pays little too, in
another process as well. What a program seals for itself keeps the real cost.
`UNBROKEN_KEY_COST=real` keeps it everywhere.
"""

from __future__ import annotations

import os

import pytest

from ledger.proof import keyfile

REAL = {name: getattr(keyfile, name) for name in ("_N", "_R", "_P")}
LEAST = {"_N": 2, "_R": 8, "_P": 1}


def costing(patch: pytest.MonkeyPatch, cost: dict[str, int]) -> None:
    """Sealed in this process from here on at this cost of scrypt."""
    for name, value in cost.items():
        patch.setattr(keyfile, name, value)


def usual() -> dict[str, int]:
    """The cost in tests that are not about it."""
    return REAL if os.environ.get("UNBROKEN_KEY_COST") == "real" else LEAST
