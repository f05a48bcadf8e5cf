"""A connection of JupySQL in a variable is one to connect to; JupySQL itself is not needed for it."""

from __future__ import annotations

from contextlib import closing

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.errors import UsageProblem


class OfJupysql:
    """As JupySQL 0.11's `sql.connection.SQLAlchemyConnection`: it keeps one connection open."""

    def __init__(self, url: str, **options: str) -> None:
        self.kept = sa.create_engine(url, poolclass=sa.NullPool).connect().execution_options(**options)

    @property
    def connection_sqlalchemy(self) -> sa.Connection:
        return self.kept


@pytest.fixture
def variables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    yield found
    for one in found.values():
        one.kept.close()


def test_it_is_connected_to_and_migrated_while_it_is_open(database_url, variables):
    variables["shop"] = OfJupysql(database_url, isolation_level="AUTOCOMMIT")
    variables["shop"].kept.exec_driver_sql("SELECT 1")
    ws = Workspace(lookup=variables.get)
    ws.init("migrations")
    assert ws.connect("shop").source == "variable shop"
    ws.revision("op.create_table('t', sa.Column('id', sa.Integer))", message="make t", rev_id="a1")
    assert ws.upgrade("head").after == ("a1",)
    assert variables["shop"].kept.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    ws.close()
    assert variables["shop"].kept.exec_driver_sql("SELECT 1").scalar() == 1


def test_in_a_real_transaction_it_is_refused(sqlite_url, variables):
    variables["shop"] = OfJupysql(sqlite_url)
    variables["shop"].kept.exec_driver_sql("SELECT 1")
    with pytest.raises(UsageProblem, match="middle of a transaction"):
        Workspace(lookup=variables.get).connect("shop")


def test_what_sql_uses_is_the_last_resort_and_is_named(sqlite_url, variables, tmp_path, monkeypatch):
    """`connect` alone takes the project's URL, then $DATABASE_URL, then this."""
    variables["jupysql"] = OfJupysql(sqlite_url, isolation_level="AUTOCOMMIT")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with closing(Workspace(lookup=variables.get)) as ws:
        assert ws.connect().source == "the connection of %sql (JupySQL)"
        assert ws.database.url.endswith("test.db")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
        assert ws.connect(name="other").source == "$DATABASE_URL"
        assert ws.connect("jupysql", name="again").source == "the connection of %sql (JupySQL)"


def test_a_variable_that_is_called_so_is_that_variable(sqlite_url, variables):
    variables["jupysql"] = OfJupysql(sqlite_url)  # to be closed
    named = {"jupysql": sqlite_url}
    with closing(Workspace(lookup=named.get)) as ws:
        assert ws.connect("jupysql").source == "variable jupysql"
