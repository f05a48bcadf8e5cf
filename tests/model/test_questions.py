"""What is asked of a person, how it is answered, and that the code offered does what it says."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given, settings

from migration_magics.errors import UsageProblem
from migration_magics.model.answers import Answers, decided, parse_answers, spelled, spelled_name
from migration_magics.model.diff import Change, diff
from migration_magics.model.narrowing import is_narrowing, misfit
from migration_magics.model.questions import questions
from migration_magics.model.remedies import enum_values, narrowed, not_null
from migration_magics.model.renames import candidates
from migration_magics.model.schema import Column, Computed, Enum, Index, IndexPart, PrimaryKey, Schema, Table, Unique
from tests.schemas import schemas

ID = Column("id", "INTEGER", is_nullable=False)


@dataclass(frozen=True)
class Rows:
    """Facts from rows held in memory: by table, a dictionary per row."""

    tables: dict = field(default_factory=dict)

    def rows(self, table):
        return len(self.tables.get(table, ()))

    def _column(self, table, column):
        return [row[column] for row in self.tables.get(table, ()) if row[column] is not None]

    def values(self, table, column):
        return len(self._column(table, column))

    def samples(self, table, column, count):
        return tuple(dict.fromkeys(map(str, self._column(table, column))))[:count]

    def misfits(self, table, column, type_):
        length = int(type_.partition("(")[2].rstrip(")") or 99) if "(" in type_ else None
        return length and sum(len(value) > length for value in self._column(table, column))

    def duplicates(self, table, columns):
        rows = [tuple(row[each] for each in columns) for row in self.tables.get(table, ())]
        full = [row for row in rows if None not in row]
        return len(full) - len(set(full))

    def uses(self, table, column, value):
        return self._column(table, column).count(value)


def table(*columns, name="evaluations", **parts):
    found = [each if isinstance(each, Column) else Column(each, "VARCHAR(50)") for each in columns]
    return Table(name, (ID, *found), PrimaryKey(("id",)), **parts)


def schema(*tables, dialect="sqlite", **objects):
    return Schema(dialect, tuple(sorted(tables, key=lambda each: each.key)), **objects)


def asked(before, after, rows, *, rename=(), drop=(), hints=None):
    changes = diff(before, after)
    found = candidates(before, after, changes, hints or {})
    answers = parse_answers(rename, drop, before, after, found)
    return questions(before, after, changes, found, answers=answers, facts=Rows(rows))


BEFORE = schema(table("name", "tmp"))
AFTER = schema(table("full_name"))
ROWS = {"evaluations": [{"id": 1, "name": "one", "tmp": "x"}, {"id": 2, "name": "a longer one", "tmp": None}]}


def test_a_column_with_values_and_a_likely_new_name_stops_with_the_options_that_answer():
    rename, drop = asked(BEFORE, AFTER, ROWS)
    assert (rename.kind, rename.path, rename.default) == ("rename", ("evaluations", "columns", "name"), "stop")
    assert rename.sentence == (
        "evaluations.name is gone and evaluations.full_name is new: renamed? Dropped, it takes 2 values with it."
    )
    assert [each.command for each in rename.options] == [
        "--rename evaluations.name=full_name",
        "--drop evaluations.name",
    ]
    assert "full_name contains name" in rename.options[0].label
    assert rename.options[1].label == "drop it: 2 values lost"
    assert (rename.evidence.samples, rename.evidence.fits) == (("one", "a longer one"), "all fit VARCHAR(50)")
    assert (drop.kind, drop.default, drop.options[-1].command) == ("drop", "go on", "--drop evaluations.tmp")
    assert drop.sentence == "evaluations.tmp is dropped, and 1 value with it."


@pytest.mark.parametrize(
    "options",
    [
        {"rename": ("evaluations.name=full_name",), "drop": ("evaluations.tmp",)},
        {"drop": ("evaluations.name", "evaluations.tmp")},
        {"hints": {("evaluations", "columns", "full_name"): "name"}, "drop": ("evaluations.tmp",)},
    ],
)
def test_what_is_answered_is_not_asked(options):
    assert asked(BEFORE, AFTER, ROWS, **options) == ()


def test_nothing_is_asked_of_what_is_empty_or_generated():
    assert asked(BEFORE, AFTER, {}) == ()
    generated = schema(table(Column("name", "VARCHAR(50)", computed=Computed("upper(a)"))))
    assert asked(generated, schema(table()), ROWS) == ()


def test_a_new_name_that_is_taken_is_not_offered_again():
    before, after = schema(table("name", "nm")), schema(table("full_name"))
    rows = {"evaluations": [{"id": 1, "name": "a", "nm": "b"}]}
    (only,) = asked(before, after, rows, rename=("evaluations.nm=full_name",))
    assert (only.kind, [each.command for each in only.options]) == ("drop", ["--drop evaluations.name"])


def test_a_values_that_would_not_fit_the_new_type_is_said():
    after = schema(table(Column("full_name", "VARCHAR(5)")))
    assert asked(BEFORE, after, ROWS)[0].evidence.fits == "1 value does not fit VARCHAR(5)"


def test_a_table_and_a_column_in_it_are_asked_together_and_answered_in_either_name():
    before = schema(table("email", "city", "street", "zip", name="people"))
    after = schema(table("email", "city", "street", "postal_code", name="peoples"))
    rows = {"people": [{"id": 1, "email": "e", "city": "c", "street": "s", "zip": "z"}]}
    assert [each.options[0].command for each in asked(before, after, rows)] == [
        "--rename people=peoples",
        "--rename people.zip=postal_code",
    ]
    for name in ("people", "peoples"):
        answered = ("people=peoples", f"{name}.zip=postal_code")
        assert asked(before, after, rows, rename=answered) == ()
        assert [each.path for each in decided((), parse_answers(answered, (), before, after))] == [
            ("people", "columns", "zip"),
            ("people",),
        ]
    assert asked(before, after, rows, drop=("people",)) == ()
    assert [each.path[-1] for each in asked(before, after, rows, rename=("people=peoples",))] == ["zip"]


@pytest.mark.parametrize(
    "rename,drop,message",
    [
        (["evaluations.name"], [], "does not say the new name.*--rename evaluations.name=NEW_NAME"),
        (["evaluations.nmae=full_name"], [], "no table or column evaluations.nmae.*mean evaluations.name"),
        ([], ["evaluation"], "no table or column evaluation.*Did you mean"),
        (["evaluations.name=id"], [], "cannot become id: there is a column id already.*New here: full_name"),
        (["evaluations.name=fullname"], [], "no column fullname was added.*mean full_name"),
        (["evaluations.id=full_name"], [], "evaluations.id is still there, so nobody asked whether it was renamed"),
        ([], ["evaluations"], "evaluations is still there, so nobody asked whether it was dropped"),
        (["evaluations=others"], [], "evaluations is still there"),
        (["evaluations.name=full_name"], ["evaluations.name"], "both renamed and dropped"),
        (["evaluations.name=full_name", "evaluations.tmp=full_name"], [], "cannot both become full_name"),
        (["gone.a=b"], [], "gone is gone, and with it gone.a.*--rename gone=NEW_NAME"),
        ([], ["gone.a"], "nobody asked about the column.*--drop gone"),
        (["=x"], [], "no table or column"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_in_plain_words(rename, drop, message):
    before = schema(*BEFORE.tables, table("a", name="gone"))
    with pytest.raises(UsageProblem, match=f"(?s){message}") as caught:
        parse_answers(rename, drop, before, AFTER)
    assert isinstance(caught.value, ValueError)


@settings(max_examples=40, deadline=None)
@given(schemas(), schemas())
def test_every_option_offered_is_read_as_that_answer(before, after):
    """Names are hostile: dots, quotes, newlines, signs; what is offered can be pasted and is read as meant."""
    changes = diff(before, after)
    found = candidates(before, after, changes)
    everything = {spelled(path): path for path in reversed([*paths(before)])}  # a table may be spelled as a column is
    for each in found:
        new = each.path_after[-1]
        is_table = len(each.path_before) == 1
        if (
            everything[spelled(each.path_before)] == each.path_before and each.path_before[0] == each.path_after[0]
        ) or is_table:
            text = f"{spelled(each.path_before)}={spelled((new,)) if is_table else spelled_name(new)}"
            assert parse_answers([text], (), before, after).renames == ((each.path_before, new),)
    for change in changes.changes:
        if (
            change.kind == "drop"
            and everything.get(spelled(change.path)) == change.path
            and isinstance(change.before, (Table, Column))
        ):
            assert parse_answers((), [spelled(change.path)], before, after).drops == (change.path,)


def paths(schema):
    yield from ((each.key,) for each in schema.tables)
    yield from ((each.key, "columns", column.name) for each in schema.tables for column in each.columns)


@pytest.mark.parametrize("name", ["do.t", 'quo"te', "a=b", "new\nline", "50%", "it's", " ", "back\\slash", "Ünï"])
def test_odd_names_are_answered_as_offered(name):
    before, after = schema(table(name)), schema(table(f"{name}s"))
    (question,) = asked(before, after, {"evaluations": [{"id": 1, name: "x"}]})
    for option in question.options:
        flag, text = shlex.split(option.command)
        assert "\n" not in text
        assert asked(before, after, {"evaluations": [{"id": 1, name: "x"}]}, **{flag.strip("-"): [text]}) == ()


@pytest.mark.parametrize(
    "old,new,is_less",
    [
        ("VARCHAR(50)", "VARCHAR(20)", True),
        ("VARCHAR(20)", "VARCHAR(50)", False),
        ("VARCHAR(20)", "TEXT", False),
        ("TEXT", "VARCHAR(20)", True),
        ("TEXT", "INTEGER", True),
        ("INTEGER", "TEXT", False),
        ("INTEGER", "VARCHAR(3)", True),
        ("bigint", "integer", True),
        ("integer", "bigint", False),
        ("int(11)", "int(10) unsigned", True),
        ("numeric(10,2)", "numeric(10,1)", True),
        ("numeric(10,2)", "numeric(10,4)", True),
        ("numeric(10,2)", "numeric(12,4)", False),
        ("numeric(10,2)", "numeric", False),
        ("timestamp", "date", True),
        ("integer", "double precision", False),
    ],
)
def test_types_that_hold_less_are_known(old, new, is_less):
    assert is_narrowing(Column("a", old), Column("a", new)) is is_less


def test_enum_values_are_read_as_written():
    assert enum_values("enum('a','it''s','c,d')") == ("a", "it's", "c,d")


# -- the code that handles it ------------------------------------------------------------------------------------------

PLAIN = table(Column("a", "VARCHAR(50)"), Column("n", "BIGINT"))
DATA = [{"id": 1, "a": "same", "n": 1}, {"id": 2, "a": "same", "n": 2**40}, {"id": 3, "a": None, "n": 3}]
CASES = {
    "new": (
        table(*PLAIN.columns[1:], Column("b:x", "VARCHAR(50)", is_nullable=False)),
        ("not null", "evaluations.b:x is new and NOT NULL without a default, and 3 rows need a value."),
        'SELECT "b:x" FROM evaluations ORDER BY id',
        [("",), ("",), ("",)],
    ),
    "null": (
        table(Column("a", "VARCHAR(50)", is_nullable=False), PLAIN.columns[2]),
        ("not null", "evaluations.a becomes NOT NULL, and is NULL in 1 row."),
        "SELECT a FROM evaluations ORDER BY id",
        [("same",), ("same",), ("",)],
    ),
    "unique": (
        replace(PLAIN, uniques=(Unique(("a",), "uq_a"),)),
        ("unique", "evaluations (a) becomes unique, and 1 row repeats what another has there."),
        "SELECT id FROM evaluations ORDER BY id",
        [(1,), (3,)],
    ),
    "unique index": (
        replace(PLAIN, indexes=(Index("ix_a", (IndexPart("a"),), is_unique=True),)),
        ("unique", "evaluations (a) becomes unique, and 1 row repeats what another has there."),
        "SELECT id FROM evaluations ORDER BY id",
        [(1,), (3,)],
    ),
    "shorter": (
        table(Column("a", "VARCHAR(3)"), PLAIN.columns[2]),
        ("narrowing", "evaluations.a becomes VARCHAR(3), from VARCHAR(50): 2 values do not fit VARCHAR(3)."),
        "SELECT a FROM evaluations ORDER BY id",
        [("sam",), ("sam",), (None,)],
    ),
    "smaller": (
        table(PLAIN.columns[1], Column("n", "INTEGER")),
        ("narrowing", "evaluations.n becomes INTEGER, from BIGINT: whether they fit INTEGER is not known."),
        "SELECT n FROM evaluations ORDER BY id",
        [(1,), (None,), (3,)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_code_offered_makes_the_change_that_the_rows_stood_in_the_way_of(case, database_url):
    after, said, query, rows = CASES[case]
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    (question,) = asked(schema(PLAIN, dialect=dialect), schema(after, dialect=dialect), {"evaluations": DATA})
    assert ((question.kind, question.sentence), question.default) == (said, "go on")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE evaluations (id INTEGER PRIMARY KEY, a VARCHAR(50), n BIGINT)")
        connection.execute(sa.text("INSERT INTO evaluations VALUES (:id, :a, :n)"), DATA)
        run(question.remedy, connection)
        quote = "`" if dialect == "mysql" else '"'
        assert connection.exec_driver_sql(query.replace('"', quote)).all() == rows
        columns = {each["name"]: each for each in sa.inspect(connection).get_columns("evaluations")}
        for column in after.columns[1:]:
            found = columns[column.name]
            spelled_type = str(found["type"]).partition(" COLLATE")[0].replace("INTEGER(11)", "INTEGER")
            assert (spelled_type.replace("BIGINT(20)", "BIGINT"), found["nullable"]) == (
                column.type,
                column.is_nullable,
            )
    if "unique" in case:
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO evaluations (id, a) VALUES (9, 'same')")
    engine.dispose()


def run(code, connection):
    exec(code, {"op": Operations(MigrationContext.configure(connection)), "sa": sa})  # noqa: S102


NARROWED = {
    "smaller": ("BIGINT", "SMALLINT", [(1, 7), (2, 2**40)], [7, None]),
    "fewer digits": ("NUMERIC(10, 4)", "NUMERIC(5, 2)", [(1, 1.2345), (2, 123456.7891)], [1.23, None]),
    "numbers": ("VARCHAR(20)", "INTEGER", [(1, "12"), (2, "n1")], [12, None]),
    "days": ("TIMESTAMP", "DATE", [(1, "2024-01-02 03:04:05"), (2, None)], ["2024-01-02", None]),
}


@pytest.mark.parametrize("case", NARROWED)
def test_the_code_offered_for_a_type_that_holds_less_keeps_what_fits(case, database_url):
    old, new, rows, kept = NARROWED[case]
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    old = old.replace("TIMESTAMP", "DATETIME") if dialect != "postgresql" else old
    name = "`a b`" if dialect == "mysql" else '"a b"'
    condition = misfit(name, old, new, dialect)
    code = narrowed(table(name="t"), Column("a b", old), Column("a b", new), dialect, condition)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {name} {old})")
        connection.execute(
            sa.text(f"INSERT INTO t VALUES (:id, {'CAST(:v AS TIMESTAMP)' if 'STAMP' in old else ':v'})"),
            [{"id": at, "v": value} for at, value in rows],
        )
        run(code, connection)
        found = connection.exec_driver_sql(f"SELECT {name} FROM t ORDER BY id").scalars().all()
        assert [str(each) if case == "days" and each else each and float(each) for each in found] == kept
        spelled_type = str(sa.inspect(connection).get_columns("t")[1]["type"]).replace("DECIMAL", "NUMERIC")
        assert spelled_type.startswith(new.split("(")[0])
    engine.dispose()


def test_a_new_column_of_uuids_gets_one_for_each_row(database_url):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
        run(not_null(table(name="t"), Column("u", "UUID", is_nullable=False), dialect, is_new=True), connection)
        assert connection.exec_driver_sql("SELECT COUNT(DISTINCT u) FROM t").scalar() == 2
    engine.dispose()


def test_an_enum_of_mariadb_is_made_of_texts(mariadb_url):
    old, new = Column("a", "VARCHAR(9)"), Column("a", "enum('x','it''s')")
    condition = misfit("`a`", old.type, new.type, "mysql")
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(9))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'it''s'), (2, 'z')")
        run(narrowed(table(name="t"), old, new, "mysql", condition), connection)
        assert connection.exec_driver_sql("SELECT a FROM t ORDER BY id").scalars().all() == ["it's", None]
    engine.dispose()


def test_an_enum_of_postgresql_is_cast_to_by_its_name():
    code = narrowed(table(name="t"), Column("a", "TEXT"), Column("a", "stt"), "postgresql")
    assert "TYPE stt USING" in code
    assert "NullType" not in code


def test_an_enum_of_postgresql_loses_a_value_in_use(postgresql_url):
    name = 'st"a:te'
    users = table(Column("of:it", '"st""a:te"', default="'a'"))
    before = schema(users, dialect="postgresql", enums=(Enum(name, ("a", "it's", "c")),))
    after = replace(before, enums=(Enum(name, ("a", "c")),))
    (question,) = asked(before, after, {"evaluations": [{"id": 1, "of:it": "it's"}, {"id": 2, "of:it": "c"}]})
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    quoted = '"st""a:te"'
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TYPE {quoted} AS ENUM ('a', 'it''s', 'c')")
        connection.exec_driver_sql(f"CREATE TABLE evaluations (id integer, \"of:it\" {quoted} DEFAULT 'a')")
        connection.exec_driver_sql("INSERT INTO evaluations VALUES (1, 'it''s'), (2, 'c')")
        run(question.remedy, connection)
        connection.exec_driver_sql("INSERT INTO evaluations (id) VALUES (3)")
        assert connection.exec_driver_sql("SELECT * FROM evaluations ORDER BY id").all() == [
            (1, "a"),
            (2, "c"),
            (3, "a"),
        ]
        kept = connection.exec_driver_sql(f"SELECT enum_range(NULL::{quoted})::text").scalar()
    assert kept == "{a,c}"
    engine.dispose()


def test_an_enum_of_mariadb_loses_a_value_in_use(mariadb_url):
    before = schema(table(Column("state", "enum('a','it''s','c')")), dialect="mysql")
    after = schema(table(Column("state", "enum('a','c')")), dialect="mysql")
    (question,) = asked(before, after, {"evaluations": [{"id": 1, "state": "it's"}]})
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE evaluations (id INTEGER, state ENUM('a', 'it''s', 'c'))")
        connection.exec_driver_sql("INSERT INTO evaluations VALUES (1, 'it''s')")
        run(question.remedy, connection)
        assert connection.exec_driver_sql("SELECT * FROM evaluations").all() == [(1, "a")]
        assert sa.inspect(connection).get_columns("evaluations")[1]["type"].enums == ["a", "c"]
    engine.dispose()


def test_one_row_needs_a_value():
    after = table(*PLAIN.columns[1:], Column("b", "VARCHAR(50)", is_nullable=False))
    (question,) = asked(schema(PLAIN), schema(after), {"evaluations": DATA[:1]})
    assert question.sentence.endswith("without a default, and 1 row needs a value.")


def test_a_value_in_use_that_an_enum_loses_is_asked_about():
    users = table(Column("state", "status", default="'a'::status"))
    before = schema(users, dialect="postgresql", enums=(Enum("status", ("a", "b", "c")),))
    after = replace(before, enums=(Enum("status", ("a", "b")),))
    rows = {"evaluations": [{"id": 1, "state": "c"}, {"id": 2, "state": "a"}]}
    (only,) = asked(before, after, rows)
    assert (only.kind, only.sentence) == ("enum value", "status loses 'c', which 1 row has.")
    assert only.remedy.splitlines()[0].endswith("# your value")
    assert asked(before, after, {}) == ()
    (only,) = asked(
        schema(table(Column("state", "enum('a','b','c')")), dialect="mysql"),
        schema(table(Column("state", "enum('a','b')")), dialect="mysql"),
        rows,
    )
    assert (only.kind, only.sentence) == ("enum value", "evaluations.state loses 'c', which 1 row has.")


def test_a_column_that_may_be_a_rename_is_not_asked_to_be_filled_before_that_is_answered():
    after = schema(table(Column("full_name", "VARCHAR(50)", is_nullable=False), "tmp"))
    assert [each.kind for each in asked(BEFORE, after, ROWS)] == ["rename"]
    assert [each.kind for each in asked(BEFORE, after, ROWS, drop=["evaluations.name"])] == ["not null"]


def test_settled_renames_are_changes_for_the_diff():
    found = candidates(BEFORE, AFTER, diff(BEFORE, AFTER), {("evaluations", "columns", "full_name"): "name"})
    change = Change("rename", ("evaluations", "columns", "name"), "name", "full_name")
    assert decided(found, Answers()) == (change,)
    assert decided(found, Answers(drops=(("evaluations", "columns", "name"),))) == ()
    assert diff(BEFORE, AFTER, decided(found, Answers())).changes[0] == change


def test_an_answer_wins_over_what_the_models_say():
    before, after = schema(table("name", "tmp", name="a")), schema(table("title", name="b"))
    hints = {("b",): "a", ("b", "columns", "title"): "name"}
    found = candidates(before, after, diff(before, after), hints)
    answers = parse_answers(["a.tmp=title"], ["b.name"], before, after, found)
    assert answers == Answers(((("a", "columns", "tmp"), "title"),), (("a", "columns", "name"),))
    assert [each.path for each in decided(found, answers)] == [("a", "columns", "tmp"), ("a",)]
    assert [each.path for each in decided(found, replace(answers, drops=()))] == [("a", "columns", "tmp"), ("a",)]
