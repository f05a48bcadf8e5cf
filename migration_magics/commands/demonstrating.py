"""`explain --demonstrate`: the operation that locks most, on a copy, with two programs that use the table meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ..engine.explained import heard, written
from ..engine.explained.choice import hardest
from ..engine.explained.typed import run_typed
from ..errors import MigrationError, Refused
from ..lab import demonstrate as lab
from ..lab import furnish, replay
from ..rules import explained as facts
from .sides import history_of, require_connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ..engine.database import Database
    from ..model.explanation import Demonstration
    from ..model.graph import Revision
    from .workspace import WorkspaceState

_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}


def demonstration(
    ws: WorkspaceState, what: Revision | str, options: Mapping[str, Any], *, is_downgrade: bool = False
) -> Demonstration:
    """Show the lock of *what*, a revision or a typed operation, on a copy that is dropped afterwards.

    Raises Refused where nothing of it locks a table that is there or it cannot be heard without its database, NotConnected,
    NoScratch, ReplayFailed.
    """
    require_connection(ws, "a demonstration needs one to copy")
    dialect = _DIALECTS.get(ws.database.family)
    if dialect is None:
        raise Refused(f"Nothing is known of {ws.database.server} here.", hint="%migrate explain, without --demonstrate")
    run = partial(run_typed, what) if isinstance(what, str) else _function(ws, what, is_downgrade=is_downgrade)
    hearing = heard.hear(None if isinstance(what, str) else ws.project, run, written.dialect_named(dialect), options)
    number = hardest(hearing, dialect, facts.explain)
    if number is None:
        because = f": {hearing.problem}" if hearing.problem else ", but for rows that only it touches"
        raise Refused(
            f"There is nothing to demonstrate: it locks no table that is there{because}.",
            hint="%migrate explain tells of each operation",
        )
    operation = hearing.operations[number]
    kind, target, name = heard.named(operation)
    schema, table = heard.place(operation)
    earlier = hearing.operations[:number]
    with _copy(ws, what, is_downgrade=is_downgrade) as copy:
        try:
            copy.run(lambda connection: written.perform(connection, earlier, options, commits=True))
            return lab.demonstrate(
                copy,
                table,
                lambda connection: written.perform(connection, (operation,), options),
                operation=f"op.{kind} {'.'.join(part for part in (target, name) if part)}",
                place=f"a copy on {ws.database.server}",
                schema=schema,
            )
        except MigrationError:
            raise
        except Exception as error:
            raise written.not_performed(error, kind) from error


def _function(ws: WorkspaceState, revision: Revision, *, is_downgrade: bool) -> Any:
    return getattr(ws.chain.module(revision), "downgrade" if is_downgrade else "upgrade")


@contextmanager
def _copy(ws: WorkspaceState, what: Revision | str, *, is_downgrade: bool) -> Iterator[Database]:
    """Give a copy with the schema that *what* finds: the history replayed, or what the database has by now."""
    with lab.stage(ws.database) as made:
        if isinstance(what, str):
            furnish.furnish(made.database, ws.database)
        else:
            below = (what.id,) if is_downgrade else ws.chain.graph.below(what.id)
            replay.replay(history_of(ws), made, below, is_whole=True)
        yield made.database
