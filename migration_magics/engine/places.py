"""Where in a person's files an error comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exc

if TYPE_CHECKING:
    from .project import Project

_OF_THE_RUN = ("alembic/runtime/migration.py", "migration_magics/engine/keeper.py")
"""Frames below env.py that belong to the run it asked for: Alembic's transaction and version table, our preparations."""


def is_in_env_py(error: BaseException, project: Project) -> bool:
    """Say whether *error* comes from env.py's own doing, not from a revision run by it or from the database under one."""
    files = [Path(file).as_posix() for file, _line in frames(error)]
    own = str(project.env_py and project.env_py.as_posix())
    if own not in files:
        return not isinstance(error, exc.DBAPIError)
    below = files[len(files) - files[::-1].index(own) :]
    versions = tuple(f"{path.as_posix()}/" for path in project.version_locations)
    return not any(file.endswith(_OF_THE_RUN) or file.startswith(versions) for file in below)


def frames(error: BaseException) -> list[tuple[str, int]]:
    """Return file and line of each frame in the traceback of *error*, outermost first."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        found.append((traceback.tb_frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def place_of(error: BaseException, path: Path | str) -> str:
    """Return " (NAME, line N)" for the last line of *path* in the traceback of *error*, or ""."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({Path(error.filename).name}, line {error.lineno})"
    lines = [line for file, line in frames(error) if file == str(path)]
    return f" ({Path(path).name}, line {lines[-1]})" if lines else ""
