"""A run of env.py in which models are compared with a database, in place of running revisions. Writes nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from ..errors import EnvironmentFailed, MigrationError, NoModels
from . import failures, worker
from .database import Database
from .environment import Configured, Environment, Request
from .host.comparing import pretend_revision
from .stand_ins import has_connections

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from .host.comparing import Findings

    Metadatas = Sequence[sa.MetaData] | None
    """The models to compare, where not those of env.py (None)."""

    Work = Callable[[tuple[str, ...], Any], Any]


def calls_with_models(
    environment: Environment,
    database: Database,
    x: Sequence[str],
    engine_name: str | None,
    metadatas: Metadatas = None,
) -> tuple[Configured, ...]:
    """Return the calls of env.py that are about *database*. Raises NoModels where none of them has models."""
    calls = environment.captured(x, database).for_database(database, engine_name)
    if metadatas is None and all(call.options.get("target_metadata") is None for call in calls):
        place = environment.project.env_py
        raise NoModels(
            "env.py has no models: its target_metadata is None."
            if place is not None
            else "This project has no env.py, so nobody says where its models are.",
            hint="define them in a %%models cell, name them by --models package.module:Base or in pyproject.toml "
            "([tool.migration_magics] models), or let env.py say target_metadata = Base.metadata",
        )
    return calls


def run(
    environment: Environment,
    database: Database,
    calls: tuple[Configured, ...],
    x: tuple[str, ...],
    found: Findings,
    *,
    work: Work | None = None,
    metadatas: Metadatas = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Run env.py with *work* (default: compare) in place of the revisions; the transaction is rolled back.

    *options* go over those of env.py. Raises EnvironmentFailed, and what *database* raises.
    """
    models = {} if metadatas is None else {"target_metadata": metadatas[0] if len(metadatas) == 1 else list(metadatas)}
    compare = environment.shortcut.around(found.compare, found, environment.project)
    request = _request(environment, x, found, work or compare, {**(options or {}), **models})

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
    _explained(lambda: database.run(on, in_thread=True))


def reaches_all(calls: Sequence[Configured]) -> bool:
    """Say whether env.py could connect to each of the several databases that it configures."""
    return len({call.identity for call in calls}) > 1 and all(has_connections(call.engine) for call in calls)


def run_on_all(
    environment: Environment,
    calls: tuple[Configured, ...],
    x: tuple[str, ...],
    found: Findings,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Run env.py as it connects by itself to all its databases, comparing in place of the revisions. Raises as `run`."""
    compare = environment.shortcut.around(found.compare, found, environment.project)
    request = _request(environment, x, found, compare, options or {})
    request.keeps_transaction = False
    _explained(lambda: worker.call(lambda: environment.run(request, calls, None)))


def _request(
    environment: Environment,
    x: tuple[str, ...],
    found: Findings,
    work: Work,
    options: Mapping[str, Any],
) -> Request:
    def on_connection(_connection: Connection) -> None:
        pretend_revision(environment.project.config, found.arguments)
        logging.getLogger("alembic").setLevel(logging.WARNING)  # put back with all other loggers, after the run

    return Request(
        work,
        {
            "as_sql": False,
            "starting_rev": None,
            "destination_rev": None,
            "dont_mutate": True,
            "template_args": found.template_args,
        },
        x,
        overrides=options,
        on_connection=on_connection,
        keeps_transaction=True,
    )


def _explained(work: Callable[[], Any]) -> None:
    try:
        work()
    except MigrationError:
        raise
    except (CommandError, Exception) as error:
        raise EnvironmentFailed(
            f"The models cannot be compared: {type(error).__name__}: {failures.words(error)}",
            hint="%migrate why shows the whole traceback",
        ) from error
