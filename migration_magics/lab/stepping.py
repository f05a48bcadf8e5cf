"""One revision operation by operation on a copy: what each did, and the copy as it is after any of them.

`walk` runs it once and looks around at each border between two operations; nothing waits there. Pausing it in a thread would
keep the whole process in the state of a run (`sys.stdout`, logging, Alembic's proxies, modules of the project) while the
notebook's other cells run, and a paused `upgrade()` cannot go back. So to step is to move along what was seen, and
`stay_after` brings a fresh copy to any border when somebody wants to look into it. Measured, forward or back, on two busy
cores, 20 tables with 1,000 rows, five operations: SQLite 0.06 s, PostgreSQL 0.2 to 0.4 s, MariaDB 3 to 4 s (the copy). A
savepoint for each border would be quicker on PostgreSQL, but no `upgrade()` can go on from where it was in the middle of its
Python, sequences do not go back, and neither MariaDB nor an `autocommit_block` has any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..engine import failures, planner, runner, worker
from ..engine.commits import Commits
from ..engine.host.borders import BorderRecorder
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import MigrationError, MoveFailed, MoveInterrupted, Refused, ReplayInterrupted
from ..model.diff import SchemaDiff
from ..model.plan import Plan
from ..model.stepping import Stop
from ..model.trace import Operation, Outcome
from .rehearsal import TooLong, move
from .scratch import without_name
from .stepping_look import Seen, Watcher
from .stepping_words import TOGETHER, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..engine.database import Database
    from ..engine.host.recorder import Directive
    from ..model.plan import Direction, PlannedStep
    from ..model.trace import Step, Trace
    from .replay import History

MOST_SAID = 100
"""How many operations are named in a stop that takes many together."""


@dataclass(frozen=True, slots=True)
class Walked:
    """A revision that was walked through, to its end or to the operation that failed: then *problem* says why."""

    stops: tuple[Stop, ...]
    step: Step | None
    transactions: str = ""
    problem: str = ""
    output: str = ""


class _Arrived(BaseException):
    """Ends a run at the border where it is to stay; not an Exception, so that no revision swallows it."""


class _Walk(runner.Run):
    """A run that calls *begun* before the first operation of its revision, and *reached* after each."""

    begun: Callable[[Any], None]

    def set_out(self, begun: Callable[[Any], None], reached: Callable[[Any, Sequence[Directive]], None]) -> None:
        """Say what to call; before `go`."""
        self.begun = begun
        self._context: Any = None
        self.recorder = self._borders = BorderRecorder(
            ddl_commits=not self.database.has_transactional_ddl,
            is_embedded=self.database.family == "sqlite",
            reached=lambda directives: reached(self._context.connection, directives),
        )
        self.commits = Commits(self.recorder)

    def _steps(self, heads: tuple[str, ...], context: Any) -> Iterator[Any]:
        self._context = context
        for step in super()._steps(heads, context):
            step.migration_fn = self._bordered(step.migration_fn)
            yield step

    def _bordered(self, function: Callable[..., None]) -> Callable[..., None]:
        def bordered(**keywords: Any) -> None:
            with self._borders.aside():
                self.begun(self._context.connection)
            function(**keywords)
            self._borders.arrive(is_last=True)

        return bordered


def stand_before(history: History, copy: Database, revision: str, direction: Direction) -> PlannedStep:
    """Bring *copy* to where *revision* is run next, up or down, and return the step that does it.

    Raises as planning and moving do: a revision on the way fails, or has no downgrade.
    """
    chain, x = history.chain, {"database": copy.identity, "connection": copy.name}
    heads = runner.read_heads(copy, history.calls(copy))
    is_applied = revision in chain.graph.ancestors(heads)
    if is_applied:
        above = planner.plan_downgrade(chain, revision, heads, **x)
        move(history, copy, above)
        heads = above.to_heads
        # Alembic takes back what stands beside it on the same parent, too: before it, or after it, which is not needed.
        parents = chain.graph[revision].parents
        below_it = (
            parents[0] if len(parents) > 1 else f"{revision}-1"
        )  # from a merge, one step down could go several ways
        for down in planner.plan_downgrade(chain, below_it, heads, **x).steps:
            if down.revision == revision:
                break
            move(history, copy, _plan(copy, "downgrade", down))
        if direction == "downgrade":
            return down
        move(history, copy, _plan(copy, "downgrade", down))
        heads = down.to_heads
    whole = planner.plan_upgrade(chain, revision, heads, **x)
    *below, step = whole.steps
    for each in below:
        move(history, copy, _plan(copy, "upgrade", each))
    if direction == "upgrade":
        return step
    move(history, copy, _plan(copy, "upgrade", step))
    return replace(step, from_heads=step.to_heads, to_heads=step.from_heads)


def walk(
    history: History, copy: Database, step: PlannedStep, direction: Direction, *, with_rows: bool = True
) -> Walked:
    """Return what each operation of *step* did on *copy*, which stands before it; the copy is then where it got to.

    What the revision does wrong is in the result. Raises ReplayInterrupted, TooLong, EnvironmentFailed.
    """
    watcher = Watcher(copy.family, version_tables(history.calls(copy)), with_rows=with_rows)
    problem, trace = "", None
    run = _new_run(history, copy, step, direction)
    run.set_out(watcher.begin, watcher.reached)
    try:
        trace = _gone(history, copy, run, step.revision).trace
    except MoveFailed as error:
        trace, problem = error.trace, _why(error)
    found = trace.steps[-1] if trace is not None and trace.steps else None
    drafts = run.recorder.steps
    said = sentences(drafts[-1].directives, copy.engine.dialect, watcher.start) if drafts else ()
    stops = _stops(watcher.seen, found, said)
    if problem and found is not None:
        stops = (*stops, *_failed(history, copy, watcher, found, said, before=len(stops)))
    return Walked(stops, found, _transactions(trace), problem, trace.output if trace is not None else "")


def stay_after(history: History, copy: Database, step: PlannedStep, direction: Direction, number: int | None) -> int:
    """Run the first *number* operations of *step* on *copy*, which stands before it, and leave it there, committed.

    None, or more than it has: to its end. Returns how many ran. Raises Refused where the database lets nobody stay there,
    and what a move raises where an operation fails before.
    """
    if number is not None and number <= 0:
        return 0
    done = [0]

    def reached(connection: Any, _directives: Sequence[Directive]) -> None:
        done[0] += 1
        if done[0] == number:
            connection.connection.commit()
            raise _Arrived

    run = _new_run(history, copy, step, direction)
    run.set_out(lambda _connection: None, reached)
    try:
        _gone(history, copy, run, step.revision)
    except _Arrived:
        pass
    except MoveFailed as error:
        if done[0] == number:
            raise Refused(
                f"The copy cannot stay after operation {number}: {failures.words(error.__cause__ or error)}.",
                hint="look at the operation before or after: in between, a constraint does not hold",
            ) from error
        raise
    return done[0]


def _new_run(history: History, copy: Database, step: PlannedStep, direction: Direction) -> _Walk:
    return _Walk(
        _plan(copy, direction, step),
        history.chain,
        history.environment,
        copy,
        settings=history.settings,
        options=runner.Options(x=history.x, engine_name=history.engine_name),
        on_step=history.on_step,
    )


def _plan(copy: Database, direction: Direction, step: PlannedStep) -> Plan:
    return Plan(direction, step.revision, (step,), step.from_heads, step.to_heads, copy.identity, copy.name)


def _gone(history: History, copy: Database, run: _Walk, revision: str) -> runner.Ran:
    limit_s = history.settings.rehearse_timeout_s
    try:
        return worker.call(run.go, copy.brake, limit_s=limit_s)
    except worker.OutOfTime as late:
        raise TooLong(limit_s, has_ended=late.has_ended) from late
    except (MoveInterrupted, worker.Interrupted) as stop:
        raise ReplayInterrupted(
            f"Stepping through {revision} was stopped. Its copy is gone; nothing of your database was touched.",
            hint="type the command again",
        ) from stop


def _stops(seen: Sequence[Seen], step: Step | None, said: Sequence[str]) -> tuple[Stop, ...]:
    """Each border with its operation as the trace tells it; *said* has a sentence for each operation."""
    operations, stops, at = (step.operations if step is not None else ()), [], 0
    for number, each in enumerate(seen, 1):
        group = operations[at : at + each.directives]
        if not group:
            break
        operation, sentence = (group[0], said[at]) if len(group) == 1 else (_together(group), TOGETHER)
        at += each.directives
        stops.append(
            Stop(
                number,
                operation,
                sentence,
                each.schema,
                each.so_far,
                each.rows,
                each.locks,
                each.rewritten,
                each.notes,
            )
        )
    return tuple(stops)


def _together(group: Sequence[Operation]) -> Operation:
    statements = tuple(statement for operation in group for statement in operation.statements)
    duration_s = sum(each.duration_s for each in group)
    return Operation(
        "further_operations",
        statements=statements[:MOST_SAID],
        children=tuple(replace(each, statements=()) for each in group[:MOST_SAID]),
        duration_s=duration_s,
        outcome=group[-1].outcome,
    )


def _failed(
    history: History, copy: Database, watcher: Watcher, step: Step, said: Sequence[str], *, before: int
) -> tuple[Stop, ...]:
    """The operation that failed, and what it left behind where the database does not take it back."""
    told = sum(each.directives for each in watcher.seen)
    if told >= len(step.operations):
        return ()  # what failed is no operation: Python code, a COMMIT
    operation, sentence = replace(step.operations[told], outcome=Outcome.FAILED), said[told]
    try:
        now = without(copy.run(reflect), version_tables(history.calls(copy)))
    except (MigrationError, exc.SQLAlchemyError) as error:
        return (Stop(before + 1, operation, sentence, notes=(f"not all could be looked at here: {error}",)),)
    left = SchemaDiff() if copy.has_transactional_ddl else watcher.finished(now)
    return (Stop(before + 1, operation, sentence, left, watcher.so_far(now)),)


def _why(error: MoveFailed) -> str:
    step = error.trace.steps[-1] if error.trace is not None and error.trace.steps else None
    return without_name((step.error if step is not None else "") or error.message)


def _transactions(trace: Trace | None) -> str:
    return trace.transactions if trace is not None else ""
