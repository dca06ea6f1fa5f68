"""Laws of the rules, for stories that nobody would tell."""

from __future__ import annotations

import contextlib
import copy
from collections import defaultdict
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.chain import Chain
from ledger.domain.events import EVENTS
from ledger.domain.findings import FINDINGS
from ledger.domain.gates import infusion_gates
from ledger.domain.memory import MemoryWorld
from ledger.domain.overrides import OVERRIDABLE
from ledger.domain.rules import tags_of
from ledger.domain.shares import CARRIED
from ledger.domain.standing import may_read_chain
from ledger.domain.world import AGGREGATES, Entry, new_aggregate
from ledger.errors import UnbrokenError
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    DOSE,
    DOSE_2,
    FAR_VAN,
    FRESH,
    LEDGER,
    ORIGIN,
    OTHER_COI,
    PEOPLE,
    RELEASED,
    STAGES,
    VAN,
    WARD,
    Scene,
    patient,
    scene_at,
)

OUTSIDERS = ("olga", "otto")
INSIDERS = sorted(PEOPLE.keys() - set(OUTSIDERS))
IDS = ["00" * 32, "11" * 32]
containers = st.sampled_from([FRESH, DOSE, DOSE_2, "OTHER-1", "ODD-1"])
several = st.lists(containers, min_size=1, max_size=3)
parties = st.sampled_from([APHERESIS, WARD, VAN, CLEANROOM, FAR_VAN])
sites = st.sampled_from(["st-mary", "northcell-1", "far-clinic", "nowhere"])
volumes = st.sampled_from([0, 1, 50_000, 200_000, 300_000])
patients = st.sampled_from([patient(), patient("patient-2")])
gate_names = st.sampled_from([*sorted(OVERRIDABLE), "consent", "nonsense"])
serials = st.sampled_from(["L-1", "L-2", "L-3"])
batches = st.sampled_from(["B-1", "B-2"])
tests = st.sampled_from(["sterility", "viability"])
values = st.sampled_from([None, 0, 91_500])
volume_of = st.fixed_dictionaries({"container": containers, "volume_ul": volumes})
made = st.builds(
    lambda one, bag, of: one | {"bag": bag, "of": of},
    volume_of,
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 1, 2]),
)

