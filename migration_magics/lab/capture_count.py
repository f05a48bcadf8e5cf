"""Count, in the database, what became of one table's rows.

The changed rows go into a temporary table: `mm_kind` is i, d or u; of the n-th column `o<n>` is the old value, `n<n>` the
new one, and `d<n>` says 1 where they differ. All further questions are asked of it.
"""

# ruff: noqa: S608  # names are quoted by `Words`; nobody's values stand in the SQL

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ..model.rowdiff import SAMPLES, TRANSITIONS_A_COLUMN, ColumnChange, RowDiff, SampleRow, Transition
from .capture_question import Question
from .capture_unkeyed import as_multisets, one_sided

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

    from ..model.rowpairs import ColumnPair, Key, TablePair
    from .capture_kept import Kept

_OF_A_KIND = 4
"""How many inserted and how many deleted rows are in a sample."""


def row_diff(connection: Connection, kept: Kept, pair: TablePair) -> RowDiff:
    """Return what became of the rows of one table. *connection* sees them before and now. Raises SQLAlchemy's errors."""
    ask = Question(connection, kept, pair)
    if pair.before is None or pair.after is None:
        return one_sided(ask)
    key = next((each for each in pair.keys if each.is_proved or ask.holds(each)), None)
    found = as_multisets(ask) if key is None else _ByKey(ask, key).row_diff()
    ask.drop()  # after an error the next one does, or the end of the session
    return found


