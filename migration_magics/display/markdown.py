"""A view as Markdown, as GitHub renders it: tables, code in fences, `<details>`, Mermaid for pictures.

Texts are hostile. In running text everything that could be markup is escaped, and what GitHub would make of it by itself (a
mention, a reference, a link) is broken by a character that cannot be seen. The rules are those of GitHub Flavored Markdown
0.29 and of GitHub's filters after it, which leave code alone.
"""

from __future__ import annotations

import re
from functools import lru_cache, singledispatch
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from ..model.mermaid import mermaid
from .clean import CELL_LIMIT, PROSE_LIMIT, lines, one_line
from .diagram import LEGEND, details
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
    Piece,
    Prose,
    Row,
    Table,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_UNSAFE = re.compile(
    r"(?P<special>[\\`*{}\[\]<>|&$]|_(?![^\W_])|(?<![^\W_])_|~(?=\S)|(?<=\S)~)"
    r"|(?P<before>@|\#(?=\w)|:(?=//|[a-z_+-][\w+-]*:))"  # a mention, a reference, a link, an emoji
    r"|(?<=GH)(?P<after>-(?=\d))|(?<=\bwww)(?P<dot>\.)",
    re.IGNORECASE,
)
_BREAK = "&#8203;"
_START = re.compile(r"[-+=#:]|\d{1,9}(?=[.)])")
"""What begins a list, a heading or a rule."""
_PLAIN_CODE = re.compile(r"[^`|\\\n]+")
_MOST_DRAWN = 400
"""GitHub draws no larger diagram: 50,000 characters, 500 lines between boxes."""


def escaped(text: str, limit: int = PROSE_LIMIT) -> str:
    """Return *text* as running text on one line: nothing in it is markup, a mention, a reference or a link."""
    return _UNSAFE.sub(_safe, one_line(text, limit).strip())


def _safe(found: re.Match[str]) -> str:
    said = found[0]
    if found["special"]:
        return f"&#{ord(said)};"
    return f"{said}{_BREAK}" if found["before"] else f"{_BREAK}{said}"


def in_code(text: str, limit: int = CELL_LIMIT) -> str:
    """Return *text* on one line as code; as running text where a table could not hold it as code."""
    said = one_line(text, limit)
    if not said.strip():
        return ""
    if _PLAIN_CODE.fullmatch(said):
        return f"`{said}`"
    return escaped(text, limit)


