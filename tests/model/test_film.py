"""A history as a film: every moment, and a key per table through renames."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from migration_magics.model.diagram import MOST_TABLES, diagram
from migration_magics.model.diff import Change, SchemaDiff, diff
from migration_magics.model.film import Film
from migration_magics.model.schema import Column, ForeignKey, Schema, Table
from migration_magics.model.timeline import Entry, Timeline, schemas
from tests.schemas import timelines


def _table(name: str, *columns: str, to: str = "") -> Table:
    keys = (ForeignKey((columns[0],), to, ("id",), f"fk_{name}"),) if to else ()
    return Table(name, tuple(Column(each, "INTEGER", "integer") for each in columns), foreign_keys=keys)


def _timeline(*moments: Schema, hints: tuple[Change, ...] = ()) -> Timeline:
    pairs = zip((Schema("sqlite"), *moments), moments, strict=False)
    return Timeline(
        "sqlite", tuple(Entry(f"r{at}", diff(one, other, hints)) for at, (one, other) in enumerate(pairs, 1))
    )


def _schema(*tables: Table) -> Schema:
    return Schema("sqlite", tables)


def _keys(film: Film, at: int) -> dict[str, str]:
    return {box.name: film.key(at, box) for box in film.picture(at).boxes}


@settings(max_examples=40)
@given(timelines())
def test_each_moment_shows_its_schema_and_what_was_dropped_on_the_way(timeline: Timeline) -> None:
    film = Film(timeline)
    assert len(film) == len(timeline.entries) + 1
    for at, schema in enumerate((timeline.start, *(schema for _, schema in schemas(timeline)))):
        assert film.schema(at) == schema
        shown = {box.name for box in film.picture(at).boxes if box.mark != "drop"}
        assert shown == {table.key for table in schema.tables}
        keys = _keys(film, at)
        assert len(set(keys.values())) == len(keys)
        assert set(keys.values()) <= film.tables


@settings(max_examples=40)
@given(timelines())
def test_what_did_not_change_is_unmarked_and_as_in_a_plain_diagram(timeline: Timeline) -> None:
    film = Film(timeline)
    for at in range(len(film)):
        plain = {box.name: box for box in diagram(film.schema(at), limit=10_000).boxes}
        touched = {
            name
            for change in film.diff(at).changes
            for name in (change.path[0], change.after if change.kind == "rename" else "")
        }
        for box in film.picture(at).boxes:
            if box.name not in touched:
                assert box == plain[box.name]


def test_a_renamed_table_keeps_its_key_and_a_new_one_of_the_old_name_gets_another() -> None:
    rename = Change("rename", ("a",), "a", "b")
    first, second = _schema(_table("a", "id")), _schema(_table("b", "id"))
    both = _schema(_table("a", "x"), _table("b", "id"))
    entries = (
        Entry("r1", diff(Schema("sqlite"), first)),
        Entry("r2", diff(first, second, (rename,))),
        Entry("r3", diff(second, both)),
        Entry("r4", diff(both, _schema(_table("a", "x")))),
    )
    film = Film(Timeline("sqlite", entries))
    assert [schema for _, schema in schemas(film.timeline)][-1] == film.schema(4)
    assert [_keys(film, at) for at in range(5)] == [
        {},
        {"a": "a"},
        {"b": "a"},
        {"a": "a 2", "b": "a"},
        {"a": "a 2", "b": "a"},  # b, dropped, is still to be seen
    ]
    assert [box.mark for box in film.picture(4).boxes] == ["drop", ""]


def test_only_the_changed_tables_with_their_foreign_keys() -> None:
    one = _schema(_table("a", "id"), _table("b", "a_id", to="a"))
    other = replace(one, tables=(one.tables[0], _table("b", "a_id", "note", to="a")))
    film = Film(_timeline(one, other))
    changed = film.changed(2)
    assert [box.name for box in changed.boxes] == ["b"]
    assert [(edge.source, edge.target) for edge in changed.edges] == [("b", "a")]
    assert film.changed(0).boxes == ()


def test_too_many_tables_for_one_picture_are_shown_by_what_changes() -> None:
    many = tuple(_table(f"t{number:03}", "id") for number in range(MOST_TABLES + 1))
    film = Film(_timeline(_schema(*many), _schema(*many[:-1], _table(many[-1].name, "id", "x"))))
    assert film.is_partial
    assert [box.name for box in film.picture(2).boxes] == [many[-1].name]
    assert not Film(_timeline(_schema(*many[1:]))).is_partial


def test_a_history_that_starts_with_tables_shows_them_at_base() -> None:
    start = _schema(_table("a", "id"))
    film = Film(Timeline("sqlite", (Entry("r1", SchemaDiff()),), start))
    assert [box.name for box in film.picture(0).boxes] == ["a"]
    assert film.tables == {"a"}
    assert (film.revision(0), film.revision(1)) == ("", "r1")
