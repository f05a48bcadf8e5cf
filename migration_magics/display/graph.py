"""The revision graph beside a table's rows: as characters for a terminal, as numbers for one small SVG a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .view import GraphRow, Link

LANE_HEIGHT = 30
_LANE_WIDTH = 20
_FIRST_LANE_X = 12
_MIDDLE = LANE_HEIGHT // 2
_MOST_LANES = 24
"""Lanes further right are not drawn: the table would leave the screen. The words beside them say the same."""

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_BOXES = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"


@dataclass(frozen=True, slots=True)
class GraphText:
    """A row's characters: beside its first line, beside its further lines, and the lines that lead to the next row."""

    node: str
    between: str
    links: tuple[str, ...]


def _drawn(rows: Sequence[GraphRow]) -> list[tuple[GraphRow, tuple[Link, ...]]]:
    return [(row, tuple(link for link in row.links if max(link.from_lane, link.to_lane) < _MOST_LANES)) for row in rows]


def graph_text(rows: Sequence[GraphRow]) -> tuple[GraphText, ...]:
    """Return the graph in box-drawing characters, two columns a lane; empty for no rows."""
    drawn: list[GraphText] = []
    above: tuple[Link, ...] = ()
    every = _drawn(rows)
    for index, (row, links) in enumerate(every):
        passing = {link.to_lane: link.is_dashed for link in above if link.to_lane != row.lane and not link.is_stub}
        leaving = {link.from_lane: link.is_dashed for link in links}
        between = _transitions(links)
        if not between and index + 1 < len(every) and _would_touch(row, links, every[index + 1][0]):
            between = [_line(leaving)]
        drawn.append(GraphText(_line(passing, row), _line(leaving), tuple(between)))
        above = links
    return tuple(drawn)


def glyphs(rows: Sequence[GraphRow]) -> tuple[str, ...]:
    """Return each row's own characters, all of one width and without spaces that a front end could drop."""
    nodes = [row.node for row in graph_text(rows)]
    longest = max(map(len, nodes), default=0)
    return tuple(node.ljust(longest).replace(" ", "\N{NO-BREAK SPACE}") for node in nodes)


def _would_touch(row: GraphRow, links: Sequence[Link], below: GraphRow) -> bool:
    """Return whether two nodes stand one under the other and yet are not joined: they need a line between them."""
    return row.lane == below.lane and all(link.to_lane != below.lane for link in links)


def _line(lanes: dict[int, bool], row: GraphRow | None = None) -> str:
    nodes = {row.lane: "●" if row.is_filled else "○"} if row and row.lane < _MOST_LANES else {}
    every = {lane: "┊" if is_dashed else "│" for lane, is_dashed in lanes.items()} | nodes
    return " ".join(every.get(lane, " ") for lane in range(max(every, default=-1) + 1))


def _transitions(links: Sequence[Link]) -> list[str]:
    """Return one line for all links that change lanes, more only where a reader could take a wrong turn."""
    waiting = list({(link.from_lane, link.to_lane): link for link in links if link.from_lane != link.to_lane}.values())
    settled = {link.from_lane: link.is_dashed for link in links if link.from_lane == link.to_lane}
    stubs = {link.to_lane for link in links if link.is_stub}
    drawn: list[str] = []
    while waiting:
        moving = _moving_together(waiting, settled)
        waiting = [link for link in waiting if link not in moving]
        standing = settled | {link.from_lane: link.is_dashed for link in waiting}
        drawn.append(_transition(moving, standing))
        settled |= {link.to_lane: link.is_dashed for link in moving}
    if stubs:
        drawn.append(_transition((), {lane: is_dashed or lane in stubs for lane, is_dashed in settled.items()}))
    return drawn


def _moving_together(waiting: Sequence[Link], settled: Iterable[int]) -> list[Link]:
    """Return the links that one line can show; a lane must be left before another link moves into it."""
    moving: list[Link] = []
    for link in waiting:
        rest = [other for other in waiting if other is not link and other not in moving]
        busy = {*settled, *(other.from_lane for other in rest)}
        is_blocked = any(other.from_lane == link.to_lane for other in waiting if other is not link)
        if not is_blocked and all(_fit(link, other, busy) for other in moving):
            moving.append(link)
    return moving or list(waiting[:1])


