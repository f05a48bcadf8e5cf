"""Databases in any number, and what stock Alembic makes of each application on each kind of database."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import migration_magics
from tests.corpora.applications import SIMPLEST_ENV_PY, Application
from tests.corpora.stock import alembic, snapshot

NewDatabase = Callable[[str], str]
Stock = Callable[[Application, str], dict[str, object]]


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """`databases("postgresql")` is the URL of a new empty database, as often as it is asked."""
    number = itertools.count()
    with contextlib.ExitStack() as stack:

        def new(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path / f'{next(number)}.db'}"
            return stack.enter_context(request.getfixturevalue(kind).new_database())

        yield new


@pytest.fixture(scope="session")
def stock_snapshots() -> dict[tuple[str, str], dict[str, object]]:
    """What was made by stock Alembic in this pytest process, by application and kind of database."""
    return {}


@pytest.fixture
def stock(databases: NewDatabase, stock_snapshots: dict[tuple[str, str], dict[str, object]], tmp_path: Path) -> Stock:
    """`stock(application, kind)` is the snapshot after `alembic upgrade` to its heads, made once."""

    def of(application: Application, kind: str) -> dict[str, object]:
        key = application.name, kind
        if key not in stock_snapshots:
            url = databases(kind)
            alembic(application.ini(tmp_path / "stock", url, env_py=SIMPLEST_ENV_PY), "upgrade", application.target)
            stock_snapshots[key] = snapshot(url)
        return stock_snapshots[key]

    return of


@pytest.fixture
def opened() -> Iterator[Callable[..., migration_magics.Workspace]]:
    """`migration_magics.open`, closed afterwards."""
    with contextlib.ExitStack() as stack:

        def of(*arguments: object, **options: object) -> migration_magics.Workspace:
            workspace = migration_magics.open(*arguments, **options)
            stack.callback(workspace.close)
            return workspace

        yield of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder in which an application's ini file is written."""
    return tmp_path / "application"
