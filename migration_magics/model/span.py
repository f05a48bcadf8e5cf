"""A part of a history with one way in and one way out: what one revision can stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import AuthoringProblem

if TYPE_CHECKING:
    from .graph import Graph


@dataclass(frozen=True, slots=True)
class Span:
    """The revisions *ids*, oldest first; they build on *parents* and depend on *requires*, and *end* is the last of them.

    *labels* are those they carry, *children* and *dependents* what stands directly on *end*.
    """

    ids: tuple[str, ...]
    parents: tuple[str, ...]
    end: str
    labels: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()


def span(graph: Graph, start: str | None, end: str) -> Span:
    """Return the revisions from *start* (None: the first) to *end*, both included.

    Raises AuthoringProblem where they are no part that one revision could stand for, saying which revision stands in the way.
    """
    below = graph.ancestors((end,))
    inside = below if start is None else below & graph.descendants((start,))
    if not inside:
        raise AuthoringProblem(
            f"{start} is not below {end}, so there is nothing between them.", hint="%migrate history"
        )
    ids = tuple(each.id for each in reversed(graph.newest_first) if each.id in inside)
    if len(ids) < 2:
        raise AuthoringProblem("That is one revision: there is nothing to squash.", hint="name a range: START:END")
    _refuse_ways_out(graph, inside, end)
    parents = _way_in(graph, inside, ids)
    requires = tuple(
        dict.fromkeys(name for id_ in ids for name in graph.requires(id_) if name not in inside and name not in parents)
    )
    labels = tuple(dict.fromkeys(label for id_ in ids for label in graph[id_].labels))
    return Span(ids, parents, end, labels, requires, graph.children(end), graph.dependents(end))


def _refuse_ways_out(graph: Graph, inside: frozenset[str], end: str) -> None:
    for id_ in sorted(inside - {end}):
        out = [upper for upper in graph.above(id_) if upper not in inside]
        if out:
            raise AuthoringProblem(
                f"{out[0]} is outside the range and builds on {id_}, which is inside: the history branches off there.",
                hint=f"end the range at {id_}, or merge the branches and end it at the merge",
            )


def _way_in(graph: Graph, inside: frozenset[str], ids: tuple[str, ...]) -> tuple[str, ...]:
    """What the range builds on; every revision that builds on something outside has to build on the same."""
    first = graph[ids[0]]
    for id_ in ids:
        parents = graph[id_].parents
        outside = tuple(name for name in parents if name not in inside)
        if id_ != first.id and (outside or not parents) and set(parents) != set(first.parents):
            what = f"builds on {outside[0]}, too" if outside else "begins another branch"
            raise AuthoringProblem(
                f"{id_} is inside the range and {what}, which is outside of it: there are two ways in.",
                hint="begin the range where the branches part",
            )
    return first.parents
