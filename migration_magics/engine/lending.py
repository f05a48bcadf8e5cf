"""Give env.py our connection wherever it would open one of its own.

Engines stay real, since applications attach events to them; one that cannot be made (a placeholder URL) is hollow. What
is lent is the *connecting*: `Engine.connect` and `begin`, and their asynchronous twins, in the threads of the run only.
Measured on eight real applications (28 to 162 revisions).
"""

from __future__ import annotations

import asyncio
import functools
import sys
import types
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import sqlalchemy
import sqlalchemy.engine
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.util import concurrency

from .belonging import belongs
from .stand_ins import Absent, AsyncEngineStandIn, HollowEngine, Lent, LentAsync, is_autobegin

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

try:
    import sqlalchemy.ext.asyncio as sa_asyncio
except ImportError:  # greenlet is not installed: SQLAlchemy 2.1 no longer brings it
    sa_asyncio = None  # type: ignore[assignment]


class Loan:
    """What one run of env.py is lent, and which engines it tried to connect, in that order.

    *is_meant* says of an engine whether its connections are to be ours; the others get no database at all.
    `has_guessed`: env.py decided something by the answer of a database it did not have.
    """

    def __init__(self, connection: Connection | None, is_meant: Callable[[Any], bool]) -> None:
        self.connection = connection
        self.is_meant = is_meant
        self.engines: list[Any] = []
        self.has_guessed = False

    def take(self, engine: Any) -> Lent | Absent:
        """Return our connection in place of one of *engine*'s."""
        self.engines.append(engine)
        if self.connection is None or not self.is_meant(engine):
            return Absent(engine, self._guess)
        return Lent(self.connection, engine)

    def _guess(self) -> None:
        self.has_guessed = True


_loans: list[Loan] = []
"""The loans that are going on, innermost last. Applications keep the functions we replace, so these look here."""


def _loan() -> Loan | None:
    return _loans[-1] if _loans and belongs() else None


@contextmanager
def lend(
    connection: Connection | None,
    *,
    drive_coroutines: bool = False,
    is_meant: Callable[[Any], bool] = lambda _engine: True,
) -> Iterator[Loan]:
    """Lend *connection* to whatever env.py connects, in the threads of this run only; None: to capture, without a database.

    *drive_coroutines* replaces `asyncio.run` for threads in which an event loop already runs. Use inside `run_here`.
    """
    loan = Loan(connection, is_meant)
    patch = mock.patch.object
    _loans.append(loan)
    try:
        with ExitStack() as stack:
            for name in ("connect", "begin"):
                stack.enter_context(patch(Engine, name, _lent_method(getattr(Engine, name))))
            for module in (sqlalchemy, sqlalchemy.engine):
                for name in ("create_engine", "engine_from_config"):
                    stack.enter_context(patch(module, name, _or_hollow(getattr(module, name), _hollow)))
            _lend_async(stack)
            if drive_coroutines:
                stack.enter_context(patch(asyncio, "run", _driven(asyncio.run)))
                until_complete = _driven_loop(asyncio.BaseEventLoop.run_until_complete)
                stack.enter_context(patch(asyncio.BaseEventLoop, "run_until_complete", until_complete))
            yield loan
    finally:
        _loans.remove(loan)


