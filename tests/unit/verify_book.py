"""A log as lists, which a test may rewrite and seal again, as a dishonest ledger could."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ledger.domain.world import timestamp
from ledger.proof import canonical, statement, tiles
from ledger.proof.checkpoint import Checkpoint, log_vkey, sign_checkpoint
from ledger.proof.merkle import leaf_hash
from ledger.proof.tiles import EMPTY_EDGE, TILE_WIDTH, edge_root, grow
from tests.scenario import APHERESIS, ORIGIN, Scenario, patient

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.proof.keys import SigningKey

COI = "isbt128:CHA999926000001"
CHAIN = f"chain/{COI}"


@dataclass(frozen=True)
class Book:
    """Entries, and each batch as (size behind it, time in s). Immutable: each change is a new book."""

    raws: tuple[bytes, ...]
    batches: tuple[tuple[int, int], ...]
    log_key: SigningKey = field(repr=False)
    event_key: SigningKey = field(repr=False)

    @classmethod
    def of(cls, scenario: Scenario) -> Book:
        """What the scenario's ledger stored, byte for byte."""
        store, config = scenario.ledger.store, scenario.ledger.config
        raws = tuple(one.data for one in store.entries(0, store.head()[0]))
        batches = tuple((one.size, one.time_ms // 1000) for one in store.checkpoints(0, 10**6))
        return cls(raws, batches, config.log_key, config.event_key)

    @property
    def vkey(self) -> str:
        return str(log_vkey(ORIGIN, self.log_key.public))

    def appended(self, *raws: bytes) -> Book:
        """One more batch, ten seconds after the last."""
        whole = (*self.raws, *raws)
        return replace(self, raws=whole, batches=(*self.batches, (len(whole), self.batches[-1][1] + 10)))

    def without(self, position: int) -> Book:
        """One entry left out, the rest moved up; its batch goes if it was alone there."""
        raws = self.raws[:position] + self.raws[position + 1 :]
        moved = [(size - (size > position), time_s) for size, time_s in self.batches]
        sizes = {size: time_s for size, time_s in reversed(moved) if size}
        return replace(self, raws=raws, batches=tuple(sorted(sizes.items())))

    def with_entry(self, position: int, raw: bytes) -> Book:
        """Another entry in the place of one."""
        return replace(self, raws=(*self.raws[:position], raw, *self.raws[position + 1 :]))

    def says(self, position: int) -> dict[str, Any]:
        """The payload of an entry."""
        return canonical.decode(statement.parse(self.raws[position]).payload)

    def position_of(self, kind: str, nth: int = 0) -> int:
        """Where the n-th entry of an event type stands."""
        return [at for at in range(len(self.raws)) if self.says(at)["type"] == kind][nth]

    def by_ledger(self, position: int, **changes: Any) -> bytes:
        """An entry's payload with changes, signed with the ledger's event key in its envelope."""
        old = statement.parse(self.raws[position])
        payload = canonical.encode(self.says(position) | changes)
        return statement.sign(
            self.event_key, iss=old.iss, sub=old.sub, aud=old.aud, cti=old.cti, payload=payload
        )

    def write(self, folder: Path) -> Path:
        """The downloaded form: `checkpoint`, `checkpoints/<size>`, `tile/…`."""
        edge, start = EMPTY_EDGE, 0
        for size, time_s in self.batches:
            edge, changed = grow(edge, [leaf_hash(raw) for raw in self.raws[start:size]])
            start = size
            for (level, index), hashes in changed.items():
                _put(folder, tiles.tile_path(level, index, len(hashes) // 32), hashes)
                for width in range(1, len(hashes) // 32):
                    (folder / tiles.tile_path(level, index, width)).unlink(missing_ok=True)
            note = sign_checkpoint(Checkpoint(ORIGIN, size, edge_root(edge)), self.log_key, time_s)
            _put(folder, f"checkpoints/{size}", note)
        _put(folder, "checkpoint", note)
        for index in range(-(-len(self.raws) // TILE_WIDTH)):
            part = self.raws[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
            _put(folder, tiles.entries_path(index, len(part)), tiles.encode_bundle(part))
        return folder


def _put(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def tell_story(scenario: Scenario) -> None:
    """One chain with a bit of everything: clean facts, a deviation, a review, a late statement."""
    say, bag = scenario.say, ["BAG-1"]
    scenario.order(COI)
    say("anna", CHAIN, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
        containers=[{"container": "BAG-1", "volume_ul": 100_000}])  # fmt: skip
    scenario.clock.forward(30)
    seen = {"site": "st-mary", "patient": patient("patient-1"), "outcome": "match"}
    say("anna", CHAIN, "PatientIdentified", method="typed", **seen)  # typed, no reason
    say("anna", CHAIN, "Packed", at=APHERESIS, containers=bag, shipper="S-1")
    say("anna", CHAIN, "PatientIdentified", method="scan", **seen | {"outcome": "mismatch"})
    stranger(scenario)
    revoked(scenario)
    scenario.clock.forward(30)
    say("nora", CHAIN, "ThawStarted", at={"site": "st-mary", "department": "ward-5"}, containers=bag)


def stranger(scenario: Scenario) -> None:
    """A fact by somebody who has no part in the therapy."""
    site = {"organisation": "swift-cryo", "site_kind": "courier", "country": "GB"}
    scenario.say("cleo", "site/far-depot", "SiteOnboarded", **site)
    key = base64.urlsafe_b64encode(scenario.signer("otto").key.public.spki).rstrip(b"=").decode()
    roles = [{"role": "courier", "site": "far-depot"}]
    scenario.say("cleo", "agent/otto", "AgentEnrolled", organisation="swift-cryo", roles=roles, key=key)
    far = {"site": "far-depot", "department": "van-9"}
    scenario.say("otto", CHAIN, "CustodyAccepted", containers=["BAG-1"], giver=APHERESIS, receiver=far,
                 release=None, condition="intact")  # fmt: skip


def revoked(scenario: Scenario) -> None:
    """A lost phone's key is revoked, and what it could not send enters by attestation."""
    late = scenario.sign("anna", CHAIN, "Packed", at=APHERESIS, containers=["BAG-1"], shipper="S-2")
    kid = scenario.signer("anna").key.public.kid.hex()
    scenario.say("ada", "agent/anna", "KeyRevoked", kid=kid, reason="phone_lost")
    inner = base64.urlsafe_b64encode(late).rstrip(b"=").decode()
    scenario.say("quinn", CHAIN, "LateStatementAttested", chain_version=scenario.version(COI),
                 statement=inner, reason="phone_lost")  # fmt: skip
