"""What is to be decided about: a plan, or what the models would change; and the parts of the form that does so."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.change_words import words
from ...redact import redact
from ...results import Moved, Review
from ..view import Block, Code, Column, Details, Line, Notes, Piece, Row, Table, View, cell, chip, code, plain
from ..words import count, listed
from .author import questions_table
from .base import capped, next_step, remarks, view_of
from .changes import change_line

if TYPE_CHECKING:
    from ...errors import MoveFailed
    from ...model.finding import Finding
    from ...model.plan import Plan, PlannedStep
    from ...model.question import Question
    from ...results import Authored, ReviewedOperation, StepScript
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
    if result.half_done:
        view = replace(view, blocks=(*remarks(f"! {result.half_done}"), *view.blocks))
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


def review_record(when: str, authored: Authored | None, moved: Moved | None, settings: Settings) -> View:
    """Return what stands in the place of a form once all is done: *when*, what was written, what was run and by which SQL."""
    did = " and ".join(word for word, one in (("written", authored), ("applied", moved)) if one is not None)
    if authored is not None and moved is not None:
        authored = replace(authored, next_command="")  # it is done
    views = [view_of(each, settings) for each in (authored, moved) if each is not None]
    parts = tuple(replace(view, foot=view.foot[:1]) for view in views)
    return View(f"Reviewed, {did}", notes=(plain(when),), blocks=parts)


def failure_view(error: MoveFailed, plan: Plan, settings: Settings) -> View | None:
    """Return how far a run came that failed, step by step; None where nothing is known of that."""
    if error.trace is None or not error.trace.steps:
        return None
    return view_of(Moved(plan, error.trace, error.before, error.after or error.before), settings)


def failure_record(when: str, error: MoveFailed, plan: Plan, settings: Settings) -> View:
    """Return what is told of a run that failed: *when*, what was wrong, where the database stands, how far it came."""
    ran = failure_view(error, plan, settings)
    blocks = (*remarks(error.message, *error.details), *((ran,) if ran is not None else ()))
    return View("Reviewed, and not applied", (chip("! failed", "drop"),), (plain(when),), blocks)


def operation_view(each: ReviewedOperation, out: frozenset[str]) -> View | None:
    """Return what stands under an operation's box: what to think of, and the code that handles rows in its way."""
    said = remarks_on(each, out)
    if not said:
        return None
    blocks: list[Block] = [Notes(tuple(plain(redact(one), "drop") for one in said))]
    if each.remedy:
        summary = "Code that handles these rows: put it in the place of the file's own lines, by %migrate edit"
        blocks.append(Details(summary, Code(redact(each.remedy), "python")))
    return View("", blocks=tuple(blocks))


def question_view(question: Question) -> View | None:
    """Return the data that a question is about: some values, and whether they fit."""
    found = question.evidence
    lines = []
    if found.samples:
        values = [part for each in found.samples for part in (Piece(",", is_glued=True), code(redact(each)))]
        lines.append((Piece("Values such as"), *values[1:]))
    if found.fits:
        lines.append(plain(redact(found.fits), "dim"))
    return View("", blocks=(Notes(tuple(lines)),)) if lines else None


def draft_view(result: Review) -> View:
    """Return what would be written: the file and its SQL, folded away; or what keeps it from being written."""
    draft = result.draft
    if draft is None:
        said = (
            "Answer the question above to see the file." if result.questions else "Tick what is needed to see the file."
        )
        return View("", blocks=remarks(said))
    if draft.revision is None:
        return View("", blocks=remarks(*draft.notes[:1]))
    lines = count(len(draft.code.strip().splitlines()), "line")
    blocks: list[Block] = [Details(f"The file, {lines}", Code(draft.code, "python"))]
    blocks += [block for script in result.scripts for block in script_blocks(script)]
    return View("", blocks=tuple(blocks))


def script_blocks(script: StepScript) -> tuple[Block, ...]:
    """Return the SQL of a step, or why there is none and the file in its place."""
    if script.sql:
        return (Details("SQL", Code(redact(script.sql), "sql")),)
    said = remarks(f"Its SQL is known once it ran, so also after Rehearse: {script.problem.removesuffix('.')}.")
    return (*said, Details("The file", Code(script.source, "python"))) if script.source else said


def step_view(step: PlannedStep, script: StepScript | None, findings: tuple[Finding, ...]) -> View:
    """Return a step of a plan: what it is, its SQL, and the advice about it that needs no answer."""
    chips = (chip("! cannot be undone", "drop"),) if step.has_downgrade is False else ()
    blocks: list[Block] = [*remarks(*(f"{each.severity.value}: {each.message}" for each in findings))]
    blocks += script_blocks(script) if script is not None else ()
    arrow = f"{listed(step.from_heads) or 'base'} → {listed(step.to_heads) or 'base'}"
    title = f"{step.revision} {step.message}".strip()
    return View(title, chips, ((code(arrow),),), tuple(blocks))


__all__ = [
    "draft_view",
    "failure_record",
    "failure_view",
    "operation_line",
    "operation_text",
    "operation_view",
    "question_view",
    "remarks_on",
    "review_record",
    "script_blocks",
    "step_view",
]
