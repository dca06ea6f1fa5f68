"""What is said of printed labels: one serial per label, from the printer to its end."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.parts import Code, ContainerId, Fact, Label, Part, Party

Serials = Annotated[list[Label], Field(min_length=1, max_length=200)]


class Reprint(Part):
    """The label that a new one replaces, and why."""

    serial: Label
    reason: Code


class LabelIssued(Fact):
    """Printed, one serial each; without a container ahead of need, for when the printer is down.

    A reprint takes effect when somebody else than its issuer applies it.
    """

    type: Literal["LabelIssued"]
    v: Literal[1]
    at: Party
    serials: Serials
    container: ContainerId | None = None
    replaces: Reprint | None = None


class LabelApplied(Fact):
    type: Literal["LabelApplied"]
    v: Literal[1]
    at: Party
    serial: Label
    container: ContainerId


class LabelScannedBack(Fact):
    """Read off the container after it was applied, as a scanner at the bedside will read it."""

    type: Literal["LabelScannedBack"]
    v: Literal[1]
    at: Party
    serial: Label
    container: ContainerId
    outcome: Literal["readable", "unreadable", "wrong_content"]


class LabelVoided(Fact):
    """It must never be used again; read later, it stops the container."""

    type: Literal["LabelVoided"]
    v: Literal[1]
    at: Party
    serial: Label
    reason: Code


class LabelDestroyed(Fact):
    """It is gone: destroyed, or given back unused to whoever keeps the blanks."""

    type: Literal["LabelDestroyed"]
    v: Literal[1]
    at: Party
    serials: Serials
    fate: Literal["destroyed", "returned_unused"]
