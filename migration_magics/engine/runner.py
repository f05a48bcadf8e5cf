"""A Plan -> what it did. The one place where a project's revisions run on a database.

Alembic owns the transaction (so `autocommit_block` and `transaction_per_migration` keep their meaning), SQLite gets real
ones, an advisory lock keeps other migrators out, and whatever happens the heads are read back from the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..errors import EnvironmentFailed, MigrationError, Refused
from ..model.trace import Doing, Step, Trace
from ..redact import redact
from . import aftermath, dry_run, worker
from .commits import Commits
from .environment import Captured, Configured, Environment, Request
from .host import environment as host_environment
from .host import steps as host_steps
from .host.recorder import Recorder, StepDraft
from .keeper import Keeper
from .lock import migrator_lock
from .passes import Passes, require_runnable, stale
from .sentinel import Sentinel, Watch

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..model.plan import Plan
    from ..settings import Settings
    from .chain import Chain
    from .database import Database

OnStep = Callable[[int, int, Doing], None]
"""Called as each step begins and ends: its number from 1, how many there are, and the draft of it."""

Look = Callable[["Connection", StepDraft], None]
"""Called after each step with the connection it ran on, to read what became of the database; it must write nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is run."""

    is_dry_run: bool = False
    per_revision: bool = False
    purge: bool = False
    x: tuple[str, ...] = ()
    tag: str | None = None
    engine_name: str | None = None
    watch: Watch | None = None
    """What to stop at; None where every loss was agreed to."""
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did, and the database's heads before and after, read from it."""

    trace: Trace
    before: tuple[str, ...]
    after: tuple[str, ...]


def read_heads(database: Database, calls: tuple[Configured, ...]) -> tuple[str, ...]:
    """Return the rows of the version table, sorted. Creates nothing: neither the table nor a missing SQLite file."""
    if database.is_missing:
        return ()
    options, session = dict(calls[0].options), calls[0].session
    return database.read(lambda connection: host_environment.version_heads(connection, options, session))


def has_version_table(database: Database, calls: tuple[Configured, ...]) -> bool:
    """Say whether the version table is there. Creates nothing."""
    if database.is_missing:
        return False
    options, session = dict(calls[0].options), calls[0].session
    return database.read(lambda connection: host_environment.has_version_table(connection, options, session))


def run(
    plan: Plan,
    chain: Chain,
    environment: Environment,
    database: Database,
    *,
    settings: Settings,
    options: Options,
    on_step: OnStep | None = None,
) -> Ran:
    """Run *plan* on *database* and return what it did.

    Raises:
        PlanStale: the database has moved since the plan was made; nothing ran.
        ConfirmationRequired: it was about to lose what nobody foresaw (`Options.watch`); its details tell the state.
        NotReversible, RevisionFileBroken: a step has no downgrade, or no upgrade; nothing ran.
        Refused: it cannot be done this way here (a dry run on a database that commits DDL by itself).
        MoveFailed: a revision failed; trace and heads tell the state. MoveInterrupted: the user stopped it.
        EnvironmentFailed, AnotherMigrator, DatabaseLocked, DatabaseReadOnly, DatabaseUnreachable.
    """
    was_missing = database.is_missing
    try:
        return Run(plan, chain, environment, database, settings=settings, options=options, on_step=on_step).go()
    finally:
        if was_missing and options.is_dry_run:
            database.remove_empty_file()


