"""What is shown of schemas and their changes: as much as fits, the rest counted, and nothing silently left out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from migration_magics.display import bundle, text
from migration_magics.display.schema_words import definition, differences, part_of
from migration_magics.display.views.explore import _changed
from migration_magics.model.blame import Event, Life
from migration_magics.model.diagram import diagram_of_diff
from migration_magics.model.diff import Change, SchemaDiff, diff
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
)
from migration_magics.results import Blamed, Checked, Compared, SchemaShown
from migration_magics.results.compare import BlamedRow
from migration_magics.settings import Settings

INTEGER = Column("n", "INTEGER", "integer")


def wide(name: str, columns: int) -> Table:
    return Table(name, tuple(Column(f"c{number}", "TEXT", "text") for number in range(columns)))


@pytest.mark.parametrize(
    "value, said",
    [
        (None, ""),
        (INTEGER, "INTEGER"),
        (Column("n", "INTEGER", "", is_nullable=False, default="0"), "INTEGER NOT NULL DEFAULT 0"),
        (Column("n", "INTEGER", identity=Identity(is_always=True)), "INTEGER GENERATED ALWAYS AS IDENTITY"),
        (Column("n", "TEXT", computed=Computed("a || b")), "TEXT AS (a || b) VIRTUAL"),
        (Column("n", "INTEGER", is_autoincrement=True), "INTEGER AUTOINCREMENT"),
        (
            Column("n", "TIMESTAMP", on_update="now()", collation="C", comment="when"),
            "TIMESTAMP ON UPDATE now() COLLATE C COMMENT when",
        ),
        (PrimaryKey(("a", "b"), "pk"), "(a, b) pk"),
        (
            Index("i", (IndexPart("a", is_descending=True, options="nocase"), IndexPart("b")), is_unique=True),
            "UNIQUE (a nocase DESC, b)",
        ),
        (
            Index("i", (IndexPart("a"),), method="gin", where="a > 0", included=("b",), options="fillfactor=70"),
            "(a) USING gin INCLUDE (b) WHERE a > 0 fillfactor=70",
        ),
        (
            ForeignKey(("a",), "t", ("id",), "fk", "CASCADE", "SET NULL", "FULL", "DEFERRABLE", is_validated=False),
            "(a) → t (id) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE NOT VALID",
        ),
        (Unique(("a",), "u", "DEFERRABLE", "NULLS NOT DISTINCT"), "(a) DEFERRABLE NULLS NOT DISTINCT"),
        (Check("a > 0", is_validated=False), "a > 0 NOT VALID"),
        (Exclusion("EXCLUDE (a WITH =)"), "EXCLUDE (a WITH =)"),
        (Trigger("t", "CREATE TRIGGER t"), "CREATE TRIGGER t"),
        (Table("t", (INTEGER,)), "1 column: n"),
        (Table("t"), "no columns"),
        (View("v", "SELECT 1"), "SELECT 1"),
        (Enum("e", ("a", "b")), "(a, b)"),
        (
            Domain("d", "INTEGER", is_nullable=False, default="0", checks=(Check("VALUE > 0"),), collation="C"),
            "INTEGER NOT NULL DEFAULT 0 COLLATE C CHECK (VALUE > 0)",
        ),
        (Sequence("s", "bigint", (("CACHE", "5"),), "t.id"), "bigint CACHE 5 OWNED BY t.id"),
        (Sequence("s"), "as usual"),
        (("b", "a"), "b, a"),
        ("postgresql", "postgresql"),
    ],
)
def test_every_part_is_said_near_to_sql(value: object, said: str) -> None:
    assert definition(value) == said


@pytest.mark.parametrize(
    "before, after, said",
    [
        (INTEGER, Column("n", "BIGINT", "integer", is_nullable=False), (("INTEGER", "BIGINT"), ("NULL", "NOT NULL"))),
        (INTEGER, Column("n", "INTEGER", "integer", default="0"), (("no default", "DEFAULT 0"),)),
        (INTEGER, Column("n", "INTEGER", "integer", comment="x"), (("no comment", "comment: x"),)),
        (INTEGER, Column("n", "INTEGER", "number"), (("family integer", "family number"),)),
        (INTEGER, Column("n", "INTEGER", "integer", collation="C"), (("", "COLLATE C"),)),
        (Check("a"), Check("b"), (("a", "b"),)),
        (Unique(("a",), "x"), Unique(("a",), "y"), (("name x", "name y"),)),
        (None, "words", (("", "words"),)),
    ],
)
def test_only_what_differs_is_said_of_a_change(before: object, after: object, said: object) -> None:
    assert differences(before, after) == said


@pytest.mark.parametrize(
    "path, said",
    [
        (("t",), ("table", "t")),
        (("t", "columns", "c"), ("column", "c")),
        (("t", "primary key"), ("primary key", "")),
        (("t", "uniques", "u"), ("unique constraint", "u")),
        (("", "enums", "e"), ("enum", "e")),
        (("", "dialect"), ("dialect", "")),
        (("t", "unheard of", "x"), ("unheard of", "x")),
        ((), ("table", "")),
    ],
)
def test_a_path_is_said_in_words(path: tuple[str, ...], said: tuple[str, str]) -> None:
    assert part_of(path) == said


def added(*tables: Table) -> SchemaDiff:
    return SchemaDiff(tuple(Change("add", (table.key,), None, table) for table in tables))


def test_changes_are_shown_up_to_the_limit_and_the_rest_is_counted() -> None:
    columns = tuple(Change("add", ("t", "columns", f"c{n:04}"), None, INTEGER, n) for n in range(862))
    result = Compared("a", "b", SchemaDiff(columns))
    shown = bundle(result)
    assert "… 812 more, see .to_frame()" in shown["text/plain"]
    assert "… 812 more, see .to_frame()" in shown["text/html"]
    assert ("c0049" in shown["text/plain"], "c0050" in shown["text/plain"]) == (True, False)
    assert len(result.records()) == 862


def test_a_new_table_is_told_column_by_column_while_there_is_room() -> None:
    assert text(Compared("a", "b", added(wide("t", 5)))).count("+ add   column") == 5
    crowded = text(Compared("a", "b", added(*(wide(f"t{n:02}", 20) for n in range(40)))))
    assert crowded.count("+ add   column") == 0
    assert crowded.count("20 columns: c0, c1") == 40


@pytest.mark.parametrize("kind, word", [("add", "after"), ("drop", "before")])
def test_a_side_on_which_nothing_stands_has_no_column(kind: str, word: str) -> None:
    values = (None, INTEGER) if kind == "add" else (INTEGER, None)
    shown = text(Compared("a", "b", SchemaDiff((Change(kind, ("t", "columns", "n"), *values),))))  # type: ignore[arg-type] - parametrized
    header = next(line for line in shown.splitlines() if line.startswith("change"))
    assert header.split() == ["change", "what", word]


def test_no_differences_are_said_in_one_sentence() -> None:
    assert "No differences: head and db have the same schema." in text(Compared("head", "db", SchemaDiff()))


def test_check_tells_agreement_from_what_was_not_compared() -> None:
    shown = text(Checked(SchemaDiff(), added(wide("t", 2)), None))
    assert re.search("models and database +agree", shown)
    assert re.search("history and database +1 difference", shown)
    assert re.search("models and history +not compared", shown)


@pytest.mark.parametrize(
    "models, history, word",
    [
        (SchemaDiff(), SchemaDiff(), "(clean)"),
        (None, SchemaDiff(), "(clean as far as compared)"),
        (None, None, "(nothing compared)"),
        (None, added(wide("t", 1)), "(! not clean)"),
    ],
)
def test_clean_is_said_only_of_what_was_compared(
    models: SchemaDiff | None, history: SchemaDiff | None, word: str
) -> None:
    assert text(Checked(models, history)).splitlines()[0] == f"Check {word}"


def test_a_big_schema_is_an_overview_and_says_how_to_see_more() -> None:
    tables = tuple(wide(f"t{number:03}", 9) for number in range(200))
    shown = text(SchemaShown(Schema("sqlite", tables), "db"))
    assert "200 tables" in shown
    assert "… 150 more, see .to_frame()" in shown
    assert "%migrate schema db TABLE" in shown
    assert "c0" not in shown


def test_what_is_seen_but_not_compared_is_named_by_kind() -> None:
    seen = (*(Seen("function", f"f{number:02}") for number in range(14)), Seen("policy", "p"))
    shown = text(SchemaShown(Schema("postgresql", seen=seen), "db"))
    assert "Seen, not compared: function f00, f01" in shown
    assert "f09 and 4 more" in shown
    assert "Seen, not compared: policy p" in shown
    assert "f10" not in shown


def test_very_many_views_and_enums_are_cut() -> None:
    views = tuple(View(f"v{number}", "SELECT 1") for number in range(9))
    enums = tuple(Enum(f"e{number}", ("a",)) for number in range(9))
    shown = text(SchemaShown(Schema("postgresql", views=views, enums=enums), "db"), Settings(display_limit=4))
    assert shown.count("… 5 more, see .to_dict()") == 2
    assert ("view v3" in shown, "view v4" in shown) == (True, False)


def test_blame_without_known_revisions_still_says_their_ids() -> None:
    rows = (BlamedRow(("t", "columns", "a"), "r1", "r2"), BlamedRow(("t", "columns", "b"), "", ""))
    shown = text(Blamed("t", rows))
    assert re.search(r"column a +r1 +r2", shown)
    assert re.search(r"column b +before the history +as created", shown)


def test_a_life_is_told_event_by_event_in_place_of_the_table() -> None:
    row = BlamedRow(("t", "columns", "a"), "r1", "r2", "INTEGER NOT NULL")
    life = Life(row.path, "r1", "r2", "", (Event("r1", Change("add", row.path, None, INTEGER)),))
    shown = text(Blamed("t.a", (row,), (life,)))
    assert "column t.a · INTEGER NOT NULL · 1 event" in shown
    assert re.search(r"r1 +\+ add column a INTEGER", shown)
    assert "created by" not in shown


def test_very_much_that_is_not_compared_is_cut() -> None:
    result = Compared("a", "b", SchemaDiff(), not_compared=tuple(f"function f{number:03}" for number in range(200)))
    assert "… 150 more, see .to_dict()" in text(result)


RENAMED = SchemaDiff(
    (
        Change("rename", ("users", "columns", "mail"), "mail", "email"),
        Change("rename", ("users",), "users", "accounts"),
        Change("add", ("accounts", "columns", "age"), None, Column("age", "integer")),
        Change("drop", ("gone",), Table("gone")),
    )
)


def test_a_renamed_table_is_one_table() -> None:
    shown = text(Compared("a1", "e1", RENAMED))
    assert "4 changes in 2 tables" in shown
    assert "accounts (~ alter) · 3 changes" in shown
    assert "users (~ alter)" not in shown


def test_a_picture_has_the_old_names() -> None:
    after = Schema("sqlite", (Table("accounts", (Column("email", "TEXT"), Column("age", "integer"))),))
    shown = text(Compared("a1", "e1", RENAMED, diagram=diagram_of_diff(Schema("sqlite"), after, RENAMED)))
    assert "~ rename users → accounts" in shown
    assert "~ mail → email" in shown


def test_one_table_that_is_the_same_is_all_that_is_said() -> None:
    shown = text(Compared("models", "db", SchemaDiff(), table="other.t"))
    assert "other.t is the same in models and db" in shown
    assert "No differences" not in shown


def test_what_the_history_lacks_is_not_listed_twice() -> None:
    lacking = added(wide("lacking", 2))
    shown = text(Checked(lacking, SchemaDiff(), lacking))
    assert "The same as between models and database." in shown
    assert shown.count("lacking (+ add table)") == 1
    assert text(Checked(lacking, SchemaDiff(), added(wide("more", 2)))).count("(+ add table)") == 2


def test_what_is_not_compared_with_models_may_be_with_the_history() -> None:
    shown = text(Checked(SchemaDiff(), SchemaDiff(), not_checked=("functions: f()",), not_with_models=("views: v",)))
    lead, _, rest = shown.partition("Compared by nobody:")
    assert "Not compared with the models:\n\n- views: v" in lead
    assert "- functions: f()" in rest


@pytest.mark.parametrize(
    "schema, said",
    [
        (Schema("sqlite", views=(View("v", "SELECT 1"),)), "SELECT 1"),
        (Schema("postgresql", enums=(Enum("v", ("sad", "glad")),)), "(sad, glad)"),
        (Schema("postgresql", sequences=(Sequence("v", "bigint"),)), "bigint"),
        (Schema("sqlite"), "Nothing is called so."),
    ],
)
def test_what_is_no_table_is_shown_in_full(schema: Schema, said: str) -> None:
    shown = text(SchemaShown(schema, "db", "v"))
    assert said in shown
    assert "of db" in shown.splitlines()[0]


def test_the_sequence_of_a_serial_is_no_change_beside_its_table():
    """PostgreSQL makes one for an integer primary key; one that belongs to no column is told."""
    key = Table("t", (Column("id", "INTEGER"),))
    before = Schema("postgresql")
    after = replace(before, tables=(key,), sequences=(Sequence("t_id_seq", "integer", owner="t.id"),))
    assert " ".join(piece.text for piece in _changed(diff(before, after))) == "+ t"
    assert " ".join(piece.text for piece in _changed(diff(after, before))) == "- t"
    free = replace(before, sequences=(Sequence("own", "bigint"),))
    assert " ".join(piece.text for piece in _changed(diff(before, free))) == "~ types"
