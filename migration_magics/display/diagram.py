"""An entity-relationship diagram as shapes for one SVG, and as lines of text that say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.mermaid import mermaid
from .clean import one_line
from .layers import Joint, Placed, Size, place
from .layout import width
from .view import Code, Details
from .words import count, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.diagram import Box, BoxLine, Diagram, Edge

LEGEND = (
    "PK primary key · FK foreign key · UQ unique · NN NOT NULL · "
    "a line has its foot at the many side; dashed, it may be NULL"
)
PAGE = 1040
_HEAD, _LINE, _PAD = 24, 17, 9
_CHARACTER, _TITLE_CHARACTER = 6.7, 7.6
_SIGN, _KEY, _NOT_NULL, _BETWEEN = 12, 17, 20, 12
_NAME_LIMIT, _TYPE_LIMIT, _TITLE_LIMIT = 32, 26, 40
_NARROWEST = 120
_MARGIN = 14
_SMALLEST = 0.75
"""Letters get no smaller than three quarters of their size."""
_REACH = 26
"""How far a line bends before it turns; a line from a table to itself stands out by so much."""
_SHORT = (
    ("timestamp with time zone", "timestamptz"),
    ("timestamp without time zone", "timestamp"),
    ("time without time zone", "time"),
    ("character varying", "varchar"),
    ("double precision", "float8"),
)
_SIGNS = {"add": "+", "drop": "-", "alter": "~"}
_WORDS = {"add": "+ add", "drop": "- drop", "alter": "~ alter"}


@dataclass(frozen=True, slots=True)
class LineShape:
    """A column, at *y*: its baseline. *keys* are (x, text)."""

    y: int
    name_x: int
    sign: str
    mark: str
    keys: tuple[tuple[int, str], ...]
    name: str
    type: str
    type_x: int
    is_not_null: bool


@dataclass(frozen=True, slots=True)
class BoxShape:
    """A table: a frame, a title over a line, its columns, and how many more it has."""

    x: int
    y: int
    width: int
    height: int
    title: str
    mark: str
    lines: tuple[LineShape, ...]
    more: str
    more_y: int


@dataclass(frozen=True, slots=True)
class EdgeShape:
    """A foreign key: a line, and strokes for its ends: a foot at the many side, a bar at the one."""

    line: str
    ends: str
    mark: str
    is_dashed: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram in pixels, with what it shows in a sentence. It may get smaller down to *least_width*: then one scrolls."""

    width: int
    least_width: int
    height: int
    title: str
    boxes: tuple[BoxShape, ...]
    edges: tuple[EdgeShape, ...]


def drawing(diagram: Diagram) -> Drawing:
    """Return *diagram* as shapes; the same diagram gives the same ones."""
    boxes = {box.name: box for box in diagram.boxes}
    edges = [edge for edge in diagram.edges if edge.source in boxes and edge.target in boxes]
    sizes = {name: size_of(box) for name, box in boxes.items()}
    joints = [Joint(edge.source, edge.target, source_port(boxes[edge.source], edge)) for edge in edges]
    placed = place(sizes, joints, PAGE) if sizes else Placed({}, (), 0, 0)
    return drawn(boxes, edges, placed)


def drawn(boxes: dict[str, Box], edges: Sequence[Edge], placed: Placed) -> Drawing:
    """Return the shapes of *boxes*, by name, and of the *edges* between them, where all have their places already."""
    shapes = tuple(_box_shape(box, placed.boxes[name], size_of(box).height) for name, box in boxes.items())
    lines = [_edge_shape(edge, boxes, placed, index) for index, edge in enumerate(edges)]
    lines.sort(key=lambda line: bool(line.mark))
    title = f"Diagram of {count(len(boxes), 'table')} and {count(len(edges), 'foreign key')}"
    wide = placed.width + _MARGIN + _REACH
    return Drawing(wide, round(wide * _SMALLEST), placed.height + 2 * _MARGIN, title, shapes, tuple(lines))


