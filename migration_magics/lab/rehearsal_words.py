"""What differs after a rehearsal, in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.change_words import what
from ..model.rehearsal import Lost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.diff import Change, SchemaDiff
    from ..model.rowdiff import RowDiff

_NAMED = 3
"""How many differences a sentence names."""


def named(found: SchemaDiff) -> str:
    """Return the first of what differs: "index ix_a of evaluations is left over", ..."""
    shown = [_leftover(change) for change in found.changes[:_NAMED]]
    more = len(found.changes) - len(shown)
    return "; ".join(shown) + (f"; and {more:,} more" if more else "")


def _leftover(change: Change) -> str:
    where = f" of {change.path[0]}" if change.path[0] and len(change.path) > 1 else ""
    how = {"add": "is left over", "drop": "is missing", "alter": "is another one", "rename": "has another name"}
    return f"{what(change.path)}{where} {how[change.kind]}"


def lost(diffs: Sequence[RowDiff]) -> tuple[Lost, ...]:
    """Return what of the rows before is not as it was."""
    found: list[Lost] = []
    for each in diffs:
        if each.deleted:
            found.append(Lost(each.table, "", each.deleted))
        found += (Lost(each.table, column.name, column.changed) for column in each.columns if column.changed)
    return tuple(found)


def left(diffs: Sequence[RowDiff]) -> tuple[Lost, ...]:
    """Return the rows that are there after up and down, and were not before."""
    return tuple(Lost(each.table, "", each.inserted) for each in diffs if each.inserted and each.is_exact)


def dropped(rows: Sequence[RowDiff], down: SchemaDiff) -> tuple[Lost, ...]:
    """Return the values that the way up put into columns and tables that the way down drops."""
    columns = {
        (change.path[0], change.path[2])
        for change in down.changes
        if change.path[1:2] == ("columns",) and change.kind == "drop"
    }
    tables = {change.path[0] for change in down.changes if len(change.path) == 1 and change.kind == "drop"}
    found = [Lost(each.table, "", each.inserted) for each in rows if each.table in tables and each.inserted]
    found += (
        Lost(each.table, column.name, column.changed)
        for each in rows
        for column in each.columns
        if (each.table, column.name) in columns and column.changed
    )
    return tuple(found)


def amount(of: Lost) -> str:
    """Return how many rows or values it is: "412 values of evaluations.runtime_ms"."""
    if not of.column:
        return f"{of.values:,} {'row' if of.values == 1 else 'rows'} of {of.table}"
    return f"{of.values:,} {'value' if of.values == 1 else 'values'} of {of.table}.{of.column}"
