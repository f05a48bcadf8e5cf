"""Try: rehearse a plan, or a draft, on a copy. The database in use is only read."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine import planner, writer
from ..engine.reflect import reflect
from ..errors import MigrationError, ObjectNotFound, Refused, RehearsalFailed, ReplayInterrupted, UsageProblem
from ..lab import copies, scratch
from ..lab.drafted import with_draft
from ..lab.own_rows import replace_rows
from ..lab.rehearsal import rehearse as rehearse_on
from ..lab.rehearsal import step_back
from ..model import expectations
from ..model.diff import SchemaDiff
from ..model.estimate import estimates
from ..model.finding import Confidence, Finding, Severity
from ..model.rowdiff import words
from ..model.trace import Trace
from ..results import Rehearsed
from .rehearse_in_place import rehearsed_in_place
from .sides import history_of, require_connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from ..engine.drafts import Draft
    from ..model.expectations import Expectations
    from ..model.plan import Plan
    from ..model.rehearsal import Rehearsal
    from ..model.rowdiff import RowDiff
    from .workspace import WorkspaceState

ROWS = 1_000
"""How many rows of each table are sampled where nothing else is asked for."""

_ROWS_FOR_A_CELL = 200
"""For a cell, which is run again and again: measured, a copy of twenty tables is then made in well under a second."""


_WHOLE_UP_TO_BYTES = 100 * 2**20
"""A SQLite file up to this size is copied whole into memory: measured, 0.2 s for 50 MB."""

_STOPS = frozenset({"up-fails", "down-fails", "expectation", "invariant"})
"""What keeps a cell from being written. What a downgrade leaves or loses is said, and may be meant."""


def rehearse(
    ws: WorkspaceState,
    *,
    target: str = "heads",
    rows: int | None = None,
    full: bool = False,
    seed: int = 0,
    mask: tuple[str, ...] = (),
    expect: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
    invariant: tuple[str, ...] = (),
    in_place: bool = False,
    yes: bool = False,
    confirm: str | None = None,
) -> Rehearsed:
    """Return what running the pending revisions up to *target*, back and up again did on a copy with sample rows.

    `base:REV` tries the whole history on an empty copy. What was expected of all these revisions together (*expect*, *only*)
    and of each (*invariant*) is among the findings where it did not hold. Raises Refused where there is nothing to try,
    NoScratch, UsageProblem, and what planning and copying raise; what a revision does wrong is in the result.
    """
    require_connection(ws, "a rehearsal needs one to copy")
    wanted = wanted_of(expect, only, invariant)
    if full and mask:
        raise UsageProblem(
            "A whole copy has the values as they are: --full and --mask don't go together.",
            hint="%migrate rehearse --rows 1000 --mask " + mask[0],
        )
    if in_place:
        if full or mask or wanted or rows is not None:
            raise UsageProblem(
                "--in-place makes no copy: it goes with --yes and --confirm only.", hint="%migrate rehearse --in-place"
            )
        with ws.one_look():
            found = rehearsed_in_place(ws, target, yes=yes, confirm=confirm)
            return replace(found, notes=(*found.notes, *_unused(ws)))
    with ws.one_look():
        lower, colon, upper = target.partition(":")
        if colon and lower not in {"", "base"}:
            raise UsageProblem(
                "A rehearsal starts from where the database is, or from base.", hint=f"%migrate rehearse base:{upper}"
            )
        if colon:
            with scratch.empty(ws.database) as empty:
                copy = copies.Copy(empty.database, f"{empty.place}, from empty", _unused(ws))
                return replace(_tried(ws, copy, upper or "heads", (), wanted), next_command="")
        heads = ws.heads_of(ws.database)
        planned = planner.plan_upgrade(ws.chain, target, heads, connection=ws.database.name)
        if planned.is_empty:
            raise Refused(
                f"There is nothing to rehearse: {ws.database.name} stands at {', '.join(heads) or 'base'}.",
                hint="%migrate rehearse base:heads tries the whole history on an empty copy",
            )
        is_full = full or (bool(wanted.rows) and rows is None and not mask)
        number = ROWS if rows is None else rows
        with copy_for(ws, rows=number, is_full=is_full, seed=seed or 0, masks=mask) as copy:
            return _tried(ws, copy, target, heads, wanted)


def _unused(ws: WorkspaceState) -> tuple[str, ...]:
    return (
        (f"Your rows for {', '.join(ws.samples)} were not used: they are for copies with rows.",) if ws.samples else ()
    )


def wanted_of(expect: tuple[str, ...], only: tuple[str, ...], invariant: tuple[str, ...]) -> Expectations:
    """Return what is expected, as typed. Raises UsageProblem."""
    try:
        return expectations.expectations(expect, only, invariant)
    except expectations.NotAnExpectation as error:
        raise UsageProblem(f"{error}.", hint='--expect "UPDATE evaluations: 1204 rows"') from error


@contextlib.contextmanager
def copy_for(
    ws: WorkspaceState, *, rows: int, is_full: bool, seed: int = 0, masks: tuple[str, ...] = ()
) -> Iterator[copies.Copy]:
    """A small SQLite file is copied whole: that is quick, and proves most. What `sample` gave stands in place of rows."""
    database = ws.database
    size = database.file.stat().st_size if database.file is not None and not database.is_missing else 0
    is_whole = is_full or (database.family == "sqlite" and not masks and size <= _WHOLE_UP_TO_BYTES)
    made = (
        copies.full(database, on_step=ws.on_step)
        if is_whole
        else copies.sampled(database, rows, seed, masks, on_step=ws.on_step)
    )
    with made as copy:
        if not ws.samples:
            yield copy
            return
        replace_rows(copy.database, tuple(ws.samples.values()))
        own = tuple(ws.samples)
        yield replace(copy, own=own, place=f"{copy.place}, your rows in {', '.join(own)}")


def _tried(
    ws: WorkspaceState, copy: copies.Copy, target: str, heads: tuple[str, ...], wanted: Expectations
) -> Rehearsed:
    history, database = history_of(ws), copy.database
    plan = planner.plan_upgrade(history.chain, target, heads, database=database.identity, connection=database.name)
    found = tuple(rehearse_on(history, database, plan, invariants=wanted.invariants))
    ws.tried.note_rehearsals(ws.current_name, found)
    return _result(copy, plan, found, wanted, has_rows=bool(heads) or _met_rows(copy, found))


def _met_rows(copy: copies.Copy, found: tuple[Rehearsal, ...]) -> bool:
    """Say whether rows were there before the first revision; a database may stand at base and be full of them."""
    if copy.sampled is not None or copy.own:
        return True
    return bool(found) and any(diff.before for diff in found[0].rows)


def _result(
    copy: copies.Copy,
    plan: Plan,
    found: tuple[Rehearsal, ...],
    wanted: Expectations,
    *,
    has_rows: bool,
    only: frozenset[str] | None = None,
) -> Rehearsed:
    findings = (*(finding for each in found for finding in each.findings), *_unexpected(copy, found, wanted))
    passed = not any(finding.severity is Severity.ERROR for finding in findings)
    tried = {each.revision for each in found}
    left = sum(step.revision not in tried for step in plan.steps if only is None or step.revision in only)
    untried = (f"{left} further {'revision was' if left == 1 else 'revisions were'} not tried.",) if left else ()
    rowless = () if has_rows else ("The copy was empty: nothing is proved about rows.",)
    steps = tuple(each.up for each in found if each.up is not None)
    return Rehearsed(
        passed and not left,
        found,
        copy.place,
        _sure(copy),
        Trace(steps, environment="lent", duration_s=sum(step.duration_s for step in steps)),
        SchemaDiff(tuple(change for each in found for change in each.leftovers.changes)),
        tuple(diff for each in found for diff in each.rows if diff),
        findings,
        copy.sampled,
        (*copy.notes, *rowless, *untried),
        f"%migrate {plan.direction} {plan.target}" if passed else "",
        copy.own,
        () if copy.sampled is None else estimates(steps, copy.sampled, without=copy.own),
    )


def _sure(copy: copies.Copy) -> Confidence:
    """A copy with other rows than the original measures; only a whole one proves."""
    return Confidence.PROVED if copy.sampled is None and not copy.own else Confidence.MEASURED


def _unexpected(copy: copies.Copy, found: tuple[Rehearsal, ...], wanted: Expectations) -> tuple[Finding, ...]:
    """What of the expectations about rows did not hold; nothing is said where a way up failed."""
    if not found or any(finding.rule == "up-fails" for each in found for finding in each.findings):
        return ()
    revision = found[0].revision if len(found) == 1 else None
    start = f"{revision}: " if revision else ""
    diffs = [diff for each in found for diff in each.rows]
    said = (
        *expectations.unknown(wanted, _names(copy, diffs) if wanted.only else frozenset()),
        *expectations.broken(wanted, diffs, rows="" if copy.sampled is None else " in the sample"),
    )
    return tuple(
        Finding("expectation", Severity.ERROR, _sure(copy), revision, f"{start}{each}", evidence=_counted(diffs))
        for each in said
    )


def _names(copy: copies.Copy, diffs: list[RowDiff]) -> frozenset[str]:
    """The tables and columns of the copy, as TABLE and TABLE.COLUMN, also those that a way up dropped."""
    there = [(table.key, tuple(each.name for each in table.columns)) for table in copy.database.run(reflect).tables]
    there += [(diff.table, tuple(each.name for each in diff.columns)) for diff in diffs]
    return frozenset(name for table, columns in there for name in (table, *(f"{table}.{each}" for each in columns)))


def _counted(diffs: list[RowDiff]) -> tuple[str, ...]:
    return tuple(f"{diff.table}: {words(diff)}" for diff in diffs if diff)


# -- a draft -------------------------------------------------------------------------------------------------------


def rehearse_draft(
    ws: WorkspaceState, draft: Draft, wanted: Expectations, *, force: bool
) -> tuple[Rehearsed | None, tuple[str, ...]]:
    """Return the rehearsal of a revision that is not written yet, or None and why it was not rehearsed.

    Raises RevisionFileBroken for a file that does not import, RehearsalFailed for one that fails or does not do what is
    *wanted*, unless *force*; where something is wanted also NotConnected and NoScratch; UsageProblem and ObjectNotFound for
    rows of the user's own that do not fit.
    """
    module = writer.proved(ws.project, draft)
    if not ws.has_connection:
        if wanted:
            require_connection(ws, "expectations need one to try the revision on a copy of it")
        return None, ()
    try:
        with ws.one_look():
            found = _draft_tried(ws, draft, module, wanted)
    except ReplayInterrupted:
        raise
    except MigrationError as refusal:
        if wanted or (ws.samples and isinstance(refusal, (UsageProblem, ObjectNotFound))):
            raise
        return None, (f"Not rehearsed: {refusal.message}",)
    if not force and any(finding.rule in _STOPS for finding in found.findings if finding.severity is Severity.ERROR):
        raise failed(found)
    return found, ()


def _draft_tried(ws: WorkspaceState, draft: Draft, module: ModuleType, wanted: Expectations) -> Rehearsed:
    history = history_of(ws)
    chain, environment = with_draft(ws.chain, draft, module)
    drafted = replace(history, chain=chain, environment=environment)
    heads = ws.heads_of(ws.database)
    with copy_for(ws, rows=_ROWS_FOR_A_CELL, is_full=bool(wanted.rows)) as copy:
        if draft.replaces is not None and draft.replaces.id in heads:
            heads = step_back(history, copy.database, draft.replaces.id)
        plan = planner.plan_upgrade(
            chain, draft.revision.id, heads, database=copy.database.identity, connection=copy.database.name
        )
        own = frozenset({draft.revision.id})
        found = tuple(rehearse_on(drafted, copy.database, plan, only=own, invariants=wanted.invariants))
        ws.tried.note_rehearsals(ws.current_name, found)
        return replace(_result(copy, plan, found, wanted, has_rows=True, only=own), next_command="")


def failed(found: Rehearsed) -> RehearsalFailed:
    """Return the error for a rehearsal that found something wrong."""
    wrong = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    return RehearsalFailed(
        f"The rehearsal on {found.method} failed. Nothing was written, and the database was not touched.",
        rehearsed=found,
        details=tuple(finding.message for finding in wrong),
        hint="correct the cell and run it again; --force writes it all the same",
    )
