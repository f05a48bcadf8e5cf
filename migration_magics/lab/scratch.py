"""Throwaway copies: an empty database of the same kind, made for a while and always dropped.

SQLite: in memory. PostgreSQL, MariaDB, MySQL: a database on the same server, whose name begins with `mm_scratch_`. One that a
killed process left behind is dropped when the next one is made.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection, Engine

from ..engine import failures, fence
from ..engine.database import Database
from ..errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "mm_scratch_"

_NAME = re.compile(rf"{PREFIX}(?P<made_s>\d+)_\d+_[0-9a-f]+\Z")
_NAME_SAID = re.compile(rf"`?{PREFIX}\d+_\d+_[0-9a-f]+(?:`?\.|`)?")
_BEYOND = {fence.OURS: True}
"""For a copy of a copy, too: making and dropping databases is what this module is for."""

_LEFT_BEHIND_AFTER_S = 60.0
"""How old one is at least that counts as left behind when nobody is connected to it: making one and connecting takes less."""


class NoScratch(MigrationError):
    """No copy can be made on this server: a right is missing. The message says which."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A copy to try things on. *place* says in words where it is, *origin* what is in it at first."""

    database: Database
    place: str
    origin: str = "an empty database"


@contextmanager
def empty(like: Database | None, *, is_furnished: bool = False, is_template: bool = False) -> Iterator[Scratch]:
    """Give an empty database of the kind of *like* (SQLite without one), on the same server; it is dropped at the end.

    With *is_template*, on PostgreSQL, it has all that is in *like*, to which nobody else may be connected meanwhile.
    With *is_furnished* it has the extensions and (empty) schemas of *like*, which a PostgreSQL history may take for given.
    Raises NoScratch where the server refuses, and what connecting raises.
    """
    if like is None or like.family not in {"postgresql", "mysql"}:
        with in_memory() as copy:
            yield copy
        return
    name = f"{PREFIX}{int(time.time())}_{os.getpid()}_{secrets.token_hex(3)}"
    given = like.run(lambda connection: _make(connection, like, name, is_template=is_template))
    database = Database.from_url(
        "a scratch copy",
        like.engine.url.set(database=name),
        connect_timeout_s=like.connect_timeout_s,
        connect_args=given,
    )
    database.is_scratch = True
    try:
        if is_furnished and like.family == "postgresql":
            wanted = like.run(_furniture)
            database.run(lambda connection: _furnish(connection, wanted))
        yield Scratch(database, f"a scratch database on {like.server}")
    finally:
        database.dispose()
        like.run(lambda connection: _drop(connection, like.family, name))


@contextmanager
def furnished(source: Database) -> Iterator[Scratch]:
    """Give a copy of *source* with everything in its schema and no row; it is dropped at the end. Raises as `empty`."""
    from .furnish import furnish

    with empty(source, is_furnished=True) as copy:
        furnish(copy.database, source)
        yield replace(copy, origin=f"what {source.name} is now")


def without_name(text: str) -> str:
    """Return *text*, something a server says, without the names of scratch databases: nobody knows those."""
    return _NAME_SAID.sub(lambda found: "" if found[0].endswith(".") else "the scratch database", text)


@contextmanager
def in_memory() -> Iterator[Scratch]:
    """Give an empty SQLite database in memory."""
    database = Database.from_url("a scratch copy", "sqlite://")
    try:
        yield Scratch(database, "SQLite in memory")
    finally:
        database.dispose()


def _make(connection: Connection, like: Database, name: str, *, is_template: bool) -> dict[str, Any]:
    """Create the database *name*; return what the driver is to be given besides its URL (TLS options and such)."""
    admin = connection.execution_options(isolation_level="AUTOCOMMIT", **_BEYOND)
    _require_right(admin, like)
    _sweep(admin, like.family)
    given = _driver_arguments(like.engine, name)
    try:
        # last: what fails before leaves nothing behind
        admin.exec_driver_sql(_create_whole(admin, name) if is_template else _create(admin, like.family, name))
    except exc.DatabaseError as error:
        if failures.is_full(error):
            raise NoScratch(
                f"The disk is full: no scratch database can be made on {like.server} ({failures.words(error)}).",
                hint="free some room on the server",
            ) from error
        raise _refused(like, failures.words(error)) from error
    return given


