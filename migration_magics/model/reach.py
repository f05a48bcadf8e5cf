"""How far a text of SQL reaches on its server: into its own database only, or beyond it."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from .sql_effects import statements

if TYPE_CHECKING:
    from collections.abc import Iterable
    from re import Pattern


class Reach(Enum):
    """INSIDE its database; of the whole SERVER and nothing else, so that no schema shows it; or BEYOND in another way."""

    INSIDE = "inside"
    SERVER = "server"
    BEYOND = "beyond"


# postgresql.org/docs/18/sql-commands.html, mariadb.com/kb/en/sql-statements: what is not of one database, and privileges,
# whose roles may be missing where the statement that makes them was passed over.
_SERVER = re.compile(
    r"(?:EXECUTE\s+(?:format\s*\(\s*)?'\s*)?(?:"
    r"(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:ROLE|USER|GROUP|TABLESPACE|DATABASE|SUBSCRIPTION|RESOURCE\s+GROUP)\b"
    r"|ALTER\s+(?:SYSTEM|DEFAULT\s+PRIVILEGES)\b|(?:GRANT|REVOKE)\b|(?:REASSIGN|DROP)\s+OWNED\b"
    r"|COMMENT\s+ON\s+(?:ROLE|TABLESPACE|DATABASE)\b|SET\s+(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|DEFAULT\s+ROLE|@@GLOBAL)\b"
    r"|RENAME\s+USER\b|FLUSH\b|(?:UN)?INSTALL\s|PURGE\b|RESET\s+(?:MASTER|REPLICA|SLAVE|PERSIST)\b|SHUTDOWN\b|KILL\b"
    r"|CHANGE\s+MASTER\b)",
    re.IGNORECASE,
)
_LINK = re.compile(r"\bdblink\w*\s*\(", re.IGNORECASE)
_SCHEMA = re.compile(r"(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?SCHEMA\b|USE\b", re.IGNORECASE)


def into(names: Iterable[str]) -> Pattern[str]:
    """Return a pattern for statements of MariaDB and MySQL that write into, or refer to, databases of these *names*.

    Reading from them is no harm, and `name.column` may mean a table of that name.
    """
    either = "|".join(re.escape(name) for name in names) or r"(?!)"
    there = rf"(?:`(?:{either})`|(?:{either}))\s*\.\s*[`\w]"
    written = (
        r"\b(?:INTO|UPDATE(?:\s+(?:LOW_PRIORITY|IGNORE))*|TABLES?(?:\s+IF\s+(?:NOT\s+)?EXISTS)?|TRUNCATE|REFERENCES|TO"
        r"|(?:VIEW|TRIGGER|EVENT|SEQUENCE|PROCEDURE|FUNCTION)(?:\s+IF\s+(?:NOT\s+)?EXISTS)?)"
    )
    return re.compile(
        rf"{written}\s+{there}|\bON\s+{there}[\w`]*\s*\(|\A(?:DELETE|RENAME|DROP)\b.*?(?:FROM|,)\s*{there}",
        re.IGNORECASE | re.DOTALL,
    )


def reach(sql: str, others: Pattern[str] | None = None) -> Reach:
    """Return how far *sql* reaches. *others*, where a qualified name leads into another database, is as `into` gives it."""
    every = [statement for statement in statements(sql) if statement.strip()]
    of_server = [bool(_SERVER.match(statement)) for statement in every]
    if any(of_server):
        return Reach.SERVER if all(of_server) and not _is_block(sql) else Reach.BEYOND
    if any(_LINK.search(statement) for statement in every):
        return Reach.BEYOND
    if others is not None and any(_SCHEMA.match(statement) or others.search(statement) for statement in every):
        return Reach.BEYOND
    return Reach.INSIDE


def _is_block(sql: str) -> bool:
    return sql.lstrip()[:2].upper() == "DO"
