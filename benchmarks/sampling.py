"""A sample of 1,000 rows a table from ten tables with ten million rows, on SQLite and PostgreSQL.

Alembic has nothing like it, so that the limit stands where the others have Alembic's time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.lab import copies

from .measure import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLES = 10
ROWS = 1_000_000
_LIMIT_S = 5.0


def rows(directory: Path, url: str | None = None, size: int = ROWS) -> Iterator[Row]:
    """Return the lines of the table; with the *url* of an empty PostgreSQL database also of this one."""
    file = directory / "sampling.db"
    _fill(f"sqlite:///{file}", size)
    yield _sampled(f"sqlite:///{file}", size, "SQLite")
    if url is not None:
        _fill(url, size)
        yield _sampled(url, size, "PostgreSQL")


def _fill(url: str, size: int) -> None:
    """Ten tables, each with a foreign key to the one before, a state that is rare and an index on it."""
    engine = sa.create_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for at in range(TABLES):
            link = f", parent INTEGER REFERENCES t{at - 1} (id)" if at else ", parent INTEGER"
            connection.exec_driver_sql(
                f"CREATE TABLE t{at} (id INTEGER PRIMARY KEY, state VARCHAR(9), n INTEGER{link})"
            )
            values = f"x, CASE WHEN x = {size // 2} THEN 'rare' ELSE 'usual' END, x % 997, {size} - x + 1"
            series = (
                f"WITH RECURSIVE s (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM s LIMIT {size}) SELECT {values} FROM s"
                if is_sqlite
                else f"SELECT {values.replace('%', '%%')} FROM generate_series(1, {size}) AS s (x)"
            )
            connection.exec_driver_sql(f"INSERT INTO t{at} {series}")
            connection.exec_driver_sql(f"CREATE INDEX by_state_{at} ON t{at} (state)")
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _sampled(url: str, size: int, name: str) -> Row:
    source = Database.from_url("app", url)

    def take() -> None:
        with copies.sampled(source, 1_000) as copy:
            if copy.sampled is None or any(table.chosen < 1_000 for table in copy.sampled.tables):
                message = "the sample has fewer rows than were asked for"
                raise AssertionError(message)

    seconds = _seconds(take)
    source.dispose()
    return Row(f"sample 10 x 1,000 rows, {name}", f"{TABLES * size:,} rows", _LIMIT_S, seconds, "s", 1)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder), sys.argv[1] if len(sys.argv) > 1 else None):
            print(f"{row.question}, {row.history}: {row.ours:.2f} s of {row.alembic:.0f} s")
