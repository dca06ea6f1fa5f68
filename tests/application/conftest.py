"""A ledger on either database; a node that seals, on one database and on either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.application.sealing_node import Node, begun
from tests.scenario import Scenario, open_scenario


@pytest.fixture
def scenario(database_url: str, tmp_path: Path) -> Iterator[Scenario]:
    opened = open_scenario(database_url, tmp_path)
    yield opened
    opened.ledger.close()


@pytest.fixture
def node(sqlite_url: str, tmp_path: Path) -> Iterator[Node]:
    yield from begun(sqlite_url, tmp_path)


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Iterator[Node]:
    """Of what the databases do differently."""
    yield from begun(database_url, tmp_path)
