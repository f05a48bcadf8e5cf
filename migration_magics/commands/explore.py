"""Explore: everything about the history at once, to look around in. It reads files, and replays on scratch copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import MigrationError, ReplayInterrupted
from ..results import Explorer
from . import browse
from .sides import history_of, like_of

if TYPE_CHECKING:
    from ..engine.runner import OnStep
    from ..model.timeline import Timeline
    from ..results import Shown
    from .workspace import WorkspaceState

REPLAYED_AT_ONCE = 500
"""How many revisions are replayed without being asked: about a second of SQLite in memory."""


@dataclass(frozen=True, slots=True)
class Past:
    """A replay of the history, or why there is none: *problem*; neither, where it would take long and nobody has asked."""

    timeline: Timeline | None = None
    problem: MigrationError | None = None


def explore(ws: WorkspaceState, *, from_database: bool = False) -> Explorer:
    """Return the status, the history, and what each revision did to the schema as far as a replay can tell."""
    with ws.one_look():
        history = browse.history(ws)
        status = replace(browse.one_status(ws, is_looking_into_files=False), problems=history.notes)
        found = past(ws, is_from_database=from_database) if len(history.graph) else Past()
    timeline = found.timeline
    if timeline is not None:
        changes = {entry.revision: entry.diff for entry in timeline.entries}
        return Explorer(status, history, changes, timeline.place, timeline.notes, from_database)
    return Explorer(status, history, {}, "", _why_not(found, len(history.graph)), from_database)


def _why_not(found: Past, revisions: int) -> tuple[str, ...]:
    if found.problem is not None:
        hint = f" Try: {found.problem.hint}" if found.problem.hint else ""
        return (f"What each revision changed is not known: {found.problem.message}{hint}",)
    if revisions > REPLAYED_AT_ONCE:
        return (
            f"What each of {revisions:,} revisions changed is known after a replay: press Replay below, or %migrate blame.",
        )
    return ()


def past(
    ws: WorkspaceState, *, is_asked_for: bool = False, is_from_database: bool = False, on_step: OnStep | None = None
) -> Past:
    """Return the replay of what can be replayed. One that takes long is made only where it *is_asked_for*.

    With *is_from_database* it starts from what the database is now and walks outward from there.

    Raises ReplayInterrupted.
    """
    try:
        history, like = history_of(ws), like_of(ws)
        if on_step is not None:
            history = replace(history, on_step=on_step)
        if is_from_database:
            return Past(ws.timelines.known(history, like, is_from_database=True))
        kept = ws.timelines.kept(history, like)
        if kept is not None or not (is_asked_for or len(ws.chain.graph) <= REPLAYED_AT_ONCE):
            return Past(kept)
        return Past(ws.timelines.known(history, like))
    except ReplayInterrupted:
        raise
    except MigrationError as error:
        return Past(problem=error)


def is_another(ws: WorkspaceState, result: Explorer, *, is_brief: bool = False) -> bool:
    """Say whether the revisions are others now than those of *result*, or the database stands elsewhere.

    Where it *is_brief* the folders are looked at and not every file: one written over in place goes unnoticed.
    """
    history = result.history
    graph = ws.chain.kept_graph if is_brief else ws.chain.graph
    if graph.newest_first != history.revisions:
        return True
    return ws.has_connection and ws.heads_or_problem(ws.database)[0] != history.current


def one(ws: WorkspaceState, id_: str, found: Past) -> Shown:
    """Return one revision as `show` does, with the schema change of the replay that was *found*; nothing is replayed."""
    with ws.one_look():
        timeline = found.timeline
        changes = {entry.revision: entry.diff for entry in timeline.entries} if timeline is not None else {}
        notes = timeline.notes if timeline is not None else _why_not(found, len(ws.chain.graph))
        return browse.with_sql(ws, browse.in_full(ws, (id_,), (changes, notes)), (id_,))
