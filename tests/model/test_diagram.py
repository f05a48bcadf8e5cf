"""Diagrams of schemas: nothing is drawn that is not there, and nothing is left out unsaid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model import diagram as module
from migration_magics.model.diagram import Box, BoxLine, Edge, diagram, diagram_of_diff
from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.schema import Column, ForeignKey, Index, IndexPart, PrimaryKey, Schema, Table, Unique


def table(name: str, *targets: str, more: int = 0, nullable: bool = False) -> Table:
    """A table with a key, a column with a foreign key for each of *targets*, and *more* columns."""
    columns = (
        Column("id", "INTEGER", is_nullable=False),
        *(Column(f"{target}_id", "INTEGER", is_nullable=nullable) for target in targets),
        *(Column(f"c{number}", "TEXT") for number in range(more)),
    )
    keys = tuple(ForeignKey((f"{target}_id",), target, ("id",), f"fk_{name}_{target}") for target in targets)
    return Table(name, columns, PrimaryKey(("id",)), keys)


def schema(*tables: Table) -> Schema:
    return Schema("sqlite", tuple(sorted(tables, key=lambda one: one.key)))


CHAIN = schema(table("a"), table("b", "a"), table("c", "b"), table("d", "c"), table("e"))


def names(boxes: tuple[Box, ...]) -> list[str]:
    return [box.name for box in boxes]


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    every = draw(st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True))
    targets = st.lists(st.sampled_from([*every, "elsewhere"]), max_size=3, unique=True)
    return schema(*(table(name, *draw(targets), more=draw(st.integers(0, 3))) for name in every))


@given(schemas(), st.integers(0, 9))
def test_every_table_is_a_box_and_every_reference_inside_an_edge(drawn: Schema, limit: int) -> None:
    shown = diagram(drawn, limit=limit)
    assert names(shown.boxes) == [one.key for one in drawn.tables]
    inside = [(one.key, fk.target) for one in drawn.tables for fk in one.foreign_keys if drawn.table(fk.target)]
    assert sorted((edge.source, edge.target) for edge in shown.edges) == sorted(inside)
    for box, one in zip(shown.boxes, drawn.tables, strict=True):
        assert len(box.lines) + box.hidden == len(one.columns)


@given(schemas(), st.integers(0, 3))
def test_around_a_table_are_its_neighbours_and_the_rest_is_counted(drawn: Schema, depth: int) -> None:
    for one in drawn.tables:
        shown = diagram(drawn, around=one.key, depth=depth)
        wider = diagram(drawn, around=one.key, depth=depth + 1)
        assert one.key in names(shown.boxes)
        assert set(names(shown.boxes)) <= set(names(wider.boxes))
        assert len(shown.boxes) + shown.hidden == len(drawn.tables)
        assert depth > 0 or len(shown.boxes) == 1


def test_depth_goes_both_ways_along_references() -> None:
    assert names(diagram(CHAIN, around="b").boxes) == ["a", "b", "c"]
    assert names(diagram(CHAIN, around="b", depth=2).boxes) == ["a", "b", "c", "d"]
    assert diagram(CHAIN, around="nothing").boxes == ()


def test_a_line_says_its_keys_and_whether_it_may_be_null() -> None:
    columns = (Column("a", "INTEGER", is_nullable=False), Column("b", "TEXT"), Column("c", "TEXT"), Column("d", "TEXT"))
    one = Table(
        "t",
        columns,
        PrimaryKey(("a",)),
        (ForeignKey(("a",), "t", ("a",)),),
        (Unique(("b",)), Unique(("a", "d"))),
        indexes=(
            Index("i", (IndexPart("c"),), is_unique=True),
            Index("j", (IndexPart("d"),), is_unique=True, where="d > 0"),
        ),
    )
    assert diagram(schema(one)).boxes[0].lines == (
        BoxLine("a", "INTEGER", ("PK", "FK"), is_nullable=False),
        BoxLine("b", "TEXT", ("UQ",)),
        BoxLine("c", "TEXT", ("UQ",)),
        BoxLine("d", "TEXT"),
    )


def test_a_reference_that_may_be_null_is_optional() -> None:
    shown = diagram(schema(table("a"), table("b", "a"), table("c", "a", nullable=True)))
    assert [edge.is_optional for edge in shown.edges] == [False, True]


def test_a_big_schema_has_key_columns_only_and_says_so() -> None:
    many = schema(table("hub", more=5), *(table(f"t{number:03}", "hub", more=5) for number in range(199)))
    shown = diagram(many)
    assert len(shown.boxes) == 200
    assert {box.hidden for box in shown.boxes} == {5}
    assert [line.name for line in shown.boxes[1].lines] == ["id", "hub_id"]


def test_a_very_wide_table_is_cut_but_for_its_keys() -> None:
    shown = diagram(schema(table("a"), table("wide", *["a"], more=100))).boxes[1]
    assert [line.name for line in shown.lines][:3] == ["id", "a_id", "c0"]
    assert len(shown.lines) == 24
    assert shown.hidden == 78


def test_beyond_all_measure_the_most_connected_tables_are_kept() -> None:
    many = schema(table("z"), *(table(f"t{number:04}", *(["z"] if number < 3 else [])) for number in range(400)))
    shown = diagram(many)
    assert len(shown.boxes) == module.MOST_TABLES
    assert shown.hidden == 401 - module.MOST_TABLES
    assert {"z", "t0000", "t0001", "t0002"} <= set(names(shown.boxes))


def test_a_diff_shows_what_changes_marked_and_its_neighbours_briefly() -> None:
    new = Column("new", "TEXT")
    old = Column("old", "TEXT")
    a_before, a_after = table("a", more=2), table("a", more=2)
    a_before = Table("a", (*a_before.columns, old), a_before.primary_key)
    a_after = Table("a", (*a_after.columns, new), a_after.primary_key)
    gone = table("gone", "a")
    before = schema(a_before, table("b", "a", more=3), gone, table("far"))
    after = schema(a_after, table("b", "a", more=3), table("made", "a"), table("far"))
    diff = SchemaDiff(
        (
            Change("drop", ("a", "columns", "old"), old, None, 3),
            Change("add", ("a", "columns", "new"), None, new, 3),
            Change("drop", ("gone",), gone, None),
            Change("add", ("made",), None, table("made", "a")),
        )
    )
    shown = diagram_of_diff(before, after, diff)
    marks = {box.name: (box.mark, box.hidden, [line.mark for line in box.lines]) for box in shown.boxes}
    assert marks == {
        "a": ("alter", 0, ["", "", "", "add", "drop"]),
        "b": ("", 3, ["", ""]),
        "gone": ("drop", 0, ["", ""]),
        "made": ("add", 0, ["", ""]),
    }
    assert [(edge.source, edge.mark) for edge in shown.edges] == [("b", ""), ("gone", "drop"), ("made", "add")]


def test_foreign_keys_that_come_and_go_are_marked() -> None:
    """Also where their table stays; a renamed table or column bears its new name."""
    a, b = table("a"), table("b", "a")
    dropped = ForeignKey(("x",), "c", ("id",), "fk_old")
    diff = SchemaDiff(
        (
            Change("rename", ("was_a",), "was_a", "a"),
            Change("rename", ("b", "columns", "was_id"), "was_id", "id"),
            Change("add", ("b", "foreign keys", "fk_b_a"), None, b.foreign_keys[0]),
            Change("drop", ("b", "foreign keys", "fk_old"), dropped, None),
        )
    )
    shown = diagram_of_diff(schema(), schema(a, b, table("c")), diff)
    assert shown.edges == (
        Edge("b", "a", ("a_id",), "fk_b_a", "add"),
        Edge("b", "c", ("x",), "fk_old", "drop"),
    )
    assert {box.name: box.mark for box in shown.boxes} == {"a": "alter", "b": "alter", "c": ""}
    assert [line.mark for line in shown.boxes[1].lines] == ["alter", ""]
    assert [box.was for box in shown.boxes] == ["was_a", "", ""]
    assert [line.was for line in shown.boxes[1].lines] == ["was_id", ""]


def test_a_column_keeps_its_old_name_when_its_table_gets_another() -> None:
    """A diff renames columns first, by their tables' old names; names may be swapped on the way."""
    diff = SchemaDiff(
        (
            Change("rename", ("old", "columns", "key"), "key", "id"),
            Change("rename", ("old",), "old", "between"),
            Change("rename", ("between",), "between", "a"),
        )
    )
    (box,) = diagram_of_diff(schema(), schema(table("a")), diff).boxes
    assert (box.name, box.was, box.mark) == ("a", "old", "alter")
    assert [(line.name, line.was, line.mark) for line in box.lines] == [("id", "key", "alter")]


@given(schemas())
def test_nothing_changed_is_an_empty_diagram(drawn: Schema) -> None:
    shown = diagram_of_diff(drawn, drawn, SchemaDiff())
    assert (shown.boxes, shown.edges, shown.hidden) == ((), (), 0)
