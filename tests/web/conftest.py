from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.agent import Agent, running


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    with running(tmp_path_factory.mktemp("agent")) as agent:
        yield agent
