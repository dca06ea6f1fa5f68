"""`docs/reference/roles.md`: what each role may say and read, and what each qualification is for."""

from __future__ import annotations

from typing import get_args

from docs.sentences import ROLES
from ledger.domain.events import EVENTS
from ledger.domain.parts import Role
from ledger.domain.policy import POLICY, Row
from ledger.domain.registry import TWO_PARTY_ROLES

KINDS = {event.__name__: event.kind for event in EVENTS}


def roles_markdown() -> str:
    """Each role with its facts and decisions, then the qualifications."""
    parts = [part for role in get_args(Role) for part in _role(role)]
    return "\n".join([*parts, "## Qualifications\n", *_qualifications()])


def _role(role: str) -> list[str]:
    signers = " It takes two signers to enrol." if role in TWO_PARTY_ROLES else ""
    may = {event: row for event, row in POLICY.items() if role in row.roles}
    told = [
        f"- {kind.capitalize()}s: {said}."
        for kind in ("fact", "decision")
        if (said := ", ".join(_said(event, row) for event, row in may.items() if KINDS[event] == kind))
    ]
    return [f"## `{role}`\n", f"{ROLES[role]}{signers}\n", *(told or ["Says nothing."]), ""]


def _said(event: str, row: Row) -> str:
    return f"`{event}`" + (f" (with `{row.qualification}`)" if row.qualification else "")


def _qualifications() -> list[str]:
    needed = dict.fromkeys(row.qualification for row in POLICY.values() if row.qualification)
    rows = [f"| `{name}` | {_events_that_need(name)} |" for name in needed]
    return ["| Qualification | Needed for |", "|---|---|", *rows]


def _events_that_need(name: str) -> str:
    return ", ".join(f"`{event}`" for event, row in POLICY.items() if row.qualification == name)
