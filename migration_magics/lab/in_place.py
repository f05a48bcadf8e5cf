"""A rehearsal on the database itself, in one transaction that is rolled back: for PostgreSQL, where no copy will do.

Its price: locks until the end, dead rows, WAL, numbers taken from sequences. What cannot happen inside a transaction
(`autocommit_block`, CONCURRENTLY) is simulated: it happens inside all the same, without CONCURRENTLY.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from ..engine import runner, worker
from ..engine.host.touched import renames
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import MoveFailed, MoveInterrupted
from ..model.diff import SchemaDiff, diff
from ..model.finding import Confidence, Finding, Severity
from ..model.rehearsal import Rehearsal
from ..model.trace import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..engine.host.recorder import StepDraft
    from ..model.plan import Plan
    from ..model.trace import Step
    from .replay import History

_CONCURRENTLY = re.compile(
    r"(?P<start>\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX|REINDEX\s+(?:\([^)]*\)\s*)?\w+|REFRESH\s+MATERIALIZED\s+VIEW))"
    r"\s+CONCURRENTLY\b",
    re.IGNORECASE,
)
LOCK_TIMEOUT_S = 3.0
"""How long a statement waits for a lock where nothing else is set: others queue behind it meanwhile."""


class _Simulated(runner.Run):
    """A run in which nothing leaves the transaction. *simulated* are the revisions that would have, and by what."""

    simulated: dict[str, list[str]]

    def watch(self, connection: Connection) -> None:
        """Prepare *connection*, and take CONCURRENTLY out of what is sent."""
        super().watch(connection)
        event.listen(connection, "before_cursor_execute", self._inside, retval=True)

    def _inside(self, _c: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> tuple[str, Any]:
        found = _CONCURRENTLY.match(statement)
        if found is None:
            return statement, parameters
        self._note("CONCURRENTLY")
        return found["start"] + statement[found.end() :], parameters

    def _note(self, what: str) -> None:
        running = self.recorder.running
        if running is not None and what not in self.simulated.setdefault(running.revision, []):
            self.simulated[running.revision].append(what)

    def _steps(self, heads: tuple[str, ...], context: Any) -> Iterator[Any]:
        @contextmanager
        def stay() -> Iterator[None]:
            self._note("autocommit_block()")
            yield

        context.autocommit_block = stay
        yield from super()._steps(heads, context)


def rehearse(history: History, database: Database, plan: Plan) -> tuple[Rehearsal, ...]:
    """Return what became of each step of *plan* on *database* itself: its way up only, rolled back at the end.

    Raises Refused for a revision that ends the transaction itself, worker.OutOfTime, and what a dry run raises but for what
    a revision does wrong, which is in the findings.
    """
    tables = version_tables(history.calls(database))
    seen = [(without(database.run(reflect), tables), SchemaDiff())]

    def look(connection: Connection, draft: StepDraft) -> None:
        after = without(reflect(connection), tables)
        seen.append((after, diff(seen[-1][0], after, renames(draft))))

    settings = history.settings
    if settings.lock_timeout_s is None:
        settings = replace(settings, lock_timeout_s=LOCK_TIMEOUT_S)
    options = runner.Options(is_dry_run=True, x=history.x, engine_name=history.engine_name, look=look)
    run = _Simulated(
        plan, history.chain, history.environment, database, settings=settings, options=options, on_step=history.on_step
    )
    run.simulated = {}
    failure = ""
    try:
        steps = worker.call(run.go, database.brake, limit_s=settings.rehearse_timeout_s).trace.steps
    except MoveInterrupted:
        raise
    except MoveFailed as error:
        if error.trace is None:
            raise
        steps = tuple(step for step in error.trace.steps if step.outcome is not Outcome.NOT_RUN)
        failure = (steps[-1].error if steps else "") or error.message
    schemas = [change for _, change in seen[1:]]
    return tuple(
        _told(
            step,
            schemas[number] if number < len(schemas) else SchemaDiff(),
            run.simulated,
            failure if number == len(steps) - 1 else "",
        )
        for number, step in enumerate(steps)
    )


def _told(step: Step, schema: SchemaDiff, simulated: dict[str, list[str]], failure: str) -> Rehearsal:
    findings = [
        Finding(
            "simulated",
            Severity.WARNING,
            Confidence.STATIC,
            step.revision,
            f"{step.revision}: simulated: {what} cannot be in a transaction, and was left out here",
        )
        for what in simulated.get(step.revision, ())
    ]
    if failure:
        said = f"{step.revision}: its upgrade fails: {failure}"
        remedy = f"%migrate edit {step.revision}"
        findings.append(Finding("up-fails", Severity.ERROR, Confidence.PROVED, step.revision, said, remedy))
    return Rehearsal(step.revision, step.message, step, schema, findings=tuple(findings))
