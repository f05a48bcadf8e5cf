"""The passes of one run: an env.py may call `run_migrations()` several times, once for each tenant's version table.

The plan is about the first; each later one is planned for where its own version table stands, as Alembic does it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import NotReversible, PlanStale
from . import planner
from .sources import revision_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.graph import Revision
    from ..model.plan import Plan, PlannedStep
    from .captured import Configured
    from .chain import Chain


@dataclass(frozen=True, slots=True)
class Pass:
    """One `run_migrations()`: what it runs, env.py's call it belongs to, and which step of the trace is its first."""

    plan: Plan
    call: Configured
    first_step: int


class Passes:
    """The passes of one run, in their order. *plan* is what was agreed to, *calls* are those of env.py on this database."""

    def __init__(self, plan: Plan, chain: Chain, calls: tuple[Configured, ...], *, is_purge: bool) -> None:
        self.plan, self.chain, self.calls, self.is_purge = plan, chain, calls, is_purge
        self.begun: list[Pass] = []
        self._contexts: list[Any] = []

    @property
    def later(self) -> tuple[Pass, ...]:
        """The passes after the first that had something to run."""
        return tuple(each for each in self.begun[1:] if each.plan.steps)

    def begin(self, heads: Sequence[str], context: Any, first_step: int) -> Plan:
        """Return what the pass runs that Alembic begins now, at *heads* of the version table of *context*.

        Raises PlanStale where the first does not stand where the plan was made, and what planning a later one raises.
        """
        at = tuple(sorted(heads))
        start = () if self.is_purge else tuple(sorted(self.plan.from_heads))
        if not self.begun and at != start:
            raise stale(self.plan, at)
        plan = self._later(at) if self.begun and at != start else self.plan
        self.begun.append(Pass(plan, self._call_of(context), first_step))
        return plan

    def _later(self, heads: tuple[str, ...]) -> Plan:
        plan, chain = self.plan, self.chain
        database, connection = plan.database, plan.connection
        if heads == plan.to_heads:  # the version table of the first once more, or a tenant who is there already
            return replace(plan, steps=(), from_heads=heads)
        if plan.direction == "stamp":
            return planner.plan_stamp(
                chain, tuple(plan.target.split()), heads, database=database, connection=connection
            )
        if plan.direction == "upgrade":
            return planner.plan_upgrade(chain, plan.target, heads, database=database, connection=connection)
        found = planner.plan_downgrade(chain, plan.target, heads, database=database, connection=connection)
        require_runnable(found, chain)
        return found

    def _call_of(self, context: Any) -> Configured:
        """The call that made *context*: by its version table and, where several name the same one, by their order."""
        named = (context.version_table, context.version_table_schema)
        if not any(known is context for known in self._contexts):
            self._contexts.append(context)
        alike = [each for each in self._contexts if (each.version_table, each.version_table_schema) == named]
        number = next(index for index, each in enumerate(alike) if each is context)
        calls = [call for call in self.calls if _named(call) == named] or list(self.calls)
        return calls[min(number, len(calls) - 1)]


def _named(call: Configured) -> tuple[str, str | None]:
    return call.options.get("version_table") or "alembic_version", call.options.get("version_table_schema")


def stale(plan: Plan, heads: tuple[str, ...]) -> PlanStale:
    """Return the error for a database that moved between plan and run."""
    was, now = ", ".join(plan.from_heads) or "base", ", ".join(heads) or "base"
    return PlanStale(
        f"The database has moved since the plan was made: it stood at {was} and now stands at {now}. Nothing was changed.",
        hint="look again: %migrate plan",
    )


def require_runnable(plan: Plan, chain: Chain) -> None:
    """Raise NotReversible where *plan* is a downgrade over revisions that have none, RevisionFileBroken for upgrades."""
    graph = chain.graph
    if plan.direction == "upgrade":
        for step in plan.steps:
            if not chain.has_upgrade(graph[step.revision]):
                raise planner.without_upgrade(graph[step.revision])
    if plan.direction != "downgrade":
        return
    missing = [step for step in plan.steps if not chain.has_downgrade(graph[step.revision])]
    if missing:
        raise irreversible(missing, len(plan.steps), [_raises(graph[step.revision]) for step in missing])


def _raises(revision: Revision) -> bool:
    """The file of *revision*, which counts as having no downgrade, has one all the same: it does nothing but raise."""
    return "def downgrade" in revision_source(revision)


def irreversible(missing: Sequence[PlannedStep], total: int, raising: Sequence[bool]) -> NotReversible:
    """Return the error for a downgrade over revisions that have none, or one that does nothing but raise."""
    named = ", ".join(step.revision for step in missing[:5]) + (" and others" if len(missing) > 5 else "")
    why = "a downgrade() that only raises" if all(raising) else "no downgrade(), or one that only raises"
    why = why if any(raising) else "no downgrade()"
    return NotReversible(
        f"{len(missing)} of {total} revisions cannot be undone: {named} {'has' if len(missing) == 1 else 'have'} "
        f"{why}. Nothing was changed.",
        hint=f"write it: %migrate edit {missing[0].revision}",
    )
