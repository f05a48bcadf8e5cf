"""Move: `undo`, back to where the database stood before the last move of this notebook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine import planner, runner, schema_token, undo_rows
from ..engine import undo as restore
from ..errors import Refused
from ..model.plan import Plan
from ..model.trace import Trace
from ..results import Moved, Planned
from . import guard, keeping
from .move import move_back
from .undoing import last

if TYPE_CHECKING:
    from .undoing import Move
    from .workspace import WorkspaceState


def undo(
    ws: WorkspaceState,
    *,
    yes: bool = False,
    plan: str | None = None,
    confirm: str | None = None,
    dry_run: bool = False,
    x: tuple[str, ...] = (),
    tag: str | None = None,
    forget: bool = False,
) -> Moved:
    """Take back the last move: an upgrade by its downgrade, a downgrade by its upgrade, a stamp by a stamp.

    What has been undone is not undone again: the next `undo` takes back the move before it. Rows that were kept before the
    move come back. With *forget* nothing is undone, and what is kept is dropped. Raises Refused where nothing was moved here
    or the database has changed since, and as `upgrade`.
    """
    if forget:
        return _forgotten(ws, confirm=confirm)
    with ws.one_look():
        at = _last(ws)
        move = ws.moves[at]
        heads = ws.heads_of(ws.database, x)
        _require_untouched(ws, move, heads)
        made = _back(ws, move, heads)
        if set(made.to_heads) != set(move.before):
            raise Refused(
                f"No single move leads back to {_named(move.before)}. Nothing was changed.",
                hint="go back step by step: %migrate history shows the way",
            )
        if not dry_run and plan is None and move.can_restore(ws.database):
            return _restored(ws, at, made, confirm=confirm)
        is_intact = move.is_untouched(ws.database)
        moved = move_back(ws, made, runner.Options(dry_run, x=x, tag=tag), yes=yes, fingerprint=plan, confirm=confirm)
    if dry_run:
        return moved
    back = undo_rows.put_back(ws.database, move.rows) if move.rows else ()
    del ws.moves[at]
    _carry_on(ws, file_too=move.follows and is_intact)
    note = "The rows that the downgrade had lost are not back." if move.direction == "downgrade" and not back else ""
    if move.point is not None and move.point.exists():
        note = f"{_WRITTEN_SINCE} {move.point} until the next move that loses rows."
    notes = (*moved.notes, *back, note) if note else (*moved.notes, *back)
    headline = f"Undid the {move.direction}: {ws.database.name} stands at {_named(moved.after)} again"
    return replace(moved, notes=notes, headline=headline, next_command="%migrate status")


_WRITTEN_SINCE = "The file was written to since, so the copy from before the move was not put back: it is"


def _forgotten(ws: WorkspaceState, *, confirm: str | None) -> Moved:
    """Drop what is kept for `undo`; the moves are still known."""
    heads, database = ws.heads_of(ws.database), ws.database
    made = Plan("upgrade", _named(heads), (), heads, heads, database.identity, database.name)
    guard.check_protected(
        made, Planned(made), "%migrate undo --forget", is_protected=database.is_protected, confirm=confirm
    )
    count = keeping.forget(ws)
    what = "copy" if database.family == "sqlite" else "table"
    words = f"{count} {what if count == 1 else {'copy': 'copies', 'table': 'tables'}[what]}"
    return Moved(
        made,
        Trace(),
        heads,
        heads,
        headline=f"Dropped what was kept for undo of {database.name}: {words}"
        if count
        else "Nothing was kept for undo",
        next_command="%migrate status",
    )


def _last(ws: WorkspaceState) -> int:
    """The place of the last move on the database in use."""
    at = last(ws.moves, ws.database)
    if at is not None:
        return at
    raise Refused(
        f"This notebook has made no move of {ws.database.name} that could be undone. Nothing was changed.",
        hint="go back by name: %migrate downgrade -1",
    )


def _require_untouched(ws: WorkspaceState, move: Move, heads: tuple[str, ...]) -> None:
    name = ws.database.name
    if set(heads) != set(move.after):
        raise Refused(
            f"{name} was moved by somebody else: it stands at {_named(heads)}, and the last move here ended at "
            f"{_named(move.after)}. Nothing was changed.",
            hint="look first: %migrate history",
        )
    if schema_token.read(ws.database) != move.schema:
        raise Refused(
            f"The schema of {name} was changed since its last move here, so that the way back may no longer fit. "
            "Nothing was changed.",
            hint=f"see what changed: %migrate check; then %migrate downgrade {_named(move.before)}",
        )


def _back(ws: WorkspaceState, move: Move, heads: tuple[str, ...]) -> Plan:
    database, connection = ws.database.identity, ws.database.name
    if move.direction == "stamp":
        return planner.plan_stamp(ws.chain, move.before or ("base",), heads, database=database, connection=connection)
    target = move.before[0] if len(move.before) == 1 else "base" if not move.before else ""
    if move.direction == "upgrade":
        target = target or f"-{len(planner.walk(ws.chain, move.before, move.after, 'undo'))}"
        return planner.plan_downgrade(ws.chain, target, heads, database=database, connection=connection)
    return planner.plan_upgrade(ws.chain, target or "heads", heads, database=database, connection=connection)


def _restored(ws: WorkspaceState, at: int, made: Plan, *, confirm: str | None) -> Moved:
    """Put the copy back: rows that the move changed or lost are back, too."""
    move, name = ws.moves[at], ws.database.name
    guard.check_protected(made, Planned(made), "%migrate undo", is_protected=ws.database.is_protected, confirm=confirm)
    if move.point is not None:
        restore.restore(ws.database, move.point)
    del ws.moves[at]
    _carry_on(ws, file_too=move.follows)
    after = ws.heads_of(ws.database)
    return Moved(
        made,
        Trace(),
        move.after,
        after,
        notes=("Restored whole from the copy made before the move, with all rows as they were; no revision ran.",),
        headline=f"Undid the {move.direction}: {name} stands at {_named(after)} again",
        next_command="%migrate status",
    )


def _carry_on(ws: WorkspaceState, *, file_too: bool) -> None:
    """The move before the undone one left the schema that is there now, as far as anybody here can tell; or the file."""
    at = last(ws.moves, ws.database)
    if at is None:
        return
    ws.moves[at] = replace(ws.moves[at], schema=schema_token.read(ws.database))
    if file_too:
        ws.moves[at] = replace(ws.moves[at], file_state=restore.state(ws.database))


def _named(heads: tuple[str, ...]) -> str:
    return ", ".join(heads) or "base"
