"""From what a user has (URL, engine, connection, session, a project's env.py) to a `Database`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.orm import scoped_session

from ..errors import UsageProblem
from ..redact import is_secret
from .configuration import NamedConnection, driver_arguments
from .database import Database, identity, parse_url, sqlite_path
from .stand_ins import has_connections

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from pathlib import Path

    from .environment import Environment
    from .project import Project


def database_from(
    source: object,
    name: str | None,
    known: Mapping[str, Database],
    *,
    reserved: Container[str] = (),
    is_protected: bool,
    connect_timeout_s: float,
    directory: Path | None = None,
) -> Database:
    """Return the database that *source* is: a URL, or an SQLAlchemy engine, connection or session. Opens nothing.

    *directory* is what a relative SQLite file of an engine is meant from. Without *name* it gets its own, with a number
    where another of the *known* databases has that, or it is *reserved*. Raises UsageProblem, DriverMissing.
    """
    if isinstance(source, (str, URL)):
        url = parse_url(source) if isinstance(source, str) else source
        called = name or _free_name(url, known, reserved)
        return Database.from_url(called, url, is_protected=is_protected, connect_timeout_s=connect_timeout_s)
    engine = _engine(source)
    called = name or _free_name(engine.url, known, reserved)
    return Database(called, engine, is_protected=is_protected, connect_timeout_s=connect_timeout_s, directory=directory)


def database_named(
    named: NamedConnection,
    name: str | None,
    environment: Mapping[str, str],
    *,
    is_protected: bool,
    connect_timeout_s: float,
) -> Database:
    """Return the database that pyproject.toml calls *named*; its secrets are read now, from *environment* or the keyring.

    Raises ConnectionNotFound for a secret that is not there, UsageProblem, DriverMissing, ConnectionProblem.
    """
    url = named.resolved_url(environment)
    return Database.from_url(
        name or named.name,
        url,
        is_protected=is_protected or named.protected,
        connect_timeout_s=connect_timeout_s,
        connect_args=driver_arguments(named, url.get_backend_name()),
    )


def engine_of_env_py(
    environment: Environment, engine_name: str | None = None, x: tuple[str, ...] = ()
) -> Engine | None:
    """Return the engine env.py makes for itself, with all that it gives it; None where it makes none that can connect.

    *engine_name* says which, where it makes several; *x* are its `-x` arguments. Raises EnvironmentFailed, Refused.
    """
    captured = environment.captured(x)
    call = captured.called(engine_name)[0] if engine_name else captured.calls[0]
    return call.engine if has_connections(call.engine) else None


def given_connection(project: Project) -> object:
    """Return what `config.attributes["connection"]` holds, by the convention of Alembic's cookbook; None where nothing."""
    return project.config.attributes.get("connection")


def configured_url(project: Project) -> URL | None:
    """Return `sqlalchemy.url` of the configuration; None where there is none, or the template's placeholder."""
    if not project.url or project.url.startswith("driver://"):
        return None
    return _absolute(parse_url(project.url), project)


def identity_of(url: str) -> str | None:
    """Return what tells the database of *url* from others; None where *url* only says where the URL is kept."""
    return identity(parse_url(url)) if "://" in url else None


def is_one_place(one: str | None, other: str | None) -> bool:
    """Say whether what is written by way of one identity shows by way of the other: links followed, `mode=ro` or not."""
    return one is not None and other is not None and _place(one) == _place(other)


def _place(identity_: str) -> str:
    family, _, path = identity_.partition(":")
    return os.path.realpath(path.removesuffix("?mode=ro")) if family == "sqlite" else identity_


def has_password(url: str) -> bool:
    """Say whether *url* has a password in it, or another secret in its query."""
    return _has_secret(parse_url(url))


def _has_secret(url: URL) -> bool:
    return bool(url.password) or any(is_secret(name) for name in url.query)


def url_without_secret(database: Database) -> str | None:
    """Return the URL of *database* as it may be written into a file; None where it has a secret, or is in memory."""
    url = database.engine.url
    return None if _has_secret(url) or identity(url) == "sqlite:memory" else url.render_as_string(hide_password=False)


def _absolute(url: URL, project: Project) -> URL:
    """A SQLite file is meant from the project's folder where the project has one of its own."""
    if project.working_directory is None or url.get_backend_name() != "sqlite":
        return url
    path = sqlite_path(url, project.working_directory)
    return url if path is None else url.set(database=str(path))


def _engine(source: object) -> Engine:
    """The engine behind an SQLAlchemy engine, connection or session, also an asynchronous one."""
    candidate: Any = source
    if isinstance(getattr(candidate, "kw", None), dict):  # sessionmaker, async_sessionmaker
        candidate = candidate.kw.get("bind") or candidate
    if isinstance(candidate, scoped_session):
        candidate = candidate()
    candidate = _of_jupysql(candidate)
    for _ in range(2):  # a session may be bound to a connection
        if hasattr(candidate, "in_transaction") and candidate.in_transaction():
            kind = "session" if hasattr(candidate, "get_bind") else "connection"
            raise UsageProblem(
                f"The {kind} is in the middle of a transaction, for whose end a migration would wait.",
                hint=f"end it first: {kind}.commit()",
            )
        if hasattr(candidate, "get_bind"):
            candidate = candidate.get_bind()
    candidate = getattr(candidate, "sync_engine", None) or getattr(candidate, "sync_connection", None) or candidate
    if isinstance(candidate, Connection):
        candidate = candidate.engine
    if not isinstance(candidate, Engine):
        raise UsageProblem(
            f"A {type(source).__name__} is nothing to connect to.",
            hint="give a URL, or an SQLAlchemy engine, connection or session",
        )
    return candidate


def _of_jupysql(candidate: Any) -> Any:
    """What a connection of JupySQL (0.11: `sql.connection.SQLAlchemyConnection`) holds; anything else as it is.

    It commits each statement by itself, so that a transaction SQLAlchemy counts as open holds nothing.
    """
    kept = getattr(candidate, "connection_sqlalchemy", None)
    if not isinstance(kept, Connection):
        return candidate
    return kept.engine if kept.get_execution_options().get("isolation_level") == "AUTOCOMMIT" else kept


def _free_name(url: URL, known: Mapping[str, Database], reserved: Container[str]) -> str:
    path = sqlite_path(url) if url.get_backend_name() == "sqlite" else None
    is_memory = url.get_backend_name() == "sqlite" and path is None
    base = "memory" if is_memory else path.stem if path else url.database or url.get_backend_name()
    wanted, number = base, 1
    while wanted in reserved or (wanted in known and (is_memory or known[wanted].identity != identity(url))):
        number += 1
        wanted = f"{base}{number}"
    return wanted