def _require_right(connection: Connection, like: Database) -> None:
    """Ask before trying: a refused CREATE DATABASE would stand in the server's log as an error."""
    if like.family != "postgresql":
        return
    may = connection.exec_driver_sql(
        "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ).scalar()
    if not may:
        raise _refused(like, "the role has no CREATEDB right")


def _refused(like: Database, why: str) -> NoScratch:
    return NoScratch(
        f"No scratch database can be made on {like.server}: {why}.",
        hint="let the role create databases (PostgreSQL: ALTER ROLE name CREATEDB; MariaDB: "
        f"GRANT ALL ON `{PREFIX}%`.* TO name), or connect to a development server",
    )


def _create(connection: Connection, family: str, name: str) -> str:
    if family == "postgresql":
        encoding, collate, ctype = connection.exec_driver_sql(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = current_database()"
        ).one()
        quoted = [str(text).replace("'", "''") for text in (encoding, collate, ctype)]
        # template0 can be copied while others are connected to template1, and takes any locale (manual, CREATE DATABASE)
        return (
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{quoted[0]}' "
            f"LC_COLLATE '{quoted[1]}' LC_CTYPE '{quoted[2]}'"
        ).replace("%", "%%")
    charset, collation = connection.exec_driver_sql("SELECT @@character_set_database, @@collation_database").one()
    return f"CREATE DATABASE {name} CHARACTER SET {charset} COLLATE {collation}"


def _create_whole(connection: Connection, name: str) -> str:
    source = connection.exec_driver_sql("SELECT quote_ident(current_database())").scalar()
    return f"CREATE DATABASE {name} TEMPLATE {source}".replace("%", "%%")


def _furniture(connection: Connection) -> tuple[str, ...]:
    """The statements that make the extensions and schemas that *connection* sees."""
    extensions = connection.exec_driver_sql(
        "SELECT format('CREATE EXTENSION IF NOT EXISTS %%I CASCADE', extname) FROM pg_extension WHERE extname <> 'plpgsql'"
    )
    schemas = connection.exec_driver_sql(
        "SELECT format('CREATE SCHEMA IF NOT EXISTS %%I', nspname) FROM pg_namespace "
        "WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')"
    )
    return tuple(str(row[0]) for row in (*schemas, *extensions))


def _furnish(connection: Connection, statements: tuple[str, ...]) -> None:
    admin = connection.execution_options(isolation_level="AUTOCOMMIT", **_BEYOND)
    for statement in statements:
        try:
            admin.exec_driver_sql(statement.replace("%", "%%"))
        except exc.DatabaseError:
            continue  # a right or a file is missing: the history may do without it, and says so if not


def _driver_arguments(engine: Engine, name: str) -> dict[str, Any]:
    """What the engine gives its driver beyond its URL: `connect_args`, and what listeners of `do_connect` add."""
    seen: list[dict[str, Any]] = []

    def note(_dialect: object, _record: object, _arguments: object, given: dict[str, Any]) -> None:
        seen.append(dict(given))

    own = Engine(engine.pool.recreate(), engine.dialect, engine.url)
    event.listen(own, "do_connect", note)
    try:
        if engine.dialect.is_async:  # opened in the loop it belongs to: by SQLAlchemy's own way, not by ours
            return {}
        own.connect().close()
    finally:
        event.remove(own, "do_connect", note)
        own.dispose()
    by_url = engine.dialect.create_connect_args(engine.url.set(database=name))[1]
    return {key: value for key, value in (seen[-1] if seen else {}).items() if key not in by_url}


def _sweep(connection: Connection, family: str) -> None:
    """Drop what a killed process left behind: ours by name, older than a minute, nobody connected."""
    listed = (
        "SELECT d.datname FROM pg_database d WHERE d.datname LIKE 'mm\\_scratch\\_%%' AND pg_has_role(d.datdba, 'USAGE') "
        "AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"
        if family == "postgresql"
        else "SELECT s.schema_name FROM information_schema.schemata s WHERE s.schema_name LIKE 'mm\\_scratch\\_%%' "
        "AND NOT EXISTS (SELECT * FROM information_schema.processlist p WHERE p.db = s.schema_name)"
    )
    for (name,) in connection.execute(sa.text(listed.replace("%%", "%"))).all():
        made = _NAME.match(str(name))
        if made is not None and time.time() - int(made["made_s"]) > _LEFT_BEHIND_AFTER_S:
            try:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            except exc.DatabaseError:
                continue  # somebody is faster, or connected just now: theirs, or the next sweep's


def _drop(connection: Connection, family: str, name: str) -> None:
    admin = connection.execution_options(isolation_level="AUTOCOMMIT", **_BEYOND)
    if family == "postgresql":
        admin.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
    else:
        busy = admin.execute(
            sa.text("SELECT id FROM information_schema.processlist WHERE db = :name AND id <> connection_id()"),
            {"name": name},
        )
        for (number,) in busy.all():
            try:
                admin.exec_driver_sql(f"KILL {int(number)}")
            except exc.DatabaseError:
                continue  # it ended by itself meanwhile
    admin.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
