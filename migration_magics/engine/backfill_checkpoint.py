"""Where each unfinished backfill stands: a row per job in a table of ours, written in the same transaction as the batch.

The table comes with the first job and goes with the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from ..model.batches import read, written
from .ours import BACKFILL

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..model.batches import Job, Key

TABLE = BACKFILL
"""What the table is called."""

_LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")

_table = sa.Table(
    TABLE,
    sa.MetaData(),
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("table_name", _LONG, nullable=False),
    sa.Column("assignments", _LONG, nullable=False),
    sa.Column("predicate", _LONG, nullable=False),
    sa.Column("position", _LONG),
    sa.Column("batches", sa.BigInteger, nullable=False),
    sa.Column("passed", sa.BigInteger, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
)


_MOVED = (  # once: making it takes as long as sending it
    _table.update()
    .where(_table.c.job == sa.bindparam("of"), _table.c.batches == sa.bindparam("stood"))
    .values({name: sa.bindparam(f"to_{name}") for name in ("position", "batches", "passed", "changed")})
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a job is: the last key it has dealt with (None before the first), and what it has done so far."""

    position: Key | None = None
    batches: int = 0
    passed: int = 0
    changed: int = 0


def stored(connection: Connection, job: Job) -> Checkpoint | None:
    """Return how far *job* is, None where nothing is kept of it. Creates nothing. Raises ValueError for what is not ours."""
    if not sa.inspect(connection).has_table(TABLE):
        return None
    row = connection.execute(sa.select(_table).where(_table.c.job == job.id)).first()
    if row is None:
        return None
    return Checkpoint(read(row.position) if row.position else None, row.batches, row.passed, row.changed)


def begin(connection: Connection, job: Job) -> None:
    """Write the row of *job*, and the table where it is missing."""
    _table.create(connection, checkfirst=True)
    connection.execute(
        _table.insert().values(
            job=job.id,
            table_name=job.table,
            assignments=", ".join(each.text for each in job.assignments),
            predicate=job.where,
            batches=0,
            passed=0,
            changed=0,
        )
    )


def advance(connection: Connection, job: Job, before: Checkpoint, after: Checkpoint) -> bool:
    """Move the row of *job* on; say whether it still stood where it was *before*: another kernel may run the same job."""
    values = {
        "of": job.id,
        "stood": before.batches,
        "to_position": written(after.position or ()),
        "to_batches": after.batches,
        "to_passed": after.passed,
        "to_changed": after.changed,
    }
    return connection.execute(_MOVED, values).rowcount == 1


def end(connection: Connection, job: Job) -> None:
    """Remove the row of *job*, and the table where it was the last."""
    connection.execute(_table.delete().where(_table.c.job == job.id))
    tidy(connection)


def tidy(connection: Connection) -> None:
    """Drop the table where no job is in it."""
    if sa.inspect(connection).has_table(TABLE) and connection.execute(sa.select(_table.c.job).limit(1)).first() is None:
        _table.drop(connection, checkfirst=True)
