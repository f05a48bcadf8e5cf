"""What only a person knows of a change, asked with what the data says: renames, drops, and rows that stand in the way.

Questions are values. Those about what went are answered by options of the command line (`answers`); the others come with
the revision's code that handles them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answers import Answers, decided, parse_answers, spelled, spelled_name
from .diff import diff
from .obstacles import obstacles
from .question import (
    KINDS,
    SAMPLES,
    Default,
    Evidence,
    Facts,
    Kind,
    Option,
    Question,
    Situation,
    counted,
    fit_words,
    settled_by,
)
from .renames import Alternative
from .schema import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .diff import SchemaDiff
    from .renames import Candidate
    from .schema import Schema

__all__ = ["Answers", "Evidence", "Facts", "Option", "Question", "decided", "parse_answers", "questions"]


def questions(
    before: Schema,
    after: Schema,
    changes: SchemaDiff,
    candidates: Sequence[Candidate],
    *,
    answers: Answers,
    facts: Facts,
) -> tuple[Question, ...]:
    """Return what is still to be asked once *answers* are taken, renames first, then by path; the data is that of *before*.

    *changes* is their diff; where renames are settled it is made anew with them.
    """
    renames = decided(candidates, answers)
    if renames:
        changes = diff(before, after, renames)
    drops = frozenset(answers.drops)
    situation = Situation(before, after, changes, candidates, drops, facts, settled_by(changes))
    found = [*_Gone(situation).questions(), *obstacles(situation)]
    return tuple(sorted(found, key=lambda each: (KINDS.index(each.kind), each.path, each.sentence)))


@dataclass(frozen=True, slots=True)
class _Gone:
    it: Situation

    def questions(self) -> Iterator[Question]:
        """Yield a question per table and column with data in it that went and of which nothing was said."""
        taken = set(self.it.settled)
        by_path = {each.path_before: each for each in self.it.candidates}
        for path, value in self._went():
            if path in self.it.drops:
                continue
            candidate = by_path.get(path)
            choices = [each for each in _choices(candidate) if each.path_after not in taken]
            likely = [each for each in choices if each.is_likely]
            count = self.it.facts.rows(path[0]) if len(path) == 1 else self.it.facts.values(path[0], path[-1])
            if count:
                yield self._of_one(path, value, choices, count, is_rename=bool(likely))

    def _went(self) -> Iterator[tuple[tuple[str, ...], Table | Column]]:
        for change in self.it.changes.changes:
            if change.kind == "drop" and isinstance(change.before, (Table, Column)):
                is_generated = isinstance(change.before, Column) and change.before.computed
                if not is_generated:
                    yield self.it.now(change.path), change.before
        # Within a table that is only likely to have another name, a column is a question of its own.
        for each in self.it.candidates:
            table = each.path_before[:1]
            is_within = len(each.path_before) > 1 and each.path_before[0] != each.path_after[0]
            if is_within and table not in self.it.drops and self._is_open(table, each.path_after[:1]):
                one = self.it.before.table(table[0])
                column = one.column(each.path_before[-1]) if one else None
                if column is not None:
                    yield each.path_before, column

    def _is_open(self, table: tuple[str, ...], new: tuple[str, ...]) -> bool:
        """Tell whether the *table* may still turn out to be called *new*."""
        return any(
            change.kind == "drop" and change.path == table and len(change.path) == 1
            for change in self.it.changes.changes
        ) and any(change.kind == "add" and change.path == new for change in self.it.changes.changes)

    def _of_one(
        self, path: tuple[str, ...], value: Table | Column, choices: list[Alternative], count: int, *, is_rename: bool
    ) -> Question:
        column = path[-1] if isinstance(value, Column) else ""
        samples = self.it.facts.samples(path[0], column, SAMPLES) if column else ()
        things = counted(count, "value" if column else "row")
        named = spelled(path)
        if is_rename:
            first = next(each for each in choices if each.is_likely)
            sentence = (
                f"{named} is gone and {spelled(first.path_after)} is new: renamed? Dropped, it takes {things} with it."
            )
        else:
            sentence = f"{named} is dropped, and {things} with it."
        options = [_option(path, each) for each in choices]
        options.append(Option(f"drop it: {things} lost", _command("--drop", named)))
        fits = self._fits(path, choices[0].path_after) if choices and column else ""
        default: Default = "stop" if is_rename else "go on"
        kind: Kind = "rename" if is_rename else "drop"
        return Question(kind, path, sentence, tuple(options), Evidence(count, samples, fits), default)

    def _fits(self, path: tuple[str, ...], target: tuple[str, ...]) -> str:
        table = self.it.after.table(target[0])
        column = table.column(target[-1]) if table else None
        if column is None:
            return ""
        return fit_words(self.it.facts.misfits(path[0], path[-1], column.type), column.type)


def _choices(candidate: Candidate | None) -> list[Alternative]:
    """Return what an object may have become, the best first."""
    if candidate is None:
        return []
    best = Alternative(candidate.path_after, candidate.score, candidate.reasons, candidate.is_opposite)
    return [best, *candidate.alternatives]


def _option(path: tuple[str, ...], choice: Alternative) -> Option:
    # The table's own name is another matter: a column is answered by its name alone.
    new = spelled(choice.path_after) if len(path) == 1 else spelled_name(choice.path_after[-1])
    why = f" ({'; '.join(choice.reasons)})" if choice.reasons else ""
    return Option(f"it is {new} now{why}", _command("--rename", f"{spelled(path)}={new}"))


def _command(option: str, value: str) -> str:
    return f"{option} {shlex.quote(value)}"
