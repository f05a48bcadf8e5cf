"""How long operations would take on whole tables, scaled from a sample: a range, with the sample it comes from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .finding import Confidence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from .sampling import Sampled, SampledTable
    from .trace import Operation, Step

_ENOUGH_ROWS = 10_000
"""Measured on PostgreSQL: rewrites scaled from so many rows are within 35 % of what they take; below, fixed costs count."""

_NEAR = (0.65, 1.35)
_FAR = (0.2, 2.0)
_SORTED = 2.6
"""Measured: the scaled time of an index was too low by up to this factor, for sorting grows faster than rows do."""

_DEVIATIONS = 4.0
"""How sure the number of changed rows is: wrong once in 16,000 times."""

_LINEAR = frozenset(
    {
        "add_column",
        "alter_column",
        "batch_alter_table",
        "create_foreign_key",
        "create_check_constraint",
        "execute",
        "sql",
    }
)
_SORTS = frozenset({"create_index", "create_unique_constraint", "create_primary_key", "create_exclude_constraint"})
_CHANGE = re.compile(r"\s*(?:UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?(?P<table>[\w.\"`$]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One *operation* of a *revision* on all *total_rows* of a *table*: between *low_s* and *high_s* seconds.

    It took *measured_s* on *sample_rows*. Locks, other users and cold caches are not in it. *changes* is how many rows an
    UPDATE or DELETE changes on all of them, from and to, where the sample tells.
    """

    revision: str
    operation: str
    table: str
    measured_s: float
    sample_rows: int
    total_rows: int
    low_s: float
    high_s: float
    confidence: Confidence = Confidence.ESTIMATED
    changes: tuple[int, int] | None = None


def estimates(steps: Iterable[Step], sampled: Sampled, without: Collection[str] = ()) -> tuple[Estimate, ...]:
    """Return what the operations of *steps* would take on whole tables, slowest first.

    Only what grows with the rows is told: rewrites, checks, indexes, UPDATE and DELETE, on tables of which *sampled* has a
    part. Tables *without* comparable rows are left out.
    """
    tables = {each.name: each for each in sampled.tables if each.name not in without}
    found = []
    for step in steps:
        for operation, name in _of(step.operations):
            table = tables.get(name)
            if table is None or not 0 < table.chosen < table.total:
                continue
            low_s, high_s = _range(operation, table.chosen, table.total)
            found.append(
                Estimate(
                    step.revision,
                    operation.kind,
                    name,
                    operation.duration_s,
                    table.chosen,
                    table.total,
                    low_s,
                    high_s,
                    changes=_changes(operation, table),
                )
            )
    return tuple(sorted(found, key=lambda each: -each.high_s))


def _of(operations: Iterable[Operation]) -> Iterator[tuple[Operation, str]]:
    """The operations that grow with the rows, each with its table."""
    for operation in operations:
        if operation.duration_s <= 0 or operation.kind not in _LINEAR | _SORTS:
            continue
        name = operation.table
        if operation.kind in {"execute", "sql"}:
            changed = {_changed(statement.sql) for statement in operation.statements}
            name = changed.pop() if len(changed) == 1 else ""
        if name:
            yield operation, name


def _changes(operation: Operation, table: SampledTable) -> tuple[int, int] | None:
    """How many rows of all of *table* the statements change: None where the choice was not by chance among all rows.

    Each row of the sample is one of the table. Beyond that Wilson's interval holds, once rows that are there for another
    reason than chance count for the other side.
    """
    changed = [statement.rows for statement in operation.statements]
    if operation.kind not in {"execute", "sql"} or len(changed) != 1 or changed[0] is None or not table.is_exact:
        return None
    count, chosen, total = changed[0], table.chosen, table.total
    by_chance = chosen - table.parents - table.forced
    if not 0 <= count <= chosen or by_chance <= 0:
        return None
    low = _wilson(max(0, count - (chosen - by_chance)), by_chance)[0]
    high = _wilson(min(count, by_chance), by_chance)[1]
    return max(count, math.floor(low * total)), min(total - (chosen - count), math.ceil(high * total))


def _wilson(hits: int, tries: int) -> tuple[float, float]:
    """Between which shares the true one is, by Wilson's score interval, four standard deviations wide to each side."""
    share, z2 = hits / tries, _DEVIATIONS**2
    middle = share + z2 / (2 * tries)
    spread = _DEVIATIONS * math.sqrt(share * (1 - share) / tries + z2 / (4 * tries * tries))
    return max(0.0, (middle - spread) / (1 + z2 / tries)), min(1.0, (middle + spread) / (1 + z2 / tries))


def _changed(sql: str) -> str:
    """The table that an UPDATE or DELETE names, "" of anything else."""
    found = _CHANGE.match(sql)
    return found["table"].replace('"', "").replace("`", "") if found else ""


def _range(operation: Operation, chosen: int, total: int) -> tuple[float, float]:
    least, most = _NEAR if chosen >= _ENOUGH_ROWS else _FAR
    most = max(most, _SORTED) if operation.kind in _SORTS else most
    scaled = operation.duration_s * total / chosen
    return max(operation.duration_s, scaled * least), max(operation.duration_s, scaled * most)
