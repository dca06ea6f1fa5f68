"""Refusals about the log, its sites, people, keys and products."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.rules import RULE_SET
from ledger.domain.world import timestamp
from ledger.errors import (
    Conflict,
    Malformed,
    NotPermitted,
    Refused,
    Unauthentic,
)
from ledger.proof.ml_dsa import SecondKey
from tests.domain_refusing import SECOND, SITE, ordered_sites, refused
from tests.domain_scene import (
    CHAIN,
    ORDER,
    ORIGIN,
    PRODUCT,
    Scene,
    enrol,
    furnished,
    genesis_fields,
    key_of,
    kid,
    opened,
    qualify,
)

# --- the log ----------------------------------------------------------------------------


def test_refusal_log_already_open() -> None:
    fields = genesis_fields()
    assert refused(Conflict, opened(), "ledger", f"log/{ORIGIN}", "LogOpened", **fields) == "log_already_open"


def test_genesis_names_this_log() -> None:
    fields = genesis_fields() | {"origin": "other.example"}
    assert (
        refused(Unauthentic, Scene(), "ledger", "log/other.example", "LogOpened", **fields) == "wrong_stream"
    )
    assert refused(Unauthentic, Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **fields) == "wrong_stream"


def roots(*named: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "administrators": [{"agent": who, "organisation": of, "key": key_of(key)} for who, of, key in named]
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 1},
        {"prev": "00" * 32},
        {"seen": {"size": 0, "root": "00" * 32}},
        roots(("ada", "one", "a"), ("ben", "one", "b")),
        roots(("ada", "one", "a"), ("ada", "two", "b")),
        roots(("ada", "one", "a"), ("ben", "two", "a")),
        roots(("ada", "one", "a"), ("ledger", "two", "b")),
        roots(("ada", "one", "a"), ("ben", "two", "ledger")),
    ],
)
def test_refusal_bad_genesis(wrong: dict[str, Any]) -> None:
    fields = genesis_fields() | wrong
    assert refused(Refused, Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **fields) == "bad_genesis"


def test_refusal_rule_set_not_newer() -> None:
    stream = f"log/{ORIGIN}"
    assert refused(Conflict, opened(), "ledger", stream, "RuleSetAdopted", rule_set=1) == "rule_set_not_newer"


def test_refusal_unknown_rule_set() -> None:
    newer = {"rule_set": RULE_SET + 1}
    stream = f"log/{ORIGIN}"
    assert refused(Refused, opened(), "ledger", stream, "RuleSetAdopted", **newer) == "unknown_rule_set"


def test_refusal_second_key_exists() -> None:
    """One for ever, as the log's own key."""
    scene, stream = opened(), f"log/{ORIGIN}"
    scene.say("ledger", stream, "CheckpointKeyAdded", vkey=SECOND)
    assert scene.world.log().second_key == SECOND
    assert (
        refused(Conflict, scene, "ledger", stream, "CheckpointKeyAdded", vkey=SECOND) == "second_key_exists"
    )


def test_refusal_wrong_log() -> None:
    """A second key under another name than the log's."""
    scene, stream = opened(), f"log/{ORIGIN}"
    other = str(SecondKey("other.example", bytes(1312)))
    assert refused(Unauthentic, scene, "ledger", stream, "CheckpointKeyAdded", vkey=other) == "wrong_log"


BUILD: dict[str, Any] = {"version": "0.1.0", "digest": "ab" * 32, "files": 9}


def test_refusal_app_published_already() -> None:
    scene, stream = opened(), f"log/{ORIGIN}"
    scene.say("ada", stream, "AppPublished", **BUILD)
    assert refused(Conflict, scene, "ben", stream, "AppPublished", **BUILD) == "app_published_already"


def test_an_older_build_may_be_published_again() -> None:
    scene, stream = opened(), f"log/{ORIGIN}"
    for digest in ("ab", "cd", "ab"):
        scene.say("ada", stream, "AppPublished", **BUILD | {"digest": digest * 32})
    assert [one.digest[:2] for one in scene.world.log().apps] == ["ab", "cd", "ab"]