class Run:
    """One run, from the lock to the read-back."""

    def __init__(
        self,
        plan: Plan,
        chain: Chain,
        environment: Environment,
        database: Database,
        *,
        settings: Settings,
        options: Options,
        on_step: OnStep | None,
    ) -> None:
        self.plan, self.chain, self.environment, self.database = plan, chain, environment, database
        self.settings, self.options, self.on_step = settings, options, on_step
        is_watched = options.watch is not None and not options.is_dry_run
        self.sentinel = Sentinel(options.watch) if options.watch is not None and is_watched else None
        self.recorder = Recorder(
            ddl_commits=not database.has_transactional_ddl,
            is_embedded=database.family == "sqlite",
            is_dry_run=options.is_dry_run,
            sentinel=self.sentinel,
        )
        self.keeper = Keeper(database.family, database.name, settings)
        self.captured: Captured = environment.captured(options.x, database)
        self.calls = self.captured.for_database(database, options.engine_name)
        self.mode = environment.mode(database, self.calls)
        self.output = ""
        self.before: tuple[str, ...] = plan.from_heads
        self.is_started, self.is_held = False, False
        self.passes = Passes(plan, chain, self.calls, is_purge=options.purge)
        self.commits = Commits(self.recorder)

    def go(self) -> Ran:
        """Run it; see `run`."""
        self.refuse_early()
        began = time.perf_counter()
        error: BaseException | None = None
        try:
            self.database.run(self._locked, in_thread=True)
        except (Exception, KeyboardInterrupt, worker.Interrupted) as caught:  # noqa: BLE001 - raised again, explained
            error = caught
        return self.concluded(error, time.perf_counter() - began)

    def concluded(self, error: BaseException | None, duration_s: float) -> Ran:
        """Return what the run did, by what the database says now; or raise *error* with the state told."""
        error = self._as_it_was(error) if error is not None else None
        if error is not None and not self.is_started and isinstance(error, MigrationError):
            raise error
        after = self._read_back(error, self.calls)
        plans = (self.plan, *(each.plan for each in self.passes.later))
        is_undone = self.is_held and error is not None and after == self.before
        own = self.plan.from_heads if is_undone else after
        ends = (own, *(self._read_back(error, (each.call,)) for each in self.passes.later))
        if error is None and not self.options.is_dry_run:
            error = aftermath.unfinished(
                plans, ends, self.database, has_begun=bool(self.recorder.steps), commits=self.commits
            )
        trace = self._trace(plans, ends, error, duration_s)
        if error is not None:
            raise aftermath.explained(
                error,
                self.plan,
                trace,
                before=self.before,
                after=after,
                chain=self.chain,
                database=self.database,
            ) from error
        return Ran(trace, self.before, after or ())

    # -- before

    def refuse_early(self) -> None:
        """Raise what can be known before a connection is opened."""
        if self.options.is_dry_run:
            if self.database.family not in {"sqlite", "postgresql"}:
                raise Refused(
                    f"{self.database.server} commits each DDL statement by itself, so nothing can be rolled back: "
                    "no dry run here. Nothing was changed.",
                    hint="read the SQL instead: %migrate sql, or try it on a copy of the database",
                )
            self.hold()
        require_runnable(self.plan, self.chain)

    def hold(self) -> None:
        """Let env.py work on our connection, on which somebody else ends the transaction."""
        self.is_held = True
        self.mode = "lent" if self.mode == "native" else self.mode

    def _transactions_in_words(self) -> str:
        if not self.database.has_transactional_ddl:
            return "each DDL statement commits itself"
        is_per_revision = self.options.per_revision or bool(self.calls[0].options.get("transaction_per_migration"))
        passes = sum(bool(each.plan.steps) for each in self.passes.begun)
        return self.commits.in_words(passes, is_per_revision=is_per_revision)

    # -- during

    def _locked(self, connection: Connection) -> None:
        with self.at_its_start(connection):
            try:
                with self.recorder.directives():
                    self._run_environment(connection)
            finally:
                self.detach()

    @contextmanager
    def at_its_start(self, connection: Connection) -> Iterator[None]:
        """Hold the lock, where the database stands as planned; afterwards *connection* is as it was, or gone."""
        call = self.calls[0]
        try:
            with migrator_lock(connection, self.database.family, call.version_table, self.settings.migrator_wait_s):
                self.before = host_environment.version_heads(connection, dict(call.options), call.session)
                connection.rollback()
                if self.before != tuple(sorted(self.plan.from_heads)):
                    raise stale(self.plan, self.before)
                self.is_started = True
                try:
                    yield
                finally:
                    connection.rollback()
                    self.keeper.restore()
        finally:
            if self.is_started and self.database.family != "sqlite" and not self.database.is_async:
                connection.invalidate()  # what was SET in the session must not go back into somebody's pool

    def run_held(self, connection: Connection) -> None:
        """Run inside the transaction that *connection* is in, which its owner will end."""
        self.recorder.attach(connection)
        self.commits.attach(connection)
        in_loop = self.database.is_async or self.database.is_thread_bound
        request = self._request(is_prepared=True)
        try:
            with self.recorder.directives():
                self.output = self.environment.run(request, self.calls, connection, in_loop=in_loop)
        finally:
            self.detach()

    def detach(self) -> None:
        """Stop listening."""
        self.recorder.detach()
        self.commits.detach()

    def _run_environment(self, connection: Connection) -> None:
        if self.mode == "native":
            run: Callable[[], str] = lambda: self.environment.run(self._request(), self.calls, None)  # noqa: E731
            # an asynchronous driver has us inside an event loop here, where env.py could not start its own
            self.output = worker.call(run, self.database.brake) if self.database.is_async else run()
            return
        in_loop = self.database.is_async or self.database.is_thread_bound
        if self.options.is_dry_run:
            self._run_dry(connection, in_loop=in_loop)
        else:
            self.output = self.environment.run(self._request(), self.calls, connection, in_loop=in_loop)

    def _run_dry(self, connection: Connection, *, in_loop: bool) -> None:
        def check() -> None:
            if self.database.family == "postgresql":
                connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")  # a rollback would hide deferred violations
            self.keeper.check(connection)

        self.watch(connection)
        with dry_run.rolled_back(connection, check):
            self.output = self.environment.run(self._request(is_prepared=True), self.calls, connection, in_loop=in_loop)

    def watch(self, connection: Connection) -> None:
        """Prepare *connection* and listen to it."""
        self.keeper.prepare(connection)
        self.recorder.attach(connection)
        self.commits.attach(connection)
        self.database.watch(connection)

    def _request(self, *, is_prepared: bool = False) -> Request:
        overrides: dict[str, Any] = {}
        if self.database.family == "sqlite":
            overrides["transactional_ddl"] = True
        if self.options.per_revision:
            overrides["transaction_per_migration"] = True
        options: dict[str, Any] = {"as_sql": False, "starting_rev": None, "destination_rev": self.plan.target}
        if self.options.purge:
            options["purge"] = True
        on_connection = (lambda _connection: None) if is_prepared else self.watch
        return Request(
            self._steps,
            options,
            self.options.x,
            self.options.tag,
            overrides,
            on_connection,
            keeps_transaction=is_prepared,
        )

    def _steps(self, heads: tuple[str, ...], context: Any) -> Iterator[Any]:
        """Alembic's `fn`: hand over one step after the other. What is between two `yield`s happened to that revision."""
        plan = self.passes.begin(heads, context, len(self.recorder.steps))
        if len(self.passes.begun) > 1 and self.sentinel is not None:
            self.sentinel.forget()
        if plan.direction == "stamp":
            yield from self._stamp_steps(plan, heads)
            return
        directory, is_upgrade = self.chain.directory, plan.direction == "upgrade"
        make = host_steps.upgrade_step if is_upgrade else host_steps.downgrade_step
        steps = [make(directory, planned.revision) for planned in plan.steps]  # imports all before the first runs
        for number, (planned, step) in enumerate(zip(plan.steps, steps, strict=True), 1):
            draft = self.recorder.start(planned.revision, planned.message, plan.direction)
            step.migration_fn = _marked(step.migration_fn, draft, self.sentinel)
            self._tell(number, len(plan.steps), draft)
            yield step
            self.recorder.finish()
            if self.options.look is not None:
                _look(self.options.look, context.connection, draft)
            self._tell(number, len(plan.steps), draft)

    def _stamp_steps(self, plan: Plan, heads: tuple[str, ...]) -> Iterator[Any]:
        if not plan.steps:
            return
        steps = host_steps.stamp_steps(self.chain.directory, tuple(plan.target.split()), tuple(heads))
        for planned, step in zip(plan.steps, steps, strict=True):
            draft = self.recorder.start(planned.revision, planned.message, "stamp")
            draft.is_user_code = False
            yield step
            self.recorder.finish()

    def _tell(self, number: int, total: int, draft: StepDraft) -> None:
        if self.on_step is not None:
            self.on_step(number, total, draft)

    # -- after

    def _as_it_was(self, error: BaseException) -> BaseException:
        """A COMMIT or a version table that the database refused is no fault of env.py, which only asked for the run."""
        cause = error.__cause__
        is_refused = isinstance(cause, exc.DBAPIError) and host_steps.comes_from_a_run(cause)
        return cause if isinstance(error, EnvironmentFailed) and cause is not None and is_refused else error

    def _read_back(self, error: BaseException | None, calls: tuple[Configured, ...]) -> tuple[str, ...] | None:
        """The heads as they are now, or None where the run goes on behind our back or the database does not answer."""
        if isinstance(error, worker.StillRunning):
            return None
        try:
            return read_heads(self.database, calls)
        except MigrationError:
            if error is None:
                raise
            return None

    def _trace(
        self,
        plans: tuple[Plan, ...],
        ends: tuple[tuple[str, ...] | None, ...],
        error: BaseException | None,
        duration_s: float,
    ) -> Trace:
        graph, drafts, is_dry_run = self.chain.graph, self.recorder.steps, self.options.is_dry_run
        firsts = [0, *(each.first_step for each in self.passes.later), len(drafts)]
        steps: list[Step] = []
        for plan, after, first, end in zip(plans, ends, firsts[:-1], firsts[1:], strict=True):
            own = drafts[first:end]
            outcomes = aftermath.outcomes(plan, own, after, error, graph, is_dry_run=is_dry_run)
            steps += (draft.frozen(outcome) for draft, outcome in zip(own, outcomes, strict=True))
        dropped = sum(draft.dropped for draft in drafts)
        notes = (f"{dropped:,} further statements were sent and not kept here",) if dropped else ()
        output = redact(self.output)
        return Trace(tuple(steps), self.mode, self._transactions_in_words(), duration_s, is_dry_run, output, notes)


def _look(look: Look, connection: Connection, draft: StepDraft) -> None:
    """Let *look* read; the transaction that reading begins between two of Alembic's is ended, for it would stop the next."""
    is_between = not connection.in_transaction()
    look(connection, draft)
    if is_between and connection.in_transaction():
        connection.rollback()


def _marked(function: Callable[..., None], draft: StepDraft, sentinel: Sentinel | None) -> Callable[..., None]:
    """*function*, noting in *draft* when the revision's own code ends and Alembic's bookkeeping begins."""

    def marked(**keywords: Any) -> None:
        function(**keywords)
        if sentinel is not None:
            sentinel.check()
        draft.is_user_code = False

    return marked
