"""The widget of `explore`: what it asks is answered in the background, the last question of each place only."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..display import error_bundle
from ..errors import MigrationError
from .base import Fallback
from .explore_answers import Answers
from .explore_state import packed
from .scripts import script, styles
from .work import Work

if TYPE_CHECKING:
    from ..commands.api import Workspace
    from ..model.trace import Doing
    from ..results import Explorer

_EVERY = 20
"""How many revisions lie between two words about how far a replay is."""


_open: weakref.WeakSet[ExploreWidget] = weakref.WeakSet()


def look_up(workspace: Workspace) -> None:
    """Let all that are open for *workspace* find out whether what they show is old."""
    for each in tuple(_open):
        if each.is_for(workspace):
            each.compare_with_now()


class ExploreWidget(Fallback, anywidget.AnyWidget):
    """The history to look around in.

    Its state is the list of revisions and the one chosen; all else is asked for by messages {slot, number, view, kind, ...}
    and answered by {slot, number, view, ...} or {..., error}. A later question of a slot takes the place of an earlier one.
    """

    command = "%migrate explore"
    history = traitlets.Dict().tag(sync=True)
    at = traitlets.Int(-1).tag(sync=True)
    """The row of the revision chosen last, counted from the newest; -1 before any."""

    def __init__(self, result: Explorer, workspace: Workspace, *, on: str | None = None) -> None:
        self._esm = script("explore.js")
        self._css = styles("explore.css")
        self._answers = Answers(workspace, result, on=on, on_step=self._tell)
        self._lock = threading.Lock()
        self._asked: dict[str, dict[str, Any]] = {}
        self._is_old = False
        self._work: Work[None] = Work(ended=lambda _none: self._begin(), failed=self._failed)
        super().__init__(history=packed(result))
        _open.add(self)
        self.on_msg(lambda _widget, content, _buffers: self._hear(content))

    def is_for(self, workspace: Workspace) -> bool:
        """It is *workspace* that answers its questions."""
        return self._answers.is_for(workspace)

    def compare_with_now(self) -> None:
        """Find out in the background whether this is still the history, and tell the page where it is not."""
        if not self._is_old:
            self._hear({"kind": "is_old", "slot": "is_old"})

    def _hear(self, content: Any) -> None:
        """Take in a question; nothing that a page sends may raise in the kernel."""
        if not isinstance(content, dict):
            return
        if content.get("kind") == "stop":
            self._work.stop()
            return
        with self._lock:
            self._asked.pop(str(content.get("slot")), None)
            self._asked[str(content.get("slot"))] = content
        self._begin()

    def _begin(self) -> None:
        """Answer what is asked; where that goes on already, it goes on to this, too."""
        if self._asked:
            self._work.begin(self._answer_all)

    def _answer_all(self) -> None:
        while (question := self._next()) is not None:
            if question.get("kind") == "is_old":
                self._tell_where_old(is_brief=False)
                continue
            address = {key: question.get(key) for key in ("slot", "number", "view")}
            try:
                answer = self._look() if question.get("kind") == "look" else self._answers.answer(question)
            except BaseException as error:  # noqa: BLE001 - drawn in the widget
                answer = {"error": error_bundle(error)["text/html"]}
            self.send({**answer, **address})
            if question.get("kind") == "show":  # somebody looks at it, and a command of Python may have changed it
                self._tell_where_old(is_brief=True)

    def _tell_where_old(self, *, is_brief: bool) -> None:
        try:
            is_old = self._answers.is_old(is_brief=is_brief)
        except MigrationError:  # what cannot be read now is not what it was; looking again says why
            is_old = True
        self._is_old = is_old
        if is_old:
            self.send({"kind": "told", "what": "old"})

    def _next(self) -> dict[str, Any] | None:
        with self._lock:
            return self._asked.pop(next(iter(self._asked))) if self._asked else None

    def _look(self) -> dict[str, Any]:
        """Look at files and database anew."""
        result = self._answers.look()
        self._answers.renew(result)
        self._is_old = False
        self.at = -1
        self.history = packed(result)
        return {}

    def _tell(self, done: int, total: int, _step: Doing) -> None:
        if done % _EVERY == 0 or done == total:
            self.send({"kind": "told", "what": "progress", "done": done, "total": total})

    def _failed(self, error: BaseException) -> None:
        self.send({"kind": "told", "what": "error", "error": error_bundle(error)["text/html"]})

    def wait(self, limit_s: float | None = None) -> None:
        """Wait until all that was asked is answered."""
        self._work.wait(limit_s)

    def close(self) -> None:
        """Stop what goes on, whose copies are dropped with it, and forget what was kept."""
        with self._lock:
            self._asked.clear()
        _open.discard(self)
        self._work.stop()
        super().close()
