"""A run of env.py with our hands on it: which connection its `configure()` gets, and whether its `run_migrations()` runs."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Connection, Dialect

from .database import Database, identity
from .host import environment as host
from .stand_ins import Absent, Lent, Nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from .captured import Configured
    from .project import Project


@dataclass(slots=True)
class Request:
    """What a run wants from env.py: Alembic's `fn` and options, and what to do with each connection it will use."""

    work: Callable[[tuple[str, ...], Any], Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    x: tuple[str, ...] = ()
    tag: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    on_connection: Callable[[Connection], None] = lambda _connection: None
    keeps_transaction: bool = False
    """The connection is in a transaction on purpose: a dry run."""


class Hooked:
    """One run of env.py with our hands on its `configure()` and `run_migrations()` calls."""

    def __init__(
        self,
        project: Project,
        request: Request,
        calls: tuple[Configured, ...],
        connection: Connection | None,
        begun: set[int],
    ) -> None:
        self.project, self.request, self.connection, self.begun = project, request, connection, begun
        self.places = {call.identity for call in calls}
        self.labels = {call.label for call in calls}
        self.siblings = {place for call in calls for place in call.siblings}
        self.prepared: list[Connection] = []
        self.is_chosen, self.is_run = True, False
        self._target: Connection | None = None
        self.failure: BaseException | None = None

    def environment(self, directory: ScriptDirectory) -> EnvironmentContext:
        """Return the environment context to run env.py in."""
        self._directory, request = directory, self.request
        self._environment = host.context(
            self.project.config,
            directory,
            self.configure,
            self.run_migrations,
            fn=request.work,
            tag=request.tag,
            **request.options,
        )
        return self._environment

    def configure(self, given: dict[str, Any], go_on: Callable[[dict[str, Any]], None]) -> None:
        """Carry a `configure()` call out on the connection it is meant for; on none where it means another database."""
        own = given.get("connection")
        target = self.connection if self.connection is not None else own
        self.is_chosen = self._is_meant(own)
        if not self.is_chosen or target is None:
            host.configure_nothing(self._environment, self._directory, given, dialect_of(own, None), Nothing())
            return
        self._target = target
        end_autobegun(target, self.begun)
        if not any(known is target for known in self.prepared):
            self.prepared.append(target)
            self.request.on_connection(target)
        kept = {name: value for name, value in given.items() if name not in {"connection", "url", "dialect_name"}}
        go_on({**kept, **self.request.overrides, "connection": target})

    def _is_meant(self, own: Any) -> bool:
        engine = engine_of(own)
        if self.connection is not None and engine is self.connection.engine:  # from config.attributes["connection"]
            return True
        place = place_of_engine(engine)
        return place in self.places if self.connection is None else place not in self.siblings

    def run_migrations(self, keywords: dict[str, Any], go_on: Callable[[], None]) -> None:
        """Carry a `run_migrations()` call out where it is about the database of this run."""
        engine_name = keywords.get("engine_name")
        if not self.is_chosen or not (engine_name is None or str(engine_name) in self.labels):
            return
        self.failure = None
        try:
            with self._transaction():
                go_on()
        except Exception as error:
            self.failure = error
            raise
        self.is_run = True

    def _transaction(self) -> AbstractContextManager[object]:
        """Alembic's transaction where env.py begins none: it relies on `engine.begin()`, which a lent connection has not.

        On SQLite Alembic then commits each revision by itself (it takes its DDL for not transactional), so we commit, too.
        """
        target = self._target
        is_missing = target is not None and not target.in_transaction()
        is_ours = self.connection is not None or (target is not None and target.dialect.name == "sqlite")
        return self._environment.begin_transaction() if is_missing and is_ours else nullcontext()


def engine_of(own: Any) -> Any:
    """Return the engine behind what env.py gave to `configure()`: one of ours, in which it is noted, or its own."""
    return own.lent_engine if isinstance(own, (Lent, Absent)) else getattr(own, "engine", None)


def place_of_engine(engine: Any) -> str:
    """Return the identity of the database of *engine*, or "" where it has none.

    Ask while env.py runs: a relative SQLite file is meant from the folder it works in.
    """
    url = url_of(engine)
    return "" if url is None else identity(url)


def url_of(engine: Any) -> URL | None:
    """Return the URL of *engine*, or None where it was made of none."""
    url = getattr(engine, "url", None)
    return url if isinstance(url, URL) and getattr(engine, "has_url", True) else None


def dialect_of(own: Any, database: Database | None) -> Dialect:
    """Return the dialect of the connection env.py would make, or the nearest to it that there is."""
    dialect = getattr(own, "dialect", None)
    if isinstance(dialect, Dialect):
        return dialect
    if database is not None:
        return database.engine.dialect
    name = getattr(dialect, "name", None)
    known = name if name in {"sqlite", "postgresql", "mysql", "mariadb"} else "sqlite"
    return registry.load(known)()  # type: ignore[no-any-return]


def end_autobegun(connection: Connection, begun: set[int]) -> None:
    """End a transaction nobody began on purpose.

    env.py files run `PRAGMA` or `SET lock_timeout` before `configure()`; Alembic would take the transaction that
    SQLAlchemy began for it for somebody else's, never commit, and refuse `autocommit_block()` (measured).
    """
    if connection.in_transaction() and id(connection) not in begun:
        connection.commit()


@contextmanager
def lent_attribute(attributes: dict[str, Any], connection: Connection | None) -> Iterator[None]:
    """Hand *connection* over by the cookbook's convention, `config.attributes["connection"]`; None hides what is there."""
    before = {name: attributes.pop(name) for name in ("connection",) if name in attributes}
    if connection is not None:
        attributes["connection"] = Lent(connection, connection.engine)
    try:
        yield
    finally:
        attributes.pop("connection", None)
        attributes.update(before)
