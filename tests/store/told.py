"""Histories to project: statements with anybody's name under them, stored as if accepted.

The store and the views never check a signature, so these carry none that would verify.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cbor2

from ledger.domain.events import parse_event
from ledger.domain.naming import registry_tags
from ledger.domain.world import timestamp
from ledger.store.recorder import NewEntry
from tests.store.log import TIME_MS, seal

if TYPE_CHECKING:
    from ledger.store.recorder import LedgerRecorder

WARD = {"site": "st-mary", "department": "ward-5"}
VAN = {"site": "swift-depot", "department": "van-2"}
LAB = {"site": "northcell-1", "department": "cleanroom"}
KID = bytes(32)


def raw_statement(number: int, iss: str, sub: str, payload: dict[str, Any]) -> bytes:
    """The COSE_Sign1 of a payload, its signature nobody's."""
    claims = {1: iss, 2: sub, 3: "ledger.example", 7: number.to_bytes(16, "big")}
    protected = cbor2.dumps({1: -8, 3: "application/vnd.unbroken.event+json; v=1", 4: KID, 15: claims})
    data = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, data, bytes(64)]))


@dataclass
class Told:
    """Entries in the making. Each method adds one and returns its statement's id (hex)."""

    entries: list[NewEntry] = field(default_factory=list)

    def say(self, coi: str, kind: str, *, by: str = "anna", standing: bool = True, **members: Any) -> str:
        number = len(self.entries)
        moment = {"occurred_at": timestamp(TIME_MS), "seen": None, "seq": number, "prev": None}
        data = raw_statement(number, by, f"chain/{coi}", {"type": kind, "v": 1} | moment | members)
        tag = f"chain/{coi}" if standing else f"review/{coi}"
        identity = hashlib.sha256(data).digest()
        kid_cti = KID + number.to_bytes(16, "big")
        self.entries.append(NewEntry(kind, identity, kid_cti, data, (tag, f"signer/{KID.hex()}")))
        return identity.hex()

    def register(self, stream: str, kind: str, *, by: str = "quinn", **members: Any) -> str:
        """An entry of the registry, with the tags that the rules give it."""
        number = len(self.entries)
        moment = {"occurred_at": timestamp(TIME_MS), "seen": None, "seq": number, "prev": None}
        payload = {"type": kind, "v": 1} | moment | members
        data = raw_statement(number, by, stream, payload)
        identity = hashlib.sha256(data).digest()
        tags = dict.fromkeys((stream, f"signer/{KID.hex()}", *registry_tags(parse_event(payload))))
        self.entries.append(NewEntry(kind, identity, KID + number.to_bytes(16, "big"), data, tuple(tags)))
        return identity.hex()

    def furnish(self) -> None:
        """One of each thing in the registry, some of them past their best."""
        northcell = {"organisation": "northcell"}
        site = {"site_kind": "manufacturing", "country": "GB"}
        self.register("site/northcell-1", "SiteOnboarded", **northcell, **site)
        roles = [{"role": "quality", "site": "northcell-1"}, {"role": "cell_lab", "site": "northcell-1"}]
        self.register("agent/quinn", "AgentEnrolled", **northcell, roles=roles, key="AAEC")
        until = timestamp(TIME_MS + 86_400_000)
        granted = {"qualification": "batch_release", "expires_at": until}
        self.register("agent/quinn", "QualificationGranted", by="ben", **granted)
        self.define()
        for lot, material in (("lv-1", "vector"), ("media-2", "media")):
            received = {"site": "northcell-1", "material": material, "supplier_lot": f"S {lot}"}
            self.register(f"lot/{lot}", "LotReceived", **northcell, **received)
        made = {"equipment_kind": "platform", "model": "M 2", "serial": "SN-1", "site": "northcell-1"}
        self.register("equipment/p-1", "EquipmentRegistered", **northcell, **made)

    def manufacture(self, coi: str, container: str, batch: str, *lots: str) -> str:
        run = {"at": LAB, "batch": batch, "containers": [container]}
        self.say(coi, "ManufacturingStarted", by="mia", platform="p-1", **run)
        return self.say(coi, "MaterialConsumed", by="mia", lots=list(lots), **run)

    def order(self, coi: str, wristband: list[dict[str, str]] | None = None) -> str:
        sites = {"collection": "st-mary", "treatment": "st-mary", "couriers": ["swift-depot"]}
        patient = [{"field": name, "commitment": "ab" * 32} for name in ("born", "record")]
        return self.say(
            coi,
            "TherapyOrdered",
            by="carl",
            product={"product": "car-1", "version": 1},
            protocol="UB-001",
            country="GB",
            sites=sites | {"manufacturing": ["northcell-1"]},
            patient=wristband or patient,
        )

    def correct(self, coi: str, statement: str) -> str:
        said = {"member": "volume_ul", "was": "1", "right": "2", "reason": "typing_error"}
        return self.say(coi, "Corrected", corrects=statement, **said)

    def collect(self, coi: str, *containers: str, at: dict[str, str] = WARD) -> str:
        made = [{"container": name, "volume_ul": 100} for name in containers]
        return self.say(coi, "CollectionCompleted", at=at, ended_at=timestamp(TIME_MS), containers=made)

    def derive(self, coi: str, parent: str, *children: str, volume_ul: int = 10) -> str:
        made = [{"container": name, "volume_ul": 10} for name in children]
        drawn = [{"container": parent, "volume_ul": volume_ul}]
        return self.say(coi, "ContainersDerived", at=LAB, how="split", parents=drawn, children=made)

    def release(self, coi: str, container: str, giver: dict[str, str], receiver: dict[str, str]) -> str:
        parties = {"giver": giver, "receiver": receiver, "condition": "intact"}
        return self.say(coi, "CustodyReleased", containers=[container], **parties)

    def accept(
        self, coi: str, container: str, giver: dict[str, str], receiver: dict[str, str], release: str | None
    ) -> str:
        parties = {"giver": giver, "receiver": receiver, "condition": "intact", "release": release}
        return self.say(coi, "CustodyAccepted", containers=[container], **parties)

    def deviate(self, coi: str, code: str = "seal_differs", cause: str | None = None, **members: Any) -> str:
        said = {"severity": "major", "blocking": True, "containers": [], "cause": cause} | members
        return self.say(coi, "DeviationRaised", code=code, **said)

    def dispose(self, coi: str, deviation: str, disposition: str = "accepted") -> str:
        said = {"chain_version": 1, "reason": "looked_into", "disposition": disposition}
        return self.say(coi, "DeviationDispositioned", by="quinn", deviation=deviation, **said)

    def define(self) -> None:
        """The product of every order, with a band from 2 to 8 °C."""
        profile = {"phase": "fresh", "low_centi_c": 200, "high_centi_c": 800, "largest_gap_s": 900,
                   "longest_excursion_s": 600, "cumulative_excursion_s": 1200}  # fmt: skip
        rules = {"window_starts": "thaw_started", "window_s": 3600, "claim_limit_s": 3600}
        covers = {"countries": ["GB", "FR"], "sites": ["northcell-1"], "temperature": [profile]}
        self.register("product/car-1", "ProductVersionDefined", version=1, name="CAR 1", **rules, **covers)

    def attach(self, coi: str, container: str, *readings: int | None, minutes: int = 0) -> str:
        """Readings of five minutes each, that many minutes later."""
        logger = {"logger": "LOG-1", "range_low_centi_c": -4000, "range_high_centi_c": 8000}
        trust = {"calibrated_until": "2099-01-01T00:00:00.000Z", "device_signature": "absent"}
        start = {"started_at": timestamp(TIME_MS + minutes * 60_000), "interval_s": 300, "raw": "ab" * 32}
        said = {"phase": "fresh", "readings_centi_c": list(readings)} | logger | trust | start
        return self.say(coi, "TemperatureEvidenceAttached", at=LAB, containers=[container], **said)

    def void(self, coi: str, label: str) -> str:
        self.say(coi, "LabelIssued", at=LAB, serials=[label])
        return self.say(coi, "LabelVoided", at=LAB, serial=label, reason="misprinted")

    def infuse(self, coi: str, container: str) -> str:
        self.say(coi, "InfusionStarted", site="st-mary", container=container)
        return self.say(coi, "InfusionCompleted", site="st-mary", container=container, dose_given_ul=10)

    def store(self, recorder: LedgerRecorder, stop: int | None = None) -> None:
        """Append what isn't stored yet, up to position `stop`, in one batch."""
        new = self.entries[recorder.head()[0] : stop]
        if new:
            with recorder.writing() as writing:
                writing.append(new, TIME_MS, seal)
