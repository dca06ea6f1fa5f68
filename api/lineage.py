"""What was made of what, within one therapy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from ledger.domain.chain import Chain


class LineageNode(BaseModel):
    """A container; `position` is the entry that made it, by `made_by`."""

    container: str
    made_by: str
    position: int
    status: str
    parents: list[str]
    children: list[str]


def nodes(chain: Chain) -> dict[str, LineageNode]:
    """Every container of the therapy, in the order in which they came to be known."""
    made = {
        one.id: LineageNode(
            container=one.id,
            made_by=one.made_by,
            position=one.position,
            status=one.status,
            parents=list(one.parents),
            children=[],
        )
        for one in chain.containers.values()
    }
    for node in made.values():
        for parent in node.parents:
            if parent in made:
                made[parent].children.append(node.container)
    return made


def reached(found: Mapping[str, LineageNode], start: str, way: str) -> list[LineageNode]:
    """All nodes on the way (`parents` or `children`) from one container, the nearest first."""
    seen: dict[str, LineageNode] = {}
    ahead = list(getattr(found[start], way))
    while ahead:
        name = ahead.pop(0)
        if name in found and name not in seen:
            seen[name] = found[name]
            ahead.extend(getattr(found[name], way))
    return list(seen.values())
