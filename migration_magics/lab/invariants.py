"""Ask a copy what an invariant says: a query whose rows are the same before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exc

from ..engine import failures
from ..errors import UsageProblem

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..engine.database import Database

_MOST_ROWS = 1_000


def asked_first(place: Database, sql: str) -> str:
    """Return what *sql* gives on *place*, in words. Raises UsageProblem where it does not run, or gives too many rows."""
    try:
        return place.run(lambda connection: _said(connection, sql))
    except exc.SQLAlchemyError as error:
        raise UsageProblem(
            f"The invariant {sql} does not run: {failures.words(error)}",
            hint='give a query that runs before and after: --invariant "SELECT count(*) FROM evaluations"',
        ) from error


def asked_again(place: Database, sql: str) -> str:
    """Return what *sql* gives on *place* now, or that it does not run any more."""
    try:
        return place.run(lambda connection: _said(connection, sql))
    except exc.SQLAlchemyError as error:
        return f"the error {failures.words(error)}"


def _said(connection: Connection, sql: str) -> str:
    found = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
    if not found.returns_rows:
        raise UsageProblem(f"The invariant {sql} gives no rows.", hint="an invariant is a query: SELECT ...")
    rows = found.fetchmany(_MOST_ROWS + 1)
    connection.rollback()
    if len(rows) > _MOST_ROWS:
        raise UsageProblem(
            f"The invariant {sql} gives more than {_MOST_ROWS:,} rows.", hint="count or sum them in the query"
        )
    return "; ".join(", ".join("NULL" if value is None else str(value) for value in row) for row in rows) or "no row"
