"""Where the database stands, the ends and forks of the history, one revision in full."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...results import Branches, Current, Heads, RevisionShown, Shown
from ..view import (
    Block,
    Cell,
    Code,
    Column,
    Details,
    Facts,
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
from ..words import count, day, listed, minute
from .base import NO_REVISIONS, capped, dates, ids, name_cell, next_step, remarks, view_of
from .changes import changes, summed_up

if TYPE_CHECKING:
    from ...model.graph import Revision
    from ...settings import Settings


def _standing(result: Current) -> str:
    if result.unknown:
        return "unknown revision"
    if result.at_head:
        return "head" if result.ids else "nothing to apply"
    if result.behind:
        return f"{count(result.behind, 'revision')} behind"
    return "not at head"


@view_of.register(Current)
def _(result: Current, settings: Settings) -> View:
    known = {revision.id: revision for revision in result.revisions}
    title = listed(result.ids) or "no revision applied"
    notes = tuple(plain(known[id_].message) for id_ in result.ids if id_ in known) if len(result.ids) == 1 else ()
    blocks: list[Block] = []
    if result.verbose or len(result.ids) > 1:
        blocks += _current_table(result, known, settings)
    if result.unknown:
        line = (Piece("! The project has no file for"), *ids(result.unknown))
        blocks.append(Prose(line))
    return View(
        title,
        (chip(_standing(result), "here" if not result.unknown else "drop"),),
        (*(note for note in notes if note), *((plain(result.connection),) if result.connection else ())),
        (*blocks, *remarks(*result.notes)),
        next_step("%migrate plan" if result.behind else "", "See what an upgrade would run:"),
    )


def _current_table(result: Current, known: dict[str, Revision], settings: Settings) -> list[Block]:
    if not result.ids:
        return []
    shown, hidden = capped(result.ids, settings)
    columns = [Column("revision", is_code=True, is_narrow=True), Column("message")]
    if result.verbose:
        columns += [
            Column("builds on", is_code=True, is_narrow=True),
            Column("created", is_code=True, is_narrow=True),
            Column("file", is_code=True),
        ]
    rows = []
    for id_ in shown:
        one = known.get(id_)
        words = tuple(chip(label) for label in one.labels) if one else (chip("unknown", "drop"),)
        cells = [cell(code(id_), *words)]
        cells.append(cell(one.message if one else ""))
        if result.verbose:
            cells += [
                cell(*(ids(one.parents) if one else ())),
                cell(minute(one.created_at) if one else ""),
                cell(code(one.path or "") if one else ""),
            ]
        rows.append(Row(tuple(cells)))
    return [Table("Current revisions", tuple(columns), tuple(rows), hidden)]


@view_of.register(Heads)
def _(result: Heads, settings: Settings) -> View:
    if not result.revisions:
        return View("Heads", blocks=(Prose(NO_REVISIONS),))
    shown, hidden = capped(result.revisions, settings)
    date_column = dates(shown)
    verbose = (
        (Column("builds on", is_code=True, is_narrow=True), Column("file", is_code=True)) if result.verbose else ()
    )
    columns = (Column("revision", is_code=True, is_narrow=True), Column("message"), *date_column, *verbose)
    rows = []
    for one in shown:
        words = ("current" if result.current and one.id in result.current else "", "head")
        needed = "" if one.id in result.effective else "needed by another head"
        cells = [name_cell(one, *words, needed, labels=result.labels.get(one.id, ())), cell(one.message)]
        cells += [cell(day(one.created_at))] if date_column else []
        cells += [cell(*ids(one.parents)), cell(code(one.path or ""))] if result.verbose else []
        rows.append(Row(tuple(cells), "here" if words[0] else ""))
    several = len(result.effective) > 1
    return View(
        "Heads",
        notes=(plain(count(len(result.revisions), "head")),),
        blocks=(Table("The revisions nothing builds on", columns, tuple(rows), hidden),),
        foot=next_step('%migrate merge heads -m "merge heads"', "Bring them together:") if several else (),
    )


@view_of.register(Branches)
def _(result: Branches, settings: Settings) -> View:
    if not result.points:
        return View("Branches", blocks=(Prose(plain("No branches: from every revision one other continues at most.")),))
    shown, hidden = capped(result.points, settings)
    columns = (
        Column("from", is_code=True, is_narrow=True),
        Column("message"),
        Column("continues as", is_code=True, is_narrow=True),
        Column("message"),
    )
    rows = tuple(
        Row(
            (
                name_cell(point, labels=result.labels.get(point.id, ())) if not number else Cell(),
                cell(point.message) if not number else Cell(),
                name_cell(child, labels=result.labels.get(child.id, ())),
                cell(child.message),
            )
        )
        for point, children in shown
        for number, child in enumerate(children)
    )
    return View(
        "Branches",
        notes=(plain(count(len(result.points), "branch point")), plain("oldest first")),
        blocks=(Table("Revisions from which several others continue", columns, rows, hidden),),
    )


def facts(shown: RevisionShown) -> Facts:
    """Return what surrounds a revision: what it builds on, its date, its file, its way back."""
    one = shown.revision
    items: list[tuple[str, Line]] = [("builds on", ids(one.parents))]
    items.append(("built on by", ids(shown.children, "nothing yet")))
    if one.depends_on:
        items.append(("needs", ids(one.depends_on)))
    if one.created_at:
        items.append(("created", plain(minute(one.created_at))))
    if one.path:
        items.append(("file", (code(one.path),)))
    downgrade = {True: "yes", False: "! none: it cannot be undone", None: "unknown until its file is run"}[
        shown.has_downgrade
    ]
    items.append(("downgrade", plain(downgrade, "drop" if shown.has_downgrade is False else "")))
    return Facts(tuple(items))


# What Alembic's own template writes into the docstring; the facts say it already.
_HEADER = re.compile(r"^(?:Revision ID|Revises|Create Date|Branch Labels|Depends on) *:.*$", re.MULTILINE)


def paragraphs(one: Revision) -> list[str]:
    """Return the author's further words, a paragraph each."""
    rest = _HEADER.sub("", one.doc.strip().removeprefix(one.message))
    return [paragraph for paragraph in re.split(r"\n\s*\n", rest.strip()) if paragraph.strip()]


