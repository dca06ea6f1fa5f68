"""How many processor cores this process may keep busy: often fewer than the machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MEMBERSHIP, GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def cores() -> int:
    """Those that the scheduler gives us (`taskset`, cpusets), and no more whole ones than a control
    group's limit of time allows (a container's `--cpus`). At least 1."""
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([given, *_limits()]))


def _limits() -> Iterator[int]:
    """In whole cores: of our control group, and of each around it (Linux, cgroup v2, `cpu.max`)."""
    with suppress(OSError):
        for line in MEMBERSHIP.read_text().splitlines():
            if line.startswith("0::"):
                own = GROUPS / line[3:].strip("/")
                yield from map(_limit, [one for one in (own, *own.parents) if one.is_relative_to(GROUPS)])


def _limit(group: Path) -> int:
    """`$MAX $PERIOD`, in microseconds, or `max $PERIOD` where nothing limits the group."""
    with suppress(OSError, ValueError):
        time, period = (group / "cpu.max").read_text().split()
        return int(time) // int(period)
    return os.cpu_count() or 1
