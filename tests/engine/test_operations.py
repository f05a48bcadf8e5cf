"""The operations of a diff, run on the database it begins with, make the database it ends with."""

from __future__ import annotations

import contextlib

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.pool import NullPool, StaticPool

from migration_magics.engine import operations
from migration_magics.engine.host.environment import proxies_as_they_were
from migration_magics.engine.reflect import reflect
from migration_magics.model.diff import Change, SchemaDiff, diff
from migration_magics.model.schema import Schema

SCOPE = {"op": alembic.op, "sa": sa, "postgresql": postgresql, "mysql": mysql}


@contextlib.contextmanager
def opened(url):
    engine = sa.create_engine(url, poolclass=StaticPool if url == "sqlite://" else NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def run(connection, written):
    with proxies_as_they_were():
        context = MigrationContext.configure(connection)
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            exec("\n".join((*written.imports, written.code)), dict(SCOPE))  # noqa: S102 - what a revision does
    connection.commit() if connection.in_transaction() else None


def made(connection, statements):
    for statement in statements:
        is_formatted = connection.dialect.name != "sqlite"
        connection.exec_driver_sql(statement.replace("%", "%%") if is_formatted else statement)
    connection.commit()
    schema = reflect(connection)
    connection.commit()
    return schema


def proved(urls, before, after, renames=()):
    """Make *before* in the first and third database, *after* in the second; return the code between them."""
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(opened(url)) for url in urls)
        old, new = made(first, before), made(second, after)
        empty = Schema(old.dialect)
        run(third, operations.code(diff(empty, old), empty, old))
        assert diff(reflect(third), old).changes == ()
        third.commit()
        written = operations.code(diff(old, new, renames), old, new)
        run(first, written)
        left = diff(reflect(first), new).changes
        if old.dialect == "sqlite" and "# not written: " in written.code:
            left = tuple(change for change in left if change.path[1:] != ("column order",))
        assert left == (), written.code
        run(third, operations.code(diff(old, empty), old, empty))
        assert reflect(third).is_empty
    return written.code


COMMON = {
    "nothing": ((), ()),
    "a table": ((), ("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL)",)),
    "a table with keys": (
        (),
        (
            "CREATE TABLE z (id INTEGER NOT NULL PRIMARY KEY)",
            """CREATE TABLE a (id INTEGER NOT NULL, z_id INTEGER, code VARCHAR(5), price DECIMAL(10, 2) DEFAULT 1.5,
               CONSTRAINT pk_a PRIMARY KEY (id), CONSTRAINT uq_code UNIQUE (code),
               CONSTRAINT fk_z FOREIGN KEY (z_id) REFERENCES z (id) ON DELETE CASCADE)""",
            "CREATE INDEX ix_z ON a (z_id, code)",
        ),
    ),
    "columns come and go": (
        ("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, gone INTEGER, kept VARCHAR(10))",),
        (
            """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, kept VARCHAR(10),
               new VARCHAR(20) DEFAULT 'it''s: :x 5%', n2 INTEGER)""",
        ),
    ),
    "columns change": (
        ("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(10), b INTEGER DEFAULT 1, c INTEGER)",),
        (
            """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(30) NOT NULL,
               b BIGINT DEFAULT 2, c VARCHAR(5) DEFAULT 'x')""",
        ),
    ),
    "indexes": (
        (
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER, b INTEGER)",
            "CREATE INDEX ix ON t (a)",
            "CREATE INDEX iy ON t (b)",
        ),
        (
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER, b INTEGER)",
            "CREATE UNIQUE INDEX ix ON t (b, a)",
            "CREATE INDEX iz ON t (a DESC)",
        ),
    ),
    "keys": (
        (
            "CREATE TABLE z (id INTEGER NOT NULL PRIMARY KEY, x INTEGER NOT NULL)",
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER, CONSTRAINT u UNIQUE (a))",
        ),
        (
            "CREATE TABLE z (id INTEGER NOT NULL, x INTEGER NOT NULL, PRIMARY KEY (id, x))",
            """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER, CONSTRAINT u UNIQUE (a, id),
               CONSTRAINT fk FOREIGN KEY (a, id) REFERENCES z (id, x), CONSTRAINT ck CHECK (a > 0))""",
            "CREATE INDEX fk ON t (a, id)",
        ),
    ),
    "tables that need each other": (
        (),
        (
            """CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, me INTEGER,
               CONSTRAINT fk_me FOREIGN KEY (me) REFERENCES a (id))""",
            """CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, a_id INTEGER,
               CONSTRAINT fk_a FOREIGN KEY (a_id) REFERENCES a (id))""",
        ),
    ),
    "views": (
        (
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER)",
            "CREATE VIEW v AS SELECT id FROM t",
            "CREATE VIEW w AS SELECT id FROM v",
        ),
        (
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(20))",
            "CREATE VIEW v AS SELECT id, a FROM t",
            "CREATE VIEW w AS SELECT id FROM v",
        ),
    ),
}

