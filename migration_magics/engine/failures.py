"""Driver and server errors in the user's words.

One place knows the codes: SQLSTATE (PostgreSQL manual, Appendix A), MySQL and MariaDB error numbers (server error
reference), SQLite's messages (its driver gives no stable code before Python 3.11).
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..errors import (
    ConnectionProblem,
    DatabaseLocked,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DriverMissing,
    MigrationError,
)
from ..redact import redact
from .percent import as_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Dialect

# What `pip install` calls the package of a driver module.
_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "pymysql": "pymysql",
    "aiomysql": "aiomysql",
    "asyncmy": "asyncmy",
    "asyncpg": "asyncpg",
    "aiosqlite": "aiosqlite",
    "mariadb": "mariadb",
    "mysql": "mysql-connector-python",
    "pg8000": "pg8000",
    "oracledb": "oracledb",
    "cx_Oracle": "oracledb",
    "pyodbc": "pyodbc",
    "pymssql": "pymssql",
    "duckdb_engine": "duckdb-engine",
    "greenlet": "greenlet",
}

_CHECK_FILE = "is the path right, is it a file, and may you read and write it?"
_CHECK_SERVER = (
    "is the server up, and are host, port, user, password and database name right? "
    "%migrate connections shows what is connected"
)

_READ_ONLY = {"25006", 1290, 1792, 1836}
_LOCKED = {"55P03", 1205, 3572}
_TIMED_OUT = {1969, 3024}
_TABLE_MISSING = {"42P01", 1146}
_DENIED = {"42501", 1044, 1142, 1143, 1227, 1370}
_FULL = {"53100", 1021, 1114}
_FULL_SAID = ("disk is full", "No space left", "Disk full")


def code(error: BaseException) -> str | int | None:
    """Return the server's own code of *error*: SQLSTATE for PostgreSQL, a number for MySQL and MariaDB, or None."""
    original = getattr(error, "orig", None) or error
    arguments = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):
        return arguments[0]  # PyMySQL 1.2 has a `sqlstate`, too, which is HY000 for most
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    return str(state) if state else None


def words(error: BaseException) -> str:
    """Return what the driver said, in one redacted line without SQLAlchemy's frame around it."""
    original = getattr(error, "orig", None) or error
    arguments: tuple[Any, ...] = getattr(original, "args", ())
    text = str(arguments[1]) if len(arguments) > 1 and isinstance(arguments[0], int) else str(original)
    text = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return redact(text or type(original).__name__)


def with_kind(error: BaseException) -> str:
    """Return `words` with the class before them, unless it is a driver's, which says nothing to a person."""
    kind = "" if getattr(error, "orig", None) is not None else f"{type(error).__name__}: "
    return f"{kind}{words(error)}"


def is_denied(error: BaseException) -> bool:
    """Say whether *error* is about a right that the user of the connection does not have."""
    return code(error) in _DENIED


def is_table_missing(error: BaseException) -> bool:
    """Say whether *error* is about a table that does not exist."""
    return isinstance(error, exc.NoSuchTableError) or code(error) in _TABLE_MISSING or "no such table" in words(error)


def is_locked(error: BaseException) -> bool:
    """Say whether *error* is about a lock that was not to be had in time."""
    return code(error) in _LOCKED or "database is locked" in words(error) or "database table is locked" in words(error)


def is_full(error: BaseException) -> bool:
    """Say whether *error* is about a disk, or a quota, on which there is no room."""
    is_ours = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return is_ours or code(error) in _FULL or any(said in words(error) for said in _FULL_SAID)


def is_read_only(error: BaseException) -> bool:
    """Say whether *error* is about writing where nothing may be written."""
    return code(error) in _READ_ONLY or "readonly database" in words(error)


def is_timeout(error: BaseException) -> bool:
    """Say whether *error* is a statement that ran longer than it may."""
    return code(error) in _TIMED_OUT or (
        code(error) == "57014" and "timeout" in words(error)
    )  # 57014 is any cancelled statement


