"""What kind of server default a column has: the same for all rows, or computed for each."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

# PostgreSQL 18, Table 9.33 and pg_proc.provolatile: stable within a transaction, so computed once for all rows.
_STABLE = frozenset(
    [
        "now",
        "current_timestamp",
        "localtimestamp",
        "current_date",
        "current_time",
        "localtime",
        "transaction_timestamp",
        "statement_timestamp",
        "current_user",
        "session_user",
        "current_database",
    ]
)
_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_STRING = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"\b(current_timestamp|localtimestamp|current_date|current_time|localtime)\b", re.IGNORECASE)


def trait(default: Any) -> str:
    """Return "constant default", "stable default" or "volatile default"; "" where *default* is None."""
    text = written(default)
    if text is None:
        return ""
    bare = _STRING.sub("", text)
    called = {name.rpartition(".")[2].lower() for name in _CALL.findall(bare)}
    if called - _STABLE:
        return "volatile default"
    return "stable default" if called or _WORD.search(bare) else "constant default"


def written(default: Any) -> str | None:
    """Return the text of *default*, a string, SQL, or what SQLAlchemy makes of these; None where there is none."""
    if default is None or default is False:
        return None
    inner = getattr(default, "arg", default)
    if isinstance(inner, str):
        return "'" + inner.replace("'", "''") + "'"
    return str(inner.compile()) if isinstance(inner, sa.ClauseElement) else str(inner)
