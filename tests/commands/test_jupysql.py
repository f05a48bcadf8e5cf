"""A connection of JupySQL in a variable is one to connect to; JupySQL itself is not needed for it."""

from __future__ import annotations

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
