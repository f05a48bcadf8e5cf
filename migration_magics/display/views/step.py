"""A revision operation by operation: a row for each in the whole, and one operation in full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.rowdiff import words
from ...model.stepping import slowest
from ...model.trace import Outcome
from ...redact import redact
from ...results import Stepper, StopShown
from ..operations import operation_line, rows_of, statement_sql
from ..view import Block, Cell, Code, Column, Details, Facts, Folded, Piece, Prose, Row, Table, View, cell, chip, plain
from ..words import count, duration
from .base import capped, next_step, remarks, view_of
from .changes import change_line, changes, summed_up
from .rehearse import row_diff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model.diff import SchemaDiff
    from ...model.rowdiff import RowDiff
    from ...model.stepping import Lock, Stop
    from ...model.trace import Operation
    from ...results import Answer
    from ...settings import Settings
    from ..view import Line

_WAYS = {"upgrade": "up", "downgrade": "down"}
_MOST_SQL = 50
_MOST_CHANGES = 4
_TOLD_S = 0.001
_MOST_OF = 0.5
"""Which part of the whole time makes the slowest operation worth a word."""


@view_of.register(Stepper)
def _(result: Stepper, settings: Settings) -> View:
    verdict = chip(f"! fails at {len(result.stops)}", "drop") if result.problem else chip("ran to its end", "add")
    blocks: list[Block] = [*remarks(*result.notes)]
    if result.problem:
        blocks.append(Details("Error", Code(redact(result.problem)), is_open=True))
    blocks.append(_operations(result, settings) if result.stops else Prose(plain("It has no operation: nothing ran.")))
    shown, _ = capped(result.stops, settings)
    blocks += [*remarks(*_legend(shown)), *_script(shown)]
    if result.output:
        blocks.append(Details("What it printed", Code(redact(result.output))))
    return View(
        f"{result.revision}: {result.message}" if result.message else result.revision,
        (chip(f"step {_WAYS.get(result.direction, '')}".rstrip()), verdict),
        tuple(line for line in _head(result) if line),
        tuple(blocks),
        next_step(result.next_command),
    )


def _head(result: Stepper) -> tuple[Line, ...]:
    hurting = _hurting(result)
    return (
        plain(count(len(result.stops), "operation")),
        plain(f"on {result.place}"),
        plain(result.transactions),
        plain("all of it was rolled back") if _is_taken_back(result) else (),
        plain(f"slowest: {hurting.number}, {duration(hurting.duration_s)}") if hurting is not None else (),
    )


def _is_taken_back(result: Stepper) -> bool:
    outcomes = {stop.operation.outcome for stop in result.stops}
    return bool(result.problem) and Outcome.ROLLED_BACK in outcomes and Outcome.APPLIED not in outcomes


def _hurting(result: Stepper) -> Stop | None:
    """The operation that takes most of the time, where there is one and it is worth a word."""
    found, whole = slowest(result.stops), sum(stop.duration_s for stop in result.stops)
    if found is None or len(result.stops) == 1 or found.duration_s < max(_TOLD_S, _MOST_OF * whole):
        return None
    return found


def _operations(result: Stepper, settings: Settings) -> Table:
    shown, hidden = capped(result.stops, settings)
    hurting, usual = _hurting(result), result.stops[0].operation.outcome
    columns = (
        Column("after", is_number=True, is_narrow=True),
        Column("operation"),
        Column("schema"),
        Column("rows"),
        Column("took", is_number=True),
        Column("locks"),
    )
    rows = tuple(
        Row(
            (
                cell(str(stop.number)),
                Cell((_short(stop.operation, usual), plain(stop.sentence, "dim"))),
                Cell(_changed(stop.schema)),
                Cell(_rows(stop.rows)),
                Cell((plain(duration(stop.duration_s)), *(((chip("slowest", "alter"),),) if stop is hurting else ()))),
                Cell(_locks(stop)),
            ),
            "drop" if stop.has_failed else "",
        )
        for stop in shown
    )
    return Table("What each operation did, in the order they ran", columns, rows, hidden)


def _short(operation: Operation, usual: Outcome = Outcome.APPLIED) -> Line:
    """The operation without what other columns say; how it ended where that is not as *usual*."""
    return operation_line(replace(operation, statements=(), duration_s=0.0), usual)


def _changed(schema: SchemaDiff) -> tuple[Line, ...]:
    lines = tuple(change_line(change) for change in schema.changes[:_MOST_CHANGES])
    more = len(schema.changes) - len(lines)
    return (*lines, *((plain(f"and {count(more, 'more change')}"),) if more else ())) or (plain("as before", "dim"),)


def _rows(rows: tuple[RowDiff, ...]) -> tuple[Line, ...]:
    found = tuple((Piece(diff.table, "code"), Piece(words(diff))) for diff in rows if diff)
    return found or (plain("as before", "dim"),)


def _matched(stop: Stop) -> tuple[Line, ...]:
    """How many rows its SQL met, where that is not how many it changed: the others were as it wanted them already."""
    met = rows_of(stop.operation.statements)
    changed = sum(diff.inserted + diff.updated + diff.deleted for diff in stop.rows)
    return (plain(f"{count(met, 'row')} matched by its SQL", "dim"),) if met is not None and met != changed else ()


def _locks(stop: Stop, *, is_explained: bool = False) -> tuple[Line, ...]:
    """New locks, then on what the older ones are; what each means where that *is_explained*."""
    told = [lock for lock in stop.locks if is_explained or lock.is_new or not lock.is_held]
    lines = [_lock(lock, is_explained=is_explained) for lock in told]
    older = [lock.table or "the whole database" for lock in stop.locks if lock not in told]
    if older:
        lines.append(plain(f"still: {', '.join(older)}", "dim"))
    if stop.rewritten:
        lines.append((chip("! rewrites", "drop"), Piece(", ".join(stop.rewritten), "code")))
    return tuple(lines) or (plain("none", "dim"),)


def _lock(lock: Lock, *, is_explained: bool) -> Line:
    where = Piece(lock.table, "code") if lock.table else Piece("the whole database")
    held = () if lock.is_held else (Piece("while it ran"),)
    held = held if lock.is_new or not is_explained else (Piece("since before"),)
    said = (Piece(lock.means, tone="dim"),) if lock.means and is_explained else ()
    return (where, chip(lock.mode, "drop" if lock.blocks_reading else ""), *held, *said)


def _legend(stops: Iterable[Stop]) -> tuple[str, ...]:
    """What each kind of lock means for others, once."""
    modes = {lock.mode: lock.means for stop in stops for lock in stop.locks if lock.means}
    return tuple(f"{mode}: {means}" for mode, means in sorted(modes.items()))


def _script(stops: Iterable[Stop]) -> tuple[Block, ...]:
    """All SQL, each operation's under what it is."""
    parts = [
        f"-- {stop.number}: {' '.join(stop.sentence.split())}\n{_sql(stop)}"
        for stop in stops
        if stop.operation.statements
    ]
    return (Details("SQL of each operation", Code("\n\n".join(parts), "sql")),) if parts else ()


