"""What the ledger finds wrong with a recorded statement: one table, one sentence each.

A finding becomes a `DeviationRaised`, signed by the ledger, in the same batch. *Blocking*
means that release and infusion of the affected containers wait for Quality's disposition.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`containers` empty: the whole therapy is affected."""

    code: str
    severity: str
    blocking: bool
    containers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`standing` False: a fact by a signer who has nothing to do with this therapy."""

    findings: tuple[Finding, ...] = ()
    standing: bool = True
