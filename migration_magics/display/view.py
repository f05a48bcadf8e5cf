"""What a result shows, before anybody decides how it is drawn: one neutral `View`, read by the text and HTML renderers.

Texts are raw here. They may come from a database or a file and are hostile until a renderer has cleaned and escaped them;
no renderer may put one out in another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..model.diagram import Diagram

Tone = Literal["", "here", "add", "drop", "alter", "dim"]
"""How a piece looks. Words say the same: a tone never carries meaning alone."""

Kind = Literal["text", "code", "chip", "strong"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text inside a line. A chip is a word in brackets: "(head)".

    Pieces stand apart by one space, except one that *is_glued* to the piece before it, as a comma is.
    """

    text: str
    kind: Kind = "text"
    tone: Tone = ""
    is_glued: bool = False


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Source or SQL. *language* is "python", "sql" or "" (program output: never highlighted).

    *is_compact* tells the text renderer to give each of the *text*'s lines briefly, since HTML folds them away.
    """

    text: str
    language: str = ""
    label: str = ""
    is_compact: bool = False


@dataclass(frozen=True, slots=True)
class Prose:
    """One sentence or a few."""

    line: Line


@dataclass(frozen=True, slots=True)
class Notes:
    """Remarks, one a line."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are: one a line."""

    items: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One answer, large, with what explains it."""

    label: str
    value: Line
    note: Line = ()


@dataclass(frozen=True, slots=True)
class Cards:
    """The few answers a person looks for first."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Something folded away: a summary and, behind it, code."""

    summary: str
    code: Code
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks folded away behind a summary; the text shows them, indented."""

    summary: str
    blocks: tuple[Block, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """An entity-relationship diagram; with it, folded away, the same as text and as Mermaid."""

    diagram: Diagram


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell: lines, and things folded away, in the order shown."""

    parts: tuple[Line | Details, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column. Numbers and durations stand right; *is_code* is set in the code's typeface."""

    name: str
    is_number: bool = False
    is_code: bool = False
    is_narrow: bool = False
    """It never wraps: identifiers, dates, words of state."""


@dataclass(frozen=True, slots=True)
class Row:
    """A table's row. *tone* is "here" or "dim"; in a table of changes what happened: "add", "drop" or "alter"."""

    cells: tuple[Cell, ...]
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the graph, from its lane beside one row to its lane beside the next one down.

    A stub ends between the two: what it leads to is not shown.
    """

    from_lane: int
    to_lane: int
    is_dashed: bool = False
    is_stub: bool = False


@dataclass(frozen=True, slots=True)
class GraphRow:
    """What the graph shows beside a row: a node in *lane*, and every line that leaves this row downward, passing ones too.

    *width* counts the lanes in use; *is_filled* says applied, *is_here* current.
    """

    lane: int
    links: tuple[Link, ...] = ()
    width: int = 1
    is_filled: bool = False
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under typed columns. *hidden* counts those left out by the display limit.

    *graph*, where there is one, has as many rows and is drawn in front of them.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    hidden: int = 0
    graph: tuple[GraphRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Scripts side by side where there is room, else one after another."""

    scripts: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A result, ready to draw: a head (*title*, *chips*, *notes*), *blocks* under it, a *foot* with what to type next.

    A view among the blocks is a section: what another command did on the way.
    """

    title: str
    chips: tuple[Piece, ...] = ()
    notes: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    foot: tuple[Line, ...] = ()


Block = Code | Prose | Notes | Facts | Cards | Details | Folded | Picture | Table | Beside | View


def plain(text: str, tone: Tone = "") -> Line:
    """Return a line of one piece of running text."""
    return (Piece(text, tone=tone),) if text else ()


def code(text: str, tone: Tone = "") -> Piece:
    """Return a piece in the code's typeface: an identifier, a command, a path."""
    return Piece(text, "code", tone)


def chip(text: str, tone: Tone = "") -> Piece:
    """Return a word in brackets."""
    return Piece(text, "chip", tone)


def cell(*pieces: Piece | str, details: tuple[Details, ...] = ()) -> Cell:
    """Return a cell of one line (strings are running text; empty ones are left out) and what is folded away under it."""
    every = (Piece(piece) if isinstance(piece, str) else piece for piece in pieces)
    line = tuple(piece for piece in every if piece.text)
    return Cell((line, *details) if line else details)


def command(before: str, text: str) -> Line:
    """Return a foot line: what a command is for, and the command; nothing where there is none."""
    return (Piece(before), code(text)) if text else ()
