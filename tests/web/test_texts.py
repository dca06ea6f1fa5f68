"""Canonical JSON, identifiers, base45 and the event's members: both languages read and write alike."""

from __future__ import annotations

import base64
import json
import random
import sys
from typing import Any
from unicodedata import category, normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.patients import commit, normalise
from ledger.domain.events import VERSIONS, parse_event
from ledger.errors import UnbrokenError
from ledger.proof import canonical
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ES256
from tests.domain_one_of_each import EXAMPLES
from tests.property.mangled import altered
from tests.web.agent import Agent, Said

ACROSS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.text(st.characters(max_codepoint=127), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)
PLACE = {"v": 1, "occurred_at": "2026-03-01T09:30:00.000Z", "seen": None, "seq": 0, "prev": None}


YOUNG = "\u019b\u0264\ua7d3\ua7d5"  # their upper case came with Unicode 16 and 17


def refusal(work: Any, *words: Any) -> str:
    try:
        work(*words)
    except UnbrokenError as error:
        return error.code
    return "ok"


@ACROSS
@given(objects=st.lists(OBJECTS, min_size=1, max_size=20))
def test_objects_are_written_with_the_same_bytes(node: Agent, objects: list[dict[str, Any]]) -> None:
    answers = node.many([{"op": "encode", "value": each} for each in objects])
    assert [answer["ok"] for answer in answers] == [canonical.encode(each).hex() for each in objects]


@ACROSS
@given(data=st.data(), obj=OBJECTS)
def test_altered_payloads_get_the_same_verdict(node: Agent, data: st.DataObject, obj: dict[str, Any]) -> None:
    mutants = [data.draw(altered(canonical.encode(obj))) for _ in range(10)]
    answers = node.many([{"op": "decode", "data": raw} for raw in mutants])
    for raw, answer in zip(mutants, answers, strict=True):
        assert ("ok" in answer) == (refusal(canonical.decode, raw) == "ok"), raw
        if "ok" in answer:
            assert answer["ok"] == canonical.decode(raw)


EDGES = [
    '{"a":1.0}', '{"a":1e2}', '{"a":-0}', '{"a":9007199254740991}', '{"a":9007199254740992}', '{"b":1,"a":1}',
    '{"a":1,"a":1}', '{"a":"\\u001f"}', '{"a":"\\u001F"}', '{"a":"\\u007f"}', '{"a":"\u2028"}',
    '{"a":NaN}', "{} ", "[]", "null", '{"é":1}', '{"a":"\\ud800"}', "\ufeff{}", '{"":0}',
    '{"a":' + "[" * 31 + "]" * 31 + "}", '{"a":' + "[" * 32 + "]" * 32 + "}",
    '{"__proto__":{}}', '{"1":0,"2":0,"10":0}', '{"1":0,"10":0,"2":0}',
]  # fmt: skip


@pytest.mark.parametrize("text", EDGES)
def test_payloads_at_the_edge_get_the_same_verdict(node: Agent, text: str) -> None:
    (answer,) = node.many([{"op": "decode", "data": text.encode()}])
    assert ("ok" in answer) == (refusal(canonical.decode, text.encode()) == "ok")


def test_every_letter_of_unicode_is_normalised_alike(node: Agent) -> None:
    """But for letters and cases that Unicode added after the tables of this Python."""
    known = [chr(code) for code in range(sys.maxunicode + 1) if category(chr(code)) not in ("Cs", "Cn")]
    letters = [letter for letter in known if not set(normalize("NFKC", letter)) & set(YOUNG)]
    runs = ["x" + "".join(letters[at : at + 64]) + "x" for at in range(0, len(letters), 64)]
    for field in ("family_name", "record_number"):
        answers = node.many([{"op": "normalise", "field": field, "text": run} for run in runs])
        for run, answer in zip(runs, answers, strict=True):
            assert answer["ok"] == normalise(field, run), [hex(ord(each)) for each in run]


SPELT = [
    "ΟΔΥΣΣΕΥΣ", "straße", "İstanbul", " 1961-04-23 ", "1961-02-30", "0000-01-01", "1961-4-23", "१९६१-०४-२३",
    "00-12 34/5.6", "\u00a0", "\uff26\uff35\uff4c\uff4c", "\ufb01", "a\u0085b", "a\ufeffb", "\x1c",
]  # fmt: skip
FIELDS = ["family_name", "record_number", "birth_date", "wristband", "A", ""]


