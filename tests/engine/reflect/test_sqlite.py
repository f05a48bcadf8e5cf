"""An SQLite database is read whole, and as SQLAlchemy's Inspector reads it where that can."""

import re

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.engine.reflect import sqlite
from migration_magics.engine.reflect.sqlite_words import fold, quoted, spelled, words
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Table,
    Trigger,
    Unique,
    View,
    key,
)


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def read(connection, *statements, only=None):
    for statement in statements:
        connection.exec_driver_sql(statement)
    return sqlite.read(connection, only)


def integer(name, **more):
    return Column(name, "INTEGER", "integer", **more)


A, B = integer("a"), integer("b")

TABLES = {
    "nothing but columns": (
        "CREATE TABLE t (a INTEGER, b VARCHAR ( 50 )  NOT NULL DEFAULT 'it''s', c)",
        Table(
            "t",
            (A, Column("b", "VARCHAR(50)", "text", is_nullable=False, default="'it''s'"), Column("c", "", "other")),
        ),
    ),
    "names in every kind of quotes": (
        """CREATE TABLE "t"("a b" INTEGER, `c"d` INTEGER, [e.f] INTEGER, 'g' INTEGER CHECK ("a b" > [e.f]), "select" INTEGER)""",
        Table(
            "t",
            tuple(integer(name) for name in ("a b", 'c"d', "e.f", "g", "select")),
            checks=(Check('"a b" > "e.f"'),),
        ),
    ),
    "checks, named and not, of columns and of the table": (
        """CREATE TABLE t (a INTEGER CONSTRAINT "a's" CHECK (a > 0) CHECK(a<9), b INTEGER DEFAULT (1+(2)),
           CHECK (b IN (1, (2))), CONSTRAINT [x y] CHECK (a <> b) CONSTRAINT z CHECK (b > -1))""",
        Table(
            "t",
            (A, integer("b", default="1+(2)")),
            checks=(
                Check("a < 9"),
                Check("b IN (1, (2))"),
                Check("a > 0", "a's"),
                Check("a <> b", "x y"),
                Check("b > -1", "z"),
            ),
        ),
    ),
    "strings and comments that look like constraints": (
        """CREATE TABLE t (a TEXT DEFAULT 'CHECK (1), UNIQUE (a)' /* , b INTEGER UNIQUE ( */, -- CHECK (2)
           CONSTRAINT c CHECK (a <> 'CHECK (x)') -- , UNIQUE (a)
        )""",
        Table(
            "t",
            (Column("a", "TEXT", "text", default="'CHECK (1), UNIQUE (a)'"),),
            checks=(Check("a <> 'CHECK (x)'", "c"),),
        ),
    ),
    "a check that quotes a string in double quotes": (
        """CREATE TABLE t (a TEXT, CHECK ("a" IN ("open", "done")))""",
        Table("t", (Column("a", "TEXT", "text"),), checks=(Check("a IN ('open', 'done')"),)),
    ),
    "uniques": (
        """CREATE TABLE t (a INTEGER CONSTRAINT ua UNIQUE ON CONFLICT REPLACE, b INTEGER UNIQUE,
           CONSTRAINT "u,b" UNIQUE (B, a COLLATE NOCASE))""",
        Table(
            "t",
            (A, B),
            uniques=(
                Unique(("b",)),
                Unique(("b", "a"), "u,b", options="a COLLATE NOCASE"),
                Unique(("a",), "ua", options="ON CONFLICT REPLACE"),
            ),
        ),
    ),
    "a named primary key in its order": (
        "CREATE TABLE t (a INTEGER, b INTEGER, CONSTRAINT pk PRIMARY KEY (b, a)) WITHOUT ROWID",
        Table(
            "t",
            (integer("a", is_nullable=False), integer("b", is_nullable=False)),
            PrimaryKey(("b", "a"), "pk"),
            options=(("without rowid", "true"),),
        ),
    ),
    "autoincrement": (
        "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, b INTEGER)",
        Table(
            "t",
            (integer("a", is_nullable=False, is_autoincrement=True), B),
            PrimaryKey(("a",)),
            options=(("autoincrement", "true"),),
        ),
    ),
    "autoincrement of the table's key, and STRICT": (
        "CREATE TABLE t (a INTEGER, CONSTRAINT pk PRIMARY KEY (a AUTOINCREMENT)) STRICT",
        Table(
            "t",
            (integer("a", is_autoincrement=True),),
            PrimaryKey(("a",), "pk"),
            options=(("autoincrement", "true"), ("strict", "true")),
        ),
    ),
    "generated columns": (
        """CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a*(2+1)) STORED, c INTEGER AS ("a") VIRTUAL,
           d INTEGER CONSTRAINT g AS (length(')')) CHECK (d > 0))""",
        Table(
            "t",
            (
                A,
                integer("b", computed=Computed("a * (2 + 1)", is_stored=True)),
                integer("c", computed=Computed("a")),
                integer("d", computed=Computed("length(')')")),
            ),
            checks=(Check("d > 0"),),
        ),
    ),
    "collations": (
        "CREATE TABLE t (a TEXT COLLATE NOCASE DEFAULT '', b TEXT COLLATE \"RTRIM\")",
        Table(
            "t",
            (
                Column("a", "TEXT", "text", default="''", collation="NOCASE"),
                Column("b", "TEXT", "text", collation="RTRIM"),
            ),
        ),
    ),
    "a column without a name": (
        'CREATE TABLE t ("" INTEGER, b TEXT COLLATE NOCASE, CHECK ("" > 0))',
        Table("t", (integer(""), Column("b", "TEXT", "text", collation="NOCASE")), checks=(Check('"" > 0'),)),
    ),
    "foreign keys": (
        """CREATE TABLE t (a INTEGER CONSTRAINT fa REFERENCES P ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE,
           b INTEGER REFERENCES p (ID) NOT DEFERRABLE, CONSTRAINT fab FOREIGN KEY (A, b) REFERENCES "q" (x, "y")
           MATCH FULL ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (b) REFERENCES gone (z))""",
        Table(
            "t",
            (A, B),
            foreign_keys=(
                ForeignKey(("b",), "gone", ("z",)),
                ForeignKey(("b",), "p", ("id",)),
                ForeignKey(
                    ("a",), "p", ("id",), "fa", on_delete="SET NULL", on_update="CASCADE", deferrable="DEFERRABLE"
                ),
                ForeignKey(
                    ("a", "b"), "q", ("x", "y"), "fab", match="FULL", deferrable="DEFERRABLE INITIALLY DEFERRED"
                ),
            ),
        ),
    ),
}
OTHERS = ("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE q (x INTEGER, y INTEGER, UNIQUE (x, y))")


