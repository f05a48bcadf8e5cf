"""Try: rehearse a plan, or a draft, on a copy. The database in use is only read."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..engine import planner, writer
from ..errors import Refused, RehearsalFailed, UsageProblem
from ..lab import copies, scratch
from ..lab.drafted import with_draft
from ..lab.rehearsal import rehearse as rehearse_on
from ..lab.rehearsal import step_back
from ..lab.scratch import NoScratch
from ..model.diff import SchemaDiff
from ..model.finding import Confidence, Severity
from ..model.trace import Trace
from ..results import Rehearsed
from .sides import history_of, require_connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from ..engine.database import Database
    from ..engine.drafts import Draft
    from ..lab.replay import History
    from ..model.plan import Plan, PlannedStep
    from ..model.rehearsal import Rehearsal
    from .workspace import WorkspaceState

ROWS = 1_000
"""How many rows of each table are sampled where nothing else is asked for."""

_ROWS_FOR_A_CELL = 200
"""For a cell, which is run again and again: measured, a copy of twenty tables is then made in well under a second."""


_WHOLE_UP_TO_BYTES = 100 * 2**20
"""A SQLite file up to this size is copied whole into memory: measured, 0.2 s for 50 MB."""

_STOPS = frozenset({"up-fails", "down-fails", "again-fails"})
"""What keeps a cell from being written. What a downgrade leaves or loses is said, and may be meant."""


@dataclass(frozen=True, slots=True)
class _Doing:
    """A revision as progress shows it."""

    revision: str
    message: str
    is_done: bool = False


def rehearse(
    ws: WorkspaceState,
    *,
    target: str = "heads",
    rows: int | None = None,
    full: bool = False,
    seed: int = 0,
    mask: tuple[str, ...] = (),
) -> Rehearsed:
    """Return what running the pending revisions up to *target*, back and up again did on a copy with sample rows.

    `base:REV` tries the whole history on an empty copy. Raises Refused where there is nothing to try, NoScratch, and what
    planning and copying raise; what a revision does wrong is in the result.
    """
    require_connection(ws, "a rehearsal needs one to copy")
    with ws.one_look():
        history = history_of(ws)
        lower, colon, upper = target.partition(":")
        if colon and lower not in {"", "base"}:
            raise UsageProblem(
                "A rehearsal starts from where the database is, or from base.", hint=f"%migrate rehearse base:{upper}"
            )
        if colon:
            with scratch.empty(ws.database) as empty:
                return _tried(
                    ws, history, copies.Copy(empty.database, f"{empty.place}, from empty"), upper or "heads", ()
                )
        heads = ws.heads_of(ws.database)
        planned = planner.plan_upgrade(ws.chain, target, heads, connection=ws.database.name)
        if planned.is_empty:
            raise Refused(
                f"There is nothing to rehearse: {ws.database.name} stands at {', '.join(heads) or 'base'}.",
                hint="%migrate rehearse base:heads tries the whole history on an empty copy",
            )
        with _copy(ws.database, rows=ROWS if rows is None else rows, is_full=full, seed=seed, masks=mask) as copy:
            return _tried(ws, history, copy, target, heads)


@contextlib.contextmanager
def _copy(
    database: Database, *, rows: int, is_full: bool, seed: int = 0, masks: tuple[str, ...] = ()
) -> Iterator[copies.Copy]:
    """A small SQLite file is copied whole: that is quick, and proves most."""
    size = database.file.stat().st_size if database.file is not None and not database.is_missing else 0
    if is_full or (database.family == "sqlite" and not masks and size <= _WHOLE_UP_TO_BYTES):
        with copies.full(database) as copy:
            yield copy
    else:
        with copies.sampled(database, rows, seed, masks) as copy:
            yield copy


def _tried(ws: WorkspaceState, history: History, copy: copies.Copy, target: str, heads: tuple[str, ...]) -> Rehearsed:
    database = copy.database
    plan = planner.plan_upgrade(history.chain, target, heads, database=database.identity, connection=database.name)
    found: list[Rehearsal] = []
    _tell(ws, plan, 0)
    for each in rehearse_on(history, database, plan):
        found.append(each)
        _tell(ws, plan, len(found))
    return _result(copy, plan, tuple(found), has_rows=bool(heads) or copy.sampled is not None)


def _tell(ws: WorkspaceState, plan: Plan, done: int) -> None:
    """Show how far it is."""
    if ws.on_step is None or not plan.steps:
        return
    step: PlannedStep = plan.steps[min(done, len(plan.steps) - 1)]
    ws.on_step(
        min(done + 1, len(plan.steps)), len(plan.steps), _Doing(step.revision, step.message, done == len(plan.steps))
    )


def _result(copy: copies.Copy, plan: Plan, found: tuple[Rehearsal, ...], *, has_rows: bool) -> Rehearsed:
    findings = tuple(finding for each in found for finding in each.findings)
    passed = not any(finding.severity is Severity.ERROR for finding in findings)
    left = len(plan.steps) - len(found)
    untried = (f"{left} further {'revision was' if left == 1 else 'revisions were'} not tried.",) if left else ()
    rowless = () if has_rows else ("The copy was empty: nothing is proved about rows.",)
    steps = tuple(each.up for each in found if each.up is not None)
    return Rehearsed(
        passed and not left,
        found,
        copy.place,
        Confidence.MEASURED if copy.sampled is not None else Confidence.PROVED,
        Trace(steps, environment="lent", duration_s=sum(step.duration_s for step in steps)),
        SchemaDiff(tuple(change for each in found for change in each.leftovers.changes)),
        tuple(diff for each in found for diff in each.rows if diff),
        findings,
        copy.sampled,
        (*copy.notes, *rowless, *untried),
        f"%migrate {plan.direction} {plan.target}" if passed else "",
    )


# -- a draft -------------------------------------------------------------------------------------------------------


def rehearse_draft(ws: WorkspaceState, draft: Draft, *, force: bool) -> tuple[Rehearsed | None, tuple[str, ...]]:
    """Return the rehearsal of a revision that is not written yet, or None and why it was not rehearsed.

    Raises RevisionFileBroken for a file that does not import, RehearsalFailed for one that fails, unless *force*.
    """
    module = writer.proved(ws.project, draft)
    if not ws.has_connection:
        return None, ()
    try:
        with ws.one_look():
            found = _draft_tried(ws, draft, module)
    except NoScratch as refusal:
        return None, (f"Not rehearsed: {refusal.message}",)
    if not force and any(finding.rule in _STOPS for finding in found.findings):
        raise failed(found)
    return found, ()


def _draft_tried(ws: WorkspaceState, draft: Draft, module: ModuleType) -> Rehearsed:
    history = history_of(ws)
    chain, environment = with_draft(ws.chain, draft, module)
    drafted = replace(history, chain=chain, environment=environment, on_step=None)
    heads = ws.heads_of(ws.database)
    with _copy(ws.database, rows=_ROWS_FOR_A_CELL, is_full=False) as copy:
        if draft.replaces is not None and draft.replaces.id in heads:
            heads = step_back(history, copy.database, draft.replaces.id)
        plan = planner.plan_upgrade(
            chain, draft.revision.id, heads, database=copy.database.identity, connection=copy.database.name
        )
        found = tuple(rehearse_on(drafted, copy.database, plan, only=frozenset({draft.revision.id})))
        return replace(_result(copy, plan, found, has_rows=True), next_command="")


def failed(found: Rehearsed) -> RehearsalFailed:
    """Return the error for a rehearsal that found something wrong."""
    wrong = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    return RehearsalFailed(
        f"The rehearsal on {found.method} failed. Nothing was written, and the database was not touched.",
        rehearsed=found,
        details=tuple(finding.message for finding in wrong),
        hint="correct the cell and run it again; --force writes it all the same",
    )
