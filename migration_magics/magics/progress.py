"""Say how far a long move is: one line that is updated in place in a notebook, plain lines in a terminal.

Nothing is shown for what ends within a second. In a notebook the last state stays in the file (nbclient, papermill); in a
terminal each line is new, so there it is at most one a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.display import display, update_display

from ..display import progress_bundle

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

SHOW_AFTER_S = 1.0
"""How long a move runs before anything is shown, in seconds."""

OnStep = Callable[[int, int, Any], None]


class Progress:
    """The progress of one command. Called by the engine as each step begins and ends."""

    def __init__(self, *, is_notebook: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._is_notebook = is_notebook
        self._clock = clock
        self._began = clock()
        self._terminal = sys.stdout  # of the user: what is printed while a revision runs is collected as the revision's
        self._shown_at: float | None = None
        self._line = ""

    def __call__(self, number: int, total: int, draft: Any) -> None:
        """Note that step *number* of *total* began or ended; show it where that has become worth it."""
        now = self._clock()
        elapsed_s = now - self._began
        if elapsed_s < SHOW_AFTER_S:
            return
        if not self._is_notebook and self._shown_at is not None and now - self._shown_at < SHOW_AFTER_S:
            return
        self._shown_at = now
        self._show(
            progress_bundle(
                number - (0 if draft.is_done else 1),
                total,
                draft.revision,
                draft.message,
                elapsed_s,
                unit=getattr(draft, "unit", "revision"),
            )
        )

    def _show(self, bundle: dict[str, str]) -> None:
        if bundle["text/plain"] == self._line:
            return
        if self._is_notebook and self._line:
            update_display(bundle, display_id=self._id, raw=True)  # type: ignore[no-untyped-call]
        elif self._is_notebook:
            display(bundle, display_id=self._id, raw=True)  # type: ignore[no-untyped-call]
        else:
            self._terminal.write(f"{bundle['text/plain']}\n")
            self._terminal.flush()
        self._line = bundle["text/plain"]

    @property
    def _id(self) -> str:
        return f"migration-magics-{id(self):x}"


@contextmanager
def shown(shell: InteractiveShell, workspace: Any) -> Iterator[None]:
    """Show the progress of what *workspace* does meanwhile; None does nothing that takes long."""
    if workspace is None:
        yield
        return
    before = workspace.on_step
    workspace.on_step = Progress(is_notebook=hasattr(shell, "kernel"))
    try:
        yield
    finally:
        workspace.on_step = before
