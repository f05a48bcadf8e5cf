"""The graph laid out in lanes: one row per revision, lines between rows. Text, SVG and widget all draw from this."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .graph import Graph, Revision


@dataclass(frozen=True, slots=True)
class Edge:
    """A piece of line in the gap below a row, from one lane in that row to one in the next.

    It leads down to *parent*; lines to one parent share a lane as soon as they can. *starts* where the row's own revision
    begins it, otherwise it passes by. *is_dependency* where `depends_on` alone makes the line. *is_dangling* where
    *parent* is not shown: then it ends in this gap, in a lane where the next row has nothing.
    """

    from_lane: int
    to_lane: int
    parent: str
    starts: bool = False
    is_dependency: bool = False
    is_dangling: bool = False


@dataclass(frozen=True, slots=True)
class LaneRow:
    """One revision: its *lane*, counted from 0 at the left, and the *edges* in the gap below it, left to right.

    *width* is how many lanes the row and the gap need.
    """

    revision: str
    lane: int
    edges: tuple[Edge, ...]
    width: int


def lanes(graph: Graph, revisions: Iterable[Revision]) -> tuple[LaneRow, ...]:
    """Return one row per revision, in the order given: children before parents, as in `graph.newest_first`.

    *revisions* may be any part of *graph*; lines that leave it dangle. Raises ValueError for another order.
    """
    shown = tuple(revisions)
    layout = _Layout({revision.id for revision in shown})
    return tuple(layout.row(graph, revision) for revision in shown)


class _Layout:
    """Which lane waits for which revision, while rows are laid out from top to bottom."""

    def __init__(self, shown: set[str]) -> None:
        self._shown = shown
        self._to_come = set(shown)
        self._lane_of: dict[str, int] = {}
        self._is_dependency: dict[str, bool] = {}
        self._passing: dict[tuple[str, int, int, bool], Edge] = {}
        self._free: list[int] = []
        self._used = 0
        self._stub: int | None = None

    def row(self, graph: Graph, revision: Revision) -> LaneRow:
        lane = self._arrive(revision.id)
        if self._stub is not None:  # it ended above this row, and no lane of the row itself may look like its end
            heapq.heappush(self._free, self._stub)
        passing = [(parent, old, self._is_dependency[parent]) for parent, old in self._lane_of.items()]
        below = graph.below(revision.id)
        inside = [parent for parent in below if parent in self._shown]
        outside = [parent for parent in below if parent not in self._shown]
        released: list[int] = []
        is_kept = False
        for parent in inside:
            is_kept |= self._join(parent, revision, lane, released, is_kept=is_kept)
        self._stub = (self._take() if is_kept else lane) if outside else None
        if not is_kept and self._stub != lane:
            released.append(lane)
        edges = [self._pass(parent, old, self._lane_of[parent], is_dependency=flag) for parent, old, flag in passing]
        edges += [
            Edge(lane, self._lane_of[parent], parent, starts=True, is_dependency=parent not in revision.parents)
            for parent in inside
        ]
        edges += [
            Edge(
                lane,
                self._stub or 0,
                parent,
                starts=True,
                is_dependency=parent not in revision.parents,
                is_dangling=True,
            )
            for parent in outside
        ]
        for freed in released:
            heapq.heappush(self._free, freed)
        width = 1 + max((lane, *(max(edge.from_lane, edge.to_lane) for edge in edges)))
        if edges[1:]:
            edges.sort(key=lambda edge: (edge.from_lane, edge.to_lane, edge.parent))
        return LaneRow(revision.id, lane, tuple(edges), width)

    def _pass(self, parent: str, from_lane: int, to_lane: int, *, is_dependency: bool) -> Edge:
        """Return the line that passes by: one value for all rows that it passes in the same way, which are many."""
        key = parent, from_lane, to_lane, is_dependency
        found = self._passing.get(key)
        if found is None:
            found = self._passing[key] = Edge(from_lane, to_lane, parent, is_dependency=is_dependency)
        return found

    def _arrive(self, id_: str) -> int:
        """Return the lane that waits for the revision, or a free one."""
        if id_ not in self._to_come:
            message = f"{id_} is there twice"
            raise ValueError(message)
        self._to_come.remove(id_)
        lane = self._lane_of.pop(id_, None)
        return self._take() if lane is None else lane

    def _take(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        self._used += 1
        return self._used - 1

    def _join(self, parent: str, revision: Revision, lane: int, released: list[int], *, is_kept: bool) -> bool:
        """Give *parent* a lane, the leftmost of those it may have; True where that is the revision's own *lane*."""
        if parent not in self._to_come:
            message = f"{parent} comes before {revision.id}, which builds on it: the order must be newest first"
            raise ValueError(message)
        waiting = self._lane_of.get(parent)
        is_dependency = parent not in revision.parents
        self._is_dependency[parent] = is_dependency and (waiting is None or self._is_dependency[parent])
        if is_kept:
            if waiting is None:
                self._lane_of[parent] = self._take()
            return False
        if waiting is None or lane < waiting:
            self._lane_of[parent] = lane
            released += [] if waiting is None else [waiting]
            return True
        return False
