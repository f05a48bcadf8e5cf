"""What a run did to rows is counted in the database, and is what a person would count by hand."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import types

import pytest
import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.lab import capture, scratch
from migration_magics.model.diff import Change
from migration_magics.model.rowdiff import ColumnChange, SampleRow, Transition
from tests.lab.capturing import counted, send

WORKERS = (
    "CREATE TABLE workers (id INTEGER PRIMARY KEY, name VARCHAR(50), status VARCHAR(10))",
    "INSERT INTO workers VALUES (1, 'a', 'new'), (2, 'b', 'new'), (3, 'c', NULL), (4, 'd', 'old'), (5, NULL, 'old')",
)


def test_each_row_is_inserted_deleted_updated_or_unchanged(database_url):
    run = (
        "UPDATE workers SET status = 'idle' WHERE status = 'new'",
        "DELETE FROM workers WHERE id = 4",
        "INSERT INTO workers VALUES (6, 'f', 'new')",
    )
    diff = counted(database_url, WORKERS, run)["workers"]
    assert (diff.inserted, diff.deleted, diff.updated, diff.unchanged) == (1, 1, 2, 2)
    assert (diff.before, diff.after, diff.how, diff.key, diff.is_exact) == (5, 5, "compared by key", ("id",), True)
    assert diff.columns == (ColumnChange("status", 2),)
    assert diff.transitions == (Transition("status", "new", "idle", 2),)
    assert diff.samples == (
        SampleRow((("id", "4"),), before=(("id", "4"), ("name", "d"), ("status", "old"))),
        SampleRow((("id", "6"),), after=(("id", "6"), ("name", "f"), ("status", "new"))),
        SampleRow((("id", "1"),), (("status", "new"),), (("status", "idle"),)),
        SampleRow((("id", "2"),), (("status", "new"),), (("status", "idle"),)),
    )


def test_a_value_that_comes_back_is_no_change(database_url):
    run = ("UPDATE workers SET status = 'x'", "UPDATE workers SET status = 'new' WHERE id < 3")
    diff = counted(database_url, WORKERS, run)["workers"]
    assert (diff.updated, diff.unchanged) == (3, 2)


def test_rows_rolled_back_are_as_they_were(database_url):
    assert not counted(database_url, WORKERS, ("UPDATE workers SET status = status",))["workers"]


@pytest.mark.parametrize(
    "update, expected",
    [
        ("name = NULL", ColumnChange("name", 4, to_null=4)),
        ("name = 'z'", ColumnChange("name", 5, from_null=1)),
        ("name = upper(name)", ColumnChange("name", 4)),
        ("name = 'a '", ColumnChange("name", 5, from_null=1)),
        ("name = ''", ColumnChange("name", 5, from_null=1)),
    ],
)
def test_null_case_and_blanks_are_values_like_any_other(database_url, update, expected):
    diff = counted(database_url, WORKERS, (f"UPDATE workers SET {update}",))["workers"]
    assert diff.columns == (expected,)


def test_transitions_come_most_frequent_first_and_ten_at_most(database_url):
    rows = ", ".join(f"({n}, '{n}', '{'often' if n < 5 else n}')" for n in range(1, 21))
    setup = (WORKERS[0], f"INSERT INTO workers VALUES {rows}")
    diff = counted(database_url, setup, ("UPDATE workers SET status = 'x'",))["workers"]
    assert diff.transitions[:2] == (Transition("status", "often", "x", 4), Transition("status", "5", "x", 1))
    assert len(diff.transitions) == 10
    assert {row.before[0][1] for row in diff.samples} >= {each.before for each in diff.transitions}


RENAMED = (
    Change("rename", ("workers",), "workers", "agents"),
    Change("rename", ("agents", "columns", "status"), "status", "state"),
)


def test_a_renamed_table_and_column_are_followed(database_url):
    run = (
        "ALTER TABLE workers RENAME TO agents",
        "ALTER TABLE agents RENAME COLUMN status TO state",
        "UPDATE agents SET state = 'x' WHERE id = 1",
    )
    diff = counted(database_url, WORKERS, run, RENAMED)["agents"]
    assert (diff.updated, diff.unchanged) == (1, 4)
    assert diff.columns == (ColumnChange("state", 1, was="status"),)
    assert diff.notes == ("renamed: workers -> agents", "column renamed: status -> state")


def test_a_rename_nobody_told_of_is_a_table_gone_and_one_made(database_url):
    diffs = counted(database_url, WORKERS, ("ALTER TABLE workers RENAME TO agents",))
    assert (diffs["workers"].how, diffs["workers"].deleted) == ("gone", 5)
    assert (diffs["agents"].how, diffs["agents"].inserted, len(diffs["agents"].samples)) == ("made", 5, 4)


def test_an_added_column_counts_where_it_is_not_its_default(database_url):
    run = (
        "ALTER TABLE workers ADD COLUMN tries INTEGER NOT NULL DEFAULT 3",
        "ALTER TABLE workers ADD COLUMN note VARCHAR(10) DEFAULT 'it''s'",
        "ALTER TABLE workers ADD COLUMN extra VARCHAR(10)",
        "UPDATE workers SET tries = 4, extra = 'x' WHERE id = 2",
    )
    diff = counted(database_url, WORKERS, run)["workers"]
    assert (diff.updated, diff.unchanged) == (1, 4)
    assert diff.columns == (
        ColumnChange("tries", 1, presence="added"),
        ColumnChange("extra", 1, from_null=1, presence="added"),
    )
    assert diff.transitions == (Transition("tries", "3", "4", 1), Transition("extra", None, "x", 1))


def test_a_dropped_column_says_how_many_values_went_with_it(database_url):
    diff = counted(database_url, WORKERS, ("ALTER TABLE workers DROP COLUMN status",))["workers"]
    assert diff
    assert diff.columns == (ColumnChange("status", 4, to_null=4, presence="dropped"),)
    assert (diff.updated, diff.unchanged) == (0, 5)


def test_up_and_down_are_compared_with_the_same_rows(database_url):
    database = Database.from_url("copy", database_url)
    send(database, WORKERS)
    with capture.begin(database) as before:
        send(database, ("ALTER TABLE workers DROP COLUMN status",))
        assert before.row_diffs()[0].columns[0].presence == "dropped"
        send(database, ("ALTER TABLE workers ADD COLUMN status VARCHAR(10)",))
        assert before.row_diffs()[0].columns == (ColumnChange("status", 4, to_null=4),)
        send(database, ("UPDATE workers SET status = CASE WHEN id < 3 THEN 'new' WHEN id > 3 THEN 'old' END",))
        assert not before.row_diffs()[0]
    database.dispose()


def test_a_key_that_changes_is_said_to(database_url):
    diff = counted(database_url, WORKERS, ("UPDATE workers SET id = id + 100 WHERE id > 2",))["workers"]
    assert (diff.inserted, diff.deleted, diff.updated, diff.unchanged) == (3, 3, 0, 2)
    assert diff.notes == ("3 of the deleted rows are there again with another key (id)",)


LOOSE = (
    "CREATE TABLE log (line VARCHAR(20), n INTEGER)",
    "INSERT INTO log VALUES ('a', 1), ('a', 1), ('a', 1), ('b', NULL), ('b', NULL), ('A', 1)",
)


def test_rows_without_a_key_are_counted_as_often_as_they_are_there(database_url):
    run = ("DELETE FROM log WHERE line = 'b'", "INSERT INTO log VALUES ('a', 1), ('a', 1), ('c', 2)")
    diff = counted(database_url, LOOSE, run)["log"]
    assert (diff.inserted, diff.deleted, diff.updated, diff.unchanged) == (3, 2, 0, 4)
    assert (diff.how, diff.key, diff.is_exact) == ("compared as multisets", (), False)
    assert {(row.kind, dict(row.after or row.before)["line"]) for row in diff.samples} == {
        ("inserted", "a"),
        ("inserted", "c"),
        ("deleted", "b"),
    }


def test_a_unique_column_is_a_key_where_it_has_no_null(database_url):
    setup = (
        "CREATE TABLE t (code VARCHAR(10) UNIQUE, n INTEGER)",
        "INSERT INTO t VALUES ('a', 1), ('b', 2)",
    )
    diff = counted(database_url, setup, ("UPDATE t SET n = 5",))["t"]
    assert (diff.key, diff.updated, diff.how) == (("code",), 2, "compared by key")
    diff = counted(database_url, ("INSERT INTO t VALUES (NULL, 1), (NULL, 2)",), ("UPDATE t SET n = 6",))["t"]
    assert (diff.how, diff.inserted, diff.deleted) == ("compared as multisets", 4, 4)


def test_rows_of_a_table_whose_key_was_made_by_the_run_are_compared_by_it(database_url):
    setup = ("CREATE TABLE t (id INTEGER NOT NULL, n INTEGER)", "INSERT INTO t VALUES (1, 1), (2, 2)")
    run = ("CREATE UNIQUE INDEX u ON t (id)", "UPDATE t SET n = 5 WHERE id = 2")
    diff = counted(database_url, setup, run)["t"]
    assert (diff.key, diff.updated, diff.unchanged) == (("id",), 1, 1)


def test_a_table_emptied_and_filled_again_is_as_it_was(database_url):
    empty = "DELETE FROM workers" if database_url.startswith("sqlite") else "TRUNCATE TABLE workers"
    assert counted(database_url, WORKERS, (empty,))["workers"].deleted == 5
    send_again = (empty, WORKERS[1])
    assert not counted(database_url, (WORKERS[1],), send_again)["workers"]


def test_a_table_built_anew_is_compared_row_by_row(database_url):
    """What a batch does on SQLite; on PostgreSQL no row is of the table it was in."""
    run = (
        "CREATE TABLE tmp (id INTEGER PRIMARY KEY, name VARCHAR(50), status VARCHAR(20))",
        "INSERT INTO tmp SELECT id, name, CASE id WHEN 1 THEN 'x' ELSE status END FROM workers",
        "DROP TABLE workers",
        "ALTER TABLE tmp RENAME TO workers",
    )
    diff = counted(database_url, WORKERS, run)["workers"]
    assert (diff.updated, diff.unchanged) == (1, 4)
    assert diff.columns[0].changed == 1


def test_a_table_that_takes_another_s_name_is_looked_at_whole(database_url):
    setup = (
        *WORKERS,
        "CREATE TABLE others (id INTEGER PRIMARY KEY, name VARCHAR(50), status VARCHAR(10))",
        "INSERT INTO others VALUES (1, 'z', 'z')",
    )
    diff = counted(database_url, setup, ("DROP TABLE workers", "ALTER TABLE others RENAME TO workers"))["workers"]
    assert (diff.updated, diff.deleted, diff.unchanged) == (1, 4, 0)


def test_rows_gone_by_a_cascade_are_counted(database_url):
    setup = (
        *WORKERS,
        "CREATE TABLE jobs (id INTEGER PRIMARY KEY, of INTEGER, FOREIGN KEY (of) REFERENCES workers (id) ON DELETE CASCADE)",
        "INSERT INTO jobs VALUES (1, 1), (2, 1), (3, 2)",
    )
    enforced = ("PRAGMA foreign_keys = on",) if database_url.startswith("sqlite") else ()
    diffs = counted(database_url, setup, (*enforced, "DELETE FROM workers WHERE id = 1"))
    assert (diffs["workers"].deleted, diffs["jobs"].deleted, diffs["jobs"].unchanged) == (1, 2, 1)


TRIGGERS = {
    "sqlite": ("CREATE TRIGGER tr AFTER UPDATE ON workers BEGIN INSERT INTO log VALUES ('t', NEW.id); END",),
    "mariadb": ("CREATE TRIGGER tr AFTER UPDATE ON workers FOR EACH ROW INSERT INTO log VALUES ('t', NEW.id)",),
    "postgresql": (
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO log VALUES ('t', NEW.id); RETURN NULL; END $$"
        ),
        "CREATE TRIGGER tr AFTER UPDATE ON workers FOR EACH ROW EXECUTE FUNCTION f()",
    ),
}


def test_what_the_user_s_triggers_do_is_counted_and_counting_fires_none(database_url):
    triggers = TRIGGERS[database_url.split(":")[0].split("+")[0]]
    diffs = counted(database_url, (*WORKERS, *LOOSE, *triggers), ("UPDATE workers SET name = 'x' WHERE id < 3",))
    assert (diffs["workers"].updated, diffs["log"].inserted, diffs["log"].deleted) == (2, 2, 0)


def test_what_a_generated_column_computes_is_no_change_of_its_own(database_url):
    stored = "STORED"
    setup = (
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) {stored})",
        "INSERT INTO t (id, n) VALUES (1, 1), (2, 2)",
    )
    diff = counted(database_url, setup, ("UPDATE t SET n = 7 WHERE id = 1",))["t"]
    assert diff.columns == (ColumnChange("n", 1),)


HOSTILE = ('we"ird `name`', "a.b", "50% :x %s", "näme ☃", "new\nline", "mm_kind", "select")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_names(database_url, name):
    database = Database.from_url("copy", database_url)
    quoted = database.engine.dialect.identifier_preparer.quote_identifier
    table, key, column = quoted(name), quoted(f"{name}k"), quoted(f"{name}c")

    def raw(*statements):
        def work(connection):
            for sql in statements:
                connection.exec_driver_sql(sql)
            connection.commit()

        database.run(work)

    raw(
        f"CREATE TABLE {table} ({key} INTEGER PRIMARY KEY, {column} VARCHAR(20))",
        f"INSERT INTO {table} VALUES (1, 'a'), (2, 'b')",
    )
    with capture.begin(database) as before:
        raw(f"UPDATE {table} SET {column} = 'x' WHERE {key} = 1")
        (diff,) = before.row_diffs()
    database.dispose()
    assert (diff.updated, diff.unchanged, diff.transitions[0].after) == (1, 1, "x")


def test_values_are_short_clean_and_without_secrets(database_url):
    setup = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT, api_key VARCHAR(20), link VARCHAR(60))",
        "INSERT INTO t VALUES (1, 'x', 'geheim1', 'http://u:geheim2@h/'), (2, 'x', 'geheim3', 'y')",
    )
    run = (
        f"UPDATE t SET body = '{'0123456789' * 1000}', api_key = concat('geheim', id), link = '\x1b[31mred'"
        if not database_url.startswith("sqlite")
        else f"UPDATE t SET body = '{'0123456789' * 1000}', api_key = 'geheim' || id, link = '\x1b[31mred'",
        "UPDATE t SET api_key = 'geheim9'",
    )
    diff = counted(database_url, setup, run)["t"]
    assert diff.transitions == (
        Transition("body", "x", "0123456789" * 5 + "…" + "0123456789" * 2 + " (10000 characters)", 2),
        Transition("api_key", "***", "***", 2),
        Transition("link", "http://u:***@h/", "red", 1),
        Transition("link", "y", "red", 1),
    )
    assert "geheim" not in repr(diff)


def test_nothing_shows_in_the_schema_while_rows_are_kept_nor_afterwards(database_url):
    database = Database.from_url("copy", database_url)
    send(database, WORKERS)
    bare = database.run(reflect)
    with capture.begin(database) as before:
        assert database.run(reflect) == bare
        before.row_diffs()
        assert database.run(reflect) == bare
    assert database.run(reflect) == bare
    database.dispose()


def test_tables_left_out_are_not_looked_at(database_url):
    diffs = counted(database_url, (*WORKERS, *LOOSE), ("CREATE TABLE v (n INTEGER)",), without={"log", "v"})
    assert set(diffs) == {"workers"}
    assert set(counted(database_url, (), ("CREATE TABLE w (n INTEGER)",), tables={"workers"})) == {"workers"}


def test_an_empty_database_has_no_rows(database_url):
    assert counted(database_url, (), ()) == {}
    diff = counted(database_url, (), ("CREATE TABLE t (id INTEGER)",))["t"]
    assert (diff.how, diff.inserted, bool(diff)) == ("made", 0, False)


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "postgresql"])
def test_asynchronous_drivers_count_as_well(request, url):
    if url == "postgresql":
        url = request.getfixturevalue("postgresql_url").replace("+psycopg", "+psycopg_async")
    assert counted(url, WORKERS, ("DELETE FROM workers WHERE id < 3",))["workers"].deleted == 2


class _Raised(Exception):
    """Something in the body."""


def test_nothing_is_left_behind_when_the_run_raises(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    database = Database.from_url("copy", database_url)
    send(database, WORKERS)

    def run():
        with capture.begin(database):
            raise _Raised

    with pytest.raises(_Raised):
        run()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert [thread for thread in threading.enumerate() if thread.name == "rows before a run"] == []
    database.dispose()


def test_what_a_killed_process_left_is_removed_by_the_next(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, others = tmp_path / f"mm_rows_{dead.pid}_abc", tmp_path / f"mm_rows_{os.getpid()}_abc"
    for folder in (left, others):
        folder.mkdir()
        (folder / "before.db").write_text("rows")
    counted(sqlite_url, (), ())
    assert (left.exists(), others.exists()) == (False, True)


def test_a_session_that_was_ended_says_so(postgresql_url):
    database = Database.from_url("copy", postgresql_url)
    send(database, WORKERS)
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with capture.begin(database) as before:
        send(database, (sql,))
        with pytest.raises(sa.exc.OperationalError, match="terminating connection"):
            before.row_diffs()
    database.dispose()


def test_a_scratch_copy_is_dropped_though_its_rows_are_kept(postgresql_url):
    database = Database.from_url("app", postgresql_url)
    with contextlib.ExitStack() as stack:
        with scratch.empty(database) as copy:
            stack.enter_context(capture.begin(copy.database))
        left = database.run(lambda connection: connection.exec_driver_sql("SELECT datname FROM pg_database").all())
        assert not [name for (name,) in left if name == copy.database.engine.url.database]
    database.dispose()


def test_a_database_of_another_kind_is_refused():
    engine = sa.create_engine(
        "mssql+pyodbc://dsn", module=types.SimpleNamespace(paramstyle="qmark", version="5.0", Cursor=object)
    )
    with pytest.raises(capture.NotCompared, match="can't be compared"), capture.begin(Database("copy", engine)):
        pass
