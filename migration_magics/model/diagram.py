"""An entity-relationship diagram as a value: boxes with lines, and the foreign keys between them; how it is drawn is not here."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .diff import Change, SchemaDiff
    from .schema import Column, ForeignKey, Schema, Table

MOST_TABLES = 300
"""A diagram of more tables is no diagram: those with the fewest references are left out and counted."""

_MOST_LINES = 24
"""A box of more lines is cut: keys and what is marked stay, then what comes first in the table."""

Mark = Literal["", "add", "drop", "alter"]


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A column in a box. *keys* are among "PK", "FK", "UQ"; *mark* says what a diff does to it, *was* its name before that."""

    name: str
    type: str
    keys: tuple[str, ...] = ()
    is_nullable: bool = True
    mark: Mark = ""
    was: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A table. *was* is its name before a diff renamed it."""

    name: str
    lines: tuple[BoxLine, ...]
    mark: Mark = ""
    hidden: int = 0
    """How many columns were left out."""
    was: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A foreign key from the table *source* to the table *target*."""

    source: str
    target: str
    columns: tuple[str, ...] = ()
    name: str = ""
    mark: Mark = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes by name, and edges between them. *hidden* counts the tables that were left out."""

    boxes: tuple[Box, ...] = ()
    edges: tuple[Edge, ...] = ()
    hidden: int = 0


def diagram(schema: Schema, *, around: str = "", depth: int = 1, limit: int = 40) -> Diagram:
    """Return the tables of *schema* and the foreign keys between them, boxes in the schema's order.

    With *around*, the key of a table, only that table and those within *depth* references of it, either way; no box where
    there is no such table. With more than *limit* tables, boxes have their key columns only.
    """
    tables = {table.key: table for table in schema.tables}
    edges = [edge for table in schema.tables for edge in _edges(table) if edge.target in tables]
    kept = _near(around, edges, depth) & tables.keys() if around else _most_connected(tables, edges)
    is_brief = len(kept) > limit
    boxes = tuple(_box(table, is_brief=is_brief and name != around) for name, table in tables.items() if name in kept)
    return Diagram(boxes, _between(edges, kept), len(tables) - len(kept))


def diagram_of_diff(before: Schema, after: Schema, diff: SchemaDiff, *, limit: int = 40) -> Diagram:
    """Return what *diff* changes between *before* and *after*, marked: changed tables whole, their neighbours briefly.

    Dropped tables, columns and foreign keys are there with the mark "drop". With more than *limit* changed tables, boxes
    have only their key columns and what is marked.
    """
    marks = _Marks(diff)
    tables = {table.key: table for table in before.tables if marks.tables.get(table.key) == "drop"}
    tables |= {table.key: table for table in after.tables}
    edges = [edge for table in tables.values() for edge in _edges(table, marks)]
    edges = [edge for edge in (*edges, *marks.dropped) if edge.target in tables and edge.source in tables]
    changed = marks.tables.keys() & tables.keys()
    near = {name for edge in edges for name in (edge.source, edge.target) if changed & {edge.source, edge.target}}
    kept = _most_connected({name: tables[name] for name in sorted(changed | near)}, edges)
    is_brief = len(changed) > limit
    boxes = tuple(_box(tables[name], marks, is_brief=is_brief or name not in changed) for name in sorted(kept))
    return Diagram(boxes, _between(edges, kept), len(changed | near) - len(kept))


def diagram_of_step(before: Schema, after: Schema, diff: SchemaDiff, *, only: frozenset[str] | None = None) -> Diagram:
    """Return every table of *after*, however many, and those *diff* drops, with what it changes since *before* marked.

    With *only*, boxes of these tables; edges lead from them to any.
    """
    marks = _Marks(diff)
    tables = {table.key: table for table in before.tables if marks.tables.get(table.key) == "drop"}
    tables |= {table.key: table for table in after.tables}
    shown = [table for key, table in tables.items() if only is None or key in only]
    edges = [edge for table in shown for edge in _edges(table, marks)]
    edges = [edge for edge in (*edges, *marks.dropped) if edge.target in tables and edge.source in tables]
    return Diagram(tuple(_box(table, marks) for table in shown), tuple(edges))


class _Marks:
    """What a diff does to tables, columns and foreign keys, by the names they have afterwards."""

    def __init__(self, diff: SchemaDiff) -> None:
        self.tables: dict[str, Mark] = {}
        self.columns: dict[tuple[str, str], Mark] = {}
        self.gone: dict[str, list[Column]] = {}
        self.foreign_keys: dict[tuple[str, ForeignKey], Mark] = {}
        self.dropped: list[Edge] = []
        self.old_tables: dict[str, str] = {}
        self.old_columns: dict[tuple[str, str], str] = {}
        for change in diff.changes:
            if change.path[0]:
                self._add(change)

    def _add(self, change: Change) -> None:
        table, *part = change.path
        if change.kind == "rename":
            self._rename(change)
            return
        mark: Mark = change.kind
        if not part:
            self.tables[table] = mark
            return
        self.tables.setdefault(table, "alter")
        if part[0] == "columns":
            self.columns[table, part[-1]] = mark
            if change.kind == "drop":
                self.gone.setdefault(table, []).append(change.before)
        elif part[0] == "foreign keys" and change.kind == "drop":
            self.dropped.append(_edge(table, change.before, {}, "drop"))
        elif part[0] == "foreign keys" and change.kind in ("add", "alter"):
            self.foreign_keys[table, change.after] = mark

    def _rename(self, change: Change) -> None:
        """Note an old name; all that is noted of a table goes by its new one from here on."""
        table, before, after = change.path[0], change.before, change.after
        if len(change.path) == 1:
            self.old_tables[after] = self.old_tables.pop(before, before)
            self.tables.pop(before, None)
            self.tables[after] = "alter"
            self.columns = {(_moved(key, before, after), name): mark for (key, name), mark in self.columns.items()}
            self.old_columns = {
                (_moved(key, before, after), name): old for (key, name), old in self.old_columns.items()
            }
            return
        self.tables.setdefault(table, "alter")
        self.old_columns[table, after] = self.old_columns.pop((table, before), before)
        self.columns.pop((table, before), None)
        self.columns[table, after] = "alter"


def _moved(key: str, before: str, after: str) -> str:
    return after if key == before else key


def _edges(table: Table, marks: _Marks | None = None) -> list[Edge]:
    nullable = {column.name: column.is_nullable for column in table.columns}
    whole = marks.tables.get(table.key, "") if marks else ""
    whole = "" if whole == "alter" else whole
    return [
        _edge(
            table.key, foreign, nullable, whole or (marks.foreign_keys.get((table.key, foreign), "") if marks else "")
        )
        for foreign in table.foreign_keys
    ]


def _edge(source: str, foreign: ForeignKey, nullable: Mapping[str, bool], mark: Mark = "") -> Edge:
    is_optional = any(nullable.get(name, False) for name in foreign.columns)
    return Edge(source, foreign.target, foreign.columns, foreign.name, mark, is_optional)


def _box(table: Table, marks: _Marks | None = None, *, is_brief: bool = False) -> Box:
    gone = marks.gone.get(table.key, []) if marks else []
    lines = [_line(table, column, marks) for column in (*table.columns, *gone)]
    important = [line for line in lines if line.keys or line.mark]
    room = 0 if is_brief else max(0, _MOST_LINES - len(important))
    others = [line for line in lines if not line.keys and not line.mark][: room if len(lines) > _MOST_LINES else None]
    kept = {id(line) for line in (*important, *(() if is_brief else others))}
    shown = tuple(line for line in lines if id(line) in kept)
    mark, was = (marks.tables.get(table.key, ""), marks.old_tables.get(table.key, "")) if marks else ("", "")
    return Box(table.key, shown, mark, len(lines) - len(shown), was)


def _line(table: Table, column: Column, marks: _Marks | None) -> BoxLine:
    at = (table.key, column.name)
    mark, was = (marks.columns.get(at, ""), marks.old_columns.get(at, "")) if marks else ("", "")
    return BoxLine(column.name, column.type, _keys(table, column.name), column.is_nullable, mark, was)


def _keys(table: Table, name: str) -> tuple[str, ...]:
    is_unique = any(unique.columns == (name,) for unique in table.uniques) or any(
        index.is_unique
        and not index.where
        and [(part.text, part.is_expression) for part in index.parts] == [(name, False)]
        for index in table.indexes
    )
    found = (
        ("PK", table.primary_key is not None and name in table.primary_key.columns),
        ("FK", any(name in foreign.columns for foreign in table.foreign_keys)),
        ("UQ", is_unique),
    )
    return tuple(key for key, holds in found if holds)


def _near(start: str, edges: Iterable[Edge], depth: int) -> set[str]:
    """Return *start* and the tables within *depth* references of it."""
    neighbours: dict[str, set[str]] = {}
    for edge in edges:
        neighbours.setdefault(edge.source, set()).add(edge.target)
        neighbours.setdefault(edge.target, set()).add(edge.source)
    far = {start: 0}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for other in neighbours.get(name, set()) - far.keys() if far[name] < depth else ():
            far[other] = far[name] + 1
            waiting.append(other)
    return set(far)


def _most_connected(tables: Mapping[str, Table], edges: Iterable[Edge]) -> set[str]:
    if len(tables) <= MOST_TABLES:
        return set(tables)
    degree = dict.fromkeys(tables, 0)
    for edge in edges:
        for name in {edge.source, edge.target} & tables.keys():
            degree[name] += 1
    return set(sorted(tables, key=lambda name: (-degree[name], name))[:MOST_TABLES])


def _between(edges: Iterable[Edge], kept: set[str]) -> tuple[Edge, ...]:
    inside = (edge for edge in edges if edge.source in kept and edge.target in kept)
    return tuple(sorted(inside, key=lambda edge: (edge.source, edge.target, edge.columns, edge.name, edge.mark)))