def test_the_app_is_published_by_an_administrator_in_this_logs_own_stream() -> None:
    scene, stream = furnished(), f"log/{ORIGIN}"
    assert refused(NotPermitted, scene, "quinn", stream, "AppPublished", **BUILD) == "not_permitted"
    other = "log/other.example"
    assert refused(Unauthentic, scene, "ada", other, "AppPublished", **BUILD) == "wrong_stream"


# --- sites, people, keys, products ------------------------------------------------------


def test_refusal_not_permitted() -> None:
    scene = furnished()
    foreign = SITE | {"organisation": "faraway"}
    assert refused(NotPermitted, scene, "ben", "site/north", "SiteOnboarded", **foreign) == "not_permitted"
    assert refused(NotPermitted, scene, "kit", CHAIN, "TherapyOrdered", **ORDER) == "not_permitted"


def test_the_ledger_enrols_nobody() -> None:
    person = {"organisation": "northcell", "roles": [{"role": "nurse", "site": "northcell-1"}]}
    fields = person | {"key": key_of("newby")}
    assert refused(NotPermitted, furnished(), "ledger", "agent/newby", "AgentEnrolled", **fields) == (
        "not_permitted"
    )


def test_refusal_site_exists() -> None:
    assert refused(Conflict, furnished(), "ben", "site/northcell-1", "SiteOnboarded", **SITE) == "site_exists"


def test_refusal_already_suspended() -> None:
    scene = furnished()
    scene.say("ben", "site/northcell-1", "SiteSuspended", reason="inspection")
    why = {"reason": "inspection"}
    assert refused(Conflict, scene, "ben", "site/northcell-1", "SiteSuspended", **why) == "already_suspended"


def test_refusal_not_suspended() -> None:
    why = {"reason": "cleared"}
    assert refused(Conflict, furnished(), "ben", "site/northcell-1", "SiteResumed", **why) == "not_suspended"


@pytest.mark.parametrize("event", ["SiteSuspended", "SiteResumed"])
def test_refusal_unknown_site(event: str) -> None:
    assert refused(Refused, furnished(), "ben", "site/nowhere", event, reason="why") == "unknown_site"


def test_roles_products_and_orders_name_known_sites() -> None:
    scene = furnished()
    with pytest.raises(Refused, match="unknown_site"):
        enrol(scene, "newby", "ben", ("manufacturer", "nowhere"))
    newer = PRODUCT | {"version": 2, "sites": ["nowhere"]}
    stream = "product/decentra-car"
    assert refused(Refused, scene, "quinn", stream, "ProductVersionDefined", **newer) == "unknown_site"
    fields = ordered_sites(couriers=["nowhere"])
    assert refused(Refused, scene, "carl", CHAIN, "TherapyOrdered", **fields) == "unknown_site"


def test_refusal_agent_exists() -> None:
    scene = furnished()
    for taken in ("quinn", "ada", "ledger"):
        with pytest.raises(Conflict, match="agent_exists"):
            enrol(scene, taken, "ben", ("manufacturer", "northcell-1"))


def test_refusal_not_own_site() -> None:
    with pytest.raises(NotPermitted, match="not_own_site"):
        enrol(furnished(), "newby", "ben", ("nurse", "st-mary"))


def test_refusal_malformed_key() -> None:
    scene = furnished()
    for key in ("A", "AB", "A" * 5):  # no base64url, or not the only spelling of its bytes
        assert refused(Malformed, scene, "ben", "agent/mia", "KeyAdded", key=key) == "malformed_key"
    spoilt = genesis_fields() | {"event_key": "A"}
    stream = f"log/{ORIGIN}"
    assert refused(Malformed, Scene(), "ledger", stream, "LogOpened", **spoilt) == "malformed_key"


