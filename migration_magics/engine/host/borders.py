"""Listen to a run as `Recorder` does, and look around at each border between two operations of its revision.

Nothing is paused there: a run holds `sys.stdout`, logging and Alembic's proxies of the whole process, which the notebook's
other cells need. Plain SQL is cut into operations, too: a statement that changes something and is another one than those
before it begins a new one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...redact import redact
from ..percent import as_written
from .recorder import BEGIN, MAX_SQL, READING, Directive, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.operations.batch import BatchOperationsImpl
    from sqlalchemy.engine import Connection

    from .recorder import StepDraft

MOST = 200
"""How many borders there are in a revision: what comes after the last one is looked at together."""


class BorderRecorder(Recorder):
    """Calls *reached* in the run's thread with the directives since the border before; what that sends is not recorded."""

    def __init__(self, *, ddl_commits: bool, is_embedded: bool, reached: Callable[[Sequence[Directive]], None]) -> None:
        super().__init__(ddl_commits=ddl_commits, is_embedded=is_embedded)
        self._reached = reached
        self._told = self._borders = 0
        self._is_aside = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Record nothing meanwhile."""
        before, self._is_aside = self._is_aside, True
        try:
            yield
        finally:
            self._is_aside = before

    def arrive(self, *, is_last: bool = False) -> None:
        """Tell of the operation that has just ended, where one has."""
        draft = self.running
        if draft is None or self._is_aside or len(draft.directives) <= self._told:
            return
        if self._borders >= MOST - 1 and not is_last:
            return
        ended, self._told = draft.directives[self._told :], len(draft.directives)
        self._borders += 1
        with self.aside():
            self._reached(ended)

    def _before(self, connection: Connection, _cursor: Any, statement: str, *more: Any) -> None:
        if self._is_aside:
            return
        draft = self.running
        if draft is not None and self._begins_one(draft, statement, connection):
            self.arrive()
            draft.directives.append(Directive("sql"))
        super()._before(connection, _cursor, statement, *more)

    def _after(self, connection: Connection, cursor: Any, *more: Any) -> None:
        if not self._is_aside:
            super()._after(connection, cursor, *more)

    def _begins_one(self, draft: StepDraft, statement: str, connection: Connection) -> bool:
        """It is sent past `op`, and is another one than those it comes after."""
        if self._stack or not draft.is_user_code or BEGIN.match(statement):
            return False
        last = draft.directives[-1] if draft.directives else None
        if last is None or last.kind != "sql":
            return True
        has_changed = any(not READING.match(sent.sql) for sent in last.sent)
        if READING.match(statement) or not has_changed or self._borders >= MOST - 1:
            return False
        sql = redact(as_written(statement[:MAX_SQL], connection.dialect))
        return all(sent.sql != sql for sent in last.sent)

    @contextmanager
    def _entered(self, directive: Directive, parent: list[Directive] | None) -> Iterator[None]:
        is_whole = not self._stack and (parent is None or parent is self.steps[-1].directives)
        if is_whole and parent is not None:
            self.arrive()
        with super()._entered(directive, parent):
            yield
        if is_whole:
            self.arrive()  # now: what comes next may be the end of the transaction

    def _batch(self, batch: BatchOperationsImpl) -> Directive:
        if id(batch) not in self._batches:
            self.arrive()
        return super()._batch(batch)
