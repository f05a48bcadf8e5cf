"""Try: a data change in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .base import Result


@dataclass(frozen=True, slots=True)
class Backfilled(Result):
    """`backfill`: what was set in a table, batch by batch.

    *passed* rows were walked over and *changed* ones updated, in all runs of the job; *resumed* of the passed ones were so
    before this run. *left* is how many rows the condition still holds for, None without one; it is counted up to a million.
    *size* is that of the last batch, *longest_lock_s* how long the slowest one held its locks. *code* is the revision that
    does the same.
    """

    connection: str
    table: str
    assignments: tuple[str, ...]
    where: str
    key: tuple[str, ...]
    passed: int
    changed: int
    batches: int
    resumed: int = 0
    retries: int = 0
    left: int | None = None
    size: int = 0
    longest_lock_s: float = 0.0
    duration_s: float = 0.0
    code: str = ""
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "table": self.table,
                "column": each.partition("=")[0].strip(),
                "set": each,
                "where": self.where,
                "passed": self.passed,
                "changed": self.changed,
                "left": self.left,
                "batches": self.batches,
                "retries": self.retries,
                "longest_lock_s": self.longest_lock_s,
                "duration_s": self.duration_s,
            }
            for each in self.assignments
        ]
