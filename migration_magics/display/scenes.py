"""A film as shapes: every table has one place from beginning to end, so that what moves is only what changed."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Any

from .clean import one_line
from .diagram import PAGE, BoxShape, Drawing, drawing, drawn, middle, size_of, source_port, target_port
from .layers import GAP_X, Joint, Placed, Size, place
from .ranks import GAP_Y
from .views.explore import said
from .words import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.diagram import Box, Diagram, Edge
    from ..model.film import Film

FIRST, STEP = middle(0) + 4, middle(1) - middle(0)
"""How far below the top of a box its first line stands, and each further one below the one before it, in pixels."""

Scene = dict[str, Any]
"""One moment, JSON-ready and short, for the widget that draws it; see `_scene`."""

_Link = tuple[str, str, tuple[str, ...]]


class Scenes:
    """The scenes of a *film*, laid out once, when the first is asked for."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self._sizes: dict[str, Size] = {}
        self._offsets: dict[_Link, int] = {}
        self._placed: Placed | None = None
        self._routes: dict[_Link, tuple[tuple[int, int], ...]] = {}

    def scene(self, at: int) -> Scene:
        """Return a moment of the film."""
        picture = self.film.picture(at)
        drawing_ = drawing(picture) if self.film.is_partial else self._drawn(at, picture)
        keys = [self.film.key(at, box) for box in picture.boxes]
        return {**_scene(picture, drawing_, keys), "said": self._said(at, picture), "partial": self.film.is_partial}

    def _said(self, at: int, picture: Diagram) -> str:
        tables = count(len([box for box in picture.boxes if box.mark != "drop"]), "table")
        return f"{count(len(self.film.schema(at).tables), 'table')}, {said(self.film.diff(at))}" if at else tables

    def _drawn(self, at: int, picture: Diagram) -> Drawing:
        placed = self._layout()
        keys = {box.name: self.film.key(at, box) for box in picture.boxes}
        boxes = {box.name: box for box in picture.boxes}
        places = {name: placed.boxes[key] for name, key in keys.items()}
        routes = tuple(self._route(edge, boxes, keys, places) for edge in picture.edges)
        return drawn(boxes, picture.edges, Placed(places, routes, placed.width, placed.height))

    def _route(
        self, edge: Edge, boxes: Mapping[str, Box], keys: Mapping[str, str], places: Mapping[str, tuple[int, int, int]]
    ) -> tuple[tuple[int, int], ...]:
        """The way found for all times, with its ends where the columns stand at this moment."""
        points = self._routes.get((keys[edge.source], keys[edge.target], edge.columns), ())
        if not points:  # to itself
            return points
        start = places[edge.source][1] + source_port(boxes[edge.source], edge)
        end = places[edge.target][1] + target_port(boxes[edge.target])
        return ((points[0][0], start), *points[1:-1], (points[-1][0], end))

    def _layout(self) -> Placed:
        if self._placed is None:
            for at in range(len(self.film)):
                self._make_room(at)
            links = list(self._offsets)
            joints = [Joint(link[0], link[1], self._offsets[link]) for link in links]
            self._placed = place(self._sizes, joints, self._width()) if self._sizes else Placed({}, (), 0, 0)
            self._routes = dict(zip(links, self._placed.routes, strict=True))
        return self._placed

    def _width(self) -> int:
        """As wide as makes of all boxes a picture half as high as wide, and no narrower than a page."""
        area = sum((size.width + GAP_X) * (size.height + GAP_Y) for size in self._sizes.values())
        return max(PAGE, isqrt(2 * area))

    def _make_room(self, at: int) -> None:
        """Let each box be as large as it ever is."""
        changed = self.film.changed(at)
        keys = {box.name: self.film.key(at, box) for box in changed.boxes}
        for box in changed.boxes:
            size, key = size_of(box), keys[box.name]
            known = self._sizes.get(key, size)
            self._sizes[key] = Size(max(size.width, known.width), max(size.height, known.height), size.port)
        boxes = {box.name: box for box in changed.boxes}
        for edge in changed.edges:
            if edge.source in boxes:
                target = keys.get(edge.target) or self.film.key_of(at, edge.target)
                self._offsets[keys[edge.source], target, edge.columns] = source_port(boxes[edge.source], edge)


def _scene(picture: Diagram, shapes: Drawing, keys: list[str]) -> Scene:
    """Return [key, x, y, width, height, title, mark, where names, types and keys stand, lines, rest] for each box.

    A line is [name, type, keys, sign, "NN" or ""]; an edge [key, path, path of its ends, mark, is dashed].
    """
    return {
        "width": shapes.width,
        "height": shapes.height,
        "boxes": [_box(key, box, shape) for key, box, shape in zip(keys, picture.boxes, shapes.boxes, strict=True)],
        "edges": [
            [f"{number}", edge.line, edge.ends, edge.mark, edge.is_dashed] for number, edge in enumerate(shapes.edges)
        ],
        "hidden": picture.hidden,
        "first": FIRST,
        "step": STEP,
    }


def _box(key: str, box: Box, shape: BoxShape) -> list[Any]:
    first = shape.lines[0] if shape.lines else None
    name_x, type_x = (first.name_x - shape.x, first.type_x - shape.x) if first else (0, 0)
    keys_x = min((line.keys[0][0] for line in shape.lines if line.keys), default=shape.x) - shape.x
    lines = [
        [line.name, line.type, [text for _, text in line.keys], line.sign, "NN" if line.is_not_null else ""]
        for line in shape.lines
    ]
    title = one_line(shape.title)
    return [
        key,
        shape.x,
        shape.y,
        shape.width,
        shape.height,
        title,
        box.mark,
        name_x,
        type_x,
        keys_x,
        lines,
        shape.more,
    ]
