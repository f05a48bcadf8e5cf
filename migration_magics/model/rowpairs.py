"""Which column before is which column after, and what tells a row: all that is known before rows are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .renamed import between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .diff import Change
    from .schema import Column, Schema, Table


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """A column before and after; one of the two is None where it was added or dropped."""

    before: Column | None
    after: Column | None

    @property
    def column(self) -> Column:
        """The column afterwards, or before where it is gone."""
        column = self.after or self.before
        if column is None:
            raise ValueError("a pair has a side")
        return column

    @property
    def name(self) -> str:
        """Its name afterwards, or before where it is gone."""
        return self.column.name

    @property
    def old(self) -> Column:
        """The column before, or afterwards where it was added."""
        return self.before or self.column

    @property
    def is_kept(self) -> bool:
        """It is there before and after."""
        return self.before is not None and self.after is not None

    @property
    def types(self) -> tuple[str, str] | None:
        """The type before and after where they differ."""
        if self.before is None or self.after is None or self.before.type == self.after.type:
            return None
        return self.before.type, self.after.type


@dataclass(frozen=True, slots=True)
class Key:
    """Columns that tell rows apart. Where it is not *is_proved* by the schema, the rows have to be asked."""

    pairs: tuple[ColumnPair, ...]
    is_proved: bool


@dataclass(frozen=True, slots=True)
class TablePair:
    """A table before and after; one of the two is None where it was made or dropped.

    *columns* are those whose values count: what a generated column computes does not. *keys* come best first.
    """

    before: Table | None
    after: Table | None
    columns: tuple[ColumnPair, ...] = ()
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """The table afterwards, or before where it is gone."""
        table = self.after or self.before
        if table is None:
            raise ValueError("a pair has a side")
        return table

    @property
    def key(self) -> str:
        """The `schema.key` afterwards, or before where the table is gone."""
        return self.table.key

    @property
    def kept(self) -> tuple[ColumnPair, ...]:
        """The columns that are there before and after."""
        return tuple(pair for pair in self.columns if pair.is_kept)


def pairs(before: Schema, after: Schema, renames: Iterable[Change]) -> tuple[TablePair, ...]:
    """Return the tables of both schemas, sorted by their keys, each with its other side by *renames*, oldest first."""
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for change in between(renames):
        if len(change.path) == 1:
            tables[change.before] = change.after
        else:
            columns[change.path[0], change.before] = change.after
    found: list[TablePair] = []
    seen: set[str] = set()
    for table in before.tables:
        name = tables.get(table.key, table.key)
        other = after.table(name) or after.table(table.key)
        if other is None or other.key in seen:
            found.append(TablePair(table, None))
            continue
        seen.add(other.key)
        renamed = {old: new for (key, old), new in columns.items() if key == table.key}
        found.append(_pair(table, other, renamed, before.dialect))
    found += [TablePair(None, table) for table in after.tables if table.key not in seen]
    return tuple(sorted(found, key=lambda pair: pair.key))


def _pair(before: Table, after: Table, renamed: dict[str, str], dialect: str) -> TablePair:
    columns = tuple(each for each in _columns(before, after, renamed) if _counts(each))
    by_name = {pair.before.name: pair for pair in columns if pair.before is not None and pair.after is not None}
    return TablePair(before, after, columns, _keys(before, after, by_name, dialect), _notes(before, after, columns))


def _columns(before: Table, after: Table, renamed: dict[str, str]) -> Iterator[ColumnPair]:
    taken: set[str] = set()
    gone: list[ColumnPair] = []
    found: dict[str, ColumnPair] = {}
    for column in before.columns:
        other = after.column(renamed.get(column.name, column.name)) or after.column(column.name)
        if other is None or other.name in taken:
            gone.append(ColumnPair(column, None))
        else:
            taken.add(other.name)
            found[other.name] = ColumnPair(column, other)
    for column in after.columns:
        yield found.get(column.name, ColumnPair(None, column))
    yield from gone


def _counts(pair: ColumnPair) -> bool:
    """A generated column holds nothing of its own."""
    sides = [side for side in (pair.before, pair.after) if side is not None]
    return any(side.computed is None for side in sides)


def _keys(before: Table, after: Table, by_name: dict[str, ColumnPair], dialect: str) -> tuple[Key, ...]:
    back = {pair.name: name for name, pair in by_name.items()}
    of_before = list(_candidates(before))
    of_after = [tuple(back.get(name, "") for name in names) for names in _candidates(after)]
    found: dict[tuple[str, ...], Key] = {}
    for names in (*of_before, *of_after):
        if names in found or not all(name in by_name for name in names):
            continue
        own = tuple(by_name[name] for name in names)
        is_key = names in of_before and names in of_after
        found[names] = Key(own, is_key and all(_is_there(pair, dialect, before, after) for pair in own))
    return tuple(sorted(found.values(), key=lambda key: not key.is_proved))


def _candidates(table: Table) -> Iterator[tuple[str, ...]]:
    if table.primary_key is not None:
        yield table.primary_key.columns
    for unique in table.uniques:
        yield unique.columns
    for index in table.indexes:
        if index.is_unique and not index.where and not any(part.is_expression or part.options for part in index.parts):
            yield tuple(part.text for part in index.parts)


def _is_there(pair: ColumnPair, dialect: str, before: Table, after: Table) -> bool:
    """Say whether no row can have NULL here. SQLite lets primary keys be NULL, but for INTEGER (lang_createtable, 3.5)."""
    return all(
        column is not None and (not column.is_nullable or _is_rowid(column, table, dialect))
        for column, table in ((pair.before, before), (pair.after, after))
    )


def _is_rowid(column: Column, table: Table, dialect: str) -> bool:
    is_alone = table.primary_key is not None and table.primary_key.columns == (column.name,)
    return dialect == "sqlite" and is_alone and column.type.upper() == "INTEGER"


def _notes(before: Table, after: Table, columns: tuple[ColumnPair, ...]) -> tuple[str, ...]:
    notes = [f"renamed: {before.key} -> {after.key}"] if before.key != after.key else []
    for pair in columns:
        if pair.before is None or pair.after is None:
            continue
        if pair.before.name != pair.after.name:
            notes.append(f"column renamed: {pair.before.name} -> {pair.after.name}")
        if pair.types is not None:
            notes.append(f"type changed: {pair.name}, {' -> '.join(pair.types)}")
    was, now = before.primary_key, after.primary_key
    names = {pair.before.name: pair.name for pair in columns if pair.before is not None and pair.after is not None}
    old = tuple(names.get(name, name) for name in was.columns) if was is not None else ()
    new = now.columns if now is not None else ()
    if old != new:
        notes.append(f"key changed: ({', '.join(old)}) -> ({', '.join(new)})")
    return tuple(notes)
