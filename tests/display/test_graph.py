"""The graph beside a history: whoever follows its lines downward arrives at a revision's parents, and nowhere else."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from migration_magics.display import bundle, text
from migration_magics.display.graph import graph_text, lane_shapes
from migration_magics.display.view import GraphRow
from migration_magics.display.views.history import graph_rows
from migration_magics.model.graph import Graph, Revision
from migration_magics.results import History
from migration_magics.settings import Settings

STROKES = dict(zip(" ╵╷│╴╯╮┤╶╰╭├─┴┬┼", range(16), strict=True)) | {"┊": 3}
ONE_WAY = {"▸": 4, "◂": 8}
"""Arrows, and from which side one may come to them."""
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Revisions r0, r1, ... of which each builds on up to three older ones, often the latest."""
    revisions: list[Revision] = []
    for number in range(draw(st.integers(1, 12))):
        older = [one.id for one in revisions]
        parents = draw(st.lists(st.sampled_from(older[-5:]), max_size=3, unique=True)) if older else []
        revisions.append(Revision(f"r{number:02}", tuple(parents)))
    return Graph(revisions)


def _history(graph: Graph, **more: object) -> History:
    return History(graph.newest_first, graph, graph.heads, **more)  # type: ignore[arg-type] - a test's shorthand


def _lines_of(rows: tuple[GraphRow, ...]) -> tuple[list[str], dict[tuple[int, int], int]]:
    """Return the drawing as lines and where (line, column) each row's node stands."""
    lines: list[str] = []
    nodes: dict[tuple[int, int], int] = {}
    for number, (row, drawn) in enumerate(zip(rows, graph_text(rows), strict=True)):
        nodes[len(lines), 2 * row.lane] = number
        lines += [drawn.node, *drawn.links]
    return lines, nodes


def _reached(lines: list[str], nodes: dict[tuple[int, int], int], start: tuple[int, int]) -> set[int]:
    """Return the rows one arrives at, walking down and sideways from a node along the strokes."""

    def strokes(line: int, column: int) -> int:
        character = lines[line][column : column + 1] if line < len(lines) else ""
        return STROKES.get(character or " ", 0)

    found: set[int] = set()
    walks = [(start[0] + 1, start[1], UP)]
    seen: set[tuple[int, int, int]] = set()
    while walks:
        line, column, came = walk = walks.pop()
        if (line, column) in nodes and came == UP:
            found.add(nodes[line, column])
            continue
        here = strokes(line, column)
        if lines[line : line + 1] and lines[line][column : column + 1] in ONE_WAY:
            here = LEFT | RIGHT if came == ONE_WAY[lines[line][column]] else 0
        if walk in seen or not here & came:
            continue
        seen.add(walk)
        # where two lines cross, one goes straight on; a bend never leads up again
        onward = (
            (DOWN if came == UP else came ^ (LEFT | RIGHT)) if here == UP | DOWN | LEFT | RIGHT else here & ~came & ~UP
        )
        walks += [(line + 1, column, UP)] if onward & DOWN else []
        walks += [(line, column - 1, RIGHT)] if onward & LEFT else []
        walks += [(line, column + 1, LEFT)] if onward & RIGHT else []
    return found


@given(graphs())
def test_the_lines_lead_to_the_parents(graph: Graph) -> None:
    rows = graph_rows(_history(graph), graph.newest_first)
    lines, nodes = _lines_of(rows)
    ids = [one.id for one in graph.newest_first]
    for place, number in nodes.items():
        reached = {ids[row] for row in _reached(lines, nodes, place)}
        assert reached == set(graph.newest_first[number].parents), "\n".join(lines)


@given(graphs())
def test_the_pictures_have_one_width_and_their_nodes_in_their_lanes(graph: Graph) -> None:
    rows = graph_rows(_history(graph), graph.newest_first)
    shapes = lane_shapes(rows)
    assert len({shape.width for shape in shapes}) == 1
    assert [shape.x for shape in shapes] == [12 + 20 * row.lane for row in rows]
    assert all(0 < shape.x < shape.width for shape in shapes)


@given(graphs(), st.integers(1, 3))
def test_the_lines_of_a_row_of_several_lines_reach_the_row_below(graph: Graph, lines: int) -> None:
    """Where each line leaves a row's picture, the next one's begins."""
    rows = graph_rows(_history(graph), graph.newest_first)
    shapes = lane_shapes(rows, [lines] * len(rows))
    assert {shape.height for shape in shapes} == {30 * lines}
    for row, shape in zip(rows, shapes, strict=True):
        ends = re.findall(r"(?:(?<=M)(\d+) \d+|(\d+) \d+)V(\d+)(?=M|$)", shape.solid + shape.dashed)
        down = {int(straight or curved) for straight, curved, bottom in ends if int(bottom) == 30 * lines}
        assert down == {12 + 20 * link.to_lane for link in row.links} or lines == 1


def test_the_picture_is_as_high_as_its_row() -> None:
    parents = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
    graph = Graph(Revision(id_, below, message="what it does") for id_, below in parents.items())
    heights = re.findall(r'class="mm-g".*?height="(\d+)"', bundle(_history(graph))["text/html"])
    assert heights == ["60", "60", "60", "30"]


def _line_of(length: int) -> Graph:
    return Graph(Revision(f"r{n:04}", (f"r{n - 1:04}",) if n else (), message=f"step {n}") for n in range(length))


def test_a_long_history_is_cut_and_says_how_much_is_left() -> None:
    shown = bundle(_history(_line_of(862)))
    assert "… 812 more, see .to_frame()" in shown["text/plain"]
    assert "… 812 more, see .to_frame()" in shown["text/html"]
    assert "862 revisions" in shown["text/plain"]
    assert shown["text/html"].count("<tr") == 51
    assert "r0812" in shown["text/plain"]
    assert "r0811" not in shown["text/plain"]


def test_the_limit_is_a_setting() -> None:
    drawn = text(_history(_line_of(9)), Settings(display_limit=4))
    assert re.findall(r"r\d{4}", drawn) == ["r0008", "r0007", "r0006", "r0005"]
    assert "… 5 more" in drawn


def test_a_history_of_very_many_branches_stays_on_the_page() -> None:
    root = Revision("r")
    graph = Graph((root, *(Revision(f"b{n:03}", ("r",)) for n in range(300))))
    shown = bundle(_history(graph), Settings(display_limit=400))
    assert max(map(len, shown["text/plain"].splitlines())) < 160
    assert "b299" in shown["text/plain"]
