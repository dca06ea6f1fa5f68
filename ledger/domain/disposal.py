"""A destruction and who saw it: complete with the statement of a second person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.domain.container import Moment


class Witness(NamedTuple):
    """One person's statement that they saw it done to these containers."""

    position: int
    signer: str
    containers: tuple[str, ...]


@dataclass(slots=True)
class Disposal:
    """`said` is None as long as only a witness has spoken."""

    id: str  # of the statement that says it was done
    containers: tuple[str, ...] = ()
    said: Moment | None = None
    witnesses: list[Witness] = field(default_factory=list)

    def unwitnessed(self) -> list[str]:
        """Its containers that nobody saw destroyed but who destroyed them."""
        signer = self.said.signer if self.said else None
        seen = {name for one in self.witnesses if one.signer != signer for name in one.containers}
        return [name for name in self.containers if name not in seen]
