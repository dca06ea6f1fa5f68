"""A therapy told in memory: no keys, no disk, only entries, rules and aggregates.

`Scene.say` records one statement as a batch of its own, with the deviations that the ledger
owes right behind it. `scene_at(stage)` tells the ordinary story up to a stage; every test
departs from there.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ledger.domain.events import parse_event
from ledger.domain.findings import Verdict
from ledger.domain.memory import MemoryWorld
from ledger.domain.registry import LEDGER, kid_of
from ledger.domain.rules import deviation_of, judge, stream_of
from ledger.domain.world import Entry, timestamp

ORIGIN = "ledger.example/unbroken"
COI = "isbt128:CHA999926ABC123"
CHAIN = f"chain/{COI}"
OTHER_COI = "isbt128:CHA999926XYZ789"
START_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
FRESH, DOSE, DOSE_2 = "FRESH-1", "DOSE-1", "DOSE-2"

APHERESIS = {"site": "st-mary", "department": "apheresis"}
WARD = {"site": "st-mary", "department": "ward-5"}
PHARMACY = {"site": "st-mary", "department": "pharmacy"}
VAN = {"site": "swift-depot", "department": "van-2"}
CLEANROOM = {"site": "northcell-1", "department": "cleanroom"}
FAR_VAN = {"site": "far-depot", "department": "van-9"}

ADMINISTRATORS = {"ada": "st-mary-trust", "ben": "northcell", "cleo": "swift-cryo", "fay": "faraway"}
SITES = {
    "st-mary": ("ada", "care"),
    "northcell-1": ("ben", "manufacturing"),
    "northcell-hq": ("ben", "headquarters"),
    "swift-depot": ("cleo", "courier"),
    "far-clinic": ("fay", "care"),
    "far-depot": ("fay", "courier"),
}
PEOPLE = {  # agent: enrolled by, role, site
    "carl": ("ada", "coordinator", "st-mary"),
    "phil": ("ada", "physician", "st-mary"),
    "anna": ("ada", "apheresis", "st-mary"),
    "nora": ("ada", "nurse", "st-mary"),
    "nils": ("ada", "nurse", "st-mary"),
    "nell": ("ada", "nurse", "st-mary"),
    "aud": ("ada", "auditor", "st-mary"),
    "kit": ("cleo", "courier", "swift-depot"),
    "mia": ("ben", "manufacturer", "northcell-1"),
    "lea": ("ben", "cell_lab", "northcell-1"),
    "quinn": ("ben", "quality", "northcell-1"),
    "hugo": ("ben", "coordinator", "northcell-hq"),
    "olga": ("fay", "nurse", "far-clinic"),
    "otto": ("fay", "courier", "far-depot"),
}
QUALIFIED = {"nora": "bedside", "nils": "bedside", "phil": "bedside", "quinn": "batch_release"}


def key_of(name: str) -> str:
    """A stand-in for a public key: the rules look at its digest only."""
    return base64.urlsafe_b64encode(f"spki of {name}".encode()).rstrip(b"=").decode()


def kid(name: str) -> str:
    found = kid_of(key_of(name))
    assert found is not None
    return found


def patient(name: str = "patient-1", *fields: str) -> list[dict[str, str]]:
    """Two commitments of the named patient (or of the named fields)."""
    return [
        {"field": one, "commitment": hashlib.sha256(f"{one} {name}".encode()).hexdigest()}
        for one in fields or ("record_number", "birth_date")
    ]


@dataclass
class Said:
    """A recorded statement, its verdict, and the codes that the ledger raised behind it."""

    entry: Entry
    verdict: Verdict
    deviations: list[Entry]

    @property
    def id(self) -> str:
        return self.entry.statement_id

    @property
    def codes(self) -> set[str]:
        return {finding.code for finding in self.verdict.findings}


@dataclass
class Scene:
    """A world, its clock, and everything that was recorded in it."""

    now_ms: int = START_MS
    entries: list[tuple[Entry, Verdict]] = field(default_factory=list)
    checkpoints: dict[int, tuple[str, int]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # an agent's present key, by name
    world: MemoryWorld = field(init=False)

    def __post_init__(self) -> None:
        self.world = MemoryWorld(ORIGIN, self.checkpoints.get)

    def forward(self, seconds: int) -> None:
        self.now_ms += seconds * 1000

    @property
    def chain(self) -> Any:
        return self.world.chain(COI)

    @property
    def seen(self) -> dict[str, Any] | None:
        """The newest checkpoint."""
        size = max(self.checkpoints, default=0)
        return {"size": size, "root": self.checkpoints[size][0]} if size else None

    def entry(self, signer: str, stream: str, event: str, **fields: Any) -> Entry:
        """The statement that the signer would make now; `fields` may override the envelope's."""
        key = fields.pop("signed_with", None) or kid(self.keys.get(signer, signer))
        recorded_ms = fields.pop("recorded_ms", self.now_ms)
        last = self.world.signer(key)
        envelope = {
            "occurred_at": timestamp(self.now_ms),
            "seen": self.seen,
            "seq": 0 if last.seq is None else last.seq + 1,
            "prev": last.statement_id,
        }
        payload = {"type": event, "v": 1} | envelope | fields
        position = self.world.size
        statement_id = hashlib.sha256(f"{position} {signer} {payload}".encode()).hexdigest()
        return Entry(position, statement_id, key, signer, stream, parse_event(payload), recorded_ms)

    def judge(self, signer: str, stream: str, event: str, **fields: Any) -> Verdict:
        """What the rules would say; nothing is recorded."""
        return judge(self.entry(signer, stream, event, **fields), self.world)

    def say(self, signer: str, stream: str, event: str, **fields: Any) -> Said:
        return self.record(self.entry(signer, stream, event, **fields))

    def record(self, entry: Entry) -> Said:
        """Record an entry and the deviations owed for it, as one batch with one checkpoint."""
        verdict = self._take(entry)
        deviations = []
        while self.world.owed:
            owed = self.world.owed[0]
            members = deviation_of(owed.finding, owed.cause)
            stream = stream_of(owed.finding, owed.cause)
            raised = self.entry(LEDGER, stream, "DeviationRaised", **self._plain(members))
            self._take(raised)
            deviations.append(raised)
        self.checkpoints[self.world.size] = (entry.statement_id, entry.recorded_ms)
        return Said(entry, verdict, deviations)

    def _plain(self, members: dict[str, Any]) -> dict[str, Any]:
        envelope = {"seen": None, "occurred_at": timestamp(self.now_ms)}
        return {name: value for name, value in members.items() if name not in ("type", "v")} | envelope

    def _take(self, entry: Entry) -> Verdict:
        verdict = self.world.record(entry)
        self.entries.append((entry, verdict))
        return verdict

    # --- phrases -----------------------------------------------------------------------

    def on_chain(self, signer: str, event: str, **fields: Any) -> Said:
        return self.say(signer, CHAIN, event, **fields)

    def decide(self, signer: str, event: str, **fields: Any) -> Said:
        """A decision whose signer has just looked."""
        return self.say(signer, CHAIN, event, **{"chain_version": self.chain.version} | fields)

    def release(self, signer: str, giver: Any, receiver: Any, *containers: str, **fields: Any) -> Said:
        parties = {"containers": list(containers), "giver": giver, "receiver": receiver}
        return self.on_chain(signer, "CustodyReleased", **parties | {"condition": "intact"} | fields)

    def accept(self, signer: str, giver: Any, receiver: Any, *containers: str, **fields: Any) -> Said:
        parties = {"containers": list(containers), "giver": giver, "receiver": receiver}
        unnamed = {"condition": "intact", "release": None}
        return self.on_chain(signer, "CustodyAccepted", **parties | unnamed | fields)

    def hand_over(self, giver: tuple[str, Any], receiver: tuple[str, Any], *containers: str) -> None:
        self.forward(60)
        released = self.release(giver[0], giver[1], receiver[1], *containers)
        self.accept(receiver[0], giver[1], receiver[1], *containers, release=released.id)

    def check(self, signer: str, container: str = DOSE, **fields: Any) -> Said:
        """A bedside check; the right patient unless said otherwise."""
        read = {"site": "st-mary", "container": container, "patient": patient(), "method": "scan"}
        return self.decide(signer, "InfusionChecked", **read | fields)

    def clear(self, deviation: Entry, disposition: str = "accepted") -> Said:
        return self.decide(
            "quinn",
            "DeviationDispositioned",
            deviation=deviation.statement_id,
            disposition=disposition,
            reason="assessed",
        )


