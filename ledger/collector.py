"""Python's search for reference cycles, made seldom.

It looks through young objects whenever 700 more exist than before, and now and then through all.
Entries, events and aggregates hold no cycles, and a ledger or an audit holds very many of them:
the search took as long as reading the entries, and a quarter of the time of recording them.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECTS = 100_000  # made between two searches; what some thousands of entries are read into


def search_seldom() -> None:
    """From now on in this process; never more often than it was."""
    first, *others = gc.get_threshold()
    if first:  # 0: its owner wants none at all
        gc.set_threshold(max(first, OBJECTS), *others)


@contextmanager
def seldom_searched() -> Iterator[None]:
    """As `search_seldom`, until the block ends."""
    before = gc.get_threshold()
    search_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
