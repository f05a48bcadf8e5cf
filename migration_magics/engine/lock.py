"""One migrator at a time: an advisory lock per database and version table, with a bounded wait and the holder named.

PostgreSQL: `pg_try_advisory_lock`, polled, since a blocked session could not say who blocks it. MySQL and MariaDB:
`GET_LOCK`. SQLite needs none: every run's transaction begins with BEGIN IMMEDIATE.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ..errors import AnotherMigrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

_POLL_S = 0.2


@contextmanager
def migrator_lock(connection: Connection, family: str, version_table: str, wait_s: float) -> Iterator[None]:
    """Hold the database's migrator lock on *connection*, on which the body may work: the lock outlives transactions.

    When the connection breaks, the server has given the lock back. Raises AnotherMigrator after *wait_s* seconds, naming
    who holds it.
    """
    if family == "postgresql":
        with _postgresql(connection, version_table, wait_s):
            yield
    elif family == "mysql":
        with _mysql(connection, version_table, wait_s):
            yield
    else:
        yield


def key(version_table: str) -> int:
    """Return the 63-bit number that stands for *version_table* in `pg_advisory_lock`."""
    digest = hashlib.blake2b(f"migration_magics:{version_table}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@contextmanager
def _postgresql(connection: Connection, version_table: str, wait_s: float) -> Iterator[None]:
    number, deadline = key(version_table), time.monotonic() + wait_s
    while not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:k)"), {"k": number}):
        connection.commit()
        if time.monotonic() >= deadline:
            raise _busy(_postgresql_holder(connection, number), wait_s)
        time.sleep(_POLL_S)
    connection.commit()  # a session lock outlives transactions; an idle open one would hold back VACUUM
    try:
        yield
    finally:
        _release(connection, sa.text("SELECT pg_advisory_unlock(:k)").bindparams(k=number))


def _release(connection: Connection, statement: sa.TextClause) -> None:
    try:
        connection.rollback()
        if not connection.invalidated:
            connection.execute(statement)
            connection.commit()
    except sa.exc.SQLAlchemyError:
        connection.invalidate()  # its session ends, and the lock with it; what the body raised is what matters


def _postgresql_holder(connection: Connection, number: int) -> str:
    row = connection.execute(
        sa.text(
            "SELECT a.pid, a.usename, a.application_name, a.client_addr, date_trunc('second', a.backend_start) AS since "
            "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted "
            "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND l.classid::bigint = :high AND l.objid::bigint = :low"
        ),
        {"high": number >> 32, "low": number & 0xFFFFFFFF},
    ).first()
    if row is None:
        return "another session"
    place = f" from {row.client_addr}" if row.client_addr else ""
    return (
        f"{row.usename}{place} ({row.application_name or 'no application name'}, process {row.pid}, since {row.since})"
    )


@contextmanager
def _mysql(connection: Connection, version_table: str, wait_s: float) -> Iterator[None]:
    database = connection.scalar(sa.text("SELECT DATABASE()"))
    digest = hashlib.blake2b(f"{database}:{version_table}".encode(), digest_size=12).hexdigest()
    name = f"migration_magics:{digest}"  # 64 characters at most (MySQL 8.0 manual, 14.14)
    if connection.scalar(sa.text("SELECT GET_LOCK(:n, :s)"), {"n": name, "s": round(wait_s)}) != 1:
        raise _busy(_mysql_holder(connection, name), wait_s)
    connection.commit()
    try:
        yield
    finally:
        _release(connection, sa.text("SELECT RELEASE_LOCK(:n)").bindparams(n=name))


def _mysql_holder(connection: Connection, name: str) -> str:
    row = connection.execute(
        sa.text("SELECT id, user, host FROM information_schema.processlist WHERE id = IS_USED_LOCK(:n)"), {"n": name}
    ).first()
    return "another session" if row is None else f"{row.user} from {row.host} (connection {row.id})"


def _busy(holder: str, wait_s: float) -> AnotherMigrator:
    return AnotherMigrator(
        f"Another migration runs on this database: {holder} holds the lock, waited {wait_s:g} s. Nothing was changed.",
        hint="wait for it and run the command again, or wait longer: %config MigrateMagics.migrator_wait_s = 60",
    )
