"""What is said of printed labels: one serial per label, from the printer to its end."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ledger.domain.parts import Code, ContainerId, Fact, Hex32, Label, Part, Party

Serials = Annotated[list[Label], Field(min_length=1, max_length=200)]
Checks = Annotated[list[Hex32], Field(min_length=1, max_length=200)]
Dpi = Annotated[int, Field(ge=100, le=2400)]
Modules = Annotated[int, Field(ge=0, le=40_000)]  # the largest QR code has 177 by 177


class Reprint(Part):
    """The label that a new one replaces, and why."""

    serial: Label
    reason: Code


class LabelIssued(Fact):
    """Drawn, one serial each; without a container ahead of need, for when the network is down.

    `checks`, parallel to `serials`, commits to the check in each label's link: SHA-256 of
    `unbroken label check v1`, serial and check, parted by line feeds. Who has only the log
    cannot make the link; who reads the link off a bag can show that it was issued.
    A reprint takes effect when somebody else than its issuer applies it.
    """

    type: Literal["LabelIssued"]
    v: Literal[1]
    at: Party
    serials: Serials
    container: ContainerId | None = None
    replaces: Reprint | None = None
    checks: Checks | None = None

    @model_validator(mode="after")
    def _one_check_each(self) -> Self:
        if self.checks is not None and len(self.checks) != len(self.serials):
            raise ValueError("checks must have one check for each of serials, in their order")
        return self


class LabelPrinted(Fact):
    """A printer or a file took it. `digest`: SHA-256 of the one-bit picture, row by row."""

    type: Literal["LabelPrinted"]
    v: Literal[1]
    at: Party
    serial: Label
    template: Code
    medium: Literal["zpl", "pdf", "png", "svg"]
    dpi: Dpi
    digest: Hex32


class LabelApplied(Fact):
    type: Literal["LabelApplied"]
    v: Literal[1]
    at: Party
    serial: Label
    container: ContainerId


class LabelScannedBack(Fact):
    """Read after it was printed, or off its container, as a scanner at the bedside will read it.

    Without a container: a label printed ahead of need. `wrong_modules` of `modules` differ
    from what was printed; that is no print-quality grade of ISO/IEC 15415.
    """

    type: Literal["LabelScannedBack"]
    v: Literal[1]
    at: Party
    serial: Label
    container: ContainerId | None = None
    outcome: Literal["readable", "unreadable", "wrong_content"]
    wrong_modules: Modules | None = None
    modules: Modules | None = None

    @model_validator(mode="after")
    def _some_of_them_all(self) -> Self:
        wrong, modules = self.wrong_modules, self.modules
        if (wrong is None) != (modules is None) or (wrong or 0) > (modules or 0):
            raise ValueError("wrong_modules of modules: give both, and not more wrong than there are")
        return self


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
