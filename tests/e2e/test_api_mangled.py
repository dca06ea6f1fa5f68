"""Signed bodies that are mangled, and well-signed statements that say odd things: never a 5xx."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import cbor2
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.codes import TITLES
from ledger.proof import statement
from tests.domain_one_of_each import EXAMPLES
from tests.domain_scene import COI
from tests.e2e.api_stage import COSE, SEQUENCE, Stage, catch_up, code, collected, two_therapies
from tests.e2e.boundary_stage import Boundary, boundary, right
from tests.property.mangled import ITEMS, altered, grafted_envelope
from tests.scenario import ORIGIN

some = settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck))
EDGES = (
    "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    "2026-02-29T00:00:00.000Z",
    "00" * 32,
    "NO-SUCH-BAG",
    "ledger",
    "",
    "\x00",
    "\u0661",
)
ODD = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 2**53 - 1, 1 - 2**53, 2**53, 2**64, 10**30])
    | st.sampled_from(EDGES)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boundary]:
    with boundary(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


@pytest.fixture(scope="module")
def raw(stage: Stage) -> bytes:
    """The same in every example, so that what is drawn from it is too."""
    return collected(stage)


@pytest.fixture(scope="module")
def sign_in(stage: Stage) -> bytes:
    return stage.signed_challenge("nora")


def mangled(raw: bytes) -> st.SearchStrategy[bytes]:
    return altered(raw) | grafted_envelope(raw) | st.binary(max_size=80) | ITEMS.map(cbor2.dumps)


def is_told_well(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert code(response) in TITLES


@some
@given(st.data())
def test_a_mangled_statement_is_refused_with_a_known_code(
    stage: Stage, raw: bytes, data: st.DataObject
) -> None:
    body = data.draw(mangled(raw))
    response = stage.post(body)
    is_told_well(response)
    if response.status_code == 201:  # the same was signed: it is told its first receipt
        assert response.json()["statement_id"] == statement.parse(raw).id.hex()


@some
@given(st.data())
def test_each_mangled_statement_of_a_sequence_is_refused_with_a_known_code(
    stage: Stage, raw: bytes, data: st.DataObject
) -> None:
    body = b"".join(data.draw(st.lists(mangled(raw), max_size=3)))
    response = stage.post(body, SEQUENCE)
    is_told_well(response)
    for one in response.json().get("answers", ()):
        assert one["status"] < 500
        assert one["status"] == 201 or one["code"] in TITLES


@some
@given(st.data())
def test_a_mangled_sign_in_is_refused_with_a_known_code(
    stage: Stage, sign_in: bytes, data: st.DataObject
) -> None:
    body = data.draw(mangled(sign_in))
    response = stage.sign_in(body, data.draw(st.sampled_from([COSE, "application/json", ""])))
    is_told_well(response)
    assert response.status_code != 201 or body == sign_in


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a payload something stands, its parts included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*path, step)
        yield from places(part, (*path, step))


def _changed(made: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All but the signer's numbering, so that the next statement is in its place."""
    return [path for path in places(made) if path != ("seq",)]


@st.composite
def odd(draw: st.DrawFn, payload: dict[str, Any]) -> bytes:
    """The payload after one to three changes: a part replaced, left out or repeated."""
    made: dict[str, Any] = json.loads(json.dumps(payload))
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(sorted(_changed(made), key=str)))
        at: Any = made
        for step in path:
            at = at[step]
        change = draw(st.sampled_from(["replace", "replace", "wrap", "drop", "twice"]))
        if change == "drop":
            del at[last]
        elif change == "twice" and isinstance(at, list):
            at.append(at[last])
        else:
            at[last] = [at[last]] if change == "wrap" else draw(ODD)
        if not _changed(made):
            break
    return json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@settings(some, max_examples=400)
@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_a_well_signed_statement_that_says_odd_things_is_recorded_or_refused_with_a_known_code(
    edge: Boundary, event: str, data: st.DataObject
) -> None:
    stream, agent = EXAMPLES[event][0], right(event)
    signer = edge.scenario.signer(agent)
    payload = edge.scenario.payload(agent, event, **edge.members(event, stream))
    said = data.draw(odd(payload))
    parts = {"iss": agent, "sub": stream, "aud": ORIGIN, "cti": os.urandom(16)}
    response = edge.stage.post(statement.sign(signer.key, payload=said, **parts))  # type: ignore[arg-type]
    is_told_well(response)
    if response.status_code == 201:
        signer.seq, signer.prev = json.loads(said)["seq"] + 1, response.json()["statement_id"]
    read = edge.stage.get(f"/v1/{stream.replace('chain/', 'chains/')}", "quinn")
    assert read.status_code < 500


def edges(event: str) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Where a moment or a number of the example stands, and the furthest that the schema may take."""
    moment = "0001-01-01T00:00:00.000Z"
    example = {"occurred_at": moment, "seq": 0} | EXAMPLES[event][1]
    for path in places(example):
        value: Any = example
        for step in path:
            value = value[step]
        if isinstance(value, str) and len(value) == len(moment) and value.endswith("Z"):
            yield from ((path, moment), (path, "9999-12-31T23:59:59.999Z"))
        elif type(value) is int and path != ("seq",):
            yield from ((path, 0), (path, 2**53 - 1), (path, 1 - 2**53))


@pytest.mark.parametrize("event", sorted(EXAMPLES))
def test_the_furthest_moments_and_numbers_are_recorded_or_refused(edge: Boundary, event: str) -> None:
    stream = EXAMPLES[event][0]
    for (*path, last), furthest in edges(event):
        made = json.loads(json.dumps({"occurred_at": ""} | edge.members(event, stream)))
        at: Any = made
        for step in path:
            at = at[step]
        at[last] = furthest
        if made["occurred_at"] == "":
            del made["occurred_at"]
        is_told_well(edge.send(right(event), event, **made))


READS = ("", "/timeline", "/lineage", "/deviations", "/quality", "/temperature",
         "/lymphodepletion-check?site=st-mary")  # fmt: skip
LISTS = ("custody", "handovers", "deviations", "quarantines", "temperature/excursions", "search?q=BAG",
         "unreleased?site=northcell-1", "lots", "equipment", "sites", "agents", "products",
         "qualifications", "keys")  # fmt: skip


def test_all_that_was_recorded_can_be_read(edge: Boundary) -> None:
    """By people and by the read models, however odd it was."""
    catch_up(edge.stage)
    addresses = [f"/v1/chains/{COI}{read}" for read in READS] + [f"/v1/{name}" for name in LISTS]
    for address in addresses:
        response = edge.stage.get(address, "quinn")
        assert response.status_code == 200, (address, response.text)
