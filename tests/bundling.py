"""Bundles for tests: made as the server makes them, and remade as somebody dishonest would."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from clients.words import sentence
from ledger.application import Answer, Ledger
from ledger.export.bundle import Request, bundle
from ledger.export.choosing import Choice, choose
from ledger.proof import canonical
from ledger.proof.archive import open_archive, read_member
from ledger.proof.keys import SigningKey
from ledger.proof.note import VerifierKey
from ledger.store.reading import Reads
from ledger.verify.bundle import audit_bundle
from ledger.verify.manifest import MANIFEST, SIGNATURE, read_manifest
from ledger.verify.report import Report
from tests.e2e.api_stage import enrol
from tests.forging import MADE_BY, listed, signed, zipped
from tests.scenario import ORIGIN, Clock, Scenario, open_scenario, therapy
from tests.unit.verify_book import CHAIN, COI, tell_story

OTHER = "isbt128:CHA999926000003"


@dataclass(frozen=True)
class Source:
    """The whole log, and no files."""

    reads: Reads
    log_vkey: str
    key: SigningKey
    origin: str = ORIGIN
    made_by: str = MADE_BY
    verifier: bytes | None = None

    def evidence(self, sha256: str) -> bytes | None:
        return None


def stage(folder: Path) -> Scenario:
    """Another patient's whole therapy, then a story with a bit of everything; an auditor, audrey."""
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, Clock())
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    therapy(scenario, OTHER, "patient-3", "BAG-9")
    tell_story(scenario)
    return scenario


def ask(scenario: Scenario, coi: str = COI) -> Answer:
    version = scenario.version(coi)
    return scenario.say(
        "audrey", f"chain/{coi}", "TherapyExportRequested", chain_version=version, reason="inspection"
    )


def source_of(ledger: Ledger) -> Source:
    return Source(ledger.store, str(ledger.vkey), ledger.config.log_key)


def request_of(ledger: Ledger, asked: Answer) -> Request:
    head = ledger.store.checkpoint_covering(asked.position)
    return Request(asked.position, asked.statement_id.hex(), head.size, head.root)


def choice_of(ledger: Ledger, asked: Answer, *tags: str) -> Choice:
    return choose(ledger.store, ORIGIN, tags or (CHAIN,), request_of(ledger, asked).size, lambda _: True)


def made(ledger: Ledger, asked: Answer, choice: Choice | None = None) -> bytes:
    return b"".join(pieces(ledger, asked, choice or choice_of(ledger, asked)))


def pieces(ledger: Ledger, asked: Answer, choice: Choice) -> Iterator[bytes]:
    return bundle(source_of(ledger), request_of(ledger, asked), choice, sentence)


def audited(raw: bytes, vkey: VerifierKey | None) -> Report:
    return audit_bundle(lambda at, length: raw[at : at + length], len(raw), vkey)


def files_of(raw: bytes) -> dict[str, bytes]:
    """The archive's files, in their order."""

    def read(at: int, length: int) -> bytes:
        return raw[at : at + length]

    return {one.name: read_member(read, one) for one in open_archive(read, len(raw))}


def saying(files: Mapping[str, bytes], key: SigningKey, **members: object) -> bytes:
    """The files with a manifest of which some members say something else, signed with the log's key."""
    told = canonical.encode(json.loads(files[MANIFEST]) | members)
    return zipped({**files, MANIFEST: told, SIGNATURE: signed(key, told)})


def resigned(files: Mapping[str, bytes], key: SigningKey) -> bytes:
    """The files with a manifest that lists them as they are now, signed with the log's key."""
    told = read_manifest(files[MANIFEST]).model_copy(update={"files": listed(files)}).encode()
    rest = {name: data for name, data in files.items() if name not in (MANIFEST, SIGNATURE)}
    return zipped({**rest, MANIFEST: told, SIGNATURE: signed(key, told)})
