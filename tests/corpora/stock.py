"""What Alembic's own commands make of a project, and how a database looks: what ours is compared with."""

from __future__ import annotations

import contextlib
import io
import logging.config
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.support.alembic_imports import forget_imports


def alembic(ini: Path, name: str, *arguments: object, **options: object) -> None:
    """Run the `alembic` command *name* in this process; `fileConfig` does nothing, so that pytest keeps its handlers."""
    forget_imports()
    config = Config(str(ini), stdout=io.StringIO(), output_buffer=io.StringIO())
    with mock.patch.object(logging.config, "fileConfig"):
        getattr(command, name)(config, *arguments, **options)


def script_directory(ini: Path) -> ScriptDirectory:
    """Return Alembic's own script directory, which imports every revision."""
    return ScriptDirectory.from_config(Config(str(ini)))


@contextlib.contextmanager
def engine(url: str) -> Iterator[sa.Engine]:
    """Give an engine that leaves nothing open."""
    made = sa.create_engine(url, poolclass=sa.NullPool)
    yield made
    made.dispose()


def snapshot(url: str) -> dict[str, object]:
    """Return all that SQLAlchemy's Inspector knows of the tables at *url*, and the rows of the version tables."""
    with engine(url) as made, made.connect() as connection:
        inspector = sa.inspect(connection)
        tables = {name: _table(inspector, name) for name in sorted(inspector.get_table_names())}
        versions = {
            name: sorted(connection.execute(sa.text(f"SELECT version_num FROM {name}")).scalars())
            for name in tables
            if name.startswith("alembic_version")
        }
        enums = inspector.get_enums() if connection.dialect.name == "postgresql" else []
        return {"tables": tables, "versions": versions, "views": sorted(inspector.get_view_names()), "enums": enums}


def _table(inspector: sa.Inspector, name: str) -> dict[str, object]:
    readers = {
        "foreign keys": inspector.get_foreign_keys,
        "uniques": inspector.get_unique_constraints,
        "checks": inspector.get_check_constraints,
        "indexes": inspector.get_indexes,
    }
    return {
        "columns": [_plain(column) for column in inspector.get_columns(name)],
        "primary key": _plain(inspector.get_pk_constraint(name)),
        **{what: sorted((_plain(item) for item in read(name)), key=repr) for what, read in readers.items()},
    }


def _plain(item: object) -> dict[str, str]:
    assert isinstance(item, dict)
    return {key: repr(value) for key, value in sorted(item.items())}