def _lead(box: Box) -> int:
    """How far right the names of columns begin: signs and keys stand in front of them."""
    signs = _SIGN if any(line.mark for line in box.lines) else 0
    return _PAD + signs + _KEY * max((len(line.keys) for line in box.lines), default=0)


def size_of(box: Box) -> Size:
    """Return how much room a box takes."""
    names = max((width(_name(line)) for line in box.lines), default=0)
    types = max((width(_short(line.type)) for line in box.lines), default=0)
    not_null = _NOT_NULL if any(not line.is_nullable for line in box.lines) else 0
    columns = _lead(box) + (names + types) * _CHARACTER + _BETWEEN + not_null + _PAD
    title = width(_title(box)) * _TITLE_CHARACTER + 2 * _PAD
    rows = len(box.lines) + bool(box.hidden)
    wide = max(_NARROWEST, round(columns), round(title))
    return Size(wide, _HEAD + rows * _LINE + (6 if rows else 0), target_port(box))


def _short(type_: str) -> str:
    """Return a type by the shorter of its names, as PostgreSQL's manual has them (table 8.1)."""
    for long, short in _SHORT:
        type_ = type_.replace(long, short)
    return one_line(type_, _TYPE_LIMIT)


def _title(box: Box) -> str:
    sign = _WORDS.get(box.mark, "")
    name = one_line(box.name, _TITLE_LIMIT)
    if box.was:
        return f"~ rename {one_line(box.was, _TITLE_LIMIT)} → {name}"
    return f"{sign} {name}" if sign else name


def _name(line: BoxLine) -> str:
    """Return what a column is called, and was."""
    name = one_line(line.name, _NAME_LIMIT)
    return f"{one_line(line.was, _NAME_LIMIT)} → {name}" if line.was else name


def middle(index: int) -> int:
    """Return how far below the top of a box the middle of a line is."""
    return _HEAD + index * _LINE + _LINE // 2 + 3


