"""Small Alembic projects, one per form of env.py, and what they leave in a database."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from migration_magics.commands.api import Workspace

if TYPE_CHECKING:
    from migration_magics.model.trace import Trace

ZOO = Path(__file__).parents[1] / "projects" / "env_zoo"

FORMS = tuple(sorted(path.stem for path in ZOO.glob("*.py")))
"""The forms of env.py there are."""

INI = """[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
path_separator = os
sqlalchemy.url = {url}
{more}
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = DEBUG
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stdout,)
formatter = generic
[formatter_generic]
format = %(levelname)s %(message)s
"""


def build(folder: Path, form: str, url: str, *, more: str = "", env_py: str | None = None) -> Path:
    """Write the project *form* into *folder* with *url* in its ini file and return the folder.

    *env_py* replaces the form's text; *more* are lines of the ini's section.
    """
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    for file in (ZOO / "versions").glob("*.py"):
        shutil.copy(file, versions)
    text = (ZOO / f"{form}.py").read_text(encoding="utf-8") if env_py is None else env_py
    (folder / "migrations" / "env.py").write_text(text, encoding="utf-8")
    (folder / "alembic.ini").write_text(INI.format(url=url.replace("%", "%%"), more=more), encoding="utf-8")
    return folder


def opened(folder: Path, source: object = None, **options: object) -> Workspace:
    """Return a workspace on the project in *folder*, connected to *source*."""
    ws = Workspace()
    ws.connect(*(() if source is None else (source,)), project=str(folder), **options)
    return ws


@dataclass(frozen=True, slots=True)
class Left:
    """What is in a database: tables with their columns and constraint names, rows of `evaluations`, version rows."""

    tables: dict[str, Any]
    rows: tuple[Any, ...]


def left(url: str | sa.Engine, schema: str | None = None) -> Left:
    """Return what is in the database at *url*, read anew."""
    engine = url if isinstance(url, sa.Engine) else sa.create_engine(sync(url), poolclass=NullPool)
    with engine.connect() as connection:
        seen = sa.inspect(connection)
        tables = {
            name: (
                tuple(
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in seen.get_columns(name, schema)
                ),
                tuple(sorted(str(unique["name"]) for unique in seen.get_unique_constraints(name, schema))),
                str(seen.get_pk_constraint(name, schema)["name"]),
            )
            for name in seen.get_table_names(schema)
        }
        rows: list[Any] = []
        for name in sorted(tables):
            table = f"{schema}.{name}" if schema else name
            rows.extend((name, *row) for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1")))
    return Left(tables, tuple(rows))


def sync(url: str) -> str:
    """Return *url* with the synchronous driver."""
    return url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg")


def shape(trace: Trace) -> tuple[Any, ...]:
    """Return what a trace tells, without seconds and places."""
    return (
        trace.transactions,
        tuple(
            (
                step.revision,
                step.outcome,
                tuple(
                    (
                        each.kind,
                        each.target,
                        each.outcome,
                        tuple(statement.sql for statement in each.statements),
                        tuple(child.kind for child in each.children),
                    )
                    for each in step.operations
                ),
            )
            for step in trace.steps
        ),
    )