class _ByKey:
    """The counting of one table by its *key*."""

    def __init__(self, ask: Question, key: Key) -> None:
        self.ask, self.key, self.words = ask, key, ask.words
        self.columns = tuple(each for each in ask.pair.columns if each.after is not None)

    def row_diff(self) -> RowDiff:
        """Return what became of the rows."""
        self._find()
        inserted, updated, *sums = (int(each or 0) for each in self._tally())
        now = self.ask.rows_now()
        deleted = self.ask.rows_before() - (now - inserted)  # a key: every row of now that is not new was there
        if deleted:
            self._find_deleted()
        if inserted and deleted:
            self._note_moved()
        found = {each.name: self._transitions(at, each) for at, each in enumerate(self.columns) if sums[3 * at]}
        numbers = [
            *(self._of_kind("i") if inserted else ()),
            *(self._of_kind("d") if deleted else ()),
            *_picked([rows for _, rows in found.values()]),
        ]
        return RowDiff(
            self.ask.pair.key,
            inserted,
            deleted,
            updated,
            now - inserted - updated,
            tuple(self._column_changes(sums)),
            tuple(each for transitions, _ in found.values() for each in transitions),
            tuple(self._sampled(numbers[:SAMPLES])),
            key=tuple(each.name for each in self.key.pairs),
            notes=tuple(self.ask.notes),
        )

    def _find(self) -> None:
        """Make the table of changes."""
        is_new = f"b.{self.words.name(self.key.pairs[0].old.name)} IS NULL"
        differ = [self.words.differs(each, "b", "o") for each in self.columns]
        flags = [f"CASE WHEN {is_new} THEN 0 WHEN {each} THEN 1 ELSE 0 END" for each in differ]
        values = [
            f"CASE WHEN {is_new} THEN 'i' ELSE 'u' END AS mm_kind",
            *(f"{flag} AS d{at}" for at, flag in enumerate(flags)),
            *(f"{self._old(each)} AS o{at}" for at, each in enumerate(self.columns)),
            *(f"o.{self.words.name(each.name)} AS n{at}" for at, each in enumerate(self.columns)),
        ]
        touched = self.ask.kept.touched(self.ask.connection, self.ask.pair)
        where = f"({' OR '.join([is_new, *differ])})" + (f" AND {touched}" if touched else "")
        self.ask.make(
            self.columns, values, f"FROM {self.ask.now} LEFT JOIN {self.ask.was} ON {self._is_same} WHERE {where}"
        )

    def _find_deleted(self) -> None:
        kept = [(at, each) for at, each in enumerate(self.columns) if each.before is not None]
        names = ["mm_kind", *(f"d{at}" for at in range(len(self.columns))), *(f"o{at}" for at, _ in kept)]
        values = ["'d'", *("0" for _ in self.columns), *(self._old(each) for _, each in kept)]
        if self.ask.is_numbered:
            offset = int(self.ask.value(f"SELECT count(*) FROM {self.ask.changes}"))
            names, values = ["mm_row", *names], [f"{offset} + row_number() OVER ()", *values]
        self.ask.do(
            f"INSERT INTO {self.ask.changes} ({', '.join(names)}) SELECT {', '.join(values)} FROM {self.ask.was} "
            f"WHERE NOT EXISTS (SELECT 1 FROM {self.ask.now} WHERE {self._is_same})"
        )

    @property
    def _is_same(self) -> str:
        return " AND ".join(self.words.same_key(each, "b", "o") for each in self.key.pairs)

    def _old(self, pair: ColumnPair) -> str:
        if pair.before is not None:
            return f"b.{self.words.name(pair.before.name)}"
        return self.words.default(pair.column)

    def _tally(self) -> Any:
        """One row: inserted, updated; and for each column changed, to NULL, from NULL."""
        sums = [f"sum(CASE WHEN mm_kind = '{kind}' THEN 1 ELSE 0 END)" for kind in "iu"]
        for at in range(len(self.columns)):
            sums += [
                f"sum(d{at})",
                f"sum(CASE WHEN d{at} = 1 AND n{at} IS NULL THEN 1 ELSE 0 END)",
                f"sum(CASE WHEN d{at} = 1 AND o{at} IS NULL THEN 1 ELSE 0 END)",
            ]
        return self.ask.rows(f"SELECT {', '.join(sums)} FROM {self.ask.changes}")[0]

    def _column_changes(self, sums: Any) -> Iterator[ColumnChange]:
        for at, pair in enumerate(self.columns):
            changed, to_null, from_null = (int(each or 0) for each in sums[3 * at : 3 * at + 3])
            if not changed:
                continue
            was = pair.before.name if pair.before is not None and pair.before.name != pair.name else ""
            yield ColumnChange(
                pair.name,
                changed,
                to_null,
                from_null,
                changed - from_null if pair.types else 0,
                "kept" if pair.is_kept else "added",
                was,
                pair.types,
            )
        gone = [each for each in self.ask.pair.columns if each.after is None]
        if gone:
            counts = ", ".join(f"count(b.{self.words.name(each.name)})" for each in gone)
            for pair, count in zip(gone, self.ask.rows(f"SELECT {counts} FROM {self.ask.was}")[0], strict=True):
                yield ColumnChange(pair.name, int(count), int(count), presence="dropped")

    def _transitions(self, at: int, pair: ColumnPair) -> tuple[list[Transition], list[tuple[int, int]]]:
        """The most frequent ones, and of each the numbers of its first row and its last."""
        old, new = pair.old, pair.column
        rows = self.ask.rows(
            f"SELECT {self.words.shown('s.o', old)}, {self.words.shown('s.n', new)}, s.c, s.f, s.l FROM ("
            f"SELECT {self.words.identity(f'o{at}', old)} AS o, {self.words.identity(f'n{at}', new)} AS n, count(*) AS c, "
            f"min({self.words.row}) AS f, max({self.words.row}) AS l FROM {self.ask.changes} WHERE d{at} = 1 "
            f"GROUP BY {self.words.identity(f'o{at}', old)}, {self.words.identity(f'n{at}', new)} "
            f"ORDER BY c DESC, f LIMIT {TRANSITIONS_A_COLUMN}) s ORDER BY s.c DESC, s.f"
        )
        found: dict[tuple[str | None, str | None], int] = {}
        for before, after, count, *_ in rows:
            both = self.ask.text(pair.name, before), self.ask.text(pair.name, after)
            found[both] = found.get(both, 0) + int(count)  # secrets look all the same
        transitions = [Transition(pair.name, before, after, count) for (before, after), count in found.items()]
        return transitions, [(int(row[3]), int(row[4])) for row in rows]

    def _note_moved(self) -> None:
        """Say how many rows are there again under another key: a key that is changed looks like a delete and an insert."""
        others = [
            (at, each)
            for at, each in enumerate(self.columns)
            if each not in self.key.pairs and each.is_kept and not each.types
        ]
        if not others:
            return
        values = [
            self.words.identity(f"(CASE WHEN mm_kind = 'i' THEN n{at} ELSE o{at} END)", each.column)
            for at, each in others
        ]
        sums = ", ".join(f"sum(CASE WHEN mm_kind = '{kind}' THEN 1 ELSE 0 END) AS {kind}" for kind in "id")
        moved = self.ask.value(
            f"SELECT sum(CASE WHEN i < d THEN i ELSE d END) FROM (SELECT {sums} FROM {self.ask.changes} "
            f"WHERE mm_kind <> 'u' GROUP BY {', '.join(values)}) s"
        )
        if moved:
            named = ", ".join(each.name for each in self.key.pairs)
            self.ask.notes.append(f"{int(moved):,} of the deleted rows are there again with another key ({named})")

    # -- samples

    def _of_kind(self, kind: str) -> list[int]:
        row = self.words.row
        return [
            int(found[0])
            for found in self.ask.rows(
                f"SELECT {row} FROM {self.ask.changes} WHERE mm_kind = '{kind}' ORDER BY {row} LIMIT {_OF_A_KIND}"
            )
        ]

    def _sampled(self, numbers: list[int]) -> Iterator[SampleRow]:
        if not numbers:
            return
        values = []
        for at, each in enumerate(self.columns):
            values += [f"d{at}", self.words.shown(f"o{at}", each.old), self.words.shown(f"n{at}", each.column)]
        rows = self.ask.rows(
            f"SELECT mm_kind, {', '.join(values)} FROM {self.ask.changes} "
            f"WHERE {self.words.row} IN ({', '.join(map(str, numbers))}) ORDER BY mm_kind, {self.words.row}"
        )
        for kind, *cells in rows:
            yield self._sample(kind, cells)

    def _sample(self, kind: str, cells: list[Any]) -> SampleRow:
        before, after, own = [], [], []
        for at, each in enumerate(self.columns):
            differs, *texts = cells[3 * at : 3 * at + 3]
            old, new = (self.ask.text(each.name, text) for text in texts)
            if each in self.key.pairs:
                own.append((each.name, old if kind == "d" else new))
            if kind == "i" or differs:
                after.append((each.name, new))
            if (kind == "d" and each.is_kept) or differs:
                before.append((each.name, old))
        return SampleRow(tuple(own), tuple(before), tuple(after))


def _picked(numbers: Iterable[list[tuple[int, int]]]) -> list[int]:
    """Take of each column's transitions the first rows in turn, then the last ones."""
    columns = [list(each) for each in numbers]
    found: dict[int, None] = {}
    for which in range(2):
        for ranked in zip_longest(*columns):
            found.update((each[which], None) for each in ranked if each is not None)
    return list(found)