def target_port(box: Box) -> int:
    """Return how far below its top lines to a box arrive: at its primary key."""
    return next((middle(index) for index, line in enumerate(box.lines) if "PK" in line.keys), _HEAD // 2)


def source_port(box: Box, edge: Edge) -> int:
    """Return how far below its top a foreign key leaves a box: at its first column."""
    return next((middle(index) for index, line in enumerate(box.lines) if line.name in edge.columns), _HEAD // 2)


def _box_shape(box: Box, at: tuple[int, int, int], height: int) -> BoxShape:
    left, top, wide = at
    x, y, lead = left + _MARGIN, top + _MARGIN, _lead(box)
    right = x + wide - _PAD - (_NOT_NULL if any(not line.is_nullable for line in box.lines) else 0)
    keys_at = x + _PAD + (_SIGN if any(line.mark for line in box.lines) else 0)
    lines = tuple(
        LineShape(
            y + middle(index) + 4,
            x + lead,
            _SIGNS.get(line.mark, ""),
            line.mark if line.mark in _SIGNS else "",
            tuple((keys_at + number * _KEY, key) for number, key in enumerate(line.keys)),
            _name(line),
            _short(line.type),
            right,
            not line.is_nullable,
        )
        for index, line in enumerate(box.lines)
    )
    more = f"… {count(box.hidden, 'more column')}" if box.hidden else ""
    mark = box.mark if box.mark in _SIGNS else ""
    return BoxShape(x, y, wide, height, _title(box), mark, lines, more, y + middle(len(box.lines)) + 4)


def _edge_shape(edge: Edge, boxes: dict[str, Box], placed: Placed, index: int) -> EdgeShape:
    mark = edge.mark if edge.mark in _SIGNS else ""
    if edge.source == edge.target:
        line, ends = _loop(boxes[edge.source], edge, placed.boxes[edge.source])
        return EdgeShape(line, ends, mark, edge.is_optional)
    points = [(x + _MARGIN, y + _MARGIN) for x, y in placed.routes[index]]
    side = 1 if points[1][0] > points[0][0] else -1
    return EdgeShape(_curve(points), _foot(*points[0], side) + _bar(*points[-1], -side), mark, edge.is_optional)


def _curve(points: Sequence[tuple[int, int]]) -> str:
    """Return a path that bends between layers and runs straight beside boxes; *points* are in pairs, as they are passed."""
    (x, y), *rest = points
    path = f"M{x} {y}"
    for index, (to_x, to_y) in enumerate(rest):
        is_between = index % 2 == 0
        if is_between and to_y != y:
            middle = (x + to_x) // 2
            path += f"C{middle} {y} {middle} {to_y} {to_x} {to_y}"
        else:
            path += f"H{to_x}"
        x, y = to_x, to_y
    return path


def _foot(x: int, y: int, side: int) -> str:
    return f"M{x + 10 * side} {y}L{x} {y - 5}M{x + 10 * side} {y}L{x} {y + 5}"


def _bar(x: int, y: int, side: int) -> str:
    return f"M{x + 7 * side} {y - 5}V{y + 5}"


def _loop(box: Box, edge: Edge, at: tuple[int, int, int]) -> tuple[str, str]:
    x, start = at[0] + at[2] + _MARGIN, at[1] + _MARGIN + source_port(box, edge)
    end = at[1] + _MARGIN + target_port(box)
    if start == end:
        end = at[1] + _MARGIN + _HEAD // 2
    line = f"M{x} {start}C{x + _REACH} {start} {x + _REACH} {end} {x} {end}"
    return line, _foot(x, start, 1) + _bar(x, end, 1)


def details(diagram: Diagram) -> tuple[Details, Details]:
    """Return what stands under the picture, and instead of it in text: its outline, and Mermaid for Markdown."""
    return (
        Details("Tables and what they refer to", Code(outline(diagram))),
        Details("Mermaid, to paste into Markdown", Code(mermaid(diagram))),
    )


def outline(diagram: Diagram) -> str:
    """Return *diagram* as text: each table, its columns and what it refers to under it."""
    leaving: dict[str, list[Edge]] = {}
    for edge in diagram.edges:
        leaving.setdefault(edge.source, []).append(edge)
    lines: list[str] = []
    for box in diagram.boxes:
        name_width = max((width(_whole_name(line)) for line in box.lines), default=0)
        lines.append(_title_line(box))
        lines += [_said(line, name_width) for line in box.lines]
        lines += [f"      … {count(box.hidden, 'more column')}"] if box.hidden else []
        lines += [_reference(edge) for edge in leaving.get(box.name, ())]
    if diagram.hidden:
        lines.append(f"… {count(diagram.hidden, 'more table')}")
    return "\n".join(lines)


def _title_line(box: Box) -> str:
    sign = _WORDS.get(box.mark, "")
    if box.was:
        return f"~ rename {one_line(box.was)} → {one_line(box.name)}"
    return f"{sign} {one_line(box.name)}" if sign else one_line(box.name)


def _whole_name(line: BoxLine) -> str:
    return f"{one_line(line.was)} → {one_line(line.name)}" if line.was else one_line(line.name)


def _said(line: BoxLine, name_width: int) -> str:
    name = _whole_name(line)
    filling = " " * (name_width - width(name))
    not_null = "" if line.is_nullable else " NOT NULL"
    keys = f" {' '.join(line.keys)}" if line.keys else ""
    return f"  {_SIGNS.get(line.mark, ' ')} {name}{filling}  {one_line(line.type)}{not_null}{keys}"


def _reference(edge: Edge) -> str:
    optional = ", may be NULL" if edge.is_optional else ""
    return f"  {_SIGNS.get(edge.mark, ' ')} → {one_line(edge.target)} ({one_line(listed(edge.columns))}{optional})"
