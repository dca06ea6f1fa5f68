"""A node that seals, on one database and on either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.application.sealing_node import Node, begun


@pytest.fixture
def node(sqlite_url: str, tmp_path: Path) -> Iterator[Node]:
    yield from begun(sqlite_url, tmp_path)


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Iterator[Node]:
    """Of what the databases do differently."""
    yield from begun(database_url, tmp_path)
