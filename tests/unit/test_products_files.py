"""A product's file: the examples, what each wrong file is told, and on which line."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from clients.cli.main import run
from clients.cli.screen import USAGE
from clients.drafts import draft
from clients.products.lines import line_of, lines_of
from clients.products.reading import decoded, product_of
from clients.products.shipped import example, examples
from clients.products.told import rules
from clients.words import sentence
from ledger.errors import Malformed, NotFound

MARKETED = {"kymriah", "yescarta", "tecartus", "abecma", "carvykti", "breyanzi"}
NOT_SOURCED = {"yescarta": {"window_starts", "window_min"}, "breyanzi": {"window_min"}}
DECENTRA = example("decentra-car")


def problems(text: str) -> list[dict[str, Any]]:
    with pytest.raises(Malformed) as refusal:
        product_of(text)
    assert refusal.value.code == "bad_product_file"
    return list(refusal.value.extra["problems"])


def line_with(text: str, words: str) -> int:
    """The one line of the text that has these words."""
    (found,) = [number for number, line in enumerate(text.splitlines(), 1) if words in line]
    return found


# --- the examples ------------------------------------------------------------------------


def test_the_six_marketed_products_and_a_made_up_one_are_shipped() -> None:
    assert set(examples()) == MARKETED | {"decentra-car"}


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_example_is_an_event_once_what_was_not_sourced_is_filled_in(name: str) -> None:
    text = example(name)
    lacks = NOT_SOURCED.get(name, set())
    if lacks:
        assert {one["key"] for one in problems(text)} == lacks
        values = {"window_starts": '"thaw_completed"', "window_min": "1"}
        filled = "".join(f"{key} = {values[key]}\n" for key in lacks)
        text = text.replace("version = 1\n", f"version = 1\n{filled}", 1)
    members = product_of(text)
    made = draft({"type": "ProductVersionDefined"} | members, f"product/{name}")
    assert (made.payload["version"], "example" in made.payload["name"]) == (1, True)


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_example_says_that_it_is_one_before_anything_else(name: str) -> None:
    head = example(name).partition("version = 1")[0]
    assert "AN EXAMPLE" in head
    assert re.search(r"the label in force in (?:your|the deployer's) country", " ".join(head.split()))


@pytest.mark.parametrize("name", sorted(MARKETED))
def test_no_marketed_example_can_be_ordered_for_a_country_before_somebody_decides_it(name: str) -> None:
    document = tomllib.loads(example(name))
    assert (document["countries"], document["sites"]) == (["ZZ"], ["your-manufacturing-site"])


def test_the_examples_carry_the_sourced_rules_and_nothing_for_the_others() -> None:
    found = {name: tomllib.loads(example(name)) for name in MARKETED}
    edges = {name: one["temperature"][0]["high_c"] for name, one in found.items() if "temperature" in one}
    assert edges == {"tecartus": -150, "abecma": -130}
    windows = {name: (one.get("window_starts"), one.get("window_min")) for name, one in found.items()}
    assert windows == {
        "kymriah": ("thaw_completed", 30),
        "yescarta": (None, None),
        "tecartus": ("thaw_completed", 30),
        "abecma": ("thaw_started", 60),
        "carvykti": ("thaw_completed", 150),
        "breyanzi": ("retrieved", None),
    }
    assert {name for name, one in found.items() if one.get("thaw_in_order")} == {"kymriah"}
    assert found["tecartus"]["infuse_within_min"] == 30
    assert found["breyanzi"]["components"] == ["cd8", "cd4"]


def test_the_made_up_product_has_limits_of_its_own_for_each_country() -> None:
    members = product_of(DECENTRA)
    limits = {one["country"]: one["tests"][0]["min_milli"] for one in members["specifications"]}
    assert limits == {"GB": 70_000, "FR": 80_000}
    assert [one["phase"] for one in members["temperature"]] == ["fresh", "frozen", "thawed"]
    assert members["temperature"][2]["high_centi_c"] == 2525
    assert (len(members["sites"]), members["window_s"]) == (2, 3600)
    assert members["required_checks"] == ["identity_test", "site_confirmation"]


def test_its_rules_are_told_in_words() -> None:
    told = rules(product_of(DECENTRA))
    assert told[:2] == [
        "Decentra-CAR example, version 1.",
        "It may be given in GB and FR, and made at northcell-1 and northcell-2.",
    ]
    assert (
        "While frozen: not above -150 °C; never outside; readings at most 10 minutes apart;"
        " out of storage for 10 minutes in all before it is thawed."
    ) in told
    assert told[told.index("To be released for FR:") + 1] == "  viability: at least 80 percent."
    assert told[-4:] == [
        "The infusion starts within 1 hour of the end of thawing.",
        "It has ended within 90 minutes of the end of thawing.",
        "It takes 30 minutes at most.",
        "No bag of a set is thawed before the one ahead of it was given.",
    ]


def test_the_signed_sentence_has_the_rules_of_the_bedside() -> None:
    members = product_of(DECENTRA)
    payload = {"type": "ProductVersionDefined", "v": 1} | members
    assert sentence(payload, "quinn", "product/decentra-car") == (
        "quinn set version 1 of product decentra-car, Decentra-CAR example: to be given within 1 hour of"
        " the end of thawing, all of it within 90 minutes of the same, each infusion taking 30 minutes at"
        " most, no bag thawed before the one ahead of it is given, in GB and FR"
    )


def test_an_unknown_example_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="decentra-car") as refusal:
        example("aspirin")
    assert refusal.value.code == "no_such_example"


# --- wrong files -------------------------------------------------------------------------

# what of the made-up product is replaced, by what, the key told, and a word of the complaint
WRONG = [
    ("window_min = 60", "window_min = 1.5", "window_min", "in whole minutes"),
    ("window_min = 60", 'window_min = "60"', "window_min", "not a number"),
    ("window_min = 60", "window_min = true", "window_min", "not a number"),
    ("window_min = 60", "window_min = 0", "window_min", "limit is 1"),
    ("window_min = 60", "window_min = 10081", "window_min", "limit is 10080"),
    ("window_min = 60", "window_min = nan", "window_min", "out of range"),
    ("window_min = 60", "window_min = 1e99", "window_min", "out of range"),
    ("window_min = 60", "window_s = 3600", "window_s", "Did you mean window_min?"),
    ("window_min = 60", "window_min = 91", "complete_within_min", "complete_within_min is shorter"),
    ("version = 1  ", "version = 1.5  ", "version", "whole number"),
    ("version = 1  ", "version = 0  ", "version", "too small"),
    ('name = "Decentra-CAR example"', "name = 7", "name", "text in quotes"),
    ('name = "Decentra-CAR example"', 'name = "Żółć"', "name", "not written as it should be"),
    ('name = "Decentra-CAR example"', "name = 2026-01-01 00:00:00", "name", "text in quotes"),
    ('countries = ["GB", "FR"]', 'countries = ["GB", "fr"]', "countries[1]", "two capitals"),
    ('countries = ["GB", "FR"]', 'countries = "GB"', "countries", "a list"),
    ('countries = ["GB", "FR"]', "countries = []", "countries", "at least 1"),
    ('countries = ["GB", "FR"]', 'countries = ["GB"]', "specifications", "FR: give a specification"),
    ('window_starts = "thaw_completed"', 'window_starts = "thaw"', "window_starts", "'retrieved'"),
    ("thaw_in_order = true", 'thaw_in_order = "yes"', "thaw_in_order", "true or false"),
    ("thaw_in_order = true", "thaw_in_ordr = true", "thaw_in_ordr", "Did you mean thaw_in_order?"),
    ("low_c = 18.5", "low_c = 18.555", "temperature[2].low_c", "at most two decimals"),
    ("low_c = 18.5", "low_c = 26", "temperature[2]", "low_c must be below high_c"),
    ("low_c = 18.5", "low_c = -273.01", "temperature[2].low_c", "limit is -273"),
    ("largest_gap_min = 10", "largest_gap_min = 0", "temperature[1].largest_gap_min", "limit is 1"),
    ("largest_gap_min = 10", "# none", "temperature[1].largest_gap_min", "missing"),
    ('phase = "thawed"', 'phase = "frozen"', "temperature", "one profile for each phase"),
    ("min = 80", "min = 80.0001", "specifications[1].tests[0].min", "three decimals"),
    ("min = 80", "min = 80\nmax = 70", "specifications[1].tests[0].test", "above its upper limit"),
    ("min = 80", "minimum = 80", "specifications[1].tests[0].minimum", "no such key"),
    ("max = 4.5", 'max = "4.5"', "specifications[1].tests[1].max", "not a number"),
    ('country = "FR"', 'country = "DE"', "specifications", "DE, FR: give a specification"),
    ('country = "FR"', 'country = "France"', "specifications[1].country", "two capitals"),
]  # fmt: skip


# what a fault is told of, where that is not the line that was changed
ELSEWHERE = {
    "complete_within_min": "complete_within_min = 90",
    "specifications": "[[specifications]]",
    "specifications[1].tests[0].test": 'test = "viability"\nunit = "percent"\nmin = 80',
    "temperature": "[[temperature]]",
    "temperature[2]": '[[temperature]]\nphase = "thawed"',
}


@pytest.mark.parametrize(("right", "wrong", "key", "said"), WRONG)
def test_a_wrong_file_is_told_the_line_the_key_and_what_to_do(
    right: str, wrong: str, key: str, said: str
) -> None:
    assert DECENTRA.count(right) == 1
    text = DECENTRA.replace(right, wrong)
    (found,) = [one for one in problems(text) if one["key"] == key]
    assert said in f"{found['wrong']}. {found['do']}"
    at = '[[temperature]]\nphase = "frozen"' if wrong == "# none" else ELSEWHERE.get(key, wrong)
    assert found["line"] == text[: text.index(at)].count("\n") + 1


def test_every_fault_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = DECENTRA
    for right, wrong, *_ in (WRONG[0], WRONG[11], WRONG[14]):
        text = text.replace(right, wrong)
    found = problems(text)
    assert [one["key"] for one in found] == ["name", "countries[1]", "window_min"]
    assert [one["line"] for one in found] == sorted(one["line"] for one in found)


def test_an_item_of_a_list_over_several_lines_has_its_own_line() -> None:
    text = DECENTRA.replace('["GB", "FR"]', '[\n  "GB", # here\n  "fr",\n]')
    (found,) = problems(text)
    assert (found["key"], found["line"]) == ("countries[1]", line_with(text, '"fr",'))


def test_inline_tables_are_read_as_well() -> None:
    head, _, _ = DECENTRA.partition("# One specification")
    one = '{ test = "viability", min = 70, max = 60, required = true, may_be_pending = false },'
    tests = f"  {one}\n" * 2
    text = head.replace('["GB", "FR"]', '["GB"]')
    text += f'[[specifications]]\ncountry = "GB"\ntests = [\n{tests}]\n'
    found = problems(text)
    last = text[: text.rindex(one)].count("\n") + 1
    assert [(p["key"], p["line"]) for p in found] == [
        ("specifications[0].tests[0].test", last - 1),
        ("specifications[0].tests[1].test", last),
    ]
    assert "twice" in found[1]["wrong"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("version = 1\nname = \n", 2, "not TOML"),
        ("version = 1\nversion = 2\n", 2, "Cannot overwrite"),
        ('version = 1\n\nname = "a', 3, "not TOML"),
        ("version = 1\n[a]\n[a]\n", 3, "not TOML"),
        ("", 1, "missing"),
    ],
)
def test_what_is_no_toml_is_told_its_line(text: str, line: int, said: str) -> None:
    first = problems(text)[0]
    assert (first["line"], said in first["wrong"]) == (line, True)


def test_what_is_no_utf8_is_told_its_line() -> None:
    with pytest.raises(Malformed, match="line 2: this is not UTF-8"):
        decoded(b'version = 1\nname = "\xff"\n', "product.toml")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_keys_are_found_however_toml_lets_them_be_written(ends: str) -> None:
    text = ends.join(
        [
            "a.b = 1  # a.c = 2",
            '"c d" = """',
            "x = 1",
            '[[q]]"""',
            "e = '''",
            "]''' ",
            "f = [[1, 2],",
            " [3]]",
            "[t . 'u']",
            "v = {w = 1, x.y = '}'}",
            "[[z]]",
            "[z.m]",
            "k = 1",
            "[[z]]",
            "[[z.n]]",
            "[[z.n]]",
            "k = 2",
        ]
    )
    tomllib.loads(text)
    lines = lines_of(text)
    expected: dict[tuple[str | int, ...], int] = {
        ("a", "b"): 1, ("c d",): 2, ("e",): 5, ("f", 0, 1): 7, ("f", 1, 0): 8, ("t", "u"): 9,
        ("t", "u", "v", "x", "y"): 10, ("z", 0): 11, ("z", 0, "m", "k"): 13, ("z", 1): 14,
        ("z", 1, "n", 0): 15, ("z", 1, "n", 1, "k"): 17,
    }  # fmt: skip
    assert {path: lines[path] for path in expected} == expected
    assert ("x",) not in lines
    assert line_of(("z", 1, "n", 1, "unknown", 4), lines) == 16


