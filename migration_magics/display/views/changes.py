"""A schema's changes as tables: a section per table, a row per change, with a sign, a word, and what was before and after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...model.change_words import words
from ...model.diff import Change, SchemaDiff
from ...model.schema import Table as SchemaTable
from ..schema_words import definition, differences, part_of
from ..view import Block, Cell, Column, Line, Piece, Prose, Row, Table, Tone, View, cell, chip, code, plain
from ..words import count
from .base import capped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...settings import Settings

_SIGNS: dict[str, tuple[str, Tone]] = {
    "add": ("+ add", "add"),
    "drop": ("- drop", "drop"),
    "alter": ("~ alter", "alter"),
    "rename": ("~ rename", "alter"),
}
_OF_TABLES: tuple[tuple[str, str], ...] = (
    ("uniques", "uniques"),
    ("checks", "checks"),
    ("exclusions", "exclusions"),
    ("foreign_keys", "foreign keys"),
    ("indexes", "indexes"),
    ("triggers", "triggers"),
)
_COLUMNS = (
    Column("change", is_narrow=True),
    Column("what"),
    Column("before", is_code=True),
    Column("after", is_code=True),
)
_BEFORE, _AFTER = 2, 3


def summed_up(diff: SchemaDiff) -> tuple[Line, ...]:
    """Return how many changes there are, in how many tables, and of what kind: "+ 2", "- 1", "~ 3"."""
    kinds = Counter(_SIGNS[change.kind][0][0] for change in diff.changes)
    tables = len({name for name in table_names(diff.changes) if name})
    said = count(len(diff.changes), "change") + (f" in {count(tables, 'table')}" if tables else "")
    tones: tuple[tuple[str, Tone], ...] = (("+", "add"), ("-", "drop"), ("~", "alter"))
    return (plain(said), tuple(Piece(f"{sign} {kinds[sign]:,}", "strong", tone) for sign, tone in tones if kinds[sign]))


def changes(diff: SchemaDiff, settings: Settings) -> tuple[Block, ...]:
    """Return a section per changed table, in the order of the changes, up to the display limit; the rest is counted."""
    shown, hidden = capped(diff.changes, settings)
    room = max(1, settings.display_limit) - len(shown)
    grouped: dict[str, list[Change]] = {}
    for change, table in zip(shown, table_names(diff.changes), strict=False):
        grouped.setdefault(table, []).append(change)
    drawn: list[Block] = []
    for table, group in grouped.items():
        section, room = _section(table, group, room)
        drawn.append(section)
    return (*drawn, Prose(plain(f"… {hidden:,} more, see .to_frame()", "dim"))) if hidden else tuple(drawn)


def table_names(found: Sequence[Change]) -> list[str]:
    """Return of which table each change is, by its name after all of them: a renamed table is one."""
    names: list[str] = []
    for change in found:
        if change.kind == "rename" and len(change.path) == 1:
            names = [change.after if name == change.before else name for name in names]
            names.append(change.after)
        else:
            names.append(change.path[0])
    return names


def _section(table: str, group: Sequence[Change], room: int) -> tuple[View, int]:
    whole = next((change for change in group if len(change.path) == 1 and change.kind in ("add", "drop")), None)
    rows: list[Row] = []
    for change in group:
        parts = _parts(change)
        if parts and len(parts) <= room:
            room -= len(parts)
            rows += map(_row, parts)
        else:
            rows.append(_row(change))
    word, tone = _SIGNS[whole.kind if whole else "alter"]
    title = (chip(f"{word} table" if whole else word, tone),) if table else ()
    notes = () if whole else (plain(count(len(group), "change")),)
    return View(table or "Beside the tables", title, notes, (_table(rows),)), room


def _table(rows: Sequence[Row]) -> Table:
    """Return the rows with only those of the columns "before" and "after" that say something."""
    empty = {place for place in (_BEFORE, _AFTER) if not any(row.cells[place].parts for row in rows)}
    places = [place for place in range(len(_COLUMNS)) if place not in empty]
    columns = tuple(_COLUMNS[place] for place in places)
    return Table("", columns, tuple(Row(tuple(row.cells[place] for place in places), row.tone) for row in rows))


def _parts(change: Change) -> list[Change]:
    """Return what a whole table that comes or goes consists of, as changes of its own; none for another change."""
    is_drop = change.kind == "drop"
    table = change.before if is_drop else change.after
    if len(change.path) != 1 or change.kind not in ("add", "drop") or not isinstance(table, SchemaTable):
        return []
    values: list[tuple[tuple[str, ...], object]] = [(("columns", column.name), column) for column in table.columns]
    values += [(("primary key",), table.primary_key)] if table.primary_key else []
    values += [((path, part.name), part) for field, path in _OF_TABLES for part in getattr(table, field)]
    values += [(("comment",), table.comment)] if table.comment else []
    values += [(("options", name), text) for name, text in table.options]
    return [
        Change(change.kind, (*change.path, *path), *((value, None) if is_drop else (None, value)))
        for path, value in values
    ]


def _row(change: Change) -> Row:
    sign, tone = _SIGNS[change.kind]
    before, after = _both(change)
    return Row((cell(Piece(sign, "strong", tone)), cell(*named(change.path)), before, after), tone)


def named(path: tuple[str, ...]) -> Line:
    """Return what *path* leads to: its kind and its name."""
    kind, name = part_of(path)
    return (Piece(kind), code(name)) if name else (Piece(kind),)


def _both(change: Change) -> tuple[Cell, Cell]:
    if change.kind == "add":
        return Cell(), cell(code(definition(change.after)))
    if change.kind == "drop":
        return cell(code(definition(change.before))), Cell()
    pairs = ((str(change.before), str(change.after)),) if change.kind == "rename" else _pairs(change)
    return _lines(one for one, _ in pairs), _lines(other for _, other in pairs)


def _pairs(change: Change) -> tuple[tuple[str, str], ...]:
    return tuple((one or "none", other or "none") for one, other in differences(change.before, change.after))


def _lines(texts: Iterable[str]) -> Cell:
    return Cell(tuple((code(text),) for text in texts))


def change_line(change: Change) -> Line:
    """Return a change in one line: its sign, and in words what became of what."""
    sign, tone = _SIGNS[change.kind]
    return (Piece(sign[0], "strong", tone), *plain(words(change)))
