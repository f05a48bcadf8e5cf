"""Count, in the live database, the rows that a plan would throw away: losing nothing needs no confirmation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from ..model.losses import Loss, losses
from ..model.plan import Plan
from .chain import Chain
from .database import Database
from .sources import revision_source

MAX_ROWS = 1_000_000
"""Counting stops here: the answer is then "at least"."""

TIMEOUT_S = 2.0
"""How long one count may take, in seconds; the answer is then "some rows, not counted"."""


@dataclass(frozen=True, slots=True)
class CountedLoss:
    """A loss with what it would cost: *rows* that go, or that hold a value in the column that goes.

    *rows* is None where counting took too long; *is_at_least* where it stopped at `MAX_ROWS`.
    """

    revision: str
    loss: Loss
    rows: int | None
    is_at_least: bool = False


def foreseen(plan: Plan, chain: Chain) -> tuple[tuple[str, Loss], ...]:
    """Return what the sources of *plan*'s steps throw away, as (revision, loss), in the order they would run."""
    if plan.direction == "stamp":
        return ()
    graph = chain.graph
    return tuple(
        (step.revision, loss)
        for step in plan.steps
        if step.revision in graph
        for loss in losses(revision_source(graph[step.revision]), plan.direction)
    )


def counted(plan: Plan, chain: Chain, database: Database) -> tuple[CountedLoss, ...]:
    """Return those losses of *plan* that cost rows in *database* as it is now. One connection; nothing is written."""
    wanted = foreseen(plan, chain)
    if not wanted or database.is_missing:
        return ()
    return database.run(lambda connection: tuple(_counted(connection, wanted)))


def _counted(connection: Connection, wanted: Sequence[tuple[str, Loss]]) -> Iterator[CountedLoss]:
    for revision, loss in wanted:
        rows = rows_lost(connection, loss)
        if rows != 0:
            is_at_least = rows is not None and rows > MAX_ROWS
            yield CountedLoss(revision, loss, MAX_ROWS if is_at_least else rows, is_at_least)


def rows_lost(connection: Connection, loss: Loss) -> int | None:
    """Return how many rows *loss* costs now, at most `MAX_ROWS` + 1; 0 where the object is not there; None if that took too long."""
    columns = (sa.column(loss.column),) if loss.column else ()
    table = sa.table(loss.table, *columns, schema=loss.schema or None)
    inner = sa.select(sa.literal(1).label("one")).select_from(table)
    if loss.column:
        inner = inner.where(table.c[loss.column].isnot(None))
    query = sa.select(sa.func.count()).select_from(inner.limit(MAX_ROWS + 1).subquery())
    try:
        if not _exists(connection, loss):
            return 0
        with _bounded(connection):
            return int(connection.scalar(query) or 0)
    except (exc.OperationalError, exc.ProgrammingError, exc.InternalError, exc.NotSupportedError):
        return None
    finally:
        connection.rollback()


def _exists(connection: Connection, loss: Loss) -> bool:
    inspector = sa.inspect(connection)
    if not inspector.has_table(loss.table, schema=loss.schema or None):
        return False
    if not loss.column:
        return True
    return any(column["name"] == loss.column for column in inspector.get_columns(loss.table, schema=loss.schema or None))


@contextmanager
def _bounded(connection: Connection) -> Iterator[None]:
    """End what takes longer than `TIMEOUT_S`, by the server itself where it can, else by SQLite's progress handler."""
    family = connection.dialect.name
    if family == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(TIMEOUT_S * 1000)}")
        yield
    elif getattr(connection.dialect, "is_mariadb", False):
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {TIMEOUT_S}")
        try:
            yield
        finally:
            connection.exec_driver_sql("SET SESSION max_statement_time = DEFAULT")
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


__all__ = ["MAX_ROWS", "TIMEOUT_S", "CountedLoss", "counted", "foreseen", "rows_lost"]
