"""The values of questions: what is asked, with which answers, on what evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .diff import SchemaDiff
    from .renames import Candidate
    from .schema import Schema

Kind = Literal["rename", "drop", "not null", "unique", "narrowing", "enum value"]
Default = Literal["stop", "go on"]

SAMPLES = 5
"""How many values are shown."""

KINDS: tuple[Kind, ...] = ("rename", "drop", "not null", "unique", "narrowing", "enum value")


class Facts(Protocol):
    """What a live database says, asked only where it matters. Tables and columns are called as they are there now."""

    def rows(self, table: str) -> int:
        """Return the number of rows."""
        ...

    def values(self, table: str, column: str) -> int:
        """Return the number of rows with a value there, not NULL."""
        ...

    def samples(self, table: str, column: str, count: int) -> tuple[str, ...]:
        """Return up to *count* different values, as text."""
        ...

    def misfits(self, table: str, column: str, type_: str) -> int | None:
        """Return how many values do not fit the type; None where that cannot be told."""
        ...

    def duplicates(self, table: str, columns: tuple[str, ...]) -> int:
        """Return how many rows repeat what another has in *columns*; those with a NULL there do not count."""
        ...

    def uses(self, table: str, column: str, value: str) -> int:
        """Return how many rows have that value."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: what it means, and the text of the command line that gives it."""

    label: str
    command: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the data says: how many values or rows are concerned, some of them, and whether they fit, in words."""

    count: int = 0
    samples: tuple[str, ...] = ()
    fits: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person knows. *path* is that of the object, in the names it has now.

    *default* is what happens without an answer: "stop", or "go on" as if nothing was asked. *remedy* is revision code.
    """

    kind: Kind
    path: tuple[str, ...]
    sentence: str
    options: tuple[Option, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    default: Default = "go on"
    remedy: str = ""


def settled_by(changes: SchemaDiff) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the path that each renamed object had, by the path it has after all of *changes*."""
    renames = [change for change in changes.changes if change.kind == "rename"]
    tables = {change.before: change.after for change in renames if len(change.path) == 1}
    found: dict[tuple[str, ...], tuple[str, ...]] = {(new,): (old,) for old, new in tables.items()}
    for change in renames:
        if change.path[1:2] == ("columns",):
            found[tables.get(change.path[0], change.path[0]), "columns", change.after] = change.path
    return found


@dataclass(frozen=True, slots=True)
class Situation:
    """All that questions are made of; *settled* are the paths that renamed objects had, by the paths they get."""

    before: Schema
    after: Schema
    changes: SchemaDiff
    candidates: Sequence[Candidate]
    drops: frozenset[tuple[str, ...]]
    facts: Facts
    settled: dict[tuple[str, ...], tuple[str, ...]]

    def now(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Return the path that an object of *after* has in the live database."""
        if path in self.settled:
            return self.settled[path]
        return (*self.settled.get(path[:1], path[:1]), *path[1:])


def counted(count: int, thing: str) -> str:
    """Return "1 row" or "1,204 rows"."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def fit_words(misfits: int | None, type_: str) -> str:
    """Return what *misfits* of values mean for a type, in words."""
    if misfits is None:
        return f"whether they fit {type_ or 'it'} is not known"
    if not misfits:
        return f"all fit {type_ or 'it'}"
    return f"{counted(misfits, 'value')} {'does' if misfits == 1 else 'do'} not fit {type_ or 'it'}"
