"""`rehearse --in-place`: the pending revisions on the database itself, in a transaction that is rolled back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..engine import planner, worker
from ..errors import ConfirmationRequired, Refused
from ..lab import in_place
from ..model.finding import Confidence, Severity
from ..model.trace import Trace
from ..results import Planned, Rehearsed
from . import guard
from .sides import history_of

if TYPE_CHECKING:
    from ..model.plan import Plan
    from .workspace import WorkspaceState

_NOTES = (
    "In place: only the ways up were tried, and rolled back; rows were not compared.",
    "It leaves dead rows behind until the next VACUUM, and numbers taken from sequences stay taken.",
)


def rehearsed_in_place(ws: WorkspaceState, target: str, *, yes: bool, confirm: str | None) -> Rehearsed:
    """Return what the pending revisions up to *target* do to the database in use, which is rolled back.

    Raises Refused where it is not PostgreSQL or nothing is pending, ConfirmationRequired unless *yes* (*confirm* on a
    protected connection), and what a dry run raises.
    """
    database = ws.database
    if database.family != "postgresql":
        raise Refused(
            f"A rehearsal in place needs PostgreSQL, and {database.name} is {database.server}. Nothing was changed.",
            hint="%migrate rehearse tries it on a copy",
        )
    plan = planner.plan_upgrade(
        ws.chain, target, ws.heads_of(database), database=database.identity, connection=database.name
    )
    if plan.is_empty:
        raise Refused(
            f"There is nothing to rehearse: {database.name} stands at {', '.join(plan.from_heads) or 'base'}. "
            "Nothing was changed.",
            hint="%migrate status",
        )
    _require_yes(plan, is_protected=database.is_protected, yes=yes, confirm=confirm)
    try:
        found = in_place.rehearse(history_of(ws), database, plan)
    except worker.OutOfTime as late:
        raise Refused(
            f"It did not end within {ws.settings.rehearse_timeout_s:g} s and was stopped: all is rolled back, "
            "so nothing was changed.",
            hint="%config MigrateMagics.rehearse_timeout_s = 600, or without --in-place, on a sample",
        ) from late
    findings = tuple(finding for each in found for finding in each.findings)
    passed = not any(finding.severity is Severity.ERROR for finding in findings)
    steps = tuple(each.up for each in found if each.up is not None)
    return Rehearsed(
        passed,
        found,
        f"{database.name} itself, in a transaction that was rolled back",
        Confidence.PROVED if passed and not findings else Confidence.MEASURED,
        Trace(steps, duration_s=sum(step.duration_s for step in steps), is_dry_run=True),
        findings=findings,
        notes=_NOTES,
        next_command=f"%migrate upgrade {plan.target}" if passed else "",
    )


def _require_yes(plan: Plan, *, is_protected: bool, yes: bool, confirm: str | None) -> None:
    planned, again = Planned(plan), f"%migrate rehearse {shlex.quote(plan.target)} --in-place"
    guard.check_protected(plan, planned, again, is_protected=is_protected, confirm=confirm)
    if yes or is_protected:
        return
    raise ConfirmationRequired(
        f"In place, {len(plan.steps)} revision{'' if len(plan.steps) == 1 else 's'} would run on {plan.connection} itself and "
        "be rolled back: its locks hold up everybody else until then. Nothing was changed.",
        planned=planned,
        hint=f"{again} --yes; without --in-place it is tried on a copy",
    )