@pytest.mark.parametrize("statement,expected", TABLES.values(), ids=TABLES)
def test_a_table_is_read_as_it_was_written(connection, statement, expected):
    assert read(connection, *OTHERS, statement).table("t") == expected


@pytest.mark.parametrize("statement", [statement for statement, _ in TABLES.values()], ids=TABLES)
def test_one_table_alone_is_read_as_among_all(connection, statement):
    read(connection, *OTHERS, statement, "CREATE INDEX ix ON t (a)" if " a " in statement else "SELECT 1")
    assert sqlite.read(connection, frozenset({"T"})).tables == (sqlite.read(connection).table("t"),)


INDEXES = {
    "CREATE INDEX ix ON t (a, b DESC)": Index("ix", (IndexPart("a"), IndexPart("b", is_descending=True))),
    "CREATE UNIQUE INDEX ix ON t (c)": Index("ix", (IndexPart("c"),), is_unique=True),
    "CREATE INDEX ix ON t (a COLLATE NOCASE, c COLLATE BINARY)": Index(
        "ix", (IndexPart("a", options="COLLATE NOCASE"), IndexPart("c", options="COLLATE BINARY"))
    ),
    "CREATE INDEX ix ON t (a) WHERE \"a\">0 AND c <> ') where '": Index(
        "ix", (IndexPart("a"),), where="a > 0 AND c <> ') where '"
    ),
    "CREATE INDEX ix ON t (lower( [c] ) COLLATE RTRIM DESC, a, (a+b))": Index(
        "ix",
        (
            IndexPart("lower(c)", is_expression=True, is_descending=True, options="COLLATE RTRIM"),
            IndexPart("a"),
            IndexPart("(a + b)", is_expression=True),
        ),
    ),
    'CREATE INDEX "where" ON t ("a")': Index("where", (IndexPart("a"),)),
}


