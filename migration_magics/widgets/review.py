"""`review` as a form: decide what of the models' changes is written, then agree to the plan, rehearse it, apply it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..display import failure_bundle, record_bundle, shown
from ..display import form as drawn
from ..errors import ConfirmationRequired, ConnectionNotFound, MoveFailed, PlanStale, RehearsalFailed
from ..results import Rehearsed
from .form import Form, Told, button
from .review_models import ModelsPart
from .review_plan import PlanPart

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..commands.api import Workspace
    from ..results import Authored, Moved, Review

_LOOKING, _APPLYING = "Looking", "Applying"


class ReviewForm(Form):
    """The form of a review. One of its two parts is on show: the models' changes until they are written, then the plan."""

    command = "%migrate review"

    def __init__(self, result: Review, workspace: Workspace, *, on: str | None) -> None:
        super().__init__(workspace, on=on)
        self.written: Authored | None = None
        self._pressed: Callable[[], None] | None = None
        self.part: ModelsPart | PlanPart
        self.rehearse_button = button("Rehearse", self.rehearse)
        self.again_button = button("Look again", self.look_again)
        self.write_button = button("Write revision", self.write, "primary")
        self.apply_button = button("Apply", self.apply, "primary")
        self.is_stale = False
        if result.is_of_models:
            self.command = "%migrate review --autogenerate"
        self.show_review(result)

    def show_review(self, result: Review) -> None:
        """Show *result* as something to decide about."""
        self.is_stale = False
        self.outcome.value = ""
        if result.is_of_models:
            self.part = ModelsPart(result, changed=self.refresh)
            buttons = [self.write_button, self.rehearse_button]
        else:
            databases = self.workspace.databases
            database = databases.get(self.on or "")
            protected = database.name if database is not None and database.is_protected else ""
            self.part = PlanPart(result, protected=protected, changed=self.settle)
            self.apply_button.description = self.apply_button.tooltip = self.part.label
            buttons = [self.apply_button] + ([self.rehearse_button] if self.part.plan.direction == "upgrade" else [])
        wrote = (w.HTML(shown(self.written)),) if self.written is not None else ()
        self.body.children = (*wrote, *self.part.children)
        self.buttons.children = (*buttons, self.again_button, self.stop_button)
        self.settle()

    def may_press(self, pressed: Any) -> bool:
        """Nothing is applied that was not agreed to, nothing written while a question is open."""
        if pressed is self.apply_button:
            return isinstance(self.part, PlanPart) and self.part.is_agreed and not self.is_stale
        if pressed is self.write_button:
            return isinstance(self.part, ModelsPart) and self.part.can_write
        if pressed is self.rehearse_button and isinstance(self.part, ModelsPart):
            return self.part.can_write
        return pressed is not self.rehearse_button or not (isinstance(self.part, PlanPart) and self.part.plan.is_empty)

    # -- buttons

    def refresh(self) -> None:
        """Look what comes of what is ticked and answered now; what changes meanwhile is looked at next."""
        part = self.part
        if isinstance(part, ModelsPart):
            self.begin(_LOOKING, lambda: part.reviewed(self.workspace, self.on), self._refreshed)

    def _refreshed(self, result: Review) -> None:
        if isinstance(self.part, ModelsPart):
            self.part.update(result)
            if self.part.is_behind:
                self.refresh()
                return
        pressed, self._pressed = self._pressed, None
        if pressed is not None:
            pressed()

    def _waits(self, pressed: Callable[[], None]) -> bool:
        """Tell whether what was *pressed* waits for a look that goes on: it is meant for what comes of that."""
        if not (self.work.is_going_on and self.what == _LOOKING):
            return False
        self._pressed = pressed
        return True

    def look_again(self) -> None:
        """Review the same again, as things are now."""
        part = self.part
        if isinstance(part, PlanPart):
            self.begin("Looking again", lambda: self.workspace.review(part.plan.target, on=self.on), self.show_review)
        else:
            self.begin("Looking again", lambda: part.afresh(self.workspace, self.on), self.show_review)

    def rehearse(self) -> None:
        """Try it on a copy, and show what came of it."""
        part = self.part
        if self._waits(self.rehearse) or not self.may_press(self.rehearse_button):
            return
        self.begin("Rehearsing on a copy", lambda: part.rehearse(self.workspace, self.on), self._rehearsed)

    def _rehearsed(self, result: Rehearsed | Authored) -> None:
        self.outcome.value = shown(getattr(result, "rehearsal", None) or result)
        if isinstance(self.part, PlanPart) and isinstance(result, Rehearsed):
            self.part.show_sent(result.trace)

    def write(self) -> None:
        """Write the revision, then review the plan that applies it."""
        part = self.part
        if self._waits(self.write):
            return
        if isinstance(part, ModelsPart) and self.may_press(self.write_button):
            self.begin("Writing", lambda: part.write(self.workspace, self.on), self._written)

    def _written(self, found: tuple[Authored, Review | None]) -> None:
        self.written, review = found
        self.keep({**self._view(), **record_bundle(_now(), self.written, None)})
        if review is None:
            self.end(record_bundle(_now(), self.written, None))
        else:
            self.show_review(review)

    def apply(self) -> None:
        """Run the plan that was looked at, and no other."""
        part = self.part
        if isinstance(part, PlanPart) and self.may_press(self.apply_button):
            self.begin(_APPLYING, lambda: part.apply(self.workspace, self.on), self._applied)

    def _applied(self, moved: Moved) -> None:
        self.end(record_bundle(_now(), self.written, moved))

    # -- what went wrong

    def on_failure(self, error: BaseException) -> Told:
        """Say what moved where the plan is stale, how far a run came that failed, and what there is to press now."""
        part = self.part
        if isinstance(error, RehearsalFailed) and error.rehearsed is not None:
            self.outcome.value = shown(error.rehearsed)
        if not isinstance(part, PlanPart):
            if isinstance(error, PlanStale):
                self.show_review(part.review)
                return Told(step="Look at what is ticked now, then press Write revision.", is_hinted=False)
            return _gone(error, self.on)
        if isinstance(error, ConfirmationRequired) and error.planned is not None:
            self.show_review(replace(part.review, planned=error.planned))  # a loss that nobody foresaw, to be agreed to
            is_half_done = not (error.hint or "").startswith("%")  # then it says what to undo first
            return Told(step="Tick what it loses to agree to that.", is_hinted=is_half_done)
        is_run = self.what == _APPLYING
        self.is_stale = is_run or isinstance(error, ConnectionNotFound)
        if isinstance(error, MoveFailed):
            self.outcome.value = drawn.run_that_failed(error, part.plan)
            self.keep({**self._view(), **failure_bundle(_now(), error, part.plan)})
        if isinstance(error, PlanStale):
            now = self.workspace.plan(part.plan.target, on=self.on).plan
            moved = tuple(f"What moved: {each}." for each in part.plan.what_moved(now))
            return Told(moved, "Press Look again for the new plan.", is_hinted=False)
        if isinstance(error, ConnectionNotFound):
            return _gone(error, self.on)
        return Told(step="Press Look again to see what is left to do." if is_run else "")

    def _view(self) -> dict[str, Any]:
        return dict(super()._repr_mimebundle_()[0])


def _gone(error: BaseException, on: str | None) -> Told:
    """The connection's URL is not known any more to anybody but the user."""
    if not isinstance(error, ConnectionNotFound):
        return Told()
    return Told(step=f"Connect it again, %migrate connect ... --as {on}, then press Look again.", is_hinted=False)


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
