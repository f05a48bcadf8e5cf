"""Sample data of one's own: what rehearsals have in place of a table's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...redact import redact
from ...results import Samples
from ..view import Block, Column, Prose, Row, Table, View, cell, chip, code, plain
from ..words import count
from .base import capped, ids, next_step, view_of

if TYPE_CHECKING:
    from ...settings import Settings


@view_of.register(Samples)
def _(result: Samples, settings: Settings) -> View:
    chips = [chip(f"remembered: {result.remembered}", "add")] if result.remembered else []
    chips += [chip(f"forgotten: {result.forgotten}")] if result.forgotten else []
    shown, hidden = capped(result.samples, settings)
    columns = (
        Column("table", is_code=True, is_narrow=True),
        Column("from", is_narrow=True),
        Column("rows", is_number=True, is_narrow=True),
        Column("columns", is_code=True),
    )
    rows = tuple(
        Row((cell(code(each.table)), cell(redact(each.source)), cell(f"{each.rows:,}"), cell(*ids(each.columns))))
        for each in shown
    )
    blocks: tuple[Block, ...] = (Table("In place of the rows that a table has", columns, rows, hidden),)
    if not rows:
        blocks = (Prose(plain("None: rehearsals copy the rows that the database has.")),)
    return View(
        f"Samples for rehearsals of {result.connection}",
        tuple(chips),
        (plain(count(len(result.samples), "table")),),
        blocks,
        next_step(result.next_command),
    )
