"""The history to look around in: where the database stands, the graph, and beside each revision what it changed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.schema import Sequence as Sequenced
from ...results import Explorer, SchemaShown, Shown
from ..operations import operations_cell
from ..view import Block, Cell, Code, Column, Piece, Prose, Row, Table, View, cell, code, plain
from ..words import count, duration
from .base import NO_REVISIONS, capped, dates, findings_table, remarks, view_of
from .browse import facts, paragraphs
from .changes import changes, summed_up, table_names
from .history import graph_rows, history_notes, history_row, off_the_line
from .rehearse import row_diff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.diff import Change, SchemaDiff
    from ...model.graph import Revision
    from ...model.rehearsal import Rehearsal
    from ...model.trace import Step
    from ...settings import Settings
    from ..view import Line

_MOST_TABLES = 3
"""How many tables are named beside a revision; the rest is counted."""

_SIGNS = {"add": "+", "drop": "-", "alter": "~", "rename": "~"}


@view_of.register(Explorer)
def _(result: Explorer, settings: Settings) -> View:
    history, connection = result.history, result.status.connection
    title = f"History of {connection.name}" if connection else "History"
    if not history.revisions:
        return View(title, blocks=(Prose(NO_REVISIONS), *remarks(*history.notes)))
    place = (plain(f"replayed on {result.place}"),) if result.place else ()
    return View(
        title,
        notes=(*_standing(result), *history_notes(history), *place),
        blocks=(_table(result, settings), *remarks(*dict.fromkeys((*history.notes, *result.notes)))),
        foot=_foot(history.revisions),
    )


def _standing(result: Explorer) -> tuple[Line, ...]:
    connection = result.status.connection
    return (plain(connection.server or connection.dialect),) if connection else ()


def _table(result: Explorer, settings: Settings) -> Table:
    history = result.history
    shown, hidden = capped(history.revisions, settings)
    date_column = dates(shown)
    state_column = (Column("state", is_narrow=True),) if history.applied is not None else ()
    columns = (Column("revision", is_code=True, is_narrow=True), *state_column, Column("message"), *date_column)
    told = off_the_line(shown)
    rows: Sequence[Row] = tuple(history_row(history, one, {}, told, has_dates=bool(date_column)) for one in shown)
    if result.changes:
        columns = (*columns, Column("schema change"))
        rows = tuple(_with_change(row, result.changes.get(one.id)) for row, one in zip(rows, shown, strict=True))
    return Table("Newest first", columns, tuple(rows), hidden, graph_rows(history, shown))


def _with_change(row: Row, diff: SchemaDiff | None) -> Row:
    said = cell(Piece("not known", tone="dim")) if diff is None else Cell((_changed(diff),))
    return replace(row, cells=(*row.cells, said))


def _changed(diff: SchemaDiff) -> Line:
    """Return the tables that *diff* changes, each with a sign: "+ workers", "~ evaluations"."""
    signs: dict[str, str] = {}
    for change, where in zip(diff.changes, table_names(diff.changes), strict=True):
        table = where or _owner(change)
        is_whole = len(change.path) == 1
        signs[table] = _SIGNS[change.kind] if is_whole and signs.get(table) != "+" else signs.get(table, "~")
    pieces: list[Piece] = []
    for table, sign in list(signs.items())[:_MOST_TABLES]:
        pieces += [Piece(",", is_glued=True)] if pieces else []
        tone = {"+": "add", "-": "drop", "~": "alter"}[sign]
        pieces += [Piece(sign, "strong", tone), code(table) if table else Piece("types")]  # type: ignore[arg-type] # a Tone
    left = len(signs) - _MOST_TABLES
    return (*pieces, Piece(f"and {left:,} more")) if left > 0 else tuple(pieces) or plain("none", "dim")


def _owner(change: Change) -> str:
    """The table to whose column a sequence belongs: PostgreSQL makes one for each `serial`; "" for all else."""
    found = change.after if change.after is not None else change.before
    return found.owner.rpartition(".")[0] if isinstance(found, Sequenced) else ""


def _foot(revisions: Sequence[Revision]) -> tuple[Line, ...]:
    newest, oldest = revisions[0].id, revisions[-1].id
    one = (Piece("One in full:"), code(f"%migrate show {newest}"))
    two = (Piece("· between two:"), code(f"%migrate diff {oldest} {newest}")) if newest != oldest else ()
    return ((*one, *two),)


Page = tuple[str, tuple[Block, ...]]
"""A page's name, and what is on it."""


