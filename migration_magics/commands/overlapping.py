"""Whether the branches that are merged touch the same objects: their revisions are replayed on a copy for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MigrationError, ReplayFailed
from ..model.overlap import overlaps
from .sides import history_of, like_of

if TYPE_CHECKING:
    from ..model.graph import Graph
    from ..model.overlap import Overlap
    from ..model.timeline import Entry
    from .workspace import WorkspaceState

REPLAYED_TO_MERGE = 500
"""How many revisions are replayed at most for it: about a second of SQLite in memory."""


def overlaps_of(ws: WorkspaceState, heads: tuple[str, ...]) -> tuple[tuple[Overlap, ...] | None, tuple[str, ...]]:
    """Return what more than one branch below *heads* touches since they parted; None, and a note, where it isn't known."""
    graph = ws.chain.graph
    try:
        with ws.one_look():
            if len(graph) > REPLAYED_TO_MERGE and ws.timelines.kept(history_of(ws), like_of(ws)) is None:
                return None, ("Whether the branches touch the same objects is not known: %migrate blame replays them.",)
            return overlaps(_entries(ws, graph, heads)), ()
    except MigrationError as error:
        return None, (f"Whether the branches touch the same objects is not known: {error.message}",)


def _entries(ws: WorkspaceState, graph: Graph, heads: tuple[str, ...]) -> dict[str, tuple[Entry, ...]]:
    """What each branch does of its own, by head."""
    lines = {head: graph.ancestors((head,)) for head in heads}
    shared = frozenset.intersection(*lines.values())
    history, like = history_of(ws), like_of(ws)
    try:
        together = ws.timelines.whole(history, like)
    except ReplayFailed:  # where both make the same thing, neither runs after the other
        alone = {head: ws.timelines.up_to(history, like, (head,)) for head in heads}
    else:
        alone = dict.fromkeys(heads, together)
    return {
        head: tuple(entry for entry in alone[head].entries if entry.revision in line - shared)
        for head, line in lines.items()
    }
