"""Reading an original without changing it: one repeatable-read snapshot, every statement bounded in time.

A SQLite file stays byte for byte as it is, also its -wal and -shm: an ordinary connection would fold the log into the file
when it is the last to close.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import StaticPool

from ..engine import failures
from ..errors import MigrationError
from .capture_kept import new_folder
from .sample_rows import Undecodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from ..engine.database import Database

T = TypeVar("T")

TIMEOUT_S = 30.0
"""How long one statement on an original may run where nothing else is said."""


ROOM = "free some room (rows of SQLite are kept in TMPDIR), or take fewer: %migrate rehearse --rows 100"


class CopyFailed(MigrationError):
    """A copy could not be filled. The message says why; the copy is gone, the original as it was."""


class _Moved(Exception):
    """The file changed while it was read without locks."""


def read(source: Database, work: Callable[[Connection], T], timeout_s: float = TIMEOUT_S) -> T:
    """Return what *work* returns, given a connection to *source* that sees one snapshot and cannot write.

    Raises CopyFailed for a statement that runs longer than *timeout_s*, for a missing right, and for a file that cannot be
    read without changing it.
    """
    with saying(source):
        if source.family != "sqlite":
            return source.run(lambda connection: _on_server(connection, source, work, timeout_s))
        if source.file is None:
            return source.run(lambda connection: _on_sqlite(connection, work, timeout_s))
        return _on_file(source.file, work, timeout_s)


@contextlib.contextmanager
def saying(source: Database) -> Iterator[None]:
    """Turn what goes wrong while a copy of *source* is filled into CopyFailed."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _failed(error, source) from error
    except OSError as error:
        if isinstance(error, MigrationError):
            raise
        if failures.is_full(error):
            raise full(error) from error
        raise CopyFailed(f"No copy of {source.name} can be made: {error.strerror or error}.") from error


def full(error: BaseException) -> CopyFailed:
    """Return the error for a copy that there is no room for, or no room on."""
    return CopyFailed(f"The disk is full: {failures.words(error)}. The copy was dropped.", hint=ROOM)


def _failed(error: exc.DBAPIError, source: Database) -> CopyFailed:
    said = failures.words(error)
    if failures.is_timeout(error) or (source.family == "sqlite" and said == "interrupted"):
        return CopyFailed(
            f"Copying {source.name} took too long ({said}). The copy was dropped.",
            hint="take fewer rows: --rows 100; or give it more time: %config MigrateMagics.statement_timeout_s = 600",
        )
    if failures.is_full(error):
        return full(error)
    if failures.is_denied(error):
        return CopyFailed(
            f"{source.name} cannot be copied: {said}. The copy was dropped.", hint="grant what is missing"
        )
    return CopyFailed(f"{source.name} cannot be copied: {said}. The copy was dropped.")


def _on_server(connection: Connection, source: Database, work: Callable[[Connection], T], timeout_s: float) -> T:
    if source.family == "postgresql":
        reading = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        for name, value in (
            ("statement_timeout", f"{round(timeout_s * 1000)}ms"),
            ("lock_timeout", f"{round(min(timeout_s, 10) * 1000)}ms"),
            ("DateStyle", "ISO, YMD"),
            ("IntervalStyle", "postgres"),
            ("extra_float_digits", "1"),
            ("bytea_output", "hex"),
            ("jit", "off"),
            ("synchronize_seqscans", "off"),  # without it the same query gives other rows first
        ):
            reading.execute(sa.text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
        return work(reading)
    return _on_mysql(connection, work, timeout_s)


def _on_mysql(connection: Connection, work: Callable[[Connection], T], timeout_s: float) -> T:
    is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    limit, value = ("max_statement_time", timeout_s) if is_mariadb else ("max_execution_time", round(timeout_s * 1000))
    with session(
        connection, {limit: value, "lock_wait_timeout": max(1, round(min(timeout_s, 10))), "time_zone": "+00:00"}
    ):
        connection.rollback()  # SET TRANSACTION is refused inside one
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            return work(connection)
        finally:
            connection.rollback()


@contextlib.contextmanager
def session(connection: Connection, wanted: dict[str, object]) -> Iterator[None]:
    """Set variables of a MariaDB session, and set them back: the connection may be from somebody's pool."""
    before = {name: connection.exec_driver_sql(f"SELECT @@SESSION.{name}").scalar() for name in wanted}
    for name, value in wanted.items():
        connection.execute(sa.text(f"SET SESSION {name} = :value"), {"value": value})
    try:
        yield
    finally:
        for name, value in before.items():
            connection.execute(sa.text(f"SET SESSION {name} = :value"), {"value": value})


def _on_sqlite(connection: Connection, work: Callable[[Connection], T], timeout_s: float) -> T:
    raw: Any = connection.connection.driver_connection
    if not hasattr(raw, "set_progress_handler") or connection.dialect.is_async:
        return work(connection)
    end = time.monotonic() + timeout_s
    before, raw.text_factory = raw.text_factory, _text
    raw.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    try:
        return work(connection)
    finally:
        raw.set_progress_handler(None, 0)
        raw.text_factory = before


def _text(raw: bytes) -> object:
    """SQLite keeps any bytes as text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Undecodable(raw)


def _on_file(file: Path, work: Callable[[Connection], T], timeout_s: float) -> T:
    """Read without locks while nobody writes, which leaves no trace; else as a reader who may not write."""
    if not file.exists():
        with _opened("file::memory:") as connection:
            return work(connection)
    has_log, has_index = (file.with_name(file.name + end).exists() for end in ("-wal", "-shm"))
    if not has_log:
        try:
            return _unlocked(file, work, timeout_s)
        except _Moved:
            return _locked(file, work, timeout_s)
    if has_index:
        return _locked(file, work, timeout_s)
    folder = new_folder()  # nobody has it open: a log without its index
    try:
        for end in ("", "-wal"):
            shutil.copyfile(file.with_name(file.name + end), folder / f"copy.db{end}")
        with _opened(f"file:{quote(str(folder))}/copy.db") as connection:
            return _on_sqlite(connection, work, timeout_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unlocked(file: Path, work: Callable[[Connection], T], timeout_s: float) -> T:
    before = _looks(file)
    try:
        with _opened(f"file:{quote(str(file))}?immutable=1&mode=ro") as connection:
            found = _on_sqlite(connection, work, timeout_s)
    except exc.DatabaseError:
        if _looks(file) != before:
            raise _Moved from None
        raise
    if _looks(file) != before:
        raise _Moved
    return found


def _locked(file: Path, work: Callable[[Connection], T], timeout_s: float) -> T:
    # readonly_shm: the index of the log is not written either (os_unix.c, unixOpenSharedMemory)
    with _opened(f"file:{quote(str(file))}?mode=ro&readonly_shm=1") as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")  # here the snapshot begins
        return _on_sqlite(connection, work, timeout_s)


def _looks(file: Path) -> tuple[object, ...]:
    """What changes when somebody writes. The file is not opened: closing it would drop the locks of this process on it."""
    stat = file.stat()
    beside = tuple(file.with_name(file.name + end).exists() for end in ("-wal", "-journal"))
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino, beside)


@contextlib.contextmanager
def _opened(uri: str) -> Iterator[Connection]:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