PRODUCT: dict[str, Any] = {
    "version": 1,
    "name": "Decentra-CAR",
    "window_starts": "thaw_started",
    "window_s": 3600,
    "claim_limit_s": 86_400,
    "countries": ["GB", "FR"],
    "sites": ["northcell-1"],
}
ORDER: dict[str, Any] = {
    "product": {"product": "decentra-car", "version": 1},
    "protocol": "UB-001",
    "country": "GB",
    "sites": {
        "collection": "st-mary",
        "manufacturing": ["northcell-1"],
        "treatment": "st-mary",
        "couriers": ["swift-depot"],
    },
    "patient": patient(),
}
CONSENT: dict[str, Any] = {"site": "st-mary", "form": "CONSENT v3"}
RELEASED: dict[str, Any] = {
    "site": "northcell-1",
    "certificate": "ab" * 32,
    "countries": ["GB"],
    "protocols": ["UB-001"],
}


def genesis_fields() -> dict[str, Any]:
    return {
        "origin": ORIGIN,
        "format": 1,
        "log_key": f"{ORIGIN}+00000000+AA",
        "event_key": key_of(LEDGER),
        "administrators": [
            {"agent": name, "organisation": organisation, "key": key_of(name)}
            for name, organisation in ADMINISTRATORS.items()
        ],
    }


