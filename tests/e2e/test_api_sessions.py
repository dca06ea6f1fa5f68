"""Signing in with one's own key: who gets a session, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import session_store
from ledger.application import Ledger
from ledger.proof import statement
from tests.e2e.api_stage import Stage, code, served, serving
from tests.scenario import Signer


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    with served(sqlite_url, tmp_path) as opened:
        yield opened


def whoami(stage: Stage, token: str) -> Any:
    return stage.ask("GET", "/v1/session", headers={"authorization": f"Bearer {token}"})


def opened(stage: Stage, agent: str = "nora") -> str:
    token: str = stage.sign_in(stage.signed_challenge(agent)).json()["token"]
    return token


def test_a_signed_challenge_opens_a_session(stage: Stage) -> None:
    response = stage.sign_in(stage.signed_challenge("nora"))
    session = response.json()
    assert (response.status_code, session["agent"]) == (201, "nora")
    assert session["expires_at"] == "2026-09-21T22:14:20.000Z" or session["expires_at"].startswith(
        "2026-09-2"
    )
    assert whoami(stage, session["token"]).json() == {
        "agent": "nora",
        "organisation": "st-mary-trust",
        "roles": {"st-mary": ["nurse"]},
        "expires_at": session["expires_at"],
        "label_host": None,
    }


def test_a_session_ends_with_its_time(stage: Stage) -> None:
    token = opened(stage)
    stage.scenario.clock.forward(8 * 3600 - 1)
    assert whoami(stage, token).status_code == 200
    stage.scenario.clock.forward(1)
    assert code(whoami(stage, token)) == "no_session"


def test_a_challenge_expires(stage: Stage) -> None:
    raw = stage.signed_challenge("nora")
    stage.scenario.clock.forward(120)
    response = stage.sign_in(raw)
    assert (response.status_code, code(response)) == (401, "challenge_expired")


def test_a_sign_in_is_used_once(stage: Stage) -> None:
    raw = stage.signed_challenge("nora")
    assert stage.sign_in(raw).status_code == 201
    assert code(stage.sign_in(raw)) == "sign_in_used"


def test_signing_out_ends_the_session(stage: Stage) -> None:
    token = opened(stage)
    headers = {"authorization": f"Bearer {token}"}
    assert stage.ask("DELETE", "/v1/session", headers=headers).status_code == 204
    assert code(whoami(stage, token)) == "no_session"


@pytest.mark.parametrize("event", ["KeyRevoked", "KeyRetired"])
def test_a_key_that_ends_ends_its_sessions_at_once(stage: Stage, event: str) -> None:
    token = opened(stage)
    kid = stage.scenario.signer("nora").key.public.kid.hex()
    stage.scenario.say("ada", "agent/nora", event, kid=kid, reason="phone_lost")
    assert code(whoami(stage, token)) == "no_session"
    refused = stage.sign_in(stage.signed_challenge("nora"))
    assert code(refused) == {"KeyRevoked": "revoked_key", "KeyRetired": "retired_key"}[event]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"aud": "other.example/log"}, "wrong_log"),
        ({"sub": "chain/x"}, "wrong_stream"),
        ({"iss": "nils"}, "wrong_signer"),
        ({"payload": {"challenge": "AAAA"}}, "bad_challenge"),
        ({"payload": {"challenge": 1}}, "malformed_sign_in"),
        ({"payload": {"nonce": "AAAA"}}, "malformed_sign_in"),
        ({"payload": {"challenge": "AAAA", "more": 1}}, "malformed_sign_in"),
        ({"content_type": statement.EVENT_CONTENT_TYPE}, "wrong_content_type"),
    ],
)
def test_a_sign_in_that_says_something_else_is_refused(
    stage: Stage, changed: dict[str, Any], expected: str
) -> None:
    assert code(stage.sign_in(stage.signed_challenge("nora", **changed))) == expected


def test_a_key_that_was_never_enrolled_opens_nothing(stage: Stage) -> None:
    response = stage.sign_in(stage.signed_challenge("stranger"))
    assert (response.status_code, code(response)) == (401, "unknown_key")


def test_somebody_elses_signature_opens_nothing(stage: Stage) -> None:
    nils: Signer = stage.scenario.signer("nils")
    raw = bytearray(stage.signed_challenge("nora"))
    raw[-64:] = statement.parse(
        stage.signed_challenge("nora", signer=nils), statement.SESSION_CONTENT_TYPE
    ).signature
    assert code(stage.sign_in(bytes(raw))) == "bad_signature"


def test_a_sign_in_is_no_event_and_an_event_no_sign_in(stage: Stage) -> None:
    assert code(stage.post(stage.signed_challenge("nora"))) == "wrong_content_type"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic bm9yYTpub3Jh", "Bearer " + "A" * 43, "bearer é"]
)
def test_anything_but_a_token_is_no_session(stage: Stage, header: str) -> None:
    response = stage.ask("GET", "/v1/session", headers={"authorization": header.encode()})
    assert (response.status_code, code(response)) == (401, "no_session")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_the_database_holds_no_token(stage: Stage) -> None:
    token = opened(stage)
    with stage.scenario.ledger.store.engine.connect() as connection:
        (row,) = connection.execute(select(session_store.session)).all()
    assert token.encode() not in b" ".join(str(value).encode() for value in row)


def test_what_has_run_out_is_forgotten(stage: Stage) -> None:
    opened(stage)
    stage.scenario.clock.forward(9 * 3600)
    opened(stage, "nils")
    with stage.scenario.ledger.store.engine.connect() as connection:
        agents = connection.execute(select(session_store.session.c.agent)).scalars().all()
        used = connection.execute(select(session_store.sign_in)).all()
    assert (list(agents), len(used)) == (["nils"], 1)


def test_another_media_type_and_too_large_a_body_are_refused(stage: Stage) -> None:
    assert code(stage.sign_in(b"", "application/json")) == "unsupported_media_type"
    assert code(stage.sign_in(bytes(70_000))) == "body_too_large"


def test_two_nodes_of_one_database_agree_on_sessions(database_url: str, tmp_path: Path) -> None:
    with served(database_url, tmp_path) as first:
        scenario = first.scenario
        other = replace(scenario, ledger=Ledger(replace(scenario.ledger.config, high_water=None)))
        with serving(other) as second:
            raw = first.signed_challenge("nora")
            token = second.sign_in(raw).json()["token"]
            assert whoami(first, token).json()["agent"] == "nora"
            assert code(first.sign_in(raw)) == "sign_in_used"
        other.ledger.close()
