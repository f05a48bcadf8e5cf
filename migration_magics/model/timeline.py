"""A history replayed: what each revision did to the schema, and so the schema after each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .schema import Schema

if TYPE_CHECKING:
    from .diff import SchemaDiff


@dataclass(frozen=True, slots=True)
class Entry:
    """What the *revision* did to the schema when it ran in its turn."""

    revision: str
    diff: SchemaDiff


@dataclass(frozen=True, slots=True)
class Timeline:
    """One replay, oldest revision first, from *start* (empty, but for a history that needs tables to begin with).

    *applied* are the ids that *start* stands for. *place* says in words where it ran ("SQLite in memory").
    """

    dialect: str
    entries: tuple[Entry, ...]
    start: Schema = field(default_factory=Schema)
    applied: tuple[str, ...] = ()
    place: str = ""
    notes: tuple[str, ...] = ()
