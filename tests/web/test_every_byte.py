"""Every single byte of a small bundle altered in turn: both verifiers find it, or it carries no meaning.

The bundle holds each kind of file but the page itself. First the bytes of the archive as it travels: all are
found, for a bundle has one form. Then each byte of each file, by somebody who holds the log's key and signs
a manifest that lists the altered file: what is found then has a meaning beyond its digest. What is not found
is for reading alone: README.txt, the report, the schemas, of which the log's signature is the only guard.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ledger.application import Ledger, LedgerConfig
from ledger.domain.parts import Administrator
from ledger.proof.keyfile import new_key
from ledger.proof.note import VerifierKey
from tests.bundling import audited, files_of, resigned
from tests.forging import whole_log
from tests.scenario import ORIGIN, Clock, Scenario, Signer, b64
from tests.unit.verify_book import COI, Book
from tests.web.agent import Agent

AT_ONCE = 200
READING = ("README.txt", "report/000000.txt", "schemas.json")
EVIDENCE = b"time;celsius\n2026-09-21T14:00Z;-180.1\n"
WARD = {"site": "st-mary", "department": "ward-5"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Book]:
    """Four statements in two batches, so that there are few heads."""
    scenario = two_people(tmp_path_factory.mktemp("small"))
    site: dict[str, object] = {"organisation": "one", "site_kind": "care", "country": "GB"}
    key, roles = b64(scenario.signer("eve").key.public.spki), [{"role": "auditor", "site": "st-mary"}]
    record(
        scenario,
        next_of(scenario, "ada", "site/st-mary", "SiteOnboarded", **site),
        next_of(scenario, "ada", "agent/eve", "AgentEnrolled", organisation="one", roles=roles, key=key),
    )
    record(
        scenario,
        next_of(scenario, "eve", f"chain/{COI}", "TemperatureEvidenceAttached", **read_out()),
        next_of(scenario, "eve", f"log/{ORIGIN}", "ExportRequested", scope="log", reason="inspection"),
    )
    book = Book.of(scenario)
    scenario.ledger.close()
    others = dict.fromkeys(READING, b"For reading.\n")
    others |= {f"evidence/{hashlib.sha256(EVIDENCE).hexdigest()}": EVIDENCE}
    return whole_log(book, others), book


def record(scenario: Scenario, *batch: bytes) -> None:
    for one in scenario.ledger.submit(list(batch)).result():
        assert not isinstance(one, Exception), one


def next_of(scenario: Scenario, agent: str, stream: str, event: str, **fields: object) -> bytes:
    """The agent's next statement, signed and not yet recorded."""
    raw = scenario.sign(agent, stream, event, **fields)
    signer = scenario.signer(agent)
    signer.seq, signer.prev = signer.seq + 1, hashlib.sha256(raw).hexdigest()
    return raw


def two_people(folder: Path) -> Scenario:
    """A log of nothing but its beginning."""
    signers = {name: Signer(name, new_key()) for name in ("ada", "ben")}
    config = LedgerConfig(f"sqlite:///{folder}/ledger.db", ORIGIN, new_key(), new_key(), None, Clock())
    people = [
        Administrator(agent=name, organisation=of, key=b64(signers[name].key.public.spki))
        for name, of in (("ada", "one"), ("ben", "two"))
    ]
    return Scenario(Ledger.create(config, people), Clock(), signers)


def read_out() -> dict[str, object]:
    return {
        "at": WARD, "containers": ["BAG-1"], "phase": "frozen", "logger": "L-1", "range_low_centi_c": -20_000,
        "range_high_centi_c": 5_000, "calibrated_until": None, "started_at": "2026-09-21T14:00:00.000Z",
        "interval_s": 60, "readings_centi_c": [-18_010], "device_signature": "absent",
        "raw": hashlib.sha256(EVIDENCE).hexdigest(),
    }  # fmt: skip


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def unfound(node: Agent, mutants: list[bytes], vkey: VerifierKey) -> list[tuple[int, bool, bool]]:
    """Those that either verifier lets pass: which, and whether Python's and the page's do."""
    passed = []
    for start in range(0, len(mutants), AT_ONCE):
        some = mutants[start : start + AT_ONCE]
        node.begin([{"op": "bundle", "data": one, "vkey": str(vkey)} for one in some])
        ours = [audited(one, vkey).first_wrong is None for one in some]
        theirs = [False not in answer["ok"]["ok"].values() for answer in node.answers()]
        passed += [(start + at, *both) for at, both in enumerate(zip(ours, theirs, strict=True)) if any(both)]
    return passed


def test_the_bundle_holds_and_has_each_kind_of_file(node: Agent, small: tuple[bytes, Book]) -> None:
    raw, book = small
    assert unfound(node, [raw], VerifierKey.parse(book.vkey)) == [(0, True, True)]
    folders = {name.partition("/")[0] for name in files_of(raw)}
    assert folders == {"checkpoints", "entries", "evidence", "report", "README.txt", "schemas.json",
                       "manifest.json", "manifest.cose"}  # fmt: skip


def test_every_byte_of_the_archive_is_found_by_both(node: Agent, small: tuple[bytes, Book]) -> None:
    raw, book = small
    mutants = [flipped(raw, at) for at in range(len(raw))]
    assert unfound(node, mutants, VerifierKey.parse(book.vkey)) == []


def test_every_byte_that_is_not_for_reading_is_found_under_a_new_signature(
    node: Agent, small: tuple[bytes, Book]
) -> None:
    raw, book = small
    files, vkey = files_of(raw), VerifierKey.parse(book.vkey)
    for name in sorted(set(files) - {"manifest.json", "manifest.cose"}):
        data = files[name]
        mutants = [resigned(files | {name: flipped(data, at)}, book.log_key) for at in range(len(data))]
        passed = unfound(node, mutants, vkey)
        everywhere = [(at, True, True) for at in range(len(data))]
        assert passed == (everywhere if name in READING else []), name