def _sql(stop: Stop) -> str:
    statements = stop.operation.statements
    hidden = len(statements) - _MOST_SQL
    more = f"\n-- {hidden:,} more statements" if hidden > 0 else ""
    return "\n".join(statement_sql(each) for each in statements[:_MOST_SQL]) + more


@view_of.register(StopShown)
def _(result: StopShown, settings: Settings) -> View:
    blocks: list[Block] = []
    if result.problem:
        blocks.append(Details("Error", Code(redact(result.problem)), is_open=True))
    if result.stop is not None:
        blocks += _stop_blocks(result.stop, settings)
    elif result.answer is None:
        blocks.append(Prose(plain("Nothing has run yet: the copy is as the revision finds it.")))
    if result.answer is not None:
        blocks.append(_answer(result.answer, settings))
    chips = (chip("! failed", "drop"),) if result.problem else ()
    notes = () if result.stop is not None else (plain(f"on {result.place}"),)
    return View(_standing(result), chips, notes, tuple(blocks))


def _standing(result: StopShown) -> str:
    of = f" of {result.total}" if result.total else ""
    return f"{result.revision}: {f'after operation {result.number}{of}' if result.number else 'before the first operation'}"


def _stop_blocks(stop: Stop, settings: Settings) -> list[Block]:
    operation, sql = stop.operation, _sql(stop)
    facts: list[tuple[str, Line]] = [
        ("operation", _short(operation)),
        ("took", plain(duration(stop.duration_s))),
        *(("schema" if not at else "", line) for at, line in enumerate(_changed(stop.schema))),
        *(("rows" if not at else "", line) for at, line in enumerate((*_rows(stop.rows), *_matched(stop)))),
        *(("locks" if not at else "", line) for at, line in enumerate(_locks(stop, is_explained=True))),
    ]
    blocks: list[Block] = [Prose(plain(stop.sentence)), Facts(tuple(facts))]
    if sql:
        blocks.append(Code(sql, "sql", label="SQL"))
    if stop.schema:
        blocks += changes(stop.schema, settings)
    for diff in stop.rows:
        blocks += row_diff(diff, settings)
    if stop.so_far and stop.so_far != stop.schema:
        said = " · ".join(" ".join(piece.text for piece in line) for line in summed_up(stop.so_far))
        blocks.append(Folded(f"Schema change so far: {said}", changes(stop.so_far, settings)))
    return [*blocks, *remarks(*stop.notes)]


def _answer(answer: Answer, settings: Settings) -> Table:
    shown, hidden = capped(answer.rows, settings)
    columns = tuple(Column(name, is_code=True) for name in answer.columns)
    rows = tuple(
        Row(tuple(cell(Piece("NULL", tone="dim") if value is None else Piece(value, "code")) for value in row))
        for row in shown
    )
    return Table(redact(answer.sql), columns, rows, hidden + answer.more)
