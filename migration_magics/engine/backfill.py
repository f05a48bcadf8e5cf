"""Change a table's rows in batches, each in a transaction of its own that also says how far the job is.

Whatever ends it, the same job goes on where it stopped and no row is changed twice: the checkpoint is committed with the
batch, and moved only where it still stands as we saw it.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..errors import AnotherMigrator, BackfillFailed, BackfillInterrupted
from ..model import batches
from . import backfill_checkpoint as checkpoint
from . import failures, worker
from .backfill_checkpoint import Checkpoint
from .keeper import Keeper
from .lock import migrator_lock
from .told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from ..model.batches import Job, Pace
    from ..model.schema import Table
    from ..settings import Settings
    from .backfill_sql import Statements
    from .database import Database

_PASSING = {"40001", "40P01", 1213}
"""Serialisation failure and deadlock (PostgreSQL, Appendix A), deadlock (MariaDB): the other one went on, try again."""

_LOOK_UP_S = 0.1


@dataclass(slots=True)
class Tally:
    """What became of a run of a job. *stood* is where the job stands, *began* where it stood before this run."""

    total: int = 0
    began: Checkpoint = field(default_factory=Checkpoint)
    stood: Checkpoint = field(default_factory=Checkpoint)
    retries: int = 0
    size: int = 0
    longest_s: float = 0.0
    duration_s: float = 0.0
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before anything is changed: *resumed* where the job was begun earlier."""

    total: int
    resumed: Checkpoint | None
    overwritten: int
    has_null_key: bool


def look(database: Database, statements: Statements, job: Job, table: Table, *, restart: bool) -> Before:
    """Return what is known of *job* before it runs. Writes nothing. Raises DatabaseUnreachable."""

    def ask(connection: Connection) -> Before:
        resumed = None if restart else checkpoint.stored(connection, job)
        counts = not resumed and not job.where
        return Before(
            statements.total(connection, table),
            resumed,
            statements.overwritten(connection) if counts else 0,
            statements.has_null_key(connection) if database.family == "sqlite" else False,
        )

    return database.read(ask)


def run(
    database: Database,
    statements: Statements,
    job: Job,
    pace: Pace,
    *,
    total: int,
    settings: Settings,
    restart: bool = False,
    on_batch: Callable[[int, int, Any], None] | None = None,
) -> Tally:
    """Run *job* to its end and return what it did; *on_batch* is told the rows passed, about how many there are, and how.

    Raises:
        BackfillFailed: a batch failed, or got no lock in all its tries; it was rolled back, those before it are kept.
        BackfillInterrupted: the user stopped it.
        AnotherMigrator: another kernel runs the same job. DatabaseReadOnly, DatabaseUnreachable.
    """
    going = _Run(database, statements, job, pace, settings=settings, total=total, on_batch=on_batch)
    began = time.perf_counter()
    try:
        database.run(lambda connection: going.go(connection, restart=restart), in_thread=True)
    except worker.Interrupted as error:
        raise going.failed(BackfillInterrupted, "was interrupted", going.again) from error
    except exc.SQLAlchemyError as error:
        problem = failures.connection_problem(error, database.name) if not failures.is_locked(error) else None
        said = "got no lock" if is_passing(error) else "failed"
        raise problem or going.failed(BackfillFailed, f"{said}: {failures.words(error)}", going.hint) from error
    going.tally.duration_s = time.perf_counter() - began
    return going.tally


def is_passing(error: BaseException) -> bool:
    """Say whether what went wrong may go right when it is tried again: a lock, a deadlock."""
    return failures.is_locked(error) or failures.code(error) in _PASSING


