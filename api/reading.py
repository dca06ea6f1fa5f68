"""Who reads, and what they may know of: every read goes through a `Reader`.

A reader who may not see a therapy gets the answer of one that does not exist, so that nobody
learns from an answer whether somebody is a patient.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.node import Node, TheNode
from api.pages import NUL
from ledger.domain.chain import Chain
from ledger.domain.shares import therapies_of
from ledger.domain.standing import is_anothers, may_read_all, may_read_chain
from ledger.errors import NotFound, Unauthorised

if TYPE_CHECKING:
    from api.session_store import Session
    from ledger.application.world import StoredWorld
    from ledger.domain.registry import Agent
    from ledger.domain.world import Entry

_bearer = HTTPBearer(auto_error=False, description="The token of POST /v1/session")


@dataclass(slots=True)
class Reader:
    """One request's reader: the session, and the world at one size of the log, so that all
    of an answer is of one moment."""

    node: Node
    session: Session
    size: int
    world: StoredWorld
    agent: Agent
    _allowed: dict[str, bool] = field(default_factory=dict)

    @property
    def reads_all(self) -> bool:
        return may_read_all(self.agent)

    def may_read(self, coi: str) -> bool:
        """By what holds now, whatever moment is asked about."""
        if coi not in self._allowed:
            chain = self.world.chain(coi)
            self._allowed[coi] = chain.version > 0 and may_read_chain(self.agent, self.world, chain)
        return self._allowed[coi]

    def may_read_all_of(self, entry: Entry) -> bool:
        """Every therapy that it is about; what concerns the registry is open to every session."""
        return self.reads_all or all(self._may_read_bytes_of(coi, entry) for coi in therapies_of(entry))

    def _may_read_bytes_of(self, coi: str, entry: Entry) -> bool:
        """Under an id without an order other sites' facts may stand too, and those are theirs."""
        return self.world.chain(coi).is_open and self.may_read(coi) and self.shows(coi, entry)

    def shows(self, coi: str, entry: Entry) -> bool:
        """True if the entry belongs into what this reader sees of the therapy: not what another
        site recorded under its id, nor a link into a therapy that they may not read."""
        if self.reads_all:
            return True
        kind, _, other = entry.stream.partition("/")
        if kind == "chain" and other != coi and not self.may_read(other):
            return False
        return not is_anothers(self.agent, self.world.chain(coi), entry.position)

    def hides_before(self, coi: str, position: int) -> bool:
        """True if what stood under the id before this position is another site's than the order's."""
        return not self.reads_all and is_anothers(self.agent, self.world.chain(coi), position - 1)

    def knows_of(self, entry: Entry) -> bool:
        """True if it may be named: part of a therapy that this reader sees, or of the registry."""
        therapies = therapies_of(entry)
        return not therapies or any(self.may_read(coi) and self.shows(coi, entry) for coi in therapies)

    def may_read_entry(self, entry: Entry) -> bool:
        """Its bytes. What one has signed oneself, one may also read."""
        return entry.signer == self.agent.id or self.may_read_all_of(entry)

    def told_of(self, entry: Entry) -> tuple[str, ...]:
        """The therapies of the entry whose reader this is; the signer's are all."""
        therapies = therapies_of(entry)
        return therapies if self.may_read_entry(entry) else tuple(filter(self.may_read, therapies))

    def chain(self, coi: str, before: int | None = None) -> Chain:
        """The therapy, before a position; empty while all under its id was another site's.

        Raises `NotFound` (`no_such_chain`).
        """
        if not self.may_read(coi):
            raise NotFound("no_such_chain", "there is no such therapy that you may read")
        is_hidden = before is not None and self.hides_before(coi, before)
        return Chain(coi) if is_hidden else self.world_before(before).chain(coi)

    def world_before(self, position: int | None) -> StoredWorld:
        if position is None or position == self.size:
            return self.world
        return self.node.ledger.world_at(position)


def token_of(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    """The request's bearer token, empty if it has none."""
    return credentials.credentials if credentials else ""


TheToken = Annotated[str, Depends(token_of)]


def reader_of(request: Request, node: TheNode, token: TheToken) -> Reader:
    """Raises `Unauthorised` (`no_session`), `NotFound` (`no_such_resource`)."""
    size, _ = node.ledger.store.head()
    reader = reader_at(node, token, node.ledger.world_at(size))
    if any(NUL in str(one) for one in request.path_params.values()):
        raise NotFound("no_such_resource", "there is nothing at this address")
    return reader


def reader_at(node: Node, token: str, world: StoredWorld) -> Reader:
    """The reader in a world as of a size of the log. Raises `Unauthorised` (`no_session`)."""
    assert world.before is not None
    session = node.sessions.of(token, world)
    agent = world.agent(session.agent)
    if agent is None:
        raise Unauthorised("no_session", f"{session.agent!r} is not enrolled")
    return Reader(node, session, world.before, world, agent)


TheReader = Annotated[Reader, Depends(reader_of)]


def is_signed_in(node: Node, token: str) -> bool:
    """True if the token opens a session now."""
    size, _ = node.ledger.store.head()
    try:
        reader_at(node, token, node.ledger.world_at(size))
    except Unauthorised:
        return False
    return True
