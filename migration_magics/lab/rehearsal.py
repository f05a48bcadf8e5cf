"""Up, down, up again on a copy: schema and rows must come back. Nothing here touches the database that was copied.

Each revision is tried on a copy of the copy where that is needed, so that what a downgrade loses does not spoil the rows that
the next revision is tried with.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import exc

from ..engine import failures, planner, runner, worker
from ..engine.host.touched import renames
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..engine.told import Told
from ..errors import MigrationError, MoveFailed, MoveInterrupted, ReplayInterrupted
from ..model.diff import Change, diff
from ..model.expectations import Answer, broken_invariants
from ..model.finding import Confidence, Finding, Severity
from ..model.plan import Plan
from ..model.rehearsal import Rehearsal
from ..model.renamed import between, turned
from . import capture, copies
from .asides import broken_keys, left_transaction, newly_broken
from .confined import not_confined
from .invariants import asked_again, asked_first
from .rehearsal_words import amount, dropped, left, lost, named
from .sample_snapshot import ROOM, full
from .scratch import without_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..engine.database import Database
    from ..model.plan import Direction, PlannedStep
    from ..model.schema import Schema
    from ..model.trace import Step
    from .replay import History


def rehearse(
    history: History,
    copy: Database,
    plan: Plan,
    *,
    with_rows: bool = True,
    only: frozenset[str] | None = None,
    invariants: tuple[str, ...] = (),
) -> Iterator[Rehearsal]:
    """Yield what became of each step of *plan*, an upgrade, on *copy*, which stands where the plan begins.

    With *only*, the others just run on the way, and are told of where they fail. It ends with the first revision whose way up
    fails. *copy* is at the end of the plan then, or where it got to. *invariants* are asked before and after each way up.

    Raises EnvironmentFailed, ReplayInterrupted, UsageProblem for an invariant that does not run, and what copying raises;
    what a revision does wrong is in the findings.
    """
    tables = version_tables(history.calls(copy))
    tell = _teller(history.on_step, plan, only)
    for number, step in enumerate(plan.steps, 1):
        is_tried = only is None or step.revision in only
        if is_tried:
            with _room(), _place_for(copy, is_last=number == len(plan.steps)) as place:
                tried = _Trial(history, place, step, tables, tell, with_rows=with_rows, invariants=invariants).go()
            yield tried
            if tried.up is None or any(finding.rule == "up-fails" for finding in tried.findings):
                return
        if not is_tried or number < len(plan.steps):
            passed = _Trial(history, copy, step, tables, tell, with_rows=False).only_up()
            if passed.findings:
                yield passed
                return
    if plan.steps:
        tell(plan.steps[-1], "", is_done=True)


class _Tell(Protocol):
    def __call__(self, step: PlannedStep, phase: str, *, is_done: bool = False) -> None: ...


def _teller(on_step: runner.OnStep | None, plan: Plan, only: frozenset[str] | None) -> _Tell:
    """Return what tells *on_step* which step is tried, and what is done with it just now."""
    tried = [step.revision for step in plan.steps if only is None or step.revision in only]

    def tell(step: PlannedStep, phase: str, *, is_done: bool = False) -> None:
        if on_step is not None and step.revision in tried:
            words = " · ".join(filter(None, (step.message, phase)))
            number = len(tried) if is_done else tried.index(step.revision) + 1
            on_step(number, len(tried), Told(step.revision, words, is_done, "revision"))

    return tell


def step_back(history: History, copy: Database, revision: str) -> tuple[str, ...]:
    """Undo *revision*, which is a head of *copy*; return the heads afterwards. Raises as a downgrade."""
    heads = runner.read_heads(copy, history.calls(copy))
    whole = planner.plan_downgrade(history.chain, f"{revision}-1", heads, database=copy.identity, connection=copy.name)
    move(history, copy, whole)
    return whole.to_heads


@contextlib.contextmanager
def _place_for(copy: Database, *, is_last: bool) -> Iterator[Database]:
    """Where a revision is tried: the copy itself for the last one, else a copy of it that is thrown away."""
    if is_last:
        yield copy
        return
    with copies.full(copy) as another:
        yield another.database


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Say so where there is no room for the rows as they were."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error, OSError) as error:
        if isinstance(error, MigrationError) or not failures.is_full(error):
            raise
        raise full(error) from error


class _Trial:
    """One revision up, down and up again in one place."""

    def __init__(
        self,
        history: History,
        place: Database,
        step: PlannedStep,
        tables: frozenset[str],
        tell: _Tell,
        *,
        with_rows: bool,
        invariants: tuple[str, ...] = (),
    ) -> None:
        self.history, self.place, self.step, self.tables, self.with_rows = history, place, step, tables, with_rows
        self.tell = partial(tell, step)
        self.invariants = invariants
        self.found = Rehearsal(step.revision, step.message)
        self.findings: list[Finding] = []

    def go(self) -> Rehearsal:
        """Run it; see `rehearse`."""
        self.tell("rows before")
        start = self._schema()
        with self._keeping(start) as before:
            self._run(start, before)
        return replace(self.found, findings=tuple(self.findings))

    def only_up(self) -> Rehearsal:
        """Run its way up only."""
        up, _ = self._move("upgrade", "up-fails", "its upgrade fails")
        return replace(self.found, up=up, findings=tuple(self.findings))

    def _keeping(self, start: Schema) -> contextlib.AbstractContextManager[capture.Before | None]:
        if not self.with_rows:
            return contextlib.nullcontext()
        return capture.begin(self.place, without=self.tables, schema=start)

    def _run(self, start: Schema, before: capture.Before | None) -> None:
        orphans = broken_keys(self.place)
        asked = [(sql, asked_first(self.place, sql)) for sql in self.invariants]
        self.tell("up")
        up, renamed = self._move("upgrade", "up-fails", "its upgrade fails")
        self.found = replace(self.found, up=up)
        self.tell("comparing rows")
        has_failed = bool(self.findings)
        for said in left_transaction(up):
            self._find("leaves-transaction", Severity.WARNING, said)
        self._tell_what_is_not_confined()
        if has_failed:
            return
        if said := newly_broken(self.place, orphans):
            self._find("orphans", Severity.WARNING, f"it leaves broken foreign keys, which SQLite does not say: {said}")
        above = self._schema()
        rows = before.row_diffs(renamed, above) if before is not None else ()
        answers = tuple(Answer(sql, first, asked_again(self.place, sql)) for sql, first in asked)
        self.found = replace(self.found, schema=diff(start, above, renamed), rows=rows, answers=answers)
        for said in broken_invariants(answers):
            self._find("invariant", Severity.ERROR, said)
        if not self.history.chain.has_downgrade(self.history.chain.graph[self.step.revision]):
            self._find("no-downgrade", Severity.WARNING, "it cannot be undone: only its way up was tried")
            return
        self.tell("down")
        down, _ = self._move("downgrade", "down-fails", "its downgrade fails")
        if any(finding.rule == "no-downgrade" for finding in self.findings):
            return
        self.found = replace(self.found, down=down)
        if any(finding.rule == "down-fails" for finding in self.findings):
            return
        self.tell("comparing what came back")
        self._came_back(start, before, above, renamed)
        self.tell("up again")
        again, _ = self._move("upgrade", "again-fails", "up again, after its downgrade, fails")
        self.found = replace(self.found, again=again)
        if any(finding.rule == "again-fails" for finding in self.findings):
            return
        differs = diff(above, self._schema()).unordered
        self.found = replace(self.found, again_differs=differs)
        if differs:
            said = f"up again makes another schema than the first time: {named(differs)}"
            self._find("again-differs", Severity.ERROR, said)

    def _came_back(
        self, start: Schema, before: capture.Before | None, above: Schema, renamed: tuple[Change, ...]
    ) -> None:
        below = self._schema()
        leftovers = diff(start, below).unordered
        self.found = replace(self.found, leftovers=leftovers)
        if leftovers:
            self._find("leftovers", Severity.ERROR, f"its downgrade does not bring back the schema: {named(leftovers)}")
        if before is None:
            return
        back = before.row_diffs(schema=below)
        self.found = replace(
            self.found,
            lost=lost(back),
            left=left(back),
            dropped=dropped(self.found.rows, diff(above, start, turned(renamed))),
        )
        for each in self.found.lost:
            self._find("rows-lost", Severity.ERROR, f"up and down loses {amount(each)}")
        for each in self.found.left:
            verb = "is" if each.values == 1 else "are"
            self._find(
                "rows-left", Severity.ERROR, f"its downgrade does not take back rows: {amount(each)} {verb} left over"
            )
        for each in self.found.dropped:
            self._find("downgrade-drops", Severity.INFO, f"downgrade loses {amount(each)}")

    # -- running

    def _move(self, direction: Direction, rule: str, words: str) -> tuple[Step | None, tuple[Change, ...]]:
        renamed: list[Change] = []
        plan = _plan(self.place, direction, self.step)
        try:
            ran = move(self.history, self.place, plan, lambda _connection, draft: renamed.extend(renames(draft)))
        except ReplayInterrupted:
            raise
        except MoveInterrupted as error:
            raise _interrupted(self.step.revision) from error
        except MoveFailed as error:
            if rule == "down-fails" and isinstance(error.__cause__, NotImplementedError):  # it says so on purpose
                self._find("no-downgrade", Severity.WARNING, "it cannot be undone: only its way up was tried")
                return None, ()
            step = error.trace.steps[-1] if error.trace is not None and error.trace.steps else None
            why = (step.error if step is not None else "") or error.message
            if error.__cause__ is not None and failures.is_full(error.__cause__):
                self._find(rule, Severity.ERROR, f"{words}. The disk is full: {why}", error.details[:3], ROOM)
                return step, ()
            self._find(rule, Severity.ERROR, f"{words}: {why}", error.details[:3])
            return step, ()
        except MigrationError as error:
            self._find(rule, Severity.ERROR, f"{words}: {error.message}", error.details[:3])
            return None, ()
        return (ran[-1] if ran else None), between(renamed)

    def _schema(self) -> Schema:
        return without(self.place.run(reflect), self.tables)

    def _tell_what_is_not_confined(self) -> None:
        chain = self.history.chain
        if deeds := not_confined(chain.module(chain.graph[self.step.revision])):
            self.findings.append(
                Finding(
                    "not-confined",
                    Severity.INFO,
                    Confidence.STATIC,
                    self.step.revision,
                    f"{self.step.revision}: its code {' and '.join(deeds)}: a rehearsal does that for real, each time",
                )
            )

    def _find(
        self, rule: str, severity: Severity, message: str, evidence: tuple[str, ...] = (), remedy: str = ""
    ) -> None:
        remedy = remedy or (f"%migrate edit {self.step.revision}" if severity is Severity.ERROR else "")
        self.findings.append(
            Finding(
                rule,
                severity,
                Confidence.PROVED,
                self.step.revision,
                without_name(f"{self.step.revision}: {message}"),
                remedy,
                tuple(map(without_name, evidence)),
            )
        )


class TooLong(MigrationError):
    """A revision did not end in time; *has_ended* where it could be stopped."""

    def __init__(self, limit_s: float, *, has_ended: bool) -> None:
        stopped = "it was stopped there" if has_ended else "it could not be stopped, and its copy is taken away from it"
        super().__init__(f"it did not end within {limit_s:g} s; {stopped}", details=(_MORE_TIME,))


_MORE_TIME = "give it more time: %config MigrateMagics.rehearse_timeout_s = 600"


def move(history: History, place: Database, plan: Plan, look: runner.Look | None = None) -> Sequence[Step]:
    """Run *plan* within the time that one way of a revision may take. Raises as a move, TooLong, ReplayInterrupted."""
    options = runner.Options(x=history.x, engine_name=history.engine_name, look=look)
    limit_s = history.settings.rehearse_timeout_s

    def run() -> Sequence[Step]:
        ran = runner.run(plan, history.chain, history.environment, place, settings=history.settings, options=options)
        return ran.trace.steps

    try:
        return worker.call(run, place.brake, limit_s=limit_s)
    except worker.OutOfTime as late:
        raise TooLong(limit_s, has_ended=late.has_ended) from late
    except worker.Interrupted as stop:
        raise _interrupted(plan.target) from stop


def _interrupted(revision: str) -> ReplayInterrupted:
    return ReplayInterrupted(
        f"The rehearsal was stopped in revision {revision}. Its copy is gone; nothing of your database was touched.",
        hint="type the command again",
    )


def _plan(place: Database, direction: Direction, step: PlannedStep) -> Plan:
    """The plan that runs *step* alone, where it comes in its turn, or undoes it."""
    heads = (step.from_heads, step.to_heads) if direction == "upgrade" else (step.to_heads, step.from_heads)
    one = replace(step, from_heads=heads[0], to_heads=heads[1])
    return Plan(direction, step.revision, (one,), heads[0], heads[1], place.identity, place.name)
