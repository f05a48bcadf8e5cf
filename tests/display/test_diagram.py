"""A diagram's picture: boxes do not touch, lines lead from a column to its table, the text says the same."""

from __future__ import annotations

import doctest
import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.display import bundle, layers
from migration_magics.display.diagram import drawing, outline
from migration_magics.display.layers import Joint, Size, inversions, place, settle
from migration_magics.model.diagram import Box, BoxLine, Diagram, Edge
from migration_magics.results import SchemaShown
from tests.display.schema_examples import SCHEMA

NAMES = "abcdefghij"
sizes = st.dictionaries(
    st.sampled_from(NAMES), st.builds(Size, st.integers(60, 300), st.integers(30, 500), st.just(12)), min_size=1
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Size], list[Joint]]:
    """Boxes and joints between them: with circles, several between two, and some to themselves."""
    boxes = draw(sizes)
    ends = st.sampled_from(sorted(boxes))
    return boxes, draw(st.lists(st.builds(Joint, ends, ends, st.integers(5, 25)), max_size=14))


@given(graphs(), st.sampled_from([300, 1000]))
def test_boxes_stand_apart_and_inside(graph: tuple[dict[str, Size], list[Joint]], page: int) -> None:
    boxes, joints = graph
    placed = place(boxes, joints, page)
    assert placed.boxes.keys() == boxes.keys()
    frames = {
        name: (left, top, left + width, top + boxes[name].height) for name, (left, top, width) in placed.boxes.items()
    }
    for one, other in combinations(frames.values(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for name, (left, top, right, bottom) in frames.items():
        assert left >= 0
        assert right - left >= boxes[name].width
        assert right <= placed.width
        assert top >= 0
        assert bottom <= placed.height


@given(graphs())
def test_lines_begin_at_their_column_and_end_at_their_table(graph: tuple[dict[str, Size], list[Joint]]) -> None:
    boxes, joints = graph
    placed = place(boxes, joints, 1000)
    for joint, route in zip(joints, placed.routes, strict=True):
        if joint.source == joint.target:
            assert route == ()
            continue
        for (x, y), name, offset in ((route[0], joint.source, joint.offset), (route[-1], joint.target, 12)):
            left, top, width = placed.boxes[name]
            assert x in (left, left + width)
            assert abs(y - top - offset) <= 1


@given(graphs())
def test_no_line_passes_through_a_box(graph: tuple[dict[str, Size], list[Joint]]) -> None:
    boxes, joints = graph
    placed = place(boxes, joints, 1000)
    for route in placed.routes:
        for (x, y), (to_x, _) in zip(route[1::2], route[2::2], strict=False):
            start, end = sorted((x, to_x))
            for name, (left, top, width) in placed.boxes.items():
                is_beside = left + width <= start or end <= left
                assert is_beside or not top < y < top + boxes[name].height


def test_what_is_referred_to_stands_left() -> None:
    boxes = {name: Size(100, 50, 12) for name in "abc"}
    placed = place(boxes, [Joint("b", "a", 20), Joint("c", "b", 20), Joint("c", "a", 40)], 1000)
    assert [placed.boxes[name][0] for name in "abc"] == [0, 164, 328]


def test_a_very_tall_layer_is_broken() -> None:
    boxes = {f"t{number:02}": Size(100, 100, 12) for number in range(40)}
    placed = place(boxes, [Joint(name, "t00", 20) for name in boxes if name != "t00"], 1000)
    assert placed.height < 2500
    assert len({left for left, _, _ in placed.boxes.values()}) > 3


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
def test_crossings_are_counted(pairs: list[tuple[float, float]]) -> None:
    crossing = [1 for (a, b), (c, d) in combinations(pairs, 2) if (a - c) * (b - d) < 0]
    assert inversions(pairs) == len(crossing)


@given(st.lists(st.tuples(st.integers(-100, 100), st.sampled_from([1, 4]), st.integers(1, 40)), min_size=1, max_size=8))
def test_places_keep_their_distance_and_come_as_near_as_they_can(wishes: list[tuple[int, int, int]]) -> None:
    wanted, weights, spans = (list(part) for part in zip(*wishes, strict=True))
    settled = settle(wanted, weights, spans)
    assert all(after - before >= span - 1e-6 for before, after, span in zip(settled, settled[1:], spans, strict=False))
    # moving all of them a little makes it no better: the weighted mean of what is missing is none
    missing = sum(weight * (place - want) for place, want, weight in zip(settled, wanted, weights, strict=True))
    assert abs(missing) < 1e-6 * (1 + sum(map(abs, wanted)) * 4 + sum(spans) * 4)


def test_the_examples_in_the_docstrings_hold() -> None:
    outcome = doctest.testmod(layers)
    assert (outcome.attempted > 0, outcome.failed) == (True, 0)


DRAWN = Diagram(
    (
        Box("a", (BoxLine("id", "int", ("PK",), is_nullable=False),)),
        Box("b", (BoxLine("id", "int", ("PK",)), BoxLine("a_id", "int", ("FK",), mark="add")), "alter", 3),
        Box("c", (), "drop"),
    ),
    (Edge("b", "a", ("a_id",), mark="add", is_optional=True), Edge("b", "b", ("id",))),
    2,
)


def test_the_outline_says_what_the_picture_shows() -> None:
    assert outline(DRAWN).split("\n") == [
        "a",
        "    id  int NOT NULL PK",
        "~ alter b",
        "    id    int PK",
        "  + a_id  int FK",
        "      … 3 more columns",
        "  + → a (a_id, may be NULL)",
        "    → b (id)",
        "- drop c",
        "… 2 more tables",
    ]


def test_marks_are_signs_and_words_in_the_picture_too() -> None:
    drawn = drawing(DRAWN)
    assert [box.title for box in drawn.boxes] == ["a", "~ alter b", "- drop c"]
    assert [line.sign for line in drawn.boxes[1].lines] == ["", "+"]
    assert drawn.boxes[1].more == "… 3 more columns"
    assert [(edge.mark, edge.is_dashed) for edge in drawn.edges] == [("", False), ("add", True)]
    assert drawn.title == "Diagram of 3 tables and 2 foreign keys"


def test_a_diagram_without_a_table_says_so() -> None:
    shown = bundle(SchemaShown(SCHEMA, "db", diagram=Diagram()))
    assert "No table to draw." in shown["text/plain"]
    assert "<svg" not in shown["text/html"]


@pytest.mark.parametrize("known", [("a", "nowhere"), ("nowhere", "a")])
def test_an_edge_to_a_table_that_is_not_drawn_is_not_drawn(known: tuple[str, str]) -> None:
    assert drawing(Diagram((Box("a", ()),), (Edge(*known),))).edges == ()


def test_the_picture_has_a_name_and_no_ids() -> None:
    html = bundle(SchemaShown(SCHEMA, "db", diagram=DRAWN))["text/html"]
    assert re.search(r'<svg class="mm-er" role="img"[^>]*><title>Diagram of 3 tables', html)
    assert not re.search(r'\sid="', html)