SQLITE = {
    "what SQLAlchemy does not see": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, CHECK (a <> ''))",
            "CREATE INDEX ix ON t (lower(a)) WHERE a IS NOT NULL",
        ),
        (
            (
                """CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT,
               a TEXT COLLATE NOCASE NOT NULL DEFAULT (lower('X')), """
                "b INT UNSIGNED, c GENERATED ALWAYS AS (a || ':b') VIRTUAL, CHECK (a <> ''))"
            ),
            "CREATE INDEX ix ON t (lower(a)) WHERE a IS NOT NULL",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET b = 1 WHERE id = new.id AND a <> ':x'; END",
        ),
    ),
    "tables of other kinds": (
        ("CREATE TABLE s (a INTEGER PRIMARY KEY)",),
        (
            "CREATE TABLE s (a INTEGER PRIMARY KEY) STRICT",
            "CREATE TABLE w (a TEXT PRIMARY KEY, b ANY) WITHOUT ROWID",
            'CREATE TABLE "a.b" ("c d" PRIMARY KEY, "e""f" VARCHAR(5))',
            (
                'CREATE TABLE k (x REFERENCES "a.b" ("c d") ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, '
                "UNIQUE (x) ON CONFLICT IGNORE)"
            ),
        ),
    ),
    "order of columns": (
        ("CREATE TABLE t (a INTEGER, b INTEGER)",),
        ("CREATE TABLE t (b INTEGER, n INTEGER, a INTEGER)",),
    ),
    "a trigger": (
        ("CREATE TABLE t (a INTEGER)", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"),
        ("CREATE TABLE t (a INTEGER)", "CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 2; END"),
    ),
}

POSTGRESQL = {
    "types": (
        (),
        (
            "CREATE TYPE \"Mood x\" AS ENUM ('sad', 'it''s')",
            "CREATE SCHEMA other",
            "CREATE TYPE other.kind AS ENUM ('a')",
            "CREATE DOMAIN positive AS integer DEFAULT 1 NOT NULL CHECK (VALUE > 0)",
            """CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (START WITH 5) PRIMARY KEY, m "Mood x" DEFAULT 'sad',
               ms "Mood x"[],
               k other.kind, p positive, ts timestamp(3) with time zone DEFAULT now(), tt time without time zone, n numeric(10,2),
               u uuid, j jsonb DEFAULT '{"a": 1, "b": ":c"}', arr integer[], v varchar, c char(3), b bytea,
               i interval, r int4range,
               bits bit varying(5), g integer GENERATED ALWAYS AS (1 + 1) STORED, col text COLLATE "C")""",
            "CREATE TABLE other.s (id serial PRIMARY KEY, big bigserial)",
            "COMMENT ON TABLE t IS 'it''s'",
            "COMMENT ON COLUMN t.m IS 'how: :x'",
        ),
    ),
    "types change": (
        (
            "CREATE TYPE mood AS ENUM ('b', 'd')",
            "CREATE DOMAIN d AS text",
            "CREATE SEQUENCE s",
            "CREATE TABLE t (a text DEFAULT '1', b integer, g integer, i integer NOT NULL)",
            "COMMENT ON TABLE t IS 'x'",
        ),
        (
            "CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd')",
            "CREATE DOMAIN d AS text DEFAULT 'x' CHECK (VALUE <> '')",
            "CREATE SEQUENCE s INCREMENT BY 3 CACHE 5",
            """CREATE TABLE t (a integer DEFAULT 1, b text COLLATE "C", g integer,
               i integer NOT NULL GENERATED BY DEFAULT AS IDENTITY)""",
        ),
    ),
    "constraints": (
        ("CREATE TABLE t (id integer PRIMARY KEY, a int, r int4range)",),
        (
            (
                "CREATE TABLE t (id integer PRIMARY KEY, a int, r int4range, CONSTRAINT ex EXCLUDE USING gist (r WITH &&), "
                "CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a) DEFERRABLE INITIALLY DEFERRED)"
            ),
            "ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 5) NOT VALID",
            "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (id) NOT VALID",
            "CREATE INDEX i1 ON t USING hash (a)",
            "CREATE INDEX i2 ON t ((a + 1)) INCLUDE (id) WHERE a > 1",
            "CREATE INDEX i3 ON t (a DESC NULLS LAST, id)",
            "CREATE INDEX i4 ON t (id) WITH (fillfactor=70)",
        ),
    ),
    "views and triggers": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, a int)",
            "CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t",
            "CREATE INDEX im ON m (id)",
        ),
        (
            "CREATE TABLE t (id integer PRIMARY KEY, a bigint)",
            "CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t",
            "CREATE INDEX im ON m (id)",
            "COMMENT ON MATERIALIZED VIEW m IS 'x'",
            "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        ),
    ),
    "a cycle": (
        (),
        (
            "CREATE TABLE a (id integer PRIMARY KEY, b integer)",
            "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id))",
            "ALTER TABLE a ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES b (id) ON UPDATE CASCADE",
        ),
    ),
    "partitions": (
        (),
        (
            "CREATE TABLE p (id integer NOT NULL, d date) PARTITION BY RANGE (d)",
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
            "CREATE UNLOGGED TABLE u (a int)",
        ),
    ),
}

