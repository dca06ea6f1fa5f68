"""A product written in a file, checked, signed and ordered, against a live server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.products.reading import product_of
from clients.products.shipped import example
from tests.e2e.live import ORDER, Live, environment, program, running
from tests.e2e.test_docs_tutorial import programs_in
from tests.unit.documents import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "write-a-product.md"
AS = 'as() { agent=$1; shift; UNBROKEN_HOME="$DEVICES/$agent" unbroken "$@"; }\n'
PRODUCT = "decentra-car-example"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The example's second site is onboarded; what the page defines is not yet."""
    with running(tmp_path_factory.mktemp("live")) as live:
        second = {"organisation": "northcell", "site_kind": "manufacturing", "country": "FR"}
        live.say("ben", "SiteOnboarded", "site/northcell-2", **second)
        yield live


def as_json(live: Live, agent: str, *words: str, code: int = 0) -> Any:
    done = program(live, agent, *words, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_page_runs_as_it_stands(live: Live, tmp_path: Path) -> None:
    parts = [block.text for block in blocks(PAGE) if block.language == "sh" and "run" in block.words]
    names = {"DEVICES": str(live.folder / "devices")}
    paths = {"PATH": programs_in(tmp_path / "bin"), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    done = subprocess.run(
        ["bash", "-c", "set -euo pipefail\n" + AS + "".join(parts)],
        env=os.environ | environment() | names | paths,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    (complaint,) = [block.text for block in blocks(PAGE) if block.language == "text"]
    assert complaint in done.stderr
    said = " ".join(done.stdout.split())
    assert "quinn set version 1 of product decentra-car-example" in said
    assert "quinn set version 2 of product decentra-car-example" in said
    assert (tmp_path / "decentra-car.toml").read_text(encoding="utf-8") == example("decentra-car")


def test_the_page_s_product_is_one() -> None:
    (small,) = [block.text for block in blocks(PAGE) if block.language == "toml"]
    assert product_of(small)["infuse_within_s"] == 1800


def test_what_was_defined_can_be_ordered_and_nowhere_else(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "product.toml"
    file.write_text(example("decentra-car"), encoding="utf-8")
    defined = as_json(live, "quinn", "product", "define", str(file), "second-example", "--yes")
    assert defined["state"] == "accepted"
    ordered = ORDER | {"product": {"product": "second-example", "version": 1}, "patient": live.patient}
    chain = "chain/isbt128:CHA999926000042"
    order = tmp_path / "order.json"
    order.write_text(json.dumps(ordered | {"country": "US"}), encoding="utf-8")
    refused = as_json(live, "carl", "record", "TherapyOrdered", chain, "--from", str(order), "--yes", code=1)
    assert refused["error"]["code"] == "country_not_covered"
    order.write_text(json.dumps(ordered), encoding="utf-8")
    accepted = as_json(live, "carl", "record", "TherapyOrdered", chain, "--from", str(order), "--yes")
    assert accepted["state"] == "accepted"


def test_the_same_version_is_defined_once_and_only_by_the_sponsor(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "product.toml"
    file.write_text(example("decentra-car"), encoding="utf-8")
    words = ["product", "define", str(file), "third-example", "--yes"]
    as_json(live, "quinn", *words)
    assert as_json(live, "quinn", *words, code=1)["error"]["code"] == "version_not_next"
    assert as_json(live, "nora", *words, code=1)["error"]["code"] == "not_permitted"


def test_an_example_as_it_is_shipped_cannot_be_signed(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "product.toml"
    file.write_text(example("abecma"), encoding="utf-8")
    words = ["product", "define", str(file), "abecma", "--yes"]
    assert as_json(live, "quinn", *words, code=1)["error"]["code"] == "unknown_site"
    file.write_text(example("yescarta"), encoding="utf-8")
    assert as_json(live, "quinn", *words, code=2)["error"]["code"] == "bad_product_file"


def test_nobody_signs_what_they_were_not_shown(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "product.toml"
    file.write_text(example("decentra-car"), encoding="utf-8")
    words = ["product", "define", str(file), "fourth-example"]
    done = program(live, "quinn", *words)
    assert (done.returncode, "say --yes" in done.stderr) == (2, True)
    assert "It has ended within 90 minutes of the end of thawing." in done.stdout
    assert as_json(live, "quinn", *words, "--yes")["state"] == "accepted"  # nothing was signed before
