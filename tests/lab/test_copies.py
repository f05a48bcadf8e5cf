"""Copies with rows are what their originals are, and the originals stay as they were."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.lab import copies, scratch
from migration_magics.lab.sample_snapshot import CopyFailed
from migration_magics.model.diff import diff

SQLITE = (
    "CREATE TABLE workers (id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT UNIQUE, boss INTEGER REFERENCES workers (id))",
    (
        "CREATE TABLE evaluations (id INTEGER PRIMARY KEY, worker INTEGER REFERENCES workers, score REAL, body BLOB, "
        "twice REAL GENERATED ALWAYS AS (score * 2) STORED)"
    ),
    'CREATE TABLE "a.b; ""q"" %s :x é" ("x y:z" INT, "100%" TEXT)',
    "CREATE TABLE pairs (a INT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE TRIGGER watch AFTER INSERT ON workers BEGIN DELETE FROM evaluations; END",
    "INSERT INTO workers VALUES (1, 'a', 2), (2, 'b', 1), (7, 'c', NULL)",
    "INSERT INTO evaluations (id, worker, score, body) VALUES (1, 1, 0.1, x'00ff'), (2, NULL, NULL, NULL), (3, 7, 1e300, 'x')",
    """INSERT INTO "a.b; ""q"" %s :x é" VALUES (1, 'it''s 100%'), (1, 'it''s 100%')""",
    "INSERT INTO pairs VALUES (1, 'x'), (1, 'y')",
    "DELETE FROM workers WHERE id = 8",
)
POSTGRESQL = (
    "CREATE TYPE state AS ENUM ('new', 'it''s %s')",
    "CREATE DOMAIN part AS integer CHECK (VALUE < 100)",
    "CREATE SEQUENCE ticket START 500",
    "CREATE SCHEMA audit",
    "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.host := 'x:y%'; RETURN NEW; END $$",
    (
        "CREATE TABLE workers (id serial PRIMARY KEY, host varchar(9), boss integer, tags text[], at timestamptz, f float4, "
        "n numeric(9,3), b bytea, j jsonb, s state, p part, c char(5))"
    ),
    (
        "CREATE TABLE evaluations (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, worker integer REFERENCES workers, "
        "score double precision, twice double precision GENERATED ALWAYS AS (score * 2) STORED)"
    ),
    "ALTER TABLE workers ADD CONSTRAINT cycle FOREIGN KEY (boss) REFERENCES workers DEFERRABLE INITIALLY DEFERRED",
    "CREATE TABLE audit.log (worker integer REFERENCES public.workers, state state)",
    "CREATE TABLE days (id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
    "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "CREATE TABLE days_2 PARTITION OF days DEFAULT",
    'CREATE TABLE "a.b; ""q"" %s :x é" ("x y:z" integer, "100%" text)',
    (
        "INSERT INTO workers (host, boss, tags, at, f, n, b, j, s, p, c) VALUES ('a', 2, '{x,NULL,\"y,\"}', now(), 0.1, 1.500, "
        "'\\x00ff', '{\"a\": [1]}', 'it''s %s', 7, 'ab'), ('b', 1, NULL, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL)"
    ),
    "INSERT INTO evaluations (worker, score) VALUES (1, 0.1), (NULL, NULL), (2, 1e300)",
    "INSERT INTO audit.log VALUES (1, 'new'), (1, 'new')",
    "INSERT INTO days VALUES (1, '2024-05-05'), (2, '2030-01-01')",
    """INSERT INTO "a.b; ""q"" %s :x é" VALUES (1, 'it''s 100%')""",
    "CREATE TRIGGER watch BEFORE INSERT ON workers FOR EACH ROW EXECUTE FUNCTION shout()",
    "CREATE MATERIALIZED VIEW counted AS SELECT worker, count(*) AS n FROM evaluations GROUP BY worker",
    "SELECT setval('ticket', 777, false)",
    "SELECT nextval('evaluations_id_seq')",
)
MARIADB = (
    (
        "CREATE TABLE workers (id INT AUTO_INCREMENT PRIMARY KEY, host VARCHAR(9), boss INT, f FLOAT, d DATETIME(3), "
        "t TIMESTAMP NULL, n DECIMAL(9,3), b VARBINARY(5), e ENUM('new','it''s'), bits BIT(3), tm TIME, CONSTRAINT cycle "
        "FOREIGN KEY (boss) REFERENCES workers (id))"
    ),
    (
        "CREATE TABLE evaluations (id BIGINT PRIMARY KEY, worker INT, score DOUBLE, twice DOUBLE AS (score * 2) STORED, "
        "CONSTRAINT fk FOREIGN KEY (worker) REFERENCES workers (id))"
    ),
    "CREATE SEQUENCE ticket START WITH 500",
    "CREATE TABLE `a.b; ``q`` %s :x é` (`x y:z` INT, `100%` TEXT)",
    "SET SESSION foreign_key_checks = 0",
    (
        "INSERT INTO workers (id, host, boss, f, d, t, n, b, e, bits, tm) VALUES (1, 'a', 2, 1.2345678, "
        "'2024-01-01 00:00:00.123', '2024-10-27 00:30:00', 1.5, x'00ff', 'it''s', b'101', '-30:00:00'), "
        "(2, 'b', 1, NULL, NULL, NULL, NULL, NULL, "
        "NULL, NULL, NULL)"
    ),
    "SET SESSION sql_mode = ''",
    "UPDATE workers SET d = '0000-00-00' WHERE id = 2",
    "INSERT INTO evaluations (id, worker, score) VALUES (0, 1, 0.1), (2, NULL, NULL)",
    "INSERT INTO `a.b; ``q`` %s :x é` VALUES (1, 'it''s 100%'), (1, 'it''s 100%')",
    "CREATE TRIGGER watch BEFORE INSERT ON workers FOR EACH ROW SET NEW.host = 'x'",
    "ALTER TABLE workers AUTO_INCREMENT = 40",
    "SELECT NEXTVAL(ticket)",
)
SCHEMAS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mariadb": MARIADB}


@pytest.fixture
def filled(request, run_sql):
    """Give a database with rows of many types."""
    with contextlib.ExitStack() as stack:

        def of(kind):
            url = request.getfixturevalue(f"{kind}_url")
            run_sql(url, *SCHEMAS[kind])
            source = Database.from_url("app", url)
            stack.callback(source.dispose)
            return source

        yield of


def contents(database):
    """All rows of all tables, in any order, as the database writes them."""

    def read(connection):
        quote = connection.dialect.identifier_preparer
        found = {}
        if connection.dialect.name in {"mysql", "mariadb"}:
            connection.exec_driver_sql("SET time_zone = '+00:00'")
        for table in reflect(connection).tables:
            name = ".".join(quote.quote_identifier(part) for part in (table.schema, table.name) if part)
            columns = [quote.quote_identifier(column.name) for column in table.columns]
            if connection.dialect.name == "postgresql":
                columns = [f"{column}::text" for column in columns]
            rows = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {name}").all()
            found[table.key] = sorted(map(repr, rows))
        return found

    return database.run(read)


def files_of(url):
    path = sa.make_url(url).database
    return {
        end: hashlib.sha256(Path(path + end).read_bytes()).hexdigest()
        for end in ("", "-wal", "-shm", "-journal")
        if Path(path + end).exists()
    }


def left_over(url, run_sql):
    listed = "SELECT datname FROM pg_database" if url.startswith("postgresql") else "SHOW DATABASES"
    return [name for (name,) in run_sql(url, listed) if name.startswith(scratch.PREFIX)]


KINDS = pytest.mark.parametrize("kind", list(SCHEMAS))
WAYS = pytest.mark.parametrize(
    "way", [copies.full, lambda source: copies.sampled(source, 1000)], ids=["full", "sampled"]
)


@KINDS
@WAYS
def test_a_copy_has_the_schema_and_the_rows_of_its_original(filled, kind, way):
    source = filled(kind)
    before = contents(source)
    with way(source) as copy:
        assert diff(source.run(reflect), copy.database.run(reflect)).changes == ()
        assert contents(copy.database) == before
        assert copy.notes == ()
    assert contents(source) == before
    assert all(before.values())


def test_postgresql_is_copied_row_by_row_where_somebody_else_is_connected(filled):
    source = filled("postgresql")
    with source.engine.connect() as other:
        other.exec_driver_sql("SELECT 1")
        with copies.full(source) as copy:
            assert diff(source.run(reflect), copy.database.run(reflect)).changes == ()
            assert contents(copy.database) == contents(source)
            rows = copy.database.run(lambda connection: connection.exec_driver_sql("SELECT n FROM counted").all())
            assert sorted(rows) == [(1,), (1,), (1,)]


def test_numbers_go_on_where_the_original_stands_and_stay_there(filled, run_sql):
    """Sequences of PostgreSQL: serial, identity, and one that was set but not used."""
    source = filled("postgresql")
    asked = "SELECT nextval('ticket'), nextval('workers_id_seq'), nextval('evaluations_id_seq')"
    with copies.sampled(source, 1) as copy:
        found = copy.database.run(lambda connection: tuple(connection.exec_driver_sql(asked).one()))
    assert found == (777, 3, 5)
    assert run_sql(source.engine.url, asked) == [found]


def test_numbers_of_mariadb_and_sqlite_go_on(filled):
    for kind in ("mariadb", "sqlite"):
        source = filled(kind)
        with copies.sampled(source, 1) as copy:

            def insert(connection):
                connection.exec_driver_sql("INSERT INTO workers (host) VALUES ('new')")
                return connection.exec_driver_sql("SELECT max(id) FROM workers").scalar()

            assert copy.database.run(insert) == {"mariadb": 40, "sqlite": 8}[kind]


def test_triggers_are_there_afterwards(filled):
    for kind, host in (("postgresql", "x:y%"), ("mariadb", "x")):
        source = filled(kind)
        with copies.sampled(source, 9) as copy:

            def insert(connection):
                connection.exec_driver_sql("INSERT INTO workers (host) VALUES ('new')")
                return connection.exec_driver_sql("SELECT host FROM workers ORDER BY id DESC LIMIT 1").scalar()

            assert copy.database.run(insert) == host


@WAYS
@pytest.mark.parametrize("state", ["rollback", "wal, closed", "wal, open", "wal, killed", "wal, index lost"])
def test_a_sqlite_file_stays_as_it_is_to_the_byte(sqlite_url, way, state):
    """Also its -wal and -shm, which an ordinary reader would fold into the file or make anew."""
    path = sa.make_url(sqlite_url).database
    script = f"""