# --- the commands ------------------------------------------------------------------------


def test_check_tells_the_rules_or_the_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "product.toml"
    file.write_text(DECENTRA, encoding="utf-8")
    assert run(["product", "check", str(file)]) == 0
    assert "It may be given in GB and FR" in capsys.readouterr().out
    file.write_text(DECENTRA.replace("window_min = 60", "window_min = 1.5"), encoding="utf-8")
    assert run(["product", "check", str(file)]) == USAGE
    said = " ".join(capsys.readouterr().err.split())
    line = line_with(file.read_text(encoding="utf-8"), "window_min = 1.5")
    assert f"line {line}: window_min: 1.5 has too many decimals. Write it in whole minutes." in said


def test_check_speaks_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "product.toml"
    file.write_text(DECENTRA, encoding="utf-8")
    assert run(["product", "check", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"product": product_of(DECENTRA), "rules": rules(product_of(DECENTRA))}
    file.write_text("version = 0\n", encoding="utf-8")
    assert run(["product", "check", str(file), "--json"]) == USAGE
    error = json.loads(capsys.readouterr().out)["error"]
    assert {"line": 1, "key": "version", "wrong": "it is too small", "do": "The limit is 1"} in error[
        "problems"
    ]


def test_an_example_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["product", "example", "abecma"]) == 0
    assert capsys.readouterr().out == example("abecma")
    assert run(["product", "example"]) == 0
    listed = capsys.readouterr().out
    assert "breyanzi: you have to add window_min" in listed
    assert all(name in listed for name in examples())
    assert run(["product", "example", "aspirin"]) != 0
