"""What env.py gets in place of its own connections and engines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Nothing:
    """What env.py gets from a database it does not have: every call works and finds nothing.

    *on_guess* is called where env.py decides something by it: it may then have gone the wrong way.
    """

    def __init__(self, on_guess: Callable[[], None] = lambda: None) -> None:
        self.__dict__["_on_guess"] = on_guess

    def __call__(self, *_a: Any, **_k: Any) -> Nothing:  # noqa: D102 - it stands for every call there is
        return self

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __setattr__(self, _name: str, _value: object) -> None:
        """Keep nothing."""

    def __getitem__(self, _key: Any) -> Nothing:
        return self

    def __setitem__(self, _key: Any, _value: Any) -> None:
        """Keep nothing."""

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_a: object) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        self._on_guess()
        return iter(())

    def __contains__(self, _item: object) -> bool:
        return bool(self)

    def __bool__(self) -> bool:
        self._on_guess()
        return False

    def __len__(self) -> int:
        return int(self)

    def __int__(self) -> int:
        self._on_guess()
        return 0

    def __str__(self) -> str:
        self._on_guess()
        return ""

    def __eq__(self, other: object) -> bool:
        self._on_guess()
        return other is self

    def __hash__(self) -> int:
        return 0


class LentTransaction:
    """Stands in for the transaction env.py believes it owns; Alembic's own one is the real one."""

    is_active = True
    is_valid = True

    def __enter__(self) -> LentTransaction:
        return self

    def __exit__(self, *_a: object) -> None:
        return None

    async def __aenter__(self) -> LentTransaction:
        return self

    async def __aexit__(self, *_a: object) -> bool:
        return False

    def commit(self) -> None:
        """Leave the end to Alembic."""

    prepare = rollback = close = commit


class Absent:
    """What `with engine.connect() as connection` yields where there is no database: every call finds `Nothing`."""

    def __init__(self, engine: Any, on_guess: Callable[[], None]) -> None:
        self.lent_engine = engine
        self.nothing = Nothing(on_guess)
        self.statements: list[str] = []

    def __enter__(self) -> Absent:
        return self

    def __exit__(self, *_a: object) -> None:
        return None

    def begin(self, *_a: Any) -> LentTransaction:
        """Return a transaction in name only."""
        return LentTransaction()

    begin_nested = begin_twophase = begin

    def in_transaction(self) -> bool:
        """Say no: nothing is open."""
        return False

    def execute(self, statement: Any, *_a: Any, **_k: Any) -> Nothing:
        """Note *statement*, and find nothing."""
        self.statements.append(str(statement))
        return self.nothing

    exec_driver_sql = scalar = scalars = execute

    def execution_options(self, **_options: Any) -> Absent:
        """Return the same connection."""
        return self

    @property
    def engine(self) -> Any:
        """The engine env.py asked."""
        return self.lent_engine

    @property
    def dialect(self) -> Any:
        """The dialect of the engine env.py asked."""
        return self.lent_engine.dialect

    def __getattr__(self, name: str) -> Any:
        return getattr(self.nothing, name)


class Lent(Connection):
    """What `with engine.connect() as connection` yields to env.py: our connection, whose end is not env.py's to decide.

    It shares the state of our connection (its `__dict__`), so that `inspect()`, `Session` and `isinstance` take it for
    one, and differs in what ends it.
    """

    __slots__ = ("lent_engine",)

    def __init__(self, connection: Connection, engine: Any) -> None:
        self.__dict__ = connection.__dict__
        self.lent_engine = engine

    def connect(self) -> Lent:
        """Return itself: some env.py files connect what `config.attributes` holds, as they would an engine (jupyterhub's)."""
        return self

    def __exit__(self, *_a: object) -> None:
        return None

    def begin(self) -> Any:
        """Return a transaction in name only: Alembic's own one is the real one."""
        return super().begin() if is_autobegin() else LentTransaction()

    def begin_twophase(self, xid: Any = None) -> Any:
        """Return a transaction in name only."""
        del xid
        return LentTransaction()

    def commit(self) -> None:
        """Leave the end to Alembic."""

    rollback = close = detach = commit

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Leave the connection to its owner."""

    def in_transaction(self) -> bool:
        """Say no: what is open is not env.py's."""
        return False

    def get_transaction(self) -> None:
        """Return None: what is open is not env.py's."""

    def execution_options(self, **options: Any) -> Lent:
        """Set *options* on our connection, apart from the isolation level, which is its owner's."""
        options.pop("isolation_level", None)
        if options:
            super().execution_options(**options)
        return self


