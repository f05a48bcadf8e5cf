"""A database we named: how to reach it, what it is, and running work on a connection to it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool, Pool, SingletonThreadPool, StaticPool

from ..errors import DatabaseUnreachable, UsageProblem
from ..redact import MASK, redact, remember, secrets_of
from . import failures, fence, worker
from .brake import Brake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_FAMILIES = {"mariadb": "mysql", "postgres": "postgresql", "cockroachdb": "cockroachdb"}
_NAMES = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "oracle": "Oracle",
    "mssql": "SQL Server",
}
_FILE_DRIVERS = {"sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"}  # others, such as libsql's, do know hosts
_PORTS = {"postgresql": 5432, "mysql": 3306}


def identity(url: URL, directory: Path | None = None) -> str:
    """Return what tells whether two URLs mean one database: family, place and name; no user, no secret.

    SQLite files are compared by their absolute path (relative ones below *directory*, default the working directory).
    An in-memory database is never equal to another one: its identity ends in "memory".
    """
    backend = url.get_backend_name()
    family = _FAMILIES.get(backend, backend)
    if family == "sqlite":
        path = sqlite_path(url, directory)
        mode = (
            "?mode=ro" if url.query.get("mode") == "ro" else ""
        )  # somebody's wish, which env.py's own URL does not know
        return f"sqlite:{path}{mode}" if path else "sqlite:memory"
    query = dict(url.query)
    host = query.get("host") or query.get("unix_socket") or url.host or "localhost"
    host = {"127.0.0.1": "localhost", "::1": "localhost"}.get(str(host), str(host))
    port = query.get("port") or url.port or _PORTS.get(family, "")
    return f"{family}:{host}:{port}/{url.database or ''}"


def sqlite_path(url: URL, directory: Path | None = None) -> Path | None:
    """Return the file of a SQLite *url*, absolute, or None for a database in memory."""
    name = url.database
    if not name or name == ":memory:" or "mode=memory" in name or url.query.get("mode") == "memory":
        return None
    if name.startswith("file:"):
        name = name[5:].split("?", 1)[0]
    return Path(os.path.abspath(Path(directory or Path.cwd()) / name))  # noqa: PTH100 - resolve() would follow links


def parse_url(text: str, what: str = "This") -> URL:
    """Return the URL that *text* is. Raises UsageProblem, which calls it *what*: quoted it might show a password."""
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        raise UsageProblem(
            f"{what} is not a database URL.",
            hint="write it as dialect://user@host/database, for example sqlite:///app.db",
        ) from error
    _, at, rest = (url.host or "").rpartition("@")
    if at:  # SQLAlchemy ends the password at its first @
        raise UsageProblem(
            f"This URL has more than one @, so that its host would be {MASK}@{rest}.",
            hint="write @ in a password as %40",
        )
    if url.drivername in _FILE_DRIVERS and url.host:
        path = "/".join(part for part in (url.host, url.database) if part)
        raise UsageProblem(
            "SQLite has no host: a relative path follows three slashes, an absolute one four.",
            hint=f"{url.drivername}:///{path}",
        )
    return url


def engine_for(url: URL, *, connect_timeout_s: float = 10.0, connect_args: Mapping[str, Any] | None = None) -> Engine:
    """Return an engine for *url* that keeps no connection open, and one shared connection for SQLite in memory.

    *connect_args* go to the driver. Raises DriverMissing. Connecting is not tried here.
    """
    pool: type[Pool] = NullPool
    arguments: dict[str, Any] = {}
    backend, driver = url.get_backend_name(), url.drivername.partition("+")[2]
    if backend == "sqlite":
        arguments["check_same_thread"] = False
        if sqlite_path(url) is None:
            pool = StaticPool
    elif (driver in {"", "psycopg", "psycopg2"} and backend == "postgresql") or driver in {"pymysql", "mysqldb"}:
        arguments["connect_timeout"] = max(1, round(connect_timeout_s))
    try:
        return sa.create_engine(url, poolclass=pool, connect_args={**arguments, **(connect_args or {})})
    except (ImportError, exc.NoSuchModuleError) as error:
        raise failures.driver_missing(error, str(url)) from error
    except (exc.ArgumentError, TypeError, ValueError) as error:
        raise UsageProblem(
            f"This URL cannot be used: {redact(failures.words(error), str(url.password or ''))}",
            hint="mend connect_args, or what stands behind ? in the URL",
        ) from error


class Database:
    """One named database.

    *engine* makes the connections: ours, or one the user had. `run` is the only way to a connection; it hides whether the
    driver is asynchronous and in which thread it must run. Nothing is opened until then.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        *,
        is_protected: bool = False,
        connect_timeout_s: float = 10.0,
        directory: Path | None = None,
    ) -> None:
        self.name = name
        self.engine = engine
        self.is_protected = is_protected
        self.connect_timeout_s = connect_timeout_s
        self.facts: str | None = None
        self.directory = directory or Path.cwd()
        """What a relative SQLite file is meant from: SQLAlchemy makes it absolute when the engine is made."""
        self.brake = Brake()
        self.is_scratch = False
        """A throwaway copy on somebody's server: what reaches beyond it is not run (see `fence`)."""
        self._is_ours = False
        remember(self, self._secrets())

    @classmethod
    def from_url(
        cls,
        name: str,
        url: str | URL,
        *,
        is_protected: bool = False,
        connect_timeout_s: float = 10.0,
        connect_args: Mapping[str, Any] | None = None,
    ) -> Database:
        """Return a database for *url*. Raises UsageProblem for what is no URL, DriverMissing for a missing driver."""
        parsed = parse_url(url) if isinstance(url, str) else url
        engine = engine_for(parsed, connect_timeout_s=connect_timeout_s, connect_args=connect_args)
        database = cls(name, engine, is_protected=is_protected, connect_timeout_s=connect_timeout_s)
        remember(database, (*database._secrets(), *secrets_of(connect_args or {})))
        database._is_ours = True  # made so that any thread may use it
        return database

    @property
    def url(self) -> str:
        """The URL without its secrets."""
        return redact(self.engine.url.render_as_string(hide_password=True), *self._secrets())

    def _secrets(self) -> tuple[str, ...]:
        """What is secret in the URL, but for what stands in it openly, too: who has the password "app" calls all so."""
        url = self.engine.url
        open_ = {url.username, url.host, url.database}
        found = (*((str(url.password),) if url.password else ()), *secrets_of(url.query), *_beyond_at(url.host))
        return tuple(secret for secret in found if secret not in open_)

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the dialect: sqlite, postgresql, mysql, mariadb, ..."""
        return self.engine.dialect.name

    @property
    def family(self) -> str:
        """The dialect's family: MariaDB counts as mysql."""
        return _FAMILIES.get(self.dialect, self.dialect)

    @property
    def identity(self) -> str:
        """See `identity`; a database in memory is told apart by its engine."""
        base = identity(self.engine.url, self.directory)
        return f"{base}:{id(self.engine):x}" if base == "sqlite:memory" else base

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None."""
        return sqlite_path(self.engine.url, self.directory) if self.family == "sqlite" else None

    @property
    def is_missing(self) -> bool:
        """The SQLite file does not exist yet; reading it would create it."""
        return self.file is not None and not self.file.exists()

    @property
    def is_async(self) -> bool:
        """The driver is asynchronous."""
        return bool(self.engine.dialect.is_async)

    @property
    def is_thread_bound(self) -> bool:
        """Connections belong to the thread that made them: somebody's SQLite with one connection, for all or per thread."""
        is_kept = self.file is None or isinstance(self.engine.pool, (StaticPool, SingletonThreadPool))
        return self.family == "sqlite" and not self.is_async and not self._is_ours and is_kept

    @property
    def is_in_loop(self) -> bool:
        """Work on a connection runs in a thread in which an event loop may run already."""
        return self.is_async or self.is_thread_bound

    @property
    def server(self) -> str:
        """The server and its version ("SQLite 3.40.1") once it was asked; the bare name before."""
        return self.facts or _NAMES.get(self.dialect, self.dialect)

    @property
    def has_transactional_ddl(self) -> bool:
        """A failed or rehearsed run can be rolled back whole."""
        return self.family in {"sqlite", "postgresql", "mssql", "cockroachdb"}

    def run(self, work: Callable[[Connection], T], *, in_thread: bool = False) -> T:
        """Return what *work* returns, given an open connection that is closed (and rolled back) afterwards.

        With *in_thread* it runs in a thread without an event loop where the driver allows; asynchronous drivers always do.

        Raises:
            DatabaseUnreachable, DatabaseReadOnly, DatabaseLocked, DriverMissing: from opening the connection.
            worker.Interrupted: the user interrupted the kernel and the work has ended.
        """
        self.brake.reset()
        if self.is_async:
            return worker.call(lambda: asyncio.run(self._bridge(work)), self.brake)
        if in_thread and not self.is_thread_bound:
            return worker.call(lambda: self._run_here(work), self.brake)
        try:
            return self._run_here(work)
        except KeyboardInterrupt as interrupt:
            raise worker.Interrupted from interrupt

    def reach(self) -> None:
        """Open a connection and read something: a wrong URL shows here. Creates nothing.

        Raises DatabaseUnreachable (also for a file that is no database, or in a folder that is not there), DriverMissing.
        """
        if self.is_missing:
            if self.file is not None and not self.file.parent.is_dir():
                raise DatabaseUnreachable(
                    f"{self.file} cannot be made: there is no folder {self.file.parent}.",
                    hint="make the folder, or mend the path",
                )
            return
        self.read(_read_something)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* returns, as `run` does; what the database refuses becomes DatabaseUnreachable."""
        try:
            return self.run(work)
        except exc.DatabaseError as error:
            problem = failures.connection_problem(error, self.name)
            said = redact(failures.words(error), *self._secrets())
            raise problem or DatabaseUnreachable(
                f"{self.name} cannot be read: {said}", hint="is this the right database?"
            ) from error

    def watch(self, connection: Connection) -> None:
        """Let an interrupt reach the statements of *connection*."""
        self.brake.watch(connection, self._kill)

    def _kill(self, thread_id: int) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(f"KILL QUERY {thread_id}")

    def _open(self) -> Connection:
        connection = self.engine.connect()
        if self.facts is None:
            self.facts = _facts(connection)
        return connection

    def _run_here(self, work: Callable[[Connection], T]) -> T:
        with failures.reaching(self.name, *self._secrets()):
            connection = self._open()
        with connection:
            if self.is_scratch:
                fence.attach(connection)
            return work(connection)

    async def _bridge(self, work: Callable[[Connection], T]) -> T:
        from sqlalchemy.ext.asyncio import AsyncEngine

        is_kept = isinstance(self.engine.pool, StaticPool)  # a database in memory
        # A new pool, since pooled connections belong to the loop they were made in; with the owner's arguments and events.
        own = self.engine if is_kept else Engine(self.engine.pool.recreate(), self.engine.dialect, self.engine.url)
        engine = AsyncEngine(own)
        try:
            with failures.reaching(self.name, *self._secrets()):
                connection = await asyncio.wait_for(engine.connect(), self.connect_timeout_s)
        except asyncio.TimeoutError as error:
            raise DatabaseUnreachable(f"{self.name} does not answer within {self.connect_timeout_s:g} s.") from error
        try:
            if self.facts is None:
                self.facts = await connection.run_sync(_facts)
            if self.is_scratch:
                await connection.run_sync(fence.attach)
            return await connection.run_sync(work)
        finally:
            await connection.close()
            if not is_kept:
                await engine.dispose()

    def remove_empty_file(self) -> None:
        """Remove the SQLite file where nothing is in it: connecting has made it."""
        if self.file is not None and self.file.exists() and not self.file.stat().st_size:
            self.engine.dispose()  # a connection that is kept would write into a file that has no name any more
            self.file.unlink()

    def dispose(self) -> None:
        """Close what our engine keeps open; an engine that is somebody else's is theirs (it may hold a database in memory)."""
        if self._is_ours and self.is_async:
            worker.call(lambda: asyncio.run(self._dispose()))
        elif self._is_ours:
            self.engine.dispose()

    async def _dispose(self) -> None:
        from sqlalchemy.ext.asyncio import AsyncEngine

        await AsyncEngine(self.engine).dispose()


def _beyond_at(host: str | None) -> tuple[str, ...]:
    """The end of a password with an unescaped `@` in it, which SQLAlchemy takes for the beginning of the host's name."""
    rest, at, _ = (host or "").rpartition("@")
    return (rest,) if at else ()


def _read_something(connection: Connection) -> None:
    """Opening a SQLite file does not read it: whether it is a database shows at the first look."""
    connection.exec_driver_sql("PRAGMA schema_version" if connection.dialect.name == "sqlite" else "SELECT 1")


def _facts(connection: Connection) -> str:
    dialect = connection.dialect
    version = ".".join(str(part) for part in (dialect.server_version_info or ()) if isinstance(part, int))
    name = "MariaDB" if getattr(dialect, "is_mariadb", False) else _NAMES.get(dialect.name, dialect.name)
    return f"{name} {version}".strip()