@pytest.mark.parametrize("key", ["ada", "quinn", "ledger", "retired"])
def test_refusal_key_in_use(key: str) -> None:
    scene = furnished()
    scene.say("mia", "agent/mia", "KeyAdded", key=key_of("retired"))
    scene.say("mia", "agent/mia", "KeyRetired", kid=kid("retired"), reason="worn")
    assert refused(Conflict, scene, "mia", "agent/mia", "KeyAdded", key=key_of(key)) == "key_in_use"


@pytest.mark.parametrize("name", ["quinn", "ben"])
def test_refusal_needs_two_signers(name: str) -> None:
    """One administrator with a key of their own making could otherwise sign as Quality."""
    scene = furnished()
    enrol(scene, "bea", "ben", ("administrator", "northcell-1"))
    bea = scene.world.agent("bea")
    assert bea is not None
    scene.say("ada", "agent/bea", "EnrolmentApproved", enrolment=bea.enrolment)
    fields = {"key": key_of("planted")}
    assert refused(NotPermitted, scene, "bea", f"agent/{name}", "KeyAdded", **fields) == "needs_two_signers"


@pytest.mark.parametrize(("event", "kid_named"), [("KeyRetired", "kit"), ("KeyRevoked", "nobody")])
def test_refusal_not_their_key(event: str, kid_named: str) -> None:
    fields = {"kid": kid(kid_named), "reason": "why"}
    assert refused(Refused, furnished(), "ben", "agent/mia", event, **fields) == "not_their_key"


def test_refusal_key_already_out() -> None:
    scene = furnished()
    out = {"kid": kid("mia"), "reason": "why"}
    scene.say("ben", "agent/mia", "KeyRetired", **out)
    assert refused(Conflict, scene, "ben", "agent/mia", "KeyRetired", **out) == "key_already_out"
    scene.say("ben", "agent/mia", "KeyRevoked", **out)
    assert refused(Conflict, scene, "ben", "agent/mia", "KeyRevoked", **out) == "key_already_out"


def test_refusal_unknown_agent() -> None:
    scene = furnished()
    granted = {"qualification": "bedside", "expires_at": timestamp(scene.now_ms)}
    assert (
        refused(Refused, scene, "ben", "agent/nobody", "QualificationGranted", **granted) == "unknown_agent"
    )
    assert refused(Refused, scene, "ben", "agent/nobody", "KeyAdded", key=key_of("x")) == "unknown_agent"


def test_refusal_unknown_enrolment() -> None:
    scene = furnished()
    enrol(scene, "quentin", "ben", ("quality", "northcell-1"))
    wrong = {"enrolment": "00" * 32}
    assert (
        refused(Refused, scene, "ada", "agent/quentin", "EnrolmentApproved", **wrong) == "unknown_enrolment"
    )


def test_refusal_nothing_to_approve() -> None:
    scene = furnished()
    for name in ("mia", "quinn"):
        agent = scene.world.agent(name)
        assert agent is not None
        found = refused(
            Conflict, scene, "ada", f"agent/{name}", "EnrolmentApproved", enrolment=agent.enrolment
        )
        assert found == "nothing_to_approve"


def test_refusal_same_signer() -> None:
    scene = furnished()
    said = enrol(scene, "quentin", "ben", ("quality", "northcell-1"))
    fields = {"enrolment": said.id}
    assert (
        refused(NotPermitted, scene, "ben", "agent/quentin", "EnrolmentApproved", **fields) == "same_signer"
    )
    with pytest.raises(NotPermitted, match="same_signer"):
        qualify(scene, "quinn", "quinn", "batch_release")


def test_refusal_version_not_next() -> None:
    scene = furnished()
    for version in (1, 3):
        fields = PRODUCT | {"version": version}
        stream = "product/decentra-car"
        assert (
            refused(Conflict, scene, "quinn", stream, "ProductVersionDefined", **fields) == "version_not_next"
        )
    newcomer = PRODUCT | {"version": 2}
    assert refused(Conflict, scene, "quinn", "product/new", "ProductVersionDefined", **newcomer) == (
        "version_not_next"
    )
