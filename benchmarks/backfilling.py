"""A backfill against the same batches written by hand: each keeps its position in a table, so that it can go on."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .measure import Comparison, Row, compare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROWS = 400_000
_BATCH = 2_000
_MAKE = f"""
CREATE TABLE stand (job INTEGER PRIMARY KEY, position INTEGER);
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT);
WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < {_ROWS})
INSERT INTO t SELECT i, i % 7, 'value ' || i FROM r;
"""
_END = sa.text("SELECT max(id) FROM (SELECT id FROM t WHERE id > :position ORDER BY id LIMIT :size) AS batch")
_STAND = sa.text("INSERT OR REPLACE INTO stand VALUES (1, 0)")
_STANDS = sa.text("UPDATE stand SET position = :end WHERE job = 1")
_CHANGE = sa.text("UPDATE t SET n = n + 1 WHERE id > :position AND id <= :end")


def rows(directory: Path) -> Iterator[Row]:
    """Measure on a SQLite file, in wall time: waiting for the disk is the point of batches."""
    file = directory / "backfill.db"
    connection = sqlite3.connect(file)
    connection.executescript(_MAKE)
    connection.close()
    yield compare(
        Comparison(
            f"backfill in batches of {_BATCH:,}",
            f"{_ROWS:,} rows",
            lambda: _by_hand(file),
            lambda: _ours(file),
            1 / 1.3,
            time.perf_counter,
        )
    )


def _by_hand(file: Path) -> int:
    """As a person writes it with SQLAlchemy, the position kept so that it can go on; nothing told, nothing tried again."""
    engine = sa.create_engine(f"sqlite:///{file}")
    position, batches = 0, 0
    with engine.connect() as connection:
        connection.execute(_STAND)
        while True:
            end = connection.scalar(_END, {"position": position, "size": _BATCH})
            if end is None:
                break
            connection.execute(_CHANGE, {"position": position, "end": end})
            connection.execute(_STANDS, {"end": end})
            connection.commit()
            position, batches = end, batches + 1
    return batches


def _ours(file: Path) -> int:
    """The same batches: sizes stay where growing is not asked for."""
    from migration_magics.engine import backfill
    from migration_magics.engine.backfill_sql import Statements
    from migration_magics.engine.database import Database
    from migration_magics.engine.reflect import reflect
    from migration_magics.model.batches import Assignment, Job, Pace
    from migration_magics.settings import Settings

    database = Database.from_url("bench", f"sqlite:///{file}")
    table = database.read(lambda connection: reflect(connection, frozenset({"t"}))).tables[0]
    job = Job("t", (Assignment("n", "n + 1"),))
    statements = Statements(job, table, ("id",), "sqlite")
    done = backfill.run(database, statements, job, Pace(_BATCH, 60.0, largest=_BATCH), total=_ROWS, settings=Settings())
    return done.stood.batches
