"""`unbroken export`: the document goes where it is wanted, byte for byte as the ledger made it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.examples import COI
from api.standards_examples import EPCIS_DOCUMENT, FHIR_BUNDLE
from clients.cli.main import run
from clients.cli.screen import DONE
from tests.unit.fake_ledger import FakeLedger
from tests.unit.test_clients_temperature import ledger

__all__ = ["ledger"]  # the fixture

DOCUMENTS = {"epcis": json.dumps(EPCIS_DOCUMENT).encode(), "fhir": json.dumps(FHIR_BUNDLE).encode()}
HOLDS = {"epcis": (1, "1 events"), "fhir": (0, "0 resources")}


@pytest.fixture
def asked(ledger: FakeLedger) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    for form, document in DOCUMENTS.items():
        ledger.documents[f"/v1/chains/{COI}/{form}"] = document
    ledger.before = lambda request: seen.append((request.headers["accept"], request.url.query.decode()))
    return seen


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_is_written_where_it_is_wanted(
    asked: list[tuple[str, str]], tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert run(["export", form, f"chain/{COI}", "--before", "40", "-o", str(out)]) == DONE
    assert out.read_bytes() == DOCUMENTS[form]
    assert asked[-1] == (f"application/{'ld' if form == 'epcis' else 'fhir'}+json", "before_position=40")
    assert HOLDS[form][1] in capsys.readouterr().out


@pytest.mark.parametrize("form", DOCUMENTS)
def test_without_a_file_a_document_goes_to_the_output(
    asked: list[tuple[str, str]], form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", form, COI]) == DONE
    assert capfd.readouterr().out.encode() == DOCUMENTS[form] + b"\n"


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_script_is_told_what_was_written(
    asked: list[tuple[str, str]], tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", form, COI, "-o", str(tmp_path / "o"), "--json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["form"], told["items"], told["bytes"]) == (form, HOLDS[form][0], len(DOCUMENTS[form]))
