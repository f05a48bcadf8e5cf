"""Whether two histories come to the same, as far as running both on an empty copy can prove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .diff import SchemaDiff

if TYPE_CHECKING:
    from collections.abc import Mapping

Rows = tuple[tuple[str, ...], ...]
"""The rows of one table, each value as text."""

WayBack = Literal["equal", "differs", "fails", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class RowsDiffer:
    """A table whose rows are not the same: how many each side has that the other has not, and the first of each."""

    table: str
    missing: int
    added: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """One attempt, on a copy at *place*: *schema* makes of what the old revisions give what the new one gives.

    *problem* says why nothing could be compared there. *tables* and *row_count* are what was compared. *downgrade* tells of
    the way back: "none" where there is none, "unknown" where the old one does not run either.
    """

    place: str
    dialect: str = ""
    schema: SchemaDiff = field(default_factory=SchemaDiff)
    rows: tuple[RowsDiffer, ...] = ()
    tables: int = 0
    row_count: int = 0
    downgrade: WayBack = "none"
    problem: str = ""
    notes: tuple[str, ...] = ()
    failure: str = ""
    """What the new revision died of, where it did not run at all."""

    @property
    def is_equal(self) -> bool:
        """Both were run, and schema and rows are the same."""
        return not (self.problem or self.failure or self.schema or self.rows)

    @property
    def is_refuted(self) -> bool:
        """Both were run, and something is not the same."""
        return not self.problem and not self.is_equal


def differing(
    before: Mapping[str, Rows], after: Mapping[str, Rows], unsteady: Mapping[str, frozenset[int]]
) -> tuple[RowsDiffer, ...]:
    """Return the tables whose rows differ, the order of rows apart; the columns *unsteady*, by number, are not looked at."""
    found = []
    for table in sorted({*before, *after}):
        skipped = unsteady.get(table, frozenset())
        one, other = (_counted(side.get(table, ()), skipped) for side in (before, after))
        missing = [row for row, count in one.items() for _ in range(count - other.get(row, 0))]
        added = [row for row, count in other.items() for _ in range(count - one.get(row, 0))]
        if missing or added:
            shown = [f"- {', '.join(row)}" for row in missing[:2]] + [f"+ {', '.join(row)}" for row in added[:2]]
            found.append(RowsDiffer(table, len(missing), len(added), tuple(shown)))
    return tuple(found)


def unsteady_columns(one: Mapping[str, Rows], other: Mapping[str, Rows]) -> dict[str, frozenset[int]]:
    """Return the columns, by number, that differ between two runs of the same: times, random numbers."""
    found = {}
    for table in one.keys() & other.keys():
        if len(one[table]) == len(other[table]):
            columns = zip(zip(*one[table], strict=True), zip(*other[table], strict=True), strict=True)
            numbers = frozenset(
                number for number, (mine, theirs) in enumerate(columns) if sorted(mine) != sorted(theirs)
            )
            if numbers:
                found[table] = numbers
    return found


def _counted(rows: Rows, skipped: frozenset[int]) -> dict[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(value for number, value in enumerate(row) if number not in skipped)
        counts[key] = counts.get(key, 0) + 1
    return counts
