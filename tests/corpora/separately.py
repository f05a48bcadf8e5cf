"""Databases that Alembic's own command upgraded separately, one per target, as our reader reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from migration_magics.engine.reflect import reflect
from migration_magics.model.schema import Schema
from tests.corpora.applications import SIMPLEST_ENV_PY, Application
from tests.corpora.stock import alembic, engine


@dataclass(slots=True)
class Separately:
    """What Alembic makes of an application on databases of one kind; each is made once."""

    application: Application
    folder: Path
    new_database: Callable[[], str]
    _schemas: dict[str, Schema] = field(default_factory=dict)

    def at(self, target: str) -> Schema:
        """Return the schema of an own database that was upgraded from base to *target*."""
        if target not in self._schemas:
            url = self.new_database()
            if target != "base":
                alembic(self._ini(url), "upgrade", target)
            self._schemas[target] = read(url)
        return self._schemas[target]

    def upgraded(self) -> str:
        """Return the URL of a new database that was upgraded to the heads."""
        url = self.new_database()
        alembic(self._ini(url), "upgrade", "heads")
        return url

    def walk(self) -> list[tuple[str, Schema]]:
        """Return each revision and the schema after it, on one database that is upgraded one revision at a time."""
        url = self.new_database()
        ini = self._ini(url)
        order = [step.revision.revision for step in _directory(ini)._upgrade_revs("heads", "base")]
        found = []
        for id_ in order:
            alembic(ini, "upgrade", id_)
            found.append((id_, read(url)))
        return found

    def _ini(self, url: str) -> Path:
        return self.application.ini(self.folder, url, env_py=SIMPLEST_ENV_PY)


def _directory(ini: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(Config(str(ini)))


def read(url: str) -> Schema:
    """Return the schema of the database at *url*, without Alembic's own table."""
    with engine(url) as made, made.connect() as connection:
        schema = reflect(connection)
    tables = tuple(table for table in schema.tables if not table.name.startswith("alembic_version"))
    return replace(schema, tables=tables)
