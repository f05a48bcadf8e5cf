"""Set up: demo, a playground to learn in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import planner, runner
from ..errors import ProjectProblem
from ..lab import demo as playground
from ..results import Playground
from . import connect

if TYPE_CHECKING:
    from .workspace import WorkspaceState

_NEXT = ("%migrate history", "%migrate rehearse", "%migrate check")


def demo(ws: WorkspaceState, *, directory: str = "demo", reset: bool = False) -> Playground:
    """Make a playground in *directory* and connect it; one that is there is only connected, or with *reset* made anew.

    Nothing outside the folder is touched. Raises ProjectProblem for a folder that has something else in it.
    """
    place = Path(directory).expanduser().absolute()
    is_there = playground.is_playground(place)
    if not is_there and not playground.is_free(place):
        raise ProjectProblem(
            f"{directory} is not empty and no playground. Nothing was changed.", hint="%migrate demo ANOTHER_FOLDER"
        )
    if is_there and not reset:
        return _shown(ws, directory, connect.connect(ws, project=place / "alembic.ini").notes, is_new=False)
    notes = _started_over(ws, place) if is_there else ()
    try:
        files = playground.lay_out(place)
        made = connect.connect(ws, project=place / "alembic.ini")
        _fill(ws)
    except BaseException as error:
        _withdraw(ws, place, is_there=is_there)
        if isinstance(error, OSError):
            raise ProjectProblem(
                f"No playground can be written to {directory}: {error.strerror or error}.",
                hint="choose a folder that you may write to: %migrate demo DIR",
            ) from error
        raise
    return _shown(ws, directory, (*made.notes[1:], *notes), files)


def _fill(ws: WorkspaceState) -> None:
    """Upgrade with rows in it: those that the data migrations change were there before."""
    _upgrade(ws, playground.FURNISHED_AT)
    ws.database.run(playground.furnish)
    _upgrade(ws, playground.APPLIED)


def _upgrade(ws: WorkspaceState, target: str) -> None:
    database = ws.database
    heads = ws.heads_of(database)
    plan = planner.plan_upgrade(ws.chain, target, heads, database=database.identity, connection=database.name)
    runner.run(plan, ws.chain, ws.environment, database, settings=ws.settings, options=runner.Options())


def _started_over(ws: WorkspaceState, place: Path) -> tuple[str, ...]:
    _disconnect(ws, place)
    left = playground.clear(place)
    return (f"Left as it was, since it is not the playground's: {', '.join(left)}.",) if left else ()


def _withdraw(ws: WorkspaceState, place: Path, *, is_there: bool) -> None:
    """Take back what was begun: a half-made playground would look like a whole one."""
    _disconnect(ws, place)
    if place.is_dir() and not playground.clear(place) and not is_there:
        shutil.rmtree(place)


def _disconnect(ws: WorkspaceState, place: Path) -> None:
    for name, database in tuple(ws.databases.items()):
        if database.file is not None and database.file.is_relative_to(place):
            ws.remove(name)


def _shown(
    ws: WorkspaceState, directory: str, notes: tuple[str, ...], files: tuple[str, ...] = (), *, is_new: bool = True
) -> Playground:
    return Playground(
        ws.connection_shown(),
        "the playground's own alembic.ini",
        ws.project_shown(),
        notes,
        directory=directory,
        files=files,
        rows=ws.database.read(playground.counted) if is_new else (),
        ahead=playground.AHEAD,
        next_commands=_NEXT,
        is_new=is_new,
    )
