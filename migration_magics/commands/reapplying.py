"""Replace a revision that is applied: downgrade by the old file, rewrite it, upgrade by the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine import planner, writer
from ..errors import ConfirmationRequired, MigrationError, MoveFailed, RevisionBuiltOn
from . import move
from .drafting import shown

if TYPE_CHECKING:
    from ..engine.drafts import Draft
    from ..model.graph import Revision
    from ..results import Moved
    from .workspace import WorkspaceState


def reapplied(ws: WorkspaceState, old: Revision, draft: Draft, *, yes: bool) -> tuple[writer.Written, Moved]:
    """Put *draft* in the place of *old*, in the file and on the database in use; where that fails the old file is back.

    In one transaction where the database and both revisions allow it: then a failure leaves the rows, too. Raises
    RevisionBuiltOn, ConfirmationRequired, and what writing and moving raise, with the state of file and database told.
    """
    target = f"{old.id}@{old.parents[0] if old.parents else 'base'}"
    passed = [step.revision for step in planner.plan_downgrade(ws.chain, target, ws.heads_of(ws.database)).steps]
    if passed != [old.id]:
        raise RevisionBuiltOn(
            f"{old.id} cannot be undone by itself: {', '.join(passed)} would be undone with it. Nothing was changed.",
            hint=f"%migrate plan {target} shows the way",
        )
    try:
        if ws.database.has_transactional_ddl:
            try:
                return _in_one(ws, old, draft, target, yes=yes)
            except MoveFailed as error:
                if not _is_past_one_transaction(error):
                    raise
        return _in_turn(ws, old, draft, target, yes=yes)
    except ConfirmationRequired as error:
        if not ws.database.is_protected:  # there the hint, a downgrade that is confirmed by name, is the way
            error.hint = "look at what would be lost, then add --yes to the cell's first line"
        raise


def _in_one(ws: WorkspaceState, old: Revision, draft: Draft, target: str, *, yes: bool) -> tuple[writer.Written, Moved]:
    written: list[writer.Written] = []

    def rewrite() -> str:
        written.append(writer.write(ws.chain, draft))
        return written[0].revision.id

    try:
        moved = move.redo(ws, target=target, rewrite=rewrite, yes=yes)
    except BaseException as error:
        if written:
            written[0].undo()
        if written and isinstance(error, MigrationError):
            _tell_of_one(ws, old, error)
        raise
    return written[0], moved


def _tell_of_one(ws: WorkspaceState, old: Revision, error: MigrationError) -> None:
    """Say that all is as it was, unless a revision ended the transaction by itself and something was kept."""
    is_back = not isinstance(error, MoveFailed) or error.after == error.before
    if not is_back or any(line.startswith("Done and kept") for line in error.details):
        tell(error, f"The file {shown(old.path)} is again as it was before.", "%migrate current")
        return
    same = f"{ws.database.name} and the file {shown(old.path)} are as they were, rows included."
    told = (line for line in error.details if line.startswith(("Statement:", "Stopped")))
    error.details = (same, *told)
    tell(error, "", "correct the cell and run it again with --reapply")


def _is_past_one_transaction(error: MoveFailed) -> bool:
    """A revision uses `autocommit_block()`, which Alembic refuses by an assertion inside a transaction around it."""
    return isinstance(error.__cause__, AssertionError) and not str(error.__cause__)


def _in_turn(
    ws: WorkspaceState, old: Revision, draft: Draft, target: str, *, yes: bool
) -> tuple[writer.Written, Moved]:
    move.downgrade(ws, target=target, yes=yes)
    below = ", ".join(ws.heads_of(ws.database)) or "base"
    try:
        written = writer.write(ws.chain, draft)
    except MigrationError as error:
        state = f"{ws.database.name} was downgraded to {below}; the file is as it was."
        tell(error, state, f"%migrate upgrade {old.id} brings it back")
        raise
    try:
        return written, move.upgrade(ws, target=written.revision.id, yes=yes)
    except MigrationError as error:
        written.undo()
        tell(error, _after_two(ws, old), "correct the cell and run it again with --apply")
        raise


def _after_two(ws: WorkspaceState, old: Revision) -> str:
    """Apply *old* again where a failure leaves nothing half done, and say what became of it."""
    back = f"The file {shown(old.path)} is again as it was before"
    if not ws.database.has_transactional_ddl:
        return f"{back}; {ws.database.name} stands below it."
    try:
        move.upgrade(ws, target=old.id, yes=True)
    except MigrationError as error:
        return f"{back}; {ws.database.name} stands below it, since applying it again failed, too: {error.message}"
    return (
        f"{back}. {old.id} as it was is applied again on {ws.database.name}; rows that its downgrade removed are gone."
    )


def tell(error: MigrationError, state: str, hint: str) -> None:
    """Add what became of file and database; a move that was not even begun keeps its own hint."""
    error.details = (*error.details, state) if state else error.details
    if isinstance(error, MoveFailed):
        error.hint = hint
