"""Tables of ours in somebody's database: there for a while, and no part of what its schema describes."""

from __future__ import annotations

BACKFILL = "migration_magics_backfill"
"""Where unfinished backfills stand."""

UNDO = "_mm_undo_"
"""How tables begin that keep rows for `undo`."""

LEFT = f"{UNDO}left_"
"""How those of them begin that have rows which could not be put back."""


def is_ours(table: str | None) -> bool:
    """Say whether the table of this name is one of ours."""
    return table is not None and (table == BACKFILL or table.startswith(UNDO))
