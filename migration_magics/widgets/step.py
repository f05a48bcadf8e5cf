"""The widget of `step`: move along what each operation of a revision did, and ask the copy as it was after any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import ipywidgets

from ..display import form
from ..errors import ReplayInterrupted
from ..model.stepping import slowest
from .base import Fallback
from .keys import Keys
from .work import Work

if TYPE_CHECKING:
    from ..commands.api import Workspace
    from ..model.stepping import Stop
    from ..results import Stepper, StopShown

_MOST_LINES = 16
_LABEL = 70


class StepWidget(Fallback, ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Forward and back through the stops of a `Stepper`.

    What is shown is what was seen when the revision ran; nothing runs again to go back. Only a question is put to a copy: made
    for it by the command, brought to where it is asked, and dropped with the answer, so that closing leaves nothing behind.
    """

    def __init__(self, result: Stepper, workspace: Workspace, *, on: str | None = None) -> None:
        self.command = result.command
        self._result, self._workspace, self._on = result, workspace, on
        self._answers: dict[tuple[int, str], str] = {}
        self._is_asking = False
        self._work: Work[tuple[tuple[int, str], str]] = Work(ended=self._answered, failed=self._failed)
        self._build()
        super().__init__((ipywidgets.HTML(form.sheet()), Keys(), *self._rows()))
        self.add_class("mm-form")
        self._show()

    # -- parts

    def _build(self) -> None:
        stops = self._result.stops
        labels = ["0  before the first operation", *(_label(stop) for stop in stops)]
        self.list = ipywidgets.Select(
            options=[(label, number) for number, label in enumerate(labels)],
            value=0,
            rows=min(len(labels) + 1, _MOST_LINES),
            description="After",
            tooltip="Operations of the revision: choose one to see the copy after it",
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(width="380px", max_width="100%", flex="0 0 auto"),
        )
        self.start = _button("Start", "Before the first operation", self._to_start)
        self.back = _button("Back", "One operation back", self._to_previous)
        self.next = _button("Next", "One operation forward", self._to_next)
        self.end = _button("End", "Run to the end", self._to_end)
        self.next.add_class("mm-primary")
        hurting = slowest(stops)
        places = [("the slowest operation", hurting.number)] if hurting is not None and len(stops) > 1 else []
        places += [("the one that fails", stop.number) for stop in stops if stop.has_failed]
        tables = sorted({table for stop in stops for table in stop.tables})
        places += [
            (f"the first on {table[:_LABEL]}", found.number) for table in tables if (found := self._first_on(table))
        ]
        self.places = ipywidgets.Dropdown(
            options=places,
            description="Where to",
            style={"description_width": "initial"},
            tooltip="Where to run to",
            layout=ipywidgets.Layout(width="auto", max_width="100%", min_width="180px"),
        )
        self.run_to = _button("Run to", "Run to the operation chosen beside", self._to_place)
        self.run_to.disabled = not places
        self.said = ipywidgets.HTML()
        self.panel = ipywidgets.HTML(layout=ipywidgets.Layout(flex="1 1 480px", min_width="0", overflow="hidden"))
        self.question = ipywidgets.Text(
            description="Ask the copy", placeholder="SELECT * FROM ...", value=self._first_question()
        )
        self.ask = _button("Ask", "Ask the copy as it is after this operation", self._to_ask)
        self.stop = _button("Stop", "Stop what goes on", self._work.stop)
        self.stop.disabled = True
        self.answer = ipywidgets.HTML()
        self.list.observe(self._show, "value")

    def _rows(self) -> tuple[Any, ...]:
        buttons = ipywidgets.HBox((self.start, self.back, self.next, self.end, self.run_to, self.places))
        middle = ipywidgets.HBox(
            (self.list, self.panel),
            layout=ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="16px"),
        )
        asking = ipywidgets.HBox((self.question, self.ask, self.stop))
        for each in (buttons, asking):
            each.add_class("mm-buttons")
        return (buttons, self.said, middle, asking, self.answer)

    def _first_on(self, table: str) -> StopShown | None:
        return self._result.first_on(table)

    def _first_question(self) -> str:
        """A table that the revision touches, where its name needs no quotes."""
        names = [table for stop in self._result.stops for table in sorted(stop.tables)]
        plain = next((name for name in names if name.isidentifier() and name.islower() and name.isascii()), "")
        return f"SELECT * FROM {plain}" if plain else ""  # noqa: S608 - a plain name

    # -- moving

    @property
    def at(self) -> int:
        """After how many operations it stands."""
        return cast("int", self.list.value)

    def go(self, number: int) -> None:
        """Show the copy after operation *number*; beyond an end it is that end."""
        self.list.value = max(0, min(number, len(self._result.stops)))

    def _to_start(self) -> None:
        self.go(0)

    def _to_previous(self) -> None:
        self.go(self.at - 1)

    def _to_next(self) -> None:
        self.go(self.at + 1)

    def _to_end(self) -> None:
        self.go(len(self._result.stops))

    def _to_place(self) -> None:
        if self.places.value is not None:
            self.go(self.places.value)

    def _show(self, _change: object = None) -> None:
        number, total = self.at, len(self._result.stops)
        shown = self._result.after(number)
        self.start.disabled = self.back.disabled = number == 0
        self.next.disabled = self.end.disabled = number == total
        self.panel.value = shown._repr_mimebundle_()["text/html"]
        sentence = shown.stop.sentence if shown.stop is not None else "Nothing has run yet."
        failed = " It fails." if shown.problem else ""
        self.said.value = form.status(f"After {number} of {total}: {sentence}{failed}")
        if self._is_asking:
            self._begin()

    # -- asking

    def _to_ask(self) -> None:
        self._is_asking = bool(self.question.value.strip())
        if self._is_asking:
            self._begin()
        else:
            self.answer.value = form.status("Type a question first: SELECT ...")

    def _begin(self) -> None:
        """Show the answer to the question where it stands now; where another is worked on, this one comes after it."""
        key = (self.at, self.question.value.strip())
        if not self._is_asking:
            self.answer.value = ""
            return
        if key in self._answers:
            self.answer.value = self._answers[key]
            return
        if self._work.is_going_on:
            return
        self.ask.disabled, self.stop.disabled = True, False  # before it begins: what fails at once has the last word
        self.answer.value = form.status(f"asking a copy after operation {key[0]} …")
        self._work.begin(lambda: (key, self._asked(*key)))

    def _asked(self, number: int, sql: str) -> str:
        options: dict[str, object] = {"at": number, "ask": sql, "down": self._result.direction == "downgrade"}
        if self._on is not None:
            options["on"] = self._on
        shown = self._workspace.step(self._result.revision, **options)
        return shown._repr_mimebundle_()["text/html"]

    def _answered(self, found: tuple[tuple[int, str], str]) -> None:
        key, html = found
        self._answers[key] = html
        self._rest()
        self._begin()

    def _failed(self, error: BaseException) -> None:
        self._is_asking = False
        self._rest()
        # an interrupt falls anywhere: code that cleans up may meet something half open, and raise what hides it
        if self._work.was_stopped or isinstance(error, (KeyboardInterrupt, ReplayInterrupted)):
            self.answer.value = form.status("stopped")
            return
        self._workspace.drawn_error = error
        self.answer.value = form.problem(error)

    def _rest(self) -> None:
        self.ask.disabled, self.stop.disabled = False, True

    def wait(self, limit_s: float | None = None) -> None:
        """Wait until what was asked is answered."""
        self._work.wait(limit_s)

    def close(self) -> None:
        """Stop what goes on; its copy is dropped with it."""
        self._is_asking = False
        self._work.stop()
        super().close()


def _label(stop: Stop) -> str:
    mark = "! " if stop.has_failed else ""
    said = f"{stop.number}  {mark}{stop.sentence}"
    return said if len(said) <= _LABEL else f"{said[: _LABEL - 1]}…"


def _button(label: str, tooltip: str, press: Any) -> Any:
    button = ipywidgets.Button(description=label, tooltip=tooltip)
    button.on_click(lambda _button: press())
    return button
