"""What a plan costs is counted in the live database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine import losses
from migration_magics.engine.database import Database
from migration_magics.model.losses import Loss


@pytest.fixture
def database(database_url: str) -> Database:
    found = Database.from_url("app", database_url)

    def fill(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE t (id integer primary key, n varchar(10))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'c')")
        connection.exec_driver_sql("CREATE TABLE blank (id integer)")
        connection.commit()

    found.run(fill)
    return found


@pytest.mark.parametrize(
    "loss, rows",
    [
        (Loss("drop_table", "t"), 3),
        (Loss("drop_column", "t", "n"), 2),
        (Loss("drop_table", "blank"), 0),
        (Loss("drop_table", "not_there"), 0),
        (Loss("drop_column", "t", "not_there"), 0),
        (Loss("delete", "t"), 3),
    ],
)
def test_only_rows_that_are_there_are_lost(database: Database, loss: Loss, rows: int) -> None:
    assert database.run(lambda connection: losses.rows_lost(connection, loss)) == rows


def test_counting_stops_at_a_bound(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MAX_ROWS", 2)
    assert database.run(lambda connection: losses.rows_lost(connection, Loss("drop_table", "t"))) == 3


def test_a_name_with_quotes_is_a_name(database: Database) -> None:
    assert (
        database.run(lambda connection: losses.rows_lost(connection, Loss("drop_table", 't"; DROP TABLE t; --'))) == 0
    )
    assert database.run(lambda connection: losses.rows_lost(connection, Loss("drop_table", "t"))) == 3


def test_what_takes_too_long_is_left_uncounted(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "TIMEOUT_S", -1.0)
    found = Database.from_url("app", sqlite_url)

    def fill(connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 50000) SELECT i FROM n"
        )
        connection.commit()

    found.run(fill)
    assert found.run(lambda connection: losses.rows_lost(connection, Loss("drop_table", "t"))) is None
