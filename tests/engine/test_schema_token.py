"""The token of a schema changes with the schema, and with nothing else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine import schema_token
from migration_magics.engine.database import Database

CHANGES = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)",
    "ALTER TABLE t ADD COLUMN s VARCHAR(20)",
    "CREATE INDEX ix_n ON t (n)",
    "CREATE VIEW v AS SELECT id FROM t",
    "ALTER TABLE t RENAME COLUMN s TO z",
    "DROP VIEW v",
)


@pytest.fixture
def database(database_url):
    found = Database.from_url("test", database_url)
    yield found
    found.dispose()


def does(database, statement):
    def work(connection):
        connection.exec_driver_sql(statement)
        connection.commit()

    database.run(work)


def test_every_change_of_the_schema_changes_it(database):
    seen = [schema_token.read(database)]
    for statement in CHANGES[:-1]:
        does(database, statement)
        seen.append(schema_token.read(database))
        assert seen[-1] not in seen[:-1], statement
    does(database, CHANGES[-1])
    assert schema_token.read(database) != seen[-1]


def test_types_count_where_they_can_be_altered(database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no statement that alters a column's type")
    does(database, CHANGES[0])
    before = schema_token.read(database)
    kind = "ALTER COLUMN n TYPE BIGINT" if database.dialect == "postgresql" else "MODIFY n BIGINT"
    does(database, f"ALTER TABLE t {kind}")
    assert schema_token.read(database) != before


def test_rows_do_not_count(database):
    does(database, CHANGES[0])
    before = schema_token.read(database)
    does(database, "INSERT INTO t (id, n) VALUES (1, 2)")
    assert before
    assert schema_token.read(database) == before


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    database = Database.from_url("test", f"sqlite:///{tmp_path}/none.db")
    assert schema_token.read(database) == ""
    assert database.is_missing


def test_one_query_is_sent(database):
    sent = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    database.run(lambda _connection: None)
    before = len(sent)  # what connecting itself asks
    schema_token.read(database)
    assert len(sent) == 2 * before + 1
