"""Restore points: what a SQLite file held before a move, copied and put back through SQLite's backup API.

The last one per database is kept, in a folder of this machine. A restore is one transaction of SQLite's: a crash half-way
leaves the file as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from ..errors import DatabaseLocked
from .told import teller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .database import Database
    from .runner import OnStep

_WAIT_S = 10.0
_PAGES = 25_000


def folder(database: Database) -> Path:
    """Return where the restore points of *database* are: below `MIGRATION_MAGICS_CACHE`, else the user's data folder."""
    named = os.environ.get("MIGRATION_MAGICS_CACHE")
    root = Path(named) if named else Path(platformdirs.user_data_dir("migration_magics", appauthor=False))
    name = hashlib.blake2b(database.identity.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return root / "restore_points" / name


def take(database: Database, on_step: OnStep | None = None, spared: Iterable[Path] = ()) -> Path | None:
    """Copy the file of *database* and return the copy; None where there is no file. *on_step* is told how far it is.

    Older copies go, but those *spared*. A copy that cannot be made (no room, no right) is none: the move is not held up by it.
    """
    file = database.file
    if file is None or not file.exists():
        return None
    place = folder(database)
    copy = place / f"{uuid.uuid4().hex}.db"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy(file, copy, teller(on_step, "copying it for undo", "page"), database.name)
    except (OSError, sqlite3.Error):
        copy.unlink(missing_ok=True)
        return None
    _prune(place, (copy, *spared))
    return copy


def state(database: Database) -> tuple[int, ...]:
    """Return what changes whenever the file of *database* is written: size and time of it and of its log; () without one."""
    file = database.file
    if file is None:
        return ()
    found: list[int] = []
    for path in (file, file.with_name(f"{file.name}-wal")):
        with contextlib.suppress(OSError):
            about = path.stat()
            if about.st_size:
                found += (about.st_size, about.st_mtime_ns)
    return tuple(found)


def restore(database: Database, copy: Path) -> None:
    """Make the file of *database* what *copy* is. Raises DatabaseLocked where somebody else writes it."""
    file = database.file
    assert file is not None  # noqa: S101 - only files have restore points
    try:
        _copy(copy, file, teller(None, "", ""), "")
    except sqlite3.OperationalError as error:
        raise DatabaseLocked(
            f"{database.name} could not be restored ({error}); it is as it was.",
            hint="close what else uses the file, then run the command again",
        ) from error


def _copy(source: Path, target: Path, tell: Callable[[int, int, str], None], name: str) -> None:
    """All pages in one transaction of both files, so that nobody sees half of it."""

    def progress(_status: int, left: int, total: int) -> None:
        tell(total - left, total, name)

    with (
        contextlib.closing(sqlite3.connect(source, timeout=_WAIT_S)) as read,
        contextlib.closing(sqlite3.connect(target, timeout=_WAIT_S)) as written,
    ):
        read.execute("BEGIN")
        read.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on nobody writes in between
        read.backup(written, pages=_PAGES, progress=progress)


def forget(database: Database) -> int:
    """Remove the restore points of *database*; return how many there were."""
    return _prune(folder(database))


def _prune(place: Path, but: Iterable[Path] = ()) -> int:
    spared = set(but)
    others = [path for path in place.glob("*.db*") if path not in spared]
    for path in others:
        path.unlink(missing_ok=True)
    return len(others)
