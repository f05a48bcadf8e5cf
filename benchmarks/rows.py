"""What the row diff of a data migration costs on PostgreSQL: beside the bare migration, and in Python's memory.

Needs a server: the URL of an empty database, which is filled and left as it is.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.lab import capture

from .measure import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNS = 3
_SOME_S = 1.0
"""What looking at a million rows may cost where few of them change, in seconds."""

_COLUMNS = (
    "id BIGSERIAL PRIMARY KEY, worker INTEGER, score INTEGER, code TEXT, note TEXT, "
    "status TEXT NOT NULL DEFAULT 'new', cost NUMERIC(12, 2), made_at TIMESTAMP"
)
_VALUES = "1 + i % 20000, i, 'code' || i, repeat('x', 60), i / 7.0, now() FROM generate_series(1, {size}) i"
_TABLE = (
    "DROP TABLE IF EXISTS evaluations",
    f"CREATE TABLE evaluations ({_COLUMNS})",
    f"INSERT INTO evaluations (worker, score, code, note, cost, made_at) SELECT {_VALUES}",
    "VACUUM ANALYZE evaluations",
)
_CHANGES = {
    "every row": "UPDATE evaluations SET status = 'paid'",
    "1 %": "UPDATE evaluations SET status = 'paid' WHERE score % 100 = 0",
}


def rows(url: str, size: int) -> Iterator[Row]:
    """Return how long migrations of *size* rows take, bare and with their row diff, and the memory of the latter.

    The targets are those of the whole: 3.5 times the bare one where every row changes, 1.5 times and a second where 1 % do.
    """
    database = Database.from_url("copy", url)
    try:
        for which, sql in _CHANGES.items():
            bare = min(_seconds(database, size, sql, is_compared=False) for _ in range(_RUNS))
            ours = min(_seconds(database, size, sql, is_compared=True) for _ in range(_RUNS))
            target = 1 / 3.5 if which == "every row" else bare / (1.5 * bare + _SOME_S)
            yield Row(f"row diff, {which} changed", f"{size:,} rows", bare, ours, "s", target)
        for count in (10_000, size):
            peak = _peak_mb(database, count)
            yield Row("row diff, memory of Python", f"{count:,} rows", 150.0, peak, "MB", 1.0)
    finally:
        database.dispose()


def _seconds(database: Database, size: int, sql: str, *, is_compared: bool) -> float:
    _send(database, *(each.format(size=size) for each in _TABLE))
    began = time.perf_counter()
    with capture.begin(database) if is_compared else nullcontext() as before:
        _send(database, sql)
        if before is not None:
            (diff,) = before.row_diffs()
            assert diff.updated + diff.unchanged == size  # noqa: S101  # a fast wrong answer is none
    return time.perf_counter() - began


def _peak_mb(database: Database, size: int) -> float:
    with _traced() as peaks:
        _seconds(database, size, _CHANGES["every row"], is_compared=True)
    return peaks[0]


@contextmanager
def _traced() -> Iterator[list[float]]:
    peaks: list[float] = []
    tracemalloc.start()
    try:
        yield peaks
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
    finally:
        tracemalloc.stop()


def _send(database: Database, *statements: str) -> None:
    def work(connection: sa.Connection) -> None:
        direct = connection.execution_options(isolation_level="AUTOCOMMIT")
        for sql in statements:
            direct.execute(sa.text(sql))

    database.run(work)


def main() -> None:
    """`python -m benchmarks.rows URL [ROWS]`: print the table."""
    from .measure import table

    url, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    print(table(list(rows(url, size))))


if __name__ == "__main__":
    main()
