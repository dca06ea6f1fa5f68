"""What every route works with: one ledger, its sessions, its intake, its read models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Protocol, cast

from fastapi import Depends, Request

if TYPE_CHECKING:
    from api.intake import Intake
    from api.metrics import Metrics
    from api.sessions import Sessions
    from api.settings import Settings
    from ledger.application import Ledger


class Holding(Protocol):
    """One container and its holder, as the read model says it."""

    container: str
    chain: str
    status: str
    site: str | None
    department: str | None
    offered_site: str | None
    offered_department: str | None
    position: int


class Views(Protocol):
    """The read models, as far as routes know them."""

    def position(self) -> int:
        """Entries taken in so far."""

    def lag(self) -> int:
        """Entries of the log that are not taken in yet."""

    def holdings(self, where: Mapping[str, str | None], after: str, limit: int) -> Sequence[Holding]:
        """Containers by id, behind `after`, that fit all of `where` that is not None."""


@dataclass(frozen=True)
class Node:
    """Put together in `api/app.py`, once per process."""

    ledger: Ledger
    settings: Settings
    sessions: Sessions
    intake: Intake
    metrics: Metrics
    views: Views


def node_of(request: Request) -> Node:
    return cast("Node", request.app.state.node)


TheNode = Annotated[Node, Depends(node_of)]
