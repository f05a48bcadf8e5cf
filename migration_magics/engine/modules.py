"""Import one revision file, the way Alembic does, and leave no trace of it."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RevisionFileBroken
from . import quiet
from .host.loading import load_revision

if TYPE_CHECKING:
    from types import ModuleType


def load_module(path: Path) -> ModuleType:
    """Return a new module made of the file at *path*; it is not entered in `sys.modules`.

    What the file prints is thrown away. What it imports stays imported, as after any import; the caller sees to the
    project's `sys.path`. Raises `RevisionFileBroken`, with the line in the file, for whatever the file raises.
    """
    try:
        with quiet.printed():
            return load_revision(path)
    except (Exception, SystemExit) as error:
        raise broken(path, error) from error


def broken(path: Path, error: BaseException) -> RevisionFileBroken:
    """Return the error that says where in the file at *path* Python stumbled, and over what."""
    line = _line_of(path, error)
    at = f"{place(path)}, line {line}" if line else place(path)
    what = error.msg if isinstance(error, SyntaxError) else f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, ModuleNotFoundError) and error.name:
        hint = f"Install {error.name.partition('.')[0]!r} in this kernel, or make it importable (prepend_sys_path)."
    else:
        hint = f"Correct {at}."
    return RevisionFileBroken(f"{at}: {what}", hint=hint)


def place(path: Path) -> str:
    """Name a file by its folder and name, which is enough to find it."""
    return f"{path.parent.name}/{path.name}"


def _line_of(path: Path, error: BaseException) -> int | None:
    if isinstance(error, SyntaxError) and (not error.filename or not Path(error.filename).is_absolute()):
        return error.lineno
    if isinstance(error, SyntaxError) and Path(error.filename or "") == path:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return lines[-1] if lines else None
