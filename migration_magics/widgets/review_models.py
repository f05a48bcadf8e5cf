"""What the models change, as a form: questions to answer, operations to tick, a message; and what would be written."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..clean import clean
from ..display import form as drawn
from ..display.views.review import draft_view, operation_text, operation_view, question_view
from ..errors import PlanStale
from ..model.omission import is_rename
from .form import box

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.question import Question
    from ..results import Authored, Review, ReviewedOperation

MOST_BOXES = 200
"""How many operations have a box: a box is a few kilobytes of state in the browser."""


class ModelsPart:
    """The things to decide in the review of models; *changed* is called where one of them was."""

    def __init__(self, review: Review, *, changed: Callable[[], None]) -> None:
        self.review = review
        self._changed = changed
        self._asked: dict[tuple[str, ...], tuple[Question, Any]] = {}
        self._ticks: dict[str, tuple[Any, Any]] = {}
        self._left_out: set[str] = {each.name for each in review.operations if not each.is_kept and not each.waits}
        self._kept_losses: set[str] = set()
        self._is_drawing = False
        self._looked_at: object = None
        self.questions, self.operations, self.preview = w.VBox(), w.VBox(), w.HTML()
        self.message = w.Text(
            value="" if review.message == "auto" else review.message,
            placeholder="what it does, in a few words",
            description="Message",
            continuous_update=False,
        )
        self._suggested = self.message.value
        self.message.observe(self._hear, "value")
        self.children = (self.questions, self.operations, self.message, self.preview)
        self.update(review, is_first=True)

    # -- what is on show

    @property
    def radios(self) -> tuple[Any, ...]:
        """The answers to each question, one of which is chosen."""
        return tuple(radio for _question, radio in self._asked.values())

    def tick(self, name: str) -> Any:
        """Return the box of the operation *name*."""
        return self._ticks[name][0]

    def under(self, name: str) -> str:
        """Return what is said of the operation *name*, as HTML."""
        return str(self._ticks[name][1].value)

    # -- what is decided

    @property
    def answers(self) -> tuple[str, ...]:
        """The options that the answers to questions are."""
        return tuple(str(radio.value) for _question, radio in self._asked.values() if radio.value)

    @property
    def can_write(self) -> bool:
        """Nothing is open, and something is to be written."""
        draft = self.review.draft
        return draft is not None and draft.revision is not None and not self.is_behind

    @property
    def is_behind(self) -> bool:
        """Something was decided since it was last looked what comes of that."""
        return self._looked_at != self._decided()

    def _decided(self) -> dict[str, Any]:
        said = [(_option(text)) for text in self.answers]
        drops = [value for option, value in said if option == "--drop"]
        message = self.message.value.strip()
        is_own = bool(message) and message != self._suggested
        return {
            "rename": tuple(value for option, value in said if option == "--rename"),
            "drop": tuple(dict.fromkeys((*drops, *sorted(self._kept_losses)))),
            "without": tuple(sorted(self._left_out)),
            "message": message if is_own else None,
        }

    def _options(self, decided: dict[str, Any]) -> dict[str, Any]:
        revision = self.review.draft.revision if self.review.draft is not None else None
        options = {**decided, "models": self.review.models, "rev_id": revision.id if revision is not None else None}
        return {name: value for name, value in options.items() if value}

    # -- commands

    def reviewed(self, workspace: Any, on: str | None) -> Review:
        """Look what comes of what is decided now."""
        decided = self._decided()
        result: Review = workspace.review(autogenerate=True, on=on, **self._options(decided))
        self._looked_at = decided
        return result

    def afresh(self, workspace: Any, on: str | None) -> Review:
        """Look at everything as it is now; only a message of one's own is kept."""
        kept = {"models": self.review.models, "message": self._decided()["message"]}
        result: Review = workspace.review(autogenerate=True, on=on, **{key: one for key, one in kept.items() if one})
        return result

    def rehearse(self, workspace: Any, on: str | None) -> Authored:
        """Try the draft on a copy, as the cell that it is. Raises RehearsalFailed."""
        draft = self.review.draft
        assert draft is not None  # noqa: S101 - else the button is off
        assert draft.revision is not None  # noqa: S101
        body = draft.cell.partition("\n")[2]
        tried: Authored = workspace.revision(body, message=draft.revision.message, dry_run=True, on=on)
        return tried

    def write(self, workspace: Any, on: str | None) -> tuple[Authored, Review | None]:
        """Write the revision; return it, and the review of the plan that applies it.

        Raises PlanStale where something else would be written now than what is on show; `review` is what would be.
        """
        before, now = self.review, self.reviewed(workspace, on)
        if (before.operations, before.questions) != (now.operations, now.questions):
            self.review = now
            raise PlanStale(
                "The models or the database have changed since: something else would be written now. Nothing was written.",
                hint="look at what is ticked now, then press Write revision",
            )
        options = self._options(self._decided())
        out = {"without": self.review.without} if self.review.without else {}
        message = self.message.value.strip() or "auto"
        written: Authored = workspace.revision(autogenerate=True, on=on, **{**options, **out, "message": message})
        if written.revision is None:
            return written, None
        return written, workspace.review(written.revision.id, on=on)

    # -- drawing

    def update(self, review: Review, *, is_first: bool = False) -> None:
        """Show *review*: new questions, other operations, what would be written."""
        self.review = review
        self._is_drawing = True
        try:
            if is_first:
                self._looked_at = self._decided()
            if not self.message.value or self.message.value == self._suggested:
                self._suggested = "" if review.message == "auto" else review.message
                self.message.value = self._suggested
            self._ask(review.questions)
            self._draw(review.operations)
            self.preview.value = drawn.part(draft_view(review))
        finally:
            self._is_drawing = False

    def _ask(self, open_: tuple[Question, ...]) -> None:
        for question in open_:
            if question.path not in self._asked:
                self._asked[question.path] = (question, self._radio(question))
        cards = []
        for question, radio in self._asked.values():
            card = box(radio, w.HTML(drawn.part(question_view(question))))
            if not radio.value:
                card.add_class("mm-asks")
            cards.append(card)
        self.questions.children = tuple(cards)

    def _radio(self, question: Question) -> Any:
        radio = w.RadioButtons(
            options=[(clean(each.label), each.command) for each in question.options],
            value=None,
            description=clean(question.sentence),
            style={"description_width": "initial"},
        )
        radio.observe(self._hear, "value")
        return radio

    def _draw(self, operations: tuple[ReviewedOperation, ...]) -> None:
        out = frozenset(each.name for each in operations if not each.is_kept)
        rows = []
        shown = [each for each in operations if not each.waits]
        for each in shown[:MOST_BOXES]:
            tick, under = self._ticks.get(each.name) or self._tick(each)
            self._ticks[each.name] = (tick, under)
            tick.value = each.is_kept
            under.value = drawn.part(operation_view(each, out))
            rows += [tick, under] if under.value else [tick]
        hidden = len(shown) - MOST_BOXES
        if hidden > 0:
            rows.append(
                w.HTML(drawn.note(f"… {hidden:,} more stay as the page above has them: --without leaves one out."))
            )
        self.operations.children = tuple(rows)

    def _tick(self, each: ReviewedOperation) -> tuple[Any, Any]:
        tick = w.Checkbox(
            value=each.is_kept,
            description=clean(operation_text(each)),
            indent=False,
            disabled=is_rename(each.change),
        )
        under = w.HTML()
        under.add_class("mm-under")
        tick.observe(lambda change: self._ticked(each, is_kept=bool(change["new"])), "value")
        return tick, under

    def _ticked(self, each: ReviewedOperation, *, is_kept: bool) -> None:
        if self._is_drawing:
            return
        (self._left_out.discard if is_kept else self._left_out.add)(each.name)
        if each.drop and each.loses:
            (self._kept_losses.add if is_kept else self._kept_losses.discard)(each.drop)
        self._changed()

    def _hear(self, _change: Any) -> None:
        if not self._is_drawing:
            self._changed()


def _option(text: str) -> tuple[str, str]:
    """The option and the value of an answer, as the shell would read it."""
    option, value = shlex.split(text)
    return option, value