@ACROSS
@given(st.sampled_from(FIELDS), st.lists(TEXTS | st.sampled_from(SPELT), max_size=20))
def test_identifiers_are_normalised_alike(node: Agent, field: str, texts: list[str]) -> None:
    answers = node.many([{"op": "normalise", "field": field, "text": text} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert answer.get("code", "ok") == refusal(normalise, field, text)
        assert "ok" not in answer or answer["ok"] == normalise(field, text)


def test_commitments_are_the_same_and_need_a_whole_key(node: Agent) -> None:
    asked = {"field": "family_name", "text": "Größe  O'Neil"}
    assert node.ask("commit", **asked, key=bytes(range(32))) == commit(*asked.values(), bytes(range(32)))
    with pytest.raises(Said, match="bad_patient_key"):
        node.ask("commit", **asked, key=bytes(31))


def test_the_same_enrolment_request_whoever_reads_it(node: Agent) -> None:
    for alg, name in ((ED25519, "Ed25519"), (ES256, "ES256")):
        key = new_key(alg).public
        request = node.ask("request", name="kit von Köln", spki=key.spki)
        assert request["kid"] == key.kid.hex()
        assert request["alg"] == name
        assert base64.urlsafe_b64decode(request["spki"] + "==") == key.spki
        assert "".join(request["fingerprint"]) == key.kid.hex()[:32]
        assert node.ask("read_request", text=request["text"]) == request
    with pytest.raises(Said, match="bad_enrolment_request"):
        node.ask("read_request", text="UBE1:A")


def test_every_event_of_the_vocabulary_passes_the_browsers_check(node: Agent) -> None:
    payloads = [example(name) for name in EXAMPLES]
    assert len(payloads) == len(VERSIONS)
    answers = node.many([{"op": "event", "value": payload} for payload in payloads])
    assert [(p["type"], a) for p, a in zip(payloads, answers, strict=True) if "ok" not in a] == []


def test_what_the_schema_refuses_the_browser_refuses_and_never_the_reverse(node: Agent) -> None:
    """A fact that the ledger would take must never be refused on the device. The other way
    about, only what needs more than one member to see may get as far as the ledger."""
    rng = random.Random(3)
    payloads = [spoilt(example(name), rng) for name in EXAMPLES for _ in range(60)]
    answers = node.many([{"op": "event", "value": payload} for payload in payloads])
    refused = passed = 0
    for payload, answer in zip(payloads, answers, strict=True):
        expected = schema(payload)
        if expected == "ok":
            assert "ok" in answer, (payload, answer)
            passed += 1
        elif "ok" in answer:
            assert "Value error" in expected, (payload, expected)
        else:
            refused += 1
    assert refused > 2000
    assert passed > 100


def example(name: str) -> dict[str, Any]:
    fields = dict(EXAMPLES[name][1])
    if "chain_version" in VERSIONS[name][1].model_fields:
        fields.setdefault("chain_version", 3)
    whole = json.loads(json.dumps(PLACE | fields | {"type": name}))
    return {member: value for member, value in whole.items() if member != "stream"}


def schema(payload: dict[str, Any]) -> str:
    try:
        parse_event(payload)
    except UnbrokenError as error:
        return error.detail
    return "ok"


STRANGE: list[Any] = [
    None, True, 0, -1, 2**53 - 1, 1.5, "", "x", "X", "A9999-26-000001", "é", "x" * 81, "x\n", "scan", "1",
    "2026-02-30T00:00:00.000Z", "2028-02-29T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "ab" * 32, "AB" * 32,
    [], {}, ["x"], [["x"]], {"site": "x"}, {"site": "x", "department": "y"},
    {"site": "x", "department": "y", "more": 1},
]  # fmt: skip


def spoilt(payload: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One member, at any depth, is left out, replaced, added or repeated."""
    whole = json.loads(json.dumps(payload))
    own = [member for member in whole if member not in (*PLACE, "type")] or ["occurred_at"]
    at: Any = whole
    step: Any = rng.choice(own)
    while isinstance(at[step], list | dict) and at[step] and rng.random() < 0.6:
        at = at[step]
        step = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
    change = rng.randrange(4)
    if change == 0:
        del at[step]
    elif change == 1 and isinstance(at, dict):
        at[rng.choice(["more", "Site", "constructor", "__proto__x"])] = rng.choice(STRANGE)
    elif change == 2 and isinstance(at[step], list):
        at[step] = at[step] * rng.choice([2, 30, 300])
    else:
        at[step] = rng.choice(STRANGE)
    return dict(whole)
