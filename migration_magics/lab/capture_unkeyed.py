"""Count what became of rows that nothing tells apart: as often as each is there. And of tables that are new, or gone."""

# ruff: noqa: S608  # names are quoted by `Words`; nobody's values stand in the SQL

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.rowdiff import SAMPLES, RowDiff, SampleRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.rowpairs import ColumnPair
    from .capture_question import Question

_OF_ONE_SIDE = 4
"""How many rows of a table that is new or gone are in a sample."""


def as_multisets(ask: Question) -> RowDiff:
    """Return how many rows more, and how many fewer, there are of each kind; a row's kind is all of its values."""
    kept = ask.pair.kept
    was, now = ask.rows_before(), ask.rows_now()
    if kept:
        _find(ask, kept)
        sums = (f"sum(CASE WHEN mm_net {sign} 0 THEN abs(mm_net) ELSE 0 END)" for sign in "><")
        inserted, deleted = (int(each or 0) for each in ask.rows(f"SELECT {', '.join(sums)} FROM {ask.changes}")[0])
        samples = (*_sample(ask, kept, ">"), *_sample(ask, kept, "<"))
    else:
        inserted, deleted, samples = now, was, ()
    notes = [*ask.notes, "no key: a changed row counts as one deleted and one inserted"]
    if len(kept) < len(ask.pair.columns):
        notes.append(f"not compared: {', '.join(each.name for each in ask.pair.columns if not each.is_kept)}")
    return RowDiff(
        ask.pair.key,
        inserted,
        deleted,
        unchanged=was - deleted,
        samples=samples,
        how="compared as multisets",
        notes=tuple(notes),
        is_exact=not (inserted and deleted),
    )


def _find(ask: Question, kept: tuple[ColumnPair, ...]) -> None:
    """Make the table of changes: what is there more often or less often, and by how much (`mm_net`)."""
    sides = [ask.words.sides(each, "b", "o") for each in kept]
    names = [f"v{at}" for at in range(len(kept))]
    before, after = (
        ", ".join(f"{side[which]} AS {name}" for side, name in zip(sides, names, strict=True)) for which in range(2)
    )
    grouped = ", ".join(ask.words.grouped(f"u.{name}") for name in names)
    ask.make(
        kept,
        [*(f"u.{name}" for name in names), "sum(u.s) AS mm_net"],
        f"FROM (SELECT -1 AS s, {before} FROM {ask.was} UNION ALL SELECT 1, {after} FROM {ask.now}) u "
        f"GROUP BY {grouped} HAVING sum(u.s) <> 0",
        is_compared=True,
    )


def _sample(ask: Question, kept: tuple[ColumnPair, ...], sign: str) -> Iterator[SampleRow]:
    values = ", ".join(ask.words.shown(f"v{at}", each.column) for at, each in enumerate(kept))
    for cells in ask.rows(
        f"SELECT {values} FROM {ask.changes} WHERE mm_net {sign} 0 ORDER BY {ask.words.row} LIMIT {SAMPLES // 2}"
    ):
        row = tuple((each.name, ask.text(each.name, cell)) for each, cell in zip(kept, cells, strict=True))
        yield SampleRow((), after=row) if sign == ">" else SampleRow((), before=row)


def one_sided(ask: Question) -> RowDiff:
    """Return the rows of a table that was made or is gone."""
    table, is_new = ask.pair.table, ask.pair.after is not None
    source, alias = (ask.now, "o") if is_new else (ask.was, "b")
    own = table.primary_key.columns if table.primary_key is not None else ()
    values = ", ".join(ask.words.shown(f"{alias}.{ask.words.name(each.name)}", each) for each in table.columns)
    samples = []
    for cells in ask.rows(f"SELECT {values} FROM {source} LIMIT {_OF_ONE_SIDE}") if values else ():
        row = tuple((each.name, ask.text(each.name, cell)) for each, cell in zip(table.columns, cells, strict=True))
        key = tuple(each for each in row if each[0] in own)
        samples.append(SampleRow(key, after=row) if is_new else SampleRow(key, before=row))
    return RowDiff(
        table.key,
        inserted=ask.rows_now(),
        deleted=ask.rows_before(),
        samples=tuple(samples),
        how="made" if is_new else "gone",
        key=own,
        notes=("the table is new" if is_new else "the table is gone",),
    )
