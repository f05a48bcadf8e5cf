"""The history: the graph, newest first, with what is applied, pending and current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.lanes import lanes
from ...redact import redact
from ...results import History
from ..view import Column, GraphRow, Line, Link, Piece, Prose, Row, Table, View, cell, chip, code, plain
from ..words import count, day, minute
from .base import NO_REVISIONS, capped, dates, files, ids, name_cell, remarks, view_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...model.graph import Revision
    from ...settings import Settings


@view_of.register(History)
def _(result: History, settings: Settings) -> View:
    if not result.revisions:
        nothing = (
            NO_REVISIONS if not len(result.graph) else plain(f"No revision fits {redact(result.range) or 'this'}.")
        )
        return View("History", blocks=(Prose(nothing), *remarks(*result.notes)))
    shown, hidden = capped(result.revisions, settings)
    date_column = dates(shown)
    state_column = (Column("state", is_narrow=True),) if result.applied is not None else ()
    columns = (Column("revision", is_code=True, is_narrow=True), *state_column, Column("message"), *date_column)
    folder, names = files(shown) if result.verbose else ("", {})
    if result.verbose:
        columns += (Column("builds on", is_code=True), Column("file", is_code=True))
    rows = tuple(_row(result, one, names, has_dates=bool(date_column)) for one in shown)
    table = Table("Newest first", columns, rows, hidden, graph_rows(result, shown))
    notes = (*_notes(result), *(((Piece("files in"), code(folder)),) if folder else ()))
    return View("History", notes=notes, blocks=(table, *remarks(*result.notes)))


def _notes(result: History) -> tuple[Line, ...]:
    notes = [plain(count(len(result.revisions), "revision"))]
    if result.range:
        notes.append((Piece("range"), code(result.range)))
    if result.applied is not None:
        states = [result.state(one.id) for one in result.revisions]
        pending = states.count("pending")
        to = f" to {result.connection}" if result.connection else ""
        notes += [plain(f"{len(states) - pending:,} applied{to}"), plain(f"{pending:,} pending")]
    if len(result.heads) != 1:
        notes.append(plain(count(len(result.heads), "head")))
    return tuple(notes)


def _row(result: History, one: Revision, names: Mapping[str, str], *, has_dates: bool) -> Row:
    state = result.state(one.id)
    words = ("current" if state == "current" else "", "head" if one.id in result.heads else "")
    cells = [name_cell(one, *words, labels=one.labels)]
    if result.applied is not None:
        cells.append(cell("applied" if state == "current" else state))
    merge: tuple[Piece, ...] = (chip("merge"),) if len(one.parents) > 1 else ()
    merge += (chip("! broken file", "drop"),) if one.id in result.broken else ()
    needs = (Piece("· needs", tone="dim"), *ids(one.depends_on)) if one.depends_on else ()
    cells.append(cell(one.message, *merge, *needs))
    if has_dates:
        cells.append(cell(minute(one.created_at) if result.verbose else day(one.created_at)))
    if result.verbose:
        cells += [cell(*ids(one.parents)), cell(code(names[one.id]))]
    return Row(tuple(cells), "here" if state == "current" else "dim" if state == "pending" else "")


def graph_rows(result: History, shown: Sequence[Revision]) -> tuple[GraphRow, ...]:
    """Return the graph beside the rows shown.

    A line is dashed while it comes from pending revisions only, or where `depends_on` alone makes it.
    """
    rows: list[GraphRow] = []
    arriving: dict[tuple[int, str], bool] = {}
    for row in lanes(result.graph, shown):
        state = result.state(row.revision)
        links: list[Link] = []
        leaving: dict[tuple[int, str], bool] = {}
        for edge in row.edges:
            is_pending = state == "pending" if edge.starts else arriving.get((edge.from_lane, edge.parent), False)
            is_pending = leaving.get((edge.to_lane, edge.parent), True) and is_pending
            leaving[edge.to_lane, edge.parent] = is_pending
            is_dashed = is_pending or edge.is_dependency
            links.append(Link(edge.from_lane, edge.to_lane, is_dashed, is_stub=edge.is_dangling))
        rows.append(GraphRow(row.lane, tuple(links), row.width, state in ("applied", "current"), state == "current"))
        arriving = leaving
    return tuple(rows)