def _schema_change(shown: RevisionShown, settings: Settings) -> tuple[Block, ...]:
    if shown.diff is None:
        return ()
    if not shown.diff:
        return (Prose(plain("It leaves the schema as it is.")),)
    return (View("Schema change", notes=summed_up(shown.diff), blocks=changes(shown.diff, settings)),)


def _shown_view(shown: RevisionShown, settings: Settings) -> View:
    one = shown.revision
    state = (chip(shown.state, "here" if shown.state == "current" else ""),) if shown.state else ()
    chips = (*state, *((chip("head"),) if shown.is_head else ()), *((chip("merge"),) if len(one.parents) > 1 else ()))
    blocks: list[Block] = [facts(shown), *(Prose(plain(paragraph)) for paragraph in paragraphs(one))]
    blocks += _schema_change(shown, settings)
    if shown.source.strip():
        blocks.append(Code(shown.source, "python", label="Source"))
    title = f"{one.id}: {one.message}" if one.message else one.id
    return View(title, (*chips, *(chip(label) for label in shown.labels)), blocks=tuple(blocks))


@view_of.register(Shown)
def _(result: Shown, settings: Settings) -> View:
    sections = tuple(_shown_view(shown, settings) for shown in result.revisions)
    blocks: list[Block] = []
    if result.sql.strip():
        blocks.append(
            Details(f"SQL of the upgrade on {result.dialect}", Code(result.sql, "sql", is_compact=False), is_open=True)
        )
    if result.problem:
        blocks += remarks(f"! No SQL: {result.problem}")
    blocks += remarks(*result.notes)
    if len(sections) == 1:
        only = sections[0]
        return View(only.title, only.chips, only.notes, (*only.blocks, *blocks), only.foot)
    if not sections:
        return View("Revisions", blocks=(Prose(NO_REVISIONS),))
    return View("Revisions", notes=(plain(count(len(sections), "revision")),), blocks=(*sections, *blocks))
