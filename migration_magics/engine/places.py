"""Where in a person's files an error comes from."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exc

if TYPE_CHECKING:
    from .project import Project

_OTHERS = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_OURS = str(Path(__file__).parents[1])
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


def module_of(error: BaseException, path: Path | str) -> str:
    """Return "FILE, line N" for the person's own module, imported or called by *path*, in which *error* arose, or "".

    Modules of Python, of installed packages and of ours are not the person's own.
    """
    found = frames(error)
    last = max((number for number, (file, _line) in enumerate(found) if file == str(path)), default=-1)
    own = [(file, line) for file, line in found[last + 1 :] if _is_own(file)]
    if isinstance(error, SyntaxError) and error.filename and error.filename != str(path) and _is_own(error.filename):
        own.append((error.filename, error.lineno or 0))
    return f"{_short(own[-1][0])}, line {own[-1][1]}" if own else ""


def _is_own(file: str) -> bool:
    path = Path(file)
    return path.is_absolute() and not any(path.is_relative_to(folder) for folder in (*_OTHERS, _OURS))


def _short(file: str) -> str:
    path = Path(file)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else "/".join(path.parts[-2:])
