"""The playground: an evaluation platform as a plain Alembic project in a folder of its own, and the rows to put into it.

What is laid out are the files of `playground/`, unchanged. A folder is ours by its mark; others are never touched.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FURNISHED_AT = "9b02c7"
"""The revision that has a place for all rows, and after which the data migrations come."""

APPLIED = "d51e96"
"""Where the playground's database stands; what follows is pending, the flawed one last."""

AHEAD = "evaluations.note"
"""What models.py has and no revision."""

_FILES = Path(__file__).with_name("playground")
_MARK = ".migration_magics_demo"
_MARKED = "A playground of migration_magics. Starting over removes what it made in this folder and nothing else.\n"
_DATABASE = "demo.db"
_JOURNALS = ("-journal", "-wal", "-shm")
_NEEDED = ("alembic.ini", "models.py", "migrations/env.py", "migrations/versions", _DATABASE)
_UNFIT = ("?", "%", os.pathsep)

_EVALUATIONS = 2000
_FINISHED = 1204
_WORKERS = 40
_REGIONS = ("north", "south", "east", None)
_START = datetime(2024, 1, 15, 9)  # noqa: DTZ001 - as the columns are: without a zone


def is_playground(directory: Path) -> bool:
    """Say whether *directory* is one that `lay_out` made."""
    return (directory / _MARK).is_file() and not directory.is_symlink()


def is_free(directory: Path) -> bool:
    """Say whether *directory* does not exist, or is an empty folder."""
    if not directory.exists() and not directory.is_symlink():
        return True
    return directory.is_dir() and not any(directory.iterdir())


def unfit(directory: Path) -> str:
    """Return what of the path *directory* no playground can stand in, "" where it can.

    alembic.ini has the path: a "?" ends the path of a URL (so that the database would be another file), "%" is the ini file's
    own sign, `os.pathsep` divides what is put on Python's path, and blanks at the end of a line are lost.
    """
    return next((sign for sign in _UNFIT if sign in str(directory)), " " if str(directory)[-1].isspace() else "")


def lacks(directory: Path) -> tuple[str, ...]:
    """Return what a playground needs and *directory*, one, has no more."""
    return tuple(name for name in _NEEDED if not (directory / name).exists())


def own(directory: Path) -> tuple[str, ...]:
    """Return the files in *directory*, a playground, that `clear` would remove and `lay_out` would not write the same.

    Relative, sorted; the database, which changes with each upgrade, is none of them.
    """
    found = []
    for top in _FILES.iterdir():
        here = directory / top.name
        for path in (here, *(() if here.is_symlink() else here.rglob("*"))):
            source = _FILES / path.relative_to(directory)
            if _is_kept_by_hand(path) and not (source.is_file() and source.read_bytes() == path.read_bytes()):
                found.append(path.relative_to(directory).as_posix())
    return tuple(sorted(found))


def _is_kept_by_hand(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts


def lay_out(directory: Path) -> tuple[str, ...]:
    """Write the project into *directory* and return its files, relative, sorted; the database is left to the project."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _MARK).write_text(_MARKED, encoding="utf-8")
    sources = sorted(path for path in _FILES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for source in sources:
        target = directory / source.relative_to(_FILES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return tuple(source.relative_to(_FILES).as_posix() for source in sources)


def clear(directory: Path) -> tuple[str, ...]:
    """Remove from *directory*, a playground, all that belongs to one; return the names of what else stays in it, sorted.

    A link is removed, not followed.
    """
    database = (_DATABASE, *(f"{_DATABASE}{suffix}" for suffix in _JOURNALS))
    for name in (*(path.name for path in _FILES.iterdir()), "__pycache__", *database, _MARK):
        path = directory / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return tuple(sorted(path.name for path in directory.iterdir()))


def furnish(connection: Connection) -> None:
    """Insert the rows and commit, into a database at `FURNISHED_AT`: the same ones each time."""
    for table, rows in _rows().items():
        connection.execute(_TABLES[table].insert(), rows)
    connection.commit()


def counted(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Return the playground's tables with how many rows each has, largest first."""
    numbers = {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in _TABLES}
    return tuple(sorted(numbers.items(), key=lambda item: -item[1]))


_TABLES = {
    "workers": sa.table("workers", sa.column("id"), sa.column("name"), sa.column("region")),
    "metrics": sa.table("metrics", sa.column("id"), sa.column("name")),
    "evaluations": sa.table(
        "evaluations",
        sa.column("id"),
        sa.column("worker_id"),
        sa.column("title"),
        sa.column("started_at", sa.DateTime),
        sa.column("finished_at", sa.DateTime),
        sa.column("runtime_ms"),
    ),
    "results": sa.table("results", *(sa.column(name) for name in ("id", "evaluation_id", "metric_id", "value"))),
}


def _rows() -> dict[str, list[dict[str, object]]]:
    workers: list[dict[str, object]] = [
        {"id": number, "name": f"worker-{number:02}", "region": _REGIONS[number % len(_REGIONS)]}
        for number in range(1, _WORKERS + 1)
    ]
    metrics: list[dict[str, object]] = [
        {"id": number, "name": name} for number, name in enumerate(("accuracy", "latency", "cost"), 1)
    ]
    evaluations = [_evaluation(number) for number in range(1, _EVALUATIONS + 1)]
    finished = [row for row in evaluations if row["finished_at"] is not None]
    values = [(row["id"], metric, value) for row in finished for metric, value in _measured(row)]
    results: list[dict[str, object]] = [
        {"id": number, "evaluation_id": evaluation, "metric_id": metric, "value": value}
        for number, (evaluation, metric, value) in enumerate(values, 1)
    ]
    return {"workers": workers, "metrics": metrics, "evaluations": evaluations, "results": results}


def _evaluation(number: int) -> dict[str, object]:
    started = _START + timedelta(minutes=39 * number)
    is_finished = number * 7919 % _EVALUATIONS < _FINISHED  # a prime, so that each remainder comes once
    runtime_ms = 400 + number * 6151 % 59_000 if is_finished else None
    return {
        "id": number,
        "worker_id": 1 + number * 7 % _WORKERS,
        "title": f"e-{number:04}",
        "started_at": started,
        "finished_at": None if runtime_ms is None else started + timedelta(milliseconds=runtime_ms),
        "runtime_ms": runtime_ms,
    }


def _measured(row: dict[str, object]) -> tuple[tuple[int, float], ...]:
    number = row["id"] if isinstance(row["id"], int) else 0
    return (1, 0.5 + number * 37 % 50 / 100), (2, float(20 + number * 13 % 480))
