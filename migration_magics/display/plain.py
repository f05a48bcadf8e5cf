"""A view as text for a terminal: aligned columns, signs and words, the graph drawn with lines. No colour, no escapes."""

from __future__ import annotations

import re
from functools import singledispatch
from itertools import zip_longest
from typing import TYPE_CHECKING

from .clean import CELL_LIMIT, PROSE_LIMIT, lines, one_line
from .diagram import LEGEND, details
from .graph import GraphText, graph_text
from .layout import GAP, column_widths, pad, width, wrap
from .view import (
    Beside,
    Block,
    Cards,
    Cell,
    Code,
    Details,
    Facts,
    Folded,
    Line,
    Notes,
    Picture,
    Prose,
    Row,
    Table,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATEMENT_END = re.compile(r";(\s*--.*)?$")
_COMPACT_LIMIT = 240
_NARROW_LIMIT = 60


def render_text(view: View, columns: int) -> str:
    """Return *view* as lines of text for a terminal of *columns*, without a newline at the end."""
    return "\n".join(_view(view, columns))


def _view(view: View, columns: int) -> list[str]:
    head = " ".join((one_line(view.title), *(f"({one_line(piece.text)})" for piece in view.chips)))
    drawn = _flow([head, *(_inline(note) for note in view.notes if note)], columns)
    for block in view.blocks:
        drawn += ["", *_block(block, columns)]
    if view.foot:
        drawn += ["", *(part for line in view.foot for part in wrap(_inline(line), columns, indent="  "))]
    return [line.rstrip() for line in drawn]


def _flow(parts: Sequence[str], columns: int) -> list[str]:
    """Return *parts* with dots between them, on as few lines as they fit in; a part is broken only when it must be."""
    drawn = [parts[0]]
    for part in parts[1:]:
        joined = f"{drawn[-1]} · {part}"
        if width(joined) <= columns:
            drawn[-1] = joined
        else:
            drawn.append(f"  {part}")
    return [line for part in drawn for line in wrap(part, columns, indent="  ")]


def _inline(line: Line, limit: int = CELL_LIMIT) -> str:
    text = ""
    for piece in line:
        said = one_line(piece.text, limit)
        text += ("" if piece.is_glued or not text else " ") + (f"({said})" if piece.kind == "chip" else said)
    return text


@singledispatch
def _block(block: Block, columns: int) -> list[str]:
    raise TypeError(f"no text of {columns} columns for a block of type {type(block).__name__}")


_block.register(View, _view)


@_block.register(Prose)
def _(block: Prose, columns: int) -> list[str]:
    return wrap(_inline(block.line, PROSE_LIMIT), columns)


@_block.register(Notes)
def _(block: Notes, columns: int) -> list[str]:
    said = [_inline(line, PROSE_LIMIT) for line in block.lines]
    marked = [line if line.startswith("! ") else f"- {line}" for line in said]
    return [part for line in marked for part in wrap(line, columns, indent="  ")]


@_block.register(Facts)
def _(block: Facts, columns: int) -> list[str]:
    return _named([(one_line(name), _inline(line)) for name, line in block.items], columns)


@_block.register(Cards)
def _(block: Cards, columns: int) -> list[str]:
    return _named(
        [
            (card.label, " · ".join(part for part in (_inline(card.value), _inline(card.note)) if part))
            for card in block.cards
        ],
        columns,
    )


def _named(items: Sequence[tuple[str, str]], columns: int) -> list[str]:
    column = min(max((width(name) for name, _ in items), default=0), columns // 3)
    drawn: list[str] = []
    for name, text in items:
        beside = zip_longest(wrap(name, column), wrap(text, columns - column - len(GAP)), fillvalue="")
        drawn += [pad(part, column) + GAP + line for part, line in beside]
    return drawn


@_block.register(Code)
def _(block: Code, _columns: int) -> list[str]:
    label = [f"{one_line(block.label)}:"] if block.label else []
    return [*label, *(f"    {line}" for line in _code_lines(block))]


def _code_lines(block: Code) -> list[str]:
    kept, hidden = lines(block.text)
    drawn = _statements(kept) if block.is_compact else list(kept)
    return [*drawn, f"… {hidden:,} more lines, see .to_dict()"] if hidden else drawn


def _statements(kept: Sequence[str]) -> list[str]:
    """Return one line per SQL statement, however it was laid out; only line breaks and indentation are changed."""
    drawn: list[str] = []
    open_ = ""
    for line in kept:
        part = line.strip()
        open_ += part if not open_ or open_.endswith("(") or part.startswith(")") else f" {part}"
        if _STATEMENT_END.search(line):
            drawn.append(open_)
            open_ = ""
    statements = [*drawn, open_] if open_ else drawn
    return [said if len(said) <= _COMPACT_LIMIT else f"{said[: _COMPACT_LIMIT - 1]}…" for said in statements]


@_block.register(Details)
def _(block: Details, _columns: int) -> list[str]:
    return [f"{one_line(block.summary)}:", *(f"    {line}" for line in _code_lines(block.code))]


@_block.register(Folded)
def _(block: Folded, columns: int) -> list[str]:
    drawn = [f"{one_line(block.summary)}:"]
    for number, inner in enumerate(block.blocks):
        drawn += [*([""] if number else []), *(f"  {line}" for line in _block(inner, columns - 2))]
    return drawn


@_block.register(Picture)
def _(block: Picture, columns: int) -> list[str]:
    said, text = details(block.diagram)
    return [*_block(said, columns), "", *wrap(LEGEND, columns), "", *_block(text, columns)]


@_block.register(Beside)
def _(block: Beside, columns: int) -> list[str]:
    drawn: list[str] = []
    for script in block.scripts:
        drawn += [*([""] if drawn else []), *_block(script, columns)]
    return drawn


@_block.register(Table)
def _(block: Table, columns: int) -> list[str]:
    graph = graph_text(block.graph)
    indent = max((width(row.node) for row in graph), default=0)
    texts = [[_natural(cell) for cell in row.cells] for row in block.rows]
    narrow = [column.is_narrow for column in block.columns]
    natural = [
        max([width(column.name), *(width(line) for row in texts for line in row[index])])
        for index, column in enumerate(block.columns)
    ]
    natural = [
        min(wanted, _NARROW_LIMIT) if is_narrow else wanted for wanted, is_narrow in zip(natural, narrow, strict=True)
    ]
    widths = column_widths(natural, narrow, columns - (indent + len(GAP) if graph else 0))
    lead = " " * indent + GAP if graph else ""
    drawn = [one_line(block.caption)] if block.caption else []
    numbers = [column.is_number for column in block.columns]
    drawn.append(lead + _joined([one_line(column.name) for column in block.columns], widths, numbers))
    drawn.append(lead + GAP.join("─" * each for each in widths))
    for index, row in enumerate(block.rows):
        body = _row(row, block, widths)
        drawn += _beside_graph(graph[index], body, indent) if graph else body
    return [*drawn, f"{lead}… {block.hidden:,} more, see .to_frame()"] if block.hidden else drawn


def _joined(texts: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    return GAP.join(
        pad(text, columns, is_number=number) for text, columns, number in zip(texts, widths, numbers, strict=True)
    )


def _natural(cell: Cell) -> list[str]:
    drawn: list[str] = []
    for part in cell.parts:
        if isinstance(part, Details):
            label = [] if part.code.is_compact else [f"{one_line(part.summary)}:"]
            drawn += [*label, *(f"    {line}" for line in _code_lines(part.code))]
        else:
            drawn.append(_inline(part))
    return drawn


def _row(row: Row, table: Table, widths: Sequence[int]) -> list[str]:
    columns = [
        [part for line in _natural(cell) for part in wrap(line, columns, indent="  ")]
        for cell, columns in zip(row.cells, widths, strict=True)
    ]
    height = max((len(column) for column in columns), default=1)
    numbers = [column.is_number for column in table.columns]
    return [
        _joined([column[index] if index < len(column) else "" for column in columns], widths, numbers)
        for index in range(max(1, height))
    ]


def _beside_graph(graph: GraphText, body: Sequence[str], indent: int) -> list[str]:
    first, *rest = body
    drawn = [pad(graph.node, indent) + GAP + first, *(pad(graph.between, indent) + GAP + line for line in rest)]
    return [*drawn, *graph.links]
