"""What is kept before a move that loses rows, so that `undo` can bring them back: a copy of the file, or rows on the server."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..engine import undo as restore
from ..engine import undo_rows
from ..errors import ConfirmationRequired
from . import guard
from .undoing import last

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..engine.losses import CountedLoss
    from ..engine.undo_rows import KeptRows, Wanted
    from ..model.plan import Plan
    from ..results import Planned
    from .undoing import Move
    from .workspace import WorkspaceState

_SERVERS = {"postgresql", "mysql"}


@dataclass(frozen=True, slots=True)
class Intent:
    """What will be kept before a move: *is_whole*, the SQLite file; *wanted*, rows. *notes* say so, and what will not be."""

    is_whole: bool = False
    wanted: tuple[Wanted, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Held:
    """What was kept: the copy of a file, or rows."""

    point: Path | None = None
    rows: tuple[KeptRows, ...] = ()
    notes: tuple[str, ...] = field(default=())


def intent(ws: WorkspaceState, made: Plan, lost: Sequence[CountedLoss]) -> Intent:
    """Return what is to be kept before *made*, which loses *lost*. Writes nothing."""
    if made.direction == "stamp" or made.is_empty:
        return Intent()
    found = _intent(ws, made, lost)
    return replace(found, notes=(_UNDO_FIRST, *found.notes)) if _goes_past(ws, made) else found


_UNDO_FIRST = (
    "What the upgrade before it lost is kept, and does not come back by a downgrade: %migrate undo brings it back."
)


def check_kept(ws: WorkspaceState, planned: Planned, again: str) -> None:
    """Raise ConfirmationRequired where *planned* goes back past a move whose rows `undo` would bring back."""
    if not _goes_past(ws, planned.plan):
        return
    raise ConfirmationRequired(
        f"The upgrade of {ws.database.name} before lost rows that are kept: %migrate undo brings them back, "
        f"{again} does not. Nothing was changed.",
        planned=planned,
        details=guard.lost_by(planned),
        hint=f"%migrate undo, or without the rows: {again} --yes",
    )


def _goes_past(ws: WorkspaceState, made: Plan) -> bool:
    """*made* is a downgrade, and what the upgrade before it lost can be brought back."""
    at = last(ws.moves, ws.database)
    if made.direction != "downgrade" or made.is_empty or at is None:
        return False
    move = ws.moves[at]
    is_its_end = move.direction == "upgrade" and set(move.after) == set(made.from_heads)
    return is_its_end and move.brings_back(ws.database)


def spared(ws: WorkspaceState, made: Plan) -> tuple[Move, ...]:
    """Return the moves of which all stays kept when *made* runs: upgrades, while it only goes back."""
    if made.direction != "downgrade":
        return ()
    identity = ws.database.identity
    return tuple(
        move
        for move in ws.moves
        if move.database == identity and move.direction == "upgrade" and (move.rows or move.point)
    )


def _intent(ws: WorkspaceState, made: Plan, lost: Sequence[CountedLoss]) -> Intent:
    limit_mb, family = ws.settings.undo_size_mb, ws.database.family
    if family == "sqlite":
        return _of_file(ws, limit_mb) if ws.settings.restore_points and (lost or made.irreversible) else Intent()
    if not lost or family not in _SERVERS:
        return Intent()
    if not ws.settings.undo_rows:
        return Intent(notes=("Rows that it loses do not come back by undo: undo_rows = True would keep them.",))
    found = undo_rows.prospect(ws.database, lost, limit_mb)
    names = ", ".join(".".join((each.table, *each.columns[:1])) for each in found.wanted)
    kept = (f"Rows that it loses are kept for undo: {names}.",) if names else ()
    return Intent(wanted=found.wanted, notes=(*kept, *found.notes))


def _of_file(ws: WorkspaceState, limit_mb: float) -> Intent:
    file = ws.database.file
    if file is None or not file.exists():
        return Intent(notes=("What it loses does not come back by undo: the database is in memory.",))
    size_mb = file.stat().st_size / 1e6
    if size_mb > limit_mb:
        said = f"No copy of the file is made for undo: it has {size_mb:,.0f} MB, and undo_size_mb is {limit_mb:g}."
        return Intent(notes=(said,))
    return Intent(
        is_whole=True, notes=("The file is copied before, and %migrate undo puts the copy back, with all rows.",)
    )


@contextmanager
def holding(
    ws: WorkspaceState, what: Intent, spared: Sequence[Move] = (), *, is_whole_or_nothing: bool
) -> Iterator[Held]:
    """Keep *what* while a move runs. Where it fails and *is_whole_or_nothing*, all is as it was, and nothing is kept.

    Else what it had lost by then is in the tables that are left; the next move that succeeds drops them. Copies of *spared*
    moves stay. Raises Refused where rows cannot be kept.
    """
    held = Held()
    if what.is_whole:
        held.point = restore.take(ws.database, ws.on_step, [move.point for move in spared if move.point])
        said = "The file was copied before: %migrate undo puts it back, with all rows."
        failed = "No copy of the file could be made for undo: no room, or no right to write."
        held.notes = (said if held.point is not None else failed,)
    elif what.wanted:
        held.rows = undo_rows.keep(ws.database, what.wanted, ws.on_step)
        rows = sum(each.rows for each in held.rows)
        held.notes = (
            f"{rows:,} rows are kept in {', '.join(each.place for each in held.rows)}: %migrate undo puts them back.",
        )
    try:
        yield held
    except BaseException:
        if held.rows and is_whole_or_nothing:
            undo_rows.drop(ws.database, held.rows)
        raise


def settle(ws: WorkspaceState, held: Held, spared: Sequence[Move] = ()) -> None:
    """Drop what was kept for earlier moves of the database in use, but that of *spared* ones: only the last one's is."""
    _let_go(ws, spared)
    if ws.settings.undo_rows and ws.database.family in _SERVERS:
        undo_rows.forget(ws.database, (*held.rows, *(each for move in spared for each in move.rows)))


def forget(ws: WorkspaceState) -> int:
    """Drop all that is kept for `undo` of the database in use, whoever kept it; return how many copies and tables."""
    _let_go(ws)
    if ws.database.family in _SERVERS:
        return undo_rows.forget(ws.database)
    return restore.forget(ws.database)


def _let_go(ws: WorkspaceState, spared: Sequence[Move] = ()) -> None:
    identity = ws.database.identity
    for at, move in enumerate(ws.moves):
        if move.database == identity and move not in spared and (move.rows or move.point):
            ws.moves[at] = replace(move, rows=(), point=None)
