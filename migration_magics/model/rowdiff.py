"""What a run did to the rows of a table, as a value: counts, columns, the most frequent transitions, a sample.

Values of rows are short texts here, cleaned and with secrets masked; None is NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..clean import clean
from ..redact import MASK, is_secret, redact

if TYPE_CHECKING:
    from collections.abc import Iterable

How = Literal["compared by key", "compared as multisets", "made", "gone", "not compared"]
Presence = Literal["kept", "added", "dropped"]

TRANSITIONS_A_COLUMN = 10
SAMPLES = 20

_HEAD, _TAIL = 50, 20
LONGEST = _HEAD + _TAIL + 10
"""How many characters of a value are shown at most; of a longer one its head, its tail and its length."""


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What became of one column's values in the rows that are there before and after.

    *changed* counts every value that differs, *to_null* and *from_null* those of them that were or became NULL. *lossy* is,
    where the type changed, how many values are not what they were. Of an added column a value counts as changed where it
    is not the column's default; of a dropped one every value that was there.
    """

    name: str
    changed: int
    to_null: int = 0
    from_null: int = 0
    lossy: int = 0
    presence: Presence = "kept"
    was: str = ""
    """Its name before, where that was another."""
    types: tuple[str, str] | None = None
    """Its type before and after, where that changed."""


@dataclass(frozen=True, slots=True)
class Transition:
    """An old value that became a new one in *count* rows."""

    column: str
    before: str | None
    after: str | None
    count: int


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One changed row: its *key*, and values as (column, text). Of an updated row only those that differ.

    *before* is empty for an inserted row, *after* for a deleted one; *key* is empty where the table has none.
    """

    key: tuple[tuple[str, str | None], ...]
    before: tuple[tuple[str, str | None], ...] = ()
    after: tuple[tuple[str, str | None], ...] = ()

    @property
    def kind(self) -> Literal["inserted", "deleted", "updated"]:
        """What happened to the row."""
        if not self.before:
            return "inserted"
        return "updated" if self.after else "deleted"


@dataclass(frozen=True, slots=True)
class RowDiff:
    """What a run did to the rows of a table. *table* is its `schema.key` afterwards, or before where it is gone.

    *updated* counts rows of which a column that is there afterwards differs. *is_exact* is False where a row that was
    changed can't be told from one that was deleted and one that was inserted, or where nothing was counted.
    """

    table: str
    inserted: int = 0
    deleted: int = 0
    updated: int = 0
    unchanged: int = 0
    columns: tuple[ColumnChange, ...] = ()
    transitions: tuple[Transition, ...] = ()
    samples: tuple[SampleRow, ...] = ()
    how: How = "compared by key"
    key: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_exact: bool = True

    def __bool__(self) -> bool:
        return bool(self.inserted or self.deleted or self.updated or any(each.changed for each in self.columns))

    @property
    def before(self) -> int:
        """How many rows there were."""
        return self.unchanged + self.updated + self.deleted

    @property
    def after(self) -> int:
        """How many rows there are."""
        return self.unchanged + self.updated + self.inserted

    def column(self, name: str) -> ColumnChange | None:
        """Return what became of the column *name*, or None where nothing did."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows over several tables, and in how many *tables* something happened."""

    tables: int
    inserted: int
    deleted: int
    updated: int


def totals(diffs: Iterable[RowDiff]) -> Totals:
    """Return the sums over *diffs*."""
    found = tuple(diffs)
    return Totals(
        sum(map(bool, found)),
        sum(each.inserted for each in found),
        sum(each.deleted for each in found),
        sum(each.updated for each in found),
    )


def words(diff: RowDiff) -> str:
    """Return the counts in words, without the zeroes.

    >>> words(RowDiff("evaluations", updated=1204, deleted=1))
    '1 deleted, 1,204 updated'
    """
    if diff.how == "not compared":
        return "not compared"
    named = (("inserted", diff.inserted), ("deleted", diff.deleted), ("updated", diff.updated))
    said = [f"{count:,} {word}" for word, count in named if count]
    said += [dropped_words(each) for each in dropped(diff) if each.changed]
    return ", ".join(said) or "no row changed"


def dropped(diff: RowDiff) -> tuple[ColumnChange, ...]:
    """Return the columns that are gone."""
    return tuple(each for each in diff.columns if each.presence == "dropped")


def dropped_words(change: ColumnChange) -> str:
    """Return how many values went with a column, in words."""
    return f"{change.changed:,} value{'' if change.changed == 1 else 's'} dropped with {change.name}"


def column_words(change: ColumnChange) -> str:
    """Return what became of a column in words.

    >>> column_words(ColumnChange("status", 12, to_null=2, types=("text", "integer"), lossy=10))
    'status: 12 changed, 2 to NULL, text -> integer, 10 not what they were'
    """
    said = [f"{change.changed:,} {'dropped' if change.presence == 'dropped' else 'changed'}"]
    if change.to_null and change.presence != "dropped":
        said.append(f"{change.to_null:,} to NULL")
    if change.from_null:
        said.append(f"{change.from_null:,} from NULL")
    if change.types is not None:
        said.append(" -> ".join(change.types))
    if change.lossy:
        said.append(f"{change.lossy:,} not what they were")
    name = f"{change.name} (was {change.was})" if change.was else change.name
    return f"{name}: {', '.join(said)}"


def shown(column: str, text: str | None) -> str | None:
    """Return the value *text* of a *column* as it may be shown; the database has cut it short already."""
    if text is None:
        return None
    return MASK if is_secret(column) else clean(redact(text))


def shortened(text: str) -> str:
    """Return *text* as the databases cut it: its head, its tail and its length where it is longer than `LONGEST`."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:_HEAD]}…{text[-_TAIL:]} ({len(text)} characters)"
