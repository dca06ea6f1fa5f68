"""The app reads identifiers as the ledger does: the same text, the same parts, the same refusal."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ledger.domain import identifiers as field
from ledger.errors import Malformed

WEB = Path(__file__).parents[2] / "clients" / "web"
Ask = Callable[[str, str], dict[str, Any]]

DIN = r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}[0-9]{2}[0-9]{6}"
FORMS = {
    "coi": r"isbt128:CH[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{4}[A-Z0-9]{6}|[a-z0-9]{2,16}:[A-Z0-9-]{4,48}",
    "din": DIN,
    "division": r"=,[A-Z0-9]{6}",
    "flags": r"[0-9]{2}|[A-Z0-9]{2}",
    "gtin": r"[0-9]{8}|[0-9]{12,14}",
    "link": r"(https://[a-z0-9.:-]{1,20})?/b/(-|[A-Z0-9][A-Z0-9-]{3,20})\.[A-Z0-9-]{1,12}\.[0-9A-HJKMNP-TV-Z]{16}",
    "product": r"=<[A-Z][A-Z0-9]{7}",
    "scanned_din": f"={DIN}[A-Z0-9]{{2}}",
    "sec": r"[A-Z]{2}[A-Z0-9]{19}[A-E][A-Z0-9]{10}(20[0-9]{6}|00000000)",
    "sscc": r"[0-9]{18}",
    "typed_din": f"{DIN}[0-9A-Z*]",
}


def _scanned_din(text: str) -> dict[str, Any]:
    din, flags = field.parse_scanned_din(text)
    check = field.check_of_flags(flags)
    fits = None if check is None else check == field.check_character(din.value)
    return {"din": din.value, "flags": flags, "check": check, "fits": fits}


def _typed_din(text: str) -> dict[str, Any]:
    din = field.parse_typed_din(text).value
    return {"din": din, "flags": None, "check": text[13], "fits": True}


def _sec(text: str) -> dict[str, Any]:
    parts = asdict(field.parse_sec(text))
    return parts | {"coding": parts.pop("coding_system")}


def _link(text: str) -> dict[str, Any]:
    link = pytest.importorskip("ledger.labels.link").parse_link(text)
    host = text.upper().removeprefix("HTTPS://").partition("/")[0] if "://" in text else None
    return {"host": host, "container": link.container, "serial": link.serial, "check": link.check}


OURS: dict[str, Callable[[str], Any]] = {
    "coi": lambda text: str(field.parse_coi(text)),
    "din": lambda text: field.parse_din(text).value,
    "division": field.parse_division,
    "flags": field.check_of_flags,
    "gtin": field.parse_gtin,
    "link": _link,
    "product": field.parse_product_code,
    "scanned_din": _scanned_din,
    "sec": _sec,
    "sscc": field.parse_sscc,
    "typed_din": _typed_din,
}


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """The app's parsers, in Node, asked one text after another."""
    node = shutil.which("node")
    if not node or not (WEB / "node_modules").is_dir():
        pytest.skip("no Node, or the app's packages are not installed: make app")
    command, pipe = [node, "tests/scan/parsers.mjs"], subprocess.PIPE
    with subprocess.Popen(command, cwd=WEB, stdin=pipe, stdout=pipe, text=True) as asked:
        assert asked.stdin
        assert asked.stdout
        assert asked.stdout.readline() == "ready\n"

        def one(parser: str, text: str) -> dict[str, Any]:
            assert asked.stdin
            assert asked.stdout
            asked.stdin.write(json.dumps({"parser": parser, "text": text}) + "\n")
            asked.stdin.flush()
            found: dict[str, Any] = json.loads(asked.stdout.readline())
            return found

        yield one
        asked.stdin.close()


def ledgers(parser: str, text: str) -> dict[str, Any]:
    try:
        return {"read": OURS[parser](text)}
    except Malformed as error:
        return {"wrong": error.code}


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """Of the right form, of another's, or with a few characters changed."""
    parser = draw(st.sampled_from(sorted(set(FORMS) - ({"link"} if NO_LINKS else set()))))
    form = draw(st.sampled_from([parser, parser, parser, draw(st.sampled_from(sorted(FORMS)))]))
    text = list(draw(st.from_regex(FORMS[form], fullmatch=True, alphabet=st.characters(codec="ascii"))))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text[at : at + draw(st.integers(0, 1))] = draw(st.text(max_size=2))
    return parser, "".join(text)


NO_LINKS = importlib.util.find_spec("ledger.labels") is None


@given(texts())
@example(("typed_din", "A9999211234563"))
@example(("typed_din", "A999921123456\U0001f9ca"))
@example(("sscc", "106141412345678908"))
@example(("sscc", "10614141234567890\u0668"))
@example(("gtin", "09506000134352"))
@example(("coi", "isbt128:CHA999926ABC12\u017f"))
@example(("din", "A999921123456\n"))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_app_and_the_ledger_read_every_text_alike(ask: Ask, given_text: tuple[str, str]) -> None:
    parser, text = given_text
    assert ask(parser, text) == ledgers(parser, text)


@given(st.text("0123456789", min_size=17, max_size=17), st.sampled_from(["sscc", "gtin"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_they_agree_on_keys_whose_check_digit_fits(ask: Ask, body: str, parser: str) -> None:
    digits = body if parser == "sscc" else body[:13]
    text = digits + field.gs1_check_digit(digits)
    assert ask(parser, text) == ledgers(parser, text)
    assert "read" in ask(parser, text)