def opened() -> Scene:
    """Entry 0 and the rule set."""
    scene = Scene()
    scene.say(LEDGER, f"log/{ORIGIN}", "LogOpened", **genesis_fields())
    scene.say(LEDGER, f"log/{ORIGIN}", "RuleSetAdopted", rule_set=1)
    return scene


def enrol(scene: Scene, name: str, by: str, *roles: tuple[str, str]) -> Said:
    return scene.say(
        by,
        f"agent/{name}",
        "AgentEnrolled",
        organisation=ADMINISTRATORS[by],
        roles=[{"role": role, "site": site} for role, site in roles],
        key=key_of(name),
    )


def qualify(scene: Scene, name: str, by: str, qualification: str, days: int = 365) -> Said:
    expires_at = timestamp(scene.now_ms + days * 24 * HOUR_MS)
    return scene.say(
        by,
        f"agent/{name}",
        "QualificationGranted",
        qualification=qualification,
        expires_at=expires_at,
    )


def furnished() -> Scene:
    """Sites, people and a product."""
    scene = opened()
    for site, (by, kind) in SITES.items():
        fields = {"organisation": ADMINISTRATORS[by], "site_kind": kind, "country": "GB"}
        scene.say(by, f"site/{site}", "SiteOnboarded", **fields)
    for name, (by, role, site) in PEOPLE.items():
        said = enrol(scene, name, by, (role, site))
        if role == "quality":
            scene.say("ada", f"agent/{name}", "EnrolmentApproved", enrolment=said.id)
        if name in QUALIFIED:
            qualify(scene, name, by, QUALIFIED[name])
    scene.say("quinn", "product/decentra-car", "ProductVersionDefined", **PRODUCT)
    return scene


def _order(scene: Scene) -> None:
    scene.say("carl", CHAIN, "TherapyOrdered", **ORDER)
    scene.say("carl", f"chain/{OTHER_COI}", "TherapyOrdered", **ORDER | {"patient": patient("patient-2")})
    for chain in (CHAIN, f"chain/{OTHER_COI}"):
        scene.say("carl", chain, "ConsentRecorded", **CONSENT)
    scene.say("anna", f"chain/{OTHER_COI}", "CollectionCompleted", **collection(scene, "OTHER-1"))


