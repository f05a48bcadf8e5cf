"""A revision file that was written, or would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.finding import WILL_FAIL
from ...model.omission import called
from ...redact import redact
from ...results import Authored
from ..view import Block, Code, Column, Details, Line, Piece, Prose, Row, Table, View, cell, chip, code, plain
from ..words import count
from .authored import squashed, touched
from .base import capped, findings_table, ids, next_step, remarks, view_of, warning_chips
from .rehearse import rehearsal_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.question import Question
    from ...settings import Settings

_DOWNGRADES = {
    "written": "Downgrade: as written.",
    "derived": "Downgrade: derived, by reversing the operations of the upgrade.",
    "none": "! Downgrade: none. This revision cannot be undone.",
    "proved": "Downgrade: carried over, and proved to lead back to where the range began.",
    "carried": "Downgrade: carried over, and not proved: see below.",
}


def _did(result: Authored) -> str:
    if result.cell and not result.is_dry_run:
        return "Opened"
    if result.is_unchanged:
        return "Unchanged"
    if result.is_dry_run:
        return "Would replace" if result.replaced else "Would write"
    return "Replaced" if result.replaced else "Wrote"


def _remarks(result: Authored) -> tuple[Block, ...]:
    notes = [*result.notes]
    if result.left_out:
        notes.insert(0, f"Left out: {', '.join(map(called, result.left_out))}.")
    if result.is_dry_run:
        notes.insert(0, "Dry run: no file was written.")
    if result.replaced and not result.is_dry_run and not result.is_unchanged:
        notes.insert(0, "An earlier run of this cell had written this revision; the file is new, the id is the same.")
    if result.cell:
        verb = "write" if result.is_dry_run else "rewrite"
        notes.insert(0, f"Its code is in the next cell: run that cell to {verb} the revision.")
    return remarks(*notes)


def _file(result: Authored) -> Details:
    """The file, folded away where it says no more than the cell above it."""
    lines = count(len(result.code.strip().splitlines()), "line")
    return Details(f"The file, {lines}", Code(result.code, "python"), is_open=result.downgrade != "written")


def questions_table(
    questions: Sequence[Question], settings: Settings, *, is_written: bool = False
) -> tuple[Block, ...]:
    """Return what only a person knows, with what answers it: an option to add to the command, or code for the revision."""
    if not questions:
        return ()
    shown, hidden = capped(questions, settings)
    columns = (Column("question"), Column("data"), Column("answer"))
    rows = tuple(
        Row(
            (
                cell(redact(each.sentence)),
                cell(redact(_data(each))),
                cell(*_answers(each, is_written=is_written)),
            )
        )
        for each in shown
    )
    remedies = tuple(
        block
        for each in shown
        if each.remedy
        for block in (
            Prose(plain(redact(each.sentence))),
            Details("In the place of the file's own lines", Code(redact(each.remedy), "python")),
        )
    )
    return (Table("Only you know", columns, rows, hidden), *remedies)


def _data(question: Question) -> str:
    found = question.evidence
    fits = "" if found.fits in question.sentence else found.fits
    return "; ".join(part for part in (", ".join(found.samples), fits) if part)


def _answers(question: Question, *, is_written: bool) -> tuple[Piece, ...]:
    if is_written and question.options:
        return (Piece("the file drops it"),)  # an option would come too late
    pieces: list[Piece] = []
    for option in question.options:
        pieces += [Piece(" or ")] if pieces else []
        pieces.append(code(redact(option.command)))
    return tuple(pieces) or (Piece("the code below" if question.remedy else ""),)


def _rehearsal(result: Authored, settings: Settings) -> tuple[Block, ...]:
    """What the revision did on a copy: what a person looks at before anything else."""
    found = result.rehearsal
    if found is None:
        return ()
    is_both = any(each.down for each in found.revisions)
    verdict = chip("came back" if is_both else "ran · no way back", "add" if is_both else "alter")
    if not found.passed:
        verdict = chip("! did not come back" if is_both else "! failed", "drop")
    what = "up, down, up again" if is_both else "up"
    blocks = (*findings_table(found.findings, settings), *rehearsal_blocks(found, settings))
    return (
        View("Rehearsed", (verdict,), (plain(what), plain(f"on {found.method}")), (*blocks, *remarks(*found.notes))),
    )


def _offer(result: Authored) -> tuple[Line, ...]:
    """What shows a cell of several operations one by one; not of a revision that is applied already."""
    if result.revision is None or result.rehearsal is None or result.is_dry_run or result.moved is not None:
        return ()
    operations = [operation for step in result.rehearsal.trace.steps for operation in step.operations]
    return next_step(f"%migrate step {result.revision.id}", "One by one:") if len(operations) > 1 else ()


@view_of.register(Authored)
def _(result: Authored, settings: Settings) -> View:
    revision = result.revision
    if revision is None:
        return View("Nothing was written", blocks=remarks(*result.notes), foot=next_step(result.next_command))
    chips = [chip("dry run", "here")] if result.is_dry_run else []
    chips += [chip("merge")] if len(revision.parents) > 1 else []
    chips += [chip(label) for label in revision.labels]
    parents: Line = (Piece("builds on"), *ids(revision.parents))
    notes: list[Line] = [(code(result.path),)] if result.path else []
    notes.append(parents)
    if revision.depends_on:
        notes.append((Piece("needs"), *ids(revision.depends_on)))
    failing = [one for one in result.findings if one.rule == WILL_FAIL]
    blocks: list[Block] = [*remarks(*(f"! {one.message}" for one in failing))]
    if result.code.strip():
        blocks.append(_file(result))
    blocks += _rehearsal(result, settings)
    said = _DOWNGRADES.get(result.downgrade, f"Downgrade: {result.downgrade}.")
    blocks.append(Prose(plain(said, "drop" if result.downgrade == "none" else "")))
    blocks += [
        *questions_table(result.questions, settings, is_written=not result.is_dry_run),
        *squashed(result),
        *touched(result),
        *_remarks(result),
        *findings_table([one for one in result.findings if one not in failing], settings),
    ]
    if result.moved is not None:
        blocks.append(view_of(result.moved, settings))
    is_said = result.moved is not None and result.moved.next_command == result.next_command
    foot = () if is_said else (*next_step(result.next_command), *_offer(result))
    title = f"{_did(result)} {revision.id}" + (f": {revision.message}" if revision.message else "")
    return View(title, (*chips, *warning_chips(result.findings)), tuple(notes), tuple(blocks), foot)
