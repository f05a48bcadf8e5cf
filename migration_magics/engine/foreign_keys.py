"""Foreign keys on SQLite while they are not enforced: which rows miss their parent, more of them than before."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..errors import MigrationError

Violations = Counter[tuple[str, str]]
"""How many rows of a table miss their parent, by (table, parent): rowids change in a rebuild."""


class ForeignKeysBroken(MigrationError):
    """A run would leave rows whose parent is missing; raised before COMMIT, so nothing was kept."""


def violations(raw: Any) -> Violations:
    """Return the violations there are now.

    A key whose parent has no unique index makes SQLite refuse the whole check; then it goes table by table, and such a
    table counts as one violation with the parent "".
    """
    try:
        return Counter(
            (str(table), str(parent)) for table, _row, parent, _key in _rows(raw, "PRAGMA foreign_key_check")
        )
    except Exception as error:
        if "mismatch" not in str(error):
            raise
    found: Violations = Counter()
    for table in _tables(raw):
        quoted = table.replace('"', '""')
        try:
            found.update(
                (table, str(parent))
                for _table, _row, parent, _key in _rows(raw, f'PRAGMA foreign_key_check("{quoted}")')
            )
        except Exception as error:
            if "mismatch" not in str(error):
                raise
            found[table, ""] += 1
    return found


def require_no_new(raw: Any, before: Violations) -> None:
    """Raise ForeignKeysBroken where there are more violations than *before*. A table that was renamed keeps its old ones."""
    now = violations(raw)
    broken = now - before
    tables = set(_tables(raw))
    moved = sum(
        count
        for (table, parent), count in before.items()
        if table not in tables or (parent and parent not in tables and now[table, parent] == 0)
    )
    if broken.total() > moved:
        lines = tuple(_line(*pair, count) for pair, count in sorted(broken.items()))
        raise ForeignKeysBroken("; ".join(lines))


def _line(table: str, parent: str, count: int) -> str:
    if not parent:
        return f"a foreign key of {table} points at columns that are not unique"
    rows = "row" if count == 1 else "rows"
    return f"{count:,} {rows} of {table} {'points' if count == 1 else 'point'} at rows of {parent} that are gone"


def _tables(raw: Any) -> list[str]:
    return [str(name) for (name,) in _rows(raw, "SELECT name FROM sqlite_master WHERE type = 'table'")]


def _rows(raw: Any, sql: str) -> list[Any]:
    cursor = raw.cursor()
    try:
        cursor.execute(sql)
        return list(cursor.fetchall())
    finally:
        cursor.close()
