"""Give env.py our connection wherever it would open one of its own.

Engines stay real, since applications attach events to them; only one that cannot be made (placeholder URL, no driver) is a
stand-in. What is lent is the *connecting*: `Engine.connect` and `begin`, and their asynchronous twins. Measured on eight
real applications (28 to 162 revisions).
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import types
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import sqlalchemy
import sqlalchemy.engine
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine

try:
    import sqlalchemy.ext.asyncio as sa_asyncio
except ImportError:  # greenlet is not installed: SQLAlchemy 2.1 no longer brings it
    sa_asyncio = None  # type: ignore[assignment]

_in_run: contextvars.ContextVar[bool] = contextvars.ContextVar("migration_magics_in_run", default=False)


class Nothing:
    """What a captured env.py gets from a database it does not have: every call works and finds nothing."""

    def __call__(self, *_a: Any, **_k: Any) -> Nothing:
        return self

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_a: object) -> None:
        return None

    def __int__(self) -> int:
        return 0

    def __getitem__(self, _key: Any) -> Nothing:
        return self


class _LentTransaction:
    """Stands in for the transaction env.py believes it owns; Alembic's own one is the real one."""

    is_active = True
    is_valid = True

    def __enter__(self) -> _LentTransaction:
        return self

    def __exit__(self, *_a: object) -> bool:
        return False

    def commit(self) -> None: ...

    prepare = rollback = close = commit


class Lent:
    """What `with engine.connect() as connection` yields to env.py: our connection, whose end is not env.py's to decide.

    Without a connection (capture) every call finds `Nothing`.
    """

    def __init__(self, connection: Connection | None, engine: Any) -> None:
        self.lent_connection = connection
        self.lent_engine = engine

    def __enter__(self) -> Lent:
        return self

    def __exit__(self, *_a: object) -> bool:
        return False

    def begin(self, *_a: Any) -> _LentTransaction:
        return _LentTransaction()

    begin_nested = begin_twophase = begin

    def commit(self) -> None: ...

    rollback = close = invalidate = commit

    def in_transaction(self) -> bool:
        return False

    def execution_options(self, **options: Any) -> Lent:
        if self.lent_connection is not None:
            options.pop("isolation_level", None)
            self.lent_connection.execution_options(**options)
        return self

    @property
    def engine(self) -> Any:
        return self.lent_engine

    @property
    def dialect(self) -> Any:
        return self.lent_engine.dialect if self.lent_connection is None else self.lent_connection.dialect

    def __getattr__(self, name: str) -> Any:
        return Nothing() if self.lent_connection is None else getattr(self.lent_connection, name)