def _lent_method(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def method(self: Engine, *arguments: Any, **keywords: Any) -> Any:
        loan = _loan()
        return real(self, *arguments, **keywords) if loan is None else loan.take(self)

    return method


def _or_hollow(real: Callable[..., Any], wrap: Callable[[Loan, object], Any]) -> Callable[..., Any]:
    """*real*, which makes an engine, or in a run what *wrap* makes of a URL that makes none."""

    @functools.wraps(real)
    def make(*arguments: Any, **keywords: Any) -> Any:
        try:
            return real(*arguments, **keywords)
        except (exc.ArgumentError, exc.NoSuchModuleError, ImportError, KeyError):
            loan = _loan()
            if loan is None:
                raise
            return wrap(loan, _first_url(arguments, keywords))

    return make


def _hollow(loan: Loan, url: object) -> HollowEngine:
    return HollowEngine(url, loan.connection.dialect if loan.connection is not None else None)


def _hollow_async(_loan: Loan, url: object) -> Any:
    return sa_asyncio.AsyncEngine(HollowEngine(url, is_async=True))


def _first_url(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> object:
    """The URL among the arguments of `create_engine(url)` or `engine_from_config(configuration, prefix)`."""
    first = arguments[0] if arguments else keywords.get("url") or keywords.get("configuration")
    prefix = keywords.get("prefix", arguments[1] if len(arguments) > 1 else "sqlalchemy.")
    return first.get(f"{prefix}url") if isinstance(first, dict) else first


# -- asynchronous


def _lend_async(stack: ExitStack) -> None:
    if sa_asyncio is None:
        stack.enter_context(mock.patch.dict(sys.modules, {"sqlalchemy.ext.asyncio": _module_without_greenlet()}))  # type: ignore[unreachable]
        return
    patch = mock.patch.object
    for name in ("create_async_engine", "async_engine_from_config"):
        stack.enter_context(patch(sa_asyncio, name, _or_hollow(getattr(sa_asyncio, name), _hollow_async)))
    for name in ("connect", "begin"):
        stack.enter_context(
            patch(sa_asyncio.AsyncEngine, name, _lent_async_method(getattr(sa_asyncio.AsyncEngine, name)))
        )
    stack.enter_context(patch(sa_asyncio.AsyncEngine, "dispose", _lent_dispose(sa_asyncio.AsyncEngine.dispose)))


def _lent_async_method(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def method(self: Any) -> Any:
        loan = _loan()
        return real(self) if loan is None else LentAsync(loan.take(self.sync_engine))

    return method


def _lent_dispose(real: Callable[..., Any]) -> Callable[..., Any]:
    """An engine whose connecting was lent has nothing to close; the real thing wants greenlet (SQLAlchemy 2.0)."""

    @functools.wraps(real)
    async def dispose(self: Any, *arguments: Any, **options: Any) -> None:
        if _loan() is None:
            await real(self, *arguments, **options)

    return dispose


def _module_without_greenlet() -> types.ModuleType:
    """What `import sqlalchemy.ext.asyncio` gives to env.py where it cannot be imported; other names are empty classes."""

    def never(*_a: Any, **_k: Any) -> Any:
        raise ImportError("greenlet is not installed", name="greenlet")

    def other(name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})

    module = types.ModuleType("sqlalchemy.ext.asyncio")
    make = _or_hollow(never, lambda loan, url: AsyncEngineStandIn(loan.take, url))
    vars(module).update(
        create_async_engine=make, async_engine_from_config=make, AsyncEngine=AsyncEngineStandIn, __getattr__=other
    )
    return module


class AwaitsForReal(RuntimeError):
    """env.py awaits real input or output where no event loop can run."""


def _driven(real: Callable[..., Any]) -> Callable[..., Any]:
    """`asyncio.run` for a thread that may have a running event loop already."""

    @functools.wraps(real)
    def run(main: Coroutine[Any, Any, Any], **options: Any) -> Any:
        return drive(main) if _loan() is not None and _has_running_loop() else real(main, **options)

    return run


def _driven_loop(real: Callable[..., Any]) -> Callable[..., Any]:
    """`loop.run_until_complete` for the same thread: what env.py files wrote before there was `asyncio.run`."""

    @functools.wraps(real)
    def run_until_complete(self: asyncio.BaseEventLoop, future: Any) -> Any:
        is_ours = _loan() is not None and _has_running_loop() and asyncio.iscoroutine(future)
        return drive(future) if is_ours else real(self, future)

    return run_until_complete


def _has_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of *coroutine*, run where `asyncio.run` cannot: nothing below a lent connection really awaits.

    What does await is waited for in the loop that runs already, where SQLAlchemy's greenlet has us inside it.
    """
    while True:
        try:
            waited_for = coroutine.send(None)
        except StopIteration as end:
            return end.value
        if waited_for is None:  # asyncio.sleep(0)
            continue
        if not concurrency.in_greenlet():
            coroutine.close()
            raise AwaitsForReal("env.py awaits real input or output while an event loop already runs in this thread")
        waited_for._asyncio_future_blocking = False  # noqa: SLF001 - what a Task does before it waits (asyncio/tasks.py)
        concurrency.await_only(asyncio.wait({waited_for}))


@contextmanager
def explicit_transactions() -> Iterator[set[int]]:
    """Note which connections had `begin()` called on them (by id): an autobegun transaction is nobody's intention."""
    begun: set[int] = set()
    real = Connection.begin

    @functools.wraps(real)
    def begin(self: Connection) -> Any:
        if belongs() and not is_autobegin():
            begun.add(id(self))
        return real(self)

    with mock.patch.object(Connection, "begin", begin):
        yield begun
