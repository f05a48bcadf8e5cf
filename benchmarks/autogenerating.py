"""Autogenerate with nothing to find, on 2,000 tables: Alembic's `compare_metadata` beside our first and our second run.

Ours is all of it: env.py is run, its transaction begun and rolled back, what is found made into values.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from migration_magics.engine.autogenerate import models_against
from migration_magics.engine.chain import Chain
from migration_magics.engine.database import Database
from migration_magics.engine.environment import Environment
from migration_magics.engine.project import find

from .measure import Row
from .schemas import SERVERS, TABLES, filled, metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import sqlalchemy as sa
    from sqlalchemy.engine import Engine

FIRST = {"SQLite": 1.6, "PostgreSQL": 1.0, "MariaDB": 1.0}
SECOND = {"SQLite": 20.0, "PostgreSQL": 5.0, "MariaDB": 5.0}
_RUNS = 5

_ENV = """
from alembic import context
import sqlalchemy as sa

with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""


def rows(directory: Path) -> Iterator[Row]:
    """Measure all three databases; yields a row as soon as it is known."""
    project = directory / "autogenerating"
    (project / "versions").mkdir(parents=True)
    (project / "env.py").write_text(_ENV)
    (project / "script.py.mako").write_text("")
    (project / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\nsqlalchemy.url = sqlite://\n")
    models = metadata(TABLES)
    with filled(f"sqlite:///{directory / 'autogenerating.db'}") as engine:
        yield from _comparing("SQLite", engine, models, project)
    for name, start in SERVERS.items():
        with start() as server, server.new_database() as url, filled(url) as engine:
            yield from _comparing(name, engine, models, project)


def _comparing(name: str, engine: Engine, models: sa.MetaData, project: Path) -> Iterator[Row]:
    def stock() -> object:
        with engine.connect() as connection:
            return tuple(compare_metadata(MigrationContext.configure(connection), models))

    chain = Chain(find(str(project)))
    database = Database.from_url(name, engine.url.render_as_string(hide_password=False))
    known = Environment(chain.project, lambda: chain.directory)

    def ours(environment: Environment) -> object:
        return models_against(environment, database, metadatas=(models,)).diffs

    try:
        answer = ours(known)
        if answer != stock():
            message = f"{name}: the answers differ"
            raise AssertionError(message)
        theirs, size = _best(stock), f"{name}, {TABLES:,} tables"
        first = _best(lambda: ours(Environment(chain.project, lambda: chain.directory)))
        yield Row("autogenerate: compare_metadata, our first run", size, theirs, first, "s", FIRST[name])
        yield Row(
            "autogenerate: compare_metadata, our second run",
            size,
            theirs,
            _best(lambda: ours(known)),
            "s",
            SECOND[name],
        )
    finally:
        database.dispose()


def _best(answer: Callable[[], object]) -> float:
    """Return the shortest of five times: on a server waiting is part of the question, so it is no CPU time."""
    times = []
    for _ in range(_RUNS):
        gc.collect()
        began = time.perf_counter()
        answer()
        times.append(time.perf_counter() - began)
    return min(times)