class _LentAsync:
    """The same for `async with engine.connect()`: nothing in it really awaits."""

    def __init__(self, lent: Lent) -> None:
        self.sync_connection = lent

    async def __aenter__(self) -> _LentAsync:
        return self

    async def __aexit__(self, *_a: object) -> bool:
        return False

    def __await__(self) -> Iterator[Any]:
        async def me() -> _LentAsync:
            return self

        return me().__await__()

    async def run_sync(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return function(self.sync_connection, *arguments, **keywords)

    async def execute(self, *arguments: Any, **keywords: Any) -> Any:
        return self.sync_connection.execute(*arguments, **keywords)

    async def commit(self) -> None: ...

    close = rollback = commit

    async def execution_options(self, **options: Any) -> _LentAsync:
        self.sync_connection.execution_options(**options)
        return self

    @property
    def dialect(self) -> Any:
        return self.sync_connection.dialect


class _EngineStandIn:
    """An engine for a URL that makes none: a placeholder, or a driver that is not installed."""

    is_async = False

    def __init__(self, loan: Loan, url: object) -> None:
        self._loan = loan
        self.url = _url(url)
        self.sync_engine = self
        self.dialect = loan.connection.dialect if loan.connection is not None else _NamedDialect(self.url)
        self.name = self.dialect.name

    def connect(self, *_a: Any, **_k: Any) -> Any:
        return self._loan.take(self)

    begin = connect

    def execution_options(self, **_options: Any) -> _EngineStandIn:
        return self

    def dispose(self, *_a: Any, **_k: Any) -> None: ...


class _AsyncEngineStandIn(_EngineStandIn):
    is_async = True

    def connect(self, *_a: Any, **_k: Any) -> Any:
        return _LentAsync(self._loan.take(self))

    begin = connect

    async def dispose(self, *_a: Any, **_k: Any) -> None: ...


class _NamedDialect:
    def __init__(self, url: URL | None) -> None:
        self.name = url.get_backend_name() if url is not None else "default"


class Loan:
    """What one run of env.py is lent, and which engines it tried to connect, in that order."""

    def __init__(self, connection: Connection | None) -> None:
        self.connection = connection
        self.engines: list[Any] = []

    def take(self, engine: Any) -> Lent:
        """Return our connection in place of one of *engine*'s."""
        self.engines.append(engine)
        return Lent(self.connection, engine)


def _url(value: object) -> URL | None:
    try:
        return value if isinstance(value, URL) else sqlalchemy.make_url(str(value))
    except (exc.ArgumentError, ValueError):
        return None


class AwaitsForReal(RuntimeError):
    """env.py awaits real input or output where no event loop can run."""


def drive(coroutine: Coroutine[Any, Any, Any], **_options: Any) -> Any:
    """Run *coroutine* where `asyncio.run` cannot: nothing below a lent connection really awaits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    message = "env.py awaits real input or output while an event loop already runs in this thread"
    raise AwaitsForReal(message)


def _or_stand_in(real: Callable[..., Any], kind: type[_EngineStandIn], loan: Loan, applies: Callable[[], bool]) -> Callable[..., Any]:
    def make(*arguments: Any, **keywords: Any) -> Any:
        try:
            return real(*arguments, **keywords)
        except (exc.ArgumentError, exc.NoSuchModuleError, ImportError, KeyError):
            if not applies():
                raise
            first = arguments[0] if arguments else keywords.get("url") or keywords.get("configuration")
            prefix = keywords.get("prefix", arguments[1] if len(arguments) > 1 else "sqlalchemy.")
            return kind(loan, first.get(f"{prefix}url") if isinstance(first, dict) else first)

    return make


@contextmanager
def lend(connection: Connection | None, *, drive_coroutines: bool = False) -> Iterator[Loan]:
    """Lend *connection* to whatever env.py connects, in this run's threads only; None: to capture, without a database.

    *drive_coroutines* replaces `asyncio.run` for threads in which an event loop already runs.
    """
    loan = Loan(connection)
    ours = connection.engine if connection is not None else None
    before = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}

    def applies() -> bool:
        """Threads that lived before the run are somebody else's, unless they carry our context (`to_thread`)."""
        return _in_run.get() or threading.get_ident() not in before

    patch = mock.patch.object
    token = _in_run.set(True)
    try:
        with ExitStack() as stack:
            for name in ("connect", "begin"):
                stack.enter_context(patch(Engine, name, _lent_method(getattr(Engine, name), loan, ours, applies)))
            for module in (sqlalchemy, sqlalchemy.engine):
                for name in ("create_engine", "engine_from_config"):
                    make = _or_stand_in(getattr(module, name), _EngineStandIn, loan, applies)
                    stack.enter_context(patch(module, name, make))
            _lend_async(stack, loan, applies)
            if drive_coroutines:
                stack.enter_context(patch(asyncio, "run", drive))
            yield loan
    finally:
        _in_run.reset(token)


def _lent_method(real: Callable[..., Any], loan: Loan, ours: Engine | None, applies: Callable[[], bool]) -> Callable[..., Any]:
    def method(self: Engine, *arguments: Any, **keywords: Any) -> Any:
        return real(self, *arguments, **keywords) if self is ours or not applies() else loan.take(self)

    return method


def _lend_async(stack: ExitStack, loan: Loan, applies: Callable[[], bool]) -> None:
    if sa_asyncio is None:
        stand_in = types.ModuleType("sqlalchemy.ext.asyncio")
        make = _or_stand_in(_never, _AsyncEngineStandIn, loan, applies)
        stand_in.__dict__.update(create_async_engine=make, async_engine_from_config=make, AsyncEngine=_AsyncEngineStandIn)
        stack.enter_context(mock.patch.dict(sys.modules, {"sqlalchemy.ext.asyncio": stand_in}))
        return
    patch = mock.patch.object
    for name in ("create_async_engine", "async_engine_from_config"):
        make = _or_stand_in(getattr(sa_asyncio, name), _AsyncEngineStandIn, loan, applies)
        stack.enter_context(patch(sa_asyncio, name, make))
    for name in ("connect", "begin"):
        real = getattr(sa_asyncio.AsyncEngine, name)

        def method(self: Any, *, _real: Callable[..., Any] = real) -> Any:
            return _LentAsync(loan.take(self.sync_engine)) if applies() else _real(self)

        stack.enter_context(patch(sa_asyncio.AsyncEngine, name, method))


def _never(*_a: Any, **_k: Any) -> Any:
    message = "greenlet is not installed"
    raise ImportError(message, name="greenlet")


@contextmanager
def explicit_transactions() -> Iterator[set[int]]:
    """Note which connections had `begin()` called on them (by id): an autobegun transaction is nobody's intention."""
    begun: set[int] = set()
    real = Connection.begin

    def begin(self: Connection) -> Any:
        begun.add(id(self))
        return real(self)

    with mock.patch.object(Connection, "begin", begin):
        yield begun
