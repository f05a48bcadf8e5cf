"""A kernel that is killed, at any statement, leaves the source as it was and nothing that the next start does not remove."""

from __future__ import annotations

import contextlib
import hashlib
import random
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.lab.killed import killer

TABLES = (
    "CREATE TABLE workers (id INTEGER PRIMARY KEY, host VARCHAR(20))",
    "CREATE TABLE evaluations (id INTEGER PRIMARY KEY, worker INTEGER REFERENCES workers (id), status VARCHAR(20))",
    *[f"INSERT INTO workers VALUES ({number}, 'host {number}')" for number in range(1, 4)],
    *[f"INSERT INTO evaluations VALUES ({n}, {n % 3 + 1}, '{('done', 'fail')[n % 2]}')" for n in range(1, 13)],
)
UP = "op.add_column('evaluations', sa.Column('n', sa.Integer))\nop.execute('UPDATE evaluations SET n = id')"
DOWN = "op.drop_column('evaluations', 'n')"
POINTS = 12


def points(end):
    return sorted(random.Random(6).sample(range(1, end), POINTS))  # noqa: S311 - no secret


@pytest.fixture
def pending(make, run_sql):
    """Fill a database and add a revision that is pending there; returns its URL."""

    def made(url):
        run_sql(url, *TABLES)
        make().add("a1", UP, DOWN)
        return url

    return made


def content(url):
    """Every row of every table, and how the tables are made."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata = sa.MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        rows = {
            name: sorted(tuple(row) for row in connection.execute(sa.select(table)))
            for name, table in metadata.tables.items()
        }
    return rows, {name: [repr(column) for column in table.columns] for name, table in metadata.tables.items()}


def scratches(url, run_sql):
    asked = (
        "SELECT datname FROM pg_database"
        if url.startswith("postgresql")
        else "SELECT schema_name FROM information_schema.schemata"
    )
    return [name for (name,) in run_sql(url, asked) if name.startswith("mm_scratch_")]


LEAST = {"rehearse": 60, "rehearse_whole": 60, "copy": 4}
"""How many statements there are, at least."""


@pytest.mark.parametrize("work", LEAST)
def test_sqlite_files_survive_kills_at_every_other_statement(pending, sqlite_url, tmp_path, work):
    """The file is the same to the byte each time; a copy is made of one with a log that nobody has open.

    The temporary folders of the dead are gone after the next run.
    """
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    pending(sqlite_url)
    if work == "copy":
        leave_a_log(tmp_path / "test.db")
    before = digests(tmp_path)
    with killer(sqlite_url, work, TMPDIR=str(temporary)) as kill:
        number, was_left = 1 + (work == "rehearse_whole"), False
        while kill.at(number):
            assert digests(tmp_path) == before, number
            was_left = was_left or any(temporary.iterdir())
            number += 2
        kill.at(0)
    assert was_left
    assert number > LEAST[work]
    assert list(temporary.iterdir()) == []
    assert digests(tmp_path) == before


def leave_a_log(file):
    """Make the log of a writer that was killed: a -wal without its -shm."""
    with contextlib.closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO workers VALUES (9, 'host 9')")
        writer.commit()
        shutil.copy(file, f"{file}.kept")
        log = Path(f"{file}-wal").read_bytes()
    Path(f"{file}.kept").rename(file)
    Path(f"{file}-wal").write_bytes(log)


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("test.db*")}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_rehearsals_on_servers_killed_anywhere(request, pending, run_sql, kind):
    """The source is the same each time; scratch databases that were left are dropped by the next rehearsal."""
    url = pending(request.getfixturevalue(f"{kind}_url"))
    before = content(url)
    left = 0
    with killer(url, "rehearse") as kill:
        for number in points(160):
            assert kill.at(number)
            assert content(url) == before, number
            left = max(left, len(scratches(url, run_sql)))
        deadline = time.monotonic() + 20
        kill.at(0)
        while scratches(url, run_sql):  # the server may not have noticed yet that its client is gone
            assert time.monotonic() < deadline
            kill.at(0)
    assert left
    assert content(url) == before


ROWS = 9
FILLED = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, s VARCHAR(40))",
    *[f"INSERT INTO t VALUES ({number}, {'NULL' if number % 5 else repr('old')})" for number in range(1, ROWS + 1)],
)
EMPTIED = ("UPDATE t SET s = CASE WHEN id = 5 THEN 'old' END", "DROP TABLE IF EXISTS migration_magics_backfill")


def test_sqlite_backfills_killed_at_each_statement_go_on(make, sqlite_url, run_sql):
    """No row is left out and none is changed twice, and no checkpoint stays."""
    make()
    run_sql(sqlite_url, *FILLED)
    file = sa.make_url(sqlite_url).database
    shutil.copy(file, f"{file}.kept")
    with killer(sqlite_url, "backfill") as kill:
        number = 1
        while kill.at(number):
            go_on(kill, sqlite_url, run_sql)
            shutil.copy(f"{file}.kept", file)
            number += 1
    assert number > 20


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_backfills_on_servers_killed_anywhere_go_on(request, make, run_sql, kind):
    """As on SQLite, at some of their statements."""
    make()
    url = request.getfixturevalue(f"{kind}_url")
    run_sql(url, *FILLED)
    with killer(url, "backfill") as kill:
        for number in points(30):
            assert kill.at(number)
            go_on(kill, url, run_sql)
            run_sql(url, *EMPTIED)


def go_on(kill, url, run_sql):
    """The next run ends what is begun; a job that was killed after its end is not done again."""
    changed = "SELECT s, count(*) FROM t GROUP BY s ORDER BY s"
    done = [("oldx", 1), ("x", ROWS - 1)]
    if run_sql(url, changed) != done or len(tables(url)) > 1:
        kill.at(0)
    assert run_sql(url, changed) == done
    assert tables(url) == ["t"]


def tables(url):
    return sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names()
