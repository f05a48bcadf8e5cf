"""The one entry, `view_of`, and what several views share: revisions, findings, remarks, what to type next."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, TypeVar

from ...model.finding import Finding, Severity
from ...model.typed import on_connection
from ...redact import redact
from ..view import (
    Block,
    Cell,
    Code,
    Column,
    Details,
    Line,
    Notes,
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
from ..words import count, day, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...model.graph import Revision
    from ...results import Result
    from ...settings import Settings

NO_REVISIONS: Line = (
    Piece("No revisions yet. Write the first:"),
    code('%%revision -m "create the first table"'),
)

_Item = TypeVar("_Item")


@singledispatch
def view_of(result: Result, settings: Settings) -> View:
    """Return what *result* shows. A result without a view of its own shows its rows."""
    rows, hidden = capped(result.records(), settings)
    name = type(result).__name__
    if not rows:
        return View(name, blocks=(Prose(plain("Nothing to show.")),))
    columns = tuple(
        Column(key.replace("_", " "), is_number=all(_is_number(row[key]) for row in rows)) for key in rows[0]
    )
    drawn = tuple(Row(tuple(cell(_said(value)) for value in row.values())) for row in rows)
    return View(name, blocks=(Table("Rows", columns, drawn, hidden),))


def view_with_badge(result: Result, settings: Settings) -> View:
    """Return what *result* shows, and which connection it is about where that matters: here, once, for every result."""
    view = view_of(result, settings)
    if result.elsewhere:
        blocks = tuple(
            replace(block, line=_on(block.line, result.elsewhere)) if isinstance(block, Prose) else block
            for block in view.blocks
        )
        view = replace(view, blocks=blocks, foot=tuple(_on(line, result.elsewhere) for line in view.foot))
    if not result.protected:
        return view
    badge = "protected" if result.protected in view.title.split() else f"{result.protected} is protected"
    return replace(view, chips=(chip(badge, "drop"), *view.chips))


def _on(line: Line, name: str) -> Line:
    """*line* with the connection *name* in the commands that it offers."""
    return tuple(replace(piece, text=on_connection(piece.text, name)) for piece in line)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _said(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return listed(str(item) for item in value)
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def capped(items: Sequence[_Item], settings: Settings) -> tuple[Sequence[_Item], int]:
    """Return the first *items*, as many as the display limit allows, and how many are left out."""
    limit = max(1, settings.display_limit)
    return items[:limit], max(0, len(items) - limit)


def remarks(*notes: str) -> tuple[Block, ...]:
    """Return free sentences as a block of remarks; passwords in them are masked."""
    lines = tuple(plain(redact(note)) for note in notes if note)
    return (Notes(lines),) if lines else ()


def next_step(text: str, before: str = "Next:") -> tuple[Line, ...]:
    """Return the foot with the next sensible command, none where there is none."""
    return ((Piece(before), code(text)),) if text else ()


def name_cell(revision: Revision, *words: str, labels: Iterable[str] = (), here: Iterable[str] = ("current",)) -> Cell:
    """Return a revision's id with what it is in brackets: current, head, its labels."""
    lit = frozenset(here)
    return cell(
        code(revision.id),
        *(chip(word, "here" if word in lit else "") for word in words if word),
        *(chip(label) for label in labels),
    )


def dates(revisions: Iterable[Revision]) -> tuple[Column, ...]:
    """Return the date column where any revision has a date."""
    return (Column("date", is_code=True, is_narrow=True),) if any(one.created_at for one in revisions) else ()


def revision_table(caption: str, revisions: Sequence[Revision], settings: Settings) -> Table:
    """Return a plain table of revisions, in the order given: id, message, date."""
    shown, hidden = capped(revisions, settings)
    date_column = dates(shown)
    columns = (Column("revision", is_code=True, is_narrow=True), Column("message"), *date_column)
    rows = tuple(
        Row((name_cell(one), cell(one.message), *((cell(day(one.created_at)),) if date_column else ())))
        for one in shown
    )
    return Table(caption, columns, rows, hidden)


_SIGNS = {Severity.ERROR: "! error", Severity.WARNING: "! warning", Severity.INFO: "i advice"}


def findings_table(findings: Sequence[Finding], settings: Settings) -> tuple[Block, ...]:
    """Return the advice as a table, none where there is none."""
    if not findings:
        return ()
    shown, hidden = capped(findings, settings)
    columns = (
        Column("advice", is_narrow=True),
        Column("rule", is_narrow=True),
        Column("revision", is_code=True, is_narrow=True),
        Column("what and what to do"),
        Column("how we know", is_narrow=True),
    )
    return (Table("Advice", columns, tuple(_finding_row(one) for one in shown), hidden),)


def _finding_row(finding: Finding) -> Row:
    sign = Piece(_SIGNS[finding.severity], "strong", "" if finding.severity is Severity.INFO else "drop")
    parts: tuple[Line | Details, ...] = tuple(
        line
        for line in (
            plain(redact(finding.message)),
            (Piece("Instead:"), code(finding.remedy)) if finding.remedy and "\n" not in finding.remedy else (),
        )
        if line
    )
    if "\n" in finding.remedy:
        parts += (Details("Safer code", Code(finding.remedy, "python", is_compact=False)),)
    if finding.evidence:
        parts += (Details("Evidence", Code(redact("\n".join(finding.evidence)))),)
    return Row(
        (
            cell(sign),
            cell(code(finding.rule)),
            cell(code(finding.revision or "")),
            Cell(parts),
            cell(finding.confidence.value),
        )
    )


def warning_chips(findings: Iterable[Finding]) -> tuple[Piece, ...]:
    """Return a chip per rule that found an error, with the number of places: "! loses data: 2 steps"."""
    rules: dict[str, int] = {}
    for finding in findings:
        if finding.severity is Severity.ERROR:
            rules[finding.rule] = rules.get(finding.rule, 0) + 1
    return tuple(
        chip(f"! {rule.replace('-', ' ')}" + (f": {count(number, 'place')}" if number > 1 else ""), "drop")
        for rule, number in rules.items()
    )


def files(revisions: Iterable[Revision]) -> tuple[str, Mapping[str, str]]:
    """Return the one folder of all files and each revision's file in it; "" and whole paths where there are several."""
    paths = {one.id: one.path or "" for one in revisions}
    split = {id_: re.split(r"(?<=[/\\])(?=[^/\\]*$)", path, maxsplit=1) for id_, path in paths.items()}
    folders = {parts[0] for parts in split.values()}
    if len(folders) == 1 and all(len(parts) == 2 for parts in split.values()):
        return folders.pop(), {id_: parts[1] for id_, parts in split.items()}
    return "", paths


def ids(revisions: Iterable[str], nothing: str = "base") -> Line:
    """Return revision ids as code; *nothing* where there are none."""
    pieces = [piece for one in revisions for piece in (Piece(",", is_glued=True), code(one))]
    return tuple(pieces[1:]) or plain(nothing)


def marked(text: str) -> Line:
    """Return *text* with what stands between backticks as code."""
    pieces: list[Piece] = []
    is_apart = True
    for number, part in enumerate(text.split("`")):
        if part.strip():
            is_glued = bool(pieces) and not is_apart and not part.startswith(" ")
            pieces.append(Piece(part.strip(), "code" if number % 2 else "text", is_glued=is_glued))
        is_apart = part.endswith(" ")
    return tuple(pieces)
