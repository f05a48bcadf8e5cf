"""A rehearsal of a SQLite file of 50 MB beside the migration itself, run up, down and up again by Alembic.

The limit is two seconds more than the migration takes three times; it stands where the others have Alembic's time.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from migration_magics.commands.api import Workspace
from migration_magics.engine.database import Database
from migration_magics.lab import copies

from .measure import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MORE_S = 2.0
_ROWS = 100_000
_BODY = """
def upgrade():
    op.execute("UPDATE evaluations SET status = 'failed' WHERE status = 'fail'")


def downgrade():
    op.execute("UPDATE evaluations SET status = 'fail' WHERE status = 'failed'")
"""


def rows(directory: Path) -> Iterator[Row]:
    """Return the lines of the table: the copy alone, and the whole rehearsal."""
    file = _filled(directory / "rehearsed.db")
    size = f"{file.stat().st_size // 10**6} MB"
    source = Database.from_url("app", f"sqlite:///{file}")

    def copy() -> None:
        with copies.full(source):
            pass

    yield Row("copy a file, SQLite", size, _MORE_S, min(_seconds(copy) for _ in range(3)), "s", 1.0)
    source.dispose()
    project = directory / "rehearsed"
    with contextlib.closing(Workspace()) as ws:
        ws.init(str(project))
        ws.connect(f"sqlite:///{file}", project=str(project))
        ws.revision(_BODY, message="rename fail", force=True)
        tried = min(_seconds(lambda: _passed(ws)) for _ in range(3))
    bare = _bare(project, file, directory / "moved.db")
    yield Row("rehearse a file, SQLite (limit: migration + 2 s)", size, bare + _MORE_S, tried, "s", 1.0)


def _passed(ws: Workspace) -> None:
    found = ws.rehearse()
    assert found.passed  # noqa: S101 - a fast wrong answer is none
    assert found.rows[0].updated == _ROWS // 10  # noqa: S101


def _bare(project: Path, file: Path, moved: Path) -> float:
    """How long Alembic takes up, down and up again on a copy of *file*."""
    shutil.copy(file, moved)
    config = Config()
    config.set_main_option("script_location", str(project))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{moved}")

    def move() -> None:
        command.upgrade(config, "head")
        command.downgrade(config, "base")
        command.upgrade(config, "head")

    return _seconds(move)


def _filled(file: Path) -> Path:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE evaluations (id INTEGER PRIMARY KEY, status TEXT, note TEXT)")
        given = ((at, "done" if at % 10 else "fail", "x" * 480) for at in range(_ROWS))
        connection.executemany("INSERT INTO evaluations VALUES (?, ?, ?)", given)
        connection.commit()
    return file


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