@pytest.mark.parametrize("statement,expected", INDEXES.items())
def test_an_index_is_read_as_it_was_written(connection, statement, expected):
    schema = read(connection, "CREATE TABLE t (a INTEGER, b INTEGER, c TEXT COLLATE NOCASE UNIQUE)", statement)
    assert schema.table("t").indexes == (expected,)


def test_views_and_triggers(connection):
    schema = read(
        connection,
        "CREATE TABLE t (a INTEGER)",
        "CREATE VIEW w AS SELECT a FROM t",
        "CREATE VIEW broken AS SELECT x FROM missing",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 1; END",
        "CREATE TRIGGER instead INSTEAD OF INSERT ON w BEGIN SELECT 1; END",
    )
    assert schema == Schema(
        "sqlite",
        (
            Table(
                "t",
                (A,),
                triggers=(Trigger("tr", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 1; END"),),
            ),
        ),
        (View("broken", "SELECT x FROM missing"), View("w", "SELECT a FROM t")),
    )
    assert schema.seen == (Seen("trigger of a view", "instead"),)


def test_how_an_object_was_made_makes_no_difference(connection):
    plain = (
        "CREATE TABLE t (a INTEGER, CHECK (a > 0))",
        "CREATE INDEX ix ON t (a) WHERE a > 1",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
    )
    wordy = (
        "/* why */ CREATE TABLE IF NOT EXISTS main . [t] (a INTEGER /* no */, CHECK (`a`>0 ) ) -- end",
        'create index if not exists main."ix" on "t" ( [a] ) where "a">1',
        "create /**/ view if not exists main.[v] AS SELECT a FROM [t]\n-- end",
        "CREATE TRIGGER IF NOT EXISTS main.`tr` AFTER INSERT ON `t` BEGIN\n  SELECT 1 ;\nEND",
        "CREATE VIRTUAL TABLE IF NOT EXISTS main.`f` USING fts5( x )",
    )
    engine = sa.create_engine("sqlite://")
    with engine.connect() as other:
        assert read(other, *wordy) == read(connection, *plain)
    engine.dispose()


def test_what_has_no_place_is_seen(connection):
    schema = read(connection, "CREATE TABLE t (a INTEGER NOT NULL ON CONFLICT IGNORE PRIMARY KEY ON CONFLICT REPLACE)")
    assert schema.seen == (
        Seen("ON CONFLICT IGNORE of not null", "t.a"),
        Seen("ON CONFLICT REPLACE of primary key", "t.a"),
    )


def test_a_virtual_table_without_its_shadows(connection):
    schema = read(connection, "CREATE TABLE plain (a INTEGER)", "CREATE VIRTUAL TABLE v USING fts5(title, body)")
    found = Table(
        "v",
        (Column("title", "", "other"), Column("body", "", "other")),
        options=(("virtual", "fts5(title, body)"),),
    )
    assert schema.tables == (Table("plain", (A,)), found)
    assert sqlite.read(connection, frozenset({"v", "v_data", "plain"})).tables == schema.tables


def test_a_missing_module_hides_nothing_else(connection):
    connection.exec_driver_sql("CREATE VIRTUAL TABLE v USING fts5(title)")
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "INSERT INTO sqlite_master VALUES ('table', 'lost', 'lost', 0, 'CREATE VIRTUAL TABLE lost USING nowhere(x)')"
    )
    connection.commit()
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    schema = sqlite.read(connection)
    assert [(table.name, len(table.columns)) for table in schema.tables] == [("lost", 0), ("v", 1)]
    assert schema.seen == (Seen("virtual table without its module", "lost"),)


CREATED = (
    "CREATE TABLE workers (id INTEGER PRIMARY KEY, host TEXT CHECK (length(host) > 1), CONSTRAINT u UNIQUE (host))",
    """CREATE TABLE runs (id INTEGER PRIMARY KEY, worker INTEGER REFERENCES workers (id), state TEXT DEFAULT 'new',
       hours INTEGER AS (worker * 2), CONSTRAINT ck CHECK (worker > 0 AND state <> "x"))""",
    "CREATE INDEX ix ON runs (worker, lower(state)) WHERE state <> 'old'",
    "CREATE VIEW busy AS SELECT runs.worker, state FROM runs JOIN workers ON workers.id = runs.worker",
    """CREATE TRIGGER tr AFTER UPDATE OF worker ON runs WHEN new.worker > 1
       BEGIN UPDATE workers SET host = 'x' WHERE id = new.worker; DELETE FROM runs WHERE worker = 2; END""",
)


@pytest.mark.parametrize(
    "former,renamed",
    [
        (("runs", "attempts"), "ALTER TABLE attempts RENAME TO runs"),
        (("workers", "hosts"), "ALTER TABLE hosts RENAME TO workers"),
        (("worker", "node"), "ALTER TABLE runs RENAME COLUMN node TO worker"),
        (("state", "status"), "ALTER TABLE runs RENAME COLUMN status TO state"),
    ],
)
def test_a_renamed_object_is_read_as_one_made_by_that_name(former, renamed):
    """SQLite writes new names in double quotes wherever they stand."""
    schemas = []
    for statements in (CREATED, (*(_with_name(each, *former) for each in CREATED), renamed)):
        engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            schemas.append(read(connection, *statements))
            for table in schemas[-1].tables:
                assert sqlite.read(connection, frozenset({table.key})).tables == (table,)
        engine.dispose()
    assert schemas[0] == schemas[1]


def _with_name(statement, name, former):
    return re.sub(rf"\b{name}\b", former, statement)


def test_an_added_column_is_read_like_the_others(connection):
    schema = read(
        connection,
        "CREATE TABLE t (a INTEGER -- the first\n, CONSTRAINT c CHECK (a > 0)\n)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "ALTER TABLE t ADD COLUMN b INTEGER CONSTRAINT f REFERENCES p DEFERRABLE",
        "ALTER TABLE t ADD COLUMN [c d] TEXT COLLATE NOCASE CHECK (\"c d\" <> ',')",
    )
    assert schema.table("t") == Table(
        "t",
        (A, B, Column("c d", "TEXT", "text", collation="NOCASE")),
        checks=(Check("\"c d\" <> ','"), Check("a > 0", "c")),
        foreign_keys=(ForeignKey(("b",), "p", ("id",), "f", deferrable="DEFERRABLE"),),
    )


def test_only_some_tables(connection):
    read(
        connection,
        'CREATE TABLE "a.b" (a INTEGER)',
        'CREATE TABLE "É" (a INTEGER)',
        "CREATE TABLE Other (a INTEGER REFERENCES PARENT)",
        "CREATE TABLE parent (Id INTEGER PRIMARY KEY)",
        "CREATE VIEW v AS SELECT 1",
    )

    def names(*keys):
        return [table.name for table in sqlite.read(connection, frozenset(keys)).tables]

    assert names('"a.b"') == ["a.b"]
    assert names("OTHER", "parenT", "missing", "v", "a", "%", "o'; --") == ["Other", "parent"]
    assert names("é") == []  # SQLite folds A-Z only
    assert names() == []
    assert names(*(f"x{number}" for number in range(2_000)), "É", '"A.B"') == ["a.b", "É"]
    (other,) = sqlite.read(connection, frozenset({"other"})).tables
    assert other.foreign_keys == (ForeignKey(("a",), "parent", ("Id",)),)


def test_the_number_of_queries_does_not_grow(connection):
    sent = []
    sa.event.listen(connection, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    for number in range(3):
        statement = f"CREATE TABLE t{number} (a INTEGER PRIMARY KEY, b REFERENCES t0, UNIQUE (b))"
        del sent[:]
        read(connection, statement, f"CREATE INDEX ix{number} ON t{number} (b)")
        assert len(sent) == 2 + 4


def test_other_databases_of_the_connection_are_not_read(connection):
    schema = read(
        connection,
        "CREATE TABLE t (a INTEGER)",
        "CREATE TEMP TABLE t (b INTEGER, c INTEGER)",
        "CREATE TEMP TABLE u (b INTEGER)",
        "ATTACH ':memory:' AS aux",
        "CREATE TABLE aux.w (a INTEGER)",
    )
    assert schema.tables == (Table("t", (A,)),)


def test_an_empty_database(connection):
    assert sqlite.read(connection) == Schema("sqlite")


def test_nothing_is_written(tmp_path):
    engine = sa.create_engine(f"sqlite:///file:{tmp_path / 'a.db'}?mode=ro&uri=true")
    made = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with made.begin() as connection:
        read(connection, *CREATED)
    with engine.connect() as connection:
        assert len(sqlite.read(connection).tables) == 2
    engine.dispose()
    made.dispose()


HOSTILE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6
) | st.sampled_from(
    [
        '"',
        "'",
        "`",
        "[",
        "]",
        "]]",
        "a.b",
        "--",
        "/*",
        "*/",
        "a\nb",
        "%s",
        "%",
        "(",
        ")",
        ",",
        "CHECK (",
        "; DROP",
        "\\",
        "<b>",
        "true",
    ]
)
# SQLAlchemy 2.1 leaves the quotes out where such a name ends in a newline, so that SQLite never gets to know the name.
QUOTED = HOSTILE.filter(lambda name: not re.fullmatch(r"[A-Za-z0-9_$]+\n", name))


@settings(max_examples=100, deadline=None)
@given(st.lists(QUOTED, min_size=8, max_size=8, unique_by=lambda name: name.lower()))
def test_names_may_be_any_text(names):
    first, second, one, two, unique, check, foreign, index = names
    if first.lower().startswith("sqlite_") or second.lower().startswith("sqlite_"):
        return
    metadata = sa.MetaData()
    parent = sa.Table(first, metadata, sa.Column(one, sa.INTEGER, primary_key=True))
    child = sa.Table(second, metadata, sa.Column(one, sa.INTEGER), sa.Column(two, sa.INTEGER, nullable=False))
    child.append_constraint(sa.UniqueConstraint(two, one, name=unique))
    child.append_constraint(sa.CheckConstraint(child.c[one] > child.c[two], name=check))
    child.append_constraint(sa.ForeignKeyConstraint([child.c[two]], [parent.c[one]], name=foreign))
    sa.Index(index, child.c[two].desc(), child.c[one] + 1, sqlite_where=child.c[one] > 0)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        schema = sqlite.read(connection)
        assert sqlite.read(connection, frozenset({child.name.join('""') if "." in second else second})).tables == (
            schema.table(key("", second)),
        )
    engine.dispose()
    assert schema.table(key("", second)) == Table(
        second,
        (integer(one), integer(two, is_nullable=False)),
        foreign_keys=(ForeignKey((two,), key("", first), (one,), foreign),),
        uniques=(Unique((two, one), unique),),
        checks=(Check(f"{quoted(one)} > {quoted(two)}", check),),
        indexes=(
            Index(
                index,
                (IndexPart(two, is_descending=True), IndexPart(f"{quoted(one)} + 1", is_expression=True)),
                where=f"{quoted(one)} > 0",
            ),
        ),
    )


# Against SQLAlchemy's Inspector. Its gaps, left out of what is compared: it reads texts by regular expressions, so names in
# them hold no quotes, brackets or commas here, strings no "CHECK (", and no foreign key is there twice; it skips indexes of
# expressions, and knows no collations, options, triggers.
NAMES = st.sampled_from(
    ["a", "B", "select", "Check", "per cent %", "ünïcode", "a-b", "x y", "order", "constraint", "1st", "a.b"]
)
TYPES = st.sampled_from(
    [
        sa.Integer(),
        sa.String(50),
        sa.Text(),
        sa.Numeric(10, 2),
        sa.Boolean(),
        sa.DateTime(),
        sa.LargeBinary(),
        sa.Float(),
    ]
)
DEFAULTS = st.sampled_from([None, None, "0", "'it''s'", "CURRENT_TIMESTAMP", "(1 + 2)"])


@st.composite
def tables(draw, metadata, name, parents):
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.lower))
    columns = []
    for column in names:
        default = draw(DEFAULTS)
        columns.append(
            sa.Column(
                column,
                draw(TYPES),
                nullable=draw(st.booleans()),
                server_default=None if default is None else sa.text(default),
                primary_key=draw(st.booleans()),
            )
        )
    table = sa.Table(name, metadata, *columns)
    some = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
    for number, chosen in enumerate(draw(st.lists(some, max_size=2, unique_by=frozenset))):
        table.append_constraint(
            sa.UniqueConstraint(*chosen, name=draw(st.sampled_from([None, f"uq {number}", f"uq{number}"])))
        )
    for number, chosen in enumerate(draw(st.lists(some, max_size=2))):
        sa.Index(f"ix {name} {number}", *(table.c[each] for each in chosen), unique=draw(st.booleans()))
    for number, chosen in enumerate(draw(st.lists(some, max_size=2))):
        check = table.c[chosen[0]].isnot(None)
        table.append_constraint(
            sa.CheckConstraint(check, name=draw(st.sampled_from([None, f"ck {number}", f"ck{number}"])))
        )
    for parent in draw(st.lists(st.sampled_from(parents), max_size=2, unique=True)) if parents else []:
        target = draw(st.sampled_from(list(parent.c)))
        table.append_constraint(
            sa.ForeignKeyConstraint(
                [draw(st.sampled_from(names))],
                [target],
                name=draw(st.sampled_from([None, "fk_" + target.name.replace(" ", "_")])),
                ondelete=draw(st.sampled_from([None, "CASCADE", "SET NULL"])),
            )
        )
    return table


