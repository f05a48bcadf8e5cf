"""A lock shown for real: who waits is what the server says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.errors import Refused
from migration_magics.lab.demonstrate import MIGRATION, READER, WRITER, demonstrate


@pytest.fixture
def database(database_url):
    made = Database.from_url("copy", database_url)
    with made.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    yield made
    made.dispose()


def sql(text):
    def act(connection):
        connection.exec_driver_sql(text)

    return act


def shown(database, text):
    return demonstrate(database, "t", sql(text), operation=text, place="a copy")


def waiting(result):
    return {moment.session for moment in result.moments if moment.is_waiting}


def test_adding_a_column_makes_others_wait_or_waits_for_them(database):
    result = shown(database, "ALTER TABLE t ADD COLUMN m integer")
    expected = {"sqlite": {WRITER}, "postgresql": {READER, WRITER}, "mysql": {MIGRATION, READER}}[database.family]
    assert waiting(result) == expected
    assert "waited" in result.said
    with database.engine.connect() as connection:
        assert "m" in {column["name"] for column in sa.inspect(connection).get_columns("t")}


def test_who_waits_ends_after_the_change_was_begun(database):
    result = shown(database, "ALTER TABLE t ADD COLUMN m integer")
    assert all(0 <= moment.start_s <= moment.end_s for moment in result.moments)
    first = min(result.moments, key=lambda moment: moment.start_s)
    assert not first.is_waiting
    assert all(moment.end_s >= first.start_s for moment in result.moments)


def test_an_index_on_postgresql_lets_readers_go_on(postgresql_url):
    database = Database.from_url("copy", postgresql_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    result = shown(database, "CREATE INDEX i ON t (n)")
    database.dispose()
    assert waiting(result) == {WRITER}
    assert result.said == "A writer waited until the migration had ended its transaction; a reader went on."
    assert result.locks == ("t: ShareLock",)


def test_what_a_program_sees_afterwards_is_told(database):
    result = shown(database, "DROP TABLE t")
    (reader,) = [moment for moment in result.moments if moment.session == READER]
    assert "which fails: " in reader.what or database.family == "sqlite"


def test_an_operation_that_fails_is_raised_and_nobody_is_left(database):
    with pytest.raises(sa.exc.DBAPIError):
        shown(database, "ALTER TABLE t ADD COLUMN n integer")
    assert waiting(shown(database, "ALTER TABLE t ADD COLUMN m integer"))


def test_an_asynchronous_driver_is_refused():
    database = Database.from_url("copy", "sqlite+aiosqlite://")
    with pytest.raises(Refused, match="needs several sessions at once"):
        demonstrate(database, "t", sql("SELECT 1"), operation="", place="")


def test_a_table_may_be_called_anything(database):
    name = 'a.b "c" 100%'
    with database.engine.begin() as connection:
        sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer)).create(connection)
    result = demonstrate(database, name, lambda _connection: None, operation="", place="")
    assert result.moments
