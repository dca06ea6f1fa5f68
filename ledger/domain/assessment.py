"""What tests and Quality say of one container, in whatever order it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar


class Result(NamedTuple):
    """One test of one sample, as a laboratory reported it."""

    position: int
    statement_id: str
    occurred_at: str
    signer: str
    site: str
    sample: str
    test: str
    unit: str | None
    value_milli: int | None
    outcome: str
    certificate: str | None


class IdentityTest(NamedTuple):
    position: int
    occurred_at: str
    signer: str
    site: str
    method: str
    reference: str
    outcome: str


class Confirmation(NamedTuple):
    """The manufacturing site's own."""

    position: int
    signer: str
    site: str
    confirmation: str


class Rejection(NamedTuple):
    position: int
    signer: str
    reason: str


class _Dated(Protocol):
    @property
    def occurred_at(self) -> str: ...


Dated = TypeVar("Dated", bound=_Dated)


@dataclass(slots=True)
class Assessment:
    results: list[Result] = field(default_factory=list)
    identity_tests: list[IdentityTest] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def latest_results(self, test: str) -> list[Result]:
        """Those of the test that count: the latest, by what the signers say."""
        return _latest([one for one in self.results if one.test == test])

    def latest_identity_tests(self) -> list[IdentityTest]:
        return _latest(self.identity_tests)


def _latest(found: Sequence[Dated]) -> list[Dated]:
    """All that was said for the latest moment."""
    moment = max((one.occurred_at for one in found), default="")
    return [one for one in found if one.occurred_at == moment]


class Sample(NamedTuple):
    """A container that was taken out of another for a test, and is no dose."""

    position: int
    sample: str
    of: str
    purpose: str
    site: str


class Request(NamedTuple):
    """A physician's, for containers that are out of specification."""

    id: str  # statement id
    position: int
    signer: str
    containers: tuple[str, ...]
    tests: tuple[str, ...]
    reason: str


class Correction(NamedTuple):
    """`corrects` is the statement id of the entry that said it wrong."""

    position: int
    signer: str
    corrects: str
    member: str
    was: str
    right: str
    reason: str