@st.composite
def metadatas(draw):
    metadata = sa.MetaData()
    made = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=str.lower)):
        made.append(draw(tables(metadata, name, list(made))))
    return metadata


@settings(max_examples=60, deadline=None)
@given(metadatas())
def test_the_same_as_the_inspector(metadata):
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        schema = sqlite.read(connection)
        inspector = sa.inspect(connection)
        assert [table.key for table in schema.tables] == sorted(key("", name) for name in metadata.tables)
        for table in schema.tables:
            assert _ours(table) == _inspected(inspector, table.name)
            assert sqlite.read(connection, frozenset({table.key})).tables == (table,)
    engine.dispose()


def _ours(table):
    primary_key = table.primary_key or PrimaryKey(())
    return {
        "columns": [(each.name, each.type.upper(), each.is_nullable, each.default) for each in table.columns],
        "primary key": (primary_key.columns, primary_key.name),
        "foreign keys": sorted(
            (each.name, each.columns, each.target.strip('"'), each.target_columns, each.on_delete)
            for each in table.foreign_keys
        ),
        "uniques": sorted((each.name, each.columns) for each in table.uniques),
        "checks": sorted((each.name, each.expression) for each in table.checks),
        "indexes": [(each.name, tuple(part.text for part in each.parts), each.is_unique) for each in table.indexes],
    }


def _inspected(inspector, name):
    primary_key = inspector.get_pk_constraint(name)
    names = {fold(each["name"]) for each in inspector.get_columns(name)}
    return {
        "columns": [
            (each["name"], str(each["type"]), each["nullable"], each["default"]) for each in inspector.get_columns(name)
        ],
        "primary key": (tuple(primary_key["constrained_columns"]), primary_key["name"] or ""),
        "foreign keys": sorted(
            (
                each["name"] or "",
                tuple(each["constrained_columns"]),
                each["referred_table"],
                tuple(each["referred_columns"]),
                each["options"].get("ondelete", ""),
            )
            for each in inspector.get_foreign_keys(name)
        ),
        "uniques": sorted(
            (each["name"] or "", tuple(each["column_names"])) for each in inspector.get_unique_constraints(name)
        ),
        "checks": sorted(
            (each["name"] or "", spelled(words(each["sqltext"]), names, are_all=True))
            for each in inspector.get_check_constraints(name)
        ),
        "indexes": [
            (each["name"], tuple(each["column_names"]), bool(each["unique"])) for each in inspector.get_indexes(name)
        ],
    }