def is_autobegin() -> bool:
    """Say whether the `Connection.begin` that calls this is SQLAlchemy's own doing, for a first statement (`_autobegin`)."""
    caller = sys._getframe(1).f_back  # noqa: SLF001 - nothing public tells the two apart
    return caller is not None and caller.f_code.co_name == "_autobegin"


class LentAsync:
    """The same for `async with engine.connect()`: nothing in it really awaits."""

    def __init__(self, lent: Lent | Absent) -> None:
        self.sync_connection = lent

    async def __aenter__(self) -> LentAsync:
        return self

    async def __aexit__(self, *_a: object) -> bool:
        return False

    def __await__(self) -> Iterator[Any]:
        async def me() -> LentAsync:
            return self

        return me().__await__()

    async def run_sync(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Return what *function* returns, given our connection."""
        return function(self.sync_connection, *arguments, **keywords)

    def begin(self) -> LentTransaction:
        """Return a transaction in name only."""
        return LentTransaction()

    begin_nested = begin

    @property
    def dialect(self) -> Any:
        """The dialect of our connection."""
        return self.sync_connection.dialect

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **keywords: Any) -> Any:
            found = getattr(self.sync_connection, name)(*arguments, **keywords)
            return self if found is self.sync_connection else found

        return call


class HollowEngine(Engine):
    """An engine for a URL that makes none (a placeholder, a driver that is not installed): real but for its connections.

    Applications attach events to their engines when they are imported.
    """

    def __init__(self, url: object, dialect: Dialect | None = None, *, is_async: bool = False) -> None:
        self.has_url = as_url(url) is not None
        address = as_url(url) or sqlalchemy.make_url("nowhere://")
        found = _dialect(address) or dialect or DefaultDialect()
        if is_async and not found.is_async:
            found = DefaultDialect()
            found.is_async = True
        super().__init__(NullPool(_no_connection, dialect=found), found, address)


def _dialect(url: URL) -> Dialect | None:
    try:
        return url.get_dialect()()
    except (exc.SQLAlchemyError, ImportError, AttributeError, TypeError):  # unknown, or it asks something of its driver
        return None


def _no_connection() -> Any:
    raise exc.InvalidRequestError("there is nothing to connect to")


class AsyncEngineStandIn:
    """An asynchronous engine where there is no greenlet, and so no `AsyncEngine`. *take* gives its connections."""

    def __init__(self, take: Callable[[Any], Lent | Absent], url: object) -> None:
        self._take = take
        self.sync_engine = HollowEngine(url)
        self.url, self.dialect = self.sync_engine.url, self.sync_engine.dialect
        self.name, self.driver = self.dialect.name, self.dialect.driver

    def connect(self, *_a: Any, **_k: Any) -> LentAsync:
        """Return our connection."""
        return LentAsync(self._take(self.sync_engine))

    begin = connect

    def execution_options(self, **_options: Any) -> AsyncEngineStandIn:
        """Return the same engine."""
        return self

    async def dispose(self, *_a: Any, **_k: Any) -> None:
        """Close nothing."""


def as_url(value: object) -> URL | None:
    """Return *value* as a URL, or None where it is none."""
    try:
        return value if isinstance(value, URL) else sqlalchemy.make_url(str(value))
    except (exc.ArgumentError, ValueError):
        return None


def has_connections(engine: Any) -> bool:
    """Say whether *engine* is one that could connect."""
    return isinstance(engine, Engine) and not isinstance(engine, HollowEngine)
