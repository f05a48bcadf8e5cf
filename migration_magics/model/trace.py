"""A trace: what a run did, step by step, as a value. Progress, preview, diff, advice and error report all read it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .plan import Direction


class Outcome(Enum):
    """What became of a step or an operation, once the heads were read back from the database."""

    APPLIED = "applied"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    NOT_RUN = "not run"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement as it was sent. *rows* is what the driver counted, None where it counts nothing."""

    sql: str
    duration_s: float
    rows: int | None = None
    parameters: str = ""
    """A short, redacted preview of the bound values; empty where there are none."""
    count: int = 1
    """How many times it was sent in a row (executemany counts once)."""


_PLAIN = re.compile(r"[\w$-]*")
_PLAIN_TABLE = re.compile(r"[\w$.-]*")  # with its schema


@dataclass(frozen=True, slots=True)
class Operation:
    """One Alembic directive (`create_table`, `batch_alter_table`, ...), or `sql` for statements sent past `op`.

    *table* and *name* say what it touches ("evaluations", "runtime_ms"). A batch holds its directives in *children* and
    the SQL of the rebuild in *statements*.
    """

    kind: str
    table: str = ""
    name: str = ""
    statements: tuple[Statement, ...] = ()
    children: tuple[Operation, ...] = ()
    duration_s: float = 0.0
    outcome: Outcome = Outcome.APPLIED

    @property
    def target(self) -> str:
        """`table.name`, or as much of it as there is; `old to new` of a renamed table. Odd names are JSON strings."""
        table = self.table if _PLAIN_TABLE.fullmatch(self.table) else _quoted(self.table)
        name = self.name if _PLAIN.fullmatch(self.name) else _quoted(self.name)
        return (" to " if self.kind == "rename_table" else ".").join(part for part in (table, name) if part)


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=not name.isprintable())


@dataclass(frozen=True, slots=True)
class Step:
    """One revision as it ran. *bookkeeping* is the SQL on the version table itself."""

    revision: str
    message: str
    direction: Direction
    operations: tuple[Operation, ...] = ()
    bookkeeping: tuple[Statement, ...] = ()
    duration_s: float = 0.0
    outcome: Outcome = Outcome.APPLIED
    error: str = ""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The revision's own SQL, in the order it was sent."""
        return tuple(statement for operation in self.operations for statement in operation.statements)


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole run. *environment* says how env.py took part.

    `native`: it connected by itself to the database in use; `lent`: it ran over our connection; `none`: the project has
    no env.py. *output* is what env.py and the revisions printed.
    """

    steps: tuple[Step, ...] = ()
    environment: str = "lent"
    transactions: str = ""
    """In words: "one transaction", "one transaction per revision", "each DDL statement commits itself"."""
    duration_s: float = 0.0
    is_dry_run: bool = False
    output: str = ""
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome of the run: that of its worst step; applied when there was none."""
        order = (Outcome.UNKNOWN, Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.NOT_RUN)
        outcomes = {step.outcome for step in self.steps}
        return next((outcome for outcome in order if outcome in outcomes), Outcome.APPLIED)


class Doing(Protocol):
    """A revision as progress shows it while it runs."""

    @property
    def revision(self) -> str:
        """Its id."""

    @property
    def message(self) -> str:
        """What it does, in its own words."""

    @property
    def is_done(self) -> bool:
        """It has ended."""
