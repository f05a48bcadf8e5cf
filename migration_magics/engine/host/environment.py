"""Run the project's env.py with our hands on `context.configure()` and `context.run_migrations()`.

The hooks sit on an `EnvironmentContext` *instance*: a subclass would install no proxies, since Alembic keeps them by exact
class (`ModuleClsProxy._setups`, measured on 1.20.1).
"""

from __future__ import annotations

import inspect
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import alembic.context
import alembic.op
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Dialect

_CONFIGURE = inspect.signature(EnvironmentContext.configure)

Configure = Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], None]
"""Gets the keyword arguments of a `configure()` call and the function that carries it out."""

RunMigrations = Callable[[dict[str, Any], Callable[[], None]], None]
"""Gets the keyword arguments of a `run_migrations()` call and the function that carries it out."""


@contextmanager
def proxies_as_they_were() -> Iterator[None]:
    """Put `alembic.op` and `alembic.context` back afterwards, whatever happened.

    Alembic 1.20.1 leaves them bound to a dead connection after a failure (`Operations.context` has no `finally`), and
    unbinds an outer use after an inner one.
    """
    modules = (alembic.op, alembic.context)
    before = [dict(vars(module)) for module in modules]
    try:
        yield
    finally:
        for module, names in zip(modules, before, strict=True):
            for name in set(vars(module)) - set(names):
                delattr(module, name)
            vars(module).update(names)


@contextmanager
def arguments(config: Config, x: Sequence[str]) -> Iterator[None]:
    """Let `context.get_x_argument()` find *x*, as `alembic -x` would; put `config.cmd_opts` back afterwards."""
    before = config.cmd_opts
    given = vars(before) if before is not None else {}
    config.cmd_opts = Namespace(**{**given, "x": list(x) or given.get("x")})
    try:
        yield
    finally:
        config.cmd_opts = before


def context(
    config: Config, directory: ScriptDirectory, configure: Configure, run_migrations: RunMigrations, **options: Any
) -> EnvironmentContext:
    """Return an environment context whose two calls go through *configure* and *run_migrations*.

    *options* are what Alembic's own commands pass: `fn`, `destination_rev`, `starting_rev`, `tag`, `as_sql`, `purge`, ...
    """
    environment = EnvironmentContext(config, directory, **{"starting_rev": None, "destination_rev": None, **options})
    real_configure, real_run = environment.configure, environment.run_migrations

    def hooked_configure(*arguments: Any, **keywords: Any) -> None:
        bound = _CONFIGURE.bind(environment, *arguments, **keywords).arguments
        given = {name: value for name, value in bound.items() if name not in {"self", "kw"}}
        given.update(bound.get("kw", {}))
        configure(given, lambda changed: real_configure(**changed))

    def hooked_run(**keywords: Any) -> None:
        run_migrations(keywords, lambda: real_run(**keywords))

    environment.configure = hooked_configure  # type: ignore[method-assign] # on the instance: see above
    environment.run_migrations = hooked_run  # type: ignore[method-assign]
    return environment


def capture_context(
    config: Config,
    directory: ScriptDirectory,
    on_configure: Callable[[dict[str, Any]], tuple[Dialect, Any]],
    **options: Any,
) -> EnvironmentContext:
    """Return an environment context that configures no database: it hands each call's arguments to *on_configure*.

    That returns the dialect and the stand-in connection of the migration context env.py may ask for; and the keyword
    arguments of `run_migrations()` end up as `run_arguments` in the dictionary it was given.
    """
    latest: dict[str, Any] = {}

    def configure(given: dict[str, Any], _go_on: Callable[[dict[str, Any]], None]) -> None:
        nonlocal latest
        latest = given
        dialect, connection = on_configure(given)
        configure_nothing(environment, directory, given, dialect, connection)

    def run_migrations(keywords: dict[str, Any], _go_on: Callable[[], None]) -> None:
        latest["run_arguments"] = keywords

    environment = context(config, directory, configure, run_migrations, **options)
    environment.begin_transaction = nullcontext  # type: ignore[method-assign]
    return environment


def configure_nothing(
    environment: EnvironmentContext,
    directory: ScriptDirectory,
    given: dict[str, Any],
    dialect: Dialect,
    connection: Any,
) -> None:
    """Give *environment* a migration context over the stand-in *connection*, for what env.py may ask of it."""
    kept: dict[str, Any] = {name: given[name] for name in ("version_table", "version_table_schema") if name in given}
    environment._migration_context = MigrationContext(dialect, connection, {"script": directory, **kept}, environment)


def offline_context(config: Config, directory: ScriptDirectory, **options: Any) -> EnvironmentContext:
    """Return Alembic's own environment context, for SQL without a database (`as_sql`)."""
    return EnvironmentContext(config, directory, **options)


def operations(migration_context: MigrationContext) -> Any:
    """Return the context manager that binds `alembic.op` to *migration_context*; use inside `proxies_as_they_were`."""
    return Operations.context(migration_context)


def version_heads(connection: Any, options: dict[str, Any], session: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the rows of the version table that *options* name, sorted; () where there is no such table. Writes nothing.

    *session* is SQL that env.py runs before: its search path. It ends with the transaction, which the caller rolls back.
    """
    kept = {name: options[name] for name in ("version_table", "version_table_schema") if options.get(name)}
    for statement in session:
        connection.exec_driver_sql(statement)
    return tuple(sorted(MigrationContext.configure(connection, opts=kept).get_current_heads()))


def has_version_table(connection: Any, options: dict[str, Any], session: Sequence[str] = ()) -> bool:
    """Say whether the version table that *options* name is there; as `version_heads`."""
    kept = {name: options[name] for name in ("version_table", "version_table_schema") if options.get(name)}
    for statement in session:
        connection.exec_driver_sql(statement)
    return bool(MigrationContext.configure(connection, opts=kept)._has_version_table())
