"""What differs between two schemas, as a value that can be applied and inverted.

A diff is a list of changes that are made one after the other. Paths: ("evaluations",) is a table,
("evaluations", "columns", "runtime_ms") a part of it, and what belongs to no table has "" for one: ("", "enums", "status").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["add", "drop", "alter", "rename"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. *before* and *after* are values of `schema` (None where there is nothing); of a rename, the two names.

    *place* is where a column stands among its table's (from 0): where it was added, or was before it was dropped.
    """

    kind: Kind
    path: tuple[str, ...]
    before: Any = None
    after: Any = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """The changes that make one schema of another, in the order in which they are made; none where they are equal."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)
