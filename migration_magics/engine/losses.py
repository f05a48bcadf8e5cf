"""Count, in the live database, the rows that a plan would throw away: losing nothing needs no confirmation."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from ..model.losses import Loss, Renamed, steps
from .sources import revision_source
from .told import teller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from ..model.graph import Revision
    from ..model.plan import Plan
    from .chain import Chain
    from .database import Database
    from .runner import OnStep

MAX_ROWS = 1_000_000
"""Counting stops here: the answer is then "at least"."""

TIMEOUT_S = 2.0
"""How long one count may take, in seconds; the answer is then "some rows, not counted"."""


@dataclass(frozen=True, slots=True)
class CountedLoss:
    """A loss with what it would cost: *rows* that go, or that hold a value in the column that goes.

    *rows* is None where counting took too long; *is_at_least* where it stopped at `MAX_ROWS`; *is_exact* where these are
    the very rows that a DELETE would take, and not all of its table. *there* is the loss in the names that its object has
    now.
    """

    revision: str
    loss: Loss
    rows: int | None
    is_at_least: bool = False
    is_exact: bool = False
    there: Loss | None = None


def foreseen(plan: Plan, chain: Chain) -> tuple[tuple[str, Loss, Loss], ...]:
    """Return what the sources of *plan*'s steps throw away, in the order they would run.

    As (revision, loss, the same loss in the names that its table and column have before the plan runs).
    """
    if plan.direction == "stamp":
        return ()
    graph = chain.graph
    found: list[tuple[str, Loss, Loss]] = []
    tables: dict[tuple[str, str], str] = {}
    columns: dict[tuple[str, str, str], str] = {}
    for step in plan.steps:
        for each in _written_out(graph[step.revision], plan.direction) if step.revision in graph else ():
            table = tables.get((each.schema, each.table), each.table)
            column = columns.get((each.schema, table, each.column), each.column)
            if isinstance(each, Loss):
                found.append((step.revision, each, replace(each, table=table, column=column)))
            elif each.column:
                columns[each.schema, table, each.to] = column
            else:
                tables[each.schema, each.to] = table
    return tuple(found)


@lru_cache(maxsize=50_000)
def _written_out(revision: Revision, direction: str) -> tuple[Loss | Renamed, ...]:
    """What *revision*'s source throws away and renames; kept while its bytes are the same (its digest is part of it)."""
    return steps(revision_source(revision), direction)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the sources of a plan say it throws away: *lost* costs rows; *told* is all whose object is there now."""

    lost: tuple[CountedLoss, ...] = ()
    told: frozenset[Loss] = frozenset()


def survey(
    plan: Plan, chain: Chain, database: Database, session: Sequence[str] = (), on_step: OnStep | None = None
) -> Survey:
    """Return what *plan* would throw away in *database* as it is now. One connection; nothing is written.

    *session* is SQL that env.py runs before: its search path. *on_step* is told of each count.
    """
    wanted = () if database.is_missing else foreseen(plan, chain)
    if not wanted:
        return Survey()
    tell = teller(on_step, "counting what would be lost", "table")
    return database.read(lambda connection: _survey(connection, wanted, session, tell))


def _survey(
    connection: Connection,
    wanted: Sequence[tuple[str, Loss, Loss]],
    session: Sequence[str],
    tell: Callable[[int, int, str], None],
) -> Survey:
    lost: list[CountedLoss] = []
    told: list[Loss] = []
    for number, (revision, loss, now) in enumerate(wanted, 1):
        tell(number, len(wanted), now.target)
        try:
            for statement in session:
                connection.exec_driver_sql(statement)
            there = found(connection, now)
            if there is not None:
                told += [loss] if now == loss else []  # what a rename hides is looked at again when it runs
                rows = rows_lost(connection, there)
                lost += () if rows == 0 else (replace(counted(revision, loss, rows), there=there),)
        finally:
            connection.rollback()  # a count that failed has ended PostgreSQL's transaction
    return Survey(tuple(lost), frozenset(told))


def counted(revision: str, loss: Loss, rows: int | None, *, is_exact: bool = False) -> CountedLoss:
    """Return *loss* with its *rows*, of which more than `MAX_ROWS` are "at least" so many."""
    is_at_least = rows is not None and rows > MAX_ROWS
    return CountedLoss(revision, loss, MAX_ROWS if is_at_least else rows, is_at_least, is_exact)


def rows_lost(connection: Connection, loss: Loss, rows: str = "", parameters: Any = None) -> int | None:
    """Return how many rows *loss* costs now, at most `MAX_ROWS` + 1; 0 where the object is not there; None if that took too long.

    *rows* is a query for exactly those rows, in the driver's own words, with its *parameters*; without it all rows of the
    table count, of a column those that have a value. The transaction goes on, though a count that failed may have spoilt it.
    """
    there = found(connection, loss)
    if there is None:
        return 0
    try:
        with _bounded(connection):
            if rows:
                limited = f"SELECT count(*) FROM ({rows} LIMIT {MAX_ROWS + 1}) AS bounded"  # noqa: S608 - the revision's own
                return int(connection.exec_driver_sql(limited, parameters).scalar() or 0)
            return int(connection.scalar(_count(there)) or 0)
    except (exc.OperationalError, exc.ProgrammingError, exc.InternalError, exc.NotSupportedError):
        return None


def _count(loss: Loss) -> sa.Select[Any]:
    columns: tuple[sa.ColumnClause[Any], ...] = (sa.column(loss.column),) if loss.column else ()
    table = sa.table(loss.table, *columns, schema=loss.schema or None)
    inner = sa.select(sa.literal(1).label("one")).select_from(table)
    if loss.column:
        inner = inner.where(table.c[loss.column].isnot(None))
    return sa.select(sa.func.count()).select_from(inner.limit(MAX_ROWS + 1).subquery())


def found(connection: Connection, loss: Loss) -> Loss | None:
    """Return *loss* with the names its object really has, or None where there is no such object: `Users` may mean `users`."""
    inspector = sa.inspect(connection)
    names = (loss.table, loss.table.lower()) if loss.table != loss.table.lower() else (loss.table,)
    schema = loss.schema or None
    table = next((name for name in names if inspector.has_table(name, schema=schema)), None)
    if table is None:
        return None
    if not loss.column:
        return replace(loss, table=table)
    columns = {
        str(column["name"]).lower(): str(column["name"]) for column in inspector.get_columns(table, schema=schema)
    }
    column = columns.get(loss.column.lower())
    return None if column is None else replace(loss, table=table, column=column)


@contextmanager
def _bounded(connection: Connection) -> Iterator[None]:
    """End what takes longer than `TIMEOUT_S`, by the server itself where it can, else by SQLite's progress handler."""
    family = connection.dialect.name
    if family == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(TIMEOUT_S * 1000)}")
        yield
    elif getattr(connection.dialect, "is_mariadb", False):
        before = connection.exec_driver_sql("SELECT @@SESSION.max_statement_time").scalar()
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {TIMEOUT_S}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SET SESSION max_statement_time = {float(before or 0)}")
    elif family == "sqlite":
        raw: Any = connection.connection.driver_connection
        deadline = time.monotonic() + TIMEOUT_S
        set_handler = getattr(raw, "set_progress_handler", None)
        if set_handler is None or connection.dialect.is_async:
            yield
            return
        set_handler(lambda: int(time.monotonic() > deadline), 10_000)
        try:
            yield
        finally:
            set_handler(None, 0)
    else:
        yield
