"""A schema: one table in full, or an overview with each table folded under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.parts import OBJECTS
from ...results import SchemaShown
from ..schema_words import definition, extras, part_of
from ..view import (
    Block,
    Code,
    Column,
    Details,
    Facts,
    Folded,
    Line,
    Picture,
    Piece,
    Prose,
    Row,
    Table,
    View,
    cell,
    code,
    plain,
)
from ..words import count, listed
from .base import capped, next_step, remarks, view_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...model.diagram import Diagram
    from ...model.schema import Column as SchemaColumn
    from ...model.schema import Schema
    from ...model.schema import Table as SchemaTable
    from ...settings import Settings

_MOST_COLUMNS = 150
"""With more columns than this in all, an overview tells no table in full: it would be endless as text."""


@view_of.register(SchemaShown)
def _(result: SchemaShown, settings: Settings) -> View:
    if result.diagram is not None:
        return _pictured(result, result.diagram)
    table = result.schema.table(result.table) if result.table else None
    if table is not None:
        notes = (plain(f"table of {result.of}"), plain(count(len(table.columns), "column")), *_place(result))
        blocks = (*table_blocks(table), *_seen(result.schema), *remarks(*result.notes))
        return View(table.key, (), notes, blocks, next_step(result.next_command))
    if result.table:
        return _one_object(result)
    return View(
        f"Schema of {result.of}",
        (),
        (*_counted(result.schema), *_place(result)),
        (*_overview(result.schema, result.of, settings), *remarks(*result.notes)),
        next_step(result.next_command),
    )


def _one_object(result: SchemaShown) -> View:
    """Return a view, an enum, a domain or a sequence in full."""
    found = next(
        ((kind, each) for kind in OBJECTS for each in getattr(result.schema, kind) if each.key == result.table), None
    )
    blocks: tuple[Block, ...] = (Prose(plain("Nothing is called so.")),)
    kind = "object"
    if found is not None:
        kind, each = part_of(("", found[0], result.table))[0], found[1]
        is_query = found[0] == "views"
        blocks = (Code(each.definition, "sql") if is_query else Prose((code(definition(each)),)),)
        if is_query and each.is_materialized:
            kind = "materialized view"
        indexes = tuple(("index", _named(one.name, one)) for one in each.indexes) if is_query else ()
        blocks = (*blocks, *((Facts(indexes),) if indexes else ()))
        blocks = (*((Prose(plain(said)),) if (said := getattr(each, "comment", "")) else ()), *blocks)
    notes = (plain(f"{kind} of {result.of}"), *_place(result))
    return View(result.table, (), notes, (*blocks, *remarks(*result.notes)), next_step(result.next_command))


def _pictured(result: SchemaShown, diagram: Diagram) -> View:
    around = (plain("with its neighbours"),) if result.table else ()
    title = f"{result.table} of {result.of}" if result.table else f"Schema of {result.of}"
    return View(
        title,
        (),
        (*around, *diagram_notes(diagram), *_place(result)),
        (*picture(diagram), *remarks(*result.notes)),
        next_step(result.next_command),
    )


def diagram_notes(diagram: Diagram) -> tuple[Line, ...]:
    """Return how many tables and foreign keys a diagram shows, and how many it leaves out."""
    hidden = (plain(f"{count(diagram.hidden, 'table')} not shown"),) if diagram.hidden else ()
    shown = (plain(count(len(diagram.boxes), "table")), plain(count(len(diagram.edges), "foreign key")))
    return (*shown, *hidden)


def picture(diagram: Diagram) -> tuple[Block, ...]:
    """Return a diagram as a picture, or in words that there is nothing to draw."""
    return (Picture(diagram),) if diagram.boxes else (Prose(plain("No table to draw.")),)


def _place(result: SchemaShown) -> tuple[Line, ...]:
    return (plain(result.place),) if result.place else ()


def _counted(schema: Schema) -> tuple[Line, ...]:
    numbers = (
        (len(schema.tables), "table"),
        (len(schema.views), "view"),
        (len(schema.enums), "enum"),
        (len(schema.domains), "domain"),
        (len(schema.sequences), "sequence"),
    )
    return tuple(plain(count(number, noun)) for number, noun in numbers if number)


def _overview(schema: Schema, of: str, settings: Settings) -> tuple[Block, ...]:
    if schema.is_empty:
        return (Prose(plain("Nothing is there: no table, no view.")), *_seen(schema))
    shown, hidden = capped(schema.tables, settings)
    blocks: list[Block] = []
    if shown:
        comments = any(table.comment for table in shown)
        columns = (
            Column("table", is_code=True, is_narrow=True),
            Column("columns", is_number=True, is_narrow=True),
            Column("primary key", is_code=True),
            Column("refers to", is_code=True),
            *((Column("comment"),) if comments else ()),
        )
        blocks.append(Table("Tables", columns, tuple(_summary(table, has_comment=comments) for table in shown), hidden))
        if sum(len(table.columns) for table in shown) <= _MOST_COLUMNS:
            blocks += [Folded(table.key, table_blocks(table)) for table in shown]
        else:
            blocks.append(Prose((Piece("One of them in full:"), code(f"%migrate schema {of} TABLE"))))
    return (*blocks, *_others(schema, settings), *_seen(schema))


def _summary(table: SchemaTable, *, has_comment: bool) -> Row:
    key = table.primary_key.columns if table.primary_key else ()
    return Row(
        (
            cell(code(table.key)),
            cell(f"{len(table.columns):,}"),
            cell(*_names(key)) if key else cell(Piece("none", tone="dim")),
            cell(*_names(dict.fromkeys(foreign.target for foreign in table.foreign_keys))),
            *((cell(table.comment),) if has_comment else ()),
        )
    )


def _names(names: Iterable[str]) -> Line:
    return tuple(piece for name in names for piece in (Piece(",", is_glued=True), code(name)))[1:]


def table_blocks(table: SchemaTable) -> tuple[Block, ...]:
    """Return a table in full: its columns, its keys and constraints a line each, its triggers folded away."""
    blocks: list[Block] = [Prose(plain(table.comment))] if table.comment else []
    blocks += [_columns(table)] if table.columns else [Prose(plain("No columns."))]
    facts = _facts(table)
    blocks += [Facts(facts)] if facts else []
    blocks += [Details(f"trigger {one.name}", Code(one.definition, "sql")) for one in table.triggers]
    return tuple(blocks)


def _columns(table: SchemaTable) -> Table:
    keys = {column.name: _keys(table, column.name) for column in table.columns}
    has_default = any(column.default is not None for column in table.columns)
    has_more = any(column.comment or extras(column) for column in table.columns)
    columns = (
        Column("column", is_code=True, is_narrow=True),
        Column("type", is_code=True),
        Column("null", is_narrow=True),
        *((Column("default", is_code=True),) if has_default else ()),
        *((Column("keys", is_narrow=True),) if any(keys.values()) else ()),
        *((Column("more"),) if has_more else ()),
    )
    rows = tuple(
        Row(
            (
                cell(code(one.name)),
                cell(code(one.type)),
                cell(Piece("NULL", tone="dim") if one.is_nullable else "NOT NULL"),
                *((cell(code(one.default or "")),) if has_default else ()),
                *((cell(*keys[one.name]),) if any(keys.values()) else ()),
                *((cell(*_more(one)),) if has_more else ()),
            )
        )
        for one in table.columns
    )
    return Table("Columns, in the table's order", columns, rows)


def _more(column: SchemaColumn) -> Line:
    return (*(code(text) for text in extras(column)), *plain(column.comment))


def _keys(table: SchemaTable, name: str) -> Line:
    """Return of which keys a column is part: PK, UQ, FK and where to."""
    said: list[Piece] = []
    if table.primary_key and name in table.primary_key.columns:
        said.append(Piece("PK", "strong", "here"))
    if any(unique.columns == (name,) for unique in table.uniques):
        said.append(Piece("UQ", "strong"))
    for foreign in table.foreign_keys:
        for column, target in zip(foreign.columns, foreign.target_columns, strict=False):
            if column == name:
                said += [Piece("FK", "strong"), Piece("→"), code(f"{foreign.target}.{target}")]
    return tuple(said)


def _facts(table: SchemaTable) -> tuple[tuple[str, Line], ...]:
    key = (("primary key", table.primary_key),) if table.primary_key else ()
    parts = (
        *key,
        *(("unique", one) for one in table.uniques),
        *(("foreign key", one) for one in table.foreign_keys),
        *(("check", one) for one in table.checks),
        *(("exclude", one) for one in table.exclusions),
        *(("index", one) for one in table.indexes),
    )
    facts = [(kind, _named(getattr(part, "name", ""), part)) for kind, part in parts]
    return (*facts, *((name, (code(value),) if value else plain("yes")) for name, value in table.options))


def _named(name: str, part: object) -> Line:
    said = definition(part).removesuffix(f" {name}") if name else definition(part)
    return (*((code(name, "here"),) if name else ()), code(said))


def _others(schema: Schema, settings: Settings) -> tuple[Block, ...]:
    """Return what belongs to no table: views with their queries folded away, the rest a line each."""
    views, more = capped(schema.views, settings)
    blocks: list[Block] = [
        Details(f"{'materialized view' if one.is_materialized else 'view'} {one.key}", Code(one.definition, "sql"))
        for one in views
    ]
    blocks += _rest(more)
    lines: list[tuple[str, Line]] = [
        *(("enum", (code(one.key, "here"), code(definition(one)))) for one in schema.enums),
        *(("domain", (code(one.key, "here"), code(definition(one)))) for one in schema.domains),
        *(("sequence", (code(one.key, "here"), code(definition(one)))) for one in schema.sequences),
    ]
    shown, hidden = capped(lines, settings)
    return (*blocks, *((Facts(tuple(shown)),) if shown else ()), *_rest(hidden))


def _rest(hidden: int) -> tuple[Block, ...]:
    return (Prose(plain(f"… {hidden:,} more, see .to_dict()", "dim")),) if hidden else ()


_MOST_NAMES = 10


def _seen(schema: Schema) -> tuple[Block, ...]:
    """Return what is there and is never compared, by kind."""
    kinds: dict[str, list[str]] = {}
    for one in schema.seen:
        kinds.setdefault(one.kind, []).append(one.name)
    return remarks(*(f"Seen, not compared: {kind} {_first(names)}" for kind, names in kinds.items()))


def _first(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return listed(names[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
