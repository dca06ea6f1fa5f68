"""The how-tos, line by line, as one therapy: each trade's page in its turn."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.live import IDENTIFIERS, Live, environment, running
from tests.e2e.test_docs_tutorial import programs_in
from tests.unit.documents import ROOT

HOW_TO = ROOT / "docs" / "how-to"
PAGES = (
    "people-and-keys",
    "coordinate",
    "collect",
    "print-labels",
    "carry",
    "manufacture",
    "quality",
    "bedside",
    "audit",
    "standards",
    "regulator",
)
NAMES = {
    "COI": "isbt128:CHA999926000001",
    "EARLY": "acme:EARLY-0001",
    "FRESH": "A9999-F1",
    "EARLY_BAG": "A9999-F2",
    "SAMPLE": "A9999-S1",
    "TEST": "A9999-S2",
    "DOSE": "A9999-D1",
    "SPARE": "A9999-D2",
}
HELPERS = """set -euo pipefail
as() { agent=$1; shift; UNBROKEN_HOME="$DEVICES/$agent" unbroken "$@"; }
id_in() { python3 -c 'import json, sys; print(json.load(sys.stdin)["statement_id"])'; }
serial_in() { python3 -c 'import json, sys; print(*json.load(sys.stdin)["serials"])'; }
waiting_in() { python3 -c 'import json, sys
print(*(one["position"] for one in json.load(sys.stdin)["open"] if one["blocks"]))'; }
"""
TO_THE_WARD = """
hand_over() {
    RELEASE=$(as $1 record CustodyReleased $COI --yes --json --set containers=$DOSE --set giver=$2 \\
        --set receiver=$4 --set condition=intact | id_in)
    as $3 record CustodyAccepted $COI --yes --set containers=$DOSE --set giver=$2 --set receiver=$4 \\
        --set condition=intact --set release=$RELEASE
}
hand_over mia northcell-1/cleanroom kit swift-depot/van-2
hand_over kit swift-depot/van-2 nora st-mary/ward-5
"""
# Page and heading, in the order in which things happen; the bare text stands between two pages.
STORY = (
    "people-and-keys#",
    "coordinate#Order",
    "coordinate#Consent",
    "collect#",
    "print-labels#",
    "coordinate#Link a collection that came first",
    "coordinate#Follow it",
    "carry#",
    "manufacture#",
    "quality#",
    TO_THE_WARD,
    "bedside#",
    "audit#",
    "standards#",
    "regulator#",
)
RUN = re.compile(r"^```sh run\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(page: str) -> dict[str, str]:
    """Heading to the commands below it."""
    parts = (HOW_TO / f"{page}.md").read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: "".join(RUN.findall(part)) for part in parts}


def told(step: str) -> list[tuple[str, str]]:
    """The page and heading of each section that a step of the story runs."""
    page, mark, heading = step.partition("#")
    if page not in PAGES:
        return []
    return [(page, one) for one in ([heading] if heading else sections(page)) if mark]


def script() -> str:
    return HELPERS + "".join(
        "".join(sections(page)[heading] for page, heading in told(step)) or step for step in STORY
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("live")) as live:
        yield run(live, tmp_path_factory.mktemp("pages"))


def run(live: Live, folder: Path) -> str:
    (folder / "wristband.json").write_text(json.dumps(IDENTIFIERS))
    (folder / "patient-keys.json").write_text(
        json.dumps({field: key.hex() for field, key in live.patient_keys.items()})
    )
    where = {"DEVICES": str(live.folder / "devices"), "SERVER": live.url, "LOG_KEY": live.vkey}
    paths = {"PATH": programs_in(folder / "bin"), "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=folder,
        env=os.environ | environment() | NAMES | where | paths,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_every_command_of_every_page_is_run_once() -> None:
    ran = Counter(one for step in STORY for one in told(step))
    written = {(page, heading) for page in PAGES for heading, text in sections(page).items() if text}
    assert {one for one in ran if sections(one[0])[one[1]]} == written
    assert set(ran.values()) == {1}


def test_the_pages_tell_one_therapy_to_its_end(output: str) -> None:
    assert "custody refused" in output
    assert "shipper swapped" in output
    assert "manufacturing failed" in output
    assert "emergency override" in output
    assert output.count("S T O P") == 2  # the wrong bag, and the quarantine at night
    assert "OVERRIDDEN" in output.upper()


def test_labels_are_printed_read_back_and_accounted_for(output: str) -> None:
    said = " ".join(output.split())
    assert "anna printed label L" in said
    assert "modules differ from what was printed (no ISO/IEC 15415 grade)" in said
    assert "every label is accounted for" in said


def test_a_collection_before_its_order_is_linked(output: str) -> None:
    said = " ".join(output.split())
    assert "took bag A9999-F2 of the provisional chain acme:EARLY-0001 into the therapy" in said


def test_what_the_regulator_is_told_to_run_finds_everything_in_order(output: str) -> None:
    report = json.loads(output[output.rindex("\n{") :])
    assert report["ok"] is True