MARIADB = {
    "types": (
        (),
        (
            """CREATE TABLE t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, b TINYINT(1) DEFAULT 0,
               e ENUM('a','it''s'),
               s SET('x','y'), dt DATETIME(6), ts TIMESTAMP NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
               lt LONGTEXT, bi BINARY(16), c CHAR(3) COLLATE utf8mb4_bin, d DOUBLE, i INT UNSIGNED, g INT AS (1 + 1) STORED,
               n DECIMAL(12,3) UNSIGNED, z SMALLINT, y YEAR COMMENT 'it''s') COMMENT 'of: what'""",
            "CREATE INDEX ix ON t (lt(10))",
            "CREATE FULLTEXT INDEX fx ON t (lt)",
        ),
    ),
    "columns in the middle, keys in the way": (
        (
            "CREATE TABLE z (id INTEGER NOT NULL PRIMARY KEY)",
            """CREATE TABLE t (a INTEGER, b INTEGER, c VARCHAR(5) COLLATE utf8mb4_bin,
               CONSTRAINT f FOREIGN KEY (a) REFERENCES z (id))""",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 1",
        ),
        (
            "CREATE TABLE z (id BIGINT NOT NULL PRIMARY KEY)",
            """CREATE TABLE t (b INTEGER, n INTEGER, a BIGINT, c VARCHAR(5),
               CONSTRAINT f FOREIGN KEY (a) REFERENCES z (id)) COMMENT 'x'""",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 2",
        ),
    ),
}


@pytest.mark.parametrize("case", [*COMMON.values(), *SQLITE.values()], ids=[*COMMON, *SQLITE])
@pytest.mark.parametrize("turned", [False, True], ids=["there", "back"])
def test_sqlite(case, turned):
    before, after = reversed(case) if turned else case
    proved(["sqlite://"] * 3, before, after)


@pytest.mark.parametrize("case", [*COMMON.values(), *POSTGRESQL.values()], ids=[*COMMON, *POSTGRESQL])
def test_postgresql(case, postgresql):
    with contextlib.ExitStack() as stack:
        proved([stack.enter_context(postgresql.new_database()) for _ in range(3)], *case)


@pytest.mark.parametrize("case", [*COMMON.values(), *MARIADB.values()], ids=[*COMMON, *MARIADB])
def test_mariadb(case, mariadb):
    with contextlib.ExitStack() as stack:
        proved([stack.enter_context(mariadb.new_database()) for _ in range(3)], *case)


NAMES = st.sampled_from(["a", "b", "c d", 'e"f', "g%h", "i:j", "select", "K", "l.m", "n'o"])
TYPES = {
    "sqlite": ["INTEGER", "VARCHAR(20)", "NUMERIC(10, 2)", "MONEY", ""],
    "postgresql": ["integer", "text", "numeric(5,1)"],
}


@st.composite
def statements(draw, dialect):
    """CREATE statements of a small schema with names and defaults that want care."""
    found = []
    for name in sorted(draw(st.sets(NAMES, max_size=3))):
        columns = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower))
        parts = [
            f"{quoted(column)} {draw(st.sampled_from(TYPES[dialect]))}{draw(st.sampled_from(['', ' NOT NULL']))}"
            for column in columns
        ]
        if draw(st.booleans()):
            parts[0] = f"{quoted(columns[0])} VARCHAR(30) DEFAULT ':x %'' \\y'"
        if draw(st.booleans()):
            parts.append(f"CONSTRAINT {quoted('uq ' + name)} UNIQUE ({', '.join(map(quoted, columns[:2]))})")
        if draw(st.booleans()):
            parts.append(f"CONSTRAINT {quoted('ck ' + name)} CHECK ({quoted(columns[-1])} IS NOT NULL)")
        if draw(st.booleans()):
            parts.append(f"PRIMARY KEY ({quoted(columns[-1])})")
        found.append(f"CREATE TABLE {quoted(name)} ({', '.join(parts)})")
        if draw(st.booleans()):
            found.append(f"CREATE INDEX {quoted('ix ' + name)} ON {quoted(name)} ({quoted(columns[0])})")
    return tuple(found)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


