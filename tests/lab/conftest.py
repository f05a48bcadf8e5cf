"""Projects and databases for the tests of copies and replays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from tests.engine.making import Made


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a project in `tmp_path`, which is the working directory, on a URL or none; connections close at the end."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def made(source=None):
        project = Made(tmp_path, source=source)
        workspaces.append(project.ws)
        return project

    yield made
    for ws in workspaces:
        ws.close()


@pytest.fixture
def another(tmp_path):
    """Open what `make` made once more, as a new kernel would: nothing is known but what is on disk."""
    workspaces = []

    def opened(source=None):
        ws = Workspace()
        workspaces.append(ws)
        if source is not None:
            ws.connect(source)
        return ws

    yield opened
    for ws in workspaces:
        ws.close()


@pytest.fixture
def run_sql():
    """Run statements in the database at a URL, past everything of ours; give the rows of the last."""

    def run(url, *statements):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        rows = []
        with engine.connect() as connection:
            admin = connection.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)
            for statement in statements:
                result = admin.exec_driver_sql(statement)
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows

    return run
