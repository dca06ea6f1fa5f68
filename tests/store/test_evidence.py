"""Files by their hash: kept once, for whom, and never other bytes than were handed in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from ledger.errors import Fault
from ledger.store.evidence import EvidenceStore, evidence

if TYPE_CHECKING:
    from sqlalchemy import Engine

COI, OTHER = "demo:CHAIN-A", "demo:CHAIN-B"


@pytest.fixture
def kept(engine: Engine) -> EvidenceStore:
    return EvidenceStore(engine)


def test_a_file_comes_back_byte_for_byte_under_its_hash(kept: EvidenceStore) -> None:
    raw = bytes(range(256)) * 40
    assert kept.keep(raw, COI, "mia", 1) == sha256(raw).hexdigest()
    assert kept.find(sha256(raw).hexdigest()) == raw


def test_a_file_that_is_handed_in_again_stands_once_and_for_each_therapy(
    kept: EvidenceStore, engine: Engine
) -> None:
    digest = kept.keep(b"one", COI, "mia", 1)
    assert kept.keep(b"one", OTHER, "mia", 2) == digest
    assert kept.keep(b"one", COI, "mia", 3) == digest
    assert kept.chains(digest) == [COI, OTHER]
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(evidence)).scalar_one() == 1
        assert connection.execute(select(evidence.c.kept_ms)).scalar_one() == 1


def test_when_a_file_came_is_known_for_each_therapy(kept: EvidenceStore) -> None:
    digest = kept.keep(b"one", COI, "mia", 10)
    kept.keep(b"one", OTHER, "mia", 20)
    kept.keep(b"one", COI, "mia", 5)
    assert [kept.chains(digest, moment) for moment in (10, 11, 21)] == [[], [COI], [COI, OTHER]]
    assert [kept.count(moment) for moment in (10, 11, 21)] == [0, 1, 2]


def test_the_bytes_of_a_therapys_files_are_counted_once_for_each_therapy(kept: EvidenceStore) -> None:
    for raw, chain in ((b"one", COI), (b"one", COI), (b"two!", COI), (b"one", OTHER)):
        kept.keep(raw, chain, "mia", 1)
    assert (kept.kept(COI), kept.kept(OTHER), kept.kept("demo:CHAIN-C")) == (7, 3, 0)


def test_nodes_that_keep_the_same_file_at_once_all_succeed(kept: EvidenceStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda number: kept.keep(b"same", COI, "mia", number), range(16)))) == 1


def test_a_file_that_nobody_handed_in_is_not_there(kept: EvidenceStore) -> None:
    assert kept.find("00" * 32) is None
    assert kept.chains("00" * 32) == []


def test_bytes_that_were_altered_on_the_disk_are_never_given_out(kept: EvidenceStore, engine: Engine) -> None:
    digest = kept.keep(b"true", COI, "mia", 1)
    with engine.begin() as connection:
        connection.execute(update(evidence).values(data=b"false"))
    with pytest.raises(Fault, match="damaged_evidence"):
        kept.find(digest)
