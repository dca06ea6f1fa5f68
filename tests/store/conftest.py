"""What every test of the store starts from: an empty, migrated log on each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.store.engines import migrate, open_engine
from ledger.store.recorder import LedgerRecorder
from tests.store.log import random_identity, seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def recorder(engine: Engine) -> Iterator[LedgerRecorder]:
    recorder = LedgerRecorder(engine, seal, random_identity)
    yield recorder
    recorder.close()


@pytest.fixture
def other_node(recorder: LedgerRecorder, database_url: str) -> Iterator[LedgerRecorder]:
    """A second process's recorder on the same database: nothing shared but the database."""
    engine = open_engine(database_url)
    other = LedgerRecorder(engine, seal, random_identity)
    yield other
    other.close()
    engine.dispose()
