"""Learn: `exercise`, ten tasks on a playground of one's own, which look by themselves whether they are done."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import planner, runner
from ..engine.sources import revision_source
from ..errors import MigrationError, ProjectProblem, UsageProblem
from ..lab import copies
from ..lab import demo as playground
from ..lab import exercise as lab
from ..model.change_words import words
from ..model.finding import Severity
from ..results import Checkpoint, Course, Exercise, Lesson
from . import connect
from .compare import check as compared
from .demo import refuse_unfit
from .rehearse import rehearse
from .workspace import WorkspaceState

if TYPE_CHECKING:
    from ..model.graph import Revision


def exercise(
    ws: WorkspaceState,
    *,
    number: int | None = None,
    check: bool = False,
    answer: str | None = None,
    hint: bool = False,
    solution: bool = False,
    reset: bool = False,
) -> Exercise | Course:
    """Return the list of exercises, or begin the one with that *number*: its own folder, its own database, connected.

    *check* (or an *answer*, where the exercise asks for one) says what is still missing, *hint* shows one hint more,
    *solution* the cells that solve it, once it was checked; *reset* starts over. Raises UsageProblem, ProjectProblem.
    """
    if number is None:
        return _course()
    task = _task(number)
    place = Path(task.directory).absolute()
    refuse_unfit(place, "work in a folder without {sign}: import os; os.chdir(...)")
    reached, before = lab.progress(place), ws.current_name
    is_new, is_looked_at = reached is None or reset, check or hint or solution or answer is not None
    reached = _begin(ws, task, place) if reached is None or reset else reached
    if not is_new:
        _connect(ws, task, place)
    try:
        shown = _asked(ws, task, place, reached, check=check, answer=answer, hint=hint, solution=solution)
    finally:
        notes = _in_use(ws, before, is_left=is_looked_at and not is_new)
    return replace(shown, notes=(*shown.notes, *notes))


def _in_use(ws: WorkspaceState, before: str | None, *, is_left: bool) -> tuple[str, ...]:
    """Say which connection is in use where another one, *before*, was; with *is_left* go back to that one."""
    own = ws.database.name
    if before in (None, own) or before not in ws.databases:
        return ()
    if not is_left:
        return (f"{own} is the connection in use now; `%migrate use {shlex.quote(before)}` goes back.",)
    ws.switch(before)
    return (f"{before} is still the connection in use; `%migrate use {own}` goes on with the exercise.",)


def _asked(
    ws: WorkspaceState,
    task: lab.Task,
    place: Path,
    reached: lab.Progress,
    *,
    check: bool,
    answer: str | None,
    hint: bool,
    solution: bool,
) -> Exercise:
    number = task.number
    if check or answer is not None:
        return _checked(ws, task, place, reached, answer)
    if hint:
        reached = lab.keep(place, reached, hints=min(reached.hints + 1, len(task.hints)))
    elif solution and not reached.tries:
        raise UsageProblem(
            f"The solution of exercise {number} is shown after a try.",
            hint=f"try it, then %migrate exercise {number} --check; %migrate exercise {number} --hint helps",
        )
    return _shown(ws, task, reached, is_hinted=hint, is_solved=solution)


def _task(number: int) -> lab.Task:
    found = next((task for task in lab.tasks() if task.number == number), None)
    if found is None:
        raise UsageProblem(
            f"There is no exercise {number}: they go from 1 to {len(lab.tasks())}.", hint="%migrate exercise"
        )
    return found


def _following(number: int) -> str:
    """The exercise to go on with after *number*: the next that is not done, else the first."""
    left = [lesson.number for lesson in _course().lessons if lesson.state != "done"]
    return f"%migrate exercise {next((each for each in left if each > number), left[0])}" if left else ""


def _course() -> Course:
    lessons = []
    for task in lab.tasks():
        reached = lab.progress(Path(task.directory).absolute())
        state = "new" if reached is None else "done" if reached.is_done else "begun"
        lessons.append(Lesson(task.number, task.title, state))
    following = next((lesson.number for lesson in lessons if lesson.state != "done"), None)
    return Course(tuple(lessons), f"%migrate exercise {following}" if following else "")


# -- the folder


def _begin(ws: WorkspaceState, task: lab.Task, place: Path) -> lab.Progress:
    """Make the exercise's folder, as it starts. Raises ProjectProblem for one that has something else in it."""
    if playground.is_playground(place):
        _disconnect(ws, place)
        lab.clear(place)
    elif not playground.is_free(place):
        raise ProjectProblem(
            f"{task.directory} is not empty and no exercise. Nothing was changed.",
            hint="work in another folder: import os; os.chdir(...)",
        )
    try:
        lab.lay_out(task, place)
        _connect(ws, task, place)
        _upgrade(ws, playground.FURNISHED_AT)
        ws.database.run(playground.furnish)
        _upgrade(ws, lab.STARTS_AT)
        ws.database.run(lambda connection: lab.prepare(task, connection))
        return lab.keep(place, lab.Progress(), revisions=len(ws.chain.graph))
    except BaseException as error:
        _disconnect(ws, place)
        if place.is_dir():
            lab.clear(place)
        if isinstance(error, OSError):
            raise ProjectProblem(
                f"The exercise cannot be written to {task.directory}: {error.strerror or error}.",
                hint="work in a folder that you may write to: import os; os.chdir(...)",
            ) from error
        raise