FACTS: dict[str, dict[str, Any]] = {
    "ConsentRecorded": {"site": sites, "form": st.just("CONSENT v3")},
    "ConsentWithdrawn": {"site": sites, "reason": st.just("why")},
    "LymphodepletionStarted": {"site": sites, "regimen": st.just("flu_cy")},
    "PatientIdentified": {"site": sites, "patient": patients, "method": st.sampled_from(["scan", "typed"]),
                          "outcome": st.sampled_from(["match", "mismatch"])},
    "CollectionCompleted": {"at": parties, "containers": st.lists(made, min_size=1, max_size=2),
                            "ended_at": st.just("2026-09-21T14:00:00.000Z")},
    "CustodyReleased": {"containers": several, "giver": parties, "receiver": parties,
                        "condition": st.sampled_from(["intact", "thawed"])},
    "CustodyAccepted": {"containers": several, "giver": parties, "receiver": parties,
                        "condition": st.just("intact"), "release": st.sampled_from([None, *IDS])},
    "CustodyRefused": {"containers": several, "giver": parties, "receiver": parties,
                       "release": st.sampled_from(IDS), "reason": st.just("why")},
    "ReceiptInspected": {"at": parties, "containers": several, "shipper": st.just("S-1"),
                         "condition": st.just("intact"), "expected": st.just(1), "received": st.just(1),
                         "outcome": st.sampled_from(["accepted", "quarantine"])},
    "ShipperSwapped": {"at": parties, "containers": several, "old_shipper": st.just("S-1"),
                       "shipper": st.just("S-2"), "reason": st.just("why")},
    "LabelIssued": {"at": parties, "serials": st.lists(serials, min_size=1, max_size=2),
                    "container": st.one_of(st.none(), containers),
                    "replaces": st.one_of(st.none(), st.builds(lambda one: {"serial": one, "reason": "why"},
                                                               serials))},
    "LabelPrinted": {"at": parties, "serial": serials, "template": st.just("cryobag"),
                     "medium": st.sampled_from(["zpl", "pdf"]), "dpi": st.just(300),
                     "digest": st.just("ab" * 32)},
    "LabelApplied": {"at": parties, "serial": serials, "container": containers},
    "LabelScannedBack": {"at": parties, "serial": serials,
                         "container": st.one_of(st.none(), containers),
                         "outcome": st.sampled_from(["readable", "unreadable", "wrong_content"])},
    "LabelVoided": {"at": parties, "serial": serials, "reason": st.just("why")},
    "LabelDestroyed": {"at": parties, "serials": st.lists(serials, min_size=1, max_size=2),
                       "fate": st.sampled_from(["destroyed", "returned_unused"])},
    "Packed": {"at": parties, "containers": several, "shipper": st.just("S-1")},
    "ManufacturingStarted": {"at": parties, "containers": several, "batch": st.just("B-1"),
                             "platform": st.just("P-1")},
    "StepCompleted": {"at": parties, "containers": several, "batch": batches, "step": st.just("activation")},
    "MaterialConsumed": {"at": parties, "containers": several, "batch": batches,
                         "lots": st.lists(st.sampled_from(["lv-1", "lv-2"]), min_size=1, max_size=2)},
    "ManufacturingFailed": {"at": parties, "containers": several, "batch": batches, "reason": st.just("why")},
    "ManufacturingRestarted": {"at": parties, "containers": several, "failed_batch": batches,
                               "batch": batches, "platform": st.just("P-1")},
    "ContainersDerived": {"at": parties, "how": st.sampled_from(["split", "fill"]),
                          "parents": st.lists(volume_of, min_size=1, max_size=2),
                          "children": st.lists(made, min_size=1, max_size=2)},
    "DeviationRaised": {"code": st.just("bag_leaks"), "severity": st.just("major"), "blocking": st.booleans(),
                        "containers": st.lists(containers, max_size=2), "cause": st.none()},
    "SampleTaken": {"at": parties, "of": volume_of, "sample": made, "purpose": st.just("release")},
    "ResultReported": {"at": parties, "sample": containers, "containers": several, "test": tests,
                       "unit": st.sampled_from([None, "percent"]), "value_milli": values,
                       "outcome": st.sampled_from(["pass", "fail", "invalid"])},
    "IdentityTested": {"at": parties, "containers": several, "method": st.just("str"),
                       "reference": st.just("code"), "outcome": st.sampled_from(["match", "mismatch"])},
    "Corrected": {"corrects": st.sampled_from(IDS), "member": st.sampled_from(["seal", "of.volume_ul"]),
                  "was": st.just("A"), "right": st.just("B"), "reason": st.just("why")},
    "Unpacked": {"at": parties, "containers": several, "shipper": st.just("S-1")},
    "SealChecked": {"at": parties, "containers": several, "shipper": st.just("S-1"),
                    "outcome": st.sampled_from(["intact", "broken"])},
    "Stored": {"at": parties, "containers": several, "location": st.just("TANK-1")},
    "Retrieved": {"at": parties, "containers": several, "location": st.just("TANK-1")},
    "TemperatureEvidenceAttached": {
        "at": parties, "containers": several, "phase": st.sampled_from(["fresh", "frozen"]),
        "logger": st.sampled_from(["LOG-1", "LOG-2"]), "range_low_centi_c": st.sampled_from([-4_000, 300]),
        "range_high_centi_c": st.just(8_000),
        "calibrated_until": st.sampled_from([None, "2030-01-01T00:00:00.000Z"]),
        "started_at": st.sampled_from(["2026-09-21T14:00:00.000Z", "9999-12-01T00:00:00.000Z"]),
        "interval_s": st.sampled_from([60, 3600]), "raw": st.just("ab" * 32),
        "readings_centi_c": st.lists(st.sampled_from([None, -27_300, 500, 2_500]), min_size=1, max_size=4),
        "device_signature": st.sampled_from(["valid", "failed"])},
    "Quarantined": {"containers": several, "reason": st.just("why")},
    "ContainerDamaged": {"at": parties, "containers": several, "damage": st.just("leak")},
    "ContainerLost": {"at": parties, "containers": several},
    "ContainerFound": {"at": parties, "containers": several, "condition": st.just("intact")},
    "Returned": {"at": parties, "containers": several, "reason": st.just("why")},
    "Destroyed": {"at": parties, "containers": several, "method": st.just("incineration"),
                  "reason": st.just("why")},
    "DestructionWitnessed": {"at": parties, "containers": several, "destruction": st.sampled_from(IDS)},
    "ThawStarted": {"at": parties, "containers": several,
                    "labels": st.one_of(st.none(), serials.map(lambda one: [one]))},
    "ThawCompleted": {"at": parties, "containers": several},
    "InfusionStarted": {"site": sites, "container": containers},
    "InfusionPaused": {"site": sites, "container": containers, "reason": st.just("why")},
    "InfusionResumed": {"site": sites, "container": containers},
    "InfusionStopped": {"site": sites, "container": containers, "dose_given_ul": volumes,
                        "reason": st.just("why")},
    "InfusionCompleted": {"site": sites, "container": containers, "dose_given_ul": volumes},
}  # fmt: skip
DECISIONS: dict[str, dict[str, Any]] = {
    "ChainLinked": {"provisional": st.sampled_from([COI, "acme:PROV-1"]),
                    "containers": st.just([{"container": FRESH, "volume_ul": 200_000, "at": APHERESIS}])},
    "Released": {"containers": several} | {name: st.just(value) for name, value in RELEASED.items()},
    "PatientFitnessConfirmed": {"site": sites, "outcome": st.sampled_from(["fit", "unfit"]),
                                "valid_until": st.just("2027-01-01T00:00:00.000Z")},
    "AvailabilityConfirmed": {"site": sites, "containers": several},
    "LymphodepletionAuthorised": {"site": sites},
    "EmergencyOverride": {"site": sites, "container": containers, "reason": st.just("why"),
                          "gates": st.lists(gate_names, min_size=1, max_size=3)},
    "OverrideConfirmed": {"override": st.sampled_from(IDS)},
    "BatchConfirmed": {"site": sites, "containers": several, "confirmation": st.just("ab" * 32)},
    "ReleasedPendingResults": {"containers": several, "outstanding": st.lists(tests, min_size=1, max_size=2)}
    | {name: st.just(value) for name, value in RELEASED.items()},
    "OutOfSpecificationRequested": {"site": sites, "containers": several, "reason": st.just("why"),
                                    "tests": st.lists(tests, min_size=1, max_size=2)},
    "ReleasedOutOfSpecification": {"containers": several, "request": st.sampled_from(IDS),
                                   "tests": st.lists(tests, min_size=1, max_size=2)}
    | {name: st.just(value) for name, value in RELEASED.items()},
    "Rejected": {"containers": several, "reason": st.just("why")},
    "InfusionChecked": {"site": sites, "container": containers, "patient": patients,
                        "method": st.just("scan"), "label": st.one_of(st.none(), serials)},
    "InfusionAuthorised": {"site": sites, "container": containers},
    "TherapyClosed": {"reason": st.just("why")},
    "QuarantineLifted": {"quarantine": st.sampled_from(IDS), "reason": st.just("why")},
    "DeviationDispositioned": {"deviation": st.sampled_from(IDS), "disposition": st.just("accepted"),
                               "reason": st.just("assessed")},
}  # fmt: skip
ENVELOPES: list[dict[str, Any]] = [
    {}, {}, {}, {"seq": 77}, {"prev": "22" * 32}, {"seen": None}, {"seen": {"size": 3, "root": "33" * 32}},
    {"occurred_at": "2020-01-01T00:00:00.000Z"}, {"occurred_at": "2030-01-01T00:00:00.000Z"},
]  # fmt: skip


