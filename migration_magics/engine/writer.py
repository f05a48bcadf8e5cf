"""Write drafts of revision files, all or nothing.

A file appears under its name only when it is known to import, and whatever fails afterwards puts the folder back as it
was.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shutil
import tokenize
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from alembic.util import CommandError

from ..errors import AuthoringProblem, MigrationError, ProjectProblem, RevisionFileBroken
from .drafts import decoded
from .environment import place_of
from .host import writing as host
from .workplace import workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..model.graph import Revision
    from .chain import Chain
    from .drafts import Draft
    from .project import Project


def proved(project: Project, draft: Draft) -> ModuleType:
    """Return the module that the draft's file would be, run now. Raises RevisionFileBroken, with the line of the file."""
    return _proved(project, draft.data, draft.path, draft.revision.id)


def _proved(project: Project, data: bytes, path: Path, id_: str) -> ModuleType:
    module = ModuleType(re.sub(r"\W", "_", path.name))
    module.__file__ = str(path)
    try:
        with workplace(project):
            exec(compile(data, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what importing it does
    except (Exception, SystemExit) as error:
        raise RevisionFileBroken(
            f"The revision would not import{place_of(error, path)}: {type(error).__name__}: {error}. Nothing was written.",
            hint="correct the cell, then run it again",
            details=_line_of(error, path, data),
        ) from error
    if getattr(module, "revision", None) != id_:
        raise ProjectProblem(
            "The project's template writes no `revision`.", hint="see the script.py.mako that %migrate init writes"
        )
    return module


def _line_of(error: BaseException, path: Path, data: bytes) -> tuple[str, ...]:
    found = re.search(r"line (\d+)", place_of(error, path))
    lines = decoded(data).splitlines() if found else []
    number = int(found[1]) if found else 0
    return (f"{number} | {lines[number - 1]}",) if 0 < number <= len(lines) else ()


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on disk: the revision read back from it, its text, and what hooks had to say. *undo* takes it back."""

    revision: Revision
    text: str
    notes: tuple[str, ...]
    undo: Callable[[], None]


def write(chain: Chain, draft: Draft) -> Written:
    """Write *draft* and return what is on disk then, hooks included.

    As in Alembic a hook's program may fail without consequence (a note tells); a hook that cannot be run at all undoes the
    file. Whatever fails, the folder is as before: raises RevisionFileBroken, AuthoringProblem.
    """
    path, old = draft.path, None
    _proved(chain.project, draft.data, path, draft.revision.id)
    if draft.replaces is not None:
        old = path.read_bytes()
    elif path.exists():
        raise AuthoringProblem(
            f"There is a file {path.name} already, of another revision.",
            hint="choose another message, or put %(rev)s into file_template",
        )
    made: list[Path] = []
    changes = _Changes(path, old, made)
    try:
        made += _make_folders(path.parent)
        _replace(path, draft.data)
        notes = _hooked(chain.project, path)
        data = path.read_bytes()
        if data != draft.data:
            _proved(chain.project, data, path, draft.revision.id)
        revision = chain.graph[draft.revision.id]
        _check_read_back(draft.revision, revision)
    except BaseException as error:
        changes.undo()
        if isinstance(error, OSError):
            raise AuthoringProblem(
                f"{path.name} cannot be written: {error.strerror or error}. Nothing was changed.",
                hint="may you write to that folder, and is there room?",
            ) from error
        if isinstance(error, CommandError):
            raise ProjectProblem(
                f"A post-write hook cannot be run: {error}. Nothing was written.", hint="correct [post_write_hooks]"
            ) from error
        if isinstance(error, KeyError):
            raise AuthoringProblem(
                f"{path.name} was written, but its folder is none the project reads. It is removed again.",
                hint="set recursive_version_locations = true",
            ) from error
        if isinstance(error, Exception) and not isinstance(error, MigrationError):
            raise ProjectProblem(
                f"A post-write hook failed: {type(error).__name__}: {error}. Nothing was written.",
                hint="correct [post_write_hooks]",
            ) from error
        raise
    return Written(revision, decoded(data), notes, changes.undo)


def rewrite(texts: Mapping[Path, str]) -> Callable[[], None]:
    """Give the files *texts*, in the encoding each declares: all of them, or none. Return what takes it back.

    Raises AuthoringProblem where one cannot be written.
    """
    before = {path: path.read_bytes() for path in texts}

    def undo() -> None:
        for path, data in before.items():
            _replace(path, data)

    try:
        for path, text in texts.items():
            encoding, _ = tokenize.detect_encoding(io.BytesIO(before[path]).readline)
            _replace(path, text.encode(encoding))
    except BaseException as error:
        undo()
        if isinstance(error, (OSError, UnicodeEncodeError)):
            raise AuthoringProblem(
                f"{path.name} cannot be written: {error}. Nothing was changed.", hint="may you write to that folder?"
            ) from error
        raise
    return undo


def _check_read_back(wanted: Revision, found: Revision) -> None:
    """The template may leave out what was asked for."""
    if set(found.parents) != set(wanted.parents):
        raise ProjectProblem(
            "The project's template does not write down_revision as it was given. Nothing was written.",
            hint="correct script.py.mako",
        )
    if wanted.labels and not found.labels:
        raise ProjectProblem(
            "The project's template has no branch_labels. Nothing was written.",
            hint="add `branch_labels = ${repr(branch_labels)}` to script.py.mako",
        )


@dataclass(frozen=True, slots=True)
class _Changes:
    """What was done to the folder, and how to take it back."""

    path: Path
    old: bytes | None
    folders: list[Path]

    def undo(self) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if self.old is None:
                self.path.unlink()
            elif self.path.read_bytes() != self.old:
                _replace(self.path, self.old)
        forget_bytecode(self.path)
        for folder in reversed(self.folders):
            shutil.rmtree(folder / "__pycache__", ignore_errors=True)
            with contextlib.suppress(OSError):  # somebody put a file there meanwhile
                folder.rmdir()


def _make_folders(folder: Path) -> list[Path]:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _replace(path: Path, data: bytes) -> None:
    """Put *data* at *path* in one step: nobody ever sees half a file, nor, by its name, the temporary one."""
    temporary = path.with_name(f".{path.stem[:100]}-{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    forget_bytecode(path)


def forget_bytecode(path: Path) -> None:
    """Python tells a stale .pyc by seconds and size: a file rewritten within one second may look unchanged to it."""
    with contextlib.suppress(OSError, NotImplementedError):
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def _hooked(project: Project, path: Path) -> tuple[str, ...]:
    hooks = project.config.get_hooks_list()
    if not hooks:
        return ()
    with workplace(project):
        notes = host.run_hooks(path, hooks)
    forget_bytecode(path)
    return notes
