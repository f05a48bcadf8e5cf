"""The project's models against a database, through Alembic's comparators with env.py's own options. Writes nothing.

env.py runs over a connection of ours, in a transaction that is rolled back, with a comparison in place of the revisions; so
filters, hooks, plugins and render functions are those of `alembic revision --autogenerate`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy.schema import CreateSchema

from ..errors import EnvironmentFailed, MigrationError, NoModels
from ..model.diff import SchemaDiff
from . import failures
from .changes import changes
from .database import Database
from .environment import Configured, Environment, Request
from .host.comparing import Findings, diff_of, flattened, pretend_revision
from .uncompared import not_compared

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    Metadatas = Sequence[sa.MetaData] | None
    """The models to compare, where not those of env.py (None)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What autogenerate would write: *diff* makes the database what the models say, *code* is the body of `upgrade()`.

    *imports* are the import lines that *code* needs besides those of every revision, *diffs* are Alembic's own tuples, and
    *notes* what SQLAlchemy and Alembic warned of meanwhile. *has_models* is False where some call of env.py has no models.
    """

    diff: SchemaDiff
    code: str
    imports: tuple[str, ...] = ()
    has_models: bool = True
    notes: tuple[str, ...] = ()
    diffs: tuple[Any, ...] = ()


def models_against(
    environment: Environment,
    database: Database,
    x: Sequence[str] = (),
    engine_name: str | None = None,
    metadatas: Metadatas = None,
) -> Comparison:
    """Return what would make *database* what the models say. Whether it is at its heads does not matter.

    The models are those of env.py, or *metadatas* in their place.

    Raises NoModels, EnvironmentFailed (also for models that Alembic cannot compare), Refused, DatabaseUnreachable.
    """
    found = Findings()
    calls = _with_models(environment, database, x, engine_name, metadatas)
    _run(environment, database, calls, tuple(x), found.compare, metadatas=metadatas)
    operations = tuple(flattened(found.containers))
    code, imports = found.rendered() if operations else ("", ())
    dialect = found.migration_context.dialect if found.migration_context is not None else database.engine.dialect
    return Comparison(
        SchemaDiff(changes(operations, dialect)),
        code,
        imports,
        has_models=metadatas is not None or all(call.options.get("target_metadata") is not None for call in calls),
        notes=tuple(dict.fromkeys(found.warned)),
        diffs=tuple(diff_of(each) for each in operations),
    )


def tables_of(
    environment: Environment,
    database: Database,
    x: Sequence[str] = (),
    engine_name: str | None = None,
    metadatas: Metadatas = None,
) -> tuple[sa.MetaData, ...]:
    """Return *metadatas*, or those that env.py gives for *database*, as they are now. Raises as `models_against`."""
    if metadatas is not None:
        return tuple(metadatas)
    found = Findings()
    _run(environment, database, _with_models(environment, database, x, engine_name), tuple(x), found.collect)
    return tuple(dict.fromkeys(found.metadatas))


def create_models(connection: Connection, metadatas: Sequence[sa.MetaData]) -> None:
    """Create every table of *metadatas* on *connection*, with the schemas they are in, where the database has schemas."""
    names = {table.schema for metadata in metadatas for table in metadata.tables.values() if table.schema}
    if connection.dialect.name != "sqlite":
        for name in sorted(names - {connection.dialect.default_schema_name or ""}):
            connection.execute(CreateSchema(name, if_not_exists=True))
    for metadata in metadatas:
        metadata.create_all(connection)


def _with_models(
    environment: Environment,
    database: Database,
    x: Sequence[str],
    engine_name: str | None,
    metadatas: Metadatas = None,
) -> tuple[Configured, ...]:
    calls = environment.captured(x, database).for_database(database, engine_name)
    if metadatas is None and all(call.options.get("target_metadata") is None for call in calls):
        place = environment.project.env_py
        raise NoModels(
            "env.py has no models: its target_metadata is None."
            if place is not None
            else "This project has no env.py, so nobody says where its models are.",
            hint="let env.py say target_metadata = Base.metadata, imported from where your models are",
        )
    return calls


def _run(
    environment: Environment,
    database: Database,
    calls: tuple[Configured, ...],
    x: tuple[str, ...],
    work: Callable[[tuple[str, ...], Any], Any],
    *,
    metadatas: Metadatas = None,
) -> None:
    """Run env.py with *work* in place of the revisions, over a connection whose transaction is rolled back."""
    models = None if metadatas is None else metadatas[0] if len(metadatas) == 1 else list(metadatas)

    def on_connection(_connection: Connection) -> None:
        pretend_revision(environment.project.config)
        logging.getLogger("alembic").setLevel(logging.WARNING)  # put back with all other loggers, after the run

    request = Request(
        work,
        {"as_sql": False, "starting_rev": None, "destination_rev": None, "dont_mutate": True},
        x,
        overrides={} if models is None else {"target_metadata": models},
        on_connection=on_connection,
        keeps_transaction=True,
    )

    def on(connection: Connection) -> None:
        if database.family == "mysql":
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")  # its DDL would commit itself
            connection.rollback()
        connection.begin()
        if database.family == "sqlite":
            connection.exec_driver_sql("BEGIN")  # the driver sends none before DDL
        try:
            environment.run(request, calls, connection, in_loop=database.is_in_loop)
        finally:
            connection.rollback()
            if database.family == "mysql":
                connection.exec_driver_sql("SET SESSION TRANSACTION READ WRITE")
                connection.rollback()

    if database.is_missing:
        database = Database.from_url(database.name, "sqlite://")
    try:
        database.run(on, in_thread=True)
    except MigrationError:
        raise
    except (CommandError, Exception) as error:
        raise EnvironmentFailed(
            f"The models cannot be compared: {type(error).__name__}: {failures.words(error)}",
            hint="%migrate why shows the whole traceback",
        ) from error


__all__ = ["Comparison", "create_models", "models_against", "not_compared", "tables_of"]
