"""Interact: one revision operation by operation on a copy. The database in use is only read."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..engine import planner
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import MigrationError, MoveFailed, Refused, ReplayInterrupted, UsageProblem
from ..lab import copies, scratch
from ..lab.asking import asked
from ..lab.stepping import stand_before, stay_after, walk
from ..model.change_words import what
from ..model.diff import diff
from ..results import Answer, Stepper, StopShown
from .rehearse import ROWS, copy_for
from .sides import history_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..engine.database import Database
    from ..lab.replay import History
    from ..lab.stepping import Walked
    from ..model.diff import Change
    from ..model.plan import Direction, PlannedStep
    from ..model.schema import Schema
    from .workspace import WorkspaceState

    _Standing = Callable[[], contextlib.AbstractContextManager[tuple[copies.Copy, PlannedStep]]]

MOST_NAMED = 3
"""How many things that were not restored are named."""


def step(
    ws: WorkspaceState,
    *,
    revision: str,
    down: bool = False,
    at: int | None = None,
    ask: str | None = None,
    rows: int | None = None,
    full: bool = False,
) -> Stepper | StopShown:
    """Return what each operation of *revision* did on a copy; *at* N: the copy after N operations, and what it answers.

    *down* steps its downgrade. The copy is dropped before it returns. Raises UsageProblem, RevisionNotFound and its kin,
    NoScratch, and what copying raises; what the revision does wrong is in the result.
    """
    with ws.one_look():
        id_ = _one(ws, revision)
        direction: Direction = "downgrade" if down else "upgrade"
        if direction == "downgrade" and not ws.chain.has_downgrade(ws.chain.graph[id_]):
            raise UsageProblem(f"{id_} has no downgrade to step through.", hint=f"%migrate step {id_}")
        history = history_of(ws)
        from_copy = partial(_standing, ws, history, id_, direction, rows=rows, full=full)
        from_empty = partial(_from_empty, ws, history, id_, direction)
        is_undone = direction == "upgrade" and ws.has_connection and id_ in _applied(ws)
        if ask is not None:
            is_unfit = is_undone and not _runs(history, direction, from_copy) and _runs(history, direction, from_empty)
            with (from_empty if is_unfit else from_copy)() as (copy, planned):
                return _asked(history, copy, (planned, direction), at, ask)
        stepper, start = _walked(history, direction, from_copy)
        if is_undone and stepper.problem:
            other, wanted = _walked(history, direction, from_empty)
            if not other.problem:  # so it is the start that is at fault
                stepper = replace(other, notes=(_unfit(id_, start, wanted), *other.notes))
    return stepper if at is None else stepper.after(at)


def _walked(history: History, direction: Direction, standing: _Standing) -> tuple[Stepper, Schema]:
    """Step through it, and return the schema that it began with, too."""
    with standing() as (copy, planned):
        start = _schema(history, copy.database)
        return _result(copy, planned, direction, walk(history, copy.database, planned, direction)), start


def _runs(history: History, direction: Direction, standing: _Standing) -> bool:
    with standing() as (copy, planned):
        try:
            stay_after(history, copy.database, planned, direction, None)
        except (MoveFailed, Refused):
            return False
        return True


def _schema(history: History, database: Database) -> Schema:
    return without(database.run(reflect), version_tables(history.calls(database)))


def _applied(ws: WorkspaceState) -> frozenset[str]:
    return frozenset(ws.chain.graph.ancestors(ws.heads_of(ws.database)))


def _unfit(revision: str, start: Schema, wanted: Schema) -> str:
    """Why a copy is no fair start, where downgrades made *start* and the history itself makes *wanted*."""
    missing = diff(wanted, start).changes
    named = [_named(change) for change in missing[:MOST_NAMED]]
    if len(missing) > MOST_NAMED:
        named.append(f"and {len(missing) - MOST_NAMED:,} more")
    what_not = f", which did not restore: {', '.join(named)}" if named else ", which did not restore its rows"
    return (
        f"Stepped from an empty database: a copy of yours gets here by undoing {revision}{what_not}. "
        "The upgrade did not meet that."
    )


def _named(change: Change) -> str:
    return what(change.path) + (f" on {change.path[0]}" if change.path[0] and len(change.path) > 1 else "")


def _one(ws: WorkspaceState, revision: str) -> str:
    if not len(ws.chain.graph):
        raise UsageProblem(
            "No revisions yet: there is none to step through.", hint='%%revision -m "..." writes the first'
        )
    ids = ws.heads_of(ws.database) if revision == "current" else planner.resolve(ws.chain, revision, "step")
    if len(ids) != 1:
        said = f"{revision} names {len(ids)} revisions" if ids else f"{revision} is before the first revision"
        raise UsageProblem(f"{said}: one is stepped through at a time.", hint="%migrate history lists them")
    planner.require_known(ws.chain.graph, ids, ws.database.name if ws.has_connection else "the database")
    return ids[0]


@contextlib.contextmanager
def _standing(
    ws: WorkspaceState, history: History, revision: str, direction: Direction, *, rows: int | None, full: bool
) -> Iterator[tuple[copies.Copy, PlannedStep]]:
    """Give a copy that stands where *revision* is run next: with rows, or an empty one where those cannot be brought there."""
    notes: tuple[str, ...] = ("No database is connected: the copy has no rows but those the history makes.",)
    if ws.has_connection:
        number = ROWS if rows is None else rows
        with contextlib.ExitStack() as stack:
            copy = stack.enter_context(copy_for(ws, rows=number, is_full=full))
            try:
                planned = stand_before(history, copy.database, revision, direction)
            except ReplayInterrupted:
                raise
            except MigrationError as error:
                notes = (
                    f"Stepped from an empty database: the copy cannot be brought to where it begins. {error.message}",
                )
            else:
                yield copy, planned
                return
    with _from_empty(ws, history, revision, direction, notes) as found:
        yield found


@contextlib.contextmanager
def _from_empty(
    ws: WorkspaceState, history: History, revision: str, direction: Direction, notes: tuple[str, ...] = ()
) -> Iterator[tuple[copies.Copy, PlannedStep]]:
    """Give an empty database in which the history ran up to *revision*."""
    with scratch.empty(ws.database if ws.has_connection else None, is_furnished=True) as made:
        planned = stand_before(history, made.database, revision, direction)
        yield copies.Copy(made.database, f"{made.place}, from empty", notes), planned


def _result(copy: copies.Copy, planned: PlannedStep, direction: Direction, found: Walked) -> Stepper:
    following = "edit" if found.problem else "rehearse" if direction == "upgrade" else ""
    return Stepper(
        planned.revision,
        planned.message,
        direction,
        found.stops,
        copy.place,
        found.problem,
        found.transactions,
        copy.sampled,
        found.output,
        copy.notes,
        f"%migrate {following} {planned.revision}" if following else "",
    )


def _asked(
    history: History, copy: copies.Copy, way: tuple[PlannedStep, Direction], at: int | None, sql: str
) -> StopShown:
    """Bring the copy to after operation *at* (None: to its end) and ask it *sql*."""
    database, (planned, direction) = copy.database, way
    number = stay_after(history, database, planned, direction, at)
    answer = asked(database, sql, f"the copy after operation {number}", history.settings.rehearse_timeout_s)
    return StopShown(
        planned.revision,
        direction,
        copy.place,
        number,
        answer=Answer(sql, *answer),
    )