def pages(
    shown: Shown, rehearsal: Rehearsal | None, step: Step | None, settings: Settings
) -> tuple[tuple[Block, ...], tuple[Page, ...]]:
    """Return one revision in parts: what stands above, and a page each for its schema change, rows, SQL, source, findings.

    *rehearsal* and *step* are its last ones in this notebook. A page that has nothing says why.
    """
    only = shown.revisions[0]
    sql: Block = Code(shown.sql, "sql") if shown.sql.strip() else Prose(plain(_no_sql(shown)))
    source: Block = Code(only.source, "python") if only.source.strip() else Prose(plain("Its file has no source."))
    findings = rehearsal.findings if rehearsal else ()
    advice = findings_table(findings, settings) or (Prose(plain(_CLEAN if rehearsal else _NO_FINDINGS)),)
    every = (
        ("Schema change", (*_change(only.diff, settings), *(remarks(*shown.notes) if only.diff is None else ()))),
        ("Rows", _rows(rehearsal, step, settings)),
        ("SQL", (Prose(plain(f"Upgrade on {shown.dialect}", "dim")), sql) if shown.sql.strip() else (sql,)),
        ("Source", (source,)),
        (f"Findings ({len(findings):,})" if findings else "Findings", advice),
    )
    name = re.split(r"[/\\]", only.revision.path or "")[-1]  # the whole path is long, and everywhere the same
    return (
        facts(replace(only, revision=replace(only.revision, path=name))),
        *(Prose(plain(said)) for said in paragraphs(only.revision)),
    ), every


def _rows(rehearsal: Rehearsal | None, step: Step | None, settings: Settings) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if rehearsal is not None:
        diffs = [diff for diff in rehearsal.rows if diff]
        blocks += [block for diff in diffs for block in row_diff(diff, settings)]
        blocks += [] if diffs else [Prose(plain("In its rehearsal no row changed."))]
    ran = step or (rehearsal.up if rehearsal else None)
    if ran is not None:
        where = "As it ran on the database" if step else "As it ran on a copy"
        columns = (Column("operations"), Column("time", is_number=True))
        cells = (operations_cell(ran, is_merge=False, limit=settings.display_limit), cell(duration(ran.duration_s)))
        blocks.append(Table(where, columns, (Row(cells),)))
    return tuple(blocks) or (Prose((Piece(_NO_ROWS), code("%migrate rehearse"))),)


_NO_ROWS = "Nothing has run it in this notebook. What it does to rows, on a copy:"
_NO_FINDINGS = "It was not rehearsed in this notebook; %migrate rehearse says what is wrong with pending ones."
_CLEAN = "Its rehearsal found nothing wrong."


def _no_sql(shown: Shown) -> str:
    return f"No SQL: {shown.problem}" if shown.problem else "It runs no SQL."


def _change(diff: SchemaDiff | None, settings: Settings) -> tuple[Block, ...]:
    if diff is None:
        return (Prose(plain("What it changed is not known.")),)
    if not diff:
        return (Prose(plain("It leaves the schema as it is.")),)
    said = tuple(piece for note in summed_up(diff) for piece in (*note, Piece("·", tone="dim")))[:-1]
    return (Prose(said), *changes(diff, settings))


def moment(schema: SchemaShown, diff: SchemaDiff, settings: Settings) -> tuple[Block, ...]:
    """Return a schema as tables, and before it what led there."""
    led = (View("What changed", notes=summed_up(diff), blocks=changes(diff, settings)),) if diff else ()
    return (*led, view_of(schema, settings))


def said(diff: SchemaDiff) -> str:
    """Return in a few words what *diff* does, for a reader of screens: "2 changes in evaluations: 1 added, 1 dropped"."""
    if not diff:
        return "no change"
    kinds = Counter(change.kind for change in diff.changes)
    words = {"add": "added", "drop": "dropped", "alter": "altered", "rename": "renamed"}
    tables = [table for table in dict.fromkeys(table_names(diff.changes)) if table]
    where = tables[0] if len(tables) == 1 else count(len(tables), "table")
    kinds_said = ", ".join(f"{number:,} {words[kind]}" for kind, number in kinds.items())
    return f"{count(len(diff.changes), 'change')}{f' in {where}' if tables else ''}: {kinds_said}"