@st.composite
def on_a_carrier(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """The same said of a shipment or a tank, the containers dealt out to two therapies."""
    dealt: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        dealt[draw(st.sampled_from([COI, OTHER_COI]))].append(name)
    therapies = [{"coi": coi, "containers": mine} for coi, mine in dealt.items()]
    stream = draw(st.sampled_from(["shipment/s-1", "tank/t-1"]))
    return {"stream": stream, "containers": list(dict.fromkeys(names)), "therapies": therapies}


@st.composite
def sayings(draw: st.DrawFn, people: Any = INSIDERS, facts_only: bool = False) -> dict[str, Any]:
    """What somebody says about the therapy: likely wrong, always well formed."""
    vocabulary = FACTS if facts_only else FACTS | DECISIONS
    name = draw(st.sampled_from(sorted(vocabulary)))
    fields = {member: draw(values) for member, values in vocabulary[name].items()}
    saying = {"signer": draw(st.sampled_from(people)), "stream": CHAIN, "event": name, **fields}
    if name in CARRIED and draw(st.booleans()):
        saying |= draw(on_a_carrier(saying["containers"]))
    if name in DECISIONS:
        saying["chain_version"] = draw(st.integers(0, 40))
    return saying | draw(st.sampled_from(ENVELOPES))


def tell(scene: Scene, story: list[dict[str, Any]]) -> None:
    """Record what is accepted; what is refused leaves nothing."""
    for saying in story:
        scene.forward(30)
        with contextlib.suppress(UnbrokenError):
            scene.say(**saying)


def snapshot(world: MemoryWorld) -> dict[str, Any]:
    return copy.deepcopy({name: value for name, value in vars(world).items() if name != "_find_checkpoint"})


stages = st.sampled_from(list(STAGES))
stories = st.lists(sayings(), max_size=8)
few = settings(max_examples=60)


@few
@given(stages, stories)
def test_replay_equals_increment(stage: str, story: list[dict[str, Any]]) -> None:
    """Every aggregate is the fold of the entries with its tag, and nothing else."""
    scene = scene_at(stage)
    tell(scene, story)
    tagged: dict[str, list[Entry]] = defaultdict(list)
    for entry, verdict in scene.entries:
        for tag in tags_of(entry, verdict):
            tagged[tag].append(entry)
    folded = {}
    for tag, entries in tagged.items():
        if tag.partition("/")[0] in AGGREGATES:
            aggregate = folded[tag] = new_aggregate(tag)
            for entry in entries:
                aggregate.apply(entry)
            assert aggregate.version == len(entries)
    assert folded == vars(scene.world)["_aggregates"]


@few
@given(stages, stories)
def test_an_audit_that_replays_the_log_comes_to_the_same_verdicts_and_world(
    stage: str, story: list[dict[str, Any]]
) -> None:
    scene = scene_at(stage)
    tell(scene, story)
    audit_of(scene)


def audit_of(scene: Scene) -> None:
    """Record all of it again, entry by entry: the same verdicts, the same world."""
    audit = MemoryWorld(ORIGIN, scene.checkpoints.get)
    assert [audit.record(entry) for entry, _ in scene.entries] == [verdict for _, verdict in scene.entries]
    assert snapshot(audit) == snapshot(scene.world)


@few
@given(stages, stories, sayings(people=sorted(PEOPLE)))
def test_judging_changes_nothing(stage: str, story: list[dict[str, Any]], saying: dict[str, Any]) -> None:
    scene = scene_at(stage)
    tell(scene, story)
    before = snapshot(scene.world)
    with contextlib.suppress(UnbrokenError):
        scene.judge(**saying)
    assert snapshot(scene.world) == before


@few
@given(stages, stories, st.lists(sayings(people=OUTSIDERS), min_size=1, max_size=4))
def test_outsiders_change_neither_a_therapy_nor_who_may_read_it(
    stage: str, story: list[dict[str, Any]], noise: list[dict[str, Any]]
) -> None:
    """Unless the holder's own release let them in, which the story keeps from happening."""
    scene = scene_at(stage)
    tell(scene, [saying for saying in story if FAR_VAN not in saying.values()])
    before = copy.deepcopy(scene.chain)
    tell(scene, noise)
    assert scene.chain == before
    for name in OUTSIDERS:
        agent = scene.world.agent(name)
        assert agent is not None
        assert not may_read_chain(agent, scene.world, scene.chain)


@few
@given(stages, stories, sayings(people=sorted(PEOPLE), facts_only=True))
def test_a_fact_by_an_enrolled_key_is_never_refused(
    stage: str, story: list[dict[str, Any]], saying: dict[str, Any]
) -> None:
    scene = scene_at(stage)
    tell(scene, story)
    said = scene.say(**saying)
    assert said.entry.position == scene.entries[-1 - len(said.deviations)][0].position


@few
@given(stages, stories)
def test_the_ledger_raises_each_finding_once_with_the_severity_of_the_table(
    stage: str, story: list[dict[str, Any]]
) -> None:
    scene = scene_at(stage)
    tell(scene, story)
    for _, verdict in scene.entries:
        codes = [(finding.stream, finding.code) for finding in verdict.findings]
        assert len(codes) == len(set(codes))
        for finding in verdict.findings:
            meaning = FINDINGS[finding.code]
            assert (finding.severity, finding.blocking) == (meaning.severity, meaning.blocking)
            assert verdict.standing or not finding.blocking


@few
@given(stages, stories)
def test_an_infusion_is_authorised_only_with_every_gate_open(stage: str, story: list[dict[str, Any]]) -> None:
    scene = Scene()
    full = scene_at(stage)
    tell(full, story)
    scene.checkpoints.update(full.checkpoints)
    for entry, verdict in full.entries:
        event: Any = entry.event
        if event.type == "InfusionAuthorised":
            gates = infusion_gates(scene.world, COI, event.container, event.site, entry.recorded_ms)
            assert not any(gate.stops for gate in gates)
        assert scene.world.record(entry) == verdict


@st.composite
def raw_entries(draw: st.DrawFn) -> Entry:
    """Any well-formed entry, as no judge would let it through."""
    saying = draw(sayings(people=[*INSIDERS, LEDGER]))
    entry = Scene().entry(**{"seen": None, **saying})
    number = draw(st.integers(0, 3))
    return replace(entry, position=number, statement_id=draw(st.sampled_from([*IDS, f"{number:064x}"])))


@given(st.lists(raw_entries(), max_size=12))
def test_folding_is_total_whatever_the_order(entries: list[Entry]) -> None:
    """No event, however absurd, makes an aggregate raise; each counts."""
    for tag in (
        CHAIN,
        "shipment/s-1",
        "agent/anna",
        "site/st-mary",
        "product/decentra-car",
        "key/ab",
        "lot/lv-1",
        "equipment/p-1",
        f"log/{ORIGIN}",
    ):
        aggregate = new_aggregate(tag)
        for entry in entries:
            aggregate.apply(entry)
        assert aggregate.version == len(entries)


FACTS_OF_A_THERAPY = {"CollectionCompleted", "CustodyReleased", "CustodyAccepted", "Packed",
                      "ContainersDerived", "ThawStarted", "ThawCompleted", "InfusionStarted",
                      "InfusionCompleted"}  # fmt: skip


@few
@given(st.data())
def test_what_becomes_of_a_bag_does_not_depend_on_the_order_of_arrival(data: st.DataObject) -> None:
    entries = [entry for entry, _ in scene_at("infused").entries if entry.stream == CHAIN]
    facts = [entry for entry in entries if entry.event.type in FACTS_OF_A_THERAPY]
    chain = Chain(COI)
    for entry in data.draw(st.permutations(facts)):
        chain.apply(entry)
    ordinary = scene_at("infused").chain
    for name, container in chain.containers.items():
        told = ordinary.containers[name]
        assert (container.holder, container.status, container.left_ul, container.parents) == (
            told.holder,
            told.status,
            told.left_ul,
            told.parents,
        )
    assert chain.containers.keys() == ordinary.containers.keys()
    assert (chain.waiting, chain.mentioned) == (set(), {})


def test_the_stories_use_every_fact_that_exists() -> None:
    assert {event.__name__ for event in EVENTS if event.kind == "fact"} == FACTS.keys()