def driver_missing(error: ImportError | exc.NoSuchModuleError, url: str) -> DriverMissing:
    """Return the error that names the pip line for the driver of *url*."""
    module = getattr(error, "name", None)
    if module is None:
        name, is_url, _ = url.partition("://")
        if isinstance(error, ImportError):
            return _unloadable(error, name)
        if is_url and name.partition("+")[0] == "postgres":
            meant = f"postgresql{name.removeprefix('postgres')}"
            return DriverMissing(
                "SQLAlchemy calls this database postgresql, not postgres.",
                hint=f"write {meant}://... instead of {name}://...",
            )
        return DriverMissing(
            f"SQLAlchemy knows no database called {url.split(':', 1)[0]!r}.",
            hint="write the URL as dialect+driver://user@host/database, for example postgresql+psycopg://localhost/app",
        )
    root = module.split(".", 1)[0]
    return DriverMissing(
        f"The driver {root!r} for {url.split(':', 1)[0]} is not installed.",
        hint=f"%pip install {_PACKAGES.get(root, root)}",
    )


def _unloadable(error: ImportError, name: str) -> DriverMissing:
    """An import that failed for another reason than a missing module; SQLAlchemy says so of greenlet (2.1: an extra)."""
    if "greenlet" in str(error):
        return DriverMissing(
            f"{name} is asynchronous, and greenlet is not installed.", hint='%pip install "sqlalchemy[asyncio]"'
        )
    return DriverMissing(f"The driver for {name} cannot be loaded: {error}.", hint="mend its installation")


def connection_problem(error: BaseException, name: str) -> ConnectionProblem | None:
    """Return the connection error that *error* is, or None where it is something else."""
    if is_read_only(error):
        return DatabaseReadOnly(
            f"{name} takes no writes ({words(error)}). Nothing was changed.",
            hint="connect with a user, server or file that may write",
        )
    if is_locked(error):
        return DatabaseLocked(
            f"{name} is locked by somebody else ({words(error)}).",
            hint="close the other connection, or wait longer: %config MigrateMagics.lock_timeout_s = 60",
        )
    return None


@contextmanager
def reaching(name: str, *secrets: str) -> Iterator[None]:
    """Turn what goes wrong while a connection is opened or first used into errors that name *name*."""
    try:
        yield
    except MigrationError:
        raise
    except ImportError as error:
        raise driver_missing(error, name) from error
    except (exc.DBAPIError, OSError) as error:
        problem = connection_problem(error, name)
        if problem is not None:
            raise problem from error
        if is_full(error):
            raise DatabaseUnreachable(
                f"The disk is full: {name} does not answer ({redact(words(error), *secrets)}).",
                hint="free some room on the server",
            ) from error
        if isinstance(error, (exc.OperationalError, exc.InterfaceError, OSError)):
            is_file = "unable to open database file" in words(error)
            raise DatabaseUnreachable(
                f"{name} does not answer: {redact(words(error), *secrets)}",
                hint=_CHECK_FILE if is_file else _CHECK_SERVER,
            ) from error
        if isinstance(error, exc.ProgrammingError) and not error.statement:  # so psycopg says of an option
            raise _arguments_refused(error, name, secrets) from error
        raise
    except (TypeError, ValueError) as error:  # so the others say of a keyword they do not know
        raise _arguments_refused(error, name, secrets) from error


def _arguments_refused(error: Exception, name: str, secrets: tuple[str, ...]) -> ConnectionProblem:
    return ConnectionProblem(
        f"The driver of {name} does not take its arguments: {redact(words(error), *secrets)}",
        hint="mend connect_args, or what stands behind ? in the URL",
    )


def statement_of(error: BaseException, dialect: Dialect) -> str:
    """Return the SQL that failed on *dialect*, in one line of at most 300 characters, or ''."""
    statement: Any = getattr(error, "statement", None)
    text = " ".join(as_written(str(statement), dialect).split()) if statement else ""
    return redact(text if len(text) <= 300 else text[:299] + "…")
