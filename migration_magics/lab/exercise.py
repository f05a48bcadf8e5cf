"""The exercises of the teaching lab: their texts, hints and solutions, the folders they start in, how far one is.

Each is one file of `exercises/`. What an exercise asks for is data, too (`Check`); `commands.exercise` looks whether it is there.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from . import demo

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10 has no tomllib; Alembic installs tomli there
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from ..engine.database import Database

FOLDER = "exercises"
"""Where the folders of the exercises are made, below the working directory."""

STARTS_AT = "04b8fa"
"""The revision that each exercise's database stands at; one with the last revision has that pending."""

_LAST = "f07d21"
_FILES = Path(__file__).with_name("exercises")
_STATE = "exercise.json"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that an exercise asks for. One of the fields after *missing* says which; that may name what was {found}.

    *query* is run in a copy of the database, after the statements *before*, and its one value is to be *equals*. *source* and
    *source_lacks*: a word that the newest revision's file has, or has not. *answer*: the revision to be named, and
    what to say where none was, *unanswered*.
    *rehearses*: a revision whose rehearsal is to find nothing.
    """

    what: str
    missing: str
    query: str = ""
    before: tuple[str, ...] = ()
    equals: int | str | None = None
    at_head: bool = False
    agrees: bool = False
    new_revisions: int | None = None
    no_new_revisions: bool = False
    heads: int | None = None
    pending: int | None = None
    rehearses: str = ""
    source: str = ""
    source_lacks: str = ""
    answer: str = ""
    unanswered: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One exercise: its words, and the state that it starts in.

    *edits* are (file, old, new), *files* (name, text), *prepare* is SQL; *has_last*: the flawed revision is pending.
    *solution* are cells, as one would type them.
    """

    number: int
    title: str
    text: str
    hints: tuple[str, ...]
    solution: tuple[str, ...]
    checks: tuple[Check, ...]
    edits: tuple[tuple[str, str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    prepare: tuple[str, ...] = ()
    has_last: bool = False

    @property
    def directory(self) -> str:
        """The exercise's own folder, relative to the working directory."""
        return f"{FOLDER}/{self.number:02}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one is: how often it was checked, how many hints were shown, how many revisions there were at the start.

    *answer* is the right one, once it was given.
    """

    tries: int = 0
    hints: int = 0
    revisions: int = 0
    is_done: bool = False
    answer: str = ""


@lru_cache(maxsize=1)
def tasks() -> tuple[Task, ...]:
    """Return all exercises, in their order."""
    return tuple(_task(path) for path in sorted(_FILES.glob("[0-9]*.toml")))


def _task(path: Path) -> Task:
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    return Task(
        int(path.name[:2]),
        held["title"],
        held["text"].strip(),
        tuple(held["hints"]),
        tuple(held["solution"]),
        tuple(Check(**{**each, "before": tuple(each.get("before", ()))}) for each in held["check"]),
        tuple((each["file"], each["old"], each["new"]) for each in held.get("edit", ())),
        tuple((each["name"], each["text"].lstrip("\n")) for each in held.get("file", ())),
        tuple(held.get("prepare", ())),
        held.get("with_last", False),
    )


# -- the folder


def lay_out(task: Task, directory: Path) -> None:
    """Write the playground as *task* starts with it, but for its database."""
    demo.lay_out(directory)
    if not task.has_last:
        for path in (directory / "migrations" / "versions").glob(f"{_LAST}_*.py"):
            path.unlink()
        (directory / "models.py").write_bytes((_FILES / "models.py").read_bytes())
    for name, old, new in task.edits:
        path = directory / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    for name, text in task.files:
        (directory / name).write_text(text, encoding="utf-8")


def prepare(task: Task, connection: Connection) -> None:
    """Run what makes the database of *task* what it starts as, and commit."""
    for statement in task.prepare:
        connection.exec_driver_sql(statement)
    connection.commit()


def clear(directory: Path) -> None:
    """Remove what `lay_out` made, and how far one was."""
    (directory / _STATE).unlink(missing_ok=True)
    demo.clear(directory)


def progress(directory: Path) -> Progress | None:
    """Return how far one is in *directory*, None where no exercise was begun there; what cannot be read is a beginning."""
    path = directory / _STATE
    if not demo.is_playground(directory) or not path.is_file():
        return None
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Progress(**held)
    except (ValueError, TypeError, OSError):
        return Progress()


def keep(directory: Path, reached: Progress, **changes: Any) -> Progress:
    """Note in *directory* how far one is: *reached*, with *changes*; return that."""
    now = replace(reached, **changes)
    held = {name: getattr(now, name) for name in now.__slots__}
    (directory / _STATE).write_text(json.dumps(held) + "\n", encoding="utf-8")
    return now


# -- looking


@contextmanager
def copied(database: Database) -> Iterator[sa.URL]:
    """Give the URL of a copy of *database*, a SQLite file, which is gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "copy.db"
        if database.file is not None and database.file.is_file():
            shutil.copyfile(database.file, file)
        yield sa.URL.create("sqlite", database=file.as_posix())


def found(check: Check, connection: Connection) -> object:
    """Return what the query of *check* gives on *connection*, a copy; a table or column that is not there gives None."""
    try:
        for statement in check.before:
            connection.exec_driver_sql(statement)
        return connection.exec_driver_sql(check.query).scalar()
    except sa.exc.DBAPIError:
        return None


def names(check: Check, answer: str) -> bool:
    """Say whether *answer* is the revision that *check* asks for, or enough of its id."""
    return len(answer) >= 3 and check.answer.startswith(answer.strip().casefold())


def has_word(text: str, word: str) -> bool:
    """Say whether the code *text* has *word*, comments apart."""
    return re.search(rf"\b{re.escape(word)}\b", re.sub(r"#.*", "", text)) is not None
