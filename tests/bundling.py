"""Bundles for tests: made as the server makes them, and remade as somebody dishonest would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clients.words import sentence
from ledger.application import Answer, Ledger
from ledger.export.bundle import Request, bundle
from ledger.export.choosing import Choice, choose
from ledger.export.cosigned import Cosignatures
from ledger.export.stamped import Stamps
from ledger.proof import canonical
from ledger.proof.archive import open_archive, read_member
from ledger.proof.keys import SigningKey
from ledger.proof.ml_dsa import SecondSigner
from ledger.proof.note import VerifierKey
from ledger.proof.witnesses import Policy
from ledger.store.cosignatures import CosignatureStore
from ledger.store.reading import Reads
from ledger.store.time_stamps import TimeStampStore
from ledger.verify.bundle import audit_bundle
from ledger.verify.manifest import MANIFEST, SIGNATURE, read_manifest
from ledger.verify.report import Report
from ledger.verify.steps import NOTHING, Outside
from tests.e2e.api_stage import enrol
from tests.forging import MADE_BY, listed, signed, zipped
from tests.scenario import CLEANROOM, ORIGIN, Clock, Scenario, open_scenario, therapy
from tests.unit.verify_book import CHAIN, COI, tell_story

OTHER = "isbt128:CHA999926000003"
LABEL = b"unbroken label bitmap v1\n12 3 203\n" + bytes([0xF0, 0x10, 0x55, 0xA0, 0x00, 0x70])
EVER_MS = 2**40 * 1_000


@dataclass(frozen=True)
class Source:
    """The whole log, and these files by their SHA-256."""

    reads: Reads
    log_vkey: str
    key: SigningKey
    cosignatures: Cosignatures
    stamps: Stamps
    origin: str = ORIGIN
    made_by: str = MADE_BY
    verifier: bytes | None = None
    kept: Mapping[str, bytes] = field(default_factory=lambda: {digest_of(LABEL): LABEL})

    def evidence(self, sha256: str) -> bytes | None:
        return self.kept.get(sha256)


def stage(folder: Path, second: SecondSigner | None = None) -> Scenario:
    """Another patient's whole therapy, then a story with a bit of everything, and two labels printed, of
    which one's picture is at hand; an auditor, audrey."""
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, Clock(), second)
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    therapy(scenario, OTHER, "patient-3", "BAG-9")
    tell_story(scenario)
    for serial, digest in (("L1", digest_of(LABEL)), ("L2", "ab" * 32)):
        scenario.say("mia", CHAIN, "LabelPrinted", at=CLEANROOM, serial=serial, template="vial", medium="png",
                     dpi=203, digest=digest)  # fmt: skip
    return scenario


def digest_of(described: bytes) -> str:
    return hashlib.sha256(described).hexdigest()


def ask(scenario: Scenario, coi: str = COI) -> Answer:
    version = scenario.version(coi)
    return scenario.say(
        "audrey", f"chain/{coi}", "TherapyExportRequested", chain_version=version, reason="inspection"
    )


def source_of(ledger: Ledger, request: Request, policy: Policy | None = None) -> Source:
    """Whenever witnesses cosigned and authorities stamped, it counts."""
    cosigned = Cosignatures(CosignatureStore(ledger.store), policy, request.size, EVER_MS)
    stamps = Stamps(TimeStampStore(ledger.store), request.size, EVER_MS)
    return Source(ledger.store, str(ledger.vkey), ledger.config.log_key, cosigned, stamps)


def request_of(ledger: Ledger, asked: Answer) -> Request:
    head = ledger.store.checkpoint_covering(asked.position)
    return Request(asked.position, asked.statement_id.hex(), head.size, head.root)


def choice_of(ledger: Ledger, asked: Answer, *tags: str) -> Choice:
    return choose(ledger.store, ORIGIN, tags or (CHAIN,), request_of(ledger, asked).size, lambda _: True)


def made(ledger: Ledger, asked: Answer, choice: Choice | None = None, policy: Policy | None = None) -> bytes:
    return b"".join(pieces(ledger, asked, choice or choice_of(ledger, asked), policy))


def pieces(ledger: Ledger, asked: Answer, choice: Choice, policy: Policy | None = None) -> Iterator[bytes]:
    request = request_of(ledger, asked)
    return bundle(source_of(ledger, request, policy), request, choice, sentence)


def audited(
    raw: bytes,
    vkey: VerifierKey | None,
    policy: Policy | None = None,
    note: bytes | None = None,
    outside: Outside = NOTHING,
) -> Report:
    def read(at: int, length: int) -> bytes:
        return raw[at : at + length]

    return audit_bundle(read, len(raw), vkey, policy=policy, note=note, outside=outside)


def files_of(raw: bytes) -> dict[str, bytes]:
    """The archive's files, in their order."""

    def read(at: int, length: int) -> bytes:
        return raw[at : at + length]

    return {one.name: read_member(read, one) for one in open_archive(read, len(raw))}


def saying(files: Mapping[str, bytes], key: SigningKey, **members: object) -> bytes:
    """The files with a manifest of which some members say something else, signed with the log's key."""
    return remade(files, key, json.loads(files[MANIFEST]) | members)


def remade(files: Mapping[str, bytes], key: SigningKey, said: Mapping[str, object]) -> bytes:
    """The files with this for a manifest, signed with the log's key."""
    told = canonical.encode(dict(said))
    return zipped({**files, MANIFEST: told, SIGNATURE: signed(key, told)})


def resigned(files: Mapping[str, bytes], key: SigningKey) -> bytes:
    """The files with a manifest that lists them as they are now, signed with the log's key."""
    told = read_manifest(files[MANIFEST]).model_copy(update={"files": listed(files)}).encode()
    rest = {name: data for name, data in files.items() if name not in (MANIFEST, SIGNATURE)}
    return zipped({**rest, MANIFEST: told, SIGNATURE: signed(key, told)})
