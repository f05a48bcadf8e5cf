"""The SQL of revisions without a database, for any dialect: Alembic's offline mode with the project's own options."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..errors import MigrationError
from . import failures
from .environment import Configured, Environment, place_of
from .host import environment as host_environment
from .host import steps as host_steps
from .workplace import workplace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .chain import Chain

# Options of configure() that the offline run sets itself, or that mean a live connection.
_OWN = frozenset(
    {
        "dialect_opts",
        "literal_binds",
        "output_buffer",
        "starting_rev",
        "dialect_name",
        "run_arguments",
        "transactional_ddl",
    }
)


_READS = "it reads from the database"


class OfflineFailed(Exception):
    """A revision has no offline SQL; the message says which one and why, *short* the same in a few words."""

    def __init__(self, message: str, short: str = "") -> None:
        super().__init__(message)
        self.short = short or message


def render(
    chain: Chain,
    environment: Environment,
    call: Configured,
    order: list[str],
    heads: tuple[str, ...],
    *,
    dialect: str,
    is_upgrade: bool = True,
    x: tuple[str, ...] = (),
    tag: str | None = None,
) -> str:
    """Return the SQL that running *order* from *heads* would send on *dialect*, version table included.

    Raises OfflineFailed for a revision that reads from the database, which has nothing to say offline.
    """
    buffer, running = io.StringIO(), [""]
    make = host_steps.upgrade_step if is_upgrade else host_steps.downgrade_step

    def steps(_heads: tuple[str, ...], _context: Any) -> Iterator[Any]:
        for id_ in order:
            running[0] = id_
            yield make(chain.directory, id_)

    options = {name: value for name, value in call.options.items() if name not in _OWN}
    starting = heads if len(heads) > 1 else heads[0] if heads else None
    destination = order[-1] if order else None
    try:
        with ExitStack() as stack:
            stack.enter_context(workplace(environment.project, x))
            context = host_environment.offline_context(
                chain.project.config,
                chain.directory,
                fn=steps,
                as_sql=True,
                starting_rev=starting,
                destination_rev=destination,
                tag=tag,
            )
            stack.enter_context(context)
            context.configure(
                dialect_name=_dialect_name(dialect),
                literal_binds=True,
                dialect_opts={"paramstyle": "named"},
                output_buffer=buffer,
                **options,
            )
            with context.begin_transaction():
                context.run_migrations(**call.run_arguments)
    except MigrationError:
        raise
    except Exception as error:
        why = _why(error, chain, running[0], dialect)
        raise OfflineFailed(why, _READS if f": {_READS}" in why else "") from error
    return buffer.getvalue().strip() + "\n"


def _dialect_name(dialect: str) -> str:
    return {"postgres": "postgresql"}.get(dialect, dialect)


def _why(error: Exception, chain: Chain, id_: str, dialect: str) -> str:
    if not id_:
        said = (
            f"SQLAlchemy knows no dialect {dialect!r}"
            if isinstance(error, exc.NoSuchModuleError)
            else failures.words(error)
        )
        return f"{said}."
    graph = chain.graph
    path = graph[id_].path if id_ in graph else None
    place = place_of(error, path) if path else ""
    reads = isinstance(error, (AttributeError, TypeError, exc.NoInspectionAvailable))
    reads = reads or "live database connection" in str(
        error
    )  # a batch that rebuilds its table, in Alembic 1.20's words
    because = f"{_READS}, which offline SQL cannot" if reads else "it cannot be written as SQL"
    return f"Revision {id_}{place} has no offline SQL: {because} ({type(error).__name__}: {failures.words(error)})."
