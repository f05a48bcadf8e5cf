"""What autogenerate cannot know: asked before anything is dropped, with what the live database says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    from .workspace import WorkspaceState


@dataclass(frozen=True, slots=True)
class Asked:
    """What was answered, as *renames*, and the *questions* that stay open and stop nothing."""

    renames: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()


def asked(ws: WorkspaceState, found: Generated, rename: tuple[str, ...], drop: tuple[str, ...]) -> Asked:
    """Return what is to be renamed in what autogenerate has *found*, and what else to think of.

    Raises QuestionsOpen where something that has data would be dropped and may be a rename; UsageProblem for an answer to a
    question that nobody asked.
    """
    if not found.comparison.diff.changes:
        if rename or drop:
            raise UsageProblem(
                f"Nothing differs, so nobody asked about {(*rename, *drop)[0]}.", hint="leave --rename and --drop out"
            )
        return Asked()
    before = live(ws)
    after = outcome(before, found.comparison.diff.changes, found.orders)
    changes = diff(before, after)
    ranked = candidates(before, after, changes, found.hints)
    answers = parse_answers(rename, drop, before, after, ranked)
    still = questions(before, after, changes, ranked, answers=answers, facts=LiveFacts(ws.database))
    stopping = tuple(each for each in still if each.default == "stop" or _may_be_a_rename(each))
    if stopping:
        raise _open(stopping)
    return Asked(decided(ranked, answers), still)


def _may_be_a_rename(question: Question) -> bool:
    """Something with data goes, and something that came could be it: an option costs less than a column of values."""
    return any(option.command.startswith("--rename") for option in question.options)


def _open(stopping: tuple[Question, ...]) -> QuestionsOpen:
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
        hint="add the answers to the command, as they stand above",
        details=tuple(details),
    )
