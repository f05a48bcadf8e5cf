"""What forms share: one piece of work at a time, its progress, its errors, a Stop button, and the record it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets as w

from ..display import form as drawn
from .base import Fallback
from .work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..commands.api import Workspace

T = TypeVar("T")


def button(text: str, press: Callable[[], None], look: str = "") -> Any:
    """Return a button; *look* is "primary" or "danger"."""
    made = w.Button(description=text, tooltip=text)
    if look:
        made.add_class(f"mm-{look}")
    made.on_click(lambda _button: press())
    return made


def box(*children: Any, look: str = "box") -> Any:
    """Return *children* one below the other, framed."""
    made = w.VBox(children)
    made.add_class(f"mm-{look}")
    return made


def row(*children: Any) -> Any:
    """Return buttons side by side, as far as there is room."""
    made = w.HBox(children)
    made.add_class("mm-buttons")
    return made


@dataclass(frozen=True, slots=True)
class Told:
    """What a form says of an error beside its own words: *more* sentences, and the *step* to take, about the form's buttons.

    *is_hinted*: the error's hint is said, too.
    """

    more: tuple[str, ...] = ()
    step: str = ""
    is_hinted: bool = True


class Form(Fallback, w.VBox):  # type: ignore[misc] # ipywidgets has no types
    """A form: what to decide, buttons, what goes on, what went wrong, what came of it.

    *keep* puts a MIME bundle into the form's *place* in the notebook; whoever shows the form sets both.
    """

    keep: Callable[[dict[str, Any]], None]
    place: str = ""

    def __init__(self, workspace: Workspace, *, on: str | None) -> None:
        super().__init__()
        self.add_class("mm-form")
        self.keep = lambda _bundle: None
        self.workspace, self.on = workspace, on
        self.body, self.buttons = w.VBox(), row()
        self.status, self.alert, self.outcome = (
            w.HTML(drawn.status("")),
            w.HTML(),
            w.HTML(),
        )
        self.stop_button = button("Stop", self.stop)
        self.stop_button.disabled = True
        self.children: tuple[Any, ...] = (
            w.HTML(drawn.sheet()),
            self.body,
            self.buttons,
            self.status,
            self.alert,
            self.outcome,
        )
        self.what = ""
        self.work: Work[Any] = Work(ended=self._ended, failed=self._failed)

    # -- what a form has of its own

    def may_press(self, pressed: Any) -> bool:
        """The button may be pressed while nothing goes on."""
        del pressed
        return True

    def on_failure(self, error: BaseException) -> Told:
        """Show more of what failed; return what to say of it."""
        del error
        return Told()

    # -- work

    def begin(self, what: str, work: Callable[[], T], then: Callable[[T], None]) -> bool:
        """Begin *work* in the background, called *what*; *then* gets what it returns. False where something goes on."""
        if self.work.is_going_on:
            return False
        self.what, self.workspace.turns.at_work = what, self
        self._say(f"{what} …")
        self.alert.value = ""
        for each in self.buttons.children:
            each.disabled = each is not self.stop_button
        self.stop_button.layout.display = None
        return self.work.begin(lambda: (then, self._watched(work)))

    def _watched(self, work: Callable[[], T]) -> T:
        before, self.workspace.on_step = self.workspace.on_step, self._step
        try:
            return work()
        finally:
            if self.workspace.on_step == self._step:
                self.workspace.on_step = before

    def _step(self, number: int, total: int, doing: Any) -> None:
        if self.work.is_going_on:
            self._say(f"{self.what}: {number:,} of {total:,}, {doing.revision} {doing.message}")

    def _say(self, text: str) -> None:
        self.status.value = drawn.status(text)

    def _ended(self, found: tuple[Callable[[Any], None], Any]) -> None:
        then, value = found
        self._say("")
        then(value)
        self.settle()

    def _failed(self, error: BaseException) -> None:
        self.workspace.drawn_error = error
        try:
            told = self.on_failure(error)
        except Exception as other:  # noqa: BLE001 - the first error matters more, and neither is lost
            told = Told((str(other),))
        self._say("Stopped." if isinstance(error, KeyboardInterrupt) else "")
        self.alert.value = drawn.problem(error, *told.more, step=told.step, is_hinted=told.is_hinted)
        self.settle()

    def settle(self) -> None:
        """Let the buttons be pressed that may be; none but Stop while something goes on."""
        is_busy = self.work.is_going_on
        if not is_busy and self.workspace.turns.at_work is self:
            self.workspace.turns.at_work = None
        self.stop_button.layout.display = None if is_busy else "none"
        for each in self.buttons.children:
            is_stop = each is self.stop_button
            each.disabled = not is_busy if is_stop else is_busy or not self.may_press(each)

    def stop(self) -> None:
        """Interrupt what goes on."""
        self._say(f"{self.what}: stopping …")
        self.work.stop()

    def wait(self, limit_s: float | None = 60.0) -> None:
        """Wait until nothing goes on any more."""
        self.work.wait(limit_s)

    def end(self, bundle: dict[str, str]) -> None:
        """Put a record into the form's place, here and in the notebook: nothing is left to press."""
        old = self.children
        self.children = (w.HTML(bundle["text/html"]),)
        for each in old:
            _close(each)
        self.keep(bundle)

    def close(self) -> None:
        """Stop what goes on, and end."""
        self.work.stop()
        super().close()


def _close(widget: Any) -> None:
    for each in getattr(widget, "children", ()):
        _close(each)
    widget.close()
