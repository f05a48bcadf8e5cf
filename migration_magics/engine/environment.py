"""The project's env.py: what it configures (captured without a database), and a run of it, natively or over our connection.

*Native*: env.py connects by itself to the very database in use; we only listen. *Lent*: it would connect elsewhere (other
URL, placeholder, in memory, a scratch copy), so it gets our connection. *None*: the project has no env.py. All three run the
same steps and leave the same trace; the trace says which it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import exc
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Connection, Dialect

from ..errors import EnvironmentFailed, MigrationError, Refused
from . import failures, quiet
from .database import Database, identity
from .host import environment as host
from .lending import AwaitsForReal, Lent, Nothing, explicit_transactions, lend
from .project import Project

PROCESS_LOCK = threading.RLock()
"""`alembic.op` and `alembic.context` are one per process, so only one env.py runs at a time."""

_LOCK_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Configured:
    """One `configure()` call of env.py: the database it meant, its options, and what it gave to `run_migrations()`."""

    identity: str
    url: URL | None
    engine: Any
    options: Mapping[str, Any]
    run_arguments: Mapping[str, Any]

    @property
    def version_table(self) -> str:
        """The version table with its schema, as a person would write it."""
        schema, table = self.options.get("version_table_schema"), self.options.get("version_table") or "alembic_version"
        return f"{schema}.{table}" if schema else str(table)

    @property
    def label(self) -> str:
        """What env.py calls this database: its `engine_name` argument, or its place."""
        return str(self.run_arguments.get("engine_name") or self.identity)


@dataclass(frozen=True, slots=True)
class Captured:
    """What env.py configures: its calls in order, and what it printed. One call with no options where there is no env.py."""

    calls: tuple[Configured, ...]
    output: str = ""

    def for_database(self, database: Database, engine_name: str | None = None) -> tuple[Configured, ...]:
        """Return the calls that are about *database*: those that name it, or all when env.py configures only one.

        Raises Refused where env.py configures several databases and none of them is this one: *engine_name* must say.
        """
        if engine_name is not None:
            named = tuple(call for call in self.calls if engine_name in {call.label, call.identity})
            if not named:
                raise Refused(f"env.py configures no database called {engine_name!r}.", hint=f"it configures: {self._labels()}")
            return named
        matching = tuple(call for call in self.calls if call.identity == database.identity)
        if matching:
            return matching
        if len({call.identity for call in self.calls}) > 1:
            raise Refused(
                f"env.py configures several databases ({self._labels()}), and {database.name} is none of them.",
                hint=f"say which one it stands for: %migrate connect {database.url} --engine {self.calls[0].label}",
            )
        return self.calls

    def _labels(self) -> str:
        return ", ".join(dict.fromkeys(call.label for call in self.calls))


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


class Environment:
    """A project's env.py. Captures are kept until env.py, the configuration or the arguments change."""

    def __init__(self, project: Project, directory: Callable[[], ScriptDirectory]) -> None:
        self.project = project
        self._directory = directory
        self._captured: dict[tuple[Any, ...], Captured] = {}

    def captured(self, x: Sequence[str] = (), database: Database | None = None) -> Captured:
        """Return what env.py configures, without touching a database.

        Only where env.py cannot go on with an empty stand-in does it get *database*, in a read-only transaction that is
        rolled back. Raises EnvironmentFailed, naming the line of env.py.
        """
        if self.project.env_py is None:
            return Captured((Configured("", None, None, {}, {}),))
        key = (*_stamps(self.project), tuple(x))
        if key not in self._captured:
            from . import worker

            try:
                found = worker.call(lambda: self._capture(x, None, database))
            except EnvironmentFailed:
                if database is None or database.is_missing:
                    raise
                found = database.run(lambda connection: self._capture_reading(x, connection, database), in_thread=True)
            self._captured = {key: found}
        return self._captured[key]

    def _capture_reading(self, x: Sequence[str], connection: Connection, database: Database) -> Captured:
        forbid = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET TRANSACTION READ ONLY", "mysql": "SET SESSION TRANSACTION READ ONLY"}
        if database.family in forbid:
            connection.exec_driver_sql(forbid[database.family])
        try:
            return self._capture(x, connection, database)
        finally:
            connection.rollback()
            if database.family == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = OFF")

    def _capture(self, x: Sequence[str], connection: Connection | None, database: Database | None) -> Captured:
        drafts: list[dict[str, Any]] = []

        def on_configure(given: dict[str, Any]) -> tuple[Dialect, Any]:
            drafts.append(given)
            lent = given.get("connection")
            dialect = lent.dialect if isinstance(lent, Lent) else getattr(database and database.engine, "dialect", None)
            return _real_dialect(dialect, database), connection if connection is not None else Nothing()

        config = self.project.config
        with self.household(x) as output, lend(connection) as loan:
            environment = host.capture_context(config, self._directory(), on_configure, fn=lambda *_: ())
            given_before = config.attributes.pop("connection", None)
            try:
                self._execute(environment)
            finally:
                if given_before is not None:
                    config.attributes["connection"] = given_before
        if not drafts:
            raise EnvironmentFailed("env.py ran without calling context.configure().", hint="see the env.py that %migrate init writes")
        engines = iter(loan.engines)
        calls = tuple(self._configured(draft, next(engines, None)) for draft in drafts)
        return Captured(calls, output.getvalue())

    def _configured(self, draft: dict[str, Any], engine: Any) -> Configured:
        lent = draft.pop("connection", None)
        run_arguments = draft.pop("run_arguments", {})
        engine = lent.lent_engine if isinstance(lent, Lent) else getattr(lent, "engine", engine)
        url = getattr(engine, "url", None)
        place = identity(url, self.project.working_directory) if isinstance(url, URL) else ""
        draft.pop("url", None)
        return Configured(place, url if isinstance(url, URL) else None, engine, draft, run_arguments)

    # -- running

    def mode(self, database: Database, calls: tuple[Configured, ...]) -> str:
        """Return how a run on *database* would go: "native", "lent" or "none"."""
        if self.project.env_py is None:
            return "none"
        is_reached = all(call.identity == database.identity and _can_connect(call.engine) for call in calls)
        return "native" if is_reached and database.file is not None or (is_reached and database.family != "sqlite") else "lent"

    def run(self, request: Request, calls: tuple[Configured, ...], connection: Connection | None, *, in_loop: bool = False) -> str:
        """Run env.py with *request*; return what it printed. With *connection* it is lent to it, without it runs natively.

        *in_loop*: an event loop runs in this thread already. Raises EnvironmentFailed for what goes wrong in env.py
        itself, and whatever the work raises.
        """
        with self.household(request.x) as output:
            if self.project.env_py is None:
                assert connection is not None
                self._run_without(request, connection)
            elif connection is None:
                with explicit_transactions() as begun:
                    self._run_hooked(request, calls, None, begun)
            else:
                with lend(connection, drive_coroutines=in_loop):
                    self._run_hooked(request, calls, connection, {id(connection)} if request.keeps_transaction else set())
        return output.getvalue()

    def _run_hooked(self, request: Request, calls: tuple[Configured, ...], connection: Connection | None, begun: set[int]) -> None:
        wanted = {call.identity for call in calls}
        labels = {call.label for call in calls}
        is_chosen = True

        def configure(given: dict[str, Any], go_on: Callable[[dict[str, Any]], None]) -> None:
            nonlocal is_chosen
            own = given.get("connection")
            engine = own.lent_engine if isinstance(own, Lent) else getattr(own, "engine", None)
            url = getattr(engine, "url", None)
            place = identity(url, self.project.working_directory) if isinstance(url, URL) else ""
            is_handed_over = connection is not None and engine is connection.engine  # env.py took it from the attributes
            is_chosen = is_handed_over or place in wanted or not place or (connection is not None and wanted == {""})
            if not is_chosen and connection is None:
                go_on(given)
                return
            target = connection if connection is not None else own
            if is_chosen and target is not None:
                _end_autobegun(target, begun)
                request.on_connection(target)
                given = {**given, **request.overrides}
            for name in ("connection", "url", "dialect_name"):
                given.pop(name, None)
            go_on({**given, "connection": target})

        def run_migrations(keywords: dict[str, Any], go_on: Callable[[], None]) -> None:
            engine_name = keywords.get("engine_name")
            if is_chosen and (engine_name is None or str(engine_name) in labels):
                go_on()

        config = self.project.config
        environment = host.context(config, self._directory(), configure, run_migrations, fn=request.work, tag=request.tag, **request.options)
        with _attribute(config.attributes, connection):
            self._execute(environment)

    def _run_without(self, request: Request, connection: Connection) -> None:
        """The project has no env.py: do what the simplest one would."""
        environment = host.offline_context(self.project.config, self._directory(), fn=request.work, tag=request.tag, **request.options)
        _end_autobegun(connection, {id(connection)} if request.keeps_transaction else set())
        request.on_connection(connection)
        with environment:
            environment.configure(connection=connection, **request.overrides)
            with environment.begin_transaction():
                environment.run_migrations()

    def _execute(self, environment: Any) -> None:
        directory = self._directory()
        try:
            with environment:
                directory.run_env()
        except SystemExit as error:
            raise EnvironmentFailed(f"env.py called sys.exit({error.code!r}).", hint="run `alembic current` in a terminal to see why") from error
        except AwaitsForReal as error:
            raise EnvironmentFailed(f"{error}.", hint="connect by a URL, so that env.py can run in a thread of its own") from error
        except (MigrationError, CommandError):
            raise
        except Exception as error:
            if not is_in_env_py(error, self.project):
                raise
            raise EnvironmentFailed(
                f"env.py failed{place_of(error, self.project.directory / 'env.py')}: {type(error).__name__}: {failures.words(error)}",
                hint="%migrate why shows the whole traceback; values it wants can be given: --attribute name=variable, -x key=value",
            ) from error

    @contextmanager
    def household(self, x: Sequence[str]) -> Iterator[quiet.Output]:
        """Everything of the process that env.py may disturb, put back afterwards; yields what is printed."""
        if not PROCESS_LOCK.acquire(timeout=_LOCK_WAIT_S):
            raise Refused("Another migration runs in this kernel.", hint="wait for its cell to end, then run this one again")
        try:
            with ExitStack() as stack:
                stack.enter_context(self.project.at_home())
                paths = tuple(str(path) for path in self.project.config.get_prepend_sys_paths_list() or ())
                roots = tuple(Path(path).absolute() for path in (*paths, self.project.directory))
                stack.enter_context(quiet.path_as_it_was(paths))
                stack.enter_context(quiet.logging_as_it_was())
                stack.enter_context(quiet.MODULES.of(str(self.project.directory), roots))
                stack.enter_context(host.proxies_as_they_were())
                stack.enter_context(host.arguments(self.project.config, x))
                yield stack.enter_context(quiet.printed())
        finally:
            PROCESS_LOCK.release()


