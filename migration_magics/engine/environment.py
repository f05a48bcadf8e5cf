"""The project's env.py: what it configures (captured without a database), and a run of it, natively or over our connection.

*Native*: env.py connects by itself to the very database in use; we only listen. *Lent*: it would connect elsewhere (other
URL, placeholder, in memory, a scratch copy), so it gets our connection. *None*: the project has no env.py. All three run the
same steps and leave the same trace; the trace says which it was.
"""

from __future__ import annotations

import configparser
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from ..errors import EnvironmentFailed, MigrationError
from . import failures, ini, worker
from .captured import Captured, Configured, settings_in
from .database import Database
from .hooked import Hooked, Request, dialect_of, end_autobegun, engine_of, lent_attribute, place_of_engine, url_of
from .host import environment as host
from .lending import AwaitsForReal, Loan, explicit_transactions, lend
from .places import is_in_env_py, module_of, place_of
from .shortcut import Shortcut
from .stand_ins import Absent, Nothing, has_connections
from .workplace import workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection, Dialect

    from .project import Project


class Environment:
    """A project's env.py. Captures are kept until env.py, the configuration or the arguments change."""

    def __init__(self, project: Project, directory: Callable[[], ScriptDirectory]) -> None:
        self.project = project
        self._directory = directory
        self._captured: dict[tuple[Any, ...], Captured] = {}
        self._has_had_env_py = False
        self.shortcut = Shortcut()

    def captured(self, x: Sequence[str] = (), database: Database | None = None) -> Captured:
        """Return what env.py configures, without touching a database.

        Only where env.py decides by what it reads does it get *database*, in a read-only transaction that is rolled back
        (an empty one in memory where its file is still missing). Raises EnvironmentFailed, naming the line of env.py, or
        saying that it is there no more.
        """
        self._has_had_env_py = self._has_had_env_py or self.project.env_py is not None
        if self.project.env_py is None:
            if self._has_had_env_py:
                raise EnvironmentFailed(
                    f"env.py is gone from {self.project.directory}, and it said which schema, version table or tenant.",
                    hint="put it back, or name the project again to go on without: %migrate connect --project PATH",
                )
            return Captured((Configured("", None, None, {}, {}),))
        key = (*_stamps(self.project), tuple(x))
        found = self._captured.get(key)
        if found is None or (found.has_guessed and database is not None):
            found = self._captured_anew(x, database)
            self._captured = {(*_stamps(self.project), tuple(x)): found}  # env.py may have loaded a .env file
        return found

    def _captured_anew(self, x: Sequence[str], database: Database | None) -> Captured:
        try:
            found = worker.call(lambda: self._capture(x, None, database))
        except EnvironmentFailed:
            if database is None:
                raise
        else:
            if database is None or not found.has_guessed:
                return found
        if database.is_missing:
            database = Database.from_url("a database in memory", "sqlite://")
        return replace(
            database.run(lambda connection: self._capture_reading(x, connection, database), in_thread=True),
            has_guessed=False,
        )

    def _capture_reading(self, x: Sequence[str], connection: Connection, database: Database) -> Captured:
        forbid = {
            "sqlite": "PRAGMA query_only = ON",
            "postgresql": "SET TRANSACTION READ ONLY",
            "mysql": "SET TRANSACTION READ ONLY",
        }
        if database.family == "mysql":
            connection.rollback()  # it holds for the next transaction (MySQL 8.0 manual, 15.3.7)
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
            given["place"] = place_of_engine(engine_of(given.get("connection")))
            drafts.append(given)
            return dialect_of(given.get("connection"), database), connection if connection is not None else Nothing()

        config, in_loop = self.project.config, connection is not None and database is not None and database.is_in_loop
        with workplace(self.project, x) as output, lend(connection, drive_coroutines=in_loop) as loan:
            environment = host.capture_context(config, self._directory(), on_configure, fn=lambda *_: ())
            with lent_attribute(config.attributes, connection):
                self._execute_for_capture(environment, loan, drafts)
        if not drafts:
            raise EnvironmentFailed(
                "env.py ran without calling context.configure().", hint="see the env.py that %migrate init writes"
            )
        calls = tuple(self._configured(draft, connection) for draft in drafts)
        places = {call.identity for call in calls}
        calls = tuple(replace(call, siblings=tuple(sorted(places - {call.identity}))) for call in calls)
        return Captured(calls, output.getvalue(), loan.has_guessed)

    def _execute_for_capture(self, environment: Any, loan: Loan, drafts: list[dict[str, Any]]) -> None:
        """Run env.py; what goes wrong in it after its last `run_migrations()` is for the real run to tell."""
        try:
            self._execute(environment, is_complete=lambda: bool(drafts))
        except EnvironmentFailed:
            if not drafts or not all("run_arguments" in draft for draft in drafts):
                raise
            loan.has_guessed = loan.connection is None

    def _configured(self, draft: dict[str, Any], lent: Connection | None) -> Configured:
        own, run_arguments = draft.pop("connection", None), draft.pop("run_arguments", {})
        draft.pop("url", None)
        place = draft.pop("place")
        engine = None if own is lent else engine_of(own)
        url = url_of(engine)
        session = settings_in(own.statements) if isinstance(own, Absent) else ()
        return Configured(place if engine is not None else "", url, engine, draft, run_arguments, session=session)

    # -- running

    def mode(self, database: Database, calls: tuple[Configured, ...]) -> str:
        """Return how a run on *database* would go: "native", "lent" or "none".

        Lent, too, where env.py configures further databases: natively it would connect to all of them.
        """
        if self.project.env_py is None:
            return "none"
        is_reached = all(
            call.identity == database.identity and has_connections(call.engine) and not call.siblings for call in calls
        )
        is_shared = database.family != "sqlite" or database.file is not None
        return "native" if is_reached and is_shared else "lent"

    def run(
        self, request: Request, calls: tuple[Configured, ...], connection: Connection | None, *, in_loop: bool = False
    ) -> str:
        """Run env.py with *request*; return what it printed. With *connection* it is lent to it, without it runs natively.

        *in_loop*: an event loop may run in this thread already. Raises EnvironmentFailed for what goes wrong in env.py
        itself, and whatever the work raises.
        """
        siblings = {place for call in calls for place in call.siblings}
        with workplace(self.project, request.x) as output:
            if self.project.env_py is None:
                assert connection is not None  # noqa: S101 - mode() said "none", for which the caller lends one
                self._run_without(request, connection)
            elif connection is None:
                with explicit_transactions() as begun:
                    self._run_hooked(Hooked(self.project, request, calls, None, begun))
            else:
                begun = {id(connection)} if request.keeps_transaction else set()
                is_meant = lambda engine: place_of_engine(engine) not in siblings  # noqa: E731
                with lend(connection, drive_coroutines=in_loop, is_meant=is_meant), _default_schema(connection.dialect):
                    self._run_hooked(Hooked(self.project, request, calls, connection, begun))
        return output.getvalue()

    def _run_hooked(self, hooked: Hooked) -> None:
        """Run env.py; raise what its `run_migrations()` raised, also where env.py swallowed that."""
        with lent_attribute(self.project.config.attributes, hooked.connection):
            self._execute(hooked.environment(self._directory()), is_complete=lambda: hooked.is_run)
        if hooked.failure is not None:
            raise hooked.failure

    def _run_without(self, request: Request, connection: Connection) -> None:
        """The project has no env.py: do what the simplest one would."""
        environment = host.offline_context(
            self.project.config, self._directory(), fn=request.work, tag=request.tag, **request.options
        )
        end_autobegun(connection, {id(connection)} if request.keeps_transaction else set())
        request.on_connection(connection)
        with environment:
            environment.configure(connection=connection, **request.overrides)
            with environment.begin_transaction():
                environment.run_migrations()

    def _execute(self, environment: Any, is_complete: Callable[[], bool]) -> None:
        """Run env.py. A `sys.exit()` without an error after what was wanted *is_complete* is its normal end."""
        directory = self._directory()
        try:
            with environment:
                directory.run_env()
        except SystemExit as error:
            if not is_in_env_py(error, self.project):
                raise Exited(f"sys.exit({error.code!r})").with_traceback(error.__traceback__) from error
            if error.code in {None, 0} and is_complete():
                return
            raise EnvironmentFailed(
                f"env.py called sys.exit({error.code!r}){place_of(error, self.project.directory / 'env.py')}.",
                hint="%migrate why shows the whole traceback",
            ) from error
        except AwaitsForReal as error:
            raise EnvironmentFailed(
                f"{error}.", hint="connect by a URL, so that env.py can run in a thread of its own"
            ) from error
        except (MigrationError, CommandError):
            raise
        except Exception as error:
            if not (is_in_env_py(error, self.project) or _is_other_thread(error)):
                raise
            cause = None if isinstance(error, configparser.Error) else error  # that one quotes the URL's password
            raise self._env_py_failed(error) from cause

    def _env_py_failed(self, error: Exception) -> EnvironmentFailed:
        if _is_other_thread(error):
            return EnvironmentFailed(
                "env.py works in a thread of its own, and this database in memory belongs to the one that made it.",
                hint="let threads share it: create_engine('sqlite://', poolclass=StaticPool, "
                "connect_args={'check_same_thread': False})",
            )
        path = self.project.directory / "env.py"
        place = place_of(error, path)
        module = "" if isinstance(error, configparser.Error) else module_of(error, path)
        if module:
            return EnvironmentFailed(
                f"env.py failed in {module}: {type(error).__name__}: {failures.words(error)}",
                hint="correct that file; %migrate why shows the whole traceback",
            )
        if isinstance(error, configparser.Error):
            source = self.project.source
            return EnvironmentFailed(
                f"env.py failed{place}: in {source}, {ini.said(error)}.", hint=ini.remedy(error, source)
            )
        return EnvironmentFailed(
            f"env.py failed{place}: {type(error).__name__}: {failures.words(error)}",
            hint="%migrate why shows the whole traceback; values it wants can be given to %migrate connect: "
            "--attribute name=variable, -x key=value",
        )


def _is_other_thread(error: Exception) -> bool:
    return "objects created in a thread can only be used in that same thread" in str(error)


class Exited(Exception):
    """A revision called `sys.exit`."""


def _stamps(project: Project) -> tuple[Any, ...]:
    """What env.py's configuration depends on: its file, the configuration files, the environment, the working folder."""
    stat = project.env_py.stat() if project.env_py else None
    own = (stat.st_mtime_ns, stat.st_size) if stat else ()
    return (Path.cwd(), hash(frozenset(os.environ.items())), own, project.refresh())


@contextmanager
def _default_schema(dialect: Dialect) -> Iterator[None]:
    """Put `dialect.default_schema_name` back, which env.py files set for each tenant (Alembic's cookbook)."""
    before = dialect.default_schema_name
    try:
        yield
    finally:
        dialect.default_schema_name = before


__all__ = ["Captured", "Configured", "Environment", "Exited", "Request", "place_of"]
