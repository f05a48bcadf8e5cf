"""What is wrong with a history: worst first, each with why it matters and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.finding import Severity
from ...redact import redact
from ...results import Diagnosed
from ..view import Block, Cell, Column, Line, Piece, Row, Table, View, cell, code, plain
from ..words import count
from .base import capped, next_step, remarks, view_of

if TYPE_CHECKING:
    from ...model.ailments import Ailment
    from ...settings import Settings

_SIGNS = {Severity.ERROR: "! error", Severity.WARNING: "! warning", Severity.INFO: "i advice"}


@view_of.register(Diagnosed)
def _(result: Diagnosed, settings: Settings) -> View:
    files = count(result.revisions, "revision")
    heads = f", {count(len(result.heads), 'head')}" if result.heads else ""
    wrong = sum(ailment.severity is not Severity.INFO for ailment in result.ailments)
    title = f"Healthy: {files}{heads}" if result.healthy else f"! {count(wrong, 'thing')} to mend in {files}{heads}"
    blocks: list[Block] = [*remarks(result.did, *result.notes)]
    if result.ailments:
        shown, hidden = capped(result.ailments, settings)
        columns = (
            Column("severity", is_narrow=True),
            Column("what", is_narrow=True),
            Column("revision", is_code=True, is_narrow=True),
            Column("why it matters and what mends it"),
        )
        blocks.append(Table("Findings, worst first", columns, tuple(_row(one) for one in shown), hidden))
    return View(title, blocks=tuple(blocks), foot=next_step(result.next_command))


def _row(ailment: Ailment) -> Row:
    sign = Piece(_SIGNS[ailment.severity], "strong", "" if ailment.severity is Severity.INFO else "drop")
    parts: list[Line] = [plain(redact(ailment.what)), plain(ailment.why)]
    for number, remedy in enumerate(ailment.remedies):
        said = code(remedy) if remedy.startswith(("%", "!")) else Piece(redact(remedy))
        parts.append((Piece("or:" if number else "Mend it:"), said))
    return Row((cell(sign), cell(code(ailment.rule)), cell(code(ailment.revision)), Cell(tuple(parts))))
