"""Count what a run commits, to say afterwards in how many transactions it went."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from .host.recorder import Recorder


class Commits:
    """The commits of one run from its first step on, as *recorder* tells the steps; those of a dry run are none."""

    def __init__(self, recorder: Recorder) -> None:
        self.count = 0
        self.inside: list[str] = []
        """The revisions whose own code committed: an `autocommit_block()`, a session."""
        self.by_itself: dict[str, str] = {}
        """Where a revision committed past Alembic, which knows nothing of it: " (NAME, line N)" by revision."""
        self._recorder = recorder
        self._connections: list[Connection] = []

    def attach(self, connection: Connection) -> None:
        """Listen to *connection* until `detach`; a second time is a no-op."""
        if not any(known is connection for known in self._connections):
            event.listen(connection, "commit", self._committed)
            self._connections.append(connection)

    def detach(self) -> None:
        """Stop listening."""
        while self._connections:
            event.remove(self._connections.pop(), "commit", self._committed)

    def _committed(self, _connection: Any) -> None:
        if not self._recorder.steps:
            return
        self.count += 1
        running = self._recorder.running
        if running is not None and running.is_user_code:
            if running.revision not in self.inside:
                self.inside.append(running.revision)
            if place := _bare_commit_in(running.revision):
                self.by_itself.setdefault(running.revision, place)

    def in_words(self, passes: int, *, is_per_revision: bool) -> str:
        """Return how a run of as many *passes* was divided into transactions, in words."""
        if self.inside:
            return f"several transactions: {', '.join(self.inside)} committed in between"
        if is_per_revision:
            return "one transaction per revision"
        is_each = passes > 1 and self.count > 1
        return f"{passes} transactions, one for each run_migrations() of env.py" if is_each else "one transaction"


def _bare_commit_in(revision: str) -> str:
    """Return the place in the file of *revision* that commits just now, or "" where an `autocommit_block()` does."""
    for frame, line in traceback.walk_stack(None):
        if frame.f_code.co_name == "autocommit_block":
            return ""
        if frame.f_globals.get("revision") == revision:
            return f" ({Path(frame.f_code.co_filename).name}, line {line})"
    return ""