def fenced(text: str, language: str) -> list[str]:
    """Return *text* between fences that nothing in it can close."""
    kept, hidden = lines(text)
    longest = max((len(run) for line in kept for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    more = ["", f"… {hidden:,} more lines"] if hidden else []
    return [f"{fence}{language}", *kept, fence, *more]


def render_markdown(blocks: Iterable[Block]) -> list[str]:
    """Return *blocks* as lines, a blank one between any two."""
    every: list[str] = []
    for block in blocks:
        part = _block(block)
        every += [*([""] if every and part else []), *part]
    return every


def line(pieces: Line, limit: int = CELL_LIMIT) -> str:
    """Return *pieces* as running text."""
    said = ""
    for piece in pieces:
        said += ("" if piece.is_glued or not said else " ") + _piece(piece, limit)
    return said


def _piece(piece: Piece, limit: int) -> str:
    if piece.kind == "code":
        return in_code(piece.text, limit)
    said = escaped(piece.text, limit)
    return f"**{said}**" if piece.kind == "strong" and said else f"({said})" if piece.kind == "chip" else said


def paragraph(text: str) -> str:
    """Return *text*, which is Markdown, so that no list, heading or rule begins with it."""
    start = _START.match(text)
    if start is None:
        return text
    return f"{start[0]}\\{text[start.end() :]}" if start[0].isdecimal() else f"\\{text}"


def folded(summary: str, inside: Sequence[str], *, is_open: bool = False) -> list[str]:
    """Return *inside* folded away behind *summary*."""
    said = _folded().substitute(is_open=" open" if is_open else "", summary=escaped(summary), inside="\n".join(inside))
    return said.rstrip("\n").split("\n")


@lru_cache(maxsize=1)
def _folded() -> Template:
    return Template((Path(__file__).parent / "templates" / "folded.md").read_text(encoding="utf-8"))


@singledispatch
def _block(block: Block) -> list[str]:
    raise TypeError(f"no Markdown for a block of type {type(block).__name__}")


@_block.register(View)
def _(block: View) -> list[str]:
    parts = [f"**{escaped(block.title)}**", *(f"({escaped(piece.text)})" for piece in block.chips)]
    head = " · ".join((" ".join(parts), *(line(note) for note in block.notes if note)))
    return [head, *_after(render_markdown(block.blocks)), *_after([paragraph(line(each)) for each in block.foot])]


def _after(said: list[str]) -> list[str]:
    return ["", *said] if said else []


@_block.register(Prose)
def _(block: Prose) -> list[str]:
    return [paragraph(line(block.line, PROSE_LIMIT))]


@_block.register(Notes)
def _(block: Notes) -> list[str]:
    return [f"- {paragraph(line(each, PROSE_LIMIT))}" for each in block.lines]


@_block.register(Facts)
def _(block: Facts) -> list[str]:
    return _rows(["", ""], [[escaped(name), line(said)] for name, said in block.items])


@_block.register(Cards)
def _(block: Cards) -> list[str]:
    shown = [" · ".join(filter(None, (line(card.value), line(card.note)))) for card in block.cards]
    return _rows(["", ""], [[escaped(card.label), said] for card, said in zip(block.cards, shown, strict=True)])


@_block.register(Code)
def _(block: Code) -> list[str]:
    label = [f"{escaped(block.label)}:", ""] if block.label else []
    return [*label, *fenced(block.text, block.language)]


@_block.register(Details)
def _(block: Details) -> list[str]:
    return folded(block.summary, fenced(block.code.text, block.code.language), is_open=block.is_open)


@_block.register(Folded)
def _(block: Folded) -> list[str]:
    return folded(block.summary, render_markdown(block.blocks), is_open=block.is_open)


@_block.register(Picture)
def _(block: Picture) -> list[str]:
    text = details(block.diagram)[0]
    return [*drawn(mermaid(block.diagram)), "", escaped(LEGEND), "", *_block(text)]


def drawn(diagram: str) -> list[str]:
    """Return a Mermaid *diagram* between fences, or that it is too large to be drawn: half of one would be none."""
    if diagram.count("\n") > _MOST_DRAWN:
        return ["*Too large to be drawn here.*"]
    return ["```mermaid", *diagram.split("\n"), "```"]


@_block.register(Beside)
def _(block: Beside) -> list[str]:
    return render_markdown(block.scripts)


@_block.register(Table)
def _(block: Table) -> list[str]:
    heads = [escaped(column.name) for column in block.columns]
    numbers = [column.is_number for column in block.columns]
    rows = _rows(heads, [_cells(row) for row in block.rows], numbers)
    caption = [f"*{escaped(block.caption)}*", ""] if block.caption else []
    more = ["", f"… {block.hidden:,} more"] if block.hidden else []
    return [*caption, *rows, *more, *_below(block)]


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool] = ()) -> list[str]:
    under = ["---:" if number else "---" for number in (numbers or [False] * len(heads))]
    return [f"| {' | '.join(row)} |" for row in (heads, under, *rows)]


def _cells(row: Row) -> list[str]:
    return [_cell(cell) for cell in row.cells]


def _cell(cell: Cell) -> str:
    return "<br>".join(filter(None, (line(part) for part in cell.parts if not isinstance(part, Details))))


def _below(table: Table) -> list[str]:
    """What is folded away in cells, under the table, each with its row's first words."""
    said: list[str] = []
    for row in table.rows:
        name = next(
            (piece.text for cell in row.cells for part in cell.parts if isinstance(part, tuple) for piece in part), ""
        )
        for part in (part for cell in row.cells for part in cell.parts if isinstance(part, Details)):
            said += ["", *folded(f"{name}: {part.summary}", fenced(part.code.text, part.code.language))]
    return said
