"""The teaching lab: the list of exercises, one of them, what is still missing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results import Course, Exercise
from ..view import Block, Code, Column, Line, Notes, Piece, Prose, Row, Table, View, cell, chip, code, plain
from ..words import count
from .base import marked, next_step, remarks, view_of

if TYPE_CHECKING:
    from ...results import Checkpoint
    from ...settings import Settings


@view_of.register(Course)
def _(result: Course, _settings: Settings) -> View:
    columns = (Column("exercise", is_number=True), Column("what it is about"), Column("state", is_narrow=True))
    rows = tuple(
        Row(
            (
                cell(f"{lesson.number}"),
                cell(lesson.title),
                cell(
                    Piece("" if lesson.state == "new" else lesson.state, tone="add" if lesson.state == "done" else "")
                ),
            )
        )
        for lesson in result.lessons
    )
    done = sum(lesson.state == "done" for lesson in result.lessons)
    return View(
        "Exercises",
        notes=(plain(f"{done} of {count(len(result.lessons), 'exercise')} done"),),
        blocks=(Table("Each in a folder of its own, with a database of its own", columns, rows),),
        foot=next_step(result.next_command),
    )


@view_of.register(Exercise)
def _(result: Exercise, _settings: Settings) -> View:
    title = f"Exercise {result.number}: {result.title}"
    if result.checkpoints:
        return _checked(result, title)
    blocks: list[Block] = []
    if result.hints:
        blocks.append(
            Notes(tuple((Piece(f"Hint {number}:", "strong"), *marked(hint)) for number, hint in _numbered(result)))
        )
        left = result.hint_count - len(result.hints)
        blocks += remarks("" if not left else f"{count(left, 'more hint')}: %migrate exercise {result.number} --hint")
    elif result.solution:
        blocks += [Code(each, "python" if not each.startswith("%migrate") else "") for each in result.solution]
    else:
        blocks += [Prose(marked(" ".join(each.split()))) for each in result.text.split("\n\n")]
    notes: tuple[Line, ...] = ((code(result.directory), *plain(f"connected as {result.connection}")),)
    return View(title, notes=notes, blocks=(*blocks, *remarks(*result.notes)), foot=_foot(result))


def _checked(result: Exercise, title: str) -> View:
    met = sum(point.is_met for point in result.checkpoints)
    word = chip("done", "add") if result.done else chip(f"{met} of {len(result.checkpoints)}", "alter")
    columns = (Column("found", is_narrow=True), Column("what is asked for"), Column("what is missing"))
    rows = tuple(_row(point) for point in result.checkpoints)
    foot = next_step(result.next_command, "Next:" if result.done else "Stuck?")
    return View(title, (word,), blocks=(Table("Checked", columns, rows), *remarks(*result.notes)), foot=foot)


def _row(point: Checkpoint) -> Row:
    sign = Piece("+ there", "strong", "add") if point.is_met else Piece("! missing", "strong", "drop")
    return Row((cell(sign), cell(point.what), cell(*marked(point.missing))))


def _foot(result: Exercise) -> tuple[Line, ...]:
    if result.hints or result.solution:
        return next_step(result.next_command, "Check it:")
    return (
        (
            Piece("Check it:"),
            code(result.next_command),
            Piece("· stuck?"),
            code(f"%migrate exercise {result.number} --hint"),
        ),
    )


def _numbered(result: Exercise) -> list[tuple[int, str]]:
    return list(enumerate(result.hints, 1))
