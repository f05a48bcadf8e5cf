"""Interact: one revision operation by operation on a copy. The database in use is only read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..engine import planner
from ..errors import MigrationError, ReplayInterrupted, UsageProblem
from ..lab import copies, scratch
from ..lab.asking import asked
from ..lab.stepping import stand_before, stay_after, walk
from ..results import Answer, Stepper, StopShown
from .rehearse import ROWS, copy_for
from .sides import history_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..lab.replay import History
    from ..lab.stepping import Walked
    from ..model.plan import Direction, PlannedStep
    from .workspace import WorkspaceState


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
        with _standing(ws, history, id_, direction, rows=rows, full=full) as (copy, planned):
            if ask is not None:
                return _asked(history, copy, (planned, direction), at, ask)
            found = walk(history, copy.database, planned, direction)
            stepper = _result(copy, planned, direction, found)
    return stepper if at is None else stepper.after(at)


def _one(ws: WorkspaceState, revision: str) -> str:
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
