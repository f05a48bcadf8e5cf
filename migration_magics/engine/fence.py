"""A fence around scratch copies on a server: what reaches beyond the copy does not happen.

Roles, tablespaces, databases and settings belong to the whole server; statements about them alone are passed over, for nothing
of them shows in a schema. Whatever else reaches out is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from ..errors import Refused
from ..model.reach import Reach, into, reach

if TYPE_CHECKING:
    from re import Pattern

    from sqlalchemy.engine import Connection

OURS = "migration_magics_beyond"
"""The execution option of a connection on which we make or drop a further copy ourselves."""

_OTHERS = (
    "SELECT schema_name FROM information_schema.schemata "
    "WHERE schema_name <> DATABASE() AND schema_name NOT IN ('information_schema', 'performance_schema', 'sys')"
)


def attach(connection: Connection) -> None:
    """Put the fence around *connection*, to its end. Raises Refused from the statement that would reach beyond the copy."""
    others = _other_databases(connection) if connection.dialect.name in {"mysql", "mariadb"} else None

    def fence(
        sender: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        _many: bool,  # noqa: FBT001 - SQLAlchemy hands it over so
    ) -> tuple[str, Any]:
        found = Reach.INSIDE if sender.get_execution_options().get(OURS) else reach(statement, others)
        if found is Reach.SERVER:
            return "SELECT 1", ()
        if found is Reach.BEYOND:
            said = " ".join(statement.split())[:60]
            raise Refused(
                f"This statement reaches beyond a scratch copy, so it was not run there: {said}.",
                hint="it can only be run for real: %migrate plan shows what that would be",
            )
        return statement, parameters

    event.listen(connection, "before_cursor_execute", fence, retval=True)


def _other_databases(connection: Connection) -> Pattern[str]:
    names = [str(row[0]) for row in connection.exec_driver_sql(_OTHERS)]
    connection.rollback()
    return into(names)
