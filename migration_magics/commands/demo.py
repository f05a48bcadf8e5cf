"""Set up: demo, a playground to learn in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import planner, runner
from ..errors import ConfirmationRequired, MigrationError, ProjectProblem
from ..lab import demo as playground
from ..results import Playground
from ..results.demo import again
from . import connect

if TYPE_CHECKING:
    from .workspace import WorkspaceState

_NEXT = ("%migrate history", "%migrate rehearse", "%migrate check")


def demo(ws: WorkspaceState, *, directory: str = "demo", reset: bool = False, yes: bool = False) -> Playground:
    """Make a playground in *directory* and connect it; one that is there is only connected, or with *reset* made anew.

    Nothing outside the folder is touched. Raises ProjectProblem for a folder that has something else in it, or whose path
    Alembic cannot do with; ConfirmationRequired where starting over would remove what the reader wrote, unless *yes*.
    """
    directory = directory or "."
    place = _place(directory)
    is_there = playground.is_playground(place)
    if not is_there and not playground.is_free(place):
        raise ProjectProblem(
            f"{directory} is not empty and no playground. Nothing was changed.", hint="%migrate demo ANOTHER_FOLDER"
        )
    if is_there and not reset:
        return _as_it_stands(ws, place, directory)
    if is_there and not yes:
        _ask(place, directory)
    notes = _started_over(ws, place) if is_there else ()
    above = [folder for folder in place.parents if not folder.exists()]
    try:
        files = playground.lay_out(place)
        made = connect.connect(ws, project=place / "alembic.ini")
        _fill(ws)
    except BaseException as error:
        _withdraw(ws, place, above, is_there=is_there)
        if isinstance(error, OSError):
            raise ProjectProblem(
                f"No playground can be written to {directory}: {error.strerror or error}.",
                hint="choose a folder that you may write to: %migrate demo DIR",
            ) from error
        raise
    return _shown(ws, directory, (*made.notes[1:], *notes), files)


def _place(directory: str) -> Path:
    """Where *directory* is. Raises ProjectProblem where no playground can stand there."""
    try:
        place = Path(directory).expanduser().absolute()
    except RuntimeError as error:  # of a user that there is not
        raise ProjectProblem(f"{directory} is no folder: {error}", hint="%migrate demo ANOTHER_FOLDER") from error
    refuse_unfit(place, f"choose a folder without {{sign}}, for example {Path.home() / 'demo'}")
    return place


def refuse_unfit(place: Path, hint: str) -> None:
    """Raise ProjectProblem, with *hint*, where no playground can stand at *place*; {sign} in it is what is wrong there."""
    sign = playground.unfit(place)
    if sign:
        said = "blanks at its end" if sign.isspace() else sign
        raise ProjectProblem(
            f"No playground can be in {place}: its alembic.ini cannot have {said} in a path. Nothing was changed.",
            hint=hint.replace("{sign}", said),
        )


def _as_it_stands(ws: WorkspaceState, place: Path, directory: str) -> Playground:
    """Connect the playground that is there. Raises ProjectProblem for a damaged one, with what makes it anew."""
    hint = f"{again(directory)} makes it anew"
    gone = playground.lacks(place)
    if gone:
        raise ProjectProblem(f"The playground in {directory} is damaged: {', '.join(gone)} is not there.", hint=hint)
    try:
        return _shown(ws, directory, connect.connect(ws, project=place / "alembic.ini").notes, is_new=False)
    except MigrationError as error:
        told = f"The playground in {directory} does not work as it is: {error.message}"
        raise ProjectProblem(told, hint=f"mend that, or {hint}", details=error.details) from error


def _ask(place: Path, directory: str) -> None:
    """Raise ConfirmationRequired where what the reader wrote would be removed."""
    own = playground.own(place)
    if own:
        raise ConfirmationRequired(
            f"Starting over would remove what is not the playground's any more: {', '.join(own)}. Nothing was changed.",
            hint=f"{again(directory)} --yes, or first copy them to another folder",
        )


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


def _withdraw(ws: WorkspaceState, place: Path, above: list[Path], *, is_there: bool) -> None:
    """Take back what was begun, with the folders *above* it: a half-made playground would look like a whole one."""
    _disconnect(ws, place)
    if place.is_dir() and not playground.clear(place) and not is_there:
        shutil.rmtree(place)
    for folder in above:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


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
