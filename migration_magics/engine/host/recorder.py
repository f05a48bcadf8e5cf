"""Listen to a run: which directives it used, which SQL each of them sent, what was committed when.

Alembic's directives are observed at `AbstractOperations.invoke`, through which all of them go (batch ones and plugins'
too), SQL at SQLAlchemy's cursor events. Statements sent past `op` become operations of kind `sql`.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.operations.base import AbstractOperations, BatchOperations
from alembic.operations.batch import BatchOperationsImpl
from sqlalchemy import event

from ...model.trace import Operation, Outcome, Statement, Step
from ...redact import redact
from ..belonging import belongs, run_here
from ..percent import as_written
from .effects import effect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from ...model.plan import Direction
    from ..sentinel import Sentinel

MAX_STATEMENTS = 2_000
"""How many statements of one step are kept; further ones are counted. Keeps memory flat for row-by-row data migrations."""

MAX_SQL = 20_000
_COUNTED = re.compile(r"\s*(?:/\*.*?\*/\s*)*(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|WITH)\b", re.IGNORECASE | re.DOTALL)
READING = re.compile(r"\s*(?:SELECT|SHOW|DESCRIBE|EXPLAIN|PRAGMA\s+[\w.]+\s*(?:\(|;|$))", re.IGNORECASE)
_DDL = re.compile(
    r"\s*(?:(?:CREATE|DROP)(?!\s+TEMPORARY\b)|ALTER|RENAME|TRUNCATE|GRANT|REVOKE|ANALYZE|OPTIMIZE|REPAIR|LOCK|BEGIN|START)\b",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"\s*(?:COMMIT|END)\b", re.IGNORECASE)
BEGIN = re.compile(r"\s*BEGIN\b", re.IGNORECASE)
_SYNTAX_ERROR = 1064
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(slots=True)
class _Sent:
    """One statement, or several equal ones in a row. Until it has returned it counts as failed."""

    sql: str
    parameters: str = ""
    duration_s: float = 0.0
    rows: int | None = None
    count: int = 0
    began: float = 0.0
    is_committed: bool = False
    has_failed: bool = False

    def frozen(self) -> Statement:
        return Statement(self.sql, self.duration_s, self.rows, self.parameters, self.count)


@dataclass(slots=True)
class Directive:
    """One directive while it runs; *source* is Alembic's operation object, None for plain SQL and for a batch.

    *recreate* is what a batch was told of it: auto, always, never.
    """

    kind: str
    table: str = ""
    name: str = ""
    source: ops.MigrateOperation | None = None
    children: list[Directive] = field(default_factory=list)
    sent: list[_Sent] = field(default_factory=list)
    duration_s: float = 0.0
    has_failed: bool = False
    recreate: str = "auto"

    def frozen(self, step: Outcome) -> Operation:
        """Return the directive as a value, in a step that ended as *step*."""
        outcome = self._outcome(step)
        statements = tuple(sent.frozen() for sent in self.sent)
        children = tuple(child.frozen(step if child.sent or child.has_failed else outcome) for child in self.children)
        return Operation(self.kind, self.table, self.name, statements, children, self.duration_s, outcome)

    def _outcome(self, step: Outcome) -> Outcome:
        if step in {Outcome.APPLIED, Outcome.UNKNOWN}:
            return step
        if self.has_failed or any(sent.has_failed for sent in self.sent):
            return Outcome.FAILED
        is_kept = bool(self.sent) and all(sent.is_committed for sent in self.sent)
        return Outcome.APPLIED if is_kept else Outcome.ROLLED_BACK


@dataclass(slots=True)
class StepDraft:
    """One revision while it runs. *is_user_code* is False while Alembic writes the version table."""

    revision: str
    message: str
    direction: Direction
    directives: list[Directive] = field(default_factory=list)
    bookkeeping: list[_Sent] = field(default_factory=list)
    started: float = 0.0
    duration_s: float = 0.0
    is_done: bool = False
    is_user_code: bool = True
    kept: int = 0
    dropped: int = 0
    error: str = ""

    def frozen(self, outcome: Outcome) -> Step:
        """Return the step as a value, now that its outcome is known."""
        operations = tuple(directive.frozen(outcome) for directive in self.directives)
        bookkeeping = tuple(sent.frozen() for sent in self.bookkeeping)
        return Step(
            self.revision, self.message, self.direction, operations, bookkeeping, self.duration_s, outcome, self.error
        )


class Recorder:
    """Collects the drafts of one run, in the threads of that run only.

    *ddl_commits*: the database commits by itself before and after each DDL statement, also one that then fails, unless it
    could not be read (MySQL 8.0 manual, 15.3.3; measured on MariaDB 10.11). *is_embedded*: the connection is the database.
    *is_dry_run*: nothing is ever committed. *sentinel* looks at each statement of the revisions before it is sent.
    """

    def __init__(
        self,
        *,
        ddl_commits: bool,
        is_embedded: bool = False,
        is_dry_run: bool = False,
        sentinel: Sentinel | None = None,
    ) -> None:
        self.steps: list[StepDraft] = []
        self.ddl_commits = ddl_commits
        self.is_embedded = is_embedded
        self.is_dry_run = is_dry_run
        self._sentinel = sentinel
        self._stack: list[Directive] = []
        self._batches: dict[int, tuple[BatchOperationsImpl, Directive]] = {}
        self._running: dict[int, _Sent] = {}
        self._uncommitted: list[_Sent] = []
        self._committing: list[_Sent] = []
        self._attached: list[tuple[Any, str, Callable[..., None]]] = []
        self._connections: list[Connection] = []

    # -- steps

    def start(self, revision: str, message: str, direction: Direction) -> StepDraft:
        """Begin a step: what follows belongs to it."""
        draft = StepDraft(revision, message, direction, started=time.perf_counter())
        self.steps.append(draft)
        self._stack.clear()
        self._batches.clear()
        return draft

    def finish(self) -> None:
        """End the running step: it ran, and its version is written."""
        draft = self.steps[-1]
        draft.duration_s = time.perf_counter() - draft.started
        draft.is_done = True

    @property
    def running(self) -> StepDraft | None:
        """The step that started and did not finish, or None."""
        return self.steps[-1] if self.steps and not self.steps[-1].is_done else None

    # -- SQL

    def attach(self, connection: Connection) -> None:
        """Listen to *connection* until `detach`; a second time is a no-op."""
        if any(known is connection for known in self._connections):
            return
        self._connections.append(connection)
        for target, name, listener in (
            (connection, "before_cursor_execute", self._before),
            (connection, "after_cursor_execute", self._after),
            (connection, "commit", self._committed),
            (connection, "rollback", self._rolled_back),
            (connection.engine, "handle_error", self._failed),
        ):
            event.listen(target, name, listener)
            self._attached.append((target, name, listener))

    def detach(self) -> None:
        """Stop listening."""
        for target, name, listener in self._attached:
            if event.contains(target, name, listener):
                event.remove(target, name, listener)
        self._attached.clear()
        self._connections.clear()

    def _before(
        self,
        connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _x: Any,
        many: bool,  # noqa: FBT001 - SQLAlchemy's event hands it over so
    ) -> None:
        draft = self.running
        if self._sentinel is not None:
            if self._sentinel.is_asking:
                return
            is_rebuild = bool(self._stack) and self._stack[-1].kind == "batch_alter_table"
            if draft is not None and draft.is_user_code and not is_rebuild:
                self._sentinel.before_sql(connection, statement, parameters, is_many=many, revision=draft.revision)
        if not self._stack and BEGIN.match(statement):
            return  # sent by a listener of the engine's owner
        if draft is None or (self._is_in_reading_directive() and READING.match(statement)):
            return
        target, sql = self._target(draft), redact(as_written(statement[:MAX_SQL], connection.dialect))
        if target and target[-1].sql == sql and not target[-1].has_failed:
            sent = target[-1]
        else:
            sent = _Sent(sql, _names(parameters, many))
            draft.kept += draft.is_user_code
            if draft.is_user_code and draft.kept > MAX_STATEMENTS:
                draft.dropped += 1
                return
            target.append(sent)
        sent.count += 1
        sent.has_failed, sent.is_committed, sent.began = True, False, time.perf_counter()
        self._running[id(connection)] = sent

    def _is_in_reading_directive(self) -> bool:
        """The directive that runs reads the catalogue for itself: a batch reflects its table. That is no part of the change."""
        return bool(self._stack) and self._stack[-1].kind != "execute"

    def _after(self, connection: Connection, cursor: Any, statement: str, _p: Any, _x: Any, _many: bool) -> None:  # noqa: FBT001
        if (self.ddl_commits and _DDL.match(statement)) or _COMMIT.match(statement):
            self._committed(connection)
        sent = self._running.pop(id(connection), None)
        if sent is None:
            return
        sent.duration_s += time.perf_counter() - sent.began
        sent.has_failed = False
        rows = getattr(cursor, "rowcount", None) if _COUNTED.match(statement) else None
        if isinstance(rows, int) and rows >= 0:
            sent.rows = (sent.rows or 0) + rows
        if not self._uncommitted or self._uncommitted[-1] is not sent:
            self._uncommitted.append(sent)
        if self.ddl_commits and _DDL.match(statement):
            self._committed(connection)

    def _failed(self, context: Any) -> None:
        """A statement, a COMMIT or a BEGIN failed on one of our connections, or on another one of its engine."""
        if not any(known is context.connection for known in self._connections):
            return
        sent = self._running.pop(id(context.connection), None)
        if sent is not None:
            sent.duration_s += time.perf_counter() - sent.began
        if self.is_embedded and not isinstance(context.original_exception, Exception):
            context.is_disconnect = (
                False  # an interrupt: SQLAlchemy would throw the connection, and a database in memory, away
            )
        if context.statement is None:  # a COMMIT; SQLAlchemy told of it before it was tried
            for sent in self._committing:
                sent.is_committed = False
        arguments = getattr(context.original_exception, "args", ())
        if self.ddl_commits and _DDL.match(context.statement or "") and arguments[:1] != (_SYNTAX_ERROR,):
            self._committed(context.connection)

    def _committed(self, _connection: Connection) -> None:
        for sent in self._uncommitted:
            sent.is_committed = not self.is_dry_run
        self._committing, self._uncommitted = self._uncommitted, []

    def _rolled_back(self, _connection: Connection) -> None:
        self._uncommitted.clear()

    def _target(self, draft: StepDraft) -> list[_Sent]:
        if not draft.is_user_code:
            return draft.bookkeeping
        if self._stack:
            return self._stack[-1].sent
        if not draft.directives or draft.directives[-1].kind != "sql":
            draft.directives.append(Directive("sql"))
        return draft.directives[-1].sent

    # -- directives

    @contextmanager
    def directives(self) -> Iterator[None]:
        """Observe Alembic's directives in this run's threads, and put everything back afterwards."""
        real_invoke, real_flush = AbstractOperations.invoke, BatchOperationsImpl.flush
        recorder = self

        def invoke(self: AbstractOperations, operation: ops.MigrateOperation) -> Any:
            if not recorder._listens():
                return real_invoke(self, operation)
            with recorder._entered(describe(operation), recorder._parent(self)):
                recorder._look_at(self, operation)
                return real_invoke(self, operation)

        def flush(self: BatchOperationsImpl) -> None:
            if not recorder._listens():
                real_flush(self)
                return
            with recorder._entered(recorder._batch(self), None):
                real_flush(self)

        AbstractOperations.invoke = invoke  # type: ignore[method-assign] # observed for the time of one run
        BatchOperationsImpl.flush = flush  # type: ignore[method-assign]
        try:
            with run_here():
                yield
        finally:
            AbstractOperations.invoke = real_invoke  # type: ignore[method-assign]
            BatchOperationsImpl.flush = real_flush  # type: ignore[method-assign]

    def _look_at(self, operations: AbstractOperations, operation: ops.MigrateOperation) -> None:
        """Let the sentinel see a directive in a batch, for whose loss there will be no SQL of its own."""
        effect = (
            effect_of(operation) if self._sentinel is not None and isinstance(operations, BatchOperations) else None
        )
        bind = operations.migration_context.bind
        if self._sentinel is not None and effect is not None and bind is not None:
            self._sentinel.before_directive(bind, effect, self.steps[-1].revision)

    def _listens(self) -> bool:
        return self.running is not None and belongs()

    def _parent(self, operations: AbstractOperations) -> list[Directive]:
        """Where a directive used on *operations* belongs: in its batch, in the directive that runs, or in the step."""
        if isinstance(operations, BatchOperations):
            return self._batch(operations.impl).children
        return self._stack[-1].children if self._stack else self.steps[-1].directives

    def _batch(self, batch: BatchOperationsImpl) -> Directive:
        """The directive of a `batch_alter_table`; its SQL is sent when the block ends."""
        known = self._batches.get(id(batch))
        if known is not None:
            return known[1]
        table = ".".join(part for part in (batch.schema, batch.table_name) if part)
        directive = Directive("batch_alter_table", table, recreate=batch.recreate)
        self._batches[id(batch)] = (batch, directive)  # kept alive: the next batch could have the same id
        self.steps[-1].directives.append(directive)
        return directive

    @contextmanager
    def _entered(self, directive: Directive, parent: list[Directive] | None) -> Iterator[None]:
        if parent is not None:
            parent.append(directive)
        self._stack.append(directive)
        began = time.perf_counter()
        try:
            yield
        except BaseException:
            directive.has_failed = True
            raise
        finally:
            directive.duration_s += time.perf_counter() - began
            if self._stack and self._stack[-1] is directive:
                self._stack.pop()


def describe(operation: ops.MigrateOperation) -> Directive:
    """Return the directive that *operation* is: its name as written after `op.`, its table, its object's name."""
    class_name = type(operation).__name__
    kind = _KINDS.get(class_name) or _WORD_BORDER.sub("_", class_name.removesuffix("Op")).lower()
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None) or ""
    if isinstance(operation, ops.BulkInsertOp):
        table = operation.table.name
    schema = getattr(operation, "schema", None) or getattr(operation, "source_schema", None)
    return Directive(kind, f"{schema}.{table}" if schema and table else str(table), _object_name(operation), operation)


def _object_name(operation: ops.MigrateOperation) -> str:
    if isinstance(operation, ops.AddColumnOp):
        return str(operation.column.name)
    if isinstance(operation, ops.RenameTableOp):
        return str(operation.new_table_name)
    names = (getattr(operation, attribute, None) for attribute in ("column_name", "constraint_name", "index_name"))
    return next((str(name) for name in names if name), "")


# Names that the class name alone does not give; the others follow it (CreateTableOp: create_table).
_KINDS = {"ExecuteSQLOp": "execute"}


def _names(parameters: Any, many: bool) -> str:  # noqa: FBT001 - SQLAlchemy's event hands it over so
    """The names (not the values: they are data, and may be secrets) of what was bound."""
    first = parameters[0] if many and parameters else parameters
    if isinstance(first, dict):
        return ", ".join(str(name) for name in first)
    return f"{len(first)} values" if isinstance(first, (list, tuple)) and first else ""
