"""The history: the graph, newest first, with what is applied, pending and current."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...model.lanes import lanes
from ...redact import redact
from ...results import History
from ..view import Cell, Column, GraphRow, Line, Link, Piece, Prose, Row, Table, View, cell, chip, code, plain
from ..words import count, day, minute
from .base import NO_REVISIONS, capped, dates, files, ids, name_cell, remarks, view_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...model.graph import Revision
    from ...settings import Settings


_SEVERAL = 2


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
    told = frozenset(one.id for one in shown) if result.verbose else off_the_line(shown)
    rows = tuple(history_row(result, one, names, told, has_dates=bool(date_column)) for one in shown)
    table = Table("Newest first", columns, rows, hidden, graph_rows(result, shown))
    notes = (*history_notes(result), *(((Piece("files in"), code(folder)),) if folder else ()))
    return View("History", notes=notes, blocks=(table, *remarks(*result.notes)))


def history_notes(result: History) -> tuple[Line, ...]:
    """Return how many revisions there are, applied and pending."""
    notes = [plain(count(len(result.revisions), "revision"))]
    if result.table:
        notes.append((Piece("that touched"), code(result.table)))
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


def off_the_line(shown: Sequence[Revision]) -> frozenset[str]:
    """Return the revisions that do not build on just the one in the row below, for whom the drawing is not there.

    Also those that share what they build on, so that a branch is named on each side; nothing of a history in one line.
    """
    below = [*((one.id,) for one in shown[1:]), ()]
    found = {one.id for one, expected in zip(shown, below, strict=True) if one.parents != expected}
    if found <= {shown[-1].id} and len(shown[-1].parents) < _SEVERAL:  # perhaps of a range: it goes on below
        return frozenset()
    children = Counter(parent for one in shown for parent in one.parents)
    forked = {one.id for one in shown if any(children[parent] > 1 for parent in one.parents)}
    return frozenset(found - {one.id for one in shown[-1:] if not one.parents} | forked)


def history_row(
    result: History, one: Revision, names: Mapping[str, str], told: frozenset[str], *, has_dates: bool
) -> Row:
    """Return one revision; below its message, where that is *told*, what it builds on, and its file where *names* has it.

    A line of its own, so that no id is broken where there is little room.
    """
    state = result.state(one.id)
    words = ("current" if state == "current" else "", "head" if one.id in result.heads else "")
    cells = [name_cell(one, *words, labels=one.labels)]
    if result.applied is not None:
        cells.append(cell("applied" if state == "current" else state))
    merge: tuple[Piece, ...] = (chip("merge"),) if len(one.parents) > 1 else ()
    merge += (chip("! broken file", "drop"),) if one.id in result.broken else ()
    needs = (Piece("· needs", tone="dim"), *ids(one.depends_on)) if one.depends_on else ()
    parents = (Piece("builds on", tone="dim"), *ids(one.parents, "base"))
    file = (code(names[one.id]),) if one.id in names else ()
    cells.append(
        Cell(
            (
                *cell(one.message, *merge, *needs).parts,
                *((parents,) if one.id in told else ()),
                *((file,) if file else ()),
            )
        )
    )
    if has_dates:
        cells.append(cell(minute(one.created_at) if result.verbose else day(one.created_at)))
    return Row(tuple(cells), "here" if state == "current" else "dim" if state == "pending" else "")


def graph_rows(result: History, shown: Sequence[Revision]) -> tuple[GraphRow, ...]:
    """Return the graph beside the rows shown.

    A line is dashed while it comes from pending revisions only, or where `depends_on` alone makes it.
    """
    rows: list[GraphRow] = []
    made: dict[tuple[int, int, bool, bool], Link] = {}
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
            key = edge.from_lane, edge.to_lane, is_dashed, edge.is_dangling
            link = made.get(key)
            if link is None:
                link = made[key] = Link(edge.from_lane, edge.to_lane, is_dashed, is_stub=edge.is_dangling)
            links.append(link)
        rows.append(GraphRow(row.lane, tuple(links), row.width, state in ("applied", "current"), state == "current"))
        arriving = leaving
    return tuple(rows)
