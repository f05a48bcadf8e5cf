"""The names of a database are read in one query, on each of the three."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.engine import catalogue
from migration_magics.engine.database import Database
from migration_magics.model.names import Names, TableNames

MAKE = (
    "CREATE TABLE workers (id INTEGER PRIMARY KEY, host VARCHAR(20))",
    """CREATE TABLE evaluations (z INTEGER PRIMARY KEY, a INTEGER, worker INTEGER,
       CONSTRAINT uq_a UNIQUE (a), CONSTRAINT fk_worker FOREIGN KEY (worker) REFERENCES workers (id))""",
    "CREATE INDEX ix_host ON workers (host)",
    "CREATE VIEW busy AS SELECT id FROM workers",
)


@pytest.fixture
def database(database_url):
    found = Database.from_url("test", database_url)

    def make(connection):
        for statement in MAKE:
            connection.exec_driver_sql(statement)
        connection.commit()

    found.run(make)
    yield found
    found.dispose()


def test_tables_columns_indexes_and_constraints(database):
    names = catalogue.read(database)
    assert list(names.tables) == ["busy", "evaluations", "workers"]
    assert names.table("workers").columns == ("id", "host")
    assert names.table("evaluations").columns == ("z", "a", "worker")  # in their order
    assert "ix_host" in names.table("workers").indexes
    if database.dialect != "sqlite":  # there a constraint's name stands in the table's SQL only
        assert {"uq_a", "fk_worker"} <= set(names.table("evaluations").constraints)


def test_one_query_is_sent(database):
    sent = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    database.run(lambda _connection: None)
    before = len(sent)  # what connecting itself asks
    catalogue.read(database)
    assert len(sent) == 2 * before + 1


def test_other_databases_are_asked_through_sqlalchemy(database):
    names = database.run(lambda connection: Names.of(catalogue._inspected(connection)))
    assert {name: inner.columns for name, inner in names.tables.items() if name != "busy"} == {
        "evaluations": ("z", "a", "worker"),
        "workers": ("id", "host"),
    }


def test_tables_of_the_search_path_only(postgresql_url):
    database = Database.from_url("test", postgresql_url)

    def make(connection):
        for statement in ("CREATE SCHEMA other", "CREATE TABLE other.hidden (id int)", "CREATE TABLE seen (id int)"):
            connection.exec_driver_sql(statement)
        connection.commit()

    database.run(make)
    assert list(catalogue.read(database).tables) == ["seen"]


def test_a_broken_view_does_not_hide_the_tables(sqlite_url):
    database = Database.from_url("test", sqlite_url)

    def make(connection):
        for statement in (
            "CREATE TABLE gone (id)",
            "CREATE VIEW broken AS SELECT id FROM gone",
            "CREATE TABLE kept (id)",
            "DROP TABLE gone",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()

    database.run(make)
    names = catalogue.read(database)
    assert list(names.tables) == ["broken", "kept"]
    assert names.table("kept").columns == ("id",)


def test_a_missing_file_is_not_made(tmp_path):
    database = Database.from_url("test", f"sqlite:///{tmp_path / 'none.db'}")
    assert catalogue.read(database) == Names()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_has_no_names():
    assert catalogue.read(Database.from_url("test", "postgresql+psycopg://nobody@127.0.0.1:1/none")) == Names()


@pytest.mark.parametrize(
    "statement", ["DROP TABLE evaluatoins", "SELECT * FROM evaluatoins", "INSERT INTO evaluatoins VALUES (1)"]
)
def test_the_table_that_was_meant_is_found_from_the_server_s_own_words(database, statement):
    with pytest.raises(sa.exc.DBAPIError) as caught:
        database.run(lambda connection: connection.exec_driver_sql(statement))
    assert catalogue.meant_table(database, caught.value) == "evaluations"


def test_nothing_is_guessed_where_no_table_is_missing_or_none_is_alike(database):
    for statement in ("SELECT FROM FROM", "SELECT * FROM zzz"):
        with pytest.raises(sa.exc.DBAPIError) as caught:
            database.run(lambda connection, statement=statement: connection.exec_driver_sql(statement))
        assert catalogue.meant_table(database, caught.value) == ""


def test_a_batch_on_a_missing_table_names_the_nearest(sqlite_url):
    database = Database.from_url("test", sqlite_url)
    database.run(lambda connection: (connection.exec_driver_sql("CREATE TABLE workers (id int)"), connection.commit()))
    assert catalogue.meant_table(database, sa.exc.NoSuchTableError("worker")) == "workers"


def test_a_table_is_found_whatever_its_case_and_the_nearest_is_named():
    names = Names.of([("Evaluations", "column", "id"), ("workers", "table", None)])
    assert names.table("evaluations").columns == ("id",)
    assert names.table("nothing") == TableNames()
    assert names.nearest("evaluatoins") == "Evaluations"
    assert names.nearest("zzz") == ""


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from(["table", "column", "index", "constraint"]), st.sampled_from("xyz")
        )
    )
)
def test_names_keep_every_row_once(rows):
    names = Names.of(rows)
    assert list(names.tables) == sorted({table for table, _, _ in rows})
    for table, inner in names.tables.items():
        assert len(inner.columns) == len(set(inner.columns))
        assert set(inner.columns) == {name for owner, kind, name in rows if owner == table and kind == "column"}
        assert inner.indexes == tuple(
            sorted({name for owner, kind, name in rows if owner == table and kind == "index"})
        )
