"""Move a database: plan, upgrade and its kin, sql."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.diff import SchemaDiff
    from ..model.finding import Finding
    from ..model.plan import Plan
    from ..model.trace import Trace


@dataclass(frozen=True, slots=True)
class Planned(Result):
    """`plan`: what a move would run, and what speaks against it."""

    plan: Plan
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "step": number,
                "direction": self.plan.direction,
                "revision": step.revision,
                "message": step.message,
                "from_heads": step.from_heads,
                "to_heads": step.to_heads,
                "has_downgrade": step.has_downgrade,
            }
            for number, step in enumerate(self.plan.steps, 1)
        ]


@dataclass(frozen=True, slots=True)
class Moved(Result):
    """`upgrade`, `downgrade`, `stamp`, `ensure_version`: what ran. *before* and *after* were read back from the database.

    *diff* is what it did to the schema, None where that could not be read. *headline* is said instead of direction and
    target, where it is given.
    """

    plan: Plan
    trace: Trace
    before: tuple[str, ...]
    after: tuple[str, ...]
    diff: SchemaDiff | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""
    headline: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "revision": step.revision,
                "message": step.message,
                "direction": step.direction,
                "operation": operation.kind,
                "target": operation.target,
                "sql": ";\n".join(statement.sql for statement in operation.statements),
                "rows": sum(statement.rows or 0 for statement in operation.statements),
                "duration_s": operation.duration_s,
                "outcome": step.outcome.value,
            }
            for step in self.trace.steps
            for operation in step.operations
        ]


@dataclass(frozen=True, slots=True)
class SqlShown(Result):
    """`sql`: the offline SQL of a range, per dialect in the order asked for. *problems* has a sentence where one has none."""

    range: str
    direction: str
    scripts: Mapping[str, str]
    problems: Mapping[str, str]

    def records(self) -> list[dict[str, Any]]:
        named = dict.fromkeys((*self.scripts, *self.problems))
        return [{"dialect": each, "sql": self.scripts.get(each), "problem": self.problems.get(each)} for each in named]
