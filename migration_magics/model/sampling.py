"""Which rows a sample has: what was chosen, how the choice is made, and which columns a mask reaches through foreign keys."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from .schema import ForeignKey, Schema, Table

MOST_VALUES = 12
"""A column with at most so many different values in the pool has each of them in the sample."""

_ROWS_PER_VALUE = 3


@dataclass(frozen=True, slots=True)
class SampledTable:
    """What was chosen of one table. *total* is how many rows it has, an estimate unless *is_exact*.

    *chosen* counts all rows that were taken, among them *parents*: those that are there only because others refer to them.
    *how* says in words how they were found. *forced*: at most so many are there for a rare value, and not by chance.
    """

    name: str
    chosen: int
    total: int
    is_exact: bool
    parents: int = 0
    how: str = ""
    forced: int = 0


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a sample has: per table, by name; *rows* and *seed* as they were asked for, *masks* as `table.column`, sorted.

    *masks* names every column that was masked: those asked for, and those that a foreign key ties to them.
    """

    tables: tuple[SampledTable, ...] = ()
    rows: int = 0
    seed: int = 0
    masks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def chosen(self) -> int:
        """All rows that were taken."""
        return sum(table.chosen for table in self.tables)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be chosen. *key* is what tells it from all others, *strata* its values of the columns that matter."""

    key: Hashable
    strata: tuple[Hashable, ...] = ()


def rank(seed: int, key: object) -> bytes:
    """Return where *key* stands in the order that *seed* gives; the same in every process."""
    return blake2b(repr(key).encode("utf-8", "backslashreplace"), digest_size=8, key=str(seed).encode()[:64]).digest()


def choose(pool: Iterable[Candidate], rows: int, seed: int) -> tuple[Hashable, ...]:
    """Return the keys of at most *rows* candidates, in the order of *seed*: rare values first, the rest by chance.

    Of each value of a column that has few of them there are up to three rows, as long as *rows* allows; one of each before
    a second of any.
    """
    ordered = sorted(pool, key=lambda one: rank(seed, one.key))
    if len(ordered) <= rows:
        return tuple(one.key for one in ordered)
    chosen: dict[Hashable, None] = {}
    members = _strata(ordered)
    for wanted in range(1, _ROWS_PER_VALUE + 1):
        for stratum in members:
            taken = sum(one.key in chosen for one in stratum[: rows + wanted])
            for one in stratum:
                if taken >= wanted or len(chosen) >= rows:
                    break
                if one.key not in chosen:
                    chosen[one.key] = None
                    taken += 1
    for one in ordered:
        if len(chosen) >= rows:
            break
        chosen.setdefault(one.key)
    return tuple(sorted(chosen, key=lambda key: rank(seed, key)))


def most_forced(pool: Iterable[Candidate]) -> int:
    """Return how many candidates of *pool* `choose` takes at most for the sake of rare values."""
    return max((len(one.strata) for one in pool), default=0) * MOST_VALUES * _ROWS_PER_VALUE


def _strata(pool: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates of each value of each column that has few values: the rarest first."""
    found: list[list[Candidate]] = []
    width = max((len(one.strata) for one in pool), default=0)
    for at in range(width):
        counted = Counter(one.strata[at] for one in pool if len(one.strata) > at)
        few = set(counted) if len(counted) <= MOST_VALUES else {None} & set(counted)
        groups: dict[Hashable, list[Candidate]] = defaultdict(list)
        for one in pool:
            if len(one.strata) > at and one.strata[at] in few:
                groups[one.strata[at]].append(one)
        found += groups.values()
    return sorted(found, key=len)


def references(schema: Schema, table: Table) -> tuple[tuple[ForeignKey, Table, tuple[str, ...]], ...]:
    """Return the foreign keys of *table* with the table and columns each points to; what points nowhere is left out.

    SQLite takes foreign keys to tables and columns that are not there, and without columns means the primary key.
    """
    found = []
    for fk in table.foreign_keys:
        target = schema.table(fk.target)
        if target is None:
            folded = fk.target.lower()
            target = next((each for each in schema.tables if each.key.lower() == folded), None)
        if target is None:
            continue
        named = fk.target_columns or (target.primary_key.columns if target.primary_key else ())
        spelled = {column.name.lower(): column.name for column in target.columns}
        columns = tuple(spelled.get(name.lower(), "") for name in named)
        own = {column.name.lower(): column.name for column in table.columns}
        if len(columns) == len(fk.columns) and all(columns) and all(name.lower() in own for name in fk.columns):
            found.append((fk, target, columns))
    return tuple(found)


def tied(schema: Schema, masks: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Return the columns to mask, as (table key, column), each with all that foreign keys tie it to (itself among them)."""
    near: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for table in schema.tables:
        for fk, target, columns in references(schema, table):
            for own, other in zip(fk.columns, columns, strict=True):
                near[table.key, own].add((target.key, other))
                near[target.key, other].add((table.key, own))
    found: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for mask in masks:
        group, left = {mask}, [mask]
        while left:
            fresh = near[left.pop()] - group
            group |= fresh
            left += fresh
        found |= dict.fromkeys(group, tuple(sorted(group)))
    return found
