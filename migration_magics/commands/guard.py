"""May this run? Allowed, or an error that says how to confirm. Decided before anything is changed.

What a plan would lose is judged by the live database: dropping an empty table loses nothing, dropping 1,204 rows does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import ConfirmationRequired, PlanStale
from ..model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine.losses import CountedLoss
    from ..model.plan import Plan
    from ..results import Planned

LOSES_DATA = "loses-data"
"""The rule's id, as findings name it."""

_SHORTEST_FINGERPRINT = 6
_MOST_LOSSES = 10


def check_fingerprint(plan: Plan, fingerprint: str | None) -> None:
    """Raise PlanStale unless *plan* is the one the user looked at. Any beginning of at least six digits will do."""
    is_same = fingerprint is None or plan.fingerprint.startswith(fingerprint)
    if is_same and (fingerprint is None or len(fingerprint) >= _SHORTEST_FINGERPRINT):
        return
    raise PlanStale(
        f"Plan {fingerprint} is not what would run now: database, files or target have changed. Nothing was changed.",
        hint=f"look at the new plan: %migrate plan {plan.target} (it is {plan.fingerprint})",
    )


def check_protected(plan: Plan, planned: Planned, again: str, *, is_protected: bool, confirm: str | None) -> None:
    """Raise ConfirmationRequired for a move on a protected connection unless *confirm* is its name.

    *again* is the command as it was typed.
    """
    if not is_protected or confirm == plan.connection:
        return
    said = "" if confirm is None else f" {confirm!r} is not its name."
    count = f"{len(plan.steps)} {'revision' if len(plan.steps) == 1 else 'revisions'}"
    would = f"{plan.direction} to {plan.target} would run {count} there"
    if plan.direction == "stamp" or plan.is_empty:
        would = "this would write into its version table"
    raise ConfirmationRequired(
        f"{plan.connection} is protected: {would}.{said} Nothing was changed.",
        planned=planned,
        details=lost_by(planned),  # the name confirms them, too
        hint=f"{again} --confirm {plan.connection}",
    )


def check_losses(plan: Plan, planned: Planned, again: str) -> None:
    """Raise ConfirmationRequired where *planned* loses data; *again* is the command as it was typed."""
    lost = lost_by(planned)
    if not lost:
        return
    raise ConfirmationRequired(
        f"{plan.direction.capitalize()} of {plan.connection} to {plan.target} loses data. Nothing was changed.",
        planned=planned,
        details=lost,
        hint=_yes(again, plan),
    )


def lost_by(planned: Planned) -> tuple[str, ...]:
    """Return what *planned* loses, a sentence each."""
    found = [finding for finding in planned.findings if finding.rule == LOSES_DATA]
    more = (f"... {len(found) - _MOST_LOSSES} more",) if len(found) > _MOST_LOSSES else ()
    return (*(f"{finding.revision}: {finding.message}" for finding in found[:_MOST_LOSSES]), *more)


def stop(planned: Planned, again: str, loss: CountedLoss) -> ConfirmationRequired:
    """Return the error for a *loss* that shows only when it is about to happen; what became of the run is added to it."""
    found = findings((loss,))
    return ConfirmationRequired(
        f"Revision {loss.revision} {found[0].message}, as shows only now that it runs.",
        planned=replace(planned, findings=(*planned.findings, *found)),
        hint=_yes(again, planned.plan),
    )


def _yes(again: str, plan: Plan) -> str:
    """Where DDL commits itself there is no dry run to offer."""
    can_try = plan.database.startswith(("sqlite:", "postgresql:"))
    return f"{again} --yes" + (", or try it first: --dry-run" if can_try else "")


def findings(losses: Sequence[CountedLoss]) -> tuple[Finding, ...]:
    """Return the losses as advice, in the order they would happen."""
    return tuple(
        Finding(
            LOSES_DATA,
            Severity.ERROR,
            Confidence.ESTIMATED if loss.rows is None else Confidence.MEASURED,
            loss.revision,
            _sentence(loss),
            "keep a copy first, or make sure nobody needs it",
            about=loss.loss.target,
            rows=loss.rows,
        )
        for loss in losses
    )


def _sentence(loss: CountedLoss) -> str:
    rows = (
        "an uncounted number of rows (counting took too long)"
        if loss.rows is None
        else f"{loss.rows:,} {'row' if loss.rows == 1 else 'rows'}"
    )
    rows = f"at least {rows}" if loss.is_at_least else rows
    target = loss.loss.target
    if loss.loss.how == "drop_column":
        return f"drops column {target}, which has a value in {rows}"
    if loss.loss.how == "delete":
        return (
            f"deletes {rows} from table {target}" if loss.is_exact else f"deletes from table {target}, which has {rows}"
        )
    verb = "drops" if loss.loss.how == "drop_table" else "empties"
    return f"{verb} table {target} with {rows}"
