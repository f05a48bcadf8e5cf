"""What autogenerate cannot know: asked before anything is dropped, with what the live database says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..engine.values import enums_of
from ..errors import QuestionsOpen, UsageProblem
from ..lab.evidence import LiveFacts
from ..model.diff import diff
from ..model.outcome import outcome
from ..model.questions import decided, parse_answers, questions
from ..model.renames import candidates
from .sides import live

if TYPE_CHECKING:
    from ..engine.autogenerate_draft import Generated
    from ..model.diff import Change
    from ..model.question import Question
    from ..model.renames import Candidate
    from ..model.schema import Schema
    from .workspace import WorkspaceState


@dataclass(frozen=True, slots=True)
class Asked:
    """What was answered, as *renames*, and the *questions* that stay open and stop nothing."""

    renames: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()


def asked(
    ws: WorkspaceState, found: Generated, rename: tuple[str, ...], drop: tuple[str, ...], command: str = ""
) -> Asked:
    """Return what is to be renamed in what autogenerate has *found*, and what else to think of.

    *command* is the line that was typed, to which the likely answers are added.

    Raises QuestionsOpen where something that has data would be dropped and may be a rename; UsageProblem for an answer to a
    question that nobody asked.
    """
    if not found.comparison.diff.changes:
        if rename or drop:
            raise UsageProblem(
                f"Nothing differs, so nobody asked about {(*rename, *drop)[0]}.", hint="leave --rename and --drop out"
            )
        if found.is_empty:
            return Asked()
    before = live(ws)
    after = _with_enums(outcome(before, found.comparison.diff.changes, found.orders), found)
    changes = diff(before, after)
    ranked = candidates(before, after, changes, found.hints)
    answers = parse_answers(rename, drop, before, after, ranked)
    ranked = _within_renamed(ranked, decided(ranked, answers), before, after, found)
    still = questions(before, after, changes, ranked, answers=answers, facts=LiveFacts(ws.database))
    stopping = tuple(each for each in still if each.default == "stop" or _may_be_a_rename(each))
    if stopping:
        raise _open(stopping, command)
    return Asked(decided(ranked, answers), still)


def _with_enums(after: Schema, found: Generated) -> Schema:
    """Return *after* with the values that the models give its enums: a change of these is no operation of Alembic's."""
    wanted = enums_of(found.tables, found.dialect) if after.enums else {}
    return replace(after, enums=tuple(replace(each, values=wanted.get(each.key, each.values)) for each in after.enums))


def _within_renamed(
    ranked: tuple[Candidate, ...], renames: tuple[Change, ...], before: Schema, after: Schema, found: Generated
) -> tuple[Candidate, ...]:
    """Return *ranked* with the columns of tables that only an answer renames: nothing made these tables a likely pair."""
    tables: dict[tuple[str, ...], str] = {change.path: str(change.after) for change in renames if len(change.path) == 1}
    if not tables:
        return ranked
    kept = [each for each in ranked if tables.get(each.path_before[:1], each.path_after[0]) == each.path_after[0]]
    known = {each.path_before for each in kept}
    more = candidates(before, after, diff(before, after, renames), found.hints)
    return (*kept, *(each for each in more if each.path_before not in known))


def _may_be_a_rename(question: Question) -> bool:
    """Something with data goes, and something that came could be it: an option costs less than a column of values."""
    return any(option.command.startswith("--rename") for option in question.options)


def _open(stopping: tuple[Question, ...], command: str) -> QuestionsOpen:
    count = "One question is" if len(stopping) == 1 else f"{len(stopping)} questions are"
    details: list[str] = []
    for question in stopping:
        details.append(question.sentence)
        if question.evidence.samples:
            details.append(f"  values: {', '.join(question.evidence.samples)}")
        if question.evidence.fits:
            details.append(f"  {question.evidence.fits}")
        details += (f"  {option.command}    {option.label}" for option in question.options)
    return QuestionsOpen(
        f"{count} open: only you know whether this is a rename or a loss. Nothing was written.",
        questions=stopping,
        hint=" ".join((command, *likely(stopping))),
        details=tuple(details),
    )


def likely(stopping: tuple[Question, ...]) -> tuple[str, ...]:
    """The first answer to each question, for the best comes first; a new name is given away once."""
    found: dict[str, str] = {}
    for question in stopping:
        commands = [option.command for option in question.options]
        chosen = next((each for each in commands if _taken(each) not in found), "")
        if chosen:
            found[_taken(chosen)] = chosen
    return tuple(found.values())


def _taken(command: str) -> str:
    """What an answer takes for itself: the new name of a rename within its table, or itself."""
    if not command.startswith("--rename"):
        return command
    before, _, new = command.rpartition("=")
    return f"{before.rpartition('.')[0]}={new}"
