"""Every error has a place in the one table that knows HTTP."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger.errors
from api.codes import (
    AUTHORITIES,
    BYTES,
    DECISIONS,
    FAULTS,
    PROGRAMS,
    PROOFS,
    REQUESTS,
    SIGNERS,
    TITLES,
    WITNESSES,
)
from api.problems import CLASSES, STATUSES, problem_of
from ledger.errors import (
    Conflict,
    Fault,
    GateFailed,
    Malformed,
    NotFound,
    Refused,
    TooMany,
    Unauthentic,
    Unauthorised,
    UnbrokenError,
)

ROOT = Path(ledger.errors.__file__).parent.parent
TREE = [
    kind
    for kind in vars(ledger.errors).values()
    if isinstance(kind, type) and issubclass(kind, UnbrokenError)
]
NAMES = {kind.__name__ for kind in TREE}


def raised() -> Iterator[tuple[str, str]]:
    """(code, file) of every error that the server's packages make with a literal code."""
    for package in ("ledger", "api"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in NAMES and node.args:
                    yield from ((code, path.name) for code in literals(node.args[0]))


def literals(node: ast.expr) -> list[str]:
    """A literal code, also where a condition chooses between two."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_class_of_the_error_tree_has_a_row() -> None:
    assert set(CLASSES) == set(TREE)


def test_every_code_that_is_raised_is_in_the_table() -> None:
    assert {(code, file) for code, file in raised() if code not in TITLES} == set()


def test_every_status_exception_is_for_a_known_code() -> None:
    assert {code for _, code in STATUSES} <= set(TITLES)


def test_no_code_stands_in_two_groups() -> None:
    groups = (BYTES, SIGNERS, DECISIONS, REQUESTS, PROOFS, PROGRAMS, WITNESSES, AUTHORITIES, FAULTS)
    assert sum(map(len, groups)) == len(TITLES)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Malformed("malformed_cbor", "x"), 400),
        (Malformed("statement_too_large", "x"), 413),
        (Malformed("unsupported_media_type", "x"), 415),
        (Unauthentic("unknown_key", "x"), 401),
        (Unauthorised("no_session", "x"), 401),
        (Unauthorised("not_yours", "x"), 403),
        (NotFound("no_such_chain", "x"), 404),
        (Conflict("cti_reused", "x"), 409),
        (GateFailed("gate_failed", "x", gates=[]), 422),
        (TooMany("busy", "x"), 429),
        (Fault("store_failed", "x"), 500),
        (Fault("disk_full", "x"), 503),
    ],
)
def test_an_error_becomes_its_status(error: UnbrokenError, status: int) -> None:
    assert problem_of(error).status == status


def test_the_same_code_of_another_class_keeps_the_status_of_its_class() -> None:
    assert problem_of(Unauthentic("wrong_log", "x")).status == 401
    assert problem_of(Fault("wrong_log", "x")).status == 500
    assert problem_of(Refused("clock_behind", "x")).status == 422
    assert problem_of(Fault("clock_behind", "x")).status == 503


def test_a_problem_has_the_members_of_rfc_9457_and_those_of_its_error() -> None:
    error = GateFailed("gate_failed", "2 gates failed", gates=[{"gate": "custody", "passed": False}])
    assert json.loads(problem_of(error).body()) == {
        "type": "https://unbroken.example/problems/gate_failed",
        "title": "A gate before this decision failed",
        "status": 422,
        "detail": "2 gates failed",
        "code": "gate_failed",
        "gates": [{"gate": "custody", "passed": False}],
    }


def test_an_extra_member_never_hides_the_code() -> None:
    assert json.loads(problem_of(Malformed("not_json", "x", status="200")).body())["status"] == 400


def test_a_problem_that_may_pass_says_when_to_come_back() -> None:
    assert problem_of(Fault("store_unavailable", "x")).headers() == {"retry-after": "5"}
    assert problem_of(TooMany("busy", "x")).headers() == {"retry-after": "1"}
    assert "retry-after" not in problem_of(Fault("store_failed", "x")).headers()


def test_a_401_says_what_would_do_instead() -> None:
    assert "www-authenticate" in problem_of(Unauthorised("no_session", "x")).headers()


def test_a_code_without_a_title_gets_its_class_title() -> None:
    assert problem_of(Fault("never_heard_of", "x")).title == CLASSES[Fault][1]
