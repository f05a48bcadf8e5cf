"""A fence around scratch copies on a server: what reaches beyond the copy is not run there.

Roles, tablespaces, databases and settings belong to the whole server, and on MariaDB and MySQL a qualified name leads into
another database. Statements about the former alone are passed over (nothing of them shows in a schema); whatever else would
reach out is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from ..errors import Refused

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from .database import Database

# postgresql.org/docs/18/sql-commands.html, mariadb.com/kb/en/sql-statements: what is not of one database, and privileges,
# whose roles may be missing when the statement that makes them was passed over.
_BEYOND = (
    r"(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:ROLE|USER|GROUP|TABLESPACE|DATABASE|SUBSCRIPTION|RESOURCE\s+GROUP)\b"
    r"|ALTER\s+SYSTEM\b|ALTER\s+DEFAULT\s+PRIVILEGES\b|(?:GRANT|REVOKE)\b|REASSIGN\s+OWNED\b|DROP\s+OWNED\b"
    r"|COMMENT\s+ON\s+(?:ROLE|TABLESPACE|DATABASE)\b|SET\s+(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|DEFAULT\s+ROLE|@@GLOBAL)\b"
    r"|RENAME\s+USER\b|FLUSH\b|(?:UN)?INSTALL\s+\w+|PURGE\b|RESET\s+(?:MASTER|REPLICA|SLAVE|PERSIST)\b|SHUTDOWN\b|KILL\b|CHANGE\s+MASTER\b"
)
_START = r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*"
_ONLY_BEYOND = re.compile(rf"{_START}(?:{_BEYOND})", re.IGNORECASE | re.DOTALL)
_SOMEWHERE = re.compile(rf"(?:;|\bBEGIN\b|\bEXECUTE\b)\s*'?\s*(?:{_BEYOND})|\bdblink\w*\s*\(", re.IGNORECASE)
_SCHEMAS = re.compile(
    rf"{_START}(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?SCHEMA\b|{_START}USE\b", re.IGNORECASE | re.DOTALL
)
_OTHERS = (
    "SELECT schema_name FROM information_schema.schemata "
    "WHERE schema_name <> DATABASE() AND schema_name NOT IN ('information_schema', 'performance_schema', 'sys')"
)


def attach(connection: Connection, database: Database) -> None:
    """Put the fence around *connection* to *database* where that is a scratch copy on a server; to the connection's end.

    Raises Refused from the statement that would reach beyond the copy.
    """
    family = database.family
    if not database.is_scratch:
        return
    others = _other_databases(connection) if family == "mysql" else None

    def fence(
        _connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        _many: bool,  # noqa: FBT001 - SQLAlchemy hands it over so
    ) -> tuple[str, Any]:
        if _ONLY_BEYOND.match(statement) and not _has_more(statement):
            return "SELECT 1", ()
        _refuse(statement, family, others)
        return statement, parameters

    event.listen(connection, "before_cursor_execute", fence, retval=True)


def _has_more(statement: str) -> bool:
    return ";" in statement.rstrip().rstrip(";")


def _refuse(statement: str, family: str, others: re.Pattern[str] | None) -> None:
    reaches = _ONLY_BEYOND.match(statement) or _SOMEWHERE.search(statement)
    if not reaches and family == "mysql":
        reaches = _SCHEMAS.match(statement) or (others.search(statement) if others is not None else None)
    if reaches:
        said = " ".join(statement.split())[:60]
        raise Refused(
            f"This statement reaches beyond a scratch copy, so it was not run there: {said}.",
            hint="it can only be run for real: %migrate plan shows what that would be",
        )


def _other_databases(connection: Connection) -> re.Pattern[str] | None:
    """A pattern for names in other databases of the server: `other.t`, quoted or not."""
    names = [str(row[0]) for row in connection.exec_driver_sql(_OTHERS)]
    connection.rollback()
    if not names:
        return None
    either = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<![\w`.])(?:`(?:{either})`|(?:{either}))\s*\.\s*[`\w]", re.IGNORECASE)
