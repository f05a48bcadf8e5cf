"""`backfill`, as a person types it: what it changes, what it refuses, and how it goes on after it was stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import tracemalloc
from dataclasses import replace

import pytest
import sqlalchemy as sa

from migration_magics.errors import (
    AnotherMigrator,
    BackfillFailed,
    BackfillInterrupted,
    ConfirmationRequired,
    ObjectNotFound,
    Refused,
    UsageProblem,
)
from tests.engine.making import Made

CHECKPOINT = "migration_magics_backfill"


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Make a project, connected to a database."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def make(url, **options):
        project = Made(tmp_path)
        project.ws.connect(url, **options)
        workspaces.append(project.ws)
        return project.ws

    yield make
    for ws in workspaces:
        ws.close()


def engine(url):
    return sa.create_engine(url, poolclass=sa.NullPool)


def filled(url, *, rows=25, columns=(), gap=3):
    """Make the table t of that many rows, numbered with gaps, every fifth with a value already."""
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("s", sa.String(40)), *columns
    )
    with engine(url).begin() as connection:
        table.create(connection)
        values = [{"id": 1 + at * gap, "s": "old" if at % 5 == 0 else None} for at in range(rows)]
        if values:
            connection.execute(table.insert(), values)
    return table


def ask(url, sql):
    with engine(url).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def change(url, *statements):
    with engine(url).begin() as connection:
        for sql in statements:
            connection.exec_driver_sql(sql)


def tables(url):
    return sorted(sa.inspect(engine(url)).get_table_names())


class TestWhatItDoes:
    @pytest.mark.parametrize("batch", [1, 4, 25, 1_000_000_000])
    def test_every_row_that_the_condition_holds_for_is_set_once(self, database_url, opened, batch):
        filled(database_url)
        done = opened(database_url).backfill("t", set="s = 'a:b %x'", where="s IS NULL", batch=batch)
        assert (done.passed, done.changed, done.left) == (25, 20, 0)
        assert ask(database_url, "SELECT s, count(*) FROM t GROUP BY s ORDER BY s") == [("a:b %x", 20), ("old", 5)]
        assert tables(database_url) == ["t"]

    def test_done_twice_changes_nothing_more(self, database_url, opened):
        filled(database_url)
        ws = opened(database_url)
        ws.backfill("t", set="s = 'x'", where="s IS NULL")
        assert ws.backfill("t", set="s = 'x'", where="s IS NULL").changed == 0

    def test_an_empty_table_is_done_at_once(self, database_url, opened):
        filled(database_url, rows=0)
        done = opened(database_url).backfill("t", set="s = 'x'")
        assert (done.passed, done.changed, done.batches) == (0, 0, 0)
        assert tables(database_url) == ["t"]

    def test_several_columns_are_set_together(self, database_url, opened):
        filled(database_url, columns=(sa.Column("n", sa.Integer),))
        opened(database_url).run("""backfill t --set "s = 'x'" --set "n = id + 1 -- one more" --yes --batch 7""")
        assert ask(database_url, "SELECT count(*) FROM t WHERE s = 'x' AND n = id + 1") == [(25,)]

    def test_a_batch_is_small_at_first_and_grows(self, database_url, opened):
        filled(database_url, rows=40)
        done = opened(database_url).backfill("t", set="s = 'x'", where="s IS NULL", batch=1, lock_time=60)
        assert done.size > 8
        assert done.batches < 10

    def test_the_result_shows_its_numbers_and_the_revision(self, sqlite_url, opened):
        filled(sqlite_url)
        done = opened(sqlite_url).backfill("t", set="s = 'x'", where="s IS NULL")
        assert "25 walked over, 20 changed" in str(done)
        assert "def upgrade" in done.code
        assert done.records()[0]["column"] == "s"


class TestKeys:
    def test_composite_keys_are_walked_in_order(self, database_url, opened):
        table = sa.Table(
            "pairs",
            sa.MetaData(),
            sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("b", sa.String(10), primary_key=True),
            sa.Column("n", sa.Integer, nullable=False),
        )
        with engine(database_url).begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), [{"a": a, "b": b, "n": 0} for a in range(6) for b in ("x", "yy", "z")])
        opened(database_url).backfill("pairs", set="n = n + 1", batch=1, lock_time=1e-9, yes=True)
        assert ask(database_url, "SELECT n, count(*) FROM pairs GROUP BY n") == [(1, 18)]

    def test_text_keys_follow_their_own_collation(self, database_url, opened):
        """Upper and lower case, accents and signs: whatever order the column has, no row is left out or done twice."""
        words = ["a", "B", "c", "Ä", "ß", "z", "_", "10", "9", "%", "'", "日本", "é", "E"]
        collation = {"sqlite": "NOCASE", "postgresql": "C", "mariadb": "utf8mb4_german2_ci"}[
            sa.make_url(database_url).get_backend_name()
        ]
        if "mariadb" in database_url:
            words = [word for word in words if word not in {"é", "E"}]  # the same there
        table = sa.Table(
            "words",
            sa.MetaData(),
            sa.Column("w", sa.String(20, collation=collation), primary_key=True),
            sa.Column("n", sa.Integer, nullable=False),
        )
        with engine(database_url).begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), [{"w": word, "n": 0} for word in words])
        done = opened(database_url).backfill("words", set="n = n + 1", batch=2, lock_time=1e-9, yes=True)
        assert ask(database_url, "SELECT n, count(*) FROM words GROUP BY n") == [(1, len(words))]
        assert done.passed == len(words)

    def test_a_unique_key_without_nulls_will_do(self, database_url, opened):
        change(database_url, "CREATE TABLE t (code VARCHAR(9) NOT NULL UNIQUE, n INTEGER)")
        change(database_url, "INSERT INTO t VALUES ('a', NULL), ('b', NULL), ('c', 3)")
        assert opened(database_url).backfill("t", set="n = 0", where="n IS NULL", batch=1).key == ("code",)
        assert ask(database_url, "SELECT code, n FROM t ORDER BY code") == [("a", 0), ("b", 0), ("c", 3)]

    @pytest.mark.parametrize("columns", ["a INTEGER", "a INTEGER UNIQUE"])
    def test_a_table_without_a_key_is_refused(self, database_url, opened, columns):
        change(database_url, f"CREATE TABLE t ({columns}, n INTEGER)")
        with pytest.raises(Refused, match="neither a primary key nor a unique key"):
            opened(database_url).backfill("t", set="n = 1")
        assert tables(database_url) == ["t"]

    def test_uuids_enums_and_times_are_keys_that_can_be_kept(self, postgresql_url, opened):
        change(
            postgresql_url,
            "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
            "CREATE TABLE t (u uuid, m mood, w timestamptz, d numeric, n int NOT NULL, PRIMARY KEY (u, m, w, d))",
            "INSERT INTO t SELECT md5(i::text)::uuid, (enum_range(NULL::mood))[1 + mod(i, 3)], "
            "now() + i * interval '1 s', i / 3.0, 0 "
            "FROM generate_series(1, 30) i",
        )
        opened(postgresql_url).backfill("t", set="n = n + 1", batch=2, lock_time=1e-9, yes=True)
        assert ask(postgresql_url, "SELECT n, count(*) FROM t GROUP BY n") == [(1, 30)]

    def test_a_sqlite_key_with_nulls_is_refused(self, sqlite_url, opened):
        change(sqlite_url, "CREATE TABLE t (k TEXT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (NULL, 1), ('a', 1)")
        with pytest.raises(Refused, match="has NULLs in it"):
            opened(sqlite_url).backfill("t", set="n = 2", yes=True)

    def test_hostile_names_break_nothing(self, database_url, opened):
        names = {"t": 'we"i.rd `%t;--', "k": "or'der %s", "c": 'Col "x" :y'}
        if "mariadb" in database_url:
            names["t"] = 'we"i_rd `%t;--'
        table = sa.Table(
            names["t"],
            sa.MetaData(),
            sa.Column(names["k"], sa.Integer, primary_key=True),
            sa.Column(names["c"], sa.Integer),
        )
        with engine(database_url).begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), [{names["k"]: at} for at in range(1, 8)])
        quoted = names["c"].replace('"', '""')
        done = opened(database_url).backfill(names["t"], set=f'"{quoted}" = 7', batch=2)
        assert done.changed == 7
        with engine(database_url).connect() as connection:
            assert set(connection.scalars(sa.select(table.c[names["c"]]))) == {7}


class TestGoingOn:
    def test_a_failed_batch_is_rolled_back_and_the_next_run_goes_on(self, database_url, opened):
        filled(database_url, rows=10, gap=1)
        change(database_url, "CREATE TABLE seen (id INTEGER PRIMARY KEY)", "INSERT INTO seen VALUES (7)")
        ws = opened(database_url)
        again = {"set": "s = CASE WHEN id = 8 AND (SELECT count(*) FROM seen) > 0 THEN %s ELSE 'x' END", "yes": True}
        failing = {
            "sqlite": "abs(-9223372036854775808)",
            "postgresql": "(1 / (id - 8))::text",
            "mariadb": "(SELECT id FROM seen UNION SELECT 2)",
        }
        again["set"] %= failing[sa.make_url(database_url).get_backend_name()]
        with pytest.raises(BackfillFailed, match="failed") as caught:
            ws.backfill("t", batch=2, lock_time=1e-9, **again)
        assert caught.value.passed in {6, 7}
        assert f"{caught.value.passed} of about 10 rows" in "".join(caught.value.details)
        assert ask(database_url, "SELECT count(*) FROM t WHERE s = 'x'") == [(caught.value.passed,)]
        change(database_url, "DELETE FROM seen", "UPDATE t SET s = 'mine' WHERE id = 1")
        done = ws.backfill("t", batch=2, lock_time=1e-9, **again)
        assert (done.resumed, done.passed, done.changed) == (caught.value.passed, 10, 10)
        assert ask(database_url, "SELECT s, count(*) FROM t GROUP BY s ORDER BY s") == [("mine", 1), ("x", 9)]
        assert CHECKPOINT not in tables(database_url)

    def test_another_job_or_restart_begins_at_the_first_row(self, sqlite_url, opened):
        filled(sqlite_url, rows=6, gap=1, columns=(sa.Column("n", sa.Integer),))
        change(
            sqlite_url, "CREATE TRIGGER stop BEFORE UPDATE ON t WHEN new.id = 4 BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        ws = opened(sqlite_url)
        for text in ("s = 'x'", "s = 'y'"):
            with pytest.raises(BackfillFailed):
                ws.backfill("t", set=text, batch=1, lock_time=1e-9, yes=True)
        assert ask(sqlite_url, f"SELECT count(*) FROM {CHECKPOINT}") == [(2,)]
        assert [table.key for table in ws.schema("db").schema.tables] == ["t"], "our own table is no part of the schema"
        change(sqlite_url, "DROP TRIGGER stop")
        assert ws.backfill("t", set="s = 'x'", yes=True, restart=True).resumed == 0
        assert ask(sqlite_url, f"SELECT assignments FROM {CHECKPOINT}") == [("s = 'y'",)]
        assert ws.backfill("t", set="s = 'y'").resumed == 3, "what was agreed to is not asked again"
        assert tables(sqlite_url) == ["t"]

    def test_rows_that_come_behind_the_position_are_told_and_left_to_the_next_run(self, database_url, opened):
        filled(database_url, rows=9)
        ws = opened(database_url)
        told = []

        def insert(passed, _total, _told):
            told.append(passed)
            if passed == 4:
                change(database_url, "INSERT INTO t (id) VALUES (2), (1000)")

        ws.on_step = insert
        done = ws.backfill("t", set="s = 'x'", where="s IS NULL", batch=4, lock_time=1e-9)
        assert told[:2] == [0, 4]
        assert (done.passed, done.left) == (10, 1)
        assert "--where still holds" in str(done)
        ws.on_step = None
        assert ws.backfill("t", set="s = 'x'", where="s IS NULL").left == 0

    def test_rows_that_were_done_are_never_called_left(self, sqlite_url, opened):
        filled(sqlite_url)
        done = opened(sqlite_url).backfill("t", set="s = s || 'x'", where="s LIKE 'old%'")
        assert done.left == 5
        assert "still holds for 5 rows" in str(done)
        assert "Running it again changes all of them" in str(done)
        assert "5 rows left" not in str(done)
        assert "still to do" not in str(done)

    def test_what_fails_at_once_leaves_no_table(self, database_url, opened):
        filled(database_url)
        ws = opened(database_url)
        with pytest.raises(BackfillFailed, match="failed") as caught:
            ws.backfill("t", set="s = nosuch(", where="id = 4")
        assert "Nothing was changed." in caught.value.details
        assert "where it stopped" not in caught.value.hint
        assert tables(database_url) == ["t"]
        assert ws.backfill("t", set="s = 'x'", where="id = 4").changed == 1


class TestWhatItAsksFor:
    def test_overwriting_needs_a_yes_and_says_how_many(self, database_url, opened):
        filled(database_url)
        with pytest.raises(ConfirmationRequired, match="overwrites values of s in 5 rows") as caught:
            opened(database_url).backfill("t", set="s = 'x'")
        assert "--yes" in caught.value.hint
        assert ask(database_url, "SELECT count(*) FROM t WHERE s = 'old'") == [(5,)]
        assert tables(database_url) == ["t"]

    def test_a_protected_connection_wants_its_name(self, sqlite_url, opened):
        filled(sqlite_url)
        ws = opened(sqlite_url, name="live", protected=True)
        for options in ({}, {"yes": True}, {"confirm": "other"}):
            with pytest.raises(ConfirmationRequired, match="live is protected"):
                ws.backfill("t", set="s = 'x'", **options)
        assert ws.backfill("t", set="s = 'x'", confirm="live").changed == 25

    @pytest.mark.parametrize(
        "line,error,said",
        [
            ("nope --set 's = 1'", ObjectNotFound, "no table 'nope'"),
            ("t --set 'q = 1'", ObjectNotFound, "no column 'q'"),
            ("t --set s", UsageProblem, "no assignment"),
            ("t --set 's = 1' --set 's = 2'", UsageProblem, "set twice"),
            ("t --set 'id = 1'", Refused, "(?s)belongs to the key.*%%revision"),
            ("t --set 's = 1' --batch 0", UsageProblem, "at least one"),
            ("t --set 's = 1' --pause soon", UsageProblem, "takes seconds"),
            ("t --set 's = 1' --pause=-1", UsageProblem, "takes seconds"),
            ("t --set 's = 1' --lock-time nan", UsageProblem, "takes seconds"),
            ("t --set 's = 1' --lock-time 0", UsageProblem, "more than 0"),
            ("t --set 's = 1' -m hello", UsageProblem, "message of a revision"),
            ("v --set 's = 1'", Refused, "a view"),
        ],
    )
    def test_what_makes_no_sense_is_said(self, sqlite_url, opened, line, error, said):
        filled(sqlite_url)
        change(sqlite_url, "CREATE VIEW v AS SELECT * FROM t")
        with pytest.raises(error, match=said):
            opened(sqlite_url).run(f"backfill {line}")
        assert tables(sqlite_url) == ["t"]


class TestTheRevision:
    @pytest.mark.parametrize("key", ["id", "a b"])
    def test_it_does_what_the_command_does(self, database_url, opened, key):
        columns = [sa.Column(name, sa.Integer, primary_key=True, autoincrement=False) for name in key.split()]
        table = sa.Table("t", sa.MetaData(), *columns, sa.Column("s", sa.String(20)))
        with engine(database_url).begin() as connection:
            table.create(connection)
            rows = [(a, b) for a in range(1, 6) for b in range(1, 4)] if " " in key else [(a,) for a in range(1, 16)]
            connection.execute(table.insert(), [dict(zip(key.split(), row, strict=True)) for row in rows])
        ws = opened(database_url)
        line = """backfill t --set "s = 'it''s :x %'" --where "s IS NULL" --batch 4 --revision -m "fill s" """
        written = ws.run(line)
        assert written.revision.message == "fill s"
        assert ask(database_url, "SELECT count(*) FROM t WHERE s IS NOT NULL") == [(0,)]
        ws.upgrade("head", yes=True)
        assert ask(database_url, "SELECT s, count(*) FROM t GROUP BY s") == [("it's :x %", 15)]

    def test_offline_it_is_one_statement(self, sqlite_url, opened):
        filled(sqlite_url)
        ws = opened(sqlite_url)
        ws.backfill("t", set="s = 'x'", where="s IS NULL", revision=True)
        script = ws.sql(dialect="postgresql").scripts["postgresql"]
        assert "UPDATE t SET s=('x') WHERE (s IS NULL)" in script


def test_a_lock_held_elsewhere_is_waited_for(database_url, opened):
    """It is tried again until the other session has ended; the batch is then done once."""
    filled(database_url, rows=6, gap=1)
    ws = opened(database_url)
    ws.settings = replace(ws.settings, lock_timeout_s=1 if "mariadb" in database_url else 0.05)
    if "sqlite" in database_url:
        other = sqlite3.connect(sa.make_url(database_url).database, isolation_level=None, check_same_thread=False)
        take, free = (lambda: other.execute("BEGIN IMMEDIATE")), (lambda: other.execute("ROLLBACK"))
    else:
        other = engine(database_url).connect()
        take = lambda: other.exec_driver_sql("UPDATE t SET s = 'mine' WHERE id = 5")  # noqa: E731
        free = other.rollback
    told = []

    def let_go(passed, _total, said):
        told.append(said.message)
        if passed == 2 and not any(told):
            take()
        elif said.message:
            free()

    ws.on_step = let_go
    done = ws.backfill("t", set="s = 'x'", where="s IS NULL OR s = 'old'", batch=2, lock_time=1e-9)
    other.close()
    assert done.retries == 1
    assert "waits for a lock, try 2 of 8" in told
    assert ask(database_url, "SELECT s, count(*) FROM t GROUP BY s") == [("x", 6)]


def test_an_interrupt_ends_cleanly_and_the_same_command_goes_on(database_url, opened):
    filled(database_url, rows=6, gap=1)
    ws = opened(database_url)
    ws.on_step = lambda passed, *_more: os.kill(os.getpid(), signal.SIGINT) if passed == 2 else None
    job = {"set": "s = coalesce(s, '') || 'x'", "yes": True, "batch": 2, "lock_time": 1e-9}
    if "mariadb" in database_url:
        job["set"] = "s = concat(coalesce(s, ''), 'x')"
    with pytest.raises(BackfillInterrupted, match="was interrupted") as caught:
        ws.backfill("t", pause=60, **job)
    assert caught.value.passed == 2
    assert ask(database_url, "SELECT count(*) FROM t WHERE s LIKE '%%x'") == [(caught.value.passed,)]
    ws.on_step = None
    ws.backfill("t", **job)
    assert ask(database_url, "SELECT s, count(*) FROM t GROUP BY s ORDER BY s") == [("oldx", 2), ("x", 4)]


def test_an_unfinished_one_is_no_part_of_the_schema(database_url, tmp_path, monkeypatch):
    """Its checkpoint is neither drift nor proposed for dropping, is offered nowhere, and disturbs no rehearsal."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, database_url)
    ws = project.ws
    (tmp_path / "shop.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
        "sa.Table('t', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('s', sa.String(40)))\n"
    )
    project.edit_env(
        "target_metadata = None", "import sys; sys.path.insert(0, '.')\nfrom shop import metadata as target_metadata"
    )
    project.add(
        "a1", "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('s', sa.String(40)))"
    )
    ws.upgrade("head")
    change(database_url, "INSERT INTO t (id) VALUES (1), (2), (3), (4)")
    ws.on_step = lambda passed, *_more: os.kill(os.getpid(), signal.SIGINT) if passed == 2 else None
    with pytest.raises(BackfillInterrupted):
        ws.backfill("t", set="s = 'x'", where="s IS NULL", batch=2, lock_time=1e-9, pause=60)
    ws.on_step = None
    assert CHECKPOINT in tables(database_url)
    assert ws.check().clean
    assert not ws.diff("db", "head")
    assert CHECKPOINT not in ws.names_of(ws.database).tables
    assert "drop_table" not in ws.revision(message="nothing", autogenerate=True).code
    project.add("b2", "op.add_column('t', sa.Column('n', sa.Integer))", "op.drop_column('t', 'n')", parents=("a1",))
    assert ws.rehearse("b2").passed


def test_memory_does_not_grow_with_the_table(sqlite_url, opened):
    change(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)",
        "INSERT INTO t SELECT i, NULL FROM (WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 200000) "
        "SELECT i FROM r)",
    )
    ws = opened(sqlite_url)
    ws.backfill("t", set="s = 'warm'", where="id = 1")
    tracemalloc.start()
    ws.backfill("t", set="s = 'x'", where="s IS NULL", batch=10_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000, "200,000 keys as Python objects would be ten times that"


def test_two_kernels_never_do_one_batch_twice(sqlite_url, opened):
    """Whoever finds the checkpoint moved on gives way; the other one's rows stay as they are."""
    filled(sqlite_url, rows=6, gap=1)
    ws = opened(sqlite_url)
    moved = f"UPDATE {CHECKPOINT} SET batches = batches + 1"
    ws.on_step = lambda passed, *_more: change(sqlite_url, moved) if passed == 2 else None
    with pytest.raises(AnotherMigrator, match="Another kernel runs this backfill"):
        ws.backfill("t", set="s = 'x'", yes=True, batch=2)
    assert ask(sqlite_url, "SELECT count(*) FROM t WHERE s = 'x'") == [(2,)]
