"""Every refusal of the rules, by its code.

`test_every_refusal_has_its_test` reads the source of the rules: a code that is raised there
and has no `test_refusal_<code>` here or beside (or, for parsers, in the test of identifiers
and events) fails the suite.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import ledger.domain
from ledger.domain.world import timestamp
from ledger.errors import (
    Conflict,
    NotPermitted,
    ProofInvalid,
    Refused,
    Unauthentic,
)
from tests.domain_phrases import named_tests
from tests.domain_refusing import SITE, check, refused
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    COI,
    FRESH,
    ORIGIN,
    PRODUCT,
    Scene,
    furnished,
    genesis_fields,
    kid,
    opened,
    scene_at,
)

PARSERS = {"identifiers.py", "events.py"}
RAISED = re.compile(
    r"(?:Refused|Conflict|NotPermitted|StaleView|GateFailed|Unauthentic|Malformed|ProofInvalid)"
    r'\(\s*"([a-z0-9_]+)"'
)


def test_every_refusal_has_its_test() -> None:
    folder = Path(ledger.domain.__file__).parent
    sources = [path.read_text() for path in folder.glob("*.py") if path.name not in PARSERS]
    codes = {code for source in sources for code in RAISED.findall(source)}
    assert len(codes) > 40
    assert codes - named_tests("refusal") == set()


# --- the key, the signer, the stream: facts and decisions alike -------------------------


def test_refusal_unknown_key() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert (
        refused(Unauthentic, scene, "anna", CHAIN, "Packed", signed_with="00" * 32, **packed) == "unknown_key"
    )


def test_refusal_revoked_key() -> None:
    scene = scene_at("collected")
    scene.say("ada", "agent/anna", "KeyRevoked", kid=kid("anna"), reason="stolen_phone")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert refused(Unauthentic, scene, "anna", CHAIN, "Packed", **packed) == "revoked_key"


def test_refusal_wrong_signer() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1", "signed_with": kid("kit")}
    assert refused(Unauthentic, scene, "anna", CHAIN, "Packed", **packed) == "wrong_signer"
    assert refused(Unauthentic, scene, "ledger", CHAIN, "Packed", **packed) == "wrong_signer"
    genesis = genesis_fields() | {"signed_with": kid("ada")}
    assert refused(Unauthentic, Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **genesis) == "wrong_signer"


@pytest.mark.parametrize(
    "stream",
    ["site/st-mary", "chain", COI, "chain/", "chain/isbt128:CHO999926ABC123", "chain/isbt128:chA999926ABC123",
     "chain/no-scheme", "review/" + COI, f"log/{ORIGIN}"],
)  # fmt: skip
def test_refusal_wrong_stream(stream: str) -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert refused(Unauthentic, scene, "anna", stream, "Packed", **packed) == "wrong_stream"


@pytest.mark.parametrize("stream", ["log/other.example", "chain/" + COI, "site/UPPER", "site/", "site/a/b"])
def test_a_registry_decision_belongs_to_its_own_stream(stream: str) -> None:
    event = "RuleSetAdopted" if stream.startswith("log/") else "SiteOnboarded"
    fields = {"rule_set": 1} if stream.startswith("log/") else SITE
    signer = "ledger" if stream.startswith("log/") else "ben"
    assert refused(Unauthentic, opened(), signer, stream, event, **fields) == "wrong_stream"


# --- the device that made a decision ----------------------------------------------------


def test_refusal_retired_key() -> None:
    scene = furnished()
    scene.say("ben", "agent/quinn", "KeyRetired", kid=kid("quinn"), reason="new_phone")
    newer = PRODUCT | {"version": 2}
    stream = "product/decentra-car"
    assert refused(NotPermitted, scene, "quinn", stream, "ProductVersionDefined", **newer) == "retired_key"


@pytest.mark.parametrize("wrong", [{"seq": 99}, {"prev": "00" * 32}, {"seq": 0, "prev": None}])
def test_refusal_out_of_sequence(wrong: dict[str, Any]) -> None:
    scene = opened()
    scene.say("ben", "site/north", "SiteOnboarded", **SITE)
    with pytest.raises(Conflict) as refusal:
        scene.say("ben", "site/south", "SiteOnboarded", **SITE | wrong)
    last = scene.world.signer(kid("ben"))
    assert (refusal.value.code, refusal.value.extra) == (
        "out_of_sequence",
        {"seq": 1, "prev": last.statement_id},
    )


def test_refusal_unknown_checkpoint() -> None:
    scene = opened()
    forked = SITE | {"seen": {"size": 1, "root": "00" * 32}}
    assert refused(Conflict, scene, "ben", "site/north", "SiteOnboarded", **forked) == "unknown_checkpoint"
    ahead = SITE | {"seen": {"size": 99, "root": "00" * 32}}
    assert refused(Conflict, scene, "ben", "site/north", "SiteOnboarded", **ahead) == "unknown_checkpoint"


def test_a_decision_on_a_therapy_must_have_seen_something() -> None:
    scene = scene_at("thawed")
    assert refused(Conflict, scene, "nora", CHAIN, "InfusionChecked", **check(scene, seen=None)) == (
        "unknown_checkpoint"
    )


def test_a_checkpoint_of_later_entries_has_not_been_seen_yet() -> None:
    """An audit knows all checkpoints from the start; the rules must not."""
    scene = opened()
    scene.checkpoints[99] = ("ab" * 32, scene.now_ms)
    ahead = SITE | {"seen": {"size": 99, "root": "ab" * 32}}
    assert refused(Conflict, scene, "ben", "site/north", "SiteOnboarded", **ahead) == "unknown_checkpoint"


def test_refusal_future_time() -> None:
    scene = opened()
    late = SITE | {"occurred_at": timestamp(scene.now_ms + 300_001)}
    assert refused(Refused, scene, "ben", "site/north", "SiteOnboarded", **late) == "future_time"


def test_refusal_clock_behind() -> None:
    scene = opened()
    early = SITE | {"occurred_at": timestamp(scene.now_ms - 300_001)}
    assert refused(Refused, scene, "ben", "site/north", "SiteOnboarded", **early) == "clock_behind"


# --- an audit's replay ------------------------------------------------------------------


def test_refusal_deviation_omitted() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    scene.world.record(scene.entry("kit", CHAIN, "Packed", **packed))
    assert refused(ProofInvalid, scene, "anna", CHAIN, "Packed", **packed) == "deviation_omitted"


@pytest.mark.parametrize(
    "altered", [{"severity": "minor"}, {"blocking": False}, {"containers": []}, {"code": "clock_ahead"}]
)
def test_a_deviation_that_says_less_than_the_finding_counts_as_omitted(altered: dict[str, Any]) -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    fact = scene.entry("kit", CHAIN, "Packed", **packed)
    scene.world.record(fact)
    right = {"code": "role_not_permitted", "severity": "major", "blocking": True, "containers": [FRESH]}
    said = right | {"cause": fact.statement_id, "seen": None} | altered
    assert refused(ProofInvalid, scene, "ledger", CHAIN, "DeviationRaised", **said) == "deviation_omitted"


def test_refusal_deviation_not_due() -> None:
    said = {"code": "clock_ahead", "severity": "minor", "blocking": False, "containers": [], "cause": None}
    scene = scene_at("collected")
    assert refused(ProofInvalid, scene, "ledger", CHAIN, "DeviationRaised", **said) == "deviation_not_due"
