"""Where the rows before a run are kept, out of its sight: a file for SQLite, temporary tables of a session for servers."""

from __future__ import annotations

import os
import queue
import re
import secrets
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .capture_sql import words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..model.rowpairs import TablePair
    from ..model.schema import Schema, Table
    from .capture_sql import Words

T = TypeVar("T")

PREFIX = "mm_rows_"

_SETTINGS = {
    # one order of rows for one question; joins of a million rows in memory
    "postgresql": ("SET synchronize_seqscans = off", "SET work_mem = '64MB'", "SET jit = off"),
    "mysql": ("SET SESSION sql_mode = ''",),  # rows with dates that could not be written any more are copied, too
}

_GOODBYE_S = 5.0
"""How long the end of a session is waited for, in seconds; one that works on is ended with its scratch database."""


class Kept(Protocol):
    """Rows as they were. *token* makes names that nobody else has; *counts* says of tables how many rows were copied."""

    words: Words
    token: str
    counts: dict[str, int]

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* returns, given a connection that sees the rows before and now, in autocommit."""
        ...

    def keep(self, schema: Schema) -> None:
        """Copy the rows of all tables of *schema*."""
        ...

    def before(self, table: Table) -> str:
        """Return how the *table* of before is called in a query."""
        ...

    def touched(self, connection: Connection, pair: TablePair) -> str:
        """Return the condition under which a row of now, called `o`, may have changed; "" where any may have."""
        ...

    def close(self) -> None:
        """Throw away what was kept."""
        ...


def execute(connection: Connection, sql: str) -> Any:
    """Send *sql* as it stands: a percent sign in a name is no placeholder."""
    is_doubled = connection.dialect.paramstyle in {"format", "pyformat"}
    return connection.exec_driver_sql(sql.replace("%", "%%") if is_doubled else sql)


class InFile:
    """A SQLite database as it was, page for page, in a file of a folder only we can open."""

    def __init__(self, database: Database) -> None:
        self.words, self.token = words_of("sqlite"), secrets.token_hex(4)
        self._database = database
        self.counts: dict[str, int] = {}  # pages are not counted
        self._folder = new_folder()
        self._file = self._folder / "before.db"

    def keep(self, schema: Schema) -> None:
        """See `Kept.keep`."""
        del schema  # pages know no tables
        self._database.run(lambda connection: _backup(connection, self._file))

    def run(self, work: Callable[[Connection], T]) -> T:
        """See `Kept.run`."""
        return self._database.run(lambda connection: self._attached(connection, work))

    def _attached(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        direct = connection.execution_options(isolation_level="AUTOCOMMIT")
        direct.exec_driver_sql("ATTACH DATABASE ? AS mm_before", (str(self._file),))
        try:
            return work(direct)
        finally:
            direct.exec_driver_sql("DETACH DATABASE mm_before")

    def before(self, table: Table) -> str:
        """See `Kept.before`."""
        return self.words.name("mm_before", table.name)

    def touched(self, connection: Connection, pair: TablePair) -> str:
        """SQLite keeps no trace in a row of who wrote it."""
        del connection, pair
        return ""

    def close(self) -> None:
        """See `Kept.close`."""
        shutil.rmtree(self._folder, ignore_errors=True)


def new_folder() -> Path:
    """Return a new folder that only we can open; what killed processes left behind is removed before."""
    _sweep()
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}_"))


def _sweep() -> None:
    if os.name != "posix":  # elsewhere signal 0 is not a question
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name[len(PREFIX) :].partition("_")[0]
        if pid.isdecimal() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)  # somebody else's stays


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _backup(connection: Connection, file: Path) -> None:
    raw: Any = connection.connection.dbapi_connection
    if not isinstance(raw, sqlite3.Connection):  # an asynchronous driver has no backup
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM INTO ?", (str(file),))
        return
    target = sqlite3.connect(file)
    try:
        raw.backup(target)
    finally:
        target.close()


class InSession:
    """Temporary tables of one session, which no other sees and the server drops when it ends, however it does."""

    def __init__(self, database: Database) -> None:
        self.words, self.token = words_of(database.family), secrets.token_hex(4)
        self._family = database.family
        self._names: dict[str, str] = {}
        self._numbers: dict[str, dict[str, tuple[int, int]]] = {}
        self.counts: dict[str, int] = {}
        self._since = ""
        self._session = Session(database)
        for sql in _SETTINGS[self._family]:
            self._session.run(lambda connection, sql=sql: execute(connection, sql))  # type: ignore[misc]
        if self._family == "mysql":
            self._session.run(_let_joins_hash)

    def run(self, work: Callable[[Connection], T]) -> T:
        """See `Kept.run`."""
        return self._session.run(work)

    def keep(self, schema: Schema) -> None:
        """See `Kept.keep`."""
        self._session.run(lambda connection: self._keep(connection, schema))

    def _keep(self, connection: Connection, schema: Schema) -> None:
        if self._family == "postgresql":
            last = int(execute(connection, "SELECT txid_current() % 4294967296").scalar())
            self._since = f"age(o.xmin) < age('{last}'::xid)"
        for number, table in enumerate(schema.tables):
            name = self._names[table.key] = f"mm_rows_{self.token}_{number}"
            columns = ", ".join(self.words.name(column.name) for column in table.columns)
            key = self._key(table)
            made = execute(
                connection,
                f"CREATE TEMPORARY TABLE {name} {key} AS SELECT {columns} FROM {self.words.now(table)}",  # noqa: S608  # quoted
            )
            if made.rowcount >= 0:  # some drivers do not say
                self.counts[table.key] = made.rowcount
            if self._family == "postgresql":
                self._numbers[table.key] = _numbers(connection, self.words, table)

    def _key(self, table: Table) -> str:
        """MariaDB looks rows up by an index; PostgreSQL reads them once and needs none."""
        key = table.primary_key
        if self._family != "mysql" or key is None:
            return ""
        columns = [table.column(name) for name in key.columns]
        if any(column is None or re.match(r"(?:tiny|medium|long)?(?:text|blob)", column.type) for column in columns):
            return ""  # such a key has only a beginning of the value in it
        return f"(PRIMARY KEY ({', '.join(self.words.name(name) for name in key.columns)}))"

    def before(self, table: Table) -> str:
        """See `Kept.before`."""
        return self._names[table.key]

    def touched(self, connection: Connection, pair: TablePair) -> str:
        """A row of PostgreSQL knows the transaction that wrote it, as long as its table and columns are what they were."""
        if not self._since or pair.before is None or pair.after is None:
            return ""
        if {"partition by", "inherits"} & {name for name, _ in pair.after.options}:
            return ""
        was, now = self._numbers[pair.before.key], _numbers(connection, self.words, pair.after)
        for each in pair.columns:
            if each.after is None:
                continue
            if each.before is None or each.types is not None or was.get(each.before.name) != now.get(each.after.name):
                return ""
        return self._since

    def close(self) -> None:
        """See `Kept.close`."""
        self._session.close()


def _numbers(connection: Connection, words: Words, table: Table) -> dict[str, tuple[int, int]]:
    """The numbers of the table and of each of its columns: what is dropped and made again has others."""
    name = words.name(table.schema, table.name).replace("'", "''")
    rows = execute(
        connection,
        f"SELECT attname, attrelid::bigint, attnum FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0",  # noqa: S608  # quoted
    )
    return {str(column): (int(relation), int(number)) for column, relation, number in rows}


def _let_joins_hash(connection: Connection) -> None:
    if getattr(connection.dialect, "is_mariadb", False):  # MySQL does by itself
        execute(connection, "SET SESSION join_cache_level = 8, optimizer_switch = 'join_cache_hashed=on'")


class Session:
    """One connection that stays open, in a thread of its own, whether its driver is asynchronous or not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: queue.SimpleQueue[Callable[[Connection], Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="rows before a run", daemon=True)
        self._thread.start()
        self._answer()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* returns; raises what it raises."""
        self._asked.put(work)
        return self._answer()  # type: ignore[no-any-return]  # what work gave

    def close(self) -> None:
        """Close the connection; what was temporary in it is gone then."""
        self._asked.put(None)
        self._thread.join(_GOODBYE_S)

    def _answer(self) -> Any:
        value, error = self._answers.get()
        if error is not None:
            raise error
        return value

    def _serve(self) -> None:
        try:
            self._database.run(self._work)
        except BaseException as error:  # noqa: BLE001 - carried to who asked, and raised there
            self._answers.put((None, error))

    def _work(self, connection: Connection) -> None:
        direct = connection.execution_options(isolation_level="AUTOCOMMIT")
        self._answers.put((None, None))
        while (work := self._asked.get()) is not None:
            try:
                self._answers.put((work(direct), None))
            except Exception as error:  # noqa: BLE001 - as above
                self._answers.put((None, error))
