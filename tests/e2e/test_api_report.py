"""The report of a therapy as a person, a validator of signatures and a reader of screens get it."""

from __future__ import annotations

import datetime
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from api.certificate import self_signed
from api.settings import Settings
from ledger.export.seal import Seal
from tests.e2e.api_stage import CHAIN, COI, Stage, code, enrol, serving
from tests.scenario import APHERESIS, Clock, Scenario, open_scenario, therapy
from tests.stamped_stage import RSA, START, URL, stamp_head
from tests.tsa import DAY, authority

REPORT = f"{CHAIN}/report.pdf"
PASSPHRASE = b"open sesame"
REASON = "typed_wrong"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """A whole therapy, of which one volume was corrected and one deviation stands open."""
    folder = tmp_path_factory.mktemp("report")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, Clock())
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    enrol(scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
    therapy(scenario, COI)
    said = scenario.say("anna", f"chain/{COI}", "Packed", at=APHERESIS, containers=["BAG-F1"], shipper="S-2")
    scenario.say("anna", f"chain/{COI}", "Corrected", corrects=said.statement_id.hex(), member="shipper",
                 was="S-2", right="S-1", reason=REASON)  # fmt: skip
    scenario.say("kit", f"chain/{COI}", "DeviationRaised", code="shipper_damaged", severity="minor",
                 blocking=False, cause=None, containers=["BAG-D1"])  # fmt: skip
    yield scenario
    scenario.ledger.close()


@pytest.fixture(scope="module")
def stage(scenario: Scenario) -> Iterator[Stage]:
    with serving(scenario, Settings(label_host="labels.example")) as stage:
        yield stage


@pytest.fixture(scope="module")
def pdf(stage: Stage) -> bytes:
    response = stage.get(REPORT, "audrey")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/pdf")
    return response.content


@pytest.fixture(scope="module")
def text(pdf: bytes) -> str:
    return words(pdf)


def words(pdf: bytes) -> str:
    """What is set on the pages, without the ends of lines and the places where an id may break."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join("\n".join(pages).replace("\u200b", "").replace("\ufffe", "").split())


# --- what stands in it -----------------------------------------------------------------


def test_the_first_page_sums_up_identity_custody_temperature_and_quality(pdf: bytes) -> None:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        first = " ".join(document[0].get_textpage().get_text_range().split())
    for words_ in ("was read 3 times, each time as ordered", "No evidence is attached", "BAG-D1", "infused",
                   "Acted without custody", "UB-001, GB"):  # fmt: skip
        assert words_ in first, words_


def test_every_entry_of_the_therapy_stands_in_it_with_its_id_and_its_signers_key(
    stage: Stage, text: str
) -> None:
    told = stage.get(f"{CHAIN}/timeline", "audrey").json()["entries"]
    bare = text.replace(" ", "")
    for one in told:
        assert f"#{one['position']}" in text
        assert one["statement_id"] in bare
        assert one["kid"] in bare
        assert one["occurred_at"][:19].replace("T", " ") in text
    assert f"Each of the {len(told)} entries" in text


def test_a_correction_stands_beside_what_was_said_first(stage: Stage, text: str) -> None:
    (original,) = [
        one for one in stage.get(f"{CHAIN}/timeline", "audrey").json()["entries"] if one["corrected_by"]
    ]
    assert f"Corrected by #{original['corrected_by'][0]}" in text
    beside = text.partition("beside what is right")[2]
    assert beside.index("into shipper S-2") < beside.index("typed wrong")


def test_an_open_deviation_is_not_passed_over(text: str) -> None:
    assert "Open, blocks nothing" in text.partition("Deviations Entry")[2]


def test_what_was_recorded_later_is_left_out_and_the_report_says_so(stage: Stage, scenario: Scenario) -> None:
    released = next(
        one["position"]
        for one in stage.get(f"{CHAIN}/timeline", "audrey").json()["entries"]
        if one["type"] == "Released"
    )
    earlier = words(stage.get(f"{REPORT}?before_position={released}", "audrey").content)
    assert "was never released" in earlier
    assert "infused" not in earlier
    assert f"What was recorded from entry #{released} on is not in it" in earlier


def test_the_same_question_gets_the_same_bytes(stage: Stage, pdf: bytes) -> None:
    assert stage.get(REPORT, "audrey").content == pdf


def test_it_names_nobody_but_by_the_names_in_the_log(text: str) -> None:
    assert "patient-1" not in text


# --- who gets it -----------------------------------------------------------------------


def test_it_says_by_whose_word_outside_its_entries_existed(tmp_path: Path, text: str) -> None:
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Clock())
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    therapy(scenario, COI)
    heads = scenario.ledger.store.checkpoints(0, 10_000)
    told = []
    for head in (heads[-4], heads[-1]):
        stamp_head(scenario.ledger, head.size, (RSA, scenario.clock()))
        scenario.clock.forward(60)
        enrol(scenario, f"more{head.size}", "nurse", "ada", "st-mary-trust", "st-mary")
        with serving(scenario, Settings(label_host="labels.example")) as stage:
            told.append(words(stage.get(REPORT, "audrey").content))
    scenario.ledger.close()
    assert "existed before" not in text
    assert "entries existed before 2026-09-21 14:" in told[0]
    assert "Time The first " in told[0]
    assert "The others' times are the ledger's." in told[0].replace("\u2019", "'")
    assert "Time All entries existed before 2026-09-21" in told[1]
    assert f"by the word of {URL}" in told[1]


def test_it_says_no_earlier_time_than_the_authority_and_nothing_of_what_has_expired(tmp_path: Path) -> None:
    """Its accuracy is a second: what it says of a time is said of the second behind it, rounded up."""
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Clock())
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    therapy(scenario, COI)
    heads, at_ms = scenario.ledger.store.checkpoints(0, 10_000), scenario.clock()
    soon = authority(
        "Soon",
        since=START - DAY,
        until=datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC) + DAY / 24,
    )
    stamp_head(scenario.ledger, heads[-2].size, (RSA, at_ms + 300))
    stamp_head(scenario.ledger, heads[-1].size, (soon, at_ms + 300))
    told = []
    for number, seconds in enumerate((60, 7200)):
        scenario.clock.forward(seconds)
        enrol(scenario, f"more{number}", "nurse", "ada", "st-mary-trust", "st-mary")
        with serving(scenario, Settings(label_host="labels.example")) as stage:
            told.append(words(stage.get(REPORT, "audrey").content))
    scenario.ledger.close()
    by = datetime.datetime.fromtimestamp(at_ms // 1000 + 2, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert f"All entries existed before {by} UTC" in told[0]
    assert f"entries existed before {by} UTC" in told[1]
    assert "Time The first " in told[1]  # by the earlier head alone: the other's stamp has run out


def test_who_has_nothing_to_do_with_the_therapy_gets_no_report(stage: Stage) -> None:
    response = stage.get(REPORT, "otto")
    assert (response.status_code, code(response)) == (404, "no_such_chain")
    assert stage.get(REPORT).status_code == 401


def test_a_therapy_without_an_order_has_no_report(stage: Stage) -> None:
    response = stage.get("/v1/chains/isbt128:CHA999926000099/report.pdf", "audrey")
    assert (response.status_code, code(response)) == (404, "no_such_chain")


# --- the file --------------------------------------------------------------------------


def test_it_says_that_it_is_pdf_a_is_tagged_and_carries_its_fonts(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert "/StructTreeRoot" in opened.Root
        assert "/OutputIntents" in opened.Root
        for page in opened.pages:
            for font in page.resources.get("/Font", {}).values():
                for one in font.get("/DescendantFonts", [font]):
                    described = one["/FontDescriptor"]
                    assert {"/FontFile2", "/FontFile3"} & set(described.keys())


def test_a_certificates_signature_is_valid_over_the_whole_file(scenario: Scenario, tmp_path: Path) -> None:
    signed, roots = signed_report(scenario, tmp_path)
    status = status_of(signed, roots)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"
    assert "carries a digital signature (PAdES, ETSI EN 319 142-1) of St Mary" in words(signed)


def test_a_byte_that_is_altered_afterwards_breaks_the_signature(scenario: Scenario, tmp_path: Path) -> None:
    signed, roots = signed_report(scenario, tmp_path)
    at = signed.index(b"/Producer") if b"/Producer" in signed else len(signed) // 4
    altered = bytearray(signed)
    altered[at + 2] ^= 1
    status = status_of(bytes(altered), roots)
    assert not (status.intact and status.valid)


def signed_report(scenario: Scenario, folder: Path) -> tuple[bytes, ValidationContext]:
    now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    path = folder / "report.p12"
    path.write_bytes(self_signed("St Mary's", now, PASSPHRASE))
    seal = Seal(path, PASSPHRASE)
    with serving(scenario, seal=seal) as stage:
        signed = stage.get(REPORT, "audrey").content
    return signed, ValidationContext(trust_roots=[seal._signer.signing_cert])


def status_of(pdf: bytes, roots: ValidationContext) -> Any:
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    return validate_pdf_signature(reader.embedded_signatures[0], roots)


# --- what was altered ------------------------------------------------------------------


def test_no_report_is_made_of_a_log_that_was_altered(tmp_path: Path) -> None:
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Clock())
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    therapy(scenario, COI)
    with serving(scenario) as stage:
        assert stage.get(REPORT, "audrey").status_code == 200
        position = alter(tmp_path / "ledger.db")
        response = stage.get(REPORT, "audrey")
        assert (response.status_code, code(response)) == (500, "store_failed")
        assert str(position) in response.json()["detail"]
    scenario.ledger.close()


def alter(path: Path) -> int:
    """The last byte of a signature: the statement can still be read."""
    with closing(sqlite3.connect(path)) as database:
        position, data = database.execute(
            "SELECT position, data FROM entry WHERE type = 'CollectionCompleted'"
        ).fetchone()
        altered = data[:-1] + bytes([data[-1] ^ 1])
        database.execute("UPDATE entry SET data = ? WHERE position = ?", (altered, position))
        database.commit()
    return int(position)
