"""Up, down, up again on a copy: schema and rows must come back. Nothing here touches the database that was copied.

Each revision is tried on a copy of the copy where that is needed, so that what a downgrade loses does not spoil the rows that
the next revision is tried with.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine import planner, runner
from ..engine.host.touched import renames
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import MigrationError, MoveFailed, MoveInterrupted
from ..model.change_words import what
from ..model.diff import Change, SchemaDiff, diff
from ..model.finding import Confidence, Finding, Severity
from ..model.plan import Plan
from ..model.rehearsal import Lost, Rehearsal
from ..model.renamed import between, turned
from . import capture, copies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..engine.database import Database
    from ..model.plan import Direction, PlannedStep
    from ..model.rowdiff import RowDiff
    from ..model.schema import Schema
    from ..model.trace import Step
    from .replay import History

_NAMED = 3
"""How many differences a sentence names."""


def rehearse(
    history: History, copy: Database, plan: Plan, *, with_rows: bool = True, only: frozenset[str] | None = None
) -> Iterator[Rehearsal]:
    """Yield what became of each step of *plan*, an upgrade, on *copy*, which stands where the plan begins.

    With *only*, the others just run on the way. It ends with the first revision whose way up fails. *copy* is at the end of
    the plan then, or where it got to.

    Raises EnvironmentFailed, MoveInterrupted and what copying raises; what a revision does wrong is in the findings.
    """
    tables = version_tables(history.calls(copy))
    for number, step in enumerate(plan.steps, 1):
        if only is not None and step.revision not in only:
            _move(history, copy, _plan(copy, "upgrade", step))
            continue
        with _place_for(copy, is_last=number == len(plan.steps)) as place:
            tried = _Trial(history, place, step, tables, with_rows=with_rows).go()
        yield tried
        if tried.up is None or any(finding.rule == "up-fails" for finding in tried.findings):
            return
        if number < len(plan.steps):
            _move(history, copy, _plan(copy, "upgrade", step))


def step_back(history: History, copy: Database, revision: str) -> tuple[str, ...]:
    """Undo *revision*, which is a head of *copy*; return the heads afterwards. Raises as a downgrade."""
    heads = runner.read_heads(copy, history.calls(copy))
    whole = planner.plan_downgrade(history.chain, f"{revision}-1", heads, database=copy.identity, connection=copy.name)
    _move(history, copy, whole)
    return whole.to_heads


@contextlib.contextmanager
def _place_for(copy: Database, *, is_last: bool) -> Iterator[Database]:
    """Where a revision is tried: the copy itself for the last one, else a copy of it that is thrown away."""
    if is_last:
        yield copy
        return
    with copies.full(copy) as another:
        yield another.database


class _Trial:
    """One revision up, down and up again in one place."""

    def __init__(
        self, history: History, place: Database, step: PlannedStep, tables: frozenset[str], *, with_rows: bool
    ) -> None:
        self.history, self.place, self.step, self.tables, self.with_rows = history, place, step, tables, with_rows
        self.found = Rehearsal(step.revision, step.message)
        self.findings: list[Finding] = []

    def go(self) -> Rehearsal:
        """Run it; see `rehearse`."""
        kept = capture.begin(self.place, without=self.tables) if self.with_rows else contextlib.nullcontext()
        with kept as before:
            self._run(before)
        return replace(self.found, findings=tuple(self.findings))

    def _run(self, before: capture.Before | None) -> None:
        start = self._schema()
        up, renamed = self._move("upgrade", "up-fails", "its upgrade fails")
        self.found = replace(self.found, up=up)
        if self.findings:
            return
        above = self._schema()
        rows = before.row_diffs(renamed) if before is not None else ()
        self.found = replace(self.found, schema=diff(start, above, renamed), rows=rows)
        if not self.history.chain.has_downgrade(self.history.chain.graph[self.step.revision]):
            self._find("no-downgrade", Severity.WARNING, "it has no downgrade: only the way up was tried")
            return
        down, _ = self._move("downgrade", "down-fails", "its downgrade fails")
        self.found = replace(self.found, down=down)
        if any(finding.rule == "down-fails" for finding in self.findings):
            return
        self._came_back(start, before, above, renamed)
        again, _ = self._move("upgrade", "again-fails", "up again, after its downgrade, fails")
        self.found = replace(self.found, again=again)
        if any(finding.rule == "again-fails" for finding in self.findings):
            return
        differs = _but_order(diff(above, self._schema()))
        self.found = replace(self.found, again_differs=differs)
        if differs:
            said = f"up again makes another schema than the first time: {_named(differs)}"
            self._find("again-differs", Severity.ERROR, said)

    def _came_back(
        self, start: Schema, before: capture.Before | None, above: Schema, renamed: tuple[Change, ...]
    ) -> None:
        leftovers = _but_order(diff(start, self._schema()))
        self.found = replace(self.found, leftovers=leftovers)
        if leftovers:
            self._find(
                "leftovers", Severity.ERROR, f"its downgrade does not bring back the schema: {_named(leftovers)}"
            )
        if before is None:
            return
        lost = _lost(before.row_diffs())
        self.found = replace(
            self.found, lost=lost, dropped=_dropped(self.found.rows, diff(above, start, turned(renamed)))
        )
        for each in lost:
            self._find("rows-lost", Severity.ERROR, f"up and down loses {_amount(each)}")
        for each in self.found.dropped:
            self._find("downgrade-drops", Severity.INFO, f"downgrade loses {_amount(each)}")

    # -- running

    def _move(self, direction: Direction, rule: str, words: str) -> tuple[Step | None, tuple[Change, ...]]:
        renamed: list[Change] = []
        plan = _plan(self.place, direction, self.step)
        try:
            ran = _move(self.history, self.place, plan, lambda _connection, draft: renamed.extend(renames(draft)))
        except MoveInterrupted:
            raise
        except MoveFailed as error:
            step = error.trace.steps[-1] if error.trace is not None and error.trace.steps else None
            why = (step.error if step is not None else "") or error.message
            self._find(rule, Severity.ERROR, f"{words}: {why}", error.details[:3])
            return step, ()
        except MigrationError as error:
            self._find(rule, Severity.ERROR, f"{words}: {error.message}", error.details[:3])
            return None, ()
        return (ran[-1] if ran else None), between(renamed)

    def _schema(self) -> Schema:
        return without(self.place.run(reflect), self.tables)

    def _find(self, rule: str, severity: Severity, message: str, evidence: tuple[str, ...] = ()) -> None:
        remedy = f"%migrate edit {self.step.revision}" if severity is Severity.ERROR else ""
        self.findings.append(
            Finding(
                rule,
                severity,
                Confidence.PROVED,
                self.step.revision,
                f"{self.step.revision}: {message}",
                remedy,
                evidence,
            )
        )


def _move(history: History, place: Database, plan: Plan, look: runner.Look | None = None) -> Sequence[Step]:
    options = runner.Options(x=history.x, engine_name=history.engine_name, look=look)
    ran = runner.run(plan, history.chain, history.environment, place, settings=history.settings, options=options)
    return ran.trace.steps


def _plan(place: Database, direction: Direction, step: PlannedStep) -> Plan:
    """The plan that runs *step* alone, where it comes in its turn, or undoes it."""
    heads = (step.from_heads, step.to_heads) if direction == "upgrade" else (step.to_heads, step.from_heads)
    one = replace(step, from_heads=heads[0], to_heads=heads[1])
    return Plan(direction, step.revision, (one,), heads[0], heads[1], place.identity, place.name)


def _named(found: SchemaDiff) -> str:
    """The first of what differs: "evaluations has index ix_a left over", ..."""
    shown = [_leftover(change) for change in found.changes[:_NAMED]]
    more = len(found.changes) - len(shown)
    return "; ".join(shown) + (f"; and {more:,} more" if more else "")


def _leftover(change: Change) -> str:
    where = f" of {change.path[0]}" if change.path[0] and len(change.path) > 1 else ""
    how = {"add": "is left over", "drop": "is missing", "alter": "is another one", "rename": "has another name"}
    return f"{what(change.path)}{where} {how[change.kind]}"


def _but_order(found: SchemaDiff) -> SchemaDiff:
    """A column that comes back at the end of its table has come back."""
    return SchemaDiff(tuple(change for change in found.changes if change.path[1:] != ("column order",)))


def _lost(diffs: Sequence[RowDiff]) -> tuple[Lost, ...]:
    """What of the rows before is not as it was."""
    found: list[Lost] = []
    for each in diffs:
        if each.deleted:
            found.append(Lost(each.table, "", each.deleted))
        found += (Lost(each.table, column.name, column.changed) for column in each.columns if column.changed)
    return tuple(found)


def _dropped(rows: Sequence[RowDiff], down: SchemaDiff) -> tuple[Lost, ...]:
    """Values that the way up put into columns and tables that the way down drops."""
    columns = {
        (change.path[0], change.path[2])
        for change in down.changes
        if change.path[1:2] == ("columns",) and change.kind == "drop"
    }
    tables = {change.path[0] for change in down.changes if len(change.path) == 1 and change.kind == "drop"}
    found = [Lost(each.table, "", each.inserted) for each in rows if each.table in tables and each.inserted]
    found += (
        Lost(each.table, column.name, column.changed)
        for each in rows
        for column in each.columns
        if (each.table, column.name) in columns and column.changed
    )
    return tuple(found)


def _amount(lost: Lost) -> str:
    if not lost.column:
        return f"{lost.values:,} {'row' if lost.values == 1 else 'rows'} of {lost.table}"
    return f"{lost.values:,} {'value' if lost.values == 1 else 'values'} of {lost.table}.{lost.column}"
