"""Projects for the tests of running."""

import pytest

from tests.engine.making import Made


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a project in `tmp_path`, which is the working directory, on a URL or an engine; connections close at the end."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def made(source=None, **settings):
        project = Made(tmp_path, source=source, **settings)
        workspaces.append(project.ws)
        return project

    yield made
    for ws in workspaces:
        ws.close()


@pytest.fixture
def query(request):
    """Ask a database by URL, past everything of ours: `query(url, sql)` gives the rows."""
    import sqlalchemy as sa

    def ask(url, sql):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            result = connection.exec_driver_sql(sql)
            rows = [tuple(row) for row in result] if result.returns_rows else []
            connection.commit()
        return rows

    return ask
