"""A world that notes what is read of it: which entries can change what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain import world as tags

if TYPE_CHECKING:
    from ledger.domain.carrier import Carrier
    from ledger.domain.chain import Chain
    from ledger.domain.equipment import Equipment
    from ledger.domain.lots import Lot
    from ledger.domain.passkeys import Passkey
    from ledger.domain.registry import Agent, Key, LogState, Product, Site
    from ledger.domain.world import Recorded, Sequence, World


class NotedWorld:
    """`World` before another one; `tags`: those whose aggregates were read so far."""

    def __init__(self, world: World) -> None:
        self.origin = world.origin
        self.tags: set[str] = set()
        self._world = world

    def log(self) -> LogState:
        self.tags.add(tags.log_tag(self.origin))
        return self._world.log()

    def chain(self, coi: str) -> Chain:
        self.tags.add(tags.chain_tag(coi))
        return self._world.chain(coi)

    def site(self, site: str) -> Site | None:
        self.tags.add(tags.site_tag(site))
        return self._world.site(site)

    def agent(self, agent: str) -> Agent | None:
        self.tags.add(tags.agent_tag(agent))
        return self._world.agent(agent)

    def product(self, product: str) -> Product | None:
        self.tags.add(tags.product_tag(product))
        return self._world.product(product)

    def carrier(self, stream: str) -> Carrier | None:
        self.tags.add(stream)
        return self._world.carrier(stream)

    def key(self, kid: str) -> Key | None:
        self.tags.add(tags.key_tag(kid))
        return self._world.key(kid)

    def passkey(self, credential: str) -> Passkey | None:
        self.tags.add(tags.passkey_tag(credential))
        return self._world.passkey(credential)

    def lot(self, lot: str) -> Lot | None:
        self.tags.add(tags.lot_tag(lot))
        return self._world.lot(lot)

    def equipment(self, equipment: str) -> Equipment | None:
        self.tags.add(tags.equipment_tag(equipment))
        return self._world.equipment(equipment)

    def signer(self, kid: str) -> Sequence:
        self.tags.add(tags.signer_tag(kid))
        return self._world.signer(kid)

    def checkpoint(self, size: int) -> tuple[str, int] | None:
        return self._world.checkpoint(size)  # once there, it never changes

    def chain_of_container(self, container: str) -> str | None:
        self.tags.add(tags.container_tag(container))
        return self._world.chain_of_container(container)

    def statement(self, coi: str, statement_id: str) -> Recorded | None:
        self.tags.add(tags.chain_tag(coi))
        return self._world.statement(coi, statement_id)
