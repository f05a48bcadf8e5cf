"""The project's models against a database, through Alembic's comparators with env.py's own options. Writes nothing.

env.py runs over a connection of ours, in a transaction that is rolled back, with a comparison in place of the revisions; so
filters, hooks, plugins and render functions are those of `alembic revision --autogenerate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import CreateSchema

from ..model.diff import SchemaDiff
from .autogenerate_run import calls_with_models, run
from .changes import changes
from .host.comparing import Findings, diff_of, flattened
from .models.fresh import lasting
from .uncompared import not_compared, not_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from .autogenerate_run import Metadatas
    from .database import Database
    from .environment import Configured, Environment
    from .host.comparators import Setup


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
    *,
    setups: tuple[Setup, ...] = (),
) -> Comparison:
    """Return what would make *database* what the models say. Whether it is at its heads does not matter.

    The models are those of env.py, or *metadatas* in their place; *setups* add comparators.

    Raises NoModels, EnvironmentFailed (also for models that Alembic cannot compare), Refused, DatabaseUnreachable.
    """
    found = Findings(setups=setups)
    calls = calls_with_models(environment, database, x, engine_name, metadatas)
    run(environment, database, calls, tuple(x), found, metadatas=metadatas)
    return comparison_of(found, calls, database, metadatas)


def comparison_of(
    found: Findings, calls: Sequence[Configured], database: Database, metadatas: Metadatas = None
) -> Comparison:
    """Return what *found* comes to: the findings of a run of env.py whose *calls* are about *database*."""
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
    calls = calls_with_models(environment, database, x, engine_name)

    def collect(heads: tuple[str, ...], context: Any) -> tuple[()]:
        found.collect(heads, context)
        found.metadatas[:] = lasting(found.metadatas)  # some have these tables only during this run
        return ()

    run(environment, database, calls, tuple(x), found, work=collect)
    return tuple(dict.fromkeys(found.metadatas))


def create_models(connection: Connection, metadatas: Sequence[sa.MetaData]) -> None:
    """Create every table of *metadatas* on *connection*, with the schemas they are in, where the database has schemas."""
    names = {table.schema for metadata in metadatas for table in metadata.tables.values() if table.schema}
    if connection.dialect.name != "sqlite":
        for name in sorted(names - {connection.dialect.default_schema_name or ""}):
            connection.execute(CreateSchema(name, if_not_exists=True))
    for metadata in metadatas:
        metadata.create_all(connection)


__all__ = ["Comparison", "create_models", "models_against", "not_compared", "not_read", "tables_of"]
