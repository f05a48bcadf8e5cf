"""What a review's run that failed left done: to be undone by hand before the same revision can run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import MoveFailed
from ..model.trace import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.plan import Plan
    from ..model.trace import Trace
    from .workspace import WorkspaceState


@contextmanager
def noted(ws: WorkspaceState, plan: Plan) -> Iterator[None]:
    """Keep in `ws.half_done` what the run of *plan* inside leaves half done; one that goes through clears that."""
    try:
        yield
    except MoveFailed as error:
        for revision, left in _left(error.trace):
            ws.half_done[plan.database] = (revision, plan.direction, left)
        raise
    ws.half_done.pop(plan.database, None)


def sentence(ws: WorkspaceState, plan: Plan) -> str:
    """Return what was left half done of the first step of *plan*, or "": another first step means that it went through."""
    revision, direction, left = ws.half_done.get(plan.database, ("", "", ""))
    if not plan.steps or (plan.steps[0].revision, plan.direction) != (revision, direction):
        return ""
    return f"{revision} failed half-way in the last run: undo by hand what is done ({left})."


def _left(trace: Trace | None) -> Iterator[tuple[str, str]]:
    for step in trace.steps if trace is not None else ():
        kept = [
            each for each in step.operations if each.outcome is Outcome.APPLIED and (each.target or each.statements)
        ]
        if step.outcome is Outcome.FAILED and kept:
            yield step.revision, ", ".join(f"{each.kind} {each.target}".strip() for each in kept)
