"""The how-to about recalls, line by line, while the bag is on the road."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.live import APHERESIS, CLEANROOM, COI, DOSE, FRESH, VAN, Live, environment, running
from tests.e2e.test_docs_tutorial import programs_in
from tests.unit.documents import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "recall-a-lot.md"
AS = 'as() { agent=$1; shift; UNBROKEN_HOME="$DEVICES/$agent" unbroken "$@"; }\n'


def script() -> str:
    parts = [block.text for block in blocks(PAGE) if block.language == "sh" and "run" in block.words]
    return "set -euo pipefail\n" + AS + "".join(parts)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(tmp_path_factory.mktemp("live")) as live:
        live.order_and_collect()
        live.hand_over(FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
        live.make_and_release()
        live.hand_over(DOSE, ("mia", CLEANROOM), ("kit", VAN))
        yield live


def test_the_recall_runs_as_it_stands(live: Live, tmp_path: Path) -> None:
    names = {"COI": COI, "FRESH": FRESH, "DOSE": DOSE, "DEVICES": str(live.folder / "devices")}
    paths = {"PATH": programs_in(tmp_path / "bin"), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    done = subprocess.run(
        ["bash", "-c", script()],
        env=os.environ | environment() | names | paths,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    reached = done.stdout.partition("lot lv-2026-117 (recalled) touches:")[2].partition("\n\n  ")[0]
    (bag,) = [line for line in reached.splitlines() if line.startswith(DOSE)][:1]
    assert "van-2 at swift-depot" in bag
    assert "lv-2026-117 (recalled): stop, ask Quality" in " ".join(done.stdout.split())
    assert "S T O P" in done.stdout
    assert "And 1 therapy that you may not see." in done.stdout  # an administrator reads none