def collection(scene: Scene, *containers: str, **fields: Any) -> dict[str, Any]:
    made = [{"container": name, "volume_ul": 200_000} for name in containers]
    return {"at": APHERESIS, "ended_at": timestamp(scene.now_ms), "containers": made} | fields


def _collect(scene: Scene) -> None:
    scene.on_chain(
        "anna", "PatientIdentified", site="st-mary", patient=patient(), method="scan", outcome="match"
    )
    scene.on_chain("anna", "CollectionCompleted", **collection(scene, FRESH))
    scene.on_chain("anna", "Packed", at=APHERESIS, containers=[FRESH], shipper="SHIPPER-1", logger="LOG-1")


def _to_cleanroom(scene: Scene) -> None:
    scene.hand_over(("anna", APHERESIS), ("kit", VAN), FRESH)
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)


def filled(scene: Scene, *doses: str, **fields: Any) -> dict[str, Any]:
    """What a filling says: doses of 50 ml, bag n of m, that keep for 90 days."""
    expires_at = timestamp(scene.now_ms + 90 * 24 * HOUR_MS)
    children = [
        {"container": name, "volume_ul": 50_000, "bag": n, "of": len(doses), "expires_at": expires_at}
        for n, name in enumerate(doses, 1)
    ]
    parents = [{"container": FRESH, "volume_ul": 200_000}]
    return {"at": CLEANROOM, "how": "fill", "parents": parents, "children": children} | fields


def _make(scene: Scene) -> None:
    started = {"at": CLEANROOM, "batch": "B-1", "platform": "P-1", "containers": [FRESH]}
    scene.on_chain("mia", "ManufacturingStarted", **started)
    scene.on_chain("mia", "ContainersDerived", **filled(scene, DOSE, DOSE_2))


def _release(scene: Scene) -> None:
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED)


def _to_ward(scene: Scene) -> None:
    scene.hand_over(("mia", CLEANROOM), ("kit", VAN), DOSE, DOSE_2)
    scene.hand_over(("kit", VAN), ("nora", WARD), DOSE, DOSE_2)


def fit(scene: Scene, **fields: Any) -> dict[str, Any]:
    """What a physician says of a patient who is fit for the next two weeks."""
    valid_until = timestamp(scene.now_ms + 14 * 24 * HOUR_MS)
    return {"site": "st-mary", "outcome": "fit", "valid_until": valid_until} | fields


def _prepare(scene: Scene) -> None:
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    scene.decide("carl", "AvailabilityConfirmed", site="st-mary", containers=[DOSE, DOSE_2])
    scene.decide("phil", "LymphodepletionAuthorised", site="st-mary")
    scene.on_chain("nora", "LymphodepletionStarted", site="st-mary", regimen="flu_cy")
    scene.forward(5 * 24 * 3600)


def _thaw(scene: Scene) -> None:
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE])
    scene.forward(300)
    scene.on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])


def _check(scene: Scene) -> None:
    scene.check("nora")
    scene.check("nils")


def _authorise(scene: Scene) -> None:
    scene.decide("phil", "InfusionAuthorised", site="st-mary", container=DOSE)


def _start(scene: Scene) -> None:
    scene.on_chain("nora", "InfusionStarted", site="st-mary", container=DOSE)


def _complete(scene: Scene) -> None:
    scene.forward(600)
    scene.on_chain("nora", "InfusionCompleted", site="st-mary", container=DOSE, dose_given_ul=50_000)


STAGES: dict[str, Callable[[Scene], None]] = {
    "ordered": _order,
    "collected": _collect,
    "at_cleanroom": _to_cleanroom,
    "made": _make,
    "released": _release,
    "at_ward": _to_ward,
    "prepared": _prepare,
    "thawed": _thaw,
    "checked": _check,
    "authorised": _authorise,
    "infusing": _start,
    "infused": _complete,
}


def scene_at(stage: str) -> Scene:
    """The ordinary story up to and with the stage."""
    scene = furnished()
    for name, tell in STAGES.items():
        tell(scene)
        if name == stage:
            return scene
    raise KeyError(stage)
