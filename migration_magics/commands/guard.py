"""May this run? Allowed, or an error that says how to confirm. Decided before anything is changed."""

from __future__ import annotations

from ..errors import ConfirmationRequired, PlanStale
from ..model.plan import Plan


def check_fingerprint(plan: Plan, fingerprint: str | None) -> None:
    """Raise PlanStale unless *plan* is the one the user looked at. Any beginning of at least six digits will do."""
    if fingerprint is None or (len(fingerprint) >= 6 and plan.fingerprint.startswith(fingerprint)):
        return
    raise PlanStale(
        f"Plan {fingerprint} is not what would run now: database, files or target have changed. Nothing was changed.",
        hint=f"look at the new plan: %migrate plan {plan.target} (it is {plan.fingerprint})",
    )


def check_protected(plan: Plan, *, is_protected: bool, confirm: str | None) -> None:
    """Raise ConfirmationRequired for a move on a protected connection unless *confirm* is its name."""
    if not is_protected or confirm == plan.connection or plan.is_empty:
        return
    said = "" if confirm is None else f" {confirm!r} is not its name."
    raise ConfirmationRequired(
        f"{plan.connection} is protected: {plan.direction} to {plan.target} would run {len(plan.steps)} steps there.{said} Nothing was changed.",
        details=tuple(f"{number}. {step.revision} {step.message}" for number, step in enumerate(plan.steps[:10], 1)),
        hint=f"%migrate {plan.direction} {plan.target} --confirm {plan.connection}",
    )
