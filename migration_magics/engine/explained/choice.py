"""Which of several operations locks most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import heard, written
from .deeds import Reader
from .operations import asked, deeds_of

if TYPE_CHECKING:
    from .heard import Hearing
    from .operations import Explain

# The strongest first, in the databases' own words (PostgreSQL 18, 13.3.1; MariaDB 10.11, ALTER TABLE; SQLite 3.45).
_STRENGTH = ("ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE", "SHARED", "the whole file", "NONE")
_ROWS_ONLY = {"execute", "bulk_insert", "create_table"}


def hardest(hearing: Hearing, dialect: str, explain: Explain) -> int | None:
    """Return the number of the operation with the strongest lock on a table that was there, None where there is none.

    The first, where several are alike.
    """
    reader = Reader(written.dialect_named(dialect))
    created: set[str] = set()
    found: list[tuple[int, int]] = []
    for number, operation in enumerate(hearing.operations):
        kind, table, _name = heard.named(operation)
        told = [explain(deed, asked(deed, operation, dialect)) for deed in deeds_of(operation, reader)]
        locks = [
            deed.facts[dialect].lock for deed in told if dialect in deed.facts and deed.facts[dialect].lock in _STRENGTH
        ]
        if kind == "create_table":
            created.add(table)
        if locks and table and kind not in _ROWS_ONLY and table not in created and number not in hearing.outside:
            found.append((min(_STRENGTH.index(lock) for lock in locks), number))
    return min(found)[1] if found else None