import sqlite3, sys
c = sqlite3.connect({path!r})
c.execute("PRAGMA journal_mode = {"delete" if state == "rollback" else "wal"}")
c.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
c.executemany("INSERT INTO t VALUES (?, ?)", [(i, "x" * 50) for i in range(500)])
c.commit()
if {state in {"rollback", "wal, closed"}}:
    c.close()
print("ready", flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        process.stdout.readline()
        if state in {"wal, killed", "wal, index lost"}:
            process.kill()
            process.wait()
        if state == "wal, index lost":
            Path(path + "-shm").unlink()
        before = files_of(sqlite_url)
        assert set(before) == ({""} if state in {"rollback", "wal, closed"} else {"", "-wal", "-shm"}) - (
            {"-shm"} if state == "wal, index lost" else set()
        )
        source = Database.from_url("app", sqlite_url)
        with way(source) as copy:
            count = copy.database.run(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM t").scalar())
            assert count == 500
            assert copy.database.run(lambda connection: connection.exec_driver_sql("DELETE FROM t").rowcount) == 500
        assert files_of(sqlite_url) == before
        source.dispose()
        process.kill()


@WAYS
def test_a_file_that_is_not_there_is_copied_as_nothing(tmp_path, way):
    source = Database.from_url("app", f"sqlite:///{tmp_path / 'none.db'}")
    with way(source) as copy:
        assert copy.database.run(reflect).is_empty
    assert list(tmp_path.iterdir()) == []


def test_rows_of_heirs_are_not_taken_twice(postgresql_url, run_sql):
    """In PostgreSQL a query of a table also gives the rows of those that inherit from it."""
    run_sql(
        postgresql_url,
        "CREATE TABLE parent (id integer)",
        "CREATE TABLE heir () INHERITS (parent)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO heir VALUES (2)",
    )
    source = Database.from_url("app", postgresql_url)
    with copies.sampled(source, 9) as copy:
        assert contents(copy.database) == contents(source) == {"parent": ["('1',)", "('2',)"], "heir": ["('2',)"]}
        assert [table.chosen for table in copy.sampled.tables] == [1, 1]
    source.dispose()


@WAYS
def test_what_is_not_made_on_the_copy_is_noted(mariadb_url, run_sql, way):
    run_sql(
        mariadb_url,
        "CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3",
        "INSERT INTO t VALUES (1)",
    )
    source = Database.from_url("app", mariadb_url)
    with way(source) as copy:
        assert copy.notes == ("t is without partition by on the copy",)
        assert contents(copy.database) == {"t": ["(1,)"]}
    source.dispose()


@WAYS
def test_text_that_is_no_utf_8_stays_text(sqlite_url, run_sql, way):
    rows = "VALUES (1, CAST(x'ff41' AS TEXT), x'ff'), (2, 'é', NULL), (3, x'c3', CAST(x'c3' AS TEXT))"
    run_sql(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT)", f"INSERT INTO t {rows}")
    asked = "SELECT id, typeof(a), hex(a), typeof(b), hex(b) FROM t ORDER BY id"
    source = Database.from_url("app", sqlite_url)
    with way(source) as copy:
        found = copy.database.run(lambda connection: [tuple(row) for row in connection.exec_driver_sql(asked)])
        assert found == run_sql(sqlite_url, asked)
    source.dispose()


def test_a_database_in_memory_is_copied_without_what_is_attached(tmp_path):
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        connection.commit()
        connection.exec_driver_sql(f"ATTACH '{tmp_path / 'other.db'}' AS other")
    with copies.full(Database("app", engine)) as copy:
        assert copy.notes == ("attached databases are not in the copy: other",)
        assert contents(copy.database) == {"t": ["(1,)"]}
    engine.dispose()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_statement_that_takes_too_long_leaves_no_copy(filled, run_sql, kind):
    """Here it waits for a lock that nobody gives up."""
    source = filled(kind)
    url = source.engine.url.render_as_string(hide_password=False)
    with source.engine.connect() as other:
        if kind == "postgresql":
            other.exec_driver_sql("LOCK TABLE audit.log IN ACCESS EXCLUSIVE MODE")
        else:
            other.exec_driver_sql("LOCK TABLES evaluations WRITE")
        with pytest.raises(CopyFailed), copies.sampled(source, 5, timeout_s=1):
            pass
    assert left_over(url, run_sql) == []


def test_sqlite_is_given_up_in_time(filled):
    source = filled("sqlite")
    source.run(
        lambda connection: connection.exec_driver_sql(
            "CREATE TABLE t AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL "
            "SELECT x + 1 FROM n LIMIT 100000) SELECT x FROM n"
        )
    )
    with pytest.raises(CopyFailed, match="took too long"), copies.sampled(source, 5, timeout_s=0):
        pass


@KINDS
def test_rows_that_break_a_foreign_key_are_copied_and_said(request, run_sql, kind):
    url = request.getfixturevalue(f"{kind}_url")
    run_sql(
        url,
        *(("SET SESSION foreign_key_checks = 0",) if kind == "mariadb" else ()),
        "CREATE TABLE a (id INTEGER PRIMARY KEY)",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER"
        + (", CONSTRAINT fk FOREIGN KEY (a) REFERENCES a (id))" if kind != "postgresql" else ")"),
        "INSERT INTO b VALUES (1, 99)",
        *(
            ("ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES a (id) NOT VALID",)
            if kind == "postgresql"
            else ()
        ),
        *(
            ("UPDATE pg_constraint SET convalidated = true WHERE conname = 'fk'",) if kind == "postgresql" else ()
        ),  # as after a load with triggers off
    )
    source = Database.from_url("app", url)
    with copies.sampled(source, 5) as copy:
        assert contents(copy.database)["b"] == contents(source)["b"]
        assert len(copy.database.run(reflect).table("b").foreign_keys) == 1
        assert any("in the original, either" in note for note in copy.notes)
    source.dispose()


def test_a_role_that_may_not_read_a_table_is_told(filled, run_sql):
    source = filled("postgresql")
    url = source.engine.url
    run_sql(url, "DROP ROLE IF EXISTS blind", "CREATE ROLE blind LOGIN CREATEDB", "GRANT SELECT ON workers TO blind")
    poor = Database.from_url("app", url.set(username="blind"))
    with pytest.raises(CopyFailed, match="permission denied"), copies.sampled(poor, 5):
        pass
    poor.dispose()
    assert left_over(url.render_as_string(), run_sql) == []
    run_sql(url, "DROP OWNED BY blind", "DROP ROLE blind")


def test_a_full_disk_is_said_and_the_copy_is_gone(sqlite_url, run_sql, monkeypatch):
    """SQLite in memory is full at a number of pages that it was given."""
    run_sql(sqlite_url, "CREATE TABLE t (x)", *["INSERT INTO t VALUES (zeroblob(9000))"] * 20)
    source = Database.from_url("app", sqlite_url)
    make = scratch.in_memory

    @contextlib.contextmanager
    def small():
        with make() as copy:
            copy.database.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 10"))
            yield copy

    monkeypatch.setattr(scratch, "in_memory", small)
    with pytest.raises(CopyFailed, match="disk is full"), copies.sampled(source, 20):
        pass
    source.dispose()
    assert sqlite3.connect(sa.make_url(sqlite_url).database).execute("SELECT count(*) FROM t").fetchone() == (20,)


@WAYS
@pytest.mark.parametrize("driver", ["sqlite+aiosqlite", "postgresql+asyncpg", "postgresql+psycopg_async"])
def test_asynchronous_drivers_copy_the_same(filled, way, driver):
    plain = filled(driver.partition("+")[0])
    url = plain.engine.url.set(drivername=driver)
    source = Database.from_url("app", url)
    with plain.engine.connect(), way(source) as copy:  # PostgreSQL is no template then: rows travel
        assert copy.database.is_async == (copy.database.family == "postgresql")
        assert diff(plain.run(reflect), copy.database.run(reflect)).changes == ()
        assert contents(copy.database) == contents(plain)
    source.dispose()
