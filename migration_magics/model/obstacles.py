"""Rows that stand in the way of a change: NULLs, duplicates, values that do not fit. Each with the code that handles it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import remedies
from .answers import spelled, spelled_name
from .narrowing import is_narrowing, misfit
from .question import SAMPLES, Evidence, Question, Situation, counted, fit_words
from .schema import Column, Enum, Index, Table, Unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diff import Change


def obstacles(situation: Situation) -> Iterator[Question]:
    """Yield a question per change that the rows there do not allow; its remedy calls everything by its new name."""
    yield from _Rows(situation).of_rows()


@dataclass(frozen=True, slots=True)
class _Rows:
    it: Situation

    def of_rows(self) -> Iterator[Question]:
        gone = self.it.drops.union(self.it.settled.values())
        asked = {each.path_after for each in self.it.candidates if each.is_likely and each.path_before not in gone}
        for change in self.it.changes.changes:
            match change.before, change.after:
                case Enum() as old, Enum() as new:
                    yield from self._enum(change, old, new)
                case None, Column() as new if change.path not in asked:
                    yield from self._added(change, new)
                case Column() as old, Column() as new:
                    yield from self._not_null(change, old, new)
                    yield from self._narrowed(change, old, new)
                case _, (Unique() | Index()) as new:
                    yield from self._unique(change, new)

    def _added(self, change: Change, column: Column) -> Iterator[Question]:
        is_filled = column.default is not None or column.identity or column.computed or column.is_autoincrement
        table = self.it.after.table(change.path[0])
        count = 0 if column.is_nullable or is_filled else self.it.facts.rows(self.it.now(change.path[:1])[0])
        if count and table:
            rows = f"{counted(count, 'row')} {'needs' if count == 1 else 'need'}"
            sentence = f"{spelled(change.path)} is new and NOT NULL without a default, and {rows} a value."
            remedy = remedies.not_null(table, column, self.it.before.dialect, is_new=True)
            yield Question("not null", change.path, sentence, (), Evidence(count), "go on", remedy)

    def _not_null(self, change: Change, old: Column, new: Column) -> Iterator[Question]:
        path, table = self.it.now(change.path), self.it.after.table(change.path[0])
        if not old.is_nullable or new.is_nullable or table is None:
            return
        count = self.it.facts.rows(path[0]) - self.it.facts.values(path[0], path[-1])
        if count:
            sentence = f"{spelled(path)} becomes NOT NULL, and is NULL in {counted(count, 'row')}."
            remedy = remedies.not_null(table, new, self.it.before.dialect, is_new=False)
            yield Question("not null", path, sentence, (), Evidence(count), "go on", remedy)

    def _unique(self, change: Change, part: Unique | Index) -> Iterator[Question]:
        table, was_unique = self.it.after.table(change.path[0]), _unique_columns(change.before)
        columns = _unique_columns(part)
        paths = [self.it.now((change.path[0], "columns", each)) for each in columns]
        before = self.it.before.table(self.it.now(change.path[:1])[0])
        if not columns or columns == was_unique or not table or not before:
            return
        names = tuple(path[-1] for path in paths)
        if not all(before.column(name) for name in names):
            return
        count = self.it.facts.duplicates(before.key, names)
        if count:
            path = (before.key, "uniques" if isinstance(part, Unique) else "indexes", part.name)
            what = f"{before.key} ({', '.join(map(spelled_name, columns))})"
            repeat = "row repeats" if count == 1 else "rows repeat"
            sentence = f"{what} becomes unique, and {count:,} {repeat} what another has there."
            remedy = remedies.unique(table, columns, part, self.it.before.dialect)
            yield Question("unique", path, sentence, (), Evidence(count), "go on", remedy)

    def _narrowed(self, change: Change, old: Column, new: Column) -> Iterator[Question]:
        path, table = self.it.now(change.path), self.it.after.table(change.path[0])
        if table is None:
            return
        values, kept = remedies.enum_values(old.type), remedies.enum_values(new.type)
        if values and kept:
            yield from self._enum_column(path, table, new, (values, kept))
            return
        dialect = self.it.before.dialect
        if not is_narrowing(old, new, dialect):
            return
        count = self.it.facts.values(path[0], path[-1])
        misfits = self.it.facts.misfits(path[0], path[-1], new.type) if count else 0
        if misfits != 0:
            fits = fit_words(misfits, new.type)
            sentence = (
                f"{spelled(path)} becomes {new.type or 'a column without a type'}, from {old.type or 'none'}: {fits}."
            )
            evidence = Evidence(
                count if misfits is None else misfits, self.it.facts.samples(path[0], path[-1], SAMPLES), fits
            )
            condition = misfit(remedies.quoted(new.name, dialect), old.type, new.type, dialect)
            remedy = remedies.narrowed(table, replace(old, name=new.name), new, dialect, condition)
            yield Question("narrowing", path, sentence, (), evidence, "go on", remedy)

    def _enum_column(
        self, path: tuple[str, ...], table: Table, column: Column, values: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> Iterator[Question]:
        uses = {each: self.it.facts.uses(path[0], path[-1], each) for each in values[0] if each not in values[1]}
        gone = tuple(each for each, count in uses.items() if count)
        if gone:
            remedy = remedies.shrunk_enum_column(table, column, gone, values[1], self.it.before.dialect)
            yield _enum_question(path, gone, sum(uses.values()), remedy)

    def _enum(self, change: Change, old: Enum, new: Enum) -> Iterator[Question]:
        users = [
            (table, column)
            for table in self.it.after.tables
            for column in table.columns
            if column.type in _spellings(old)
        ]
        uses = dict.fromkeys((each for each in old.values if each not in new.values), 0)
        for table, column in users:
            path = self.it.now((table.key, "columns", column.name))
            one = self.it.before.table(path[0])
            if one and one.column(path[-1]):
                for value in uses:
                    uses[value] += self.it.facts.uses(path[0], path[-1], value)
        gone = tuple(each for each, count in uses.items() if count)
        if gone:
            remedy = remedies.shrunk_enum(new, users, gone, new.values)
            yield _enum_question(change.path, gone, sum(uses.values()), remedy)


def _unique_columns(part: Unique | Index | None) -> tuple[str, ...]:
    """Return the columns that *part* makes unique as they are: none where it is partial or has expressions."""
    if isinstance(part, Unique):
        return part.columns
    if part is None or not part.is_unique or part.where or any(each.is_expression for each in part.parts):
        return ()
    return tuple(each.text for each in part.parts)


def _spellings(enum: Enum) -> set[str]:
    """Return how a column's type may be spelled that is this *enum*: as PostgreSQL does, quoted where need be."""
    names = {enum.name, remedies.quoted(enum.name, "postgresql")}
    schemas = {enum.schema, remedies.quoted(enum.schema, "postgresql")}
    return names | {f"{schema}.{name}" for schema in schemas for name in names} | {enum.key}


def _enum_question(path: tuple[str, ...], gone: tuple[str, ...], count: int, remedy: str) -> Question:
    values = ", ".join(map(repr, gone))
    has = "row has" if count == 1 else "rows have"
    sentence = f"{spelled(path)} loses {values}, which {count:,} {has}."
    return Question("enum value", path, sentence, (), Evidence(count, gone), "go on", remedy)
