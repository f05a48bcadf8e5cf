"""A plan as a form: its steps with their SQL, what each loses to be agreed to, Rehearse and Apply."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..clean import clean
from ..commands.half_done import noted
from ..display import form as drawn
from ..display.views.review import step_view
from ..errors import PlanStale
from ..model.finding import Severity
from ..redact import redact
from ..results import StepScript
from .form import box

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.finding import Finding
    from ..model.trace import Trace
    from ..results import Moved, Rehearsed, Review

LOSES = "loses-data"


class PlanPart:
    """The things to agree to in the *review* of a plan; *changed* is called where one of them was.

    On a *protected* connection the names of what is lost have to be typed, and the connection's.
    """

    def __init__(self, review: Review, *, protected: str, changed: Callable[[], None]) -> None:
        assert review.planned is not None  # noqa: S101 - the caller looked
        self.review, self.planned, self.plan = review, review.planned, review.planned.plan
        self.protected = protected
        self._agreed: list[Callable[[], bool]] = []
        self._changed = changed
        self.ticks: list[Any] = []
        self.fields: list[Any] = []
        self.name: Any = None
        self._shown: dict[str, Any] = {}
        self.children = (*self._left_over(), *self._steps(), *self._connection())

    @property
    def is_agreed(self) -> bool:
        """Everything is agreed to that has to be."""
        return self.plan.can_run and not self.plan.is_empty and all(each() for each in self._agreed)

    @property
    def label(self) -> str:
        """What the button says that applies it."""
        count = len(self.plan.steps)
        verb = "Apply" if self.plan.direction == "upgrade" else "Undo"
        return f"{verb} {count} {'revision' if count == 1 else 'revisions'} on {self.plan.connection}"

    def apply(self, workspace: Any, on: str | None) -> Moved:
        """Run exactly this plan. Raises PlanStale, also where more would be lost than was agreed to, and what a move raises."""
        move = workspace.upgrade if self.plan.direction == "upgrade" else workspace.downgrade
        with workspace.turns.take("%migrate review"):
            self._count_again(workspace, on)
            with noted(workspace, self.plan):
                return self._moved(move, on)

    def _count_again(self, workspace: Any, on: str | None) -> None:
        """The fingerprint is of files and schema: rows come and go under it."""
        now = self._losses(workspace.plan(self.plan.target, on=on).findings)
        agreed = _by_object(self._losses(self.planned.findings))
        told = []
        for key, found in _by_object(now).items():
            was = agreed.get(key, ())
            if _rows(found) > _rows(was):
                told.append(
                    f"{found[0].revision} {_said(found)} now; " + (f"agreed was: {_said(was)}" if was else "new")
                )
        if told:
            raise PlanStale("More would be lost than was agreed to. Nothing was changed.", details=tuple(told))

    def _moved(self, move: Callable[..., Moved], on: str | None) -> Moved:
        agreed: dict[str, Any] = {"yes": True} if self._losses(self.planned.findings) else {}
        if self.protected:
            agreed["confirm"] = self.name.value.strip()
        return move(self.plan.target, plan=self.plan.fingerprint, on=on, **agreed)

    def rehearse(self, workspace: Any, on: str | None) -> Rehearsed:
        """Try it on a copy."""
        rehearsed: Rehearsed = workspace.rehearse(self.plan.target, on=on)
        return rehearsed

    def show_sent(self, trace: Trace) -> None:
        """Show the SQL that a rehearsal sent, of the steps that had none before they ran."""
        unknown = {each.revision for each in self.review.scripts if each.problem}
        for ran in trace.steps:
            step = next((each for each in self.plan.steps if each.revision == ran.revision), None)
            sql = ";\n".join(each.sql for each in ran.statements)
            if step is None or ran.revision not in unknown or not sql or ran.revision not in self._shown:
                continue
            own = tuple(each for each in self.planned.findings if each.revision == ran.revision)
            rest = tuple(each for each in own if each not in self._losses(own))
            self._shown[ran.revision].value = drawn.part(step_view(step, StepScript(ran.revision, f"{sql};"), rest))

    @staticmethod
    def _losses(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(each for each in findings if each.rule == LOSES and each.severity is Severity.ERROR)

    def _left_over(self) -> list[Any]:
        """A box to tick where the last run failed half-way: nobody but the user knows that it was undone."""
        said = self.review.half_done
        if not said:
            return []
        found = box(w.HTML(drawn.note(redact(f"! {said}"))), self._box("That is undone by hand."))
        found.add_class("mm-asks")
        return [found]

    def _steps(self) -> list[Any]:
        scripts = {each.revision: each for each in self.review.scripts}
        found = []
        for step in self.plan.steps:
            own = tuple(each for each in self.planned.findings if each.revision == step.revision)
            lost = self._losses(own)
            if step.revision not in scripts and not own:
                continue  # the static plan above has them all
            view = step_view(step, scripts.get(step.revision), tuple(each for each in own if each not in lost))
            asks = [part for each in lost for part in self._ask(each)]
            self._shown[step.revision] = w.HTML(drawn.part(view))
            found.append(box(self._shown[step.revision], *asks))
            if lost:
                found[-1].add_class("mm-asks")
        return found

    def _ask(self, finding: Finding) -> list[Any]:
        """A box to tick; on a protected connection also the name of what is lost, to be typed."""
        tick = self._box(clean(redact(f"Lose it: {finding.message}")))
        if not self.protected or not finding.about:
            return [tick]
        return [tick, self._typed(f"Type {clean(finding.about)} to agree", finding.about)]

    def _box(self, text: str) -> Any:
        tick = w.Checkbox(value=False, description=text, indent=False)
        self.ticks.append(tick)
        tick.observe(lambda _change: self._changed(), "value")
        self._agreed.append(lambda: bool(tick.value))
        return tick

    def _connection(self) -> list[Any]:
        if not self.protected:
            return []
        self.name = self._typed(f"Type {self.protected}, the protected connection, to apply", self.protected)
        return [self.name]

    def _typed(self, description: str, wanted: str) -> Any:
        field = w.Text(description=description, style={"description_width": "initial"})
        self.fields.append(field)
        field.observe(lambda _change: self._changed(), "value")
        self._agreed.append(lambda: field.value.strip() == wanted)
        return field


def _by_object(losses: tuple[Finding, ...]) -> dict[tuple[str | None, str], tuple[Finding, ...]]:
    found: dict[tuple[str | None, str], tuple[Finding, ...]] = {}
    for each in losses:
        key = (each.revision, each.about)
        found[key] = (*found.get(key, ()), each)
    return found


def _rows(losses: tuple[Finding, ...]) -> float:
    """How many rows; what was not counted is more than any number."""
    return sum(inf if each.rows is None else each.rows for each in losses)


def _said(losses: tuple[Finding, ...]) -> str:
    return " and ".join(each.message for each in losses)
