"""Fixtures for all tests.

Databases: `sqlite_url`, `postgresql_url` and `mariadb_url` are each a new empty database for one test, as a URL string.
`database_url` runs a test on all three. `alembic` runs the real command line. `kernel` is a real IPython kernel.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.support.databases import mariadb_server, postgresql_server
from tests.support.need import missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.databases import Server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One PostgreSQL for this pytest process."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql_server())
        except LookupError as error:
            missing("pg", str(error))
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """One MariaDB for this pytest process."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(mariadb_server())
        except LookupError as error:
            missing("mariadb", str(error))
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new SQLite file."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """A new PostgreSQL database."""
    with postgresql.new_database() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb: Server) -> Iterator[str]:
    """A new MariaDB database."""
    with mariadb.new_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database of each of the three kinds."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