def is_in_env_py(error: BaseException, project: Project) -> bool:
    """Say whether *error* comes from env.py's own doing, not from a revision run by it or from the database under one."""
    if isinstance(error, exc.DBAPIError) or project.env_py is None:
        return _innermost_own_file(error, project) == str(project.env_py)
    versions = tuple(str(path) for path in project.version_locations)
    files = [frame for frame, _line in _frames(error)]
    return not any(file.startswith(versions) for file in files)


def _innermost_own_file(error: BaseException, project: Project) -> str:
    own = [file for file, _ in _frames(error) if file.startswith(str(project.directory)) or any(file.startswith(str(p)) for p in project.version_locations)]
    return own[-1] if own else ""


def _frames(error: BaseException) -> list[tuple[str, int]]:
    frames, traceback = [], error.__traceback__
    while traceback is not None:
        frames.append((traceback.tb_frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def place_of(error: BaseException, path: Path | str) -> str:
    """Return " (NAME, line N)" for the last line of *path* in the traceback of *error*, or ""."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({Path(error.filename).name}, line {error.lineno})"
    lines = [line for file, line in _frames(error) if file == str(path)]
    return f" ({Path(path).name}, line {lines[-1]})" if lines else ""


def _stamps(project: Project) -> tuple[Any, ...]:
    files = (project.env_py, project.config.config_file_name, getattr(project.config, "toml_file_name", None))
    stats = [Path(file).stat() for file in files if file and Path(file).is_file()]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def _real_dialect(dialect: Any, database: Database | None) -> Dialect:
    if isinstance(dialect, Dialect):
        return dialect
    name = getattr(dialect, "name", None)
    if isinstance(name, str) and name in {"sqlite", "postgresql", "mysql", "mariadb"}:
        return registry.load(name)()  # type: ignore[no-any-return]
    if database is not None:
        return database.engine.dialect
    return registry.load("sqlite")()  # type: ignore[no-any-return]


def _can_connect(engine: Any) -> bool:
    """A real engine, not a stand-in."""
    return hasattr(engine, "pool")


def _end_autobegun(connection: Connection, begun: set[int]) -> None:
    """End a transaction nobody began on purpose.

    env.py files run `PRAGMA` or `SET lock_timeout` before `configure()`; Alembic would take the transaction that
    SQLAlchemy began for it for somebody else's, never commit, and refuse `autocommit_block()` (measured).
    """
    if connection.in_transaction() and id(connection) not in begun:
        connection.commit()


@contextmanager
def _attribute(attributes: dict[str, Any], connection: Connection | None) -> Iterator[None]:
    """Hand *connection* over by the cookbook's convention, `config.attributes["connection"]`, too.

    Some env.py files configure with it as it is, some call `connect()` on it as they would on an engine: it gets one.
    """
    if connection is None:
        yield
        return
    before = attributes.get("connection")
    attributes["connection"] = connection
    vars(connection)["connect"] = lambda: Lent(connection, connection.engine)
    try:
        yield
    finally:
        vars(connection).pop("connect", None)
        if before is None:
            attributes.pop("connection", None)
        else:
            attributes["connection"] = before
