"""Schemas compared: what differs between two, who made what of a table, whether models, history and database agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...results import Blamed, Checked, Compared
from ..view import (
    Block,
    Card,
    Cards,
    Cell,
    Code,
    Column,
    Details,
    Line,
    Piece,
    Prose,
    Row,
    Table,
    View,
    cell,
    chip,
    code,
    plain,
)
from ..words import count, day
from .base import capped, ids, next_step, remarks, view_of
from .changes import change_line, changes, named, summed_up
from .schema import picture

if TYPE_CHECKING:
    from ...model.blame import Life
    from ...model.diff import SchemaDiff
    from ...results.compare import BlamedRow
    from ...settings import Settings


@view_of.register(Compared)
def _(result: Compared, settings: Settings) -> View:
    place = (plain(result.place),) if result.place else ()
    blocks: list[Block] = []
    if not result.diff:
        blocks.append(Prose(_same(result)))
    notes = (*(summed_up(result.diff) if result.diff else ()), *place)
    if result.diagram is not None:
        blocks += picture(result.diagram)
    blocks += changes(result.diff, settings)
    if result.code.strip():
        blocks.append(Details("The Alembic operations that would do it", Code(result.code, "python")))
    blocks += [*_listed("Not compared:", result.not_compared, settings), *remarks(*result.notes)]
    about = f"{result.table} from" if result.table else "From"
    title = f"{about} {result.before} to {result.after}"
    return View(title, (), notes, tuple(blocks), next_step(result.next_command))


def _same(result: Compared) -> Line:
    pair = (code(result.before), Piece("and"), code(result.after))
    if result.table:
        return (code(result.table), Piece("is the same in"), *pair)
    return (Piece("No differences:"), *pair, Piece("have the same schema."))


_COMPARISONS = (
    ("models and database", "What would make the database what the models say", "models_vs_database"),
    (
        "history and database",
        "What was changed by hand, or in a file after it ran: from the history to the database",
        "history_vs_database",
    ),
    ("models and history", "What the history lacks for the models", "models_vs_history"),
)


@view_of.register(Checked)
def _(result: Checked, settings: Settings) -> View:
    diffs: list[tuple[str, str, SchemaDiff | None]] = [
        (field, title, getattr(result, field)) for _, title, field in _COMPARISONS
    ]
    cards = Cards(tuple(Card(label, *_verdict(getattr(result, field), field)) for label, _, field in _COMPARISONS))
    sections = tuple(
        View(title, (), summed_up(diff), _same_as_before(field, result) or changes(diff, settings))
        for field, title, diff in diffs
        if diff is not None and diff
    )
    place = (plain(result.place),) if result.place else ()
    behind = (chip(f"{count(result.behind, 'revision')} behind", "here"),) if result.behind else ()
    at: tuple[Line, ...] = ((Piece("at"), *ids(result.at), *behind),) if result.at or behind else ()
    return View(
        f"Check of {result.connection}" if result.connection else "Check",
        (_word(result),),
        (*at, *place),
        (
            cards,
            *sections,
            *_listed("Not compared with the models:", result.not_with_models, settings),
            *_listed("Compared by nobody:", result.not_checked, settings),
            *remarks(*result.notes),
        ),
        next_step(result.next_command),
    )


def _word(result: Checked) -> Piece:
    """Return whether all is well, and whether that was looked at."""
    main = (result.models_vs_database, result.history_vs_database)
    if not result.clean:
        return chip("! not clean", "drop")
    if all(diff is None for diff in main):
        return chip("nothing compared", "drop")
    return chip("clean as far as compared", "alter") if None in main else chip("clean", "add")


def _same_as_before(field: str, result: Checked) -> tuple[Block, ...]:
    """Return that what the history lacks is what the database lacks, where it is: a list that stands above already."""
    if field != "models_vs_history" or result.models_vs_history != result.models_vs_database:
        return ()
    return (Prose(plain("The same as between models and database.")),)


_WHAT_WOULD = {
    "models_vs_database": "name some: --models MODULE:NAME",
    "history_vs_database": "why, see below",
    "models_vs_history": "why, see below",
}


def _verdict(diff: SchemaDiff | None, field: str) -> tuple[Line, Line]:
    if diff is None:
        return plain("not compared"), plain(_WHAT_WOULD[field], "dim")
    if not diff:
        return plain("agree"), ()
    signs = tuple(replace(piece, kind="text") for piece in summed_up(diff)[1])
    return plain(count(len(diff.changes), "difference"), "drop"), signs


def _listed(lead: str, sentences: tuple[str, ...], settings: Settings) -> tuple[Block, ...]:
    """Return sentences under a lead, up to the display limit; nothing where there are none."""
    if not sentences:
        return ()
    shown, hidden = capped(sentences, settings)
    more = (Prose(plain(f"… {hidden:,} more, see .to_dict()", "dim")),) if hidden else ()
    return (Prose(plain(lead, "dim")), *remarks(*shown), *more)


@view_of.register(Blamed)
def _(result: Blamed, settings: Settings) -> View:
    place = (plain(result.place),) if result.place else ()
    blocks: list[Block] = [_life(result, life, settings) for life in result.lives]
    if result.rows and not blocks:
        blocks.append(_blame_table(result, settings))
    if not blocks:
        blocks.append(Prose((Piece("Nothing is known of"), code(result.target), Piece("in this history."))))
    blocks += remarks(*result.notes)
    return View(f"Blame of {result.target}", (), place, tuple(blocks), next_step(result.next_command))


def _blame_table(result: Blamed, settings: Settings) -> Table:
    shown, hidden = capped(result.rows, settings)
    tables = {row.path[0] for row in result.rows}
    columns = (
        *((Column("table", is_code=True, is_narrow=True),) if len(tables) > 1 else ()),
        Column("what", is_narrow=True),
        Column("is", is_code=True),
        Column("created by", is_narrow=True),
        Column("last change"),
    )
    if len(tables) > 1:
        rows = tuple(_blame_row(result, row, cell(code(row.path[0]))) for row in shown)
        return Table("All that are called so", columns, rows, hidden)
    return Table("In the table's order", columns, tuple(_blame_row(result, row) for row in shown), hidden)


def _blame_row(result: Blamed, row: BlamedRow, *lead: Cell) -> Row:
    return Row(
        (
            *lead,
            cell(*named(row.path)),
            cell(code(row.text)),
            cell(*_by(result, row.created_by)),
            cell(*_last_change(result, row)),
        ),
        "dim" if row.dropped_by else "",
    )


def _last_change(result: Blamed, row: BlamedRow) -> Line:
    last = row.dropped_by or row.changed_by
    message = plain(result.revisions[last].message) if last in result.revisions else ()
    if row.dropped_by:
        return (chip("dropped", "drop"), Piece("by"), *_by(result, last), *message)
    if not last and result.begins:
        return plain("none since", "dim")
    if last == row.created_by:
        return (Piece("as created:" if message else "as created", tone="dim"), *message)
    return (*_by(result, last), *message)


def _by(result: Blamed, revision: str) -> Line:
    """Return a revision with its date; in words where it was before any."""
    if not revision:
        return plain(f"up to {result.begins}, not known" if result.begins else "before the history", "dim")
    known = result.revisions.get(revision)
    return (code(revision), *(plain(day(known.created_at), "dim") if known else ()))


def _life(result: Blamed, life: Life, settings: Settings) -> View:
    shown, hidden = capped(life.events, settings)
    dated = any(one.created_at for one in result.revisions.values())
    columns = (
        Column("revision", is_code=True, is_narrow=True),
        *((Column("date", is_code=True, is_narrow=True),) if dated else ()),
        Column("what it did"),
        Column("message"),
    )
    rows = []
    for event in shown:
        known = result.revisions.get(event.revision)
        date: tuple[Cell, ...] = (cell(day(known.created_at) if known else ""),) if dated else ()
        what = cell(*change_line(event.change))
        rows.append(Row((cell(code(event.revision)), *date, what, cell(known.message if known else ""))))
    kind, name = named(life.path)[0].text, life.path[-1]
    table = f"{life.path[0]}." if len(life.path) > 2 and life.path[0] else ""
    state = (chip("dropped", "drop"),) if life.dropped_by else ()
    blocks: tuple[Block, ...] = (Table("Oldest first", columns, tuple(rows), hidden),) if rows else ()
    now = next((row.text for row in result.rows if row.path == life.path and row.text), "")
    notes = (*(((code(now),),) if now else ()), plain(count(len(life.events), "event")))
    return View(f"{kind} {table}{name}", state, notes, blocks)
