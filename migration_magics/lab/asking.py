"""Ask a copy a question of the user's, and bring the answer as short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exc

from ..engine import failures, worker
from ..errors import ReplayInterrupted, UsageProblem
from ..model.rowdiff import shortened, shown

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..engine.database import Database

MOST_ROWS = 200
_COUNTED = 100_000
"""How many further rows are counted at most."""

Answer = tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...], int]


def asked(place: Database, sql: str, said: str, limit_s: float) -> Answer:
    """Return the columns, the first rows and how many more there are. Values of secret columns are masked.

    *said* is what *place* is called. Raises UsageProblem where it cannot answer *sql*, or not within *limit_s*, or that gives
    no rows; ReplayInterrupted.
    """

    def ask(connection: Connection) -> Answer:
        place.watch(connection)  # so that a question without an end can be stopped
        return _answer(connection, sql)

    try:
        return worker.call(lambda: place.run(ask), place.brake, limit_s=limit_s)
    except worker.OutOfTime as late:
        raise UsageProblem(
            f"{said[:1].upper()}{said[1:]} did not answer within {limit_s:g} s, and was stopped: {sql}",
            hint="ask for less: LIMIT 100; or give it more time: %config MigrateMagics.rehearse_timeout_s = 600",
        ) from late
    except worker.Interrupted as stop:
        raise ReplayInterrupted(
            "The question was stopped. Its copy is gone; nothing of your database was touched.",
            hint="ask for less: LIMIT 100",
        ) from stop
    except exc.SQLAlchemyError as error:
        raise UsageProblem(
            f"{said[:1].upper()}{said[1:]} cannot answer {sql}: {failures.words(error)}",
            hint="ask with a query of this database: SELECT ...",
        ) from error


def _answer(connection: Connection, sql: str) -> Answer:
    found = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
    if not found.returns_rows:
        connection.rollback()
        raise UsageProblem(f"{sql} gives no rows.", hint="ask with a query: SELECT ...")
    names = tuple(str(name) for name in found.keys())  # noqa: SIM118 - a result is no mapping
    rows = tuple(
        tuple(_text(name, value) for name, value in zip(names, row, strict=True)) for row in found.fetchmany(MOST_ROWS)
    )
    more = len(found.fetchmany(_COUNTED))
    connection.rollback()
    return names, rows, more


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    return shown(name, shortened(value.hex() if isinstance(value, bytes) else str(value)))
