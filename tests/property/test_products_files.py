"""Laws of a product's file: what is written is what is signed, and nothing makes it crash."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from clients.drafts import draft
from clients.products.lines import Path, lines_of
from clients.products.reading import product_of
from clients.products.shipped import examples
from clients.products.told import rules
from clients.words import sentence
from ledger.errors import Malformed

codes = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
decimals = st.decimals(-100, 100, places=2, allow_nan=False, allow_infinity=False)
minutes = st.integers(0, 500)


def some(values: Any, most: int = 3) -> Any:
    return st.lists(values, min_size=1, max_size=most, unique=True)


@st.composite
def profile(draw: Any, phase: str) -> dict[str, Any]:
    low, high = sorted(draw(some(decimals, 2).filter(lambda both: len(both) == 2)))
    made = {"phase": phase, "low_c": low, "high_c": high, "largest_gap_min": draw(st.integers(1, 60))}
    made |= {"longest_excursion_min": draw(minutes), "cumulative_excursion_min": draw(minutes)}
    made |= draw(
        st.fixed_dictionaries({}, optional={"excursions": st.integers(0, 9), "required": st.booleans()})
    )
    kept = draw(st.sampled_from([("low_c",), ("high_c",), ()]))
    return {key: value for key, value in made.items() if key not in kept}


@st.composite
def specified(draw: Any) -> list[dict[str, Any]]:
    limits = st.tuples(decimals, decimals).map(sorted)
    made = []
    for code in draw(some(codes)):
        one = {"test": code, "required": draw(st.booleans()), "may_be_pending": draw(st.booleans())}
        low, high = draw(limits)
        one |= draw(
            st.fixed_dictionaries({}, optional={"min": st.just(low), "max": st.just(high), "unit": codes})
        )
        made.append(one)
    return made


@st.composite
def products(draw: Any) -> dict[str, Any]:
    countries = draw(some(st.sampled_from(["GB", "FR", "US", "ZZ"])))
    window = draw(st.integers(1, 600))
    made: dict[str, Any] = {
        "version": draw(st.integers(1, 99)), "name": draw(names), "countries": countries,
        "sites": draw(some(names)),
        "claim_limit_min": draw(st.integers(1, 43200)), "window_min": window,
        "window_starts": draw(st.sampled_from(["thaw_started", "thaw_completed", "retrieved"])),
    }  # fmt: skip
    optional = {
        "complete_within_min": st.integers(window, 700),
        "infuse_within_min": st.integers(1, 700),
        "thaw_in_order": st.booleans(),
        "components": some(codes),
        "required_checks": some(st.sampled_from(["identity_test", "site_confirmation"]), 2),
        "temperature": st.tuples(profile("fresh"), profile("frozen")).map(list),
    }
    made |= draw(st.fixed_dictionaries({}, optional=optional))
    if draw(st.booleans()):
        made["specifications"] = [{"country": one, "tests": draw(specified())} for one in countries]
    return made


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)


def written(document: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """A document with its lists of tables as arrays of tables, which is how people write it."""
    plain, tables = "", ""
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            head = f"[[{'.'.join((*path, key))}]]\n"
            tables += "".join(head + written(one, (*path, key)) for one in value)
        else:
            plain += f"{key} = {toml(value)}\n"
    return plain + tables


def paths(value: Any, path: Path = ()) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, one in inner for each in paths(one, (*path, key)))]


@given(products())
def test_what_is_written_is_what_is_signed_and_can_be_said(document: dict[str, Any]) -> None:
    members = product_of(written(document))
    assert members["window_s"] == document["window_min"] * 60
    for one, profile in zip(document.get("temperature", ()), members.get("temperature", ()), strict=True):
        assert profile.get("high_centi_c") == (int(one["high_c"] * 100) if "high_c" in one else None)
    payload = draft({"type": "ProductVersionDefined"} | members, "product/car").payload
    assert f"version {document['version']}" in sentence(payload, "quinn", "product/car")
    told = rules(members)
    assert all(told)
    assert all(any(country in line for line in told) for country in document["countries"])


@given(products())
def test_both_ways_of_writing_a_table_mean_the_same(document: dict[str, Any]) -> None:
    flat = "".join(f"{key} = {toml(value)}\n" for key, value in document.items())
    assert product_of(flat) == product_of(written(document))


@given(products(), st.booleans())
def test_every_key_has_its_line(document: dict[str, Any], apart: bool) -> None:
    text = written(document) if apart else "".join(f"{key} = {toml(one)}\n" for key, one in document.items())
    lines = lines_of(text)
    said = text.splitlines()
    for path in paths(document)[1:]:
        name = next(str(step) for step in reversed(path) if isinstance(step, str))
        assert name in said[lines[path] - 1]


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(examples())),
    st.integers(0, 3000),
    st.integers(0, 40),
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(['"', "[", "{", "]", "\n", "= 1\n", '"""', "[[a]]\n", "1e999999"]),
    ),
)
def test_whatever_is_done_to_an_example_is_accepted_or_told_with_a_line(
    name: str, at: int, length: int, instead: str
) -> None:
    text = examples()[name]
    text = text[:at] + instead + text[at + length :]
    try:
        rules(product_of(text))
    except Malformed as error:
        found = error.extra["problems"]
        assert found
        assert all(1 <= one["line"] <= text.count("\n") + 1 for one in found)


FRAGMENTS = [
    "a = 1",
    "[a]",
    "[[b]]",
    "[b.c]",
    "[[b.c]]",
    'd.e = "]#"',
    "'f' = [1,\n 2]",
    "g = {x = 1, y.z = [[], [3]]}",
    "# [h]",
    'i = """\n[j]\n"""',
    "k = '}' # l = 1",
    '"m n" = 2026-01-01 00:00:00',
    "[ o . p ]",
    "q = []",
    "r = {}",
]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=7), st.sampled_from(["\n", "\r\n", "\n\n\t"]))
def test_every_path_of_any_toml_has_a_line(fragments: list[str], ends: str) -> None:
    text = ends.join(fragments)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = lines_of(text)
    assert set(paths(document)[1:]) <= set(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