def _fit(one: Link, other: Link, busy: set[int]) -> bool:
    """Return whether two links share a line without crossing: apart, or side by side from or to one lane."""
    low, high = sorted((one.from_lane, one.to_lane)), sorted((other.from_lane, other.to_lane))
    if low[1] < high[0] or high[1] < low[0]:
        return True
    if (one.to_lane > one.from_lane) != (other.to_lane > other.from_lane):
        return False
    if one.from_lane == other.from_lane:
        nearer = min(one.to_lane, other.to_lane, key=lambda lane: abs(lane - one.from_lane))
        return nearer not in busy
    if one.to_lane == other.to_lane:
        nearer = min(one.from_lane, other.from_lane, key=lambda lane: abs(lane - one.to_lane))
        return nearer not in busy
    return False


def _transition(moving: Sequence[Link], standing: dict[int, bool]) -> str:
    strokes = {2 * lane: _UP | _DOWN for lane in standing}
    for link in moving:
        start, end = 2 * link.from_lane, 2 * link.to_lane
        forward, backward = (_RIGHT, _LEFT) if end > start else (_LEFT, _RIGHT)
        strokes[start] = strokes.get(start, 0) | _UP | forward
        strokes[end] = strokes.get(end, 0) | _DOWN | backward
        for column in range(min(start, end) + 1, max(start, end)):
            strokes[column] = strokes.get(column, 0) | _LEFT | _RIGHT
    characters = {column: _BOXES[stroke] for column, stroke in strokes.items()}
    for lane, is_dashed in standing.items():
        if is_dashed and strokes[2 * lane] == _UP | _DOWN:
            characters[2 * lane] = "┊"
    for link in moving:
        if link.to_lane in standing and _forks(link, moving, standing):
            is_right = link.to_lane > link.from_lane
            characters[2 * link.to_lane + (-1 if is_right else 1)] = "▸" if is_right else "◂"
    return "".join(characters.get(column, " ") for column in range(max(characters, default=-1) + 1))


def _forks(link: Link, moving: Sequence[Link], standing: Iterable[int]) -> bool:
    """Return whether *link* leaves a lane that also leads elsewhere: then only an arrow tells which way a line goes."""
    return link.from_lane in standing or any(
        other is not link and other.from_lane == link.from_lane for other in moving
    )


@dataclass(frozen=True, slots=True)
class LaneShapes:
    """One row's picture in pixels: two paths and a circle."""

    width: int
    height: int
    solid: str
    dashed: str
    x: int
    y: int
    radius: int
    is_filled: bool


def lane_shapes(rows: Sequence[GraphRow], lines: Sequence[int] = ()) -> tuple[LaneShapes, ...]:
    """Return one picture a row, all of one width, so that the lanes stay aligned; empty for no rows.

    *lines* says how many lines of text stand beside each, one where it is not given: the lanes go on beside all of them.
    """
    lanes = max((row.width for row in rows), default=1)
    width = _x(min(lanes, _MOST_LANES) - 1) + _FIRST_LANE_X
    shapes: list[LaneShapes] = []
    above: tuple[Link, ...] = ()
    for index, (row, links) in enumerate(_drawn(rows)):
        height = LANE_HEIGHT * (lines[index] if lines else 1)
        solid, dashed = _paths(row, above, links, height)
        x = _x(min(row.lane, _MOST_LANES - 1))
        shapes.append(LaneShapes(width, height, solid, dashed, x, _MIDDLE, _radius(row), row.is_filled))
        above = links
    return tuple(shapes)


def _x(lane: int) -> int:
    return _FIRST_LANE_X + lane * _LANE_WIDTH


def _radius(row: GraphRow) -> int:
    return 6 if row.is_here else 5


def _paths(row: GraphRow, above: Sequence[Link], links: Sequence[Link], height: int) -> tuple[str, str]:
    """Return the solid and the dashed path. Lines end at the node's rim: an open circle shows what is behind it."""
    paths: dict[bool, list[str]] = {False: [], True: []}
    for lane, is_dashed in {(link.to_lane, link.is_dashed): None for link in above if not link.is_stub}:
        paths[is_dashed].append(f"M{_x(lane)} 0V{_MIDDLE - (_radius(row) if lane == row.lane else 0)}")
    for link in links:
        start, end = _x(link.from_lane), _x(link.to_lane)
        bottom, top = LANE_HEIGHT, _MIDDLE + (_radius(row) if link.from_lane == row.lane else 0)
        further = f"V{height}" if height > bottom else ""
        bent = f"C{start} {bottom - 5} {end} {_MIDDLE + 7} {end} {bottom}{further}"
        curve = f"V{height}" if start == end else bent
        paths[link.is_dashed or link.is_stub].append(f"M{start} {top}{curve}")
    return "".join(paths[False]), "".join(paths[True])
