"""The rules: may this be recorded, what is wrong with it, and what does it concern?"""

from __future__ import annotations

from typing import Any

from ledger.domain.findings import Finding as Finding
from ledger.domain.findings import Verdict as Verdict
from ledger.domain.world import Entry, World

RULE_SET = 1


def judge(entry: Entry, world: World) -> Verdict:
    raise NotImplementedError


def tags_of(entry: Entry, verdict: Verdict) -> tuple[str, ...]:
    raise NotImplementedError


def deviation_of(finding: Finding, entry: Entry) -> dict[str, Any]:
    raise NotImplementedError
