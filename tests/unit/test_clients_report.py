"""`unbroken report`: the PDF goes where it is wanted, and what is asked reaches the ledger."""

from __future__ import annotations

from pathlib import Path

from api.examples import COI
from clients.cli.main import run
from clients.cli.screen import DONE, USAGE
from tests.unit.fake_ledger import FakeLedger
from tests.unit.test_clients_temperature import ledger

__all__ = ["ledger"]  # the fixture

PDF = b"%PDF-1.7 a report"


def test_the_report_is_written_where_it_is_wanted(ledger: FakeLedger, tmp_path: Path) -> None:
    ledger.documents[f"/v1/chains/{COI}/report.pdf"] = PDF
    seen: list[dict[str, str]] = []
    ledger.before = lambda request: seen.append(dict(request.url.params))
    out = tmp_path / "report.pdf"
    assert run(["report", COI, "--out", str(out), "--before", "40"]) == DONE
    assert (out.read_bytes(), seen[-1]) == (PDF, {"before_position": "40"})


def test_a_name_that_is_no_pdfs_is_refused_and_nothing_is_written(ledger: FakeLedger, tmp_path: Path) -> None:
    assert run(["report", COI, "--out", str(tmp_path / "report.docx")]) == USAGE
    assert list(tmp_path.glob("report*")) == []
