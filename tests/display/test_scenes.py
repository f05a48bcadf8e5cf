"""A film as shapes: places that hold through all time."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings

from migration_magics.display.diagram import drawing
from migration_magics.display.scenes import FIRST, STEP, Scenes
from migration_magics.model.diff import Change, diff
from migration_magics.model.film import Film
from migration_magics.model.schema import Column, ForeignKey, PrimaryKey, Schema, Table
from migration_magics.model.timeline import Entry, Timeline
from tests.schemas import timelines

if TYPE_CHECKING:
    from migration_magics.display.scenes import Scene

KEY, X, Y, WIDTH, HEIGHT, TITLE, MARK, LINES = 0, 1, 2, 3, 4, 5, 6, 10


def _scenes(timeline: Timeline) -> list[Scene]:
    scenes = Scenes(Film(timeline))
    return [scenes.scene(at) for at in range(len(scenes.film))]


@settings(max_examples=40)
@given(timelines())
def test_a_table_has_one_place_through_all_time_and_none_covers_another(timeline: Timeline) -> None:
    every = _scenes(timeline)
    json.dumps(every)
    places: dict[str, set[tuple[int, int, int]]] = {}
    for scene in every:
        for box in scene["boxes"]:
            places.setdefault(box[KEY], set()).add((box[X], box[Y], box[WIDTH]))
            assert box[X] >= 0
            assert box[X] + box[WIDTH] <= scene["width"]
            assert box[Y] + box[HEIGHT] <= scene["height"]
        for one, other in combinations(scene["boxes"], 2):
            assert _are_apart(one, other)
    assert all(len(found) == 1 for found in places.values())
    assert len({(scene["width"], scene["height"]) for scene in every}) == 1


def _are_apart(one: list[Any], other: list[Any]) -> bool:
    return (
        one[X] + one[WIDTH] <= other[X]
        or other[X] + other[WIDTH] <= one[X]
        or one[Y] + one[HEIGHT] <= other[Y]
        or other[Y] + other[HEIGHT] <= one[Y]
    )


@settings(max_examples=20)
@given(timelines())
def test_a_scene_says_of_each_table_what_its_diagram_says(timeline: Timeline) -> None:
    film = Film(timeline)
    scenes = Scenes(film)
    for at in range(len(film)):
        picture = film.picture(at)
        alone = drawing(picture)
        told = scenes.scene(at)["boxes"]
        assert [box[TITLE] for box in told] == [shape.title for shape in alone.boxes]
        assert [[line[:2] for line in box[LINES]] for box in told] == [
            [[line.name, line.type] for line in shape.lines] for shape in alone.boxes
        ]


def _table(name: str, *columns: str, to: str = "") -> Table:
    keys = (ForeignKey((columns[-1],), to, ("id",)),) if to else ()
    made = tuple(Column(each, "INTEGER", "integer") for each in columns)
    return Table(name, made, PrimaryKey((columns[0],)), foreign_keys=keys)


def test_a_line_starts_where_its_column_stands_now() -> None:
    one = Schema("sqlite", (_table("a", "id"), _table("b", "id", "a_id", to="a")))
    other = Schema("sqlite", (_table("a", "id"), _table("b", "id", "x", "y", "a_id", to="a")))
    timeline = Timeline("sqlite", (Entry("r1", diff(Schema("sqlite"), one)), Entry("r2", diff(one, other))))
    _, first, second = _scenes(timeline)
    for scene, row in ((first, 1), (second, 3)):
        box = next(box for box in scene["boxes"] if box[KEY] == "b")
        start = box[Y] + FIRST + row * STEP - 4
        assert scene["edges"][0][1].startswith(f"M{box[X]} {start}")
    assert second["said"] == "2 tables, 2 changes in b: 2 added"


def test_a_renamed_table_stays_where_it_is() -> None:
    before, after = Schema("sqlite", (_table("a", "id"),)), Schema("sqlite", (_table("zzz", "id"),))
    rename = Change("rename", ("a",), "a", "zzz")
    entries = (Entry("r1", diff(Schema("sqlite"), before)), Entry("r2", diff(before, after, (rename,))))
    _, first, second = _scenes(Timeline("sqlite", entries))
    assert first["boxes"][0][:3] == second["boxes"][0][:3]
    assert second["boxes"][0][TITLE] == "~ rename a → zzz"