class _Run:
    """One run of a job on one connection."""

    again = "run the same command again: it goes on where it stopped"

    def __init__(
        self,
        database: Database,
        statements: Statements,
        job: Job,
        pace: Pace,
        *,
        settings: Settings,
        total: int,
        on_batch: Callable[[int, int, Any], None] | None,
    ) -> None:
        self.database, self.statements, self.job, self.pace = database, statements, job, pace
        self.tally = Tally(total, size=pace.size)
        self.on_batch = on_batch
        self.is_kept = False  # the job has a row in the table of checkpoints
        wait_s = pace.lock_wait_s if settings.lock_timeout_s is None else settings.lock_timeout_s
        self.settings = replace(settings, lock_timeout_s=wait_s)

    def go(self, connection: Connection, *, restart: bool) -> None:
        """Work through the table."""
        family, wait_s = self.database.family, self.settings.migrator_wait_s
        with (
            self._prepared(connection),
            migrator_lock(connection, family, f"{checkpoint.TABLE}:{self.job.id}", wait_s),
        ):
            self.database.watch(connection)
            self._tried(connection, lambda: self._begin(connection, restart=restart))
            self._tell("")
            while self._tried(connection, lambda: self._batch(connection) if self.is_kept else self._first(connection)):
                self._tell("")
                self._rest(self.pace.pause_s)
            self._tried(connection, lambda: self._end(connection))
            self.tally.left = self.statements.left(connection)
            connection.rollback()

    @property
    def hint(self) -> str:
        """What to do after a failure: a mended `--set` is another job, which begins at the first row."""
        if not self.tally.stood.batches:
            return "mend what it says, then run it again"
        return "mend the rows, then run the same command again: it goes on where it stopped; another --set begins anew"

    def failed(self, kind: type[BackfillFailed], what: str, hint: str) -> BackfillFailed:
        """Return the error that says how far it is."""
        stood, tally = self.tally.stood, self.tally
        done = (
            f"The batch that ran was rolled back; {stood.passed:,} of about {max(tally.total, stood.passed):,} rows are "
            f"dealt with ({stood.changed:,} changed) and stay so."
            if stood.batches
            else "Nothing was changed."
        )
        return kind(
            f"The backfill of {self.job.table} {what}",
            details=(done,),
            passed=stood.passed,
            changed=stood.changed,
            hint=hint,
        )

    # -- parts

    def _begin(self, connection: Connection, *, restart: bool) -> None:
        with (
            migrator_lock(connection, self.database.family, checkpoint.TABLE, self.settings.migrator_wait_s),
            self._transaction(connection),
        ):
            stood = checkpoint.stored(connection, self.job)
            if stood is not None and restart:
                checkpoint.end(connection, self.job)
                stood = None
            self.is_kept = stood is not None
            self.tally.began = self.tally.stood = stood or Checkpoint()

    def _first(self, connection: Connection) -> bool:
        """Deal with the first rows, and begin the checkpoint with them: a job that fails at once leaves none."""
        with migrator_lock(connection, self.database.family, checkpoint.TABLE, self.settings.migrator_wait_s):
            try:
                found = self._batch(connection)
            except BaseException:
                if self.database.family == "mysql":  # where a table does not go with its transaction
                    with suppress(exc.SQLAlchemyError), self._transaction(connection):
                        checkpoint.tidy(connection)
                raise
        self.is_kept = found
        return found

    def _end(self, connection: Connection) -> None:
        if not self.is_kept:
            return
        with (
            migrator_lock(connection, self.database.family, checkpoint.TABLE, self.settings.migrator_wait_s),
            self._transaction(connection),
        ):
            checkpoint.end(connection, self.job)

    def _batch(self, connection: Connection) -> bool:
        """Deal with the next rows; False where there are none."""
        stood, size = self.tally.stood, self.tally.size
        began = time.perf_counter()
        with self._transaction(connection):
            found = self.statements.end(connection, stood.position, size)
            if found is None:
                return False
            end, rows = found
            self._check(end)
            if not self.is_kept:
                checkpoint.begin(connection, self.job)
            began = began if self.database.family == "sqlite" else time.perf_counter()
            changed = self.statements.change(connection, stood.position, end)
            after = Checkpoint(end, stood.batches + 1, stood.passed + rows, stood.changed + changed)
            if not checkpoint.advance(connection, self.job, stood, after):
                raise AnotherMigrator(
                    f"Another kernel runs this backfill of {self.job.table}: the batch was rolled back here.",
                    hint="let it go on; run the command again when it has ended",
                )
        took_s = time.perf_counter() - began
        self.tally.stood = after
        self.tally.longest_s = max(self.tally.longest_s, took_s)
        if rows == size:  # a batch cut short by the end of the table says nothing of the size
            self.tally.size = batches.adapted(size, took_s, self.pace.lock_time_s, self.pace.largest)
        return True

    def _check(self, end: batches.Key) -> None:
        if batches.written(end) is None:
            raise self.failed(
                BackfillFailed, "cannot go on: its key is of a type that cannot be kept.", "use another unique key"
            )
        if end == self.tally.stood.position:
            raise self.failed(
                BackfillFailed,
                "cannot go on: the driver rounds the values of its key, so that two rows look the same.",
                "give the table a key of whole numbers or text",
            )

    # -- around

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        with connection.begin():
            if self.database.family == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _prepared(self, connection: Connection) -> Iterator[None]:
        if self.database.family == "sqlite":
            # SQLAlchemy's own mode for "the driver begins nothing"; its commit and rollback end what we begin
            connection.execution_options(isolation_level="AUTOCOMMIT")
            before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
            milliseconds = round((self.settings.lock_timeout_s or 0) * 1000)
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
            connection.commit()
            try:
                yield
            finally:
                connection.rollback()
                with suppress(exc.SQLAlchemyError, worker.Interrupted):  # only a pool's connection would notice
                    connection.exec_driver_sql(f"PRAGMA busy_timeout = {before}")
            return
        keeper = Keeper(self.database.family, self.database.name, self.settings)
        keeper.prepare(connection)
        connection.rollback()
        try:
            yield
        finally:
            with suppress(exc.SQLAlchemyError):  # the connection is lost, and what was set in it
                connection.rollback()
            keeper.restore()

    def _tried(self, connection: Connection, work: Callable[[], Any]) -> Any:
        """Return what *work* returns, tried again where a lock was in the way."""
        for tried in range(1, self.pace.tries + 1):
            try:
                return work()
            except exc.DBAPIError as error:
                if not is_passing(error) or tried == self.pace.tries:
                    raise
                wait_s = batches.wait_s(tried, self.pace.wait_s, random.random())  # noqa: S311 - no secret, a spread
                self.tally.retries += 1
                self.tally.size = max(1, self.tally.size // 2)
                if connection.invalidated:
                    raise
                self._tell(f"waits for a lock, try {tried + 1} of {self.pace.tries}")
                self._rest(wait_s)
        raise AssertionError  # pragma: no cover - the last try returns or raises

    def _rest(self, seconds: float) -> None:
        """Wait in short pieces, for an interrupt comes through only between two."""
        end = time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0:
            if self.database.brake.is_pulled:
                raise worker.Interrupted
            time.sleep(min(_LOOK_UP_S, left_s))

    def _tell(self, message: str) -> None:
        if self.on_batch is not None:
            passed = self.tally.stood.passed
            self.on_batch(passed, max(passed, self.tally.total), Told(self.job.table, message))


__all__ = ["Before", "Tally", "is_passing", "look", "run"]