@settings(max_examples=60, deadline=None)
@given(statements("sqlite"), statements("sqlite"))
def test_any_two_schemas_of_sqlite(before, after):
    proved(["sqlite://"] * 3, before, after)


def test_what_cannot_be_said_is_a_comment(postgresql):
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(postgresql.new_database()) for _ in range(2)]
        first, second = (stack.enter_context(opened(url)) for url in urls)
        old = made(first, ["CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TABLE t (a int, b int)"])
        new = made(second, ["CREATE TYPE e AS ENUM ('b')", "CREATE TABLE t (n int, b int, a int) WITH (fillfactor=50)"])
        written = operations.code(diff(old, new), old, new)
        run(first, written)
    assert "# not written: values of the enum e that go or move: a" in written.code
    assert "# not written: order of the columns of t" in written.code
    assert "# not written: place of t.n: it stands last" in written.code
    assert "# not written: option with of t: none -> fillfactor=50" in written.code


def test_what_is_only_seen_is_a_comment(postgresql):
    statements = (
        "CREATE TYPE comp AS (x int)",
        "CREATE TABLE t (c comp)",
        "CREATE POLICY own ON t USING (true)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(opened(stack.enter_context(postgresql.new_database())))
        empty, full = reflect(connection), made(connection, statements)
    there, back = (operations.code(diff(*pair), *pair).code for pair in ((empty, full), (full, empty)))
    for what in ("composite type comp", "function f()", "policy t.own"):
        assert f"# not written: {what}" in there
        assert f"# not written: drop of {what}" in back
    compile(there, "code", "exec")
    assert "# not written: type comp, which must be there" in there
    assert "which must be there" not in back


def test_a_rename_keeps_the_rows(database_url):
    renames = (Change("rename", ("old",), "old", "new"), Change("rename", ("new", "columns", "a"), "a", "b"))
    with opened(database_url) as connection:
        old = made(
            connection,
            ["CREATE TABLE old (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(9))", "INSERT INTO old VALUES (1, 'x')"],
        )
        new = made_elsewhere(old)
        written = operations.code(diff(old, new, renames), old, new)
        run(connection, written)
        assert connection.exec_driver_sql("SELECT b FROM new").scalar() == "x"
    assert "op.rename_table('old', 'new')" in written.code


def made_elsewhere(old):
    """The schema *old* with its table and column renamed."""
    from migration_magics.model.diff import apply

    changes = (Change("rename", ("old",), "old", "new"), Change("rename", ("new", "columns", "a"), "a", "b"))
    return apply(old, SchemaDiff(changes))


def written_on_sqlite(before, after):
    """The code between two tables t with these columns, and the columns that it makes."""
    with opened("sqlite://") as first, opened("sqlite://") as second:
        old, new = made(first, [f"CREATE TABLE t ({before})"]), made(second, [f"CREATE TABLE t ({after})"])
        written = operations.code(diff(old, new), old, new)
        run(first, written)
        return written.code, [column.name for column in reflect(first).tables[0].columns]


def test_a_column_in_the_middle_is_added_last_and_no_table_made_anew():
    code, names = written_on_sqlite("a INTEGER, b TEXT, CHECK (a > 0)", "a INTEGER, n INTEGER, b TEXT, CHECK (a > 0)")
    assert "drop_table" not in code
    assert "# not written: place of t.n: it stands last" in code
    assert names == ["a", "b", "n"]


def test_order_is_not_written_beside_another_change():
    code, names = written_on_sqlite("a INTEGER, b TEXT", "b TEXT NOT NULL, a INTEGER")
    assert "# not written: order of the columns of t" in code
    assert names == ["a", "b"]


def test_order_alone_is_written():
    code, names = written_on_sqlite("a INTEGER, b TEXT", "b TEXT, a INTEGER")
    assert "# not written" not in code
    assert names == ["b", "a"]


def test_a_table_made_anew_keeps_its_rows():
    with opened("sqlite://") as connection:
        old = made(connection, ["CREATE TABLE t (a INTEGER, b TEXT, CHECK (a > 0))", "INSERT INTO t VALUES (1, 'x')"])
        with opened("sqlite://") as other:
            new = made(other, ["CREATE TABLE t (b TEXT NOT NULL, a BIGINT, c INTEGER, CHECK (a > 0))"])
        run(connection, operations.code(diff(old, new), old, new))
        assert connection.exec_driver_sql("SELECT b, a, c FROM t").fetchall() == [("x", 1, None)]
