"""What is to be decided about: a plan, or what the models would change; and the parts of the form that does so."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.change_words import words
from ...redact import redact
from ...results import Review
from ..view import Block, Code, Column, Details, Line, Piece, Row, Table, View, cell, chip, code, plain
from ..words import count
from .author import questions_table
from .base import capped, next_step, remarks, view_of
from .changes import change_line

if TYPE_CHECKING:
    from ...results import ReviewedOperation
    from ...settings import Settings


@view_of.register(Review)
def _(result: Review, settings: Settings) -> View:
    if result.planned is not None:
        return _of_plan(result, settings)
    if not result.operations:
        return View(f"Review: {result.connection} is what the models say", blocks=remarks(*result.notes))
    losing = sum(bool(each.loses) for each in result.operations)
    chips: list[Piece] = [chip(f"! {count(losing, 'operation')} would lose data", "drop")] if losing else []
    chips += [chip(f"! {count(len(result.questions), 'question')} open", "drop")] if result.questions else []
    kept = sum(each.is_kept for each in result.operations)
    notes = (plain(f"{kept} of {count(len(result.operations), 'operation')} kept"), plain("nothing was written"))
    blocks: list[Block] = [_operations(result, settings)]
    blocks += questions_table((*result.questions, *result.others), settings)
    if result.draft is not None and result.draft.code.strip():
        lines = count(len(result.draft.code.strip().splitlines()), "line")
        blocks.append(Details(f"The file, {lines}", Code(result.draft.code, "python")))
    blocks += remarks(*result.notes)
    before = "Answer and write it:" if result.questions else "Write it:"
    return View(
        f"Review: what the models change in {result.connection}",
        tuple(chips),
        notes,
        tuple(blocks),
        next_step(result.next_command, before),
    )


def _of_plan(result: Review, settings: Settings) -> View:
    """Exactly what `plan` shows; what can be tried first is said beside what runs it."""
    assert result.planned is not None  # noqa: S101 - the caller looked
    view = view_of(result.planned, settings)
    plan = result.planned.plan
    if plan.is_empty or plan.direction != "upgrade":
        return view
    return replace(view, foot=(*next_step(f"%migrate rehearse {plan.target}", "Try it:"), *view.foot))


def _operations(result: Review, settings: Settings) -> Table:
    shown, hidden = capped(result.operations, settings)
    columns = (Column("kept", is_narrow=True), Column("operation"), Column("what to think of"))
    return Table("What differs", columns, tuple(map(_operation, shown)), hidden)


def _operation(each: ReviewedOperation) -> Row:
    kept = Piece("asked below") if each.waits else Piece("yes", "strong", "add") if each.is_kept else Piece("no")
    said = plain(redact(" ".join(remarks_on(each))))
    keep = (Piece("Keep it:"), code(f"--drop {shlex.quote(each.drop)}")) if each.loses and not each.is_kept else ()
    return Row((cell(kept), cell(*operation_line(each)), cell(*said, *keep)))


def operation_line(each: ReviewedOperation) -> Line:
    """Return an operation in a line, with its table."""
    line = change_line(each.change)
    is_part = len(each.change.path) > 1 and each.change.path[0]
    return (*line, Piece("in"), code(each.change.path[0])) if is_part else line


def operation_text(each: ReviewedOperation) -> str:
    """Return an operation as the label of its box."""
    is_part = len(each.change.path) > 1 and each.change.path[0]
    return words(each.change) + (f" in {each.change.path[0]}" if is_part else "")


def remarks_on(each: ReviewedOperation, out: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return what speaks against an operation; *out* are the names of those that are left out."""
    missing = [name for name in each.needs if name in out]
    return tuple(
        part
        for part in (
            f"! {each.loses}" if each.loses else "",
            *(f"! {said}" for said in each.trouble),
            f"! Does not work without: {', '.join(missing)}." if missing and each.is_kept else "",
        )
        if part
    )


def remedy_view(each: ReviewedOperation) -> View:
    """Return the code that handles the rows in an operation's way, folded away."""
    summary = "Code that handles these rows, in the place of the file's own lines"
    return View("", blocks=(Details(summary, Code(redact(each.remedy), "python")),))


__all__ = ["operation_line", "operation_text", "remarks_on", "remedy_view"]
