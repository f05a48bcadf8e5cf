"""A models cell: the tables it defines, what became of earlier ones, and what is pending against the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results import ModelsDefined
from ..view import Block, Code, Details, Folded, Line, Piece, Prose, View, chip, code, plain
from ..words import count
from .base import capped, next_step, remarks, view_of
from .changes import changes, summed_up
from .schema import table_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...settings import Settings


@view_of.register(ModelsDefined)
def _(result: ModelsDefined, settings: Settings) -> View:
    shown, hidden = capped(result.tables, settings)
    blocks: list[Block] = [Folded(_title(result, table.key), table_blocks(table)) for table in shown]
    if hidden:
        blocks.append(Prose(plain(f"… {hidden:,} more, see .to_frame()", "dim")))
    blocks += _became(result)
    blocks += _pending(result, settings)
    blocks += remarks(*result.notes)
    title = f"The cell defines {count(len(result.tables), 'table')}" if result.tables else "The cell defines no table"
    chips = (chip("run again"),) if result.replaced or result.removed else ()
    notes = (plain(result.source),) if result.source else ()
    return View(title, chips, notes, tuple(blocks), next_step(result.next_command))


def _title(result: ModelsDefined, table: str) -> str:
    return f"{table}, new" if (result.replaced or result.removed) and table not in result.replaced else table


def _became(result: ModelsDefined) -> tuple[Block, ...]:
    """Return a line for each thing that happened to definitions of before."""
    lines: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("Replaced:", result.replaced),
        ("No longer defined:", result.removed),
        ("Taken over from elsewhere in the notebook:", result.taken_over),
        ("Cells that build on it ran again:", result.again),
        ("Relationships wait for:", result.waiting),
    )
    return tuple(Prose((Piece(lead), *_names(names))) for lead, names in lines if names)


def _names(names: Iterable[str]) -> Line:
    return tuple(piece for name in names for piece in (Piece(",", is_glued=True), code(name)))[1:]


def _pending(result: ModelsDefined, settings: Settings) -> tuple[Block, ...]:
    if result.pending is None:
        return ()
    if not result.pending:
        return (Prose(plain(f"Nothing is pending: {result.connection} is what the models say.")),)
    is_about_tables = bool(result.tables or result.removed or result.again)  # else it is as the last cell showed it
    blocks: list[Block] = [*changes(result.pending, settings)] if is_about_tables else []
    if result.code.strip() and is_about_tables:
        blocks.append(Details("The Alembic operations that would do it", Code(result.code, "python")))
    return (View(f"Pending against {result.connection}", (), summed_up(result.pending), tuple(blocks)),)