def _connect(ws: WorkspaceState, task: lab.Task, place: Path) -> None:
    connect.connect(ws, project=place / "alembic.ini", name=f"exercise{task.number}")


def _disconnect(ws: WorkspaceState, place: Path) -> None:
    for name, database in tuple(ws.databases.items()):
        if database.file is not None and database.file.is_relative_to(place):
            ws.remove(name)


def _upgrade(ws: WorkspaceState, target: str) -> None:
    database = ws.database
    heads = ws.heads_of(database)
    plan = planner.plan_upgrade(ws.chain, target, heads, database=database.identity, connection=database.name)
    runner.run(plan, ws.chain, ws.environment, database, settings=ws.settings, options=runner.Options())


# -- what is shown


def _shown(
    ws: WorkspaceState,
    task: lab.Task,
    reached: lab.Progress,
    *,
    is_hinted: bool = False,
    is_solved: bool = False,
    checkpoints: tuple[Checkpoint, ...] = (),
    next_command: str = "",
) -> Exercise:
    return Exercise(
        task.number,
        task.title,
        task.text,
        task.directory,
        ws.database.name,
        checkpoints,
        task.hints[: reached.hints] if is_hinted else (),
        len(task.hints),
        task.solution if is_solved else (),
        next_command=next_command or f"%migrate exercise {task.number} --check",
    )


def _checked(ws: WorkspaceState, task: lab.Task, place: Path, reached: lab.Progress, answer: str | None) -> Exercise:
    """Check *task*, with the *answer* given, or without one with the right one that was given before."""
    said = reached.answer if answer is None else answer
    points = tuple(_point(ws, check, reached, said) for check in task.checks)
    is_done = all(point.is_met for point in points)
    kept = said if is_done else reached.answer
    reached = lab.keep(place, reached, tries=reached.tries + 1, is_done=reached.is_done or is_done, answer=kept)
    follows = _following(task.number) if is_done else f"%migrate exercise {task.number} --hint"
    return _shown(ws, task, reached, checkpoints=points, next_command=follows or "%migrate demo")


# -- checking


def _point(ws: WorkspaceState, check: lab.Check, reached: lab.Progress, answer: str) -> Checkpoint:
    try:
        is_met, found = _looked(ws, check, reached, answer)
    except MigrationError as error:
        is_met, found = False, error.message
    return Checkpoint(check.what, is_met, "" if is_met else check.missing.replace("{found}", _said(check, found)))


def _said(check: lab.Check, found: object) -> str:
    if found in (None, ""):
        return "0" if isinstance(check.equals, int) else "nothing"
    return f"{found:,}" if isinstance(found, int) else str(found)


def _looked(ws: WorkspaceState, check: lab.Check, reached: lab.Progress, answer: str) -> tuple[bool, object]:
    """Whether what *check* asks for is there, and what there is."""
    graph = ws.chain.graph
    if check.query:
        with copies.full(ws.database) as copy:
            value = copy.database.run(lambda connection: lab.found(check, connection))
        return value == check.equals, value
    if check.answer:
        return lab.names(check, answer), f"{answer} is not it." if answer else check.unanswered
    if check.at_head:
        heads = ws.heads_of(ws.database)
        return set(heads) == set(graph.heads), ", ".join(heads)
    if check.agrees:
        drift = compared(ws).history_vs_database
        return not drift, "; ".join(words(change) for change in (drift.changes if drift else ())) + "."
    if check.rehearses:
        return _rehearsed(ws, check.rehearses)
    if check.heads is not None:
        return len(graph.heads) == check.heads, len(graph.heads)
    if check.pending is not None:
        pending = len(graph.between(ws.heads_of(ws.database), graph.heads))
        return pending == check.pending, pending
    if check.source or check.source_lacks:
        return _worded(graph[graph.heads[0]] if graph.heads else None, check), None
    new = len(graph) - reached.revisions
    return (new == 0 if check.no_new_revisions else new >= (check.new_revisions or 1)), new


def _worded(newest: Revision | None, check: lab.Check) -> bool:
    text = revision_source(newest) if newest is not None else ""
    if check.source_lacks:
        return not lab.has_word(text, check.source_lacks)
    return lab.has_word(text, check.source)


def _rehearsed(ws: WorkspaceState, target: str) -> tuple[bool, str]:
    """Rehearse what is new, applied or not, on a copy of the database that is taken back to the start first."""
    if set(ws.chain.graph.heads) == {lab.STARTS_AT}:
        return False, "no revision was written yet."
    with lab.copied(ws.database) as url:
        own = WorkspaceState(settings=ws.settings)
        try:
            connect.connect(own, source=url, project=ws.project.config.config_file_name)
            _back(own)
            result = rehearse(own, target=target)
        finally:
            own.close()
    wrong = [finding.message for finding in result.findings if finding.severity is Severity.ERROR]
    return result.passed, "; ".join(wrong) + "."


def _back(ws: WorkspaceState) -> None:
    database, heads = ws.database, ws.heads_of(ws.database)
    if heads == (lab.STARTS_AT,):
        return
    plan = planner.plan_downgrade(ws.chain, lab.STARTS_AT, heads, database=database.identity, connection=database.name)
    runner.run(plan, ws.chain, ws.environment, database, settings=ws.settings, options=runner.Options())
